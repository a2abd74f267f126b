"""Say which months of the twelve are missing and what would cover them if it were paid on the day.

Grain: one value per person. Money is tiyn. Source: contract.md section 4 (missing_months, arrears_tiyn).
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import month_at
from schemas.rules import Law
from transforms.covered_months import Flags, Known, Months


def arrears(months: Months, missing: dict[int, Flags], known: Known, day: date, law: Law) -> npt.NDArray[np.int64]:
    """What would cover the missing months if it were paid on the day, less own money already settled for them."""
    owed = np.zeros(months.size, dtype=np.int64)
    active_rows = _rows_of(months, known.proprietors)
    for index, lacks in missing.items():
        month = month_at(index)
        year = min(month.year, day.year)
        active = np.zeros(months.size, dtype=bool)
        current = active_rows.filter((pl.col("from_month") <= month) & (pl.col("to_month") >= month))
        active[current["row"].to_numpy()] = True
        price = np.where(
            active, law.required_tiyn("sole_proprietor", year), law.required_tiyn("independent", year)
        ).astype(np.int64)
        part = known.partly_paid.filter(pl.col("period") == month)
        rows = months.rows(part)
        for earlier in part["first_year"].unique().sort().to_list():
            mine = rows[(part["first_year"] == earlier).to_numpy()]
            kinds = [law.required_tiyn(kind, min(year, earlier)) for kind in ("sole_proprietor", "independent")]
            price[mine] = np.where(active[mine], *kinds)
        price[rows] -= part["own_tiyn"].to_numpy()
        owed += np.where(lacks, np.maximum(price, 0), 0)
    return owed


def month_lists(months: Months, missing: dict[int, Flags]) -> pl.Series:
    """The missing months of everybody as lists of days, rising."""
    if not missing or not months.size:
        return pl.Series([[]] * months.size, dtype=pl.List(pl.Date))
    table = np.stack(list(missing.values()), axis=1)
    people, places = np.nonzero(table)
    days = np.array([month_at(index) for index in missing], dtype="datetime64[D]")
    lists = (
        pl.DataFrame({"row": people, "day": pl.Series(days[places]).cast(pl.Date)})
        .group_by("row", maintain_order=True)
        .agg("day")
    )
    everybody = pl.DataFrame({"row": np.arange(months.size)})
    empty = pl.lit([], dtype=pl.List(pl.Date))
    return (
        everybody.join(lists, on="row", how="left", maintain_order="left")["day"]
        .to_frame()
        .select(pl.col("day").fill_null(empty))["day"]
    )


def _rows_of(months: Months, intervals: pl.DataFrame) -> pl.DataFrame:
    """intervals (iin, from_month, to_month) -> those of known people with their place `row`. Grain: an interval."""
    ids = intervals["iin"].to_numpy()
    places = np.minimum(np.searchsorted(months.ids, ids), max(months.size - 1, 0))
    known = months.ids[places] == ids if months.size else np.zeros(len(ids), dtype=bool)
    return intervals.with_columns(row=pl.Series(places, dtype=pl.Int64)).filter(pl.Series(known, dtype=pl.Boolean))
