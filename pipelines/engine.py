"""The DuckDB engine of one month: the ledger's deliveries up to a cut as views, frames in as tables, queries out.

A cut names what is known: which month, on which day, by the deliveries up to which intake sequence.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from pipelines import ledger, limits
from pipelines.errors import was_ended
from pipelines.home import Home
from schemas.calendar import FIRST_MONTH, add_months
from schemas.codes import MEDS_ACCOUNT, REFUSALS
from schemas.ledger import LEDGER
from transforms.covered_months import LOOK_AHEAD
from transforms.masks import WORD_BITS
from transforms.sql import query

_EMPTY = {table: pl.DataFrame(schema=columns) for table, columns in LEDGER.items()}
_FEW_LINES = 10_000  # over so few more threads take longer to start than they spare
_RETOLD = ("deliveries", "totals", "quarantine")  # a withdrawn delivery stays in these, as refused


@dataclass(frozen=True)
class Cut:
    """Which month, known on which day, by the deliveries up to which sequence, under the law published up to when.

    `law_as_of` None is the law as it stands in the rules files, whenever it was published.
    """

    month: date
    known_at: date
    sequence: int
    law_as_of: date | None = None


@contextmanager
def session(threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own in memory, with so many threads, else those that the environment allows."""
    threads = threads or limits.threads()
    with duckdb.connect(config={} if threads is None else {"threads": str(threads)}) as con:
        con.execute("SET enable_progress_bar = false")
        con.execute(_always())
        yield con


@cache
def _for_few() -> duckdb.DuckDBPyConnection:
    """One DuckDB for all engines about few people: to set one up takes longer than all that each of them is asked."""
    con = duckdb.connect(config={"threads": "1"})
    con.execute("SET enable_progress_bar = false")
    return con


@contextmanager
def _about_few() -> Iterator[duckdb.DuckDBPyConnection]:
    with _for_few().cursor() as con:
        con.execute(_always())
        yield con


def bounded(con: duckdb.DuckDBPyConnection, folder: str | Path, most: int) -> None:
    """Keep what the engine holds in memory below so many bytes: what is more goes into the folder."""
    quoted = str(folder).replace("'", "''")
    con.execute(f"SET memory_limit = '{most}B'; SET temp_directory = '{quoted}'")


@contextmanager
def engine(
    home: Home, cut: Cut, excerpt: dict[str, pl.DataFrame] | None = None, recalled_by: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine of its own for the month, over the ledger's deliveries up to the cut.

    With an excerpt (pipelines/excerpt.py) it knows only the people in it. `recalled_by` is the last withdrawal that it
    knows, else the cut's.
    """
    few = excerpt is not None and excerpt["payments"].height <= _FEW_LINES
    with _about_few() if few else session() as con:
        # Every join is written payments first, small tables after; left to itself the optimizer takes an empty
        # table of returns or links for the large side and builds its hash table of all payments (5 times slower).
        con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        look_at(con, cut.month, cut.known_at)
        con.execute(f"SET VARIABLE last_sequence = {cut.sequence}")
        withdrawn = ledger.withdrawn(home, cut.sequence if recalled_by is None else recalled_by)
        con.register("withdrawn", withdrawn)
        for table in LEDGER:
            con.register(f"excerpt_{table}", (excerpt or {}).get(table, _EMPTY[table]))
        files = {table: ledger.files_of(home, table) if excerpt is None else [] for table in LEDGER}
        con.execute(";\n".join([*_recorded(files, cut), *_standing(withdrawn.height > 0)]))
        yield con


def look_at(con: duckdb.DuckDBPyConnection, month: date, known_at: date) -> None:
    """Set the month that the queries ask about, and the day."""
    days = {"month": month, "known_at": known_at, "last_month": add_months(month, LOOK_AHEAD)}
    con.execute("; ".join(f"SET VARIABLE {name} = DATE '{day}'" for name, day in days.items()))


def _always() -> str:
    """Sets what the queries ask for whatever the month."""
    told = {"first_month": f"DATE '{FIRST_MONTH}'", "word_bits": str(WORD_BITS), "meds_account": f"'{MEDS_ACCOUNT}'"}
    told["withdrawn_message"] = f"'{REFUSALS['withdrawn'].sentence}'"
    return "; ".join(f"SET VARIABLE {name} = {value}" for name, value in told.items())


def stored_in(files: Iterable[str | Path], *options: str) -> str:
    """SQL of the rows in files. A folder a=b above them, which DuckDB takes for a column of theirs, is a name only."""
    listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return f"read_parquet({', '.join([f'[{listed}]', 'hive_partitioning = false', *options])})"


def _recorded(files: dict[str, list[str]], cut: Cut) -> Iterator[str]:
    """Views recorded_*: what the ledger, or the excerpt, holds up to the cut."""
    for table in LEDGER:
        stored = stored_in(files[table]) if files[table] else f"excerpt_{table}"
        yield f"CREATE TEMP VIEW recorded_{table} AS FROM {stored} WHERE sequence <= {cut.sequence}"


def _standing(recalled: bool) -> Iterator[str]:
    """Views ledger_*: the same without what was recalled, if anything was."""
    for table in LEDGER:
        kept = "ANTI JOIN withdrawn USING (sequence)" if recalled else ""
        told = query(f"standing_{table}") if table in _RETOLD else f"FROM recorded_{table} {kept}"
        yield f"CREATE TEMP VIEW ledger_{table} AS {told}"


def fetch(con: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    """The rows of a query. KeyboardInterrupt where somebody ended the command, which DuckDB may have kept to itself."""
    if was_ended():
        raise KeyboardInterrupt
    return con.sql(sql).pl()


def fetch_parts(con: duckdb.DuckDBPyConnection, sql: str) -> Iterator[pl.DataFrame]:
    """The rows of a query in their order, a part at a time; one without rows where there are none."""
    relation = con.sql(sql)
    told = False
    for batch in relation.to_arrow_reader(limits.rows_at_once()):
        told = True
        yield pl.DataFrame(batch)
    if not told:
        yield relation.pl()


def load(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """A frame as a table of that name."""
    con.register("given", frame)
    con.execute(f"CREATE TEMP TABLE {name} AS FROM given")
    con.unregister("given")


def append(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Rows behind those of a table of that name."""
    con.register("given", frame)
    con.execute(f"INSERT INTO {name} FROM given")
    con.unregister("given")
