"""Compare two published snapshots: whose status changed and why, which payments and breaks came or went.

The changes are found by DuckDB over the Parquet of both; only changed rows leave it, in parts, so what lies in memory
does not grow with the nation. Grain: schemas/changes.py. Reads the home without its lock and writes nothing into it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl

from pipelines import archive, ledger
from pipelines.causes import Way, payment_causes, people_causes
from pipelines.compared import TABLES, Side, side_of
from pipelines.engine import fetch, listed, load, session
from pipelines.errors import RunFailed
from pipelines.excerpt import narrowed
from pipelines.home import Home
from schemas.changes import CHANGES
from transforms.changes import PROGRAM, as_asked, counted, moving, out_of_count, totals
from transforms.sql import query

PART = 20_000  # people, or lines with a person to look at, of whom everything known lies in memory at a time
_KINDS = {"person": "people", "payment": "payments", "break": "breaks"}
_MEMORY = "1500MB"  # of the comparison itself; what is more goes to a temporary folder


@dataclass
class Difference:
    """Two snapshots and, once `changes` is read to its end, the totals of what differs."""

    home: Home
    a: Side
    b: Side
    totals: pl.DataFrame = field(default_factory=lambda: totals([]))

    @property
    def way(self) -> Way:
        """From the older to the newer, whichever was named first."""
        older, newer = sorted((self.a, self.b), key=lambda side: side.age)
        return Way(self.home, older, newer)

    @property
    def notes(self) -> list[str]:
        """What a reader must know of snapshots of different months."""
        if self.a.cut.month == self.b.cut.month:
            return []
        newer = self.way.newer.cut.month
        return [
            "the snapshots are of different months: payments and breaks are those of each one's own month",
            "a payment came or went where it was received or recalled between the two; breaks are those of "
            f"{newer:%Y-%m}: to see which breaks of the other month went, compare two snapshots of that month",
        ]

    def changes(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """All changes in parts, with their kind: people, payments, breaks, each beginning with an empty part.

        RunFailed at the end if they do not add up.
        """
        counts, older_first = [], self.way.older is self.a
        with _compared(self.way) as con:
            for kind, find in zip(_KINDS, (_people, _payments, _breaks), strict=True):
                yield kind, pl.DataFrame(schema=CHANGES.types())
                for rows in find(con, self.way) if self.a.name != self.b.name else ():
                    told = as_asked(rows.with_columns(what=pl.lit(kind)), older_first)
                    counts.append(counted(told))
                    yield kind, told
        self.totals = totals(counts)
        self._add_up()

    @property
    def counts(self) -> list[str]:
        """How many changes of each kind, once `changes` is read."""
        rows = {kind: int(self.totals.filter(what=f"{kind}_total")["rows"].sum()) for kind in _KINDS}
        return [f"{count:,} {name}" for count, name in zip(rows.values(), _KINDS.values(), strict=True)]

    def _add_up(self) -> None:
        off = out_of_count(self.totals, self.a.people, self.b.people)
        if self.a.cut.month == self.b.cut.month:
            for kind, table in (("payment", "payments"), ("break", "breaks")):
                told = dict(self.totals.filter(what=f"{kind}_total").group_by("change").agg(pl.col("rows").sum()).rows())
                came, went = told.get("came", 0), told.get("went", 0)
                if self.a.rows[table] + came - went != self.b.rows[table]:
                    off.append(f"{table}: {self.a.rows[table]} + {came} - {went} is not {self.b.rows[table]}")
        if off:
            raise RunFailed(f"the changes do not add up: {'; '.join(off)}; report this, it is a fault of mshi")


def difference(home: Home, a: str, b: str) -> Difference:
    """The two snapshots, by id or folder, ready to be compared. Errors as `side_of`."""
    records = archive.records(home)
    return Difference(home, side_of(home, a, records), side_of(home, b, records))


@contextmanager
def _compared(way: Way) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with the tables of both, which lays what memory does not hold into a private temporary folder."""
    with TemporaryDirectory(prefix="mshi-") as folder, session() as con:
        con.execute(f"SET memory_limit = '{_MEMORY}'; SET temp_directory = '{folder}'")
        try:
            for age, side in (("older", way.older), ("newer", way.newer)):
                for table in TABLES:
                    stored = listed([str(side.table(table))])
                    con.execute(f"CREATE TEMP VIEW {age}_{table} AS FROM read_parquet({stored})")
            yield con
        except duckdb.Error as error:
            raise RunFailed(
                f"{way.older.name} and {way.newer.name} cannot be compared ({type(error).__name__}); see mshi verify"
            ) from None


def _parts(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pl.DataFrame]:
    """The rows of a query, a part at a time."""
    for batch in con.sql(sql).to_arrow_reader(PART):
        yield pl.DataFrame(batch)


def _people(con: duckdb.DuckDBPyConnection, way: Way) -> Iterator[pl.DataFrame]:
    con.execute(f"CREATE TEMP TABLE changed_people AS {query('changed_people')}")
    with _near(way, fetch(con, "SELECT iin FROM changed_people")["iin"]) as way:
        for part in _parts(con, "FROM changed_people"):
            yield part.with_columns(
                people_causes(way, part),
                in_older=pl.col("older").is_not_null(),
                in_newer=pl.col("newer").is_not_null(),
            )


def _payments(con: duckdb.DuckDBPyConnection, way: Way) -> Iterator[pl.DataFrame]:
    """Lines of one side only whose coming or going no intake tells stand in the tables of another month, or are odd."""
    _load_moved(con, way)
    con.execute(f"CREATE TEMP TABLE changed_payments AS {query('changed_payments')}")
    to_look_at = "SELECT * EXCLUDE cause FROM changed_payments WHERE cause IS NULL AND in_older AND in_newer"
    people = fetch(con, f"SELECT DISTINCT unnest([older_iin, newer_iin]) AS iin FROM ({to_look_at})")["iin"]
    looked_at = [pl.DataFrame(schema={"file_sha256": pl.String, "line_no": pl.Int64, "cause": pl.String})]
    with _near(way, people) as near:
        for part in _parts(con, to_look_at):
            looked_at.append(part.select("file_sha256", "line_no", payment_causes(near, part)))
    load(con, "looked_at", pl.concat(looked_at))
    same_month = way.older.cut.month == way.newer.cut.month
    for part in _parts(con, query("told_payments")):
        odd = part["cause"].is_null()
        told = part.with_columns(pl.col("cause").fill_null(PROGRAM)) if same_month else part.filter(~odd)
        yield told


def _breaks(con: duckdb.DuckDBPyConnection, way: Way) -> Iterator[pl.DataFrame]:
    """Of different months only the newer one's: those of the other month stand in its own tables."""
    same_month = way.older.cut.month == way.newer.cut.month
    for part in _parts(con, query("changed_breaks")):
        told = part if same_month else part.filter("in_newer")
        yield told.with_columns(in_older=~pl.col("in_newer"))


def _load_moved(con: duckdb.DuckDBPyConnection, way: Way) -> None:
    """Tables numbered_files and moved_lines: which payment lines came or were recalled between the two."""
    older, newer = way.older.cut.sequence, way.newer.cut.sequence
    recalled = ledger.withdrawn(way.home, older), ledger.withdrawn(way.home, newer)
    load(con, "moving", moving(ledger.scan(way.home, "deliveries").collect(), recalled, older, newer))
    con.execute(f"CREATE TEMP TABLE numbered_files AS {query('numbered_files')}")
    files = ledger.files_of(way.home, "payments")
    lines = f"read_parquet({listed(files)})" if files else "(SELECT 0 AS sequence, 0 AS line_no LIMIT 0)"
    con.execute(f"CREATE TEMP VIEW ledger_lines AS SELECT sequence, line_no FROM {lines}")
    con.execute(f"CREATE TEMP TABLE moved_lines AS {query('moved_lines')}")


@contextmanager
def _near(way: Way, people: pl.Series) -> Iterator[Way]:
    """The same way by a small ledger of these people alone, where they are more than one part."""
    if len(people) <= PART:
        yield way
        return
    with TemporaryDirectory(prefix="mshi-") as folder:
        yield replace(way, home=narrowed(way.home, people, Path(folder)))
