"""Which months wage money covers, for everybody at once, from facts that lie person by person.

Grain in:  `wages` (transforms/facts.py) with `iin`, the current IIN. Those of a file are sorted by person, so equal
IINs stand next to each other, and what they have together is found without hashing.
Grain out: a stretch of equal IINs; one row per (iin, back) of months covered early.
Source: rules.md section 3; what the bits mean: transforms/masks.py.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import FIRST_MONTH, add_months, month_at, month_index
from transforms.masks import WORD_BITS

_BLOCK = 1 << 16  # stretches
_FACT = ["person", "period", "value_date", "sequence"]


def without_lost(wages: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
    """wages, lost (person, period, value_date, sequence, lines that came back whole) -> wages with the lines left.

    Whoever has nothing left stays, with 0 lines.
    """
    if lost.is_empty():
        return wages
    concerned = wages["person"].is_in(lost["person"].unique().implode()).arg_true()
    told = wages[concerned].with_columns(place=concerned).join(lost, on=_FACT, suffix="_lost")
    lines = wages["lines"].to_numpy().copy()
    lines[told["place"].to_numpy()] -= told["lines_lost"].to_numpy()
    return wages.with_columns(lines=pl.Series(lines))


@dataclass(frozen=True)
class Stretches:
    """Equal IINs that stand next to each other, as one: the IIN, and by word the bits of its months."""

    iins: npt.NDArray[np.uint64]
    words: list[npt.NDArray[np.int64]]


def stretches(wages: pl.DataFrame, last_month: date, settled_until: date) -> Stretches:
    """wages -> the months they cover up to the last one. Grain: a stretch of an IIN, also where it covers nothing."""
    iins = wages["iin"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], iins[1:] != iins[:-1]])) if len(iins) else np.zeros(0, dtype=int)
    counted = wages.select(
        (pl.col("lines") > 0) & (pl.col("value_date") <= settled_until) & _looked_at(last_month)
    ).to_series()
    back = np.where(counted.to_numpy(), _back(wages, last_month), -1)
    words = [np.zeros(len(starts), dtype=np.int64) for _ in range(int(back.max(initial=-1)) // WORD_BITS + 1)]
    ends = np.append(starts, len(iins))
    # a block at a time in the same little memory: memory that is new costs more than the sums
    for first in range(0, len(starts), _BLOCK):
        begins = starts[first : first + _BLOCK]
        here = back[begins[0] : ends[first + len(begins)]]
        for word, found in enumerate(words):
            bits = np.where(here // WORD_BITS == word, np.int64(1) << (here % WORD_BITS).astype(np.int64), np.int64(0))
            found[first : first + _BLOCK] = np.bitwise_or.reduceat(bits, begins - begins[0])
    return Stretches(iins[starts], words)


def wages_in_advance(wages: pl.DataFrame, last_month: date, settled_until: date) -> pl.DataFrame:
    """wages -> iin, back, lead of months covered before they began (transforms/sql/prepaid.sql). Grain: (iin, back)."""
    early = wages.filter(
        (pl.col("lines") > 0)
        & (pl.col("value_date") < pl.col("period"))
        & (pl.col("value_date") <= settled_until)
        & _looked_at(last_month)
    )
    paid_in = pl.col("value_date").dt.year() * 12 + pl.col("value_date").dt.month()
    paid_for = pl.col("period").dt.year() * 12 + pl.col("period").dt.month()
    return (
        early.with_columns(back=pl.Series(_back(early, last_month), dtype=pl.Int32), lead=(paid_for - paid_in))
        .group_by("iin", "back")
        .agg(pl.col("lead").max().cast(pl.Int32))
    )


def _looked_at(last_month: date) -> pl.Expr:
    return pl.col("period").is_between(FIRST_MONTH, last_month)


def _back(wages: pl.DataFrame, last_month: date) -> npt.NDArray[np.int16]:
    """How many months each period lies before the last month; without meaning for those not looked at."""
    first = np.datetime64(FIRST_MONTH, "D").astype(int)
    days = int(np.datetime64(add_months(last_month, 1), "D").astype(int) - first)
    by_day = np.zeros(days, dtype=np.int16)
    last = month_index(last_month)
    for index in range(last + 1):
        by_day[int(np.datetime64(month_at(index), "D").astype(int) - first) :] = last - index
    told: npt.NDArray[np.int16] = by_day[np.clip(wages["period"].to_physical().to_numpy() - first, 0, days - 1)]
    return told
