"""Turn the registers in force into intervals of current IINs.

Grain: one row per interval. An interval touches a month when it touches any day of it; an empty end is open.
Source: contract.md section 3, rules.md sections 1 and 3.
"""

from datetime import date

import polars as pl

from schemas.calendar import FIRST_MONTH
from schemas.rules import Law

SOURCES = {"categories": "preferential", "exemptions": "exempt", "reversals": "reversed"}
DUTIES = ("not_owed", "category_conflict")  # lists of categories in the rules, named for the breaks they give
_FOREVER = date(9999, 12, 1)


def with_current(frame: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """rows with person, links (person, current) -> rows with iin, the person's current IIN. Grain: a row."""
    joined = frame.join(links, on="person", how="left", maintain_order="left")
    return joined.with_columns(iin=pl.coalesce("current", "person")).drop("current")


def basis_intervals(intervals: pl.DataFrame, links: pl.DataFrame, law: Law) -> pl.DataFrame:
    """intervals in force -> source, iin, from_day, to_day, valid_from and duty of the code. Grain: an interval.

    A category that the law does not know (yet) is in force never: it covers nothing.
    `duty` is not_owed or category_conflict where wage money in a month of the category is a break, else null.
    """
    in_force = {code: max(since, FIRST_MONTH) for code, since in law.codes("category").items()}
    wanted = intervals.filter(pl.col("register").is_in(list(SOURCES)))
    since = pl.col("code").replace_strict(in_force, default=_FOREVER, return_dtype=pl.Date)
    duties = {code: duty for duty in DUTIES for code in law.codes(duty)}
    return with_current(wanted, links).select(
        pl.col("register").replace_strict(SOURCES, return_dtype=pl.String).alias("source"),
        "iin",
        "from_day",
        "to_day",
        valid_from=pl.when(pl.col("register") == "categories").then(since).otherwise(pl.lit(FIRST_MONTH)),
        duty=pl.when(pl.col("register") == "categories").then(
            pl.col("code").replace_strict(duties, default=None, return_dtype=pl.String)
        ),
    )


def entrepreneur_months(intervals: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """intervals in force -> months in which a person is an active entrepreneur, merged so that none overlap.

    Grain: (iin, from_month).
    """
    active = with_current(intervals.filter(pl.col("register") == "entrepreneurs"), links).select(
        "iin",
        from_month=pl.col("from_day").dt.truncate("1mo"),
        to_month=pl.col("to_day").dt.truncate("1mo").fill_null(_FOREVER),
    )
    before = pl.col("to_month").cum_max().shift(1).over("iin")
    return (
        active.sort("iin", "from_month", "to_month")
        .with_columns(apart=(pl.col("from_month") > before).fill_null(True))
        .with_columns(stretch=pl.col("apart").cum_sum().over("iin"))
        .group_by("iin", "stretch", maintain_order=True)
        .agg(pl.col("from_month").min(), pl.col("to_month").max())
        .drop("stretch")
        .sort("iin", "from_month")
    )
