"""What is known of one person on a day: the month's own tables and the lines behind them, as plain rows.

Grain: a `Person` is one current IIN, one month, one day. Money is tiyn. Everything is asked of the month's queries and
transforms over an excerpt; nothing is decided here.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import duckdb
import numpy as np
import polars as pl

from pipelines.engine import Cut, fetch, look_at
from pipelines.explain.asked import Asked
from pipelines.few import known_of
from schemas.calendar import FIRST_MONTH, add_months
from schemas.rules import Law
from schemas.rules.values import LONGEST_WINDOW
from transforms.arrears import prices
from transforms.coverage import bases, coverage
from transforms.covered_months import LOOK_AHEAD, Known
from transforms.sql import query
from transforms.status import decided, insured_status
from transforms.walk import history

Row = dict[str, Any]
ENDS_BEFORE = 2  # months before the month that a run may end in and insure it, for wages are due a month later
MONTHS_BEHIND = ENDS_BEFORE + LONGEST_WINDOW - 1  # months before the month that may be paid for its sake
_NO_CATEGORY = pl.DataFrame(schema={"iin": pl.UInt64, "place": pl.Int64})
_LINES = ("payments", "returns", "intervals", "payer_intervals", "links", "registered")


@dataclass
class Person:
    """What is known of the person for the month and a year on, and rows about the person from it.

    `walk`, `prices` and `own_months` are by month, `later` is the walk as it would be seen a year on.
    """

    iin: int
    cut: Cut
    law: Law
    priced_on: date
    known: Known
    a_year_on: Known
    own_months: dict[date, Row]
    lines: dict[str, list[Row]] = field(default_factory=dict)

    @cached_property
    def status(self) -> Row:
        return self.status_in(self.cut.month)

    def status_in(self, month: date) -> Row:
        """The row of insured_status in another month on the same day, at the latest a year after the cut's."""
        known = self.known if month == self.cut.month else self.a_year_on.as_of(month)
        return insured_status(known, month, self.cut.known_at, self.law).row(0, named=True)

    @cached_property
    def decided(self) -> Row:
        return decided(self.known, self.cut.month, self.cut.known_at, self.law).row(0, named=True)

    @cached_property
    def walk(self) -> dict[date, Row]:
        return _by_month(history(self.known, self.cut.month, self.law))

    @cached_property
    def later(self) -> dict[date, Row]:
        return _by_month(history(self.a_year_on, add_months(self.cut.month, LOOK_AHEAD), self.law))

    @cached_property
    def prices(self) -> dict[date, Row]:
        return _by_month(prices(self.known, self.cut.month, MONTHS_BEHIND, LOOK_AHEAD, self.priced_on, self.law))


def current_of(con: duckdb.DuckDBPyConnection, iin: int) -> int:
    """The current IIN behind one, by the links in force."""
    found = con.execute("SELECT current FROM links WHERE person = ?", [iin]).fetchone()
    return int(found[0]) if found else iin


def look(asked: Asked, con: duckdb.DuckDBPyConnection, iin: int, priced_on: date | None = None) -> Person | None:
    """The person with that current IIN, with prices of a payment on `priced_on`, else on the day.

    None if nobody is known by the IIN on the day. `lines_of` gives the lines behind the person.
    """
    month, day = asked.cut.month, asked.cut.known_at
    look_at(con, add_months(month, LOOK_AHEAD), day)
    a_year_on = _only(known_of(con), iin)
    look_at(con, month, day)
    if a_year_on.people.is_empty():
        return None
    own = fetch(con, f"FROM own_months WHERE iin = {iin} ORDER BY period").to_dicts()
    by_month = {row["period"]: row for row in own}
    return Person(iin, asked.cut, asked.law, priced_on or day, a_year_on.as_of(month), a_year_on, by_month)


def lines_of(con: duckdb.DuckDBPyConnection, iin: int) -> dict[str, list[Row]]:
    """Every line about the person, by kind, with its file."""
    con.execute(f"SET VARIABLE iin = {iin}::UBIGINT")
    return {name: fetch(con, query(f"person_{name}")).to_dicts() for name in _LINES}


def coverage_of(asked: Asked, con: duckdb.DuckDBPyConnection, iin: int, months: list[date]) -> dict[date, Row]:
    """The rows of the table coverage of each month that has a basis; the engine looks at the cut's month."""
    masks, codes = _only(known_of(con), iin).masks, list(asked.law.codes("category"))
    found = {}
    for month in months:
        if month < FIRST_MONTH:
            continue
        basis = bases(masks, month)
        if basis.height:
            look_at(con, month, asked.cut.known_at)
            money, categories = fetch(con, f"WITH recent_money AS (FROM money) {query('month_money')}"), _NO_CATEGORY
            if basis["basis"].item() == "preferential":
                categories = fetch(con, query("month_categories"))
            found[month] = coverage(basis, money, categories, month, codes).row(0, named=True)
    look_at(con, asked.cut.month, asked.cut.known_at)
    return found


def _only(known: Known, iin: int) -> Known:
    """What is known of the person alone; the excerpt knows the registers' rows of payers too."""
    if known.people["iin"].to_list() == [iin]:
        return known
    place = np.flatnonzero(known.masks.ids == iin)
    frames = {
        name: getattr(known, name).filter(pl.col("iin") == iin)
        for name in ("people", "prepaid", "partly_paid", "proprietors")
    }
    return Known(masks=known.masks.only(place), **frames)


def _by_month(frame: pl.DataFrame) -> dict[date, Row]:
    return {row["month"]: row for row in frame.to_dicts()}
