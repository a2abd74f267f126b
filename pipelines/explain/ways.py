"""The ways to be insured in a month: waiting for money on its way, paying what is missing, paying in advance.

Every way is tried (pipelines/explain/trial.py); of each the cheapest that was found to insure is told.
Grain: a person, a month, a day of payment. Money is tiyn.
"""

from datetime import date

from pipelines.explain.asked import Asked
from pipelines.explain.lapse import BY_STATE, due_by, lapse
from pipelines.explain.person import ENDS_BEFORE, Person, Row
from pipelines.explain.trial import Payment, last_in_time, pending_days, tried, verdict
from schemas.calendar import add_months, month_index, month_of
from schemas.rules import Law


def ways(asked: Asked, person: Person, month: date, pay_on: date) -> list[Row]:
    """What makes the month insured if it is paid on the day; waiting alone where that is enough."""
    law, settled_on, pending = asked.law, asked.law.settled_on(pay_on), pending_days(person)
    days = [*pending, *([] if pending and pending[-1] >= settled_on else [settled_on])]
    for day in days:
        base = tried(asked, person, month, day, priced_on=pay_on)
        if base.status["status"] == "insured":
            return [_option("wait", verdict(base.status), month, day, day, [])]
    checked = [settled_on, *(day for day in days if day > settled_on)]
    found: list[Row] = []
    for way, sets in (
        ("arrears", _arrears(base, month, settled_on, law)),
        ("advance", _advance(base, month, pay_on, law)),
    ):
        told = [{part["month"] for part in option["months"]} for option in found]
        more = [months for months in sets if months and not any(less <= set(months) for less in told)]
        priced = [months for months in more if set(months) <= set(base.prices)]
        for months in sorted(priced, key=lambda months: sum(base.prices[one]["owed_tiyn"] for one in months)):
            parts = [_part(one, base.prices[one]) for one in months]
            option = _first_day(asked, person, way, month, pay_on, checked, parts)
            if option is not None:
                if way == "arrears" or months[-1] > month:  # else no month in advance is needed
                    found.append(option)
                break
    return found


def _first_day(
    asked: Asked, person: Person, way: str, month: date, pay_on: date, days: list[date], parts: list[Row]
) -> Row | None:
    """The option with the first of the days on which these payments insure the month; None if none does."""
    payments = [Payment(part["month"], pay_on, "122", person.iin, part["owed_tiyn"]) for part in parts]
    for day in days:
        after = tried(asked, person, month, day, payments=payments)
        if after.status["status"] == "insured":
            option = _option(way, verdict(after.status), month, pay_on, day, parts)
            if after.status["reason"] == "not_yet_due":
                option |= _next_due(asked, person, after, payments)
            return option
    return None


def _next_due(asked: Asked, person: Person, insured: Person, payments: list[Payment]) -> Row:
    """Which month must follow the run for the insurance to stay, and until when: the one after it, or, where a category
    or an exemption covers that, so that no payment does, the one in which the insurance would end.
    """
    following = add_months(insured.decided["last_run"], 1)
    if insured.status_in(following)["reason"] not in BY_STATE:
        return {"next_month": following, "next_due_on": asked.law.due_on(due_by(insured, following), following)}
    end = lapse(asked, person, insured, payments)
    if end is None:
        return {}
    return {"next_month": end.cut.month, "next_due_on": last_in_time(end.cut.known_at, asked.law)}


def _arrears(base: Person, month: date, day: date, law: Law) -> list[list[date]]:
    """Sets of months whose payment may close a run at the month, or at one whose next is not due; then all due ones."""
    found = []
    for end in (add_months(month, -back) for back in range(ENDS_BEFORE + 1)):
        if end not in base.walk or (end != month and law.due_from("employer", add_months(end, 1)) <= day):
            break  # what follows such a run is due by then, whoever is to pay it
        step = base.walk[end]
        window = min(law.number("window_months", end), month_index(end) + 1)
        for length in sorted({step["needed_months"], window}):
            behind = length - min(step["ahead_months"], length - 1)
            run = sorted(add_months(end, -back) for back in range(behind))
            found.append(_lacking(base.walk, run, end))
    found.append(base.status["missing_months"])
    return [months for place, months in enumerate(found) if months not in found[:place]]


def _advance(base: Person, month: date, pay_on: date, law: Law) -> list[list[date]]:
    """Sets of the month, those missing before it and those after it that complete its run together, where the law
    counts months paid in advance.
    """
    need = base.walk[month]["needed_months"]
    if month_of(pay_on) > month or not law.is_on("advance_counted", month):
        return []
    found = []
    for behind in range(1, need + 1):
        run = [add_months(month, later) for later in range(1 - behind, need - behind + 1)]
        found.append(_lacking(base.later, run, month))
    return found


def _lacking(walk: dict[date, Row], run: list[date], last: date) -> list[date]:
    """What no payment or register covers of a run yet, whose last month before those in advance must be a paid one."""
    return [month for month in run if not walk[month]["paid" if month == last else "covered"]]


def _option(way: str, after: Row, month: date, pay_on: date, settled_on: date, parts: list[Row]) -> Row:
    return {
        "way": way,
        "pay_on": pay_on,
        "settled_on": settled_on,
        "months": parts,
        "total_tiyn": sum(part["owed_tiyn"] for part in parts),
        "status_month": month,
        **after,
        "next_month": None,
        "next_due_on": None,
    }


def _part(month: date, price: Row) -> Row:
    return {
        "month": month,
        "payer_kind": price["payer_kind"],
        "rate_year": price["year"],
        "owed_tiyn": price["owed_tiyn"],
    }
