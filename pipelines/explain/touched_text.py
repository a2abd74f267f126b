"""The facts about a line as a text in one of three languages: what it is, and which statuses it touched.

Renders what touched.py found and knows nothing else. Money in tenge.
"""

from collections.abc import Iterator
from typing import Any

from pipelines.explain.text import worded_interval
from pipelines.explain.words import Words

Facts = dict[str, Any]


def as_lines(facts: Facts, say: Words) -> list[str]:
    """What the line is, then what it changed."""
    origin = "touched.file" if facts["format"] is not None else "touched.unread"
    lines = [say.say("touched.title", **facts), say.say(origin, **facts)]
    if facts["asked_line"] != facts["line_no"]:
        lines.append(say.say("touched.belongs", **facts))
    if "line_text" in facts:
        lines.append(say.say("line_text", **facts))
    return [*lines, "", *_what(facts, say), "", *_touched(facts, say)]


def _what(facts: Facts, say: Words) -> Iterator[str]:
    for row in facts["payments"]:
        yield say.say("touched.payment", **{**row, "state": say.of(f"state.{row['state']}")})
    for row in facts["returns"]:
        told = {**row, "payment_file": (row["payment_file"] or "")[:12]}
        yield say.say("touched.return", **{**told, "outcome": say.say(f"touched.outcome.{row['outcome']}", **told)})
    for row in facts["intervals"]:
        yield say.say("touched.interval", **worded_interval(row, say))
    for name in ("link", "transfer"):
        yield from (say.say(f"touched.{name}", **row) for row in facts[f"{name}s"])
    yield from (say.say("touched.entry", **row) for row in facts["entries"])
    for row in facts["statements"]:
        said = {name: "-" if value is None else value for name, value in row.items()}  # a balance may be unreadable
        yield say.say("touched.statement", **said)
        yield say.say("touched.balances" if row["balances"] else "touched.off_balance", **said)
    yield from (say.say("touched.registered", **row) for row in facts["registered"])
    for row in facts["outside"]:
        yield from _outside(row, say, is_money=facts["source"] != "registers")
    if facts["withdrawn_on"] is not None:
        yield say.say("touched.withdrawn", **facts)
    elif facts["is_in_force"] is False:
        yield say.of("touched.out_of_force")


def _outside(row: Facts, say: Words, is_money: bool) -> Iterator[str]:
    """Why it did not get in, its money unless it is a row of a register, and what to do next unless it was released."""
    yield say.say("touched.outside", reason=row["reason"], sentence=say.of(f"outside.{row['reason']}.sentence"))
    if row["field"] is not None:
        yield say.say("touched.field", field=row["field"])
    if is_money and row["amount_tiyn"] is not None:
        yield say.say("touched.money", amount_tiyn=row["amount_tiyn"])
    if row["released_on"] is not None:
        yield say.say("touched.released", **row)
    else:
        yield say.say("touched.next_step", next_step=say.of(f"outside.{row['reason']}.next_step"))


def _touched(facts: Facts, say: Words) -> Iterator[str]:
    if facts["covers"]:
        yield say.say("touched.covers", months=", ".join(say.month(month) for month in facts["covers"]))
    if not facts["people"]:
        yield say.of("touched.nobody")
    elif not facts["months"]:
        yield say.say("touched.nothing", **facts)
    else:
        yield say.say("touched.changed", **facts)
        for row in facts["months"]:
            yield "  " + say.say("touched.change", **{**row, **_sides(row, say)})


def _sides(row: Facts, say: Words) -> dict[str, str]:
    """Both sides of a change, with arrears that differ, and with the missing months where nothing else does."""
    sides = {key: _state(row[key], say) for key in ("with", "without")}
    if row["with"] is None or row["without"] is None:
        return sides
    if row["with"]["arrears_tiyn"] != row["without"]["arrears_tiyn"]:
        for key in sides:
            sides[key] += say.say("touched.arrears", **row[key])
    if sides["with"] == sides["without"]:
        for key in sides:
            months = ", ".join(say.month(month) for month in row[key]["missing_months"])
            sides[key] += say.say("touched.missing", months=months or say.of("touched.none_missing"))
    return sides


def _state(row: Facts | None, say: Words) -> str:
    if row is None:
        return say.of("touched.unknown")
    status, reason = say.of(f"status.{row['status']}"), say.of(f"short_reason.{row['reason']}")
    return say.say("touched.state", letters=row["coverage_months"], status=status, reason=reason)
