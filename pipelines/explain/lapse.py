"""When somebody stops being insured if nothing more is paid: looked for from one due day or end of an interval on.

Every step is tried (pipelines/explain/trial.py). Grain: a person.
"""

from collections.abc import Sequence
from datetime import date

from pipelines.explain.asked import FURTHEST, Asked
from pipelines.explain.months import in_force_from
from pipelines.explain.person import Person
from pipelines.explain.trial import Payment, tried
from schemas.calendar import add_months, last_day, month_index, month_of
from schemas.rules import Law
from transforms.covered_months import LOOK_AHEAD
from transforms.registers import SOURCES

BY_STATE = ("preferential", "exempt")


def lapse(asked: Asked, person: Person, begin: Person, payments: Sequence[Payment] = ()) -> Person | None:
    """The person, insured as `begin` sees it, in the month and on the day on which that is so no more.

    None if that is further away than advice looks, or never. `payments` are settled by then besides what came in.
    """
    at = begin
    for _ in range(2 * LOOK_AHEAD):
        if at.status["status"] != "insured":
            return at
        following = _following(asked, person, at)
        if following is None or following <= (at.cut.month, at.cut.known_at):
            return None
        at = tried(asked, person, *following, payments=payments)
    return None


def unpaid_after_run(at: Person) -> date | None:
    """The first month after the last paid run, whatever covers it; None without a run."""
    reason, month = at.status["reason"], at.cut.month
    if reason in ("paid", "prepaid"):  # each paid month after it closes a longer run
        return next((one for one in sorted(at.later) if one > month and not at.later[one]["paid"]), None)
    last = at.decided["last_run"]
    return last and add_months(last, 1)


def due_by(at: Person, month: date) -> str:
    """By whose due day the month after the run is due: `employer` stands for all whose day is the 25th."""
    return "employer" if at.later[month]["wage_due"] else "independent"


def end_of_intervals(person: Person, month: date, law: Law) -> date | None:
    """The last day up to which categories and exemptions cover every month from this one on; None if it is open."""
    spans = sorted(
        (max(row["from_day"], in_force_from(row, law)), row["to_day"] or date.max)
        for row in person.lines["intervals"]
        if SOURCES.get(row["register"]) in BY_STATE
    )
    end = last_day(month)
    for first, last in spans:
        if first <= last and month_index(first) <= month_index(end) + 1 and last > end:
            end = last
            if end == date.max:
                return None
    return end


def _following(asked: Asked, person: Person, at: Person) -> tuple[date, date] | None:
    """The next month and day on which what insures now may be over."""
    reason = at.status["reason"]
    if reason in BY_STATE:
        end = end_of_intervals(person, at.cut.month, asked.law)
        if end is None or (end - asked.cut.known_at).days >= FURTHEST:
            return None
        first = add_months(month_of(end), 1)
        return first, first
    unpaid = unpaid_after_run(at) if reason in ("paid", "prepaid", "not_yet_due") else None
    if unpaid is None:
        return None
    day = asked.law.due_from(due_by(at, unpaid), unpaid)
    return month_of(day), day
