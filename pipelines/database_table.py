"""Lay a table into the file of a DuckDB: people under pseudonyms, hidden texts masked, ordered so that nobody is told.

Grain: as the table's. For auditors (no key) a table is laid as it is. Source: contract.md section 2.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from pipelines.engine import listed
from pipelines.pseudonyms import hidden
from schemas.table import Table

_IIN = r"\b\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[0-6]\d{5}\b"  # twelve digits that begin like a birth date
_PART_ROWS = 1 << 18  # a row group of the Parquet files, so that none is read twice
# Rows sorted by IIN would tell who is who: by birth date, next to each other.
_ORDER = {
    "insured_status": "iin",
    "coverage": "iin",
    "breaks": "code, iin, payer_id, period, file_sha256, line_no",
    "status_changes": "comparison, iin",
}


def load(con: duckdb.DuckDBPyConnection, table: Table, paths: list[Path], key: str | None) -> None:
    """A table from Parquet files: personal ids as pseudonyms, hidden texts masked; without a key as it is."""
    if not paths:
        keep(con, table, pl.DataFrame(schema=table.types()))
        return
    stored = f"read_parquet({listed(list(map(str, paths)))})"
    personal = [name for name, column in table.columns.items() if column.personal]
    if key is None or not personal:
        _create(con, table, stored, ", ".join(table.columns) if key is None else _columns(table))
        return
    # DuckDB reads what is nobody's by itself, in the order of the files, and beside each row its ids come from Polars.
    con.register("hidden_ids", _hidden_ids(paths, personal, key))
    rest = f"(SELECT * EXCLUDE ({', '.join(personal)}) FROM {stored})"
    _create(con, table, f"{rest} POSITIONAL JOIN hidden_ids", _columns(table), _compressed(table))
    con.unregister("hidden_ids")


def _hidden_ids(paths: list[Path], personal: list[str], key: str) -> pa.RecordBatchReader:
    """The columns of personal ids of the files part by part, as pseudonyms."""

    def parts() -> Iterator[pa.RecordBatch]:
        for path in paths:
            ids = pl.scan_parquet(path).select(personal)
            for begin in range(0, ids.select(pl.len()).collect().item(), _PART_ROWS):
                yield from hidden(ids.slice(begin, _PART_ROWS).collect(), key).to_arrow().to_batches()

    schema = pl.DataFrame(schema=dict.fromkeys(personal, pl.String())).to_arrow().schema
    return pa.RecordBatchReader.from_batches(schema, parts())


def _columns(table: Table) -> str:
    """The SELECT list that masks what is hidden, and an IIN in a sender's own text."""
    chosen = []
    for name, column in table.columns.items():
        if column.hidden:
            chosen.append(f"'(masked)' AS {name}")
        elif column.free:  # twelve digits have no place in less
            masked = f"regexp_replace({name}, '{_IIN}', '(masked)', 'g')"
            chosen.append(f"CASE WHEN length({name}) < 12 THEN {name} ELSE {masked} END AS {name}")
        else:
            chosen.append(name)
    return ", ".join(chosen)


def _compressed(table: Table) -> dict[str, str]:
    """How the texts are to be compressed: told nothing, DuckDB tries every way on every row.

    A pseudonym stands in few rows, so it is in pieces that it repeats itself; what a sender wrote may be anything.
    """
    texts = {name: column for name, column in table.columns.items() if column.type == pl.String() and not column.free}
    ways = {name: "fsst" if column.personal else "dictionary" for name, column in texts.items()}
    return ways | dict.fromkeys((name for name in ways if table.key == (name,) and ways[name] != "fsst"), "zstd")


def keep(con: duckdb.DuckDBPyConnection, table: Table, frame: pl.DataFrame) -> None:
    """A table from a frame."""
    con.register("given", frame.to_arrow())
    _create(con, table, "given", "*")
    con.unregister("given")


def _create(
    con: duckdb.DuckDBPyConnection, table: Table, rows: str, columns: str, compressed: dict[str, str] | None = None
) -> None:
    told = con.execute(f"DESCRIBE SELECT {columns} FROM {rows}").fetchall()
    ways = {name: f"USING COMPRESSION {way}" for name, way in (compressed or {}).items()}
    columns_told = ", ".join(f"{name} {kind} {ways.get(name, '')}" for name, kind, *_ in told)
    con.execute(f"CREATE TABLE {table.name} ({columns_told})")
    order = f"ORDER BY {_ORDER[table.name]}" if table.name in _ORDER else ""
    con.execute(f"INSERT INTO {table.name} FROM (SELECT {columns} FROM {rows}) {order}")
