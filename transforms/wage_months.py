"""Which months wage money covers, for everybody at once, from facts that lie person by person.

Grain in:  `wages` (transforms/facts.py) of some deliveries with `iin`, the current IIN; each delivery's rows are sorted
by person, so equal IINs stand in stretches, and what is the same for a stretch is found without hashing its rows.
Grain out: one row per (iin, word) of masks, per (iin, back) of months covered early.
Source: rules.md section 3; what the bits mean: transforms/sql/paid_masks.sql.
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import FIRST_MONTH, add_months, month_at, month_index
from transforms.covered_months import WORD_BITS

_FACT = ["person", "period", "value_date", "sequence"]


def without_lost(wages: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
    """wages, lost (person, period, value_date, sequence, lines wholly returned) -> wages of which a line is left."""
    if lost.is_empty():
        return wages
    asked = pl.col("person").is_in(lost["person"].unique().implode())
    numbered = wages.with_row_index("place")
    gone = numbered.filter(asked).join(lost, on=_FACT, suffix="_lost").filter(pl.col("lines") <= pl.col("lines_lost"))
    kept = np.ones(wages.height, dtype=bool)
    kept[gone["place"].to_numpy()] = False
    return wages.filter(pl.Series(kept))


def wage_masks(wages: pl.DataFrame, last_month: date, settled_until: date) -> pl.DataFrame:
    """wages -> source paid_25th, iin, word, mask of the months up to the last one. Grain: (iin, word)."""
    counted = wages.filter((pl.col("value_date") <= settled_until) & _looked_at(last_month))
    back = _back(counted, last_month)
    iins = counted["iin"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], iins[1:] != iins[:-1]])) if len(iins) else np.zeros(0, dtype=int)
    stretches = []
    for word in range(int(back.max(initial=0)) // WORD_BITS + 1 if len(back) else 0):
        here = back // WORD_BITS == word
        bits = np.where(here, np.int64(1) << (back % WORD_BITS).astype(np.int64), np.int64(0))
        mask = np.bitwise_or.reduceat(bits, starts)
        stretches.append(pl.DataFrame({"iin": iins[starts], "word": np.int32(word), "mask": mask}))
    empty = pl.DataFrame(schema={"iin": pl.UInt64, "word": pl.Int32, "mask": pl.Int64})
    told = pl.concat([empty, *(one.with_columns(pl.col("word").cast(pl.Int32)) for one in stretches)])
    return (
        told.filter(pl.col("mask") != 0)
        .group_by("iin", "word")
        .agg(pl.col("mask").bitwise_or())
        .select(pl.lit("paid_25th").alias("source"), "iin", "word", "mask")
    )


def wages_in_advance(wages: pl.DataFrame, last_month: date, settled_until: date) -> pl.DataFrame:
    """wages -> iin, back, lead of months covered before they began (transforms/sql/prepaid.sql). Grain: (iin, back)."""
    early = wages.filter(
        (pl.col("value_date") < pl.col("period")) & (pl.col("value_date") <= settled_until) & _looked_at(last_month)
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
    """How many months each period, none before January 2020, lies before the last month."""
    origin = np.datetime64(FIRST_MONTH, "D")
    days = int((np.datetime64(add_months(last_month, 1), "D") - origin).astype(int))
    by_day = np.zeros(days, dtype=np.int16)
    last = month_index(last_month)
    for index in range(last + 1):
        by_day[int((np.datetime64(month_at(index), "D") - origin).astype(int)) :] = last - index
    told: npt.NDArray[np.int16] = by_day[
        wages["period"].to_physical().to_numpy() - int(origin.astype("datetime64[D]").astype(int))
    ]
    return told
