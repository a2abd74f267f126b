"""The breaks of a month: its queries in the order in which each rests on the ones before.

Grain: a break. A break may rest on a line of any month, but what is true since this month follows from lines that came,
were settled, came back or were recalled in it; so the whole ledger is read only where this cannot say of whom.
Source: contract.md section 4; the codes: schemas/breaks.py.
"""

from collections.abc import Iterator

import duckdb
import polars as pl

from pipelines.engine import fetch, fetch_parts, load
from schemas.breaks import BREAKS
from transforms.names import name_mismatches
from transforms.sql import query

_BREAKS = ("breaks_of_lines", "breaks_of_months", "breaks_of_wages", "breaks_of_documents", "breaks_of_statements")
_BREAKS += ("breaks_of_births",)


def breaks(con: duckdb.DuckDBPyConnection, graces_ending: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The breaks that stand in the month, with severity and message of their code. Grain: a break."""
    con.execute(f"CREATE TEMP TABLE named AS {query('named')}")
    _pair_wages(con)
    load(con, "breaks_of_names", name_mismatches(fetch(con, query("named_differently"))))
    load(con, "breaks_of_graces", graces_ending)
    for name in _BREAKS:
        con.execute(f"CREATE TEMP VIEW {name} AS {query(name)}")
    severity = {code: told.severity for code, told in BREAKS.items()}
    message = {code: f"{told.sentence} {told.next_step}" for code, told in BREAKS.items()}
    for part in fetch_parts(con, query("breaks")):
        yield part.with_columns(
            severity=pl.col("code").replace_strict(severity, return_dtype=pl.String),
            message=pl.col("code").replace_strict(message, return_dtype=pl.String),
        )


def _pair_wages(con: duckdb.DuckDBPyConnection) -> None:
    """Tables wage_pairs and lonely_wages, and the lines that may tell of a pair before these."""
    con.execute(f"CREATE TEMP TABLE wage_pairs AS {query('wage_pairs')}")
    con.execute(f"CREATE TEMP TABLE lonely_wages AS {query('lonely_wages')}")
    for name, first in (("lonely_from", "min"), ("lonely_until", "max")):
        con.execute(f"SET VARIABLE {name} = (SELECT {first}(period) FROM lonely_wages)")
    con.execute(f"CREATE TEMP VIEW lines_of_lonely AS {query('lines_of_lonely')}")
