"""What senders have sent so far -> who usually has by a banking day, and has not yet, for `mshi arrivals`.

Grain: one row per sender. Who is behind in the month so far: transforms/arrivals.py.

A sender is known by the folder of the inbox and its bank, channel, register or format. What comes on a day that is no
banking day counts for the next one, for Friday's files come in Saturday's night. Two rhythms are told from history:
daily (on four of five of the last 20 banking days up to its last delivery) and monthly (in each of the last three
months; by the latest banking day of the month on which its first delivery of a month came).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from schemas.calendar import add_months, banking_days_between, month_of

HISTORY_MONTHS = 5  # how far back deliveries say anything about a sender's rhythm
_WINDOW = 20  # banking days; a daily sender that is silent for longer is expected by its months alone
_ENOUGH = 5  # banking days of history before anything is expected every day
_MONTHS = 3

Sender = tuple[str, str]  # folder of the inbox; bank (BIC), channel, register or format


@dataclass(frozen=True)
class Expected:
    """A sender that usually has sent by the day: how often, by which banking day of the month, when last, and now."""

    sender: Sender
    rhythm: Literal["daily", "monthly"]
    by: int
    last_on: date
    has_sent: bool


def expected_senders(deliveries: dict[Sender, list[date]], day: date) -> list[Expected]:
    """Everybody who usually has sent something by a banking day (itself included), in the order of senders.

    `deliveries` are the days of receipt of each sender. Nobody is expected on a day that is no banking day.
    """
    banking = banking_days_between(add_months(month_of(day), -HISTORY_MONTHS), day + timedelta(days=14))
    if day not in banking:
        return []
    place = {one: number for number, one in enumerate(banking)}
    known = [_expected(sender, days, day, banking, place) for sender, days in sorted(deliveries.items())]
    return [one for one in known if one is not None]


def _expected(
    sender: Sender, days: list[date], day: date, banking: list[date], place: dict[date, int]
) -> Expected | None:
    came = [received for received in sorted(days) if banking[0] <= received <= day]
    slots = sorted({place[_banking_day(received, place)] for received in came})
    before = [slot for slot in slots if slot < place[day]]
    if not before:
        return None
    has_today = place[day] in slots
    if _is_daily(before, place[day]):
        return Expected(sender, "daily", _number_in_month(day, banking), came[-1], has_today)
    by = _usual_number([banking[slot] for slot in before], day, banking)
    if by is None or by > _number_in_month(day, banking):
        return None
    this_month = any(month_of(banking[slot]) == month_of(day) for slot in slots)
    return Expected(sender, "monthly", by, came[-1], this_month)


def _is_daily(before: list[int], now: int) -> bool:
    """Whether deliveries came on four of five banking days, looked at up to the last one, which is not long ago."""
    first = max(before[0], before[-1] - _WINDOW + 1)
    looked_at = before[-1] - first + 1
    on_them = sum(slot >= first for slot in before)
    return looked_at >= _ENOUGH and on_them * 5 >= looked_at * 4 and now - before[-1] <= _WINDOW


def _usual_number(on: list[date], day: date, banking: list[date]) -> int | None:
    """By which banking day of a month its first delivery came in the three months before; None if one had none."""
    months = [add_months(month_of(day), -back) for back in range(1, _MONTHS + 1)]
    firsts = [min((one for one in on if month_of(one) == month), default=None) for month in months]
    numbers = [_number_in_month(first, banking) for first in firsts if first is not None]
    return max(numbers) if len(numbers) == _MONTHS else None


def _number_in_month(day: date, banking: list[date]) -> int:
    return sum(month_of(day) <= one <= day for one in banking)


def _banking_day(received: date, place: dict[date, int]) -> date:
    while received not in place:
        received += timedelta(days=1)
    return received
