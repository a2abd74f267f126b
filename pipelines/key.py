"""The secret that pseudonyms rest on: MSHI_KEY, else home/key. Source: contract.md section 2."""

import hmac
import os
import secrets
from contextlib import suppress

from pipelines.errors import RunFailed
from pipelines.home import Home, write_private

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
        raise RunFailed(
            f"no key: neither MSHI_KEY nor {home.key} is there; set it as the nights have it, or restore it from the "
            "backup"
        )
    try:
        key = home.key.read_bytes().strip().decode()
    except UnicodeDecodeError:
        raise RunFailed(f"{home.key} is no text: restore it from the backup") from None
    if not key:
        raise RunFailed(f"{home.key} is empty: pseudonyms would not be secret; restore it from the backup")
    return key


def same_key(home: Home, mark: str | None) -> str:
    """The secret, if it is still that of the mark; RunFailed else: nobody must get two pseudonyms without a word."""
    key = known_key(home)
    if mark not in (None, mark_of(home)):
        raise RunFailed(
            f"the key ({_place(home)}) is not that of mshi.duckdb, so pseudonyms would be others; give the key of the "
            "nights, or make mshi.duckdb with this one by mshi run; nothing was written"
        )
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


def mark_of(home: Home) -> str | None:
    """What tells one key from another and nobody the key; None where there is none that can be read."""
    with suppress(RunFailed):
        return hmac.new(known_key(home).encode(), b"mark", "sha256").hexdigest()[:16]
    return None


def changed(home: Home, before: str | None) -> list[str]:
    """What to say where mshi.duckdb was made with another key than that of the mark before."""
    if before in (None, mark_of(home)):
        return []
    return [
        "the key is another one: every pseudonym in mshi.duckdb is another than before; if that was not on purpose, "
        f"restore the key of before ({_place(home)}) and run again"
    ]


def _place(home: Home) -> str:
    return "MSHI_KEY" if os.environ.get("MSHI_KEY") else str(home.key)
