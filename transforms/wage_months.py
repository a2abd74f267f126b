"""Which months wage money covers, for everybody at once, from facts that lie person by person.

Grain in:  `wages` (transforms/facts.py) of one file, sorted by person, with `iin`, the current IIN. Equal IINs stand
next to each other, so what they have together is found without hashing.
Grain out: a stretch of equal IINs; one row per (iin, back) of months covered early.
Source: rules.md section 3; what the bits mean: transforms/masks.py.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import FIRST_MONTH, add_months, month_at, month_index
from transforms.by_person import rows_of
from transforms.ids import distinct
from transforms.masks import WORD_BITS

_BLOCK = 1 << 14  # stretches
_EPOCH = date(1970, 1, 1)
_FIRST_DAY = (FIRST_MONTH - _EPOCH).days
_FACT = ["person", "period", "value_date", "sequence"]


def without_lost(wages: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
    """wages, lost (person, period, value_date, sequence, lines that came back whole), both sorted by person -> wages
    with the lines left. Whoever has nothing left stays, with 0 lines.
    """
    if wages.is_empty():
        return wages
    persons = wages["person"].to_numpy()
    near = slice(*np.searchsorted(lost["person"].to_numpy(), (persons[0], persons[-1] + np.uint64(1))))
    lost = lost[near].filter(pl.col("sequence").is_between(wages["sequence"].min(), wages["sequence"].max()))
    concerned = rows_of(persons, distinct(lost["person"].to_numpy()))
    told = wages[concerned].with_columns(place=concerned).join(lost, on=_FACT, suffix="_lost")
    lines = wages["lines"].to_numpy().copy()
    lines[told["place"].to_numpy()] -= told["lines_lost"].to_numpy()
    return wages.with_columns(lines=pl.Series(lines))


@dataclass(frozen=True)
class Stretches:
    """Equal IINs that stand next to each other, as one: the IIN, and by word the bits of its months."""

    iins: npt.NDArray[np.uint64]
    words: npt.NDArray[np.int64]


def stretches(wages: pl.DataFrame, last_month: date, settled_until: date) -> Stretches:
    """wages -> the months they cover up to the last one. Grain: a stretch of an IIN, also where it covers nothing."""
    iins = wages["iin"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], iins[1:] != iins[:-1]])) if len(iins) else np.zeros(0, dtype=int)
    period, value_date = (wages[name].to_physical().to_numpy() for name in ("period", "value_date"))
    lines, until = wages["lines"].to_numpy(), _day(settled_until)
    bits = _bits_by_day(last_month)
    told = np.zeros((len(bits), len(starts)), dtype=np.int64)
    seen = slice(_place(period.min(), bits), _place(period.max(), bits) + 1) if len(iins) else slice(0)
    words = [word for word in range(len(bits)) if bits[word, seen].any()]
    ends = np.append(starts, len(iins))
    # a block at a time in the same little memory: memory that is new costs more than the sums
    for first in range(0, len(starts), _BLOCK):
        begins = starts[first : first + _BLOCK]
        here = slice(begins[0], ends[first + len(begins)])
        counted = (lines[here] > 0) & (value_date[here] <= until)
        place = np.where(counted, _place(period[here], bits), 0)
        for word in words:
            told[word, first : first + _BLOCK] = np.bitwise_or.reduceat(bits[word][place], begins - begins[0])
    return Stretches(iins[starts], told)


def wages_in_advance(wages: pl.DataFrame, last_month: date, settled_until: date) -> pl.DataFrame:
    """wages -> iin, back, lead of months covered before they began (transforms/sql/prepaid.sql). Grain: (iin, back)."""
    early = wages.filter(
        (pl.col("value_date") < pl.col("period"))
        & (pl.col("lines") > 0)
        & (pl.col("value_date") <= settled_until)
        & pl.col("period").is_between(FIRST_MONTH, last_month)
    )
    paid_in = pl.col("value_date").dt.year() * 12 + pl.col("value_date").dt.month()
    paid_for = pl.col("period").dt.year() * 12 + pl.col("period").dt.month()
    back = last_month.year * 12 + last_month.month - paid_for
    told = early.select("iin", back=back.cast(pl.Int32), lead=(paid_for - paid_in).cast(pl.Int32))
    return told.group_by("iin", "back").agg(pl.col("lead").max())


def _bits_by_day(last_month: date) -> npt.NDArray[np.int64]:
    """For each word the bit of a period, by its day: of those looked at, between two days whose periods have none."""
    last = month_index(last_month)
    days = np.zeros((last // WORD_BITS + 1, _day(add_months(last_month, 1)) - _FIRST_DAY + 2), dtype=np.int64)
    for index in range(last + 1):
        month = slice(*(1 + _day(month_at(at)) - _FIRST_DAY for at in (index, index + 1)))
        days[(last - index) // WORD_BITS, month] = np.int64(1) << (last - index) % WORD_BITS
    return days


def _place(period: npt.NDArray[np.int32], bits: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Where a period's bit stands; at an end for those not looked at."""
    places: npt.NDArray[np.int32] = np.clip(period - (_FIRST_DAY - 1), 0, bits.shape[1] - 1)
    return places


def _day(day: date) -> int:
    return (day - _EPOCH).days
