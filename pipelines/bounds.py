"""Which months, days and laws may be asked for. Errors: UsageError. Source: contract.md section 1."""

from datetime import date

from pipelines.errors import UsageError
from schemas.calendar import FIRST_MONTH, add_months
from schemas.rules import Law, load_law

_LAST_YEAR = 2100  # beyond it nobody knows a holiday


def check_month(month: date, known_at: date) -> None:
    """UsageError unless the month lies between 2020-01 and the month after the day's."""
    if known_at.year > _LAST_YEAR:
        raise UsageError(f"day {known_at}: expected one up to {_LAST_YEAR}")
    latest = add_months(known_at, 1)
    if latest < FIRST_MONTH:
        raise UsageError(f"day {known_at}: expected one from {add_months(FIRST_MONTH, -1)} on")
    if not FIRST_MONTH <= month <= latest:
        raise UsageError(f"month {month:%Y-%m} must lie between {FIRST_MONTH:%Y-%m} and {latest:%Y-%m}")


def law_as_of(day: date | None) -> Law:
    """The law as it was published on the day; without a day as it stands in the rules files."""
    if day is None:
        return load_law()
    if not FIRST_MONTH <= day <= date(_LAST_YEAR, 12, 31):
        raise UsageError(f"--law-as-of {day}: expected a day from {FIRST_MONTH} to {_LAST_YEAR}-12-31")
    return load_law().published_by(day)
