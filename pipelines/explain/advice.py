"""What to do and by when to keep a status or to have it again, tried and not guessed (pipelines/explain/trial.py).

Grain: a person. Money is tiyn. How an uninsured person may be insured is told by pipelines/explain/ways.py.
"""

from datetime import date, timedelta
from typing import Any

from pipelines.explain.asked import FURTHEST, Asked, as_text
from pipelines.explain.months import in_force_from
from pipelines.explain.person import Person, Row
from pipelines.explain.trial import Payment, gives, pending_days, tried, verdict
from pipelines.explain.ways import ways
from schemas.calendar import add_months, last_day, month_index, month_of
from schemas.codes import PAYER_KINDS
from schemas.rules import Law
from transforms.registers import SOURCES

_WAGE = ("employer", "withheld")


def advice(asked: Asked, person: Person) -> dict[str, Any]:
    """To keep the status, or to have it again: months, amounts, days, and the status that each was found to give."""
    status, reason, month = person.status["status"], person.status["reason"], asked.cut.month
    day, until = asked.cut.known_at, person.status["conditional_until"]
    found: dict[str, Any] = {"next": None, "interval_ends_on": None, "interval_is_open": None}
    found |= {"options": [], "insured_from": None}
    if reason in ("preferential", "exempt"):
        end = _end_of_intervals(person, month, asked.law)
        found |= {"interval_ends_on": end, "interval_is_open": end is None}
        if end is not None and day <= end and (end - day).days < FURTHEST:
            month, by = add_months(month_of(end), 1), _due_after_run(asked, person)
            found["next"] = _own_month(asked, person, month, by if by is not None and month_of(by) == month else month)
    elif status == "insured" and reason != "transitional":
        found["next"] = _next_month(asked, person)
    elif status != "insured":
        options = ways(asked, person, month, day)
        last = last_in_time(until, asked.law) if until is not None else day
        if any(option["way"] == "wait" for option in options):
            found["next"] = _next_month(asked, person)
        else:
            if until is not None and last > day and month_of(until) != month:
                options += ways(asked, person, month_of(until), last)
            found["insured_from"] = _insured_from(asked, person)
        found["options"] = sorted(options, key=lambda option: option["total_tiyn"])
    return found


def _insured_from(asked: Asked, person: Person) -> Row | None:
    """The first later month that something covers already, if it is insured with nothing more paid."""
    seen, sure = _when_all_counts(asked, person)
    month = next((one for one in sorted(seen.later) if one > asked.cut.month and seen.later[one]["covered"]), None)
    if month is None:
        return None
    found = gives(asked, person, month, sure, [])
    return {"month": month, "checked_on": sure, **found} if found["status"] == "insured" else None


def _when_all_counts(asked: Asked, person: Person) -> tuple[Person, date]:
    """The person on the first day on which all that came in counts, and that day."""
    pending = pending_days(person)
    if not pending:
        return person, asked.cut.known_at
    return tried(asked, person, asked.cut.month, pending[-1]), pending[-1]


def _next_month(asked: Asked, person: Person) -> Row | None:
    """What must be paid next: until when, and what paying or not paying gives.

    The day decides on which the first month that is not paid is due, also where a register covers it without a payment.
    """
    seen, _ = _when_all_counts(asked, person)
    reason = seen.status["reason"]
    anchor = seen.decided["last_run"] if reason == "not_yet_due" else asked.cut.month
    month = next((one for one in sorted(seen.later) if one > anchor and not seen.later[one]["paid"]), None)
    if month is None or reason not in ("paid", "prepaid", "not_yet_due"):
        return None
    by = "employer" if seen.later[month]["wage_due"] else "independent"
    if seen.later[month]["covered"]:
        return _after_registered(asked, seen, month, asked.law.due_from(by, month))
    return _tried_month(asked, person, month, by)


def _after_registered(asked: Asked, person: Person, registered: date, day: date) -> Row | None:
    """Own money for the month of the day on which a month that a register covers is due, or after what covers that."""
    month = month_of(day)
    if tried(asked, person, month, day).status["reason"] in ("preferential", "exempt"):
        end = _end_of_intervals(person, month, asked.law)
        if end is None or (end - day).days >= FURTHEST:
            return None
        month = day = add_months(month_of(end), 1)
    return _own_month(asked, person, month, day) | {"registered_month": registered}


def _due_after_run(asked: Asked, person: Person) -> date | None:
    """The day on which the month after the last paid run is due; None without one."""
    last = person.decided["last_run"]
    by = "employer" if person.decided["last_run_wage"] else "independent"
    return None if last is None else asked.law.due_from(by, add_months(last, 1))


def _tried_month(asked: Asked, person: Person, month: date, by: str) -> Row:
    law = asked.law
    due_from = law.due_from(by, month)
    pay_by = last_in_time(due_from, law)
    checked, model = month_of(due_from), _model(person, by)
    lost = tried(asked, person, checked, due_from, priced_on=pay_by)
    price = lost.prices[month]
    amount = model["paid_tiyn"] if model else price["owed_tiyn"]
    payer, knp = (model["payer"], model["knp"]) if model else (person.iin, "122")
    kept = gives(asked, person, checked, due_from, [Payment(month, pay_by, knp, payer, amount)])
    return {
        "month": month,
        "registered_month": None,
        "payer_kind": model["payer_kind"] if model else price["payer_kind"],
        "payer_id": as_text(model["payer"]) if model else None,
        "due_on": law.due_on(by, month),
        "due_from": due_from,
        "pay_by": pay_by,
        "in_time": pay_by >= asked.cut.known_at,
        "owed_tiyn": None if model else amount,
        "checked_month": checked,
        "checked_on": due_from,
        "if_paid": kept,
        "if_not": verdict(lost.status),
    }


def _own_month(asked: Asked, person: Person, month: date, day: date) -> Row:
    """The month paid by the person so that it counts on the day, or as soon as may be after it; and not paid at all."""
    law, known_at = asked.law, asked.cut.known_at
    in_time = last_in_time(day, law) >= known_at
    pay_by = last_in_time(day, law) if in_time else known_at
    checked_on = day if in_time else law.settled_on(known_at)
    without = tried(asked, person, month, checked_on, priced_on=pay_by)
    price = without.prices[month]
    paid = gives(asked, person, month, checked_on, [Payment(month, pay_by, "122", person.iin, price["owed_tiyn"])])
    return {
        "month": month,
        "registered_month": None,
        "payer_kind": price["payer_kind"],
        "payer_id": None,
        "due_on": law.due_on("independent", month),
        "due_from": law.due_from("independent", month),
        "pay_by": pay_by,
        "in_time": in_time,
        "owed_tiyn": price["owed_tiyn"],
        "checked_month": month,
        "checked_on": checked_on,
        "if_paid": paid,
        "if_not": verdict(without.status),
    }


def _model(person: Person, by: str) -> Row | None:
    """The last wage line that covered a month, which the next one is taken to be like; None if own money is due."""
    if by == "independent":
        return None
    lines = [row for row in person.lines["payments"] if row["payer_kind"] in PAYER_KINDS and row["net_tiyn"]]
    last = max(lines, key=lambda row: row["period"], default=None)
    return last if last is not None and last["payer_kind"] in _WAGE else None


def last_in_time(day: date, law: Law) -> date:
    """The last value date whose money counts on the day."""
    paid = day
    while law.settled_on(paid) > day:
        paid -= timedelta(days=1)
    return paid


def _end_of_intervals(person: Person, month: date, law: Law) -> date | None:
    """The last day up to which categories and exemptions cover every month from this one on; None if it is open."""
    spans = sorted(
        (max(row["from_day"], in_force_from(row, law)), row["to_day"] or date.max)
        for row in person.lines["intervals"]
        if SOURCES.get(row["register"]) in ("preferential", "exempt")
    )
    end = last_day(month)
    for first, last in spans:
        if first <= last and month_index(first) <= month_index(end) + 1 and last > end:
            end = last
            if end == date.max:
                return None
    return end
