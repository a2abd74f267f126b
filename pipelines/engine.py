"""The DuckDB engine of one month: the ledger's deliveries up to a cut as views, frames in as tables, queries out.

A cut names what is known: which month, on which day, by the deliveries up to which intake sequence.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipelines import ledger
from pipelines.home import Home
from schemas.calendar import FIRST_MONTH, add_months
from schemas.codes import MEDS_ACCOUNT, REFUSALS
from schemas.ledger import LEDGER
from transforms.covered_months import LOOK_AHEAD, WORD_BITS
from transforms.sql import query

_RETOLD = ("deliveries", "totals", "quarantine")  # a withdrawn delivery stays in these, as refused


@dataclass(frozen=True)
class Cut:
    """Which month, known on which day, by the deliveries up to which sequence."""

    month: date
    known_at: date
    sequence: int


@contextmanager
def engine(home: Home, cut: Cut) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine of its own for the month, over the ledger's deliveries up to the cut."""
    config = {"threads": os.environ["MSHI_THREADS"]} if "MSHI_THREADS" in os.environ else {}
    with duckdb.connect(config=config) as con:
        con.execute("SET enable_progress_bar = false")
        # Every join is written payments first, small tables after; left to itself the optimizer takes an empty
        # table of returns or links for the large side and builds its hash table of all payments (5 times slower).
        con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        con.execute(_variables(cut))
        con.register("withdrawn", ledger.withdrawn(home, cut.sequence))
        for table, columns in LEDGER.items():
            con.register(f"no_{table}", pl.DataFrame(schema=columns))
        con.execute(";\n".join([*_recorded(home, cut), *_standing()]))
        yield con


def _variables(cut: Cut) -> str:
    days = {"month": cut.month, "known_at": cut.known_at, "first_month": FIRST_MONTH}
    days["last_month"] = add_months(cut.month, LOOK_AHEAD)
    told = {name: f"DATE '{day}'" for name, day in days.items()}
    told |= {"word_bits": str(WORD_BITS), "meds_account": f"'{MEDS_ACCOUNT}'"}
    told["withdrawn_message"] = f"'{REFUSALS['withdrawn'].sentence}'"
    return "; ".join(f"SET VARIABLE {name} = {value}" for name, value in told.items())


def _recorded(home: Home, cut: Cut) -> Iterator[str]:
    """Views recorded_*: what the ledger holds up to the cut."""
    for table in LEDGER:
        files = ledger.files_of(home, table)
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        stored = f"UNION ALL BY NAME FROM read_parquet([{listed}])" if files else ""
        known = f"FROM (FROM no_{table} {stored}) WHERE sequence <= {cut.sequence}"
        yield f"CREATE TEMP VIEW recorded_{table} AS {known}"


def _standing() -> Iterator[str]:
    """Views ledger_*: the same without what was recalled."""
    for table in LEDGER:
        told = (
            query(f"standing_{table}")
            if table in _RETOLD
            else f"FROM recorded_{table} ANTI JOIN withdrawn USING (sequence)"
        )
        yield f"CREATE TEMP VIEW ledger_{table} AS {told}"


def fetch(con: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    """The rows of a query."""
    return con.sql(sql).pl()


def load(con: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """A frame as a table of that name."""
    con.register("given", frame)
    con.execute(f"CREATE TEMP TABLE {name} AS FROM given")
    con.unregister("given")
