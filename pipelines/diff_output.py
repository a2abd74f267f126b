"""Tell a difference as a table for the screen, as CSV (RFC 4180) or as one JSON document, written part by part.

For the auditor: rows name people by their IIN. Grain: schemas/changes.py, in its order. The same difference gives the
same text.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import polars as pl

from pipelines.ahead import made_ahead
from pipelines.compared import Side
from pipelines.csv_output import csv_text
from pipelines.diff import Difference
from pipelines.tenge import tenge
from schemas.changes import CHANGES, KINDS
from schemas.codes import CAUSES

_NEXT = ",\n  "  # between two rows as JSON
_SECTIONS = {"person": "people", "payment": "payments", "break": "breaks"}


def as_csv(told: Difference) -> Iterator[bytes]:
    """One header, then flat rows: changes, then totals; nothing but the header where nothing differs."""
    yield csv_text(pl.DataFrame(schema=CHANGES.types()), header=True).encode()
    for kind in _SECTIONS:
        yield from made_ahead(lambda part: csv_text(part).encode(), told.changes(kind))
    yield csv_text(told.totals).encode()


def as_json(told: Difference) -> Iterator[bytes]:
    """One document: both snapshots, notes, what the causes mean, totals, people, payments, breaks."""
    head = {"a": _side(told.a), "b": _side(told.b), "notes": told.notes, "causes": CAUSES}
    head["totals"] = {section: _totals_of(told, kind).to_dicts() for kind, section in _SECTIONS.items()}
    yield json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}").encode()
    for kind, section in _SECTIONS.items():
        yield f',\n "{section}": ['.encode()
        before = _NEXT[1:].encode()
        for rows in made_ahead(_json_rows, (part.select(KINDS[kind]) for part in told.changes(kind)), at_once=2):
            yield before
            yield rows
            before = _NEXT.encode()
        yield b"]"
    yield b"\n}\n"


def _json_rows(part: pl.DataFrame) -> bytes:
    rows = part.select(pl.struct(pl.all()).struct.json_encode().str.join(_NEXT))  # leaves Python free, unlike a file
    return str(rows.item()).encode()


def as_table(told: Difference) -> Iterator[bytes]:
    """Text: head, totals by cause with what they mean, and a section each for people, payments and breaks."""
    yield from (text.encode() for text in _table(told))


def _table(told: Difference) -> Iterator[str]:
    for name, side in (("A", told.a), ("B", told.b)):
        law = "" if side.cut.law_as_of is None else f", law as of {side.cut.law_as_of}"
        yield f"{name}  {side.name}: {side.cut.month:%Y-%m} as known on {side.cut.known_at}{law}\n"
    yield "".join(f"note: {note}\n" for note in told.notes)
    yield from _totals(told)
    for kind in _SECTIONS:
        head = f"\n{_HEADS[kind]}\n"
        for part in told.changes(kind):
            yield head + "".join(f"{_LINES[kind](row)}\n" for row in part.iter_rows(named=True))
            head = ""


FORMATS: Final[dict[str, Callable[[Difference], Iterator[bytes]]]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}


def _side(side: Side) -> dict[str, Any]:
    law_as_of = None if side.cut.law_as_of is None else str(side.cut.law_as_of)
    told = {"id": side.name, "month": f"{side.cut.month:%Y-%m}", "known_at": str(side.cut.known_at)}
    return told | {"law_as_of": law_as_of, "people": side.people}


def _totals_of(told: Difference, kind: str) -> pl.DataFrame:
    return told.totals.filter(what=f"{kind}_total").select(KINDS[f"{kind}_total"])


def _person(row: dict[str, Any]) -> str:
    before, after = (_status(row[side], row[f"{side}_reason"]) for side in ("before", "after"))
    return f"{row['iin']}  {before:<25} {after:<25} {row['cause']}"


def _payment(row: dict[str, Any]) -> str:
    before, after = (_state(row, side) for side in ("before", "after"))
    iin = row["iin"] if row["before_iin"] in (None, row["iin"]) else f"{row['iin']} ({row['before_iin']})"
    place = f"{row['file_sha256'][:12]} line {row['line_no']}"
    return (
        f"{row['change']:<8} {iin}  {row['period']:%Y-%m} {tenge(row['amount_tiyn']):>16}  {before:<30} {after:<30} "
        f"{row['cause']:<13} {place}"
    )


def _break(row: dict[str, Any]) -> str:
    period = f"{row['period']:%Y-%m}" if row["period"] else "-"
    amount = "-" if row["amount_tiyn"] is None else tenge(row["amount_tiyn"])
    place = f"{row['file_sha256'][:12]} line {row['line_no']}" if row["file_sha256"] else ""
    ids = f"{row['iin'] or '-':<12} {row['payer_id'] or '-':<12}"
    return f"{row['change']:<8} {row['code']:<26} {ids} {period:<7} {amount:>16}  {place}".rstrip()


def _status(status: str | None, reason: str | None) -> str:
    return "not known" if status is None else f"{status} ({reason})"


def _state(row: dict[str, Any], side: str) -> str:
    if row[side] is None:
        return "-"
    returned = row[f"{side}_returned_tiyn"]
    back = f", {tenge(returned)} back" if returned else ""
    return f"{row[side]} {row[f'{side}_kind'] or '-'}{back}"


_LINES: dict[str, Callable[[dict[str, Any]], str]] = {"person": _person, "payment": _payment, "break": _break}
_HEADS = {
    "person": f"{'person':<13} {'in A':<25} {'in B':<25} cause",
    "payment": (
        f"{'payment':<8} {'person':<12}  {'period':<7} {'tenge':>16}  {'in A':<30} {'in B':<30} {'cause':<13} where"
    ),
    "break": f"{'break':<8} {'code':<26} {'person':<12} {'payer':<12} {'period':<7} {'tenge':>16}  where",
}


def _totals(told: Difference) -> Iterator[str]:
    if told.totals.is_empty():
        yield "\nno difference\n"
        return
    yield f"\n{'total':<16} {'cause or code':<26} {'in A':<12} {'in B':<12} {'rows':>12} {'tenge':>20}\n"
    for row in told.totals.iter_rows(named=True):
        kind = row["what"].removesuffix("_total")
        sides = [row[side] or "not known" if kind == "person" else "" for side in ("before", "after")]
        money = "" if row["amount_tiyn"] is None else tenge(row["amount_tiyn"])
        label = _SECTIONS[kind] if kind == "person" else f"{_SECTIONS[kind]} {row['change']}"
        cause = row["code"] or row["cause"]
        yield f"{label:<16} {cause:<26} {sides[0]:<12} {sides[1]:<12} {row['rows']:>12,} {money:>20}".rstrip() + "\n"
    yield f"\n{'people':<16} {'in A':>12} {'in B':>12} {'more':>12}\n"
    for status, before in told.a.people.items():
        after = told.b.people[status]
        yield f"{status:<16} {before:>12,} {after:>12,} {after - before:>+12,}\n"
    yield "the totals add up to these differences\n\n"
    found = set(told.totals["cause"])
    yield "".join(f"{cause}: {sentence}\n" for cause, sentence in CAUSES.items() if cause in found)


def counts(told: Difference) -> str:
    """How many people, payments and breaks differ; nothing personal."""
    rows = {section: int(_totals_of(told, kind)["rows"].sum()) for kind, section in _SECTIONS.items()}
    return ", ".join(f"{count:,} {section}" for section, count in rows.items())
