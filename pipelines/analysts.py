"""Build the analysts' database: the tables of the newest month's latest snapshot inside one DuckDB file.

Every id of a natural person stands as a keyed pseudonym (HMAC-SHA256, 24 hex digits) under the same column name;
file names and messages are masked. The file is built beside and renamed over, so readers keep what they have open.
Source: contract.md section 2.
"""

import hashlib
import os
import secrets
from pathlib import Path

import duckdb

from pipelines import chain, snapshot
from pipelines.errors import RunFailed
from pipelines.home import Home, sync, write_private
from schemas.tables import TABLES, Table

_BLOCK = 64  # bytes of a SHA-256 block
_IIN = r"\b\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[0-6]\d{5}\b"  # twelve digits that begin like a birth date
_LARGEST = (1 << 63) - 1  # what a BIGINT holds


def rebuild(home: Home) -> None:
    """Write mshi.duckdb anew from what is published; without a snapshot there is none."""
    latest = chain.latest_of_months(home)
    if not latest:
        return
    beside = home.root / ".mshi.duckdb.tmp"
    for left in home.root.glob(f"{beside.name}*"):  # a log of a database that was never finished would be replayed
        left.unlink()
    folder, key = snapshot.folder_of(home, latest[max(latest)]), _key(home)
    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        # Version 1.2 can be opened by every DuckDB since.
        con.execute(f"ATTACH '{_quoted(beside)}' AS published (STORAGE_VERSION 'v1.2.0')")
        con.execute("USE published")
        con.execute("BEGIN")
        for name, table in TABLES.items():
            source = _quoted(folder / f"{name}.parquet")
            # Rows sorted by IIN would tell who is who: by birth date, next to each other.
            order = "ORDER BY iin" if table.key == ("iin",) else ""
            selected = f"SELECT {_columns(table, key)} FROM read_parquet('{source}')"
            con.execute(f"CREATE TABLE {name} AS FROM ({selected}) {order}")
            _comment(con, table)
        _months(con, home, latest)
        con.execute("COMMIT")
        con.execute("USE memory")
        con.execute("DETACH published")
    beside.chmod(0o600)
    sync(beside)
    beside.replace(home.database)
    sync(home.root)


def _key(home: Home) -> bytes:
    """The secret of the pseudonyms: MSHI_KEY, else home/key, made on the first run."""
    if os.environ.get("MSHI_KEY"):
        return os.environ["MSHI_KEY"].encode()
    if not home.key.exists():
        write_private(home.key, secrets.token_hex(32).encode())
    key = home.key.read_bytes().strip()
    if not key:
        raise RunFailed(f"{home.key} is empty: pseudonyms would not be secret; restore it from the backup")
    return key


def _columns(table: Table, key: bytes) -> str:
    """The SELECT list: personal ids as HMAC, written out with DuckDB's own SHA-256, hidden texts masked."""
    padded = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    inner, outer = (_blob(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))
    chosen = []
    for name, column in table.columns.items():
        if column.personal:
            mac = f"sha256({outer} || unhex(sha256({inner} || {name}::BLOB)))[:24]"
            # The fifth digit of an organisation's id is 4, 5 or 6.
            chosen.append(f"CASE WHEN {name}[5] IN ('4', '5', '6') THEN {name} ELSE {mac} END AS {name}")
        elif column.hidden:
            chosen.append(f"'(masked)' AS {name}")
        elif column.free:
            chosen.append(f"regexp_replace({name}, '{_IIN}', '(masked)', 'g') AS {name}")
        else:
            chosen.append(name)
    return ", ".join(chosen)


def _comment(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    comments = [f"COMMENT ON TABLE {table.name} IS '{_quoted(table.grain)}'"]
    for name, column in table.columns.items():
        comments.append(f"COMMENT ON COLUMN {table.name}.{name} IS '{_quoted(column.about)}'")
    con.execute(";\n".join(comments))


def _months(con: duckdb.DuckDBPyConnection, home: Home, latest: dict[str, str]) -> None:
    """months: a row per published month, from its latest snapshot: people by status, money received."""
    con.execute(
        "CREATE TABLE months (month DATE, snapshot_id VARCHAR, known_at DATE, insured BIGINT, conditional BIGINT, "
        "uninsured BIGINT, received_tiyn BIGINT, accepted_tiyn BIGINT)"
    )
    for month, name in latest.items():
        told = snapshot.load_manifest(snapshot.folder_of(home, name))
        people, money = told["people"], told["totals"]
        con.execute(
            "INSERT INTO months VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [f"{month}-01", told["id"], told["known_at"], people["insured"], people["conditional"], people["uninsured"]]
            + [min(money[name], _LARGEST) for name in ("received_tiyn", "accepted_tiyn")],
        )


def _blob(content: bytes) -> str:
    return "'" + "".join(f"\\x{byte:02X}" for byte in content) + "'::BLOB"


def _quoted(text: str | Path) -> str:
    return str(text).replace("'", "''")
