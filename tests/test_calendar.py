"""Banking days and due dates around weekends and Kazakhstan's holidays, observed ones included."""

from datetime import date

import pytest

from schemas.calendar import banking_days_after
from schemas.rules import load_law

LAW = load_law()


@pytest.mark.parametrize(
    ("day", "settled"),
    [
        ("2026-11-10", "2026-11-13"),  # Tuesday to Friday
        ("2026-11-12", "2026-11-17"),  # over a weekend
        ("2026-11-14", "2026-11-18"),  # a Saturday is not moved itself
        ("2025-12-30", "2026-01-06"),  # New Year: 1 and 2 January
        ("2026-03-19", "2026-03-27"),  # Nauryz 21-23 March falls on a weekend and is observed 24 and 25 March
        ("2025-10-24", "2025-10-30"),  # Republic Day, Saturday 25 October, is observed on Monday
    ],
)
def test_three_banking_days(day, settled):
    assert LAW.settled_on(date.fromisoformat(day)) == date.fromisoformat(settled)


def test_the_day_itself_does_not_count():
    assert banking_days_after([date(2026, 11, 9)], 1) == [date(2026, 11, 10)]


@pytest.mark.parametrize(
    ("kind", "month", "due", "from_day"),
    [
        ("employer", "2025-09-01", "2025-10-25", "2025-10-30"),
        ("withheld", "2026-11-01", "2026-12-25", "2026-12-30"),
        ("sole_proprietor", "2026-12-01", "2027-01-25", "2027-01-28"),
        ("independent", "2026-11-01", "2026-11-30", "2026-12-03"),
        ("independent", "2024-02-01", "2024-02-29", "2024-03-05"),
    ],
)
def test_due_dates(kind, month, due, from_day):
    period = date.fromisoformat(month)
    assert LAW.due_on(kind, period) == date.fromisoformat(due)
    assert LAW.due_from(kind, period) == date.fromisoformat(from_day)
