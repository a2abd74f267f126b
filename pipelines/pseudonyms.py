"""Keyed pseudonyms: under which name the analysts' file knows a person.

A pseudonym is the HMAC-SHA256 of the twelve digits, its first 24 hex digits. An organisation's id is nobody's and
stays. The HMACs are polars-hash's, a fifth of the time of DuckDB's own SHA-256. Source: contract.md section 2.
"""

import polars as pl
import polars_hash  # noqa: F401  (its import gives Polars the names under `chash`)

LENGTH = 24


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
    return pl.col(column).chash.hmac_sha256(key=key).str.head(LENGTH)  # type: ignore[attr-defined]


def _is_person(column: str) -> pl.Expr:
    # The fifth digit of an organisation's id is 4, 5 or 6.
    return pl.col(column).str.slice(4, 1).is_in(["4", "5", "6"]).not_().fill_null(False)
