"""Hold what a sender has sent this month against the same days of earlier months, for the night's report.

Who is late by the month's sums, who sent less. Who has not sent by a banking day: transforms/rhythm.py.

Grain in:  a day and sender (received_on, sender, received_lines, received_tiyn); unnamed senders are passed over.
Grain out: one Arrival a sender. Money is tiyn. Days are those of the month: earlier months are looked at up to the same
one. It is not for what a bank owes: nobody is bound to send on a day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

STATES = ("late", "less", "as_usual", "new", "not_yet")  # what is most urgent first


@dataclass(frozen=True)
class Arrival:
    """A sender's month so far beside its usual one; `usual` values are medians of the earlier months, None without.

    `usual_day` is the day of the month on which the first of it usually comes; `seen_by` of `months` earlier months
    had something of it by the same day.
    """

    sender: str
    state: str
    lines: int
    tiyn: int
    days: int
    last_on: date | None
    usual_day: int | None
    usual_lines: int | None
    seen_by: int
    months: int


def arrivals(
    days: Sequence[Mapping[str, Any]], earlier: Sequence[Sequence[Mapping[str, Any]]], last_day: int
) -> list[Arrival]:
    """Every sender of this month or an earlier one, what is most urgent first; `last_day` of the month counts still.

    Late is who has sent nothing, and had by this day in more than half of the earlier months. Less is less than half of
    the usual lines.
    """
    months = [_by_sender(month) for month in earlier]
    now = _by_sender(days)
    told = [_arrival(sender, now.get(sender, []), months, last_day) for sender in sorted({*now, *_names(months)})]
    return sorted(told, key=lambda one: (STATES.index(one.state), -one.tiyn, -one.lines, one.sender))


def _by_sender(days: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in days:
        if row["sender"] is not None:
            found.setdefault(str(row["sender"]), []).append(row)
    return found


def _names(months: Sequence[Mapping[str, Any]]) -> set[str]:
    return {sender for month in months for sender in month}


def _arrival(
    sender: str,
    rows: Sequence[Mapping[str, Any]],
    months: Sequence[Mapping[str, Sequence[Mapping[str, Any]]]],
    last_day: int,
) -> Arrival:
    came = [month[sender] for month in months if sender in month]
    firsts = sorted(min(row["received_on"].day for row in month) for month in came)
    by_now = sorted(
        sum(row["received_lines"] for row in month.get(sender, []) if row["received_on"].day <= last_day)
        for month in months
    )
    seen_by = sum(first <= last_day for first in firsts)
    lines = sum(row["received_lines"] for row in rows)
    usual_lines = _median(by_now)
    if not came:
        state = "new"
    elif not rows:
        state = "late" if 2 * seen_by > len(months) else "not_yet"
    else:
        state = "less" if 2 * lines < (usual_lines or 0) else "as_usual"
    return Arrival(
        sender=sender,
        state=state,
        lines=lines,
        tiyn=sum(row["received_tiyn"] for row in rows),
        days=len({row["received_on"] for row in rows}),
        last_on=max((row["received_on"] for row in rows), default=None),
        usual_day=_median(firsts),
        usual_lines=usual_lines,
        seen_by=seen_by,
        months=len(months),
    )


def _median(values: Sequence[int]) -> int | None:
    """The middle one of sorted values, of two the later."""
    return values[len(values) // 2] if values else None
