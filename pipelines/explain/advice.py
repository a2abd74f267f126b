"""What to do and by when to keep a status or to have it again, tried and not guessed (pipelines/explain/trial.py).

Grain: a person. Money is tiyn. When a status ends is found by pipelines/explain/lapse.py; how an uninsured person may
be insured is told by pipelines/explain/ways.py.
"""

from datetime import date
from typing import Any

from pipelines.explain.asked import Asked, as_text
from pipelines.explain.lapse import BY_STATE, due_by, end_of_intervals, lapse, unpaid_after_run
from pipelines.explain.person import Person, Row
from pipelines.explain.trial import Payment, last_in_time, pending_days, tried, verdict
from pipelines.explain.ways import ways
from schemas.calendar import add_months, month_of
from schemas.codes import PAYER_KINDS
from schemas.rules import Law

_WAGE = ("employer", "withheld")


def advice(asked: Asked, person: Person) -> dict[str, Any]:
    """To keep the status, or to have it again: months, amounts, days, and the status that each was found to give."""
    status, reason, month = person.status["status"], person.status["reason"], asked.cut.month
    day, until = asked.cut.known_at, person.status["conditional_until"]
    found: dict[str, Any] = {"next": None, "interval_ends_on": None, "interval_is_open": None}
    found |= {"options": [], "insured_from": None}
    if reason in BY_STATE:
        end = end_of_intervals(person, month, asked.law)
        found |= {"interval_ends_on": end, "interval_is_open": end is None}
    if status == "insured":
        return found | _to_stay(asked, person)
    options = ways(asked, person, month, day)
    last = last_in_time(until, asked.law) if until is not None else day
    if any(option["way"] == "wait" for option in options):
        return found | {"options": options, "next": _to_stay(asked, person).get("next")}
    if until is not None and last > day and month_of(until) != month:
        options += ways(asked, person, month_of(until), last)
    options.sort(key=lambda option: option["total_tiyn"])
    return found | {"options": options, "insured_from": _insured_from(asked, person)}


def _insured_from(asked: Asked, person: Person) -> Row | None:
    """The first later month that is insured by what covers it already, with nothing more paid."""
    seen = _when_all_counts(asked, person)
    for month in sorted(one for one in seen.later if one > asked.cut.month and seen.later[one]["covered"]):
        status = seen.status_in(month)
        if status["status"] == "insured":
            return {"month": month, "checked_on": seen.cut.known_at, **verdict(status)}
    return None


def _when_all_counts(asked: Asked, person: Person) -> Person:
    """The person on the first day on which all that came in counts."""
    pending = pending_days(person)
    return tried(asked, person, asked.cut.month, pending[-1]) if pending else person


def _to_stay(asked: Asked, person: Person) -> dict[str, Any]:
    """`next`: the month that is to be paid so that the insurance does not end, by when, and what paying or not paying
    gives; `options` instead where one month alone does not help. Neither for what is over long since.
    """
    seen = _when_all_counts(asked, person)
    at = lapse(asked, person, seen) if seen.status["status"] == "insured" else None
    if at is None or add_months(at.cut.month, 1) < month_of(asked.cut.known_at):
        return {}
    unpaid = unpaid_after_run(at)
    if unpaid is not None and not at.later[unpaid]["covered"] and _ends_by(at, unpaid, asked.law):
        found = _paid_in_time(asked, person, at, unpaid, _model(person, due_by(at, unpaid)))
    else:
        registered = unpaid if unpaid is not None and not at.later[unpaid]["paid"] else None
        found = _paid_in_time(asked, person, at, at.cut.month, None) | {"registered_month": registered}
    if found["if_not"]["status"] == "insured":  # the insurance ended once, and is there again by now
        return {}
    if found["if_paid"]["status"] != "insured":
        options = ways(asked, person, found["checked_month"], found["pay_by"])
        if options:
            return {"options": sorted(options, key=lambda option: option["total_tiyn"])}
    return {"next": found}


def _ends_by(at: Person, month: date, law: Law) -> bool:
    """Whether the insurance ends because the month is due then."""
    return law.due_from(due_by(at, month), month) == at.cut.known_at


def _paid_in_time(asked: Asked, person: Person, at: Person, month: date, model: Row | None) -> Row:
    """The month paid so that it counts when the insurance would end, or as soon as may be after it; and not paid."""
    law, known_at, day = asked.law, asked.cut.known_at, at.cut.known_at
    in_time = last_in_time(day, law) >= known_at
    pay_by = last_in_time(day, law) if in_time else known_at
    checked_on = day if in_time else law.settled_on(known_at)
    checked = max(at.cut.month, month_of(checked_on))
    without = tried(asked, person, checked, checked_on, priced_on=pay_by)
    price = without.prices[month]
    kind = model["payer_kind"] if model else price["payer_kind"]
    amount = model["paid_tiyn"] if model else price["owed_tiyn"]
    payer, knp = (model["payer"], model["knp"]) if model else (person.iin, "122")
    paid = tried(asked, person, checked, checked_on, payments=[Payment(month, pay_by, knp, payer, amount)])
    return {
        "month": month,
        "registered_month": None,
        "payer_kind": kind,
        "payer_id": as_text(payer) if model else None,
        "due_on": law.due_on(kind, month),
        "due_from": law.due_from(kind, month),
        "pay_by": pay_by,
        "in_time": in_time,
        "owed_tiyn": None if model else amount,
        "checked_month": checked,
        "checked_on": checked_on,
        "if_paid": verdict(paid.status),
        "if_not": verdict(without.status),
    }


def _model(person: Person, by: str) -> Row | None:
    """The last wage line that covered a month, which the next one is taken to be like; None if own money is due."""
    if by == "independent":
        return None
    lines = [row for row in person.lines["payments"] if row["payer_kind"] in PAYER_KINDS and row["net_tiyn"]]
    last = max(lines, key=lambda row: row["period"], default=None)
    return last if last is not None and last["payer_kind"] in _WAGE else None
