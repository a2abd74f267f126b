"""Banking days, settlement and due dates of Kazakhstan.

Banking days are Monday to Friday without public holidays (library `holidays`, country KZ, observed days included).
`d` + n banking days is the n-th banking day strictly after `d`; `d` itself is never moved. Source: rules.md section 2.
"""

from datetime import date, timedelta
from functools import cache

import numpy as np

FIRST_MONTH = date(2020, 1, 1)  # before it no month exists for the insured status (rules.md section 4)


def add_months(month: date, count: int) -> date:
    """The first day of the month `count` months after the month of `month`."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def last_day(month: date) -> date:
    """The last day of the month."""
    return add_months(month, 1) - timedelta(days=1)


def month_index(month: date) -> int:
    """Months since January 2020, which is 0."""
    return (month.year - FIRST_MONTH.year) * 12 + month.month - FIRST_MONTH.month


def month_at(index: int) -> date:
    """The month with that index."""
    return add_months(FIRST_MONTH, index)


def banking_days_after(days: list[date], count: int) -> list[date]:
    """For each day the count-th banking day strictly after it."""
    if not days:
        return []
    holidays = _holidays(min(days).year, max(days).year + 1)
    moved = np.busday_offset(np.array(days, dtype="datetime64[D]"), count, roll="backward", holidays=holidays)
    return list(moved.astype(object))


def banking_days_between(first: date, last: date) -> list[date]:
    """The banking days from one day to another, both included."""
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    are = np.is_busday(days, holidays=_holidays(first.year, last.year))
    return list(days[are].astype(object))


def due_date(day_of_next_month: int | None, month: date) -> date:
    """The due date of a month: that day of the month after it, or the month's own last day where there is none."""
    if day_of_next_month is None:
        return last_day(month)
    return add_months(month, 1).replace(day=day_of_next_month)


@cache
def _holidays(first_year: int, last_year: int) -> np.ndarray:
    return np.concatenate([_holidays_of(year) for year in range(first_year, last_year + 1)])


@cache
def _holidays_of(year: int) -> np.ndarray:
    import holidays

    return np.array(sorted(holidays.country_holidays("KZ", years=year, observed=True)), dtype="datetime64[D]")
