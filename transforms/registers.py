"""Turn the registers in force into intervals of current IINs.

Grain: one row per interval. An interval touches a month when it touches any day of it; an empty end is open.
Source: contract.md section 3, rules.md sections 1 and 3.
"""

from collections.abc import Iterator
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import FIRST_MONTH, month_index
from schemas.rules import Law

SOURCES = {"categories": "preferential", "exemptions": "exempt", "reversals": "reversed"}
DUTIES = ("not_owed", "category_conflict")  # lists of categories in the rules, named for the breaks they give
_FOREVER = date(9999, 12, 1)
_NEVER = 1_000_000  # a month index that never comes
Span = tuple[str, npt.NDArray[np.uint64], npt.NDArray[np.int32], npt.NDArray[np.int32]]


def with_current(frame: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """rows with person, links (person, current) -> rows with iin, the person's current IIN. Grain: a row."""
    joined = frame.join(links, on="person", how="left", maintain_order="left")
    return joined.with_columns(iin=pl.coalesce("current", "person")).drop("current")


def categories(law: Law) -> pl.DataFrame:
    """What the law says of the categories, for transforms/sql/basis_intervals.sql. Grain: a code that it knows."""
    since = law.codes("category")
    duties = {code: duty for duty in DUTIES for code in law.codes(duty)}
    rows = [(code, max(since[code], FIRST_MONTH), duties.get(code), place) for place, code in enumerate(since)]
    schema = {"code": pl.String, "valid_from": pl.Date, "duty": pl.String, "place": pl.UInt8}
    return pl.DataFrame(rows, schema=schema, orient="row")


def basis_spans(intervals: pl.DataFrame, law: Law) -> Iterator[Span]:
    """intervals in force with current `iin` -> source, iins, first and last month as indexes, for transforms/masks.py.

    A category begins when its code is in force, at the earliest; an open end is a month that no mask looks at. Grain of
    the vectors: an interval. The same as transforms/sql/basis_intervals.sql and register_masks.sql give.
    """
    in_force = {code: month_index(max(since, FIRST_MONTH)) for code, since in law.codes("category").items()}
    for (register, code), rows in intervals.partition_by("register", "code", as_dict=True).items():
        if register not in SOURCES:
            continue
        since = in_force.get(str(code), _NEVER) if register == "categories" else 0
        first = np.maximum(_index_of(rows["from_day"]), since)
        last = np.where(rows["to_day"].is_null().to_numpy(), _NEVER, _index_of(rows["to_day"].fill_null(FIRST_MONTH)))
        yield SOURCES[str(register)], rows["iin"].to_numpy(), first, last


def _index_of(days: pl.Series) -> npt.NDArray[np.int32]:
    """The month of each day, as the number of months since January 2020."""
    months = days.dt.year().cast(pl.Int32) * 12 + days.dt.month().cast(pl.Int32)
    told: npt.NDArray[np.int32] = (months - (FIRST_MONTH.year * 12 + FIRST_MONTH.month)).to_numpy()
    return told


def entrepreneur_months(intervals: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """intervals in force -> months in which a person is an active entrepreneur, merged so that none overlap.

    Grain: (iin, from_month).
    """
    active = with_current(intervals.filter(pl.col("register") == "entrepreneurs"), links).select(
        "iin",
        from_month=pl.col("from_day").dt.truncate("1mo"),
        to_month=pl.col("to_day").dt.truncate("1mo").fill_null(_FOREVER),
    )
    active = active.sort("iin", "from_month", "to_month")
    same = pl.col("iin") == pl.col("iin").shift(1)
    several = active.select((same | same.shift(-1)).fill_null(False)).to_series()
    before = pl.col("to_month").cum_max().shift(1).over("iin")
    merged = (
        active.filter(several)
        .with_columns(apart=(pl.col("from_month") > before).fill_null(True))
        .with_columns(stretch=pl.col("apart").cum_sum().over("iin"))
        .group_by("iin", "stretch", maintain_order=True)
        .agg(pl.col("from_month").min(), pl.col("to_month").max())
        .drop("stretch")
    )
    return pl.concat([active.filter(~several), merged]).sort("iin", "from_month")
