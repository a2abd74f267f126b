"""What is known of one person on a day: the month's own tables and the lines behind them, as plain rows.

Grain: a `Person` is one current IIN, one month, one day. Money is tiyn. Everything is asked of the month's queries and
transforms over an excerpt; nothing is decided here.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import numpy as np
import polars as pl

from pipelines.engine import fetch, look_at
from pipelines.explain.asked import Asked
from pipelines.few import known_of
from schemas.calendar import FIRST_MONTH, add_months
from transforms.arrears import prices
from transforms.coverage import bases, coverage
from transforms.covered_months import LOOK_AHEAD, Known
from transforms.sql import query
from transforms.status import decided, insured_status
from transforms.walk import history

Row = dict[str, Any]
_LINES = ("payments", "returns", "intervals", "payer_intervals", "links", "registered")


@dataclass
class Person:
    """Rows about the person; `walk`, `prices` and `own_months` by month, `later` as the walk a year on would see it."""

    iin: int
    status: Row
    decided: Row
    walk: dict[date, Row]
    later: dict[date, Row]
    prices: dict[date, Row]
    own_months: dict[date, Row]
    lines: dict[str, list[Row]] = field(default_factory=dict)


def current_of(con: duckdb.DuckDBPyConnection, iin: int) -> int:
    """The current IIN behind one, by the links in force."""
    found = con.execute("SELECT current FROM links WHERE person = ?", [iin]).fetchone()
    return int(found[0]) if found else iin


def look(asked: Asked, con: duckdb.DuckDBPyConnection, iin: int, priced_on: date | None = None) -> Person | None:
    """The person with that current IIN, with prices of a payment on `priced_on`, else on the day.

    None if nobody is known by the IIN on the day. `lines_of` gives the lines behind the person.
    """
    month, day, law = asked.cut.month, asked.cut.known_at, asked.law
    look_at(con, month, day)
    con.execute(f"SET VARIABLE iin = {iin}::UBIGINT")
    known = _only(known_of(con), iin)
    if known.people.is_empty():
        return None
    last = add_months(month, LOOK_AHEAD)
    look_at(con, last, day)
    ahead = _only(known_of(con), iin)
    look_at(con, month, day)
    own = fetch(con, "FROM own_months WHERE iin = getvariable('iin') ORDER BY period").to_dicts()
    return Person(
        iin=iin,
        status=insured_status(known, month, day, law).row(0, named=True),
        decided=decided(known, month, day, law).row(0, named=True),
        walk=_by_month(history(known, month, law)),
        later=_by_month(history(ahead, last, law)),
        prices=_by_month(prices(known, month, LOOK_AHEAD, priced_on or day, law)),
        own_months={row["period"]: row for row in own},
    )


def status_of(asked: Asked, con: duckdb.DuckDBPyConnection, iin: int) -> Row:
    """The row of insured_status of a person who is known on the day."""
    known = _only(known_of(con), iin)
    return insured_status(known, asked.cut.month, asked.cut.known_at, asked.law).row(0, named=True)


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
        look_at(con, month, asked.cut.known_at)
        money, categories = (fetch(con, query(f"month_{name}")) for name in ("money", "categories"))
        rows = coverage(bases(masks, month), money, categories, month, codes)
        if rows.height:
            found[month] = rows.row(0, named=True)
    look_at(con, asked.cut.month, asked.cut.known_at)
    return found


def _only(known: Known, iin: int) -> Known:
    """What is known of the person alone; the excerpt knows the registers' rows of payers too."""
    place = np.flatnonzero(known.masks.ids == iin)
    frames = {
        name: getattr(known, name).filter(pl.col("iin") == iin)
        for name in ("people", "prepaid", "partly_paid", "proprietors")
    }
    return Known(masks=known.masks.only(place), **frames)


def _by_month(frame: pl.DataFrame) -> dict[date, Row]:
    return {row["month"]: row for row in frame.to_dicts()}
