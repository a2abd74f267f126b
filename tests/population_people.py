"""Random people by seed: what they pay, are paid for and are registered as, biased hard towards boundaries.

Meaning only, no files: population.py turns a Town into deliveries. Money is tiyn, a month is its first day.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from reference_world import AGENTS, START, fixed_tiyn, last_day, plus, plus_banking_days
from writers import make_bin, make_iin

FREE_OF_DEDUCTIONS = ("child", "pension", "disability", "student", "awarded_mother")
CATEGORIES = (*FREE_OF_DEDUCTIONS, "unemployed", "maternity_leave", "social_assistance", "social_crisis")
REASONS = ("residence_permit", "military_service", "study_abroad", "labour_migrant", "other")
CODES = {
    "S": ("categories", "category", CATEGORIES),
    "E": ("exemptions", "kind", ("military", "law_enforcement", "other")),
    "R": ("reversals", "reason", REASONS),
    "I": ("entrepreneurs", "kind", ("sole_proprietor", "farm", "private_practice")),
}
KINDS = ("sole_proprietor", "independent")


@dataclass(frozen=True)
class Pay:
    """One payment as it was meant."""

    value_date: date
    period: date
    knp: str
    payer: str
    person: str
    tiyn: int


@dataclass(frozen=True)
class Entry:
    """A row of a register, in the deliveries first ... gone - 1."""

    kind: str
    row: tuple[tuple[str, object], ...]
    first: int
    gone: int


@dataclass
class Town:
    """All people of a seed, and what they share: the days files come, employers, proprietors who employ."""

    rng: Random
    days: list[date]
    asked: list[date]  # the months the questions are about
    pays: list[Pay] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    aliases: dict[str, list[str]] = field(default_factory=dict)  # any number of a person: all of them

    def __post_init__(self):
        self.employers = [make_bin(self.rng) for _ in range(5)]
        self.masters = [self.new_iin() for _ in range(4)]
        self.relatives = [self.new_iin() for _ in range(10)]
        for master in self.masters:
            self.intervals(master, "I", [plus(self.days[-1].replace(day=1), n) for n in range(-40, 4)])

    def new_iin(self) -> str:
        """An IIN nobody has yet."""
        iin = make_iin(self.rng)
        while iin in self.numbers:
            iin = make_iin(self.rng)
        self.numbers.add(iin)
        return iin

    def settling(self) -> date:
        """A value date that is settled on some delivery day, or on the day after it."""
        settled = self.rng.choice(self.days) + timedelta(days=self.rng.choice((0, 0, 1)))
        day = settled - timedelta(days=3)
        while plus_banking_days(day, 3) > settled:
            day -= timedelta(days=1)
        return day

    def add_entry(self, kind: str, /, **row: object) -> None:
        """A register row that is always there, comes later or goes away."""
        first, gone = self.rng.choice(((0, 99), (0, 99), (0, 99), (1, 99), (2, 99), (0, 3), (1, 4), (3, 99)))
        self.entries.append(Entry(kind, tuple(row.items()), first, gone))

    def intervals(self, iin: str, letter: str, months: list[date]) -> None:
        """One interval that touches each of these months and no other, mostly."""
        kind, column, codes = CODES[letter]
        start = months[0].replace(day=self.rng.choice((1, 1, 15, last_day(months[0]).day)))
        end = months[-1].replace(day=self.rng.choice((1, 15, last_day(months[-1]).day)))
        to = None if self.rng.random() < 0.08 else max(start, end)
        self.add_entry(kind, iin=iin, **{column: self.rng.choice(codes), "from": start, "to": to})

    def pay(self, pay: Pay) -> None:
        """Take the payment in when a file could bring it."""
        months_ahead = (pay.period.year - pay.value_date.year) * 12 + pay.period.month - pay.value_date.month
        if (
            months_ahead <= 24
            and date(2017, 7, 1) <= min(pay.value_date, pay.period)
            and pay.value_date <= self.days[-1] + timedelta(days=10)
        ):
            self.pays.append(pay)
            if self.rng.random() < 0.02:  # an honest second payment, alike or nearly
                self.pays.append(replace(pay, tiyn=max(1, pay.tiyn - self.rng.choice((0, 0, 1, 101)))))


class Resident:
    """One person of the town on the way through a story that comes to its point near the anchor month."""

    def __init__(self, town: Town):
        self.town, self.rng = town, town.rng
        self.iins = [town.new_iin() for _ in range(self.rng.choice((1,) * 12 + (2, 2, 3)))]
        self.iin = self.iins[-1]
        town.aliases |= dict.fromkeys(self.iins, self.iins)
        self.anchor = plus(self.rng.choice(town.asked), self.rng.choice((-2, -1, 0, 0, 0, 1)))
        self.employer = self.rng.choice(town.employers if self.rng.random() < 0.8 else town.masters)
        self.proprietor_from = plus(self.anchor, self.rng.choice((-40, -12, -6, -1, 0)))
        self.proprietor_to = plus(self.proprietor_from, self.rng.choice((0, 5, 11, 39, 60)))
        self.weak = {plus(self.anchor, -self.rng.randint(0, 13)) for _ in range(self.rng.choice((0, 1, 1, 2)))}
        self.in_halves = self.rng.random() < 0.08
        self.is_proprietor = self.rng.random() < (0.25 if len(self.iins) == 1 else 0.6)

    def any_iin(self) -> str:
        """One of the person's numbers, mostly the current one."""
        return self.rng.choice((*self.iins, self.iin, self.iin))

    def register(self) -> None:
        """What registers say of the person apart from the story, and now and then money that covers nothing."""
        for old, new in zip(self.iins, self.iins[1:], strict=False):
            self.town.add_entry("iin_links", old_iin=old, current_iin=new)
        if self.is_proprietor:
            self.town.intervals(self.any_iin(), "I", span(self.proprietor_from, self.proprietor_to))
        if self.rng.random() < 0.3:
            names = {"surname": "", "name": "", "patronymic": "", "birth_date": None}
            self.town.add_entry("persons", iin=self.any_iin(), **names)
        if self.rng.random() < 0.12:
            self.uncovering(self.rng.choice(("121", "123", "124")))

    def uncovering(self, knp: str) -> None:
        """Money that covers nothing: a penalty, or 121 for oneself under either number."""
        payer = self.any_iin() if knp == "121" else self.employer
        period = plus(self.anchor, self.rng.choice((-1, 0)))
        day = min(period + timedelta(days=self.rng.randint(0, 27)), self.town.days[-1])
        self.town.pay(Pay(day, period, knp, payer, self.iin, fixed_tiyn(KINDS[1], period.year)))

    def spell(self, letters: str, last: date) -> None:
        """Live months so that the last letter stands for the last month; what lies before 2020 is left out."""
        months = [plus(last, n - len(letters) + 1) for n in range(len(letters))]
        pairs = [
            (m, letter) for m, letter in zip(months, letters, strict=True) if m >= START or self.rng.random() < 0.1
        ]
        for letter in "SER":
            run: list[date] = []
            for month, found in [*pairs, (last, "")]:
                if found == letter:
                    run.append(month)
                elif run:
                    self.town.intervals(self.any_iin(), letter, run)
                    run = []
        for month, letter in pairs:
            if letter in "WB" or (letter == "S" and self.rng.random() < 0.05):
                self.wage(month)
            if letter in "OB":
                self.own(month)

    def wage(self, month: date) -> None:
        """An employer's month: deductions, contributions or both; on time, in a weak month maybe not."""
        regular = plus(month, 1).replace(day=8 + int(self.employer[-2:]) % 17)
        late = regular + timedelta(days=self.rng.randint(5, 400))
        day = self.rng.choice((regular, late, self.town.settling())) if month in self.weak else regular
        employers = [self.employer]
        if self.rng.random() < 0.05:
            employers.append(self.rng.choice(self.town.employers))
        for employer in employers:
            for knp in self.rng.choice((("121", "122"), ("121", "122"), ("121",), ("122",))):
                tiyn = self.rng.choice((50, 100, 850000, 1700000, 2550000, 12750000, 34000001))
                self.town.pay(Pay(day, month, knp, employer, self.any_iin(), tiyn))

    def own(self, month: date, day: date | None = None) -> None:
        """Own money: in the month or a December before, in a weak month late or at the settlement boundary."""
        weak = month in self.weak
        inside = month + timedelta(days=self.rng.randint(0, last_day(month).day - 1))
        early = date(month.year - 1, 12, self.rng.choice((10, 31)))
        late = last_day(month) + timedelta(days=self.rng.choice((1, 2, 5, 40, 300, 500, 900)))
        possible = (
            (inside,) * 6 + (early,) * (1 + 2 * weak) + (late, late, self.town.settling(), self.town.settling()) * weak
        )
        day = day or self.rng.choice(possible)
        for n, tiyn in enumerate(self.parts(month, day, weak)):
            again = day + timedelta(days=n * self.rng.choice((0, 0, 1, 6, 31, 365) if weak else (0, 1)))
            self.town.pay(Pay(again, month, "122", self.payer(), self.any_iin(), tiyn))

    def parts(self, month: date, day: date, weak: bool) -> list[int]:
        """The fixed amount; in a weak month maybe about it, at another rate or in two parts."""
        kind = KINDS[0] if self.is_proprietor and self.proprietor_from <= month <= self.proprietor_to else KINDS[1]
        if not weak:
            rate = fixed_tiyn(kind, min(day.year, month.year))
            return [rate // 2, rate - rate // 2] if self.in_halves else [rate]
        if self.rng.random() < 0.1:
            kind = self.rng.choice(KINDS)
        year = min(day.year, month.year) if self.rng.random() < 0.8 else self.rng.choice((day.year, month.year))
        rate = fixed_tiyn(kind, year)
        whole = rate + self.rng.choice((0, 0, -100, -100, -101, -101, -200, 100, 100000, rate * 11))
        if self.rng.random() < 0.5:
            return [whole]
        first = self.rng.choice((1, 100, rate // 2, rate - 101, rate - 100))
        return [tiyn for tiyn in (first, whole - first) if tiyn > 0]

    def payer(self) -> str:
        """Who pays on the person's behalf: mostly the person, a relative, an agent."""
        others = (*self.town.relatives[:2], *sorted(AGENTS))
        return self.any_iin() if self.rng.random() < 0.8 else self.rng.choice(others)


def span(first: date, last: date) -> list[date]:
    """The months from the first to the last."""
    return [first, *span(plus(first, 1), last)] if first < last else [first]
