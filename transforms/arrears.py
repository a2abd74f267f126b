"""Say which months of the twelve are missing and what would cover them if it were paid on the day.

Grain: one value per person. Money is tiyn. Source: contract.md section 4 (missing_months, arrears_tiyn).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import month_at
from schemas.rules import Law
from transforms.covered_months import Counts, Known, Months
from transforms.masks import Flags


@dataclass
class Price:
    """What would cover a month if it were paid on the day, for everybody: at which rate, less what is settled."""

    sole_proprietor: Flags  # else an independent payer
    year: Counts  # whose amount is asked
    required_tiyn: npt.NDArray[np.int64]
    settled_tiyn: npt.NDArray[np.int64]

    @property
    def owed_tiyn(self) -> npt.NDArray[np.int64]:
        """The rest, never below nothing."""
        rest: npt.NDArray[np.int64] = np.maximum(self.required_tiyn - self.settled_tiyn, 0)
        return rest


class Prices:
    """What each month would cost everybody on the day."""

    def __init__(self, months: Months, known: Known, day: date, law: Law) -> None:
        self._months, self._day, self._law = months, day, law
        active, part = _rows_of(months, known.proprietors), known.partly_paid
        self._active = [active[name].to_numpy() for name in ("row", "from_month", "to_month")]
        self._part = [months.rows(part), *(part[name].to_numpy() for name in ("period", "first_year", "own_tiyn"))]

    def of(self, index: int) -> Price:
        """The price of the month with that index: at the old rate, and at that of the first part paid."""
        month, size = month_at(index), self._months.size
        active = np.zeros(size, dtype=bool)
        owners, begins, ends = self._active
        active[owners[(begins <= np.datetime64(month)) & (ends >= np.datetime64(month))]] = True
        payers, periods, first_year, own_tiyn = self._part
        here = np.flatnonzero(periods == np.datetime64(month))
        rows = payers[here]
        year = np.full(size, min(month.year, self._day.year), dtype=np.int16)
        year[rows] = np.minimum(year[rows], first_year[here])
        required = np.zeros(size, dtype=np.int64)
        for one in np.unique(year).tolist():
            amounts = [self._law.required_tiyn(kind, one) for kind in ("sole_proprietor", "independent")]
            required = np.where(year == one, np.where(active, *amounts), required)
        settled = np.zeros(size, dtype=np.int64)
        settled[rows] = own_tiyn[here]
        return Price(active, year, required, settled)


def arrears(months: Months, missing: dict[int, Flags], known: Known, day: date, law: Law) -> npt.NDArray[np.int64]:
    """What would cover the missing months if it were paid on the day, less own money already settled for them."""
    owed = np.zeros(months.size, dtype=np.int64)
    prices = Prices(months, known, day, law)
    for index, lacks in missing.items():
        owed += np.where(lacks, prices.of(index).owed_tiyn, 0)
    return owed


def prices(known: Known, month: date, behind: int, ahead: int, day: date, law: Law) -> pl.DataFrame:
    """What the month, `behind` months before it and `ahead` after it would each cost if it were paid on the day.

    Columns: payer_kind as whom, year of the amount, required_tiyn, settled_tiyn, owed_tiyn.
    Grain: (iin, month).
    """
    months = Months(known, month)
    costs = Prices(months, known, day, law)
    indexes = range(max(months.now - behind, 0), months.now + ahead + 1)
    priced = [costs.of(index) for index in indexes]
    names = ("year", "required_tiyn", "settled_tiyn", "owed_tiyn")
    return pl.DataFrame(
        {
            "iin": np.tile(months.ids, len(indexes)),
            "month": [month_at(index) for index in indexes for _ in range(months.size)],
            "payer_kind": np.concatenate([_kinds(price) for price in priced]),
            **{name: np.concatenate([getattr(price, name) for price in priced]) for name in names},
        }
    )


def _kinds(price: Price) -> npt.NDArray[np.str_]:
    return np.where(price.sole_proprietor, "sole_proprietor", "independent")


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
