"""What every generated line of money has in common: who, for which month, how much, as it is written.

Grain: a line. Columns: person_place, iin (written right), person_text, payer_text, period (a number), period_text, knp,
knp_text, amount_tiyn, value_date, surname, name, patronymic, birth_text, part, whole, covers, and of its document.
"""

import numpy as np
import polars as pl

from pipelines.generate.draw import Places, happens
from pipelines.generate.names import with_names
from pipelines.generate.numbers import account, birth_dates, iins
from pipelines.generate.papers import Day
from pipelines.generate.wages import has_old_iin, old_place

RETURNED, RETURNED_IN_PART = 130, 1_500  # of 10,000 lines; of 10,000 returns


def with_people(lines: pl.DataFrame, day: Day) -> pl.DataFrame:
    """lines with person_place, period, knp -> lines with numbers, names and texts, nothing at fault."""
    nation = day.nation
    person = lines["person_place"].to_numpy()
    people, places = np.unique(person, return_inverse=True)
    written = people.copy()
    old = has_old_iin(nation, people, day.month)
    written[old] = old_place(nation, people[old])
    named = with_names(lines.with_columns(iin=pl.Series(iins(written)[places])), nation.seed)
    return named.with_columns(
        person_text=pl.col("iin").cast(pl.String),
        period_text=as_period("period"),
        knp_text=pl.col("knp").cast(pl.String),
        birth_text=birth_dates(pl.col("iin")),
        value_date=pl.lit(day.day),
        document_date=pl.lit(day.day),
    )


def as_period(column: str) -> pl.Expr:
    """A month's number as MMYYYY."""
    month = pl.col(column)
    return pl.concat_str((month % 12 + 1).cast(pl.String).str.zfill(2), (month // 12).cast(pl.String))


def return_days(lines: pl.DataFrame, day: Day) -> tuple[Places, Places]:
    """How many delivery days later each line comes back, 0 for never; and how many of 2 halves of it come back."""
    person, period, knp = (lines[name].to_numpy() for name in ("person_place", "period", "knp"))
    place = person * 128 + (period - day.month + 24) * 2 + (knp - 121)
    seed = day.nation.seed
    sent_back = happens(RETURNED, seed, "returned", place, day.month) & (lines["verdict"] == "accepted").to_numpy()
    sent_back &= knp <= 122
    wait = 2 + happens(5_000, seed, "return waits", place, day.month)
    halves = np.where(happens(RETURNED_IN_PART, seed, "returned in part", place, day.month), 1, 2)
    return np.where(sent_back, wait, 0), np.where(sent_back, halves, 0)


def payer_account(owner: str) -> pl.Expr:
    """The account of a payer told by a column of places."""
    return account(pl.lit("998"), pl.col(owner) % 1_000_000_000)
