"""Find few rows among very many facts about people without hashing each of them.

Grain in:  rows of facts. Those looked for by person lie sorted by it, so that few people are found without a look at
each row; people are sorted, each once.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.ids import repeated

_DAY_BITS = np.uint64(23)
_NO_DAY = 1 << 22  # any date is less than so many days from 1970; an id and a day fill 63 bits
Ids = npt.NDArray[np.uint64]


def only(rows: pl.DataFrame, people: pl.Series) -> pl.DataFrame:
    """The rows, sorted by person, that are about one of these people."""
    return rows[rows_of(rows["person"].to_numpy(), people.to_numpy())]


def without(rows: pl.DataFrame, people: pl.Series) -> pl.DataFrame:
    """The rows, sorted by person, that are about none of these people."""
    left = np.ones(rows.height, dtype=bool)
    left[rows_of(rows["person"].to_numpy(), people.to_numpy())] = False
    return rows if left.all() else rows.filter(pl.Series(left))


def rows_of(persons: Ids, wanted: Ids) -> npt.NDArray[np.int64]:
    """Where rows of some people stand among sorted ones, rising."""
    if len(persons):
        wanted = wanted[slice(*np.searchsorted(wanted, (persons[0], persons[-1] + np.uint64(1))))]
    first = np.searchsorted(persons, wanted)
    count = np.searchsorted(persons, wanted, side="right") - first
    before = np.cumsum(count) - count
    rows: npt.NDArray[np.int64] = np.repeat(first - before, count) + np.arange(count.sum())
    return rows


def repeated_months(iins: pl.Series, periods: pl.Series) -> pl.DataFrame:
    """iin and period of each line -> those that several lines have (transforms/sql/repeated_months.sql)."""
    both = repeated(month_keys(iins, periods))
    period = pl.Series((both & np.uint64(2 * _NO_DAY - 1)).astype(np.int32) - np.int32(_NO_DAY)).cast(pl.Date)
    return pl.DataFrame({"iin": both >> _DAY_BITS, "period": period})


def month_keys(iins: pl.Series, periods: pl.Series) -> Ids:
    """A number for each person's month, or day, that sorts by iin and then by period. Grain: as given."""
    days = periods.to_physical().to_numpy().astype(np.int64) + _NO_DAY
    keys: Ids = (iins.to_numpy() << _DAY_BITS) | days.astype(np.uint64)
    return keys
