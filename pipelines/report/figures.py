"""The figures of the night's report: counts and sums of a snapshot's tables, beside earlier snapshots. Nobody is named.

Everything is counted by DuckDB over the Parquet files, within the memory of the run; a query a figure, in
transforms/sql/report_*.sql. Grain: theirs. Money is tiyn as Python's int, so that no sum has an end.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines import limits
from pipelines.engine import bounded, look_at, session, stored_in
from pipelines.errors import RunFailed, is_failure
from pipelines.report.earlier import Earlier, Published
from schemas.codes import HARMLESS, REFUSALS
from schemas.tables import TABLES
from transforms.sql import query
from transforms.turns import net

Rows = list[dict[str, Any]]
_OF_DAYS = ("days", "folder_days")
_FIGURES = ("files", "outside", "outside_files", *_OF_DAYS, "money", "people", "breaks", "ending", "account")


@dataclass(frozen=True)
class Compared:
    """An earlier snapshot beside this one: whose status turned, by kind of turn, and its own breaks by code."""

    snapshot: Published
    turns: Rows
    breaks: Rows


@dataclass(frozen=True)
class Figures:
    """Rows by the name of their query, and what they are held against.

    `night` and `month` are the night and the month before; `earlier_days` what came in earlier months, by query.
    """

    snapshot: Published
    rows: dict[str, Rows]
    night: Compared | None
    month: Compared | None
    earlier_days: dict[str, list[Rows]]


def figures_of(snapshot: Published, earlier: Earlier, work: Path) -> Figures:
    """The figures of a snapshot; what does not fit in memory lies in the folder `work` meanwhile.

    RunFailed where it lacks a table: it was published before there were reports. An earlier snapshot that cannot be
    read is passed over as if it were not there.
    """
    lacking = [name for name in TABLES if not snapshot.table(name).is_file()]
    if lacking:
        raise RunFailed(f"{snapshot.name} has no table {', '.join(lacking)}: no report can be made of it")
    with session() as con:
        bounded(con, work, limits.engine_bytes())
        look_at(con, snapshot.month, snapshot.known_at)
        con.execute("SET VARIABLE told_until = ?", [earlier.told_until])
        for name, codes in (("harmless", HARMLESS), ("refusals", REFUSALS)):
            con.execute(f"SET VARIABLE {name} = ?", [list(codes)])
        for name in TABLES:
            _view(con, name, snapshot.table(name))
        rows = {name: rows_of(con, query(f"report_{name}")) for name in _FIGURES}
        night, month = (_compared(con, snapshot, other) for other in (earlier.night, earlier.month))
        return Figures(snapshot, rows, night, month, _earlier_days(con, earlier.months))


def rows_of(con: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    """The rows of a query by the names of its columns."""
    asked = con.execute(sql)
    names = [column[0] for column in asked.description]
    return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]


def _view(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """A table as a view, IINs as numbers, for they take half the room; a column that was not told yet is null."""
    stored = stored_in([path])
    held = {row["column_name"] for row in rows_of(con, f"DESCRIBE FROM {stored}")}
    chosen = "* REPLACE (iin::BIGINT AS iin)" if "iin" in held else "*"
    for table, column, kind in (("coverage", "category", "VARCHAR"), ("quarantine", "received_on", "DATE")):
        if name == table and column not in held:
            chosen += f", NULL::{kind} AS {column}"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {chosen} FROM {stored}")


def _compared(con: duckdb.DuckDBPyConnection, snapshot: Published, other: Published | None) -> Compared | None:
    """The other one beside the snapshot; None if there is none, or it is not what its manifest counts."""
    if other is None:
        return None
    try:
        _view(con, "earlier_status", other.table("insured_status"))
        _view(con, "earlier_breaks", other.table("breaks"))
        turns = rows_of(con, query("report_turns"))
        breaks = rows_of(con, query("report_earlier_breaks"))
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.BinderException) as error:
        if not is_failure(error):
            raise
        return None
    grown = net(turns)
    adds_up = all(other.people[status] + grown[status] == snapshot.people[status] for status in grown)
    return Compared(other, turns, breaks) if adds_up else None


def _earlier_days(con: duckdb.DuckDBPyConnection, months: list[Published]) -> dict[str, list[Rows]]:
    found: dict[str, list[Rows]] = {name: [] for name in _OF_DAYS}
    for other in months:
        try:
            for name in ("files", "daily_totals"):
                _view(con, name, other.table(name))
            told = {name: rows_of(con, query(f"report_{name}")) for name in _OF_DAYS}
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.BinderException) as error:
            if not is_failure(error):
                raise
            continue
        for name, rows in told.items():
            found[name].append(rows)
    return found
