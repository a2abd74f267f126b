"""Say which month can be closed on a day: its wages are due and settled, and a night has passed for the last files.

The wages of a month are due on the 25th of the next one and settled three banking days later; the month closes on
the first banking day after that. Both numbers are the law's (wage_due_day, settlement_banking_days).
"""

from datetime import date

from schemas.calendar import add_months, banking_days_after, month_of
from schemas.rules import Law


def closes_on(law: Law, month: date) -> date:
    """The day on which a month (its first day) is closed: the first banking day after its wages are due and settled."""
    return banking_days_after([law.due_from("employer", month)], 1)[0]


def month_to_close(law: Law, day: date) -> date:
    """The newest month whose closing day has come by a day."""
    month = add_months(month_of(day), -1)
    while closes_on(law, month) > day:
        month = add_months(month, -1)
    return month
