"""Export a table or view as CSV, Excel or Parquet: pseudonymised unless real ids are asked for, for its owner alone.

Of aggregates small cells are kept back, unless it is the auditor's export. More rows than a spreadsheet takes go into
further CSV files or sheets. All files are there at the end, or none, and none before the run record keeps what left.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.audiences import database_of
from pipelines.csv_output import csv_text
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.outgoing import whole
from pipelines.run_record import Call, note
from pipelines.small_cells import KEPT_BACK, without_small_cells
from pipelines.sms_list import grace_ending
from pipelines.spill import spill
from pipelines.xlsx_output import SHEET_ROWS, write_xlsx
from schemas.analysts import ADDED, VIEWS
from schemas.exports import GRACE_ENDING
from schemas.table import Column, Table
from schemas.tables import TABLES

_PART_ROWS = 100_000
_TABLES = {**TABLES, **ADDED, **VIEWS}
_KEPT = Column(pl.Boolean(), "whether the numbers are kept back, for they would tell of few people")
_Write = Callable[[ExitStack, Path, Iterator[pl.DataFrame], Table, list[str]], tuple[int, list[Path]]]


def export(
    home: Home, call: Call, name: str, form: str, target: Path, month: date | None, real: bool, language: str
) -> tuple[int, list[Path]]:
    """Write the rows of a table or view of the newest snapshot of a month; gives their number and the files."""
    if name != GRACE_ENDING.name and name not in _TABLES:
        raise UsageError(f"no such table {name!r}; expected one of {', '.join([*_TABLES, GRACE_ENDING.name])}")
    real = real or name == GRACE_ENDING.name
    with ExitStack() as leaving:  # at its end the files get their names
        if name == GRACE_ENDING.name:
            snapshot_id, found = grace_ending(home, month, language)
            rows, paths = FORMATS[form](leaving, target, iter([found]), GRACE_ENDING, found.columns)
        else:
            with database_of(home, "auditor" if real else "analyst", month) as (snapshot_id, path):
                with duckdb.connect(str(path), read_only=True) as con:
                    con.execute("SET enable_progress_bar = false")
                    rows, paths = FORMATS[form](leaving, target, *_told(con, name, real))
        told = {"table": name, "snapshot": snapshot_id, "real_ids": real, "rows": rows, "files": len(paths)}
        note(home, call, told)
    return rows, paths


def _told(con: duckdb.DuckDBPyConnection, name: str, real: bool) -> tuple[Iterator[pl.DataFrame], Table, list[str]]:
    """The rows of a table or view, part by part, what is told of them, and the columns that leave."""
    table, rows = _TABLES[name], con.sql(f"FROM {name}")
    if real or "people" not in table.columns:
        parts = (pl.DataFrame(batch) for batch in rows.to_arrow_reader(_PART_ROWS))
        return parts, table, list(table.columns)
    kept = without_small_cells(rows.pl(), table)
    return iter([kept]), Table(name, table.grain, table.key, {**table.columns, KEPT_BACK: _KEPT}), kept.columns


def _csv(
    leaving: ExitStack, target: Path, parts: Iterator[pl.DataFrame], table: Table, names: list[str]
) -> tuple[int, list[Path]]:
    """Files of as many rows as a sheet takes: the target, then its name with _2, _3 and so on."""
    rows, paths = 0, [target]
    file = _begun(leaving, target, table, names)
    for part in parts:
        begin = 0
        while begin < part.height:
            room = SHEET_ROWS * len(paths) - rows
            if not room:
                file.flush()
                paths.append(target.with_stem(f"{target.stem}_{len(paths) + 1}"))
                file, room = _begun(leaving, paths[-1], table, names), SHEET_ROWS
            piece = part.slice(begin, room)
            file.write(csv_text(piece).encode())
            begin, rows = begin + piece.height, rows + piece.height
    file.flush()  # a disk that is full must tell before the old file goes
    if len(paths) > 1:
        leaving.enter_context(_gone_first(target))
    return rows, paths


@contextmanager
def _gone_first(target: Path) -> Iterator[None]:
    """At a good end the old file goes before the parts get their names, the first one last.

    So what a kill leaves of two exports is never taken for one.
    """
    yield
    target.unlink(missing_ok=True)


def _begun(leaving: ExitStack, path: Path, table: Table, names: list[str]) -> BinaryIO:
    file = leaving.enter_context(whole(path))
    file.write(csv_text(pl.DataFrame(schema={name: table.columns[name].type for name in names}), header=True).encode())
    return file


def _xlsx(
    leaving: ExitStack, target: Path, parts: Iterator[pl.DataFrame], table: Table, names: list[str]
) -> tuple[int, list[Path]]:
    with spill() as work:
        return write_xlsx(leaving.enter_context(whole(target)), parts, table, names, work), [target]


def _parquet(
    leaving: ExitStack, target: Path, parts: Iterator[pl.DataFrame], table: Table, names: list[str]
) -> tuple[int, list[Path]]:
    schema: Any = pl.DataFrame(schema={name: table.columns[name].type for name in names}).to_arrow().schema
    rows, file = 0, leaving.enter_context(whole(target))
    with pq.ParquetWriter(pa.PythonFile(file, "w"), schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(part.to_arrow().cast(schema))
            rows += part.height
    return rows, [target]


FORMATS: Final[dict[str, _Write]] = {"csv": _csv, "xlsx": _xlsx, "parquet": _parquet}
