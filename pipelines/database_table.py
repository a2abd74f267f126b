"""Lay a table into the file of a DuckDB: people under pseudonyms, hidden texts masked, ordered so that nobody is told.

Grain: as the table's. For auditors (no key) a table is laid as it is. Source: contract.md section 2.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from pipelines.engine import stored_in
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
    columns = ", ".join(table.columns) if key is None else _columns(table)
    if key is None or not any(column.personal for column in table.columns.values()):
        _create(con, table, stored_in(paths), columns)
        return
    con.register("given", _hidden(table, paths, key))
    _create(con, table, "given", columns, _compressed(table))
    con.unregister("given")


def _hidden(table: Table, paths: list[Path], key: str) -> pa.RecordBatchReader:
    """What is shown of the files' rows, part by part, with pseudonyms for personal ids."""
    shown = [name for name, column in table.columns.items() if not column.hidden]
    personal = [name for name in shown if table.columns[name].personal]

    def parts() -> Iterator[pa.RecordBatch]:
        for path in paths:
            rows = pl.scan_parquet(path).select(shown)
            for begin in range(0, rows.select(pl.len()).collect().item(), _PART_ROWS):
                part = rows.slice(begin, _PART_ROWS).collect()
                told = part.with_columns(hidden(part.select(personal), key))
                yield from told.to_arrow().to_batches()

    types = table.types()
    schema = pl.DataFrame(schema={name: types[name] for name in shown}).to_arrow().schema
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
