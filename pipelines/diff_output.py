"""Tell a difference as a table for the screen, as CSV (RFC 4180) or as one JSON document, written part by part.

For the auditor: rows name people by their IIN. Grain: schemas/changes.py, in its order. The same difference gives the
same text. Nothing is told as a whole before its end, where the totals stand: a difference that does not add up raises.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import polars as pl

from pipelines.compared import Side
from pipelines.diff import Difference
from pipelines.summary import tenge
from schemas.changes import CHANGES, KINDS
from schemas.codes import CAUSES

_SECTIONS = {"person": "people", "payment": "payments", "break": "breaks"}


def as_csv(told: Difference) -> Iterator[str]:
    """One header, then flat rows: changes, then totals; nothing but the header where nothing differs."""
    yield pl.DataFrame(schema=CHANGES.types()).write_csv(line_terminator="\r\n")
    for _, part in told.changes():
        yield part.write_csv(include_header=False, line_terminator="\r\n")
    yield told.totals.write_csv(include_header=False, line_terminator="\r\n")


def as_json(told: Difference) -> Iterator[str]:
    """One document: both snapshots, notes, what the causes mean, people, payments, breaks, totals."""
    head = {"a": _side(told.a), "b": _side(told.b), "notes": told.notes, "causes": CAUSES}
    yield json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    section, begun = "", False
    for kind, part in told.changes():
        if kind != section:
            yield f'{"" if not section else "]"},\n "{_SECTIONS[kind]}": ['
            section, begun = kind, False
        if part.height:
            yield f"{',' if begun else ''}\n  {_objects(part, kind)}"
            begun = True
    groups = [(kind, told.totals.filter(what=kind)) for kind in KINDS if kind.endswith("_total")]
    listed = (f'"{_SECTIONS[kind.removesuffix("_total")]}": [{_objects(part, kind)}]' for kind, part in groups)
    yield f'],\n "totals": {{\n  {f",{chr(10)}  ".join(listed)}}}\n}}\n'


def as_table(told: Difference) -> Iterator[str]:
    """Text: head, a section each for people, payments and breaks, and the totals by cause with what they mean."""
    for name, side in (("A", told.a), ("B", told.b)):
        law = "" if side.cut.law_as_of is None else f", law as of {side.cut.law_as_of}"
        yield f"{name}  {side.name}: {side.cut.month:%Y-%m} as known on {side.cut.known_at}{law}\n"
    yield "".join(f"note: {note}\n" for note in told.notes)
    section, begun = "", False
    for kind, part in told.changes():
        if kind != section:
            section, begun = kind, False
        if part.height and not begun:
            yield f"\n{_HEADS[kind]}\n"
            begun = True
        yield "".join(f"{_LINES[kind](row)}\n" for row in part.iter_rows(named=True))
    yield from _totals(told)


FORMATS: Final[dict[str, Callable[[Difference], Iterator[str]]]] = {
    "table": as_table,
    "json": as_json,
    "csv": as_csv,
}


def _side(side: Side) -> dict[str, Any]:
    law_as_of = None if side.cut.law_as_of is None else str(side.cut.law_as_of)
    told = {"id": side.name, "month": f"{side.cut.month:%Y-%m}", "known_at": str(side.cut.known_at)}
    return told | {"law_as_of": law_as_of, "people": side.people}


def _objects(rows: pl.DataFrame, kind: str) -> str:
    return rows.select(KINDS[kind]).write_ndjson().rstrip("\n").replace("\n", ",\n  ")


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
        money = "" if kind == "person" else tenge(row["amount_tiyn"])
        what = row["cause"] if kind != "break" else row["code"]
        label = _SECTIONS[kind] if kind == "person" else f"{_SECTIONS[kind]} {row['change']}"
        yield f"{label:<16} {what:<26} {sides[0]:<12} {sides[1]:<12} {row['rows']:>12,} {money:>20}".rstrip() + "\n"
    yield "\n" + "".join(
        f"{status:<12} {told.a.people[status]:>12,} in A {told.b.people[status]:>12,} in B"
        f" {told.b.people[status] - told.a.people[status]:>+12,}\n"
        for status in told.a.people
    )
    yield "the totals add up to these differences\n\n"
    yield "".join(f"{cause}: {CAUSES[cause]}\n" for cause in CAUSES if cause in set(told.totals["cause"]))
