"""The facts of an explanation as a text that a citizen's letter can be answered from, in one of three languages.

Renders what facts.py found and knows nothing else. Money in tenge.
"""

import re
from collections.abc import Iterator
from typing import Any

from pipelines.explain.words import Words
from schemas.calendar import add_months, month_of

Facts = dict[str, Any]
_WAGE = ("employer", "withheld")
_CODES = {"categories": "category", "exemptions": "exemption", "reversals": "reversal", "entrepreneurs": "entrepreneur"}
_LISTS = ("payments", "returns", "intervals", "payer_intervals", "links", "registered")


def as_lines(facts: Facts, say: Words) -> list[str]:
    """The whole explanation: the verdict, why, the months, their lines, what is missing, what to do, the sources."""
    files = _numbered_files(facts)
    parts = {
        "why": _why(facts, say),
        "passed": (say.say(f"passed.{one['branch']}.{one['why']}", **one) for one in facts["decision"]["passed"]),
        "months": (_month(one, say) for one in facts["months"]),
        "payments": _payments(facts, say, files, later=False),
        "payments_later": _payments(facts, say, files, later=True),
        "returns": _returns(facts, say, files),
        "intervals": (
            _at(say, files, one, say.say("interval", **worded_interval(one, say))) for one in facts["intervals"]
        ),
        "payer_intervals": (
            _at(say, files, one, say.say("payer_interval", **worded_interval(one, say)))
            for one in facts["payer_intervals"]
        ),
        "links": (_at(say, files, one, say.say("link", **one)) for one in facts["links"]),
        "registered": (_at(say, files, one, say.say("registered", **one)) for one in facts["registered"]),
        "missing": _missing(facts, say),
        "advice": _advice(facts, say),
        "rules": (_rule(one, say) for one in facts["rules"]),
        "files": (say.say("file", **{**one, "file": number}) for number, one in files.values()),
    }
    lines = list(_head(facts, say))
    for name, told in parts.items():
        body = [f"  {line}" for entry in told for line in entry.split("\n")]
        if body:
            lines += ["", say.of(f"heading.{name}"), *body]
    return lines


def _head(facts: Facts, say: Words) -> Iterator[str]:
    verdict = facts["verdict"]
    yield say.say("title", **facts)
    if facts["asked_iin"] != facts["iin"]:
        yield say.say("old_iin", **facts)
    if facts["law_as_of"] is not None:
        yield say.say("law_as_of", **facts)
    yield ""
    yield say.say("verdict", status=say.of(f"status.{verdict['status']}"), reason=say.of(f"reason.{verdict['reason']}"))
    if verdict["conditional_until"] is not None:
        yield say.say("until", **verdict)
    if verdict["last_paid_month"] is not None:
        yield say.say("last_paid", **verdict)


def _why(facts: Facts, say: Words) -> Iterator[str]:
    """The branch that decided with its numbers, after the last paid run where it rests on that."""
    decision, reason = facts["decision"], facts["verdict"]["reason"]
    run, needed = decision["last_run"], {"needed_months": decision["this_run"]["needed_months"]}
    if reason in ("not_yet_due", "grace", "gap") and run is not None:
        yield say.say("last_run", **run)
        if reason != "not_yet_due" and run["long_grace_after_months"] is not None:
            yield say.say("long_history" if run["long_history"] else "short_history", **run)
    key = "gap_without_run" if reason == "gap" and run is None else reason
    if reason == "transitional" and decision["transitional_until"] is None:
        key = "transitional_open"
    numbers = decision["this_run"] if reason in ("paid", "prepaid") else {**(run or {}), **needed}
    numbers = {**numbers, "transitional_until": decision["transitional_until"], "month": facts["month"]}
    yield say.say(f"decided.{key}", **numbers)


def _month(one: Facts, say: Words) -> str:
    if one["basis"] == "paid":
        kind = say.of(f"payer_kind.{one['payer_kind']}")
        key = "wage" if one["payer_kind"] in _WAGE else "own"
        told = say.say(f"covered.{key}", **{**one, "kind": kind})
    elif one["basis"] is not None:
        basis = say.of(f"basis.{one['basis']}")
        told = "; ".join(say.say("covered.interval", basis=basis, **_worded(row, say)) for row in one["intervals"])
    else:
        told = "; ".join(_reason_why_not(row, say) for row in one["why_not"])
    told += say.of(f"role.{one['role']}")
    return say.say("letter_line", month=one["month"], letter=one["letter"], told=told)


def _reason_why_not(row: Facts, say: Words) -> str:
    why = row["why"]
    if why == "not_in_force":
        why = why if row["since"] else "unknown_category"
        return say.say(f"why_not.{why}", **{**row, "code": _word(say, "category", row["code"])})
    return say.say(f"why_not.{why}", **row)


def _payments(facts: Facts, say: Words, files: dict[str, Any], later: bool) -> Iterator[str]:
    """The payments for the shown months, or those for later ones; numbered as one list."""
    last = facts["months"][-1]["month"]
    for no, one in enumerate(facts["payments"], start=1):
        if (one["period"] > last) != later:
            continue
        kind, state = say.of(f"payer_kind.{one['payer_kind']}"), say.of(f"state.{one['state']}")
        told = say.say("payment", **{**one, "no": no, "kind": kind, "state": state})
        if one["returned_tiyn"]:
            told += "; " + say.say("lessened", **one)
        yield _at(say, files, one, told)


def _returns(facts: Facts, say: Words, files: dict[str, Any]) -> Iterator[str]:
    numbers = {(one["sequence"], one["line_no"]): no for no, one in enumerate(facts["payments"], start=1)}
    for one in facts["returns"]:
        no = numbers.get((one["payment_sequence"], one["payment_line"]))
        outcome = say.say(f"outcome.{one['outcome']}", no=no)
        yield _at(say, files, one, say.say("return", **{**one, "outcome": outcome}))


def worded_interval(one: Facts, say: Words) -> Facts:
    """An interval with the words of its register, its code, and an open end."""
    return {**_worded(one, say), "register": say.of(f"register.{one['register']}")}


def _worded(one: Facts, say: Words) -> Facts:
    """An interval with the words of its code, and of an open end."""
    end = one["to"] if one["to"] is not None else say.of("open_end")
    return {**one, "code": _word(say, _CODES[one["register"]], one["code"]), "to": end}


def _word(say: Words, group: str, code: str) -> str:
    """The words of a code; a code that came with newer rules than the words stands for itself."""
    known = say.told[group]
    return str(known.get(code, code))


def _missing(facts: Facts, say: Words) -> Iterator[str]:
    if not facts["missing"]:
        yield say.of("missing.none")
        return
    for one in facts["missing"]:
        yield say.say("missing.month", **one, payer=say.of(f"as_payer.{one['payer_kind']}"))
    yield say.say("missing.total", **facts["verdict"])
    yield say.of("missing.rate")


def _advice(facts: Facts, say: Words) -> Iterator[str]:
    advice = facts["advice"]
    if advice["interval_is_open"] is not None:
        yield say.say("advice.interval_open" if advice["interval_is_open"] else "advice.interval_ends", **advice)
    for place, option in enumerate(advice["options"]):
        told = _option(option, say)
        yield told if place == 0 else say.say("advice.or", told=told[0].lower() + told[1:])
    following = advice["next"]
    if following is not None:
        end = advice["interval_ends_on"]
        yield from _next(
            following, say, after_interval=end is not None and month_of(end) == add_months(following["month"], -1)
        )
    if not advice["options"] and following is None and advice["interval_is_open"] is None:
        yield say.say("advice.no_way" if facts["verdict"]["status"] != "insured" else "advice.none", **facts)
    if advice["insured_from"] is not None:
        yield say.say("advice.insured_from", **advice["insured_from"], verdict=_status(say, advice["insured_from"]))


def _option(option: Facts, say: Words) -> str:
    told = {**option, "months": _parts(option, say), "verdict": _status(say, option)}
    then = " " + say.say("advice.then", **option) if option["next_month"] is not None else ""
    return say.say(f"advice.{option['way']}", **told) + then


def _next(following: Facts, say: Words, after_interval: bool) -> Iterator[str]:
    payer = say.of(f"as_payer.{following['payer_kind']}")
    own = "next_wage" if following["payer_id"] else "next_own"
    key = "after_interval" if after_interval else "next_registered" if following["registered_month"] else own
    when = "in_time" if following["in_time"] else "late"
    yield " ".join(say.say(f"advice.{one}", **{**following, "payer": payer}) for one in (key, when))
    results = {key: _status(say, following[key]) for key in ("if_paid", "if_not")}
    yield say.say("advice.tried", **{**following, **results})


def _parts(option: Facts, say: Words) -> str:
    """The months of an option with their amounts; months in a row of one amount as a span."""
    spans: list[list[Facts]] = []
    for part in option["months"]:
        last = spans[-1][-1] if spans else None
        if last and add_months(last["month"], 1) == part["month"] and last["owed_tiyn"] == part["owed_tiyn"]:
            spans[-1].append(part)
        else:
            spans.append([part])
    told = [
        say.say("advice.part", **span[0])
        if len(span) == 1
        else say.say("advice.span", first=span[0]["month"], last=span[-1]["month"], owed_tiyn=span[0]["owed_tiyn"])
        for span in spans
    ]
    return ", ".join(told) + (f" ({say.of('advice.each')})" if len(option["months"]) > 1 else "")


def _status(say: Words, verdict: Facts) -> str:
    status, reason = say.of(f"status.{verdict['status']}"), say.of(f"short_reason.{verdict['reason']}")
    return say.say("status_and_reason", status=status[0].lower() + status[1:], reason=reason)


def _rule(one: Facts, say: Words) -> str:
    name, _, code = one["name"].partition(".")
    title = say.say(f"rule_title.{name}", code=_word(say, "category", code))
    unit, value = say.of(f"unit.{one['unit']}"), say.told["rule_value"].get(one["value"], one["value"])
    law, source = _in_language(one["law"], say), _in_language(one["source"], say)
    line = say.say("rule", title=title, value=value, unit=unit, valid_from=one["valid_from"], law=law, source=source)
    return re.sub(" +([,.])", r"\1", line)


def _in_language(law: str, say: Words) -> str:
    for pattern, replacement in say.told["law_words"]:
        law = re.sub(pattern, replacement, law)
    return law


def _numbered_files(facts: Facts) -> dict[str, tuple[int, Facts]]:
    """Every file that a line of the facts came from, once, with its number."""
    found: dict[str, tuple[int, Facts]] = {}
    for name in _LISTS:
        for row in facts[name]:
            found.setdefault(row["file_sha256"], (len(found) + 1, row))
    return found


def _at(say: Words, files: dict[str, Any], row: Facts, told: str) -> str:
    """What a line says, and under it where it stands; the line itself if it was asked for."""
    place = say.say("place", **row, file=f"[{files[row['file_sha256']][0]}]")
    shown = "\n    " + say.say("line_text", **row).replace("\n", "\n    ") if "line_text" in row else ""
    return f"{told}\n    {place}{shown}"
