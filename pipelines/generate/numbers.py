"""Numbers of people, organisations and accounts that are valid in form and belong to nobody.

People were born in the 1880s (seventh digit of the IIN 1 or 2), check digit right. BINs are those of organisations
registered in a year 30 to 39: of the 1930s none is left under its number, the 2030s are to come. Accounts have a bank
code and the word MSHI in them. Source: formats.md section 6.
"""

from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl

from pipelines.generate.draw import Places

_DAYS = 3_653  # 1880-01-01 to 1889-12-31
_SERIALS = 2_500  # four times as many exist: where one has no check digit, the next is taken from the next quarter
MOST_PEOPLE = _DAYS * 2 * _SERIALS
_SCATTER = 7_368_787  # a prime: neighbours of one employer are strangers by number
_FIRST, _SECOND = np.arange(1, 12), np.array([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2])


def iins(people: Places) -> Places:
    """The IIN of each person by place, 0 to below MOST_PEOPLE; no two places share one."""
    slot = people * _SCATTER % MOST_PEOPLE
    head = _birthdays()[slot % _DAYS] * 10 + slot // _DAYS % 2 + 1
    serial = slot // (_DAYS * 2)
    found = np.full(len(people), -1, dtype=np.int64)
    for quarter in range(4):
        open_ = np.flatnonzero(found < 0)
        if not len(open_):
            break
        stem = head[open_] * 10_000 + serial[open_] + quarter * _SERIALS
        digit = _check_digits(stem)
        found[open_] = np.where(digit < 10, stem * 10 + digit, -1)
    assert (found >= 0).all(), "an IIN without a check digit in all four quarters"
    return found


def bins(organisations: Places) -> Places:
    """The BIN of each organisation by place; no two share one."""
    year_month = (30 + organisations % 10) * 100 + organisations // 10 % 12 + 1
    serial = organisations // 120
    found = np.full(len(organisations), -1, dtype=np.int64)
    for quarter in range(4):
        open_ = np.flatnonzero(found < 0)
        if not len(open_):
            break
        stem = (year_month[open_] * 100 + 40) * 100_000 + serial[open_] + quarter * 25_000
        digit = _check_digits(stem)
        found[open_] = np.where(digit < 10, stem * 10 + digit, -1)
    assert (found >= 0).all() and (serial < 25_000).all(), "too many organisations"
    return found


def birth_dates(ids: pl.Expr) -> pl.Expr:
    """The day of birth that an IIN of these people tells, as yyyymmdd."""
    return pl.lit("18") + (ids // 1_000_000).cast(pl.String)


def account(bank_code: pl.Expr, owner: pl.Expr) -> pl.Expr:
    """An account of the owner (a number of up to 9 digits) at a bank; its two check digits are not right."""
    return pl.concat_str(pl.lit("KZ00"), bank_code, pl.lit("MSHI"), owner.cast(pl.String).str.zfill(9))


def _check_digits(stems: Places) -> Places:
    """The check digit of 11-digit numbers, 10 where there is none."""
    digits = [stems // 10 ** (10 - place) % 10 for place in range(11)]
    first = sum((d * w for d, w in zip(digits, _FIRST, strict=True)), np.zeros_like(stems)) % 11
    again = first == 10
    if again.any():
        few = [d[again] for d in digits]
        first[again] = sum((d * w for d, w in zip(few, _SECOND, strict=True)), np.zeros_like(few[0])) % 11
    return first


@cache
def _birthdays() -> Places:
    first = date(1880, 1, 1)
    days = [first + timedelta(days=place) for place in range(_DAYS)]
    return np.array([int(f"{day:%y%m%d}") for day in days], dtype=np.int64)
