"""The facts of an explanation, as one dict; every key of it is told in pipelines/explain/keys.py.

Money is whole tiyn, months are their first day. The texts are rendered from this dict alone, so no language can know
more than another. Errors: RunFailed for an IIN that nobody is known by.
"""

from datetime import date
from typing import Any

import polars as pl

from pipelines import archive
from pipelines.errors import RunFailed
from pipelines.explain.advice import advice
from pipelines.explain.asked import Asked, as_text
from pipelines.explain.decision import decision
from pipelines.explain.months import months_facts, shown_months
from pipelines.explain.person import Person, Row, coverage_of, current_of, lines_of, look
from pipelines.explain.rules_used import rules_used
from pipelines.explain.source_lines import places
from pipelines.explain.unknown import why_unknown
from pipelines.explain.words import LANGUAGES, words
from schemas.calendar import last_day
from schemas.rules import Law

_LINE = ("file_sha256", "file_name", "source", "format", "line_no", "received_on")
LISTED = ("payments", "returns", "intervals", "payer_intervals", "links", "registered")
_VERDICT = ("status", "reason", "coverage_months", "last_paid_month", "conditional_until", "missing_months")


def explanation(asked: Asked, iin: int) -> dict[str, Any]:
    """Why the person behind the IIN has the status of the month; days as `date`."""
    with asked.about(pl.Series([iin], dtype=pl.UInt64)).opened() as about:
        found = _explained(about, iin)
    _locate(asked, [row for name in LISTED for row in found[name]])
    return found


def _explained(asked: Asked, iin: int) -> dict[str, Any]:
    """The facts without the places of the lines in their files."""
    cut, law = asked.cut, asked.law
    with asked.facts() as con:
        current = current_of(con, iin)
        person = look(asked, con, current)
        if person is None:
            raise RunFailed(why_unknown(asked, con, iin))
        person.lines = lines_of(con, current)
        shown = shown_months(person, cut.month)
        covered = coverage_of(asked, con, current, list(shown))
    missing = [_missing(person, month, law) for month in person.status["missing_months"]]
    found: dict[str, Any] = {
        "iin": as_text(current),
        "asked_iin": as_text(iin),
        "month": cut.month,
        "known_at": cut.known_at,
        "law_as_of": cut.law_as_of,
        "intake_sequence": cut.sequence,
        "verdict": {**{key: person.status[key] for key in _VERDICT}, "arrears_tiyn": person.status["arrears_tiyn"]},
        "decision": decision(person, cut.month, law),
        "months": months_facts(person, shown, covered, cut.known_at, law),
        **_lines(person, list(shown), cut.month),
        "missing": missing,
        "advice": advice(asked, person),
    }
    found["verdict"]["sentence"] = {one: words(one).of(f"reason.{person.status['reason']}") for one in LANGUAGES}
    found["rules"] = rules_used(law, found)
    return found


def _missing(person: Person, month: date, law: Law) -> Row:
    price, wage_due = person.prices[month], person.walk[month]["wage_due"]
    by = "employer" if wage_due else "independent"
    return {
        "month": month,
        "due_on": law.due_on(by, month),
        "due_from": law.due_from(by, month),
        "payer_kind": price["payer_kind"],
        "rate_year": price["year"],
        "required_tiyn": price["required_tiyn"],
        "settled_tiyn": price["settled_tiyn"],
        "owed_tiyn": price["owed_tiyn"],
    }


def _lines(person: Person, months: list[date], month: date) -> dict[str, list[Row]]:
    """The lines behind the shown months: payments for them, their returns, intervals that touch them, links.

    Payments for later months too, where they were made by the end of the month asked for or are on their way; and the
    rows by which the payers of withheld money are entrepreneurs in the months paid for.
    """
    paid = [row for row in person.lines["payments"] if row["period"] in months or _is_ahead(row, month)]
    payments = [_payment(row) for row in paid]
    periods = {row["period"] for row in paid} | set(months)
    first, last = min(months), last_day(max(months))
    intervals = [_interval(row) for row in person.lines["intervals"] if _touches(row, first, last)]
    withheld = {(row["payer_now"], row["period"]) for row in paid if row["payer_kind"] == "withheld"}
    payer_intervals = [
        {**_interval(row), "payer_iin": as_text(row["payer_now"])}
        for row in person.lines["payer_intervals"]
        if any(row["payer_now"] == payer and _touches(row, period, last_day(period)) for payer, period in withheld)
    ]
    links = [
        {**_place(row), "old_iin": as_text(row["person"]), "current_iin": as_text(row["current"])}
        for row in person.lines["links"]
    ]
    returns = [_return(row) for row in person.lines["returns"] if row["period"] in periods]
    registered = [{**_place(row), "iin": as_text(row["person"])} for row in person.lines["registered"]]
    found = {"payments": payments, "returns": returns, "intervals": intervals, "links": links}
    return {**found, "payer_intervals": payer_intervals, "registered": registered}


def _interval(row: Row) -> Row:
    told = {"register": row["register"], "code": row["code"], "from": row["from_day"], "to": row["to_day"]}
    return {**_place(row), **told}


def _touches(row: Row, first: date, last: date) -> bool:
    return bool(row["from_day"] <= last and (row["to_day"] is None or row["to_day"] >= first))


def _is_ahead(row: Row, month: date) -> bool:
    """Whether the line pays for a month after this one in advance, or is on its way to do so."""
    on_its_way = row["net_tiyn"] and not row["settled"]
    return row["period"] > month and bool(row["value_date"] <= last_day(month) or on_its_way)


def _payment(row: Row) -> Row:
    return {
        **_place(row),
        "payment_id": f"{row['file_sha256'][:16]}-{row['line_no']}",
        "period": row["period"],
        "knp": row["knp"],
        "payer_kind": row["payer_kind"],
        "payer_id": as_text(row["payer"]),
        "person_iin": as_text(row["person"]),
        "document_reference": row["document_reference"],
        "value_date": row["value_date"],
        "settled_on": row["settled_on"],
        "state": "returned" if row["net_tiyn"] == 0 else "settled" if row["settled"] else "pending",
        "paid_tiyn": row["paid_tiyn"],
        "returned_tiyn": row["returned_tiyn"],
    }


def _return(row: Row) -> Row:
    return {
        **_place(row),
        "period": row["period"],
        "knp": row["knp"],
        "returned_on": row["value_date"],
        "returned_tiyn": row["amount_tiyn"],
        "outcome": row["outcome"],
        "payment_sequence": row["payment_sequence"],
        "payment_line": row["payment_line"],
    }


def _place(row: Row) -> Row:
    return {"sequence": row["sequence"], **{key: row[key] for key in _LINE}}


def _locate(asked: Asked, rows: list[Row]) -> None:
    """byte_offset and byte_length of every line in the archived bytes of its file, which are looked at anew."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row["file_sha256"], set()).add(row["line_no"])
    for sha256, lines in wanted.items():
        path = archive.path_of(asked.home, sha256)
        if not path.exists():
            raise RunFailed(f"archive/{sha256[:2]}/{sha256} is missing: restore it from the backup, then ask again")
        found = places(path, lines)
        for row in rows:
            if row["file_sha256"] == sha256:
                if row["line_no"] not in found:
                    raise RunFailed(f"archive/{sha256[:2]}/{sha256} is altered: restore it from the backup")
                place = found[row["line_no"]]
                row |= {"byte_offset": place.byte_offset, "byte_length": place.byte_length}
