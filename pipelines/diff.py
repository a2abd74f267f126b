"""Compare two published snapshots: whose status changed and why, which payments and breaks came or went.

The changes are found by DuckDB over the Parquet of both, and stay there until they are told, in parts: what lies in
memory hardly grows with the nation. Grain: schemas/changes.py. Reads the home without its lock, writes nothing there.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from pipelines import archive, ledger, limits
from pipelines.causes import Way, causes
from pipelines.compared import TABLES, Side, side_of
from pipelines.engine import append, bounded, fetch, load, session, stored_in
from pipelines.errors import RunFailed
from pipelines.excerpt import narrowed
from pipelines.home import Home
from pipelines.spill import spill
from pipelines.unlike import unlike
from transforms.changes import as_asked, in_order, moving, out_of_count
from transforms.sql import query

FEW = 100_000  # people for whom the whole ledger is asked; for more of them a small one is made first
PART_LINES = 2_000_000  # payment lines of people that lie in memory at a time
_TOLD_ROWS = 50_000  # rows told at a time
GROUPS = 8  # row groups of people, some two million, that are held against each other at a time
_BY_PERSON = {"changed_people": "insured_status", "changed_breaks": "breaks"}
_TOLD = {"person": "told_people", "payment": "told_payments", "break": "told_breaks"}


@dataclass(frozen=True)
class Difference:
    """What differs between A and B: totals, and the changes themselves, which lie in the engine."""

    a: Side
    b: Side
    con: duckdb.DuckDBPyConnection
    totals: pl.DataFrame

    @property
    def same_month(self) -> bool:
        return self.a.cut.month == self.b.cut.month

    @property
    def notes(self) -> list[str]:
        """What a reader must know of snapshots of different months."""
        if self.same_month:
            return []
        newer = max(self.a, self.b, key=lambda side: side.age).cut.month
        return [
            "the snapshots are of different months: payments and breaks are those of each one's own month",
            "a payment came or went where it was received or recalled between the two; breaks are those of "
            f"{newer:%Y-%m}: to see which breaks of the other month went, compare two snapshots of that month",
        ]

    def changes(self, kind: str) -> Iterator[pl.DataFrame]:
        """The changes of a kind (person, payment, break) in their order, a part at a time."""
        files = fetch(self.con, "FROM numbered_files ORDER BY file_no")["file_sha256"]
        for part in _parts(self.con, f"FROM {_TOLD[kind]}"):
            if "file_no" in part.columns:
                part = part.with_columns(file_sha256=files.gather(part["file_no"] - 1))
            yield as_asked(part.with_columns(what=pl.lit(kind)), self.a.age <= self.b.age)


@contextmanager
def difference(home: Home, a: str, b: str) -> Iterator[Difference]:
    """What differs between two snapshots, named by id or folder, as long as the block lasts.

    Errors as `side_of`; RunFailed if the changes do not add up to the two snapshots' own counts.
    """
    records = archive.records(home)
    with ThreadPoolExecutor(2) as pool:  # most of it is hashing
        first, second = pool.map(lambda name: side_of(home, name, records), (a, b))
    older, newer = sorted((first, second), key=lambda side: side.age)
    with spill() as folder, session() as con:
        bounded(con, folder, limits.engine_bytes(quarters=3))
        try:
            _load_changes(con, Way(home, older, newer))
            totals = in_order(as_asked(fetch(con, query("change_totals")), older is first))
            told = Difference(first, second, con, totals)
            _add_up(told)
            yield told
        except duckdb.Error as error:
            raise RunFailed(
                f"{first.name} and {second.name} cannot be compared ({type(error).__name__}); see mshi verify"
            ) from None


def _add_up(told: Difference) -> None:
    tables = ("payments", "breaks") if told.same_month else ()
    before, after = (side.people | {name: side.rows[name] for name in tables} for side in (told.a, told.b))
    off = out_of_count(told.totals, before, after)
    if off:
        raise RunFailed(
            f"the changes do not add up: {'; '.join(off)}; see mshi verify, or report it as a fault of mshi"
        )


def _load_changes(con: duckdb.DuckDBPyConnection, way: Way) -> None:
    """Tables told_people, told_payments and told_breaks: every change, in order, with its cause."""
    con.execute(f"SET VARIABLE same_month = {way.older.cut.month == way.newer.cut.month}")
    rows = {table: _rows(table, way.older.table(table), way.newer.table(table)) for table in TABLES}
    for table in ("files", "payments"):
        _see(con, table, rows[table])
    _load_moved(con, way)
    con.execute(f"CREATE TEMP TABLE changed_payments AS {query('changed_payments')}")
    for place, some in enumerate(_stretches(way.newer.table("insured_status"))):
        for changed, table in _BY_PERSON.items():
            _see(con, table, rows[table], some)
            into = f"INSERT INTO {changed}" if place else f"CREATE TEMP TABLE {changed} AS"
            con.execute(f"{into} {query(changed)}")
    _load_causes(con, way)
    for table in _TOLD.values():
        con.execute(f"CREATE TEMP TABLE {table} AS {query(table)}")


def _rows(table: str, older: Path, newer: Path) -> tuple[str, str]:
    """SQL of the rows in which the two can differ; of files all, for those that both tell alike get a number too."""
    if table != "files":
        return unlike(older, newer)
    first, second = (f"FROM {stored_in([file])}" for file in (older, newer))
    return first, second


def _see(con: duckdb.DuckDBPyConnection, table: str, rows: tuple[str, str], some: str = "true") -> None:
    """Views older_* and newer_* of a table, of the rows for which something holds."""
    for age, sql in zip(("older", "newer"), rows, strict=True):
        con.execute(f"CREATE OR REPLACE TEMP VIEW {age}_{table} AS FROM ({sql}) WHERE {some}")


def _stretches(status: Path) -> list[str]:
    """Conditions that share out all rows by IIN, rising, those without one last: so many people at a time take little
    memory, and memory that is new costs more than to hold them against each other.
    """
    told = pq.read_metadata(status)
    place, groups = told.schema.names.index("iin"), range(GROUPS, told.num_row_groups, GROUPS)
    borders = [f"'{int(told.row_group(group).column(place).statistics.min):012d}'" for group in groups]
    within = [f"iin >= {low} AND iin < {high}" for low, high in pairwise(["''", *borders, "'~'"])]
    return [*within, "iin IS NULL"]


def _load_moved(con: duckdb.DuckDBPyConnection, way: Way) -> None:
    """Tables numbered_files and moved_lines: which payment lines came or were recalled between the two."""
    older, newer = way.older.cut.sequence, way.newer.cut.sequence
    recalled = ledger.withdrawn(way.home, older), ledger.withdrawn(way.home, newer)
    load(con, "moving", moving(ledger.scan(way.home, "deliveries").collect(), recalled, older, newer))
    con.execute(f"CREATE TEMP TABLE numbered_files AS {query('numbered_files')}")
    files = ledger.files_of(way.home, "payments")
    lines = stored_in(files) if files else "(SELECT 0 AS sequence, 0 AS line_no LIMIT 0)"
    con.execute(f"CREATE TEMP VIEW ledger_lines AS SELECT sequence, line_no FROM {lines}")
    con.execute(f"CREATE TEMP TABLE moved_lines AS {query('moved_lines')}")


def _load_causes(con: duckdb.DuckDBPyConnection, way: Way) -> None:
    """Tables people_causes and payment_causes, found for a part of the people at a time."""
    con.execute("CREATE TEMP TABLE people_causes (iin UBIGINT, cause VARCHAR)")
    con.execute("CREATE TEMP TABLE payment_causes (file_no INTEGER, line_no BIGINT, cause VARCHAR)")
    people = fetch(con, query("people_to_look_at"))["iin"]
    with _near(way, people) as (near, size):
        for part in people.to_frame("iin").iter_slices(size):
            con.register("part", part)
            changed = fetch(con, "FROM changed_people SEMI JOIN part USING (iin) ORDER BY iin")
            lines = fetch(con, query("lines_to_look_at"))
            of_people, of_lines = causes(near, part["iin"], changed, lines)
            for table, rows in (
                ("people_causes", changed.select("iin", cause=of_people)),
                ("payment_causes", lines.select("file_no", "line_no", cause=of_lines)),
            ):
                append(con, table, rows)


@contextmanager
def _near(way: Way, people: pl.Series) -> Iterator[tuple[Way, int]]:
    """The way by a ledger near enough to ask about a part of the people at a time, and how many a part is."""
    if len(people) <= FEW:
        yield way, FEW
        return
    with spill() as folder:
        small = narrowed(way.home, people, folder)
        lines = int(ledger.scan(small, "payments").select(pl.len()).collect().item())
        yield replace(way, home=small), max(len(people) * PART_LINES // max(lines, PART_LINES), 1)


def _parts(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pl.DataFrame]:
    """The rows of a query, a part at a time."""
    for batch in con.sql(sql).to_arrow_reader(_TOLD_ROWS):
        yield pl.DataFrame(batch)
