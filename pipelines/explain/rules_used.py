"""The values of the law that an explanation rests on, each with where it stands and what tells it.

Grain: a dated value. The values are those of the law that was asked about.
"""

from datetime import date
from typing import Any

from schemas.rules import Law, RuleValue

_OF_THE_MONTH: tuple[str, ...] = ("transitional", "window_months", "grace_months", "advance_counted")
_OF_THE_MONTH += ("settlement_banking_days", "wage_due_day", "independent_due", "amount_tolerance")
_OF_THE_MONTH += ("coverage_requires", "allocation")
_LONG_GRACE = ("long_grace_months", "long_grace_after_months")


def rules_used(law: Law, facts: dict[str, Any]) -> list[dict[str, Any]]:
    """The values behind the facts, ordered by name and month."""
    month = facts["month"]
    wanted = {(name, month) for name in _OF_THE_MONTH}
    wanted |= {(name, month) for name in _LONG_GRACE if _has(law, name, month)}
    runs = [run for run in (facts["decision"]["this_run"], facts["decision"]["last_run"]) if run]
    wanted |= {("window_months", run["month"]) for run in runs}
    wanted |= {
        ("independent_window_months", run["month"])
        for run in runs
        if law.number("independent_window_months", run["month"]) < law.number("window_months", run["month"])
    }
    wanted |= {(f"category.{code}", day) for code, day in _categories(law, facts)}
    values = {law.at(name, day) for name, day in wanted} | _amounts(law, facts)
    return [_told(value) for value in sorted(values, key=lambda value: (value.name, value.valid_from))]


def _amounts(law: Law, facts: dict[str, Any]) -> set[RuleValue]:
    """The fixed amounts of the years at whose rate something was paid, is missing or would be paid."""
    parts = [part for option in facts["advice"]["options"] for part in option["months"]]
    asked = {(part["payer_kind"], part["rate_year"]) for part in [*facts["missing"], *parts]}
    found = {law.at(f"{kind}_amount", date(max(year, 2020), 1, 1)) for kind, year in asked}
    required = {entry["required_tiyn"] for entry in facts["months"]}
    required |= {told.get("required_tiyn") for entry in facts["months"] for told in entry["why_not"]}
    years = {entry["month"].year for entry in facts["months"]} | {facts["known_at"].year}
    years |= {payment["value_date"].year for payment in facts["payments"]}
    for kind in ("sole_proprietor", "independent"):
        for year in years:
            if law.required_tiyn(kind, year) in required:
                found.add(law.at(f"{kind}_amount", date(max(year, 2020), 1, 1)))
    return found


def _categories(law: Law, facts: dict[str, Any]) -> set[tuple[str, date]]:
    """The categories of the intervals that the law knows, with the month from which it does."""
    known = law.codes("category")
    codes = {row["code"] for row in facts["intervals"] if row["register"] == "categories"}
    return {(code, known[code]) for code in codes if code in known}


def _has(law: Law, name: str, month: date) -> bool:
    try:
        law.at(name, month)
    except LookupError:
        return False
    return True


def _told(value: RuleValue) -> dict[str, Any]:
    return {
        "name": value.name,
        "value": value.value,
        "unit": value.unit,
        "valid_from": value.valid_from,
        "published": value.published,
        "law": value.law,
        "source": value.source,
    }
