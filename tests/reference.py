"""The law of rules.md sections 3-4 told slowly and obviously: the answer the product is compared with.

Written from the documents alone; imports nothing of the product. Grain: one Verdict per current IIN
known on the day. Money is tiyn, a month is the date of its first day. Not for use outside tests.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reference_world import (
    START,
    Payment,
    Register,
    Return,
    World,
    by_person,
    current,
    due_date,
    fixed_tiyn,
    good_links,
    in_force,
    last_day,
    months_between,
    months_down,
    payer_kind,
    plus,
    plus_banking_days,
    touches,
    unreturned,
)  # fmt: skip

__all__ = ["Covered", "Payment", "Register", "Return", "Verdict", "World", "coverage", "plus", "verdicts"]

TRANSITIONAL_UNTIL = date(2020, 6, 1)
SHORT_RUN_UNTIL = date(2021, 6, 1)
ADVANCE_SINCE = date(2022, 9, 1)
LONG_GRACE_SINCE = date(2026, 1, 1)
TOLERANCE_TIYN = 100
CATEGORY_SINCE = {"social_crisis": date(2026, 1, 1)}
OWN = ("sole_proprietor", "independent")
LETTERS = {"preferential": "S", "exempt": "E", "paid": "P", "reversed": "R", "uncovered": "-"}
INTERVALS = ("categories", "exemptions", "reversals")


@dataclass
class Verdict:
    """What insured_status says of one person."""

    status: str
    reason: str
    coverage_months: str
    missing_months: list[date]
    arrears_tiyn: int
    last_paid_month: date | None
    conditional_until: date | None


@dataclass
class Covered:
    """What coverage says of one person."""

    basis: str
    payer_kind: str | None
    required_tiyn: int | None
    covered_on: date | None


def verdicts(world: World, month: date, day: date) -> dict[str, Verdict]:
    """The verdict on the month as known on the day, by current IIN, for every person known on the day."""
    if not START <= month <= plus(day.replace(day=1), 1):
        raise ValueError(f"month {month} cannot be told on {day}")
    return {person.iin: person.verdict(month) for person in people(world, day)}


def coverage(world: World, month: date, day: date) -> dict[str, Covered]:
    """The month's coverage as known on the day, for every person the month has a basis for."""
    found = {person.iin: person.covered(month) for person in people(world, day)}
    return {iin: row for iin, row in found.items() if row.basis != "uncovered"}


def people(world: World, day: date) -> Iterator["Person"]:
    """Every person known on the day, with what is known of that person."""
    registers = {kind: in_force(world.registers, kind, day) for kind in (*INTERVALS, "entrepreneurs", "persons")}
    links = good_links(in_force(world.registers, "iin_links", day))
    payments = [p for p in world.payments if p.received_on <= day]
    returns = [r for r in world.returns if r.received_on <= day]
    rows = {kind: by_person(registers[kind], links) for kind in registers}
    money = defaultdict(list)
    for p, net in unreturned(payments, returns, links):
        payer, person = current(p.payer, links), current(p.person, links)
        kind = payer_kind(p, payer, person, rows["entrepreneurs"])
        money[person].append((p, kind, net))
    for iin in sorted({*money, *(i for kind in (*INTERVALS, "persons") for i in rows[kind])}):
        yield Person(iin, day, money[iin], {kind: rows[kind].get(iin, []) for kind in rows})


class Person:
    """One person's months as known on one day."""

    def __init__(self, iin: str, day: date, money: list[tuple], rows: dict[str, list[dict]]):
        self.iin, self.day, self.rows = iin, day, rows
        self.money = defaultdict(list)  # period: (kind, value date, net tiyn), settled and not fully returned
        for p, kind, net in money:
            if kind and net > 0 and plus_banking_days(p.value_date, 3) <= day:
                self.money[p.period].append((kind, p.value_date, net))
        self.bases: dict[date, str] = {}
        self.backs: dict[date, int] = {}

    def own(self, month: date) -> list[tuple[date, int]]:
        """Own money of the month by value date."""
        return sorted((value_date, net) for kind, value_date, net in self.money[month] if kind in OWN)

    def own_kind(self, month: date) -> str:
        """What the person is when paying for oneself."""
        return OWN[0] if any(touches(row, month) for row in self.rows["entrepreneurs"]) else OWN[1]

    def required(self, month: date, *years: int) -> int:
        """The fixed amount of the earliest of the month's, the first own payment's and the further years."""
        own_years = [value_date.year for value_date, _ in self.own(month)]
        return fixed_tiyn(self.own_kind(month), min([month.year, *own_years, *years]))

    def kinds(self, month: date) -> dict[str, date]:
        """Each payer kind that covers the month, with the value date on which it did."""
        found: dict[str, date] = {}
        for kind, value_date, _ in self.money[month]:
            if kind not in OWN:
                found[kind] = min(value_date, found.get(kind, value_date))
        total = 0
        for value_date, net in self.own(month):
            total += net
            if total >= self.required(month) - TOLERANCE_TIYN:
                found.setdefault(self.own_kind(month), value_date)
        return found

    def latest_kind(self, month: date) -> str | None:
        """Of the covering kinds the one with the latest due date, then alphabetical."""
        found = sorted(self.kinds(month))
        return max(found, key=lambda kind: due_date(kind, month)) if found else None

    def basis(self, month: date) -> str:
        """Rule 3: the first basis that fits."""
        if month not in self.bases:
            self.bases[month] = self.find_basis(month)
        return self.bases[month]

    def find_basis(self, month: date) -> str:
        """The basis, looked up afresh."""
        if month < START:
            return "uncovered"
        for row in self.rows["categories"]:
            if touches(row, month) and month >= CATEGORY_SINCE.get(row["category"], month):
                return "preferential"
        if any(touches(row, month) for row in self.rows["exemptions"]):
            return "exempt"
        if self.kinds(month):
            return "paid"
        return "reversed" if any(touches(row, month) for row in self.rows["reversals"]) else "uncovered"

    def back(self, month: date) -> int:
        """How many months without a gap end at the month."""
        if month not in self.backs:
            self.backs[month] = 0 if self.basis(month) == "uncovered" else 1 + self.back(plus(month, -1))
        return self.backs[month]

    def forward(self, month: date) -> int:
        """How many months right after the month were paid for by its last day."""
        count = 0
        while month >= ADVANCE_SINCE:
            kinds = self.kinds(plus(month, count + 1))
            if not kinds or min(kinds.values()) > last_day(month):
                break
            count += 1
        return count

    def paid_run(self, month: date) -> str:
        """`paid` or `prepaid` when the month lies in a long enough run, else an empty text."""
        if self.basis(month) != "paid":
            return ""
        short = month <= SHORT_RUN_UNTIL and set(self.kinds(month)) == {"independent"}
        needed = min(3 if short else 12, months_between(START, month) + 1)
        if self.back(month) >= needed:
            return "paid"
        return "prepaid" if self.back(month) + self.forward(month) >= needed else ""

    def is_due(self, kind: str, month: date) -> bool:
        """True when the month is due on the day."""
        return plus_banking_days(due_date(kind, month), 3) <= self.day

    def in_grace(self, last: date, month: date) -> bool:
        """True when the month is within grace after the last month of a run."""
        long = month >= LONG_GRACE_SINCE and all(self.basis(plus(last, -n)) == "paid" for n in range(60))
        return months_between(last, month) <= (6 if long else 3)

    def last_run_month(self, month: date) -> date | None:
        """L: the last month before the month with a paid run."""
        return next((m for m in months_down(plus(month, -1)) if self.paid_run(m)), None)

    def status(self, month: date) -> tuple[str, str]:
        """Status and reason, the first that fits."""
        if month <= TRANSITIONAL_UNTIL:
            return "insured", "transitional"
        if self.basis(month) in ("preferential", "exempt"):
            return "insured", self.basis(month)
        if run := self.paid_run(month):
            return "insured", run
        if last := self.last_run_month(month):
            after = [plus(last, n + 1) for n in range(months_between(last, month))]
            if not any(self.is_due(self.latest_kind(last), m) for m in after):
                return "insured", "not_yet_due"
            if self.in_grace(last, month):
                return "conditional", "grace"
        seen = any(self.basis(m) != "uncovered" for m in months_down(month))
        return "uninsured", "gap" if seen else "never_covered"

    def conditional_until(self, month: date) -> date:
        """The last day of the spell of conditional months that begins at the month."""
        last = self.last_run_month(month)
        while True:
            after = plus(month, 1)
            ends = self.basis(after) in ("preferential", "exempt") or self.paid_run(after)
            if ends or not self.in_grace(last, after):
                return last_day(month)
            month = after

    def missing(self, month: date) -> list[date]:
        """Uncovered months of the twelve that are due on the day."""
        found = []
        for m in (plus(month, n) for n in range(-11, 1)):
            if m >= START and self.basis(m) == "uncovered":
                before = self.last_paid(plus(m, -1))
                if self.is_due(self.latest_kind(before) if before else "independent", m):
                    found.append(m)
        return found

    def last_paid(self, month: date) -> date | None:
        """The last month up to the month with the basis paid."""
        return next((m for m in months_down(month) if self.basis(m) == "paid"), None)

    def arrears(self, month: date) -> int:
        """What would cover the month if paid on the day."""
        return self.required(month, self.day.year) - sum(net for _, net in self.own(month))

    def verdict(self, month: date) -> Verdict:
        """All that insured_status says of the month."""
        status, reason = self.status(month)
        letters = "".join(LETTERS[self.basis(plus(month, n))] for n in range(-11, 1))
        missing = self.missing(month)
        until = self.conditional_until(month) if status == "conditional" else None
        arrears = sum(self.arrears(m) for m in missing)
        return Verdict(status, reason, letters, missing, arrears, self.last_paid(month), until)

    def covered(self, month: date) -> Covered:
        """All that coverage says of the month."""
        basis, kinds = self.basis(month), self.kinds(month)
        required = self.required(month) if self.own(month) else None
        if basis != "paid":
            return Covered(basis, None, required, None)
        return Covered(basis, self.latest_kind(month), required, min(kinds.values()))
