"""A month as known on a day: the wiring from the ledger to the tables of a snapshot.

Nothing is decided here; each step is a transform or a query. A table may be larger than memory, so each is made and
checked in parts (pipelines/parts.py); what is told of people goes by ranges of IINs (pipelines/people.py).
"""

from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl

from pipelines import limits
from pipelines.breaks import breaks
from pipelines.engine import Cut, bounded, engine, fetch
from pipelines.everybody import Everybody, everybody
from pipelines.home import Home
from pipelines.kept import Kept
from pipelines.month_inputs import load_bases, load_law, load_links, load_matches, load_money, load_returns
from pipelines.parts import Parts
from pipelines.payment_lines import lines_by_facts, lines_of_all
from pipelines.progress import took
from pipelines.published import as_published
from pipelines.recent import load_recent
from schemas.rules import Law
from schemas.tables import TABLES
from transforms import law_tables
from transforms.balance import OF_PAYMENTS, check_balance
from transforms.coverage import coverage
from transforms.sql import query


def month_tables(
    home: Home, cut: Cut, law: Law, work: Path, base: Kept | None = None, keep: bool = False
) -> dict[str, Parts]:
    """Every table of the snapshot, checked and balanced, in parts below the folder `work`.

    With a base (pipelines/kept.py) what a night found of people whom nothing touched since is taken over from it.
    """
    tables = {name: Parts(work, name) for name in TABLES}
    with engine(home, cut) as con:
        bounded(con, work, limits.engine_bytes())
        load_links(con)
        load_bases(con, law)
        load_law(con, law, cut.known_at)
        with took("returns"):
            load_returns(con, partial(lines_of_all if base is None else lines_by_facts, home), base)
        load_matches(con)
        with took("people"):
            people = everybody(con, home, cut, law, work, base, keep)
        load_money(con, people.own_months)
        _fill(tables["payments"], "payments", _payments(con))
        held = {name: fetch(con, query(f"month_{name}")) for name in _OF_THE_MONTH}
        check_balance(held | {"payments": tables["payments"].collect(OF_PAYMENTS)}, fetch(con, query("accepted_lines")))
        for name, frame in held.items():
            _fill(tables[name], name, [frame])
        load_recent(con)
        _fill(tables["coverage"], "coverage", _coverage(con, people, cut.month, law))
        tables["insured_status"] = people.status
        _fill(tables["breaks"], "breaks", breaks(con, home, people.graces_ending))
    _fill(tables["rules"], "rules", [law_tables.rules_table(law, cut.month)])
    return tables


def status_table(home: Home, cut: Cut, law: Law, work: Path, base: Kept | None = None, keep: bool = False) -> Parts:
    """insured_status alone, checked, as `month_tables` gives it; in parts below the folder `work`."""
    with engine(home, cut) as con:
        bounded(con, work, limits.engine_bytes())
        load_links(con)
        load_law(con, law, cut.known_at)
        load_returns(con, partial(lines_of_all if base is None else lines_by_facts, home), base)
        return everybody(con, home, cut, law, work, base, keep).status


def _payments(con: duckdb.DuckDBPyConnection) -> Iterator[pl.DataFrame]:
    """The payment lines of the month in intake order, of some deliveries at a time: to sort all takes much memory."""
    deliveries = fetch(con, "FROM ledger_deliveries WHERE received_on >= getvariable('month') ORDER BY sequence")
    part = pl.col("accepted_lines").fill_null(0).cum_sum() // limits.rows_at_once()
    firsts = deliveries.group_by(part, maintain_order=True).agg(pl.col("sequence").first())["sequence"]
    for first, end in pairwise([0, *firsts[1:], _NO_DELIVERY]):
        some = f"WITH asked_money AS (FROM money WHERE sequence BETWEEN {first} AND {end - 1})"
        yield fetch(con, f"{some} {query('month_payments')}")


def _coverage(con: duckdb.DuckDBPyConnection, people: Everybody, month: date, law: Law) -> Iterator[pl.DataFrame]:
    """The coverage of the month, range of IINs by range."""
    money = "WITH recent_money AS (FROM money_of('recent_lines'))"
    con.execute(f"CREATE TEMP TABLE money_of_month AS {money} {query('month_money')}")
    con.execute(f"CREATE TEMP TABLE categories_of_month AS {query('month_categories')}")
    for bases in people.bases.each():
        first, last = bases.select(first=pl.col("iin").min(), last=pl.col("iin").max()).row(0)
        within = f"WHERE iin BETWEEN {first or 0} AND {last or 0}"
        paid, categories = (fetch(con, f"FROM {name}_of_month {within}") for name in ("money", "categories"))
        yield coverage(bases, paid, categories, month, list(law.codes("category")))


_NO_DELIVERY = 1 << 62  # beyond all sequences
_OF_THE_MONTH = ("files", "totals", "daily_totals", "quarantine", "returns", "statement_entries", "statements")


def _fill(parts: Parts, table: str, frames: Iterator[pl.DataFrame] | list[pl.DataFrame]) -> None:
    """The table from frames of its rows, each held against its schema."""
    for frame in frames:
        parts.add(as_published(frame, table))
