"""Keyed pseudonyms: under which name the analysts' file knows a person, and the secret that this rests on.

A pseudonym is the HMAC-SHA256 of the twelve digits, its first 24 hex digits. An organisation's id is nobody's and
stays. The HMACs are polars-hash's, a fifth of the time of DuckDB's own SHA-256. Source: contract.md section 2.
"""

import os
import secrets

import polars as pl
import polars_hash  # noqa: F401  (its import gives Polars the names under `chash`)

from pipelines.errors import RunFailed
from pipelines.home import Home, write_private

LENGTH = 24
_LEAST = 16  # signs of a key


def key_of(home: Home) -> str:
    """The secret: MSHI_KEY, else home/key, made on the first run."""
    if not os.environ.get("MSHI_KEY") and not home.key.exists():
        write_private(home.key, secrets.token_hex(32).encode())
    return known_key(home)


def known_key(home: Home) -> str:
    """The secret as it is; RunFailed where there is none, or none that can be read as text."""
    if os.environ.get("MSHI_KEY"):
        return os.environ["MSHI_KEY"]
    if not home.key.exists():
        raise RunFailed(f"no key: neither MSHI_KEY nor {home.key} is there; restore it from the backup")
    try:
        key = home.key.read_bytes().strip().decode()
    except UnicodeDecodeError:
        raise RunFailed(f"{home.key} is no text: restore it from the backup") from None
    if not key:
        raise RunFailed(f"{home.key} is empty: pseudonyms would not be secret; restore it from the backup")
    return key


def guessable() -> list[str]:
    """What to say of a key of the environment that can be guessed, and with it who stands behind every pseudonym."""
    key = os.environ.get("MSHI_KEY", "")
    if not key or len(key) >= _LEAST:
        return []
    return [
        f"MSHI_KEY has {len(key)} signs and can be guessed, and with it whose each pseudonym in mshi.duckdb is; "
        f"expected {_LEAST} or more by chance, as openssl rand -hex 32 gives them; another key gives other pseudonyms"
    ]


def hidden(ids: pl.DataFrame, key: str) -> pl.DataFrame:
    """These columns of ids with pseudonyms for people; organisations and nulls stay. Grain: as given.

    A person who stands in several columns of a row is worked out once: an HMAC is what takes the time.
    """
    told: dict[str, pl.Series] = {}
    for name in ids.columns:
        told[name] = values = ids[name]
        asked = ids.select(_is_person(name)).to_series()
        for other in list(told)[:-1]:
            same = asked & (values == ids[other]).fill_null(False)
            told[name] = told[other].zip_with(same, told[name])
            asked = asked & ~same
        if asked.any():
            worked_out = values.filter(asked).to_frame().select(_worked_out(name, key)).to_series()
            told[name] = worked_out if asked.all() else _laid(worked_out, asked, told[name])
    return pl.DataFrame(told)


def _laid(values: pl.Series, places: pl.Series, rest: pl.Series) -> pl.Series:
    """The values one after the other where `places` is true, the rest elsewhere."""
    return values.gather((places.cum_sum().cast(pl.Int64) - 1).clip(0)).zip_with(places, rest)


def pseudonym(column: str, key: str) -> pl.Expr:
    """The pseudonym of the ids in a column."""
    return pl.when(_is_person(column)).then(_worked_out(column, key)).otherwise(column).alias(column)


def _worked_out(column: str, key: str) -> pl.Expr:
    return pl.col(column).chash.hmac_sha256(key=key).str.head(LENGTH)


def _is_person(column: str) -> pl.Expr:
    # The fifth digit of an organisation's id is 4, 5 or 6.
    return pl.col(column).str.slice(4, 1).is_in(["4", "5", "6"]).not_().fill_null(False)
