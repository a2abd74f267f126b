"""Say which 12-digit numbers are IINs (persons) and which are BINs (organisations), many at a time.

An IIN is YYMMDD, century and sex, four digits, check digit; a BIN is YYMM, type, six digits, check digit.
Not for names, and not for telling whether such a person exists. Source: formats.md section 6.
"""

from functools import cache

import numpy as np
import polars as pl

_FIRST_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_FEW = 1_000  # ids, for which no table of all beginnings is made
_IN_1800S, _IN_1900S, _IN_2000S, _ORGANISATION = 1, 2, 4, 8
# What the seventh digit allows; 0 is seen for some foreigners, any century will do.
_CENTURIES = np.array([7, 1, 1, 2, 2, 4, 4, 0, 0, 0], dtype=np.uint8)


def valid_iin(ids: pl.Series) -> pl.Series:
    """Whether each text is a possible IIN: 12 digits, a day of a possible century, the right check digit."""
    return _valid(ids, _CENTURIES)


def valid_payer(ids: pl.Series) -> pl.Series:
    """Whether each text is a possible payer: an IIN, or a BIN (fifth digit 4, 5 or 6) with the right check digit."""
    return _valid(ids, _CENTURIES | np.uint8(_ORGANISATION))


def as_text(column: str) -> pl.Expr:
    """A column of id numbers written with its leading zeros."""
    return pl.col(column).cast(pl.String).str.zfill(12)


def _valid(ids: pl.Series, allowed: np.ndarray) -> pl.Series:
    """Whether each text is an id whose beginning means something that its seventh digit allows."""
    numbers, well_formed = _numbers(ids)
    high = numbers // 1_000_000
    low = numbers - high * 1_000_000
    meanings = _meanings_of(high) if len(high) < _FEW else _meanings()[high]
    meant = (meanings & allowed[low // 100_000]) != 0
    return pl.Series(well_formed & meant & _check_digit_right(high, low))


def _numbers(ids: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """The ids as integers (0 where the text is not 12 digits), and where they are 12 digits."""
    numbers = ids.cast(pl.UInt64, strict=False)
    # A number may be written with a plus; 12 signs that make a number of 12 digits, or begin with 0, have none.
    all_digits = (numbers >= 100_000_000_000) | ids.str.starts_with("0")
    well_formed = ((ids.str.len_bytes() == 12) & all_digits & numbers.is_not_null()).fill_null(False)
    return numbers.set(~well_formed, 0).fill_null(0).cast(pl.Int64).to_numpy(), well_formed.to_numpy()


def _check_digit_right(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    first_high, first_low, second_high, second_low = _weight_tables()
    digit = (first_high[high] + first_low[low]) % 11
    again = digit == 10
    if again.any():
        digit[again] = (second_high[high[again]] + second_low[low[again]]) % 11
    return digit == low % 10  # a second 10 never equals a digit: no such number exists


@cache
def _weight_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Weighted digit sums of every six-digit half, for both rounds of weights: two look-ups instead of 11 products."""
    digits = np.arange(10, dtype=np.int16)

    def table(weights: tuple[int, ...]) -> np.ndarray:
        sums = np.zeros(1, dtype=np.int16)
        for weight in (*weights, 0)[:6]:  # a low half ends with the check digit, which has no weight
            sums = np.add.outer(sums, digits * np.int16(weight)).ravel()
        return sums

    return (
        table(_FIRST_WEIGHTS[:6]),
        table(_FIRST_WEIGHTS[6:]),
        table(_SECOND_WEIGHTS[:6]),
        table(_SECOND_WEIGHTS[6:]),
    )


@cache
def _meanings() -> np.ndarray:
    """What every beginning means. But for leap days a year is as any other, so three years tell of all."""
    of_00, leap, other = (_meanings_of(np.arange(year * 10_000, (year + 1) * 10_000)) for year in (0, 4, 1))
    return np.concatenate([of_00, *(leap if year % 4 == 0 else other for year in range(1, 100))])


def _meanings_of(halves: np.ndarray) -> np.ndarray:
    """For each beginning the centuries (a bit each) in which that YYMMDD exists, and whether a BIN begins so."""
    year, month, day = halves // 10_000, halves // 100 % 100, halves % 100
    ordinary = (month >= 1) & (month <= 12) & (day >= 1) & (day <= _MONTH_DAYS[np.minimum(month, 12)])
    leap_day = (month == 2) & (day == 29) & (year % 4 == 0)
    everywhere = np.where(ordinary | (leap_day & (year != 0)), _IN_1800S | _IN_1900S | _IN_2000S, 0)
    # Of 1800, 1900 and 2000 only 2000 had a 29 February.
    centuries = np.where(leap_day & (year == 0), _IN_2000S, everywhere)
    organisation = (month >= 1) & (month <= 12) & (day // 10 >= 4) & (day // 10 <= 6)
    return (centuries | np.where(organisation, _ORGANISATION, 0)).astype(np.uint8)
