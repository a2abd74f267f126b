"""Which branch of rules.md section 4 decided, with its numbers, and why none of those before it did.

Grain: a person, a month. All numbers are those of `history` (transforms/walk.py) and `decided` (transforms/status.py).
"""

from datetime import date
from typing import Any

from pipelines.explain.person import Person, Row
from schemas.calendar import add_months, last_day
from schemas.rules import Law

_ORDER = ("transitional", "preferential", "exempt", "paid", "not_yet_due", "grace", "gap", "never_covered")


def decision(person: Person, month: date, law: Law) -> dict[str, Any]:
    """The branch, this month's run, the last paid run before it, and the branches passed over with why."""
    reason = person.status["reason"]
    branch = "paid" if reason == "prepaid" else reason
    last_run = _last_run(person, month, law)
    passed = [_passed(name, person, month, last_run, law) for name in _ORDER[: _ORDER.index(branch)]]
    return {
        "branch": branch,
        "transitional_until": _transitional_until(month, law) if branch == "transitional" else None,
        "this_run": _run(person, month),
        "last_run": last_run,
        "passed": passed,
    }


def _run(person: Person, month: date) -> Row:
    """How long the run of covered months up to the month is, and what it had to be."""
    step = person.walk[month]
    return {
        "month": month,
        "is_paid": step["paid"],
        "run_months": step["run_months"],
        "ahead_months": step["ahead_months"],
        "needed_months": step["needed_months"],
    }


def _last_run(person: Person, month: date, law: Law) -> Row | None:
    """L, the run that ends there, until when nothing after it was due, and the grace that it gives."""
    told = person.decided
    end = told["last_run"]
    if end is None:
        return None
    streak = person.walk[end]["paid_streak"]
    by, following = "employer" if told["last_run_wage"] else "independent", add_months(end, 1)
    return {
        **_run(person, end),
        "next_month": following,
        "due_kind": "wage" if told["last_run_wage"] else "independent",
        "next_due_on": law.due_on(by, following),
        "next_due_from": law.due_from(by, following),
        "months_since": told["months_since"],
        "grace_months": told["grace_months"],
        "long_history": told["last_run_long"],
        "long_grace_after_months": _long_grace_after(month, law),
        "paid_streak": streak,
        "streak_from": add_months(end, 1 - streak),
        "grace_until": last_day(add_months(end, told["grace_months"])),
        "grace_over_since": add_months(end, told["grace_months"] + 1),
    }


def _passed(name: str, person: Person, month: date, last_run: Row | None, law: Law) -> Row:
    """Why the branch does not hold, with the numbers that say so."""
    found: Row = {"branch": name}
    if name == "transitional":
        return found | {"why": "ended", "since": law.at(name, month).valid_from}
    if name in ("preferential", "exempt"):
        return found | {"why": "no_interval"}
    if name == "paid":
        run = _run(person, month)
        why = "short" if run["is_paid"] else "not_paid"
        return found | {"why": why, **run}
    if name == "gap":
        return found | {"why": "nothing_covered"}
    if last_run is None:
        return found | {"why": "no_run"}
    if name == "not_yet_due":
        told = {key: last_run[key] for key in ("next_month", "next_due_on", "next_due_from")}
        return found | {"why": "due", **told}
    told = {key: last_run[key] for key in ("months_since", "grace_months", "grace_over_since")}
    return found | {"why": "over", **told}


def _long_grace_after(month: date, law: Law) -> int | None:
    """Paid months in a row that give the long grace; None where the law of the month has no long grace."""
    try:
        law.at("long_grace_months", month)
        return law.number("long_grace_after_months", month)
    except LookupError:
        return None


def _transitional_until(month: date, law: Law) -> date | None:
    """The last day of the transitional months; None where the law that is asked about does not say when they end."""
    later = {row.valid_from for row in law.values if row.name == "transitional" and row.valid_from > month}
    ends = [start for start in later if not law.is_on("transitional", start)]
    return last_day(add_months(min(ends), -1)) if ends else None
