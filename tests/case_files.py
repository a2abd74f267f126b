"""Read the specification cases of tests/cases/*.yaml and spell out their tables, one line each.

A case is given -> expected. `payments`, `returns` and the registers are small tables with a header row;
`on` is the day known at, `month` the month asked for. `and` lists further questions about the same facts.
Shorthands: `2025-01..2025-12` in `period` is one line for each month; in `paid on`, `20th` is the 20th of
the month paid for, `+20` the 20th of the month after it, `-20` of the month before. `received` is the day
the file comes in (default: `on`). The rows of a register with one `received` and one `file` are all that
delivery holds; a row whose code is `nobody` stands for a header without rows.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import yaml

CASES = Path(__file__).parent / "cases"
CASE_KEYS = {"case", "why", "on", "month", "expect", "and"}
EXPECT_KEYS = {
    "status", "reason", "months", "missing", "arrears", "last_paid", "conditional_until", "breaks",
    "basis", "payer_kind", "required", "covered_on", "people", "refused", "rules",
}  # fmt: skip
PAYMENT_COLUMNS = {"paid on", "period", "knp", "payer", "tenge", "received", "person", "reference", "number"}
PAYMENT_COLUMNS |= {"surname", "born"}
RETURN_COLUMNS = (PAYMENT_COLUMNS - {"paid on", "surname", "born"}) | {"returned on"}
# register -> file name begins with, columns of the file by the columns of the table ("" = always empty)
REGISTERS = {
    "categories": ("categories", {"iin": "person", "category": "category", "from": "from", "to": "to"}),
    "exemptions": ("exemptions", {"iin": "person", "kind": "kind", "from": "from", "to": "to"}),
    "reversals": ("reversals", {"iin": "person", "reason": "reason", "from": "from", "to": "to"}),
    "links": ("iin_links", {"old_iin": "old", "current_iin": "current"}),
    "entrepreneurs": ("entrepreneurs", {"iin": "person", "kind": "kind", "from": "from", "to": "to"}),
    "persons": (
        "persons",
        {"iin": "person", "surname": "surname", "name": "", "patronymic": "", "birth_date": "birth date"},
    ),
}


def with_check_digit(eleven: str) -> str:
    """The IIN or BIN that begins with these eleven digits."""
    for weights in (range(1, 12), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)):
        digit = sum(int(d) * w for d, w in zip(eleven, weights, strict=True)) % 11
        if digit < 10:
            return f"{eleven}{digit}"
    raise ValueError(f"no such number begins with {eleven}")


# Everybody who may occur in a case: people born in the 1880s, and organisations by their BIN.
PEOPLE = {
    "self": with_check_digit("88010110010"),
    "old": with_check_digit("88010110021"),
    "older": with_check_digit("88010110032"),
    "relative": with_check_digit("85031520044"),
    "proprietor": with_check_digit("83070710055"),
    "proprietor_old": with_check_digit("83070710066"),
    "other": with_check_digit("87112520077"),
}
ORGANISATIONS = {
    "employer": with_check_digit("05034000011"),
    "employer2": with_check_digit("11094100022"),
    "foreign_company": with_check_digit("14065000033"),
    "joint_proprietors": with_check_digit("16026000044"),
    "agent": "971240001315",  # Kaspi Bank
}
IDS = PEOPLE | ORGANISATIONS


@dataclass(frozen=True)
class Line:
    """One payment or return line, as a bank would write it."""

    received: date
    on: date
    period: date
    knp: str
    payer: str
    person: str
    tiyn: int
    reference: str
    number: str
    surname: str = ""
    born: str = ""  # yyyymmdd; only a message (a line with a number) can tell it


@dataclass(frozen=True)
class Delivery:
    """One register file: what it is called, the day it comes in, the rows under its header."""

    received: date
    kind: str
    file_name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Case:
    """One question about the facts of a case: what is this person's status of `month`, known on `on`?"""

    title: str
    why: str
    on: date
    month: date
    expect: dict
    payments: tuple[Line, ...]
    returns: tuple[Line, ...]
    registers: tuple[Delivery, ...]


def all_cases() -> list[Case]:
    """Every question of every file, in file order; titles are unique."""
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        for entry in yaml.load(text, Loader=yaml.BaseLoader):  # noqa: S506  it makes text of every value
            found.extend(_questions(path.stem, entry))
    titles = [case.title for case in found]
    assert len(titles) == len(set(titles)), [title for title in titles if titles.count(title) > 1]
    return found


def month_day(text: str) -> date:
    """`2025-06` -> the first day of that month."""
    return date.fromisoformat(f"{text}-01")


def months_of(text: str) -> list[date]:
    """`2025-01..2025-03` -> three months, `2025-01` -> one."""
    first, _, last = text.partition("..")
    start, end = month_day(first), month_day(last or first)
    return [_shift(start, step) for step in range((end.year - start.year) * 12 + end.month - start.month + 1)]


def _questions(subject: str, entry: dict) -> list[Case]:
    title = f"{subject}: {entry['case']}"
    _known(entry, CASE_KEYS | {"payments", "returns"} | set(REGISTERS), title)
    found = []
    for asked in [entry, *entry.get("and", [])]:
        on, month = asked.get("on", entry["on"]), asked.get("month", entry["month"])
        _known(asked["expect"], EXPECT_KEYS, title)
        label = title if asked is entry else f"{title} / {month} on {on}"
        day = date.fromisoformat(on)
        found.append(
            Case(
                title=label,
                why=entry["why"],
                on=day,
                month=month_day(month),
                expect=asked["expect"],
                payments=_lines(entry.get("payments", ""), "paid on", PAYMENT_COLUMNS, day),
                returns=_lines(entry.get("returns", ""), "returned on", RETURN_COLUMNS, day),
                registers=_deliveries(entry, day),
            )
        )
    return found


def _lines(text: str, day_column: str, columns: set[str], default: date) -> tuple[Line, ...]:
    found = []
    for row in _table(text, columns):
        for period in months_of(row["period"]):
            found.append(
                Line(
                    received=_received(row, default),
                    on=_day(row[day_column], period),
                    period=period,
                    knp=row["knp"],
                    payer=IDS[row["payer"]],
                    person=PEOPLE[row.get("person") or "self"],
                    tiyn=int(Decimal(row["tenge"]) * 100),
                    reference=row.get("reference", ""),
                    number=row.get("number", ""),
                    surname=row.get("surname", ""),
                    born=row.get("born", ""),
                )
            )
    return tuple(found)


def _deliveries(entry: dict, default: date) -> tuple[Delivery, ...]:
    held: dict[tuple[date, str, str], list[tuple[str, ...]]] = {}
    for kind, (stem, columns) in REGISTERS.items():
        for row in _table(entry.get(kind, ""), {*columns.values(), "received", "file"} - {""}):
            name = f"{row.get('file') or stem}.csv"
            rows = held.setdefault((_received(row, default), kind, name), [])
            if "nobody" not in row.values():
                rows.append(tuple(_register_value(row, column) for column in columns.values()))
    return tuple(
        Delivery(received, kind, name, tuple(REGISTERS[kind][1]), tuple(rows))
        for (received, kind, name), rows in sorted(held.items())
    )


def _register_value(row: dict[str, str], column: str) -> str:
    if column in ("person", "old", "current"):
        return PEOPLE[row.get(column) or "self"]
    return row.get(column, "")


def _table(text: str, columns: set[str]) -> list[dict[str, str]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]
    if not rows:
        return []
    _known(rows[0], columns, text)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def _known(names, allowed: set[str], where: str) -> None:
    unknown = set(names) - allowed
    assert not unknown, f"{where}: unknown {sorted(unknown)}"


def _received(row: dict[str, str], default: date) -> date:
    return date.fromisoformat(row["received"]) if row.get("received") else default


def _day(text: str, period: date) -> date:
    if text.endswith("th"):
        return period.replace(day=int(text[:-2]))
    if text[0] in "+-":
        month = _shift(period, 1 if text[0] == "+" else -1)
        return month.replace(day=min(int(text[1:]), calendar.monthrange(month.year, month.month)[1]))
    return date.fromisoformat(text)


def _shift(month: date, steps: int) -> date:
    year, index = divmod(month.year * 12 + month.month - 1 + steps, 12)
    return date(year, index + 1, 1)
