"""What to do and by when, tried and not guessed: payments that are not there yet are added to the excerpt, and the
month's own code says which status they give on the day on which they would be settled.

Grain: a person. Money is tiyn. A trial knows all that the cut knows and nothing that came in later.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from pipelines.explain.asked import Asked, as_text
from pipelines.explain.person import Person, Row, look, status_of
from schemas.calendar import add_months, last_day, month_of
from schemas.codes import PAYER_KINDS
from schemas.ledger import LEDGER
from schemas.rules import Law
from transforms.registers import SOURCES

_WAGE = ("employer", "withheld")
_FURTHEST = 5 * 366  # days after the cut up to which the end of an interval is tried


@dataclass(frozen=True)
class Payment:
    """A payment that is not there yet."""

    period: date
    value_date: date
    knp: str
    payer: int
    tiyn: int


def advice(asked: Asked, person: Person) -> dict[str, Any]:
    """To keep the status, or to have it again: months, amounts, days, and the status that each was found to give."""
    status, reason, month = person.status["status"], person.status["reason"], asked.cut.month
    day, until = asked.cut.known_at, person.status["conditional_until"]
    found: dict[str, Any] = {"next": None, "interval_ends_on": None, "interval_is_open": None, "options": []}
    if reason in ("preferential", "exempt"):
        end = _end_of_intervals(person, month, asked.law)
        found |= {"interval_ends_on": end, "interval_is_open": end is None}
        if end is not None and day <= end and (end - day).days < _FURTHEST:
            found["next"] = _after_interval(asked, person, add_months(month_of(end), 1))
    elif status == "insured" and reason != "transitional":
        found["next"] = _next_month(asked, person)
    elif status != "insured":
        found["options"] = _options(asked, person, month, day)
        last = _last_in_time(until, asked.law) if until is not None else day
        if until is not None and last > day and month_of(until) != month:
            found["options"] += _options(asked, person, month_of(until), last)
    return found


def _options(asked: Asked, person: Person, month: date, pay_on: date) -> list[Row]:
    """Ways to be insured in the month by paying on the day: waiting, the missing months, or months in advance."""
    law, settled_on = asked.law, asked.law.settled_on(pay_on)
    base = _tried(asked, person, month, settled_on, priced_on=pay_on)
    if base.status["status"] == "insured":
        return [_option("wait", _verdict(base.status), month, settled_on, settled_on, [])]
    step = base.walk[month]
    behind = [add_months(month, -back) for back in range(step["needed_months"])]
    missing = [one for one in sorted(behind) if not base.walk[one]["covered"] or (one == month and not step["paid"])]
    before = base.walk[add_months(month, -1)]["run_months"] if len(base.walk) > 1 else 0
    ahead = [add_months(month, later) for later in range(1, step["needed_months"] - before)]
    forward = [month] if not step["paid"] else []
    forward += [one for one in ahead if not base.later[one]["covered"]]
    ways = [("arrears", base.status["missing_months"]), ("arrears", missing)]
    if ahead and month_of(pay_on) <= month and law.is_on("advance_counted", month):
        ways.append(("advance", forward))
    found: list[Row] = []
    for way, months in ways:
        if not months or any(one["way"] == way for one in found):  # what is due is enough; the rest need not be paid
            continue
        parts = [_part(one, base.prices[one]) for one in months]
        payments = [Payment(part["month"], pay_on, "122", person.iin, part["owed_tiyn"]) for part in parts]
        after = _gives(asked, person, month, settled_on, payments)
        if after["status"] == "insured":
            found.append(_option(way, after, month, pay_on, settled_on, parts))
    return found


def _option(way: str, after: Row, month: date, pay_on: date, settled_on: date, parts: list[Row]) -> Row:
    return {
        "way": way,
        "pay_on": pay_on,
        "settled_on": settled_on,
        "months": parts,
        "total_tiyn": sum(part["owed_tiyn"] for part in parts),
        "status_month": month,
        **after,
    }


def _part(month: date, price: Row) -> Row:
    kind = "sole_proprietor" if price["sole_proprietor"] else "independent"
    return {"month": month, "payer_kind": kind, "rate_year": price["year"], "owed_tiyn": price["owed_tiyn"]}


def _next_month(asked: Asked, person: Person) -> Row | None:
    """The first month that is not paid yet: until when it must be paid, and what paying or not paying gives."""
    day = asked.cut.known_at
    pending = [row["settled_on"] for row in person.lines["payments"] if row["net_tiyn"] and not row["settled"]]
    sure = max([day, *pending])  # the day on which all that came in counts
    seen = person if sure == day else _tried(asked, person, asked.cut.month, sure)
    reason = seen.status["reason"]
    anchor = seen.decided["last_run"] if reason == "not_yet_due" else asked.cut.month
    month = next((one for one in sorted(seen.later) if one > anchor and not seen.later[one]["covered"]), None)
    if month is None or reason not in ("paid", "prepaid", "not_yet_due"):
        return None
    wage = seen.later[month]["wage_due"]
    return _tried_month(asked, person, month, "employer" if wage else "independent")


def _tried_month(asked: Asked, person: Person, month: date, by: str) -> Row:
    law = asked.law
    due_from = law.due_from(by, month)
    pay_by = _last_in_time(due_from, law)
    checked, model = month_of(due_from), _model(person, by)
    lost = _tried(asked, person, checked, due_from, priced_on=pay_by)
    price = lost.prices[month]
    amount = model["paid_tiyn"] if model else price["owed_tiyn"]
    payer, knp = (model["payer"], model["knp"]) if model else (person.iin, "122")
    kept = _gives(asked, person, checked, due_from, [Payment(month, pay_by, knp, payer, amount)])
    kind = "sole_proprietor" if price["sole_proprietor"] else "independent"
    return {
        "month": month,
        "payer_kind": model["payer_kind"] if model else kind,
        "payer_id": as_text(model["payer"]) if model else None,
        "due_on": law.due_on(by, month),
        "due_from": due_from,
        "pay_by": pay_by,
        "in_time": pay_by >= asked.cut.known_at,
        "owed_tiyn": None if model else amount,
        "checked_month": checked,
        "checked_on": due_from,
        "if_paid": kept,
        "if_not": _verdict(lost.status),
    }


def _after_interval(asked: Asked, person: Person, month: date) -> Row:
    """The month after the state or the exemption stops covering: paid by the person on its first day, or not at all."""
    law, pay_by = asked.law, max(month, asked.cut.known_at)
    settled_on = law.settled_on(pay_by)
    without = _tried(asked, person, month, settled_on, priced_on=pay_by)
    price = without.prices[month]
    paid = _gives(asked, person, month, settled_on, [Payment(month, pay_by, "122", person.iin, price["owed_tiyn"])])
    return {
        "month": month,
        "payer_kind": "sole_proprietor" if price["sole_proprietor"] else "independent",
        "payer_id": None,
        "due_on": law.due_on("independent", month),
        "due_from": law.due_from("independent", month),
        "pay_by": pay_by,
        "in_time": True,
        "owed_tiyn": price["owed_tiyn"],
        "checked_month": month,
        "checked_on": settled_on,
        "if_paid": paid,
        "if_not": _verdict(without.status),
    }


def _gives(asked: Asked, person: Person, month: date, day: date, payments: list[Payment]) -> Row:
    """The status and reason that the month's code finds on a later day, with these payments settled by then."""
    trial = _trial(asked, person, month, day, payments)
    with trial.engine() as con:
        return _verdict(status_of(trial, con, person.iin))


def _verdict(status: Row) -> Row:
    return {key: status[key] for key in ("status", "reason")}


def _tried(asked: Asked, person: Person, month: date, day: date, priced_on: date | None = None) -> Person:
    """The person on a later day, when all that came in counts; prices are those of a payment on `priced_on`."""
    trial = _trial(asked, person, month, day, [])
    with trial.engine() as con:
        found = look(trial, con, person.iin, priced_on)
    assert found is not None  # who is known on a day is known on every later one, by the same lines
    return found


def _trial(asked: Asked, person: Person, month: date, day: date, payments: list[Payment]) -> Asked:
    """The same question about another month and a later day, with payments that are not there yet."""
    rows = [
        {
            "sequence": 0,
            "document_no": 0,
            "line_no": place,
            "received_on": one.value_date,
            "file_sha256": "",
            "kind": "payment",
            "value_date": one.value_date,
            "knp": one.knp,
            "payer": one.payer,
            "person": person.iin,
            "period": one.period,
            "amount_tiyn": one.tiyn,
        }
        for place, one in enumerate(payments, start=1)
    ]
    added = pl.concat([asked.lines["payments"], pl.DataFrame(rows, schema=LEDGER["payments"])])
    cut = replace(asked.cut, month=month, known_at=day)
    return replace(asked, cut=cut, lines={**asked.lines, "payments": added})


def _model(person: Person, by: str) -> Row | None:
    """The last wage line that covered a month, which the next one is taken to be like; None if own money is due."""
    if by == "independent":
        return None
    lines = [row for row in person.lines["payments"] if row["payer_kind"] in PAYER_KINDS and row["net_tiyn"]]
    last = max(lines, key=lambda row: row["period"], default=None)
    return last if last is not None and last["payer_kind"] in _WAGE else None


def _last_in_time(day: date, law: Law) -> date:
    """The last value date whose money counts on the day."""
    paid = day
    while law.settled_on(paid) > day:
        paid -= timedelta(days=1)
    return paid


def _end_of_intervals(person: Person, month: date, law: Law) -> date | None:
    """The last day up to which categories and exemptions cover every month from this one on; None if it is open."""
    known = law.codes("category")
    spans = sorted(
        (row["from_day"], row["to_day"] or date.max)
        for row in person.lines["intervals"]
        if SOURCES.get(row["register"]) in ("preferential", "exempt")
        and (row["register"] != "categories" or row["code"] in known)
    )
    end = last_day(month)
    for first, last in spans:
        if month_of(first) <= add_months(month_of(end), 1) and last > end:
            end = last
            if end == date.max:
                return None
    return end
