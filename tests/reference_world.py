"""What the reference knows of the world: payments, returns, registers, the calendar and the fixed amounts.

Plain Python from rules.md sections 1-2 and contract.md section 3; imports nothing of the product. Money is
tiyn, a month is the date of its first day. The law of months and statuses is in reference.py.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import holidays

START = date(2020, 1, 1)
FIXED_TENGE = {  # year: (sole proprietor, independent payer); the last row holds for all later years
    2020: (2975, 2125), 2021: (2975, 2125), 2022: (4200, 3000), 2023: (4900, 3500),
    2024: (5950, 4250), 2025: (5950, 4250), 2026: (5950, 4250),
}  # fmt: skip
AGENTS = {"971240001315", "940140000385", "000140002217"}


@dataclass(frozen=True)
class Payment:
    """One accepted payment line; sequence is the file's place in the intake, line the physical line."""

    received_on: date
    sequence: int
    line: int
    value_date: date
    period: date
    knp: str
    payer: str
    person: str
    tiyn: int
    reference: str = ""
    number: str = ""


@dataclass(frozen=True)
class Return:
    """One accepted return line; reference and number are the original payment's, empty when unknown."""

    received_on: date
    sequence: int
    line: int
    return_date: date
    period: date
    knp: str
    payer: str
    person: str
    tiyn: int
    reference: str = ""
    number: str = ""


@dataclass(frozen=True)
class Register:
    """One delivery of a register; rows hold its CSV columns, dates as date or None."""

    received_on: date
    sequence: int
    file_name: str
    kind: str
    rows: tuple[dict, ...]


@dataclass
class World:
    """Everything that was ever accepted."""

    payments: list = field(default_factory=list)
    returns: list = field(default_factory=list)
    registers: list = field(default_factory=list)


def plus(month: date, count: int) -> date:
    """The month `count` months later."""
    months = month.year * 12 + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def months_between(first: date, last: date) -> int:
    """How many months lie after `first` up to `last`."""
    return (last.year - first.year) * 12 + last.month - first.month


def last_day(month: date) -> date:
    """The last day of the month."""
    return plus(month, 1) - timedelta(days=1)


@cache
def public_holidays() -> holidays.HolidayBase:
    """Kazakhstan's public holidays, observed days included."""
    return holidays.country_holidays("KZ", observed=True)


@cache
def plus_banking_days(day: date, count: int) -> date:
    """The count-th banking day strictly after the day."""
    while count:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in public_holidays():
            count -= 1
    return day


def due_date(kind: str, month: date) -> date:
    """The day by which the month is to be paid."""
    return last_day(month) if kind == "independent" else plus(month, 1).replace(day=25)


def fixed_tiyn(kind: str, year: int) -> int:
    """The fixed monthly amount of own money of that year."""
    sole, independent = FIXED_TENGE[min(max(year, min(FIXED_TENGE)), max(FIXED_TENGE))]
    return 100 * (sole if kind == "sole_proprietor" else independent)


def is_bin(number: str) -> bool:
    """True for an organisation's number, by its fifth digit."""
    return number[4] in "456"


def touches(row: dict, month: date) -> bool:
    """True if the interval has at least one day in the month."""
    return row["from"] <= last_day(month) and (row["to"] is None or row["to"] >= month)


def months_down(month: date) -> Iterator[date]:
    """The month and each one before it, down to 2020-01."""
    while month >= START:
        yield month
        month = plus(month, -1)


def in_force(registers: list[Register], kind: str, day: date) -> tuple[dict, ...]:
    """The rows of the register of this kind that is in force on the day."""
    known = [r for r in registers if r.kind == kind and r.received_on <= day]
    best = max(known, key=lambda r: (r.received_on, r.file_name, r.sequence), default=None)
    return best.rows if best else ()


def good_links(rows: tuple[dict, ...]) -> dict[str, str]:
    """Old IIN to next IIN: the first row of each old IIN, without the rows of a loop."""
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row["old_iin"], row["current_iin"])

    def in_loop(iin: str) -> bool:
        step, seen = first.get(iin), set()
        while step is not None and step != iin and step not in seen:
            seen.add(step)
            step = first.get(step)
        return step == iin

    return {old: new for old, new in first.items() if not in_loop(old)}


def current(number: str, links: dict[str, str]) -> str:
    """The IIN at the end of the chain of links."""
    while number in links:
        number = links[number]
    return number


def by_person(rows: tuple[dict, ...], links: dict[str, str]) -> dict[str, list[dict]]:
    """Register rows by the person's current IIN; an interval that ends before it begins is no row."""
    found = defaultdict(list)
    for row in rows:
        if "from" not in row or row["to"] is None or row["from"] <= row["to"]:
            found[current(row["iin"], links)].append(row)
    return found


def unreturned(payments: list[Payment], returns: list[Return], links: dict[str, str]) -> list[tuple[Payment, int]]:
    """Each payment with what is left of it after the returns."""

    def key(line: Payment | Return) -> tuple:
        return current(line.payer, links), current(line.person, links), line.period, line.knp

    ordered = sorted(payments, key=lambda p: (p.sequence, p.line))
    left = [p.tiyn for p in ordered]
    alike = defaultdict(list)
    for place, p in enumerate(ordered):
        alike[key(p)].append(place)
    for r in sorted(returns, key=lambda r: (r.return_date, r.sequence, r.line)):
        fitting = [place for place in alike[key(r)] if left[place] >= r.tiyn]
        if r.reference:
            named = [place for place in fitting if ordered[place].reference == r.reference]
            fitting = [place for place in named if r.number in ("", ordered[place].number)]
        elif len(fitting) > 1:
            fitting = []
        if fitting:
            left[fitting[0]] -= r.tiyn
    return list(zip(ordered, left, strict=True))


def payer_kind(p: Payment, payer: str, person: str, entrepreneurs: dict[str, list[dict]]) -> str | None:
    """Whose money the line is; None when it can cover nothing."""

    def active(iin: str) -> bool:
        return any(touches(row, p.period) for row in entrepreneurs.get(iin, ()))

    if p.knp == "121":
        return None if payer == person else "employer"
    if p.knp != "122":
        return None
    if is_bin(payer):
        if payer not in AGENTS:
            return "withheld"
    elif payer != person and active(payer):
        return "withheld"
    return "sole_proprietor" if active(person) else "independent"
