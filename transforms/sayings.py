"""Find the people of whom not always the same is said, among very many lines, without a group for each of them.

Grain in:  a line: whom it is about, and what it says of his name and birth. Grain out: people, sorted, each once.
A table has a place for whoever comes to it first; what is said of others at that place is laid aside and grouped. So a
line costs one look into a table much smaller than the lines. Sayings meet as one number by chance, 1 in 10^12.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.uint64]
_ID_BITS = 40  # an IIN has 12 digits
_ID = np.uint64((1 << _ID_BITS) - 1)
_FACTOR, _OTHER_FACTOR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB865)  # odd: no two ids become one
_FOLD, _FOLD_ID = np.uint64(32), np.uint64(_ID_BITS // 2)
_LEAST_BITS, _MOST_BITS = 16, 25  # of the number of places
_LINES_A_PLACE = 4
_AT_ONCE = 1 << 15  # lines that are looked at within the processor's own memory
_WAITING = 4_000_000  # rows, before each is kept once
_NO_DAY = -(1 << 20)  # before any birth
_AGES = (date(1800, 1, 1), date(2100, 1, 1))  # of births, up to the second


class Sayings:
    """What is said of people, line after line; `lines` is about how many there will be."""

    def __init__(self, lines: int) -> None:
        bits = min(max((lines // _LINES_A_PLACE).bit_length() - 1, _LEAST_BITS), _MOST_BITS)
        self._table = np.zeros(1 << bits, dtype=np.uint64)
        # the place and what is left of a mixed id tell exactly who it is; the other bits there tell what is said
        self._bits, self._place = np.uint64(bits), np.uint64((1 << bits) - 1)
        self._shift = np.uint64(64 - _ID_BITS + bits)
        self._differing, self._aside = _EachOnce("person"), _EachOnce("person", "said")

    def add(self, persons: Numbers, said: Numbers) -> npt.NDArray[np.int64]:
        """Take lines in. Where those stand, rising, that may say what no line before has said of the same person."""
        told = [
            first + self._add(persons[first : first + _AT_ONCE], said[first : first + _AT_ONCE])
            for first in range(0, len(persons), _AT_ONCE)
        ]
        return np.concatenate([np.empty(0, dtype=np.int64), *told])

    def differing(self) -> pl.Series:
        """Those of whom not all lines said the same."""
        apart = self._aside.rows().filter(pl.col("person").is_duplicated())["person"]
        return pl.concat([self._differing.rows()["person"], apart]).unique().sort()

    def _add(self, persons: Numbers, said: Numbers) -> npt.NDArray[np.int64]:
        mixed = _mixed(persons)
        place = (mixed & self._place).view(np.int64)
        told = (said | np.uint64(1)) & ((np.uint64(1) << self._shift) - np.uint64(1))  # 0 is a free place
        told |= (mixed >> self._bits) << self._shift
        new: npt.NDArray[np.int64] = np.flatnonzero(self._table[place] != told)
        free = new[self._table[place[new]] == 0]
        self._table[place[free]] = told[free]
        off = new[self._table[place[new]] != told[new]]
        of_another = (self._table[place[off]] ^ told[off]) >> self._shift != 0
        differing, aside = off[~of_another], off[of_another]
        self._differing.add(persons[differing])
        self._aside.add(persons[aside], said[aside])
        return new


class _EachOnce:
    """Rows of numbers, each once."""

    def __init__(self, *columns: str) -> None:
        self._kept = pl.DataFrame(schema=dict.fromkeys(columns, pl.UInt64))
        self._fresh: list[pl.DataFrame] = []
        self._waiting = 0

    def add(self, *numbers: Numbers) -> None:
        if len(numbers[0]):
            self._fresh.append(pl.DataFrame(dict(zip(self._kept.columns, numbers, strict=True))))
            self._waiting += len(numbers[0])
        if self._waiting > _WAITING:
            self.rows()

    def rows(self) -> pl.DataFrame:
        self._kept, self._fresh, self._waiting = pl.concat([self._kept, *self._fresh]).unique(), [], 0
        return self._kept


def what_is_said(texts: Sequence[tuple[pl.Series, pl.Series]], days: pl.Series) -> Numbers:
    """Texts (numbers by line, the texts they mean) and days -> what a line says, as a number; 0 is nothing."""
    born = days.to_physical().fill_null(_NO_DAY).to_numpy()
    told = [
        (_of_none(numbers, meant.len()), np.append(meant.hash(seed), np.uint64(0)))
        for seed, (numbers, meant) in enumerate(texts)
    ]
    said = np.empty(len(born), dtype=np.uint64)
    for first in range(0, len(said), _AT_ONCE):
        here = slice(first, first + _AT_ONCE)
        mixed = (born[here] - np.int32(_NO_DAY)).astype(np.uint64) * _FACTOR
        mixed ^= mixed >> _FOLD
        for numbers, hashes in told:
            mixed ^= hashes[numbers[here]]
        said[here] = mixed
    return said


def born_otherwise(persons: Numbers, days: pl.Series) -> Numbers:
    """Whose birth date, if told, is not that of the IIN's digits. The seventh tells the century; with 0 any will do."""
    digits, centuries = _digits_by_day()
    told = days.to_physical().fill_null(_NO_DAY).to_numpy()
    place = np.clip(told - _day(_AGES[0]) + 1, 0, len(digits) - 1)
    century = (persons // np.uint64(100_000)).astype(np.int64) - digits[place]
    later = century - centuries[place]
    fits = (century == 0) | (later == 0) | (later == 1) | (told == _NO_DAY)
    otherwise: Numbers = persons[~fits]
    return otherwise


@cache
def _digits_by_day() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of each day in `_AGES`: six digits of an IIN, a 0 behind them, and its lower seventh; no IIN fits the ends."""
    days = pl.date_range(*_AGES, closed="left", eager=True)
    year, month, day = (part.cast(pl.Int64) for part in (days.dt.year(), days.dt.month(), days.dt.day()))
    digits, century = (year % 100 * 10_000 + month * 100 + day) * 10, (year // 100 - 18) * 2 + 1
    return np.pad(digits.to_numpy(), 1, constant_values=-100), np.pad(century.to_numpy(), 1)


def _of_none(numbers: pl.Series, none: int) -> npt.NDArray[np.int32]:
    """The numbers, with `none` where there is none."""
    given: npt.NDArray[np.int32] = (numbers.fill_null(none) if numbers.null_count() else numbers).to_numpy()
    return given


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _mixed(persons: Numbers) -> Numbers:
    """Ids of `_ID_BITS` bits -> others, that no two ids share and whose last bits are spread evenly."""
    mixed = (persons * _FACTOR) & _ID
    mixed ^= mixed >> _FOLD_ID
    mixed *= _OTHER_FACTOR
    mixed &= _ID
    mixed ^= mixed >> _FOLD_ID
    return mixed
