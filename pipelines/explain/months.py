"""The months of an explanation: the twelve, and those before or after them on which a run rests.

Grain: a month. Money is tiyn. What covers a month is a row of the table coverage; why nothing does is told here from
the lines that came for it. Source: rules.md section 3.
"""

from datetime import date
from typing import Any

from pipelines.explain.person import Person, Row
from schemas.calendar import FIRST_MONTH, add_months, last_day
from schemas.codes import BASIS_LETTERS, PAYER_KINDS, UNCOVERED_LETTER
from schemas.rules import Law
from transforms.registers import SOURCES


def shown_months(person: Person, month: date) -> dict[date, str]:
    """Each month with its role: `window` (the twelve), `run` (of the last paid run), `ahead` (paid in advance)."""
    roles = {add_months(month, back): "window" for back in range(-11, 1)}
    for end in (month, person.decided["last_run"]):
        if end is None or not person.walk[end]["paid_run"]:
            continue
        run = person.walk[end]
        up_to = min(run["run_months"], run["needed_months"])
        for back in range(up_to):
            roles.setdefault(add_months(end, -back), "run")
        for later in range(1, run["needed_months"] - up_to + 1):
            roles.setdefault(add_months(end, later), "ahead")
    return dict(sorted(roles.items()))


def months_facts(
    person: Person, shown: dict[date, str], covered: dict[date, Row], known_at: date, law: Law
) -> list[dict[str, Any]]:
    """Each shown month: its letter and basis, what covered it, or why nothing did."""
    return [_month(person, month, role, covered.get(month), known_at, law) for month, role in shown.items()]


def _month(person: Person, month: date, role: str, row: Row | None, known_at: date, law: Law) -> dict[str, Any]:
    basis = row["basis"] if row else None
    money = row or _settled(person, month)
    own = person.own_months.get(month)
    return {
        "month": month,
        "role": role,
        "letter": BASIS_LETTERS[basis] if basis else UNCOVERED_LETTER,
        "basis": basis,
        "payer_kind": row["payer_kind"] if row else None,
        "deductions_tiyn": money["deductions_tiyn"],
        "contributions_tiyn": money["contributions_tiyn"],
        "required_tiyn": own["required_tiyn"] if own else None,
        "covered_on": row["covered_on"] if row else None,
        "intervals": _intervals(person, month, basis, law) if basis else [],
        "why_not": [] if basis else _why_not(person, month, known_at, law),
    }


def _settled(person: Person, month: date) -> dict[str, int]:
    """Money of a month that nothing covers, and which has no row in coverage for that."""
    lines = [row for row in person.lines["payments"] if row["period"] == month and row["settled"]]
    deducted = [row["net_tiyn"] for row in lines if row["payer_kind"] == "employer"]
    contributed = [row["net_tiyn"] for row in lines if row["payer_kind"] in PAYER_KINDS and row["knp"] == "122"]
    return {"deductions_tiyn": sum(deducted), "contributions_tiyn": sum(contributed)}


def _intervals(person: Person, month: date, basis: str, law: Law) -> list[Row]:
    """The intervals that give the month its basis."""
    return [
        {"register": row["register"], "code": row["code"], "from": row["from_day"], "to": row["to_day"]}
        for row in _touching(person, month)
        if SOURCES.get(row["register"]) == basis and in_force_from(row, law) <= month
    ]


def _why_not(person: Person, month: date, known_at: date, law: Law) -> list[Row]:
    """Every reason for which the month is not covered, as far as lines tell."""
    if month < FIRST_MONTH:
        return [{"why": "before_first_month"}]
    found = [reason for row in person.lines["payments"] if row["period"] == month for reason in _of_payment(row)]
    own = person.own_months.get(month)
    if own is not None and not own["covers"]:
        short = own["required_tiyn"] - own["own_tiyn"]
        amounts = {"own_tiyn": own["own_tiyn"], "required_tiyn": own["required_tiyn"], "short_tiyn": short}
        found.append({"why": "below_requirement", **amounts})
    for row in _touching(person, month):
        if row["register"] == "categories" and in_force_from(row, law) > month:
            since = in_force_from(row, law)
            found.append({"why": "not_in_force", "code": row["code"], "since": since if since < date.max else None})
    found = found or [{"why": "nothing_came"}]
    step = person.walk.get(month)
    if step is not None:
        by = "employer" if step["wage_due"] else "independent"
        due_from = law.due_from(by, month)
        if due_from > known_at:
            found.append({"why": "not_due", "due_on": law.due_on(by, month), "due_from": due_from})
    return found


def _of_payment(row: Row) -> list[Row]:
    """Why the money of a line does not cover its month, as far as the line itself tells."""
    found = []
    if row["returned_tiyn"]:
        found.append({"why": "returned", "returned_tiyn": row["returned_tiyn"], "paid_tiyn": row["paid_tiyn"]})
    if row["payer_kind"] not in PAYER_KINDS:
        found.append({"why": row["payer_kind"], "paid_tiyn": row["paid_tiyn"]})
    elif row["net_tiyn"] and not row["settled"]:
        found.append({"why": "pending", "until": row["settled_on"], "paid_tiyn": row["net_tiyn"]})
    return found


def _touching(person: Person, month: date) -> list[Row]:
    return [
        row
        for row in person.lines["intervals"]
        if row["from_day"] <= last_day(month) and (row["to_day"] is None or row["to_day"] >= month)
    ]


def in_force_from(row: Row, law: Law) -> date:
    """From which month the law knows the code; date.max where it does not."""
    if row["register"] != "categories":
        return FIRST_MONTH
    return law.codes("category").get(row["code"], date.max)
