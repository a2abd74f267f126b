"""Build a month piece by piece: who there is, what they paid, what papers and statements tell of it.

Every method adds to the month and gives what the next one needs: a person, an order, the key of a row or entry.
How the papers become files: planted_files.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from planted_papers import PURPOSE, STATE, Booked, Expected, Order, Paper, comma, mmyyyy, yymmdd
from sample_statements import Entry
from sample_writers import Item, Line, Message, PackageItem, Party, Person, mt100, mt102, mt102_package
from writers import COLUMNS, make_iban, make_iin, names, with_check_digit


@dataclass
class Month:
    """The papers, entries and register rows of the month, and the breaks expected of them."""

    rng: Random
    papers: list[Paper] = field(default_factory=list)
    booked: list[Booked] = field(default_factory=list)
    owners: dict[str, Party] = field(default_factory=dict)  # of statements that are not of the State Corporation
    registers: dict[str, list[tuple[str, ...]]] = field(default_factory=lambda: {kind: [] for kind in COLUMNS})
    expected: list[Expected] = field(default_factory=list)
    made: int = 0

    def expect(
        self, code: str, who: Any = None, payer: Any = None, period: str = "", tenge: str | None = None, at: str = ""
    ) -> None:
        """A break that must be found. A person or payer is given as such or as a number."""
        iin, payer_id = (getattr(one, "number", one) for one in (who, payer))
        month = date.fromisoformat(f"{period}-01") if period else None
        amount = None if tenge is None else int(Decimal(tenge) * 100)
        self.expected.append(Expected(code, iin, payer_id, month, amount, at or None))

    def key(self, stem: str) -> str:
        """A name and number that nothing else has."""
        self.made += 1
        return f"{stem}-{self.made:04d}"

    def person(self, **told: str) -> Person:
        """Somebody born in the 1880s."""
        number = make_iin(self.rng)
        return Person(number, **(dict(zip(("surname", "name", "patronymic"), names(number), strict=True)) | told))

    def employer(self) -> Party:
        """An organisation to be founded in the 2030s."""
        number = None
        while number is None:
            head = f"3{self.rng.randint(0, 9)}{self.rng.randint(1, 12):02d}40"
            number = with_check_digit(f"{head}{self.rng.randint(0, 99999):05d}")
        return Party(number, f"ТОО «Үлгі {number[-4:]}»", make_iban("722", f"ORG{number[-6:]}"), "CASPKZKA")

    def self_payer(self, person: Person) -> Party:
        """The person as a payer."""
        name = f"{person.surname} {person.name}"
        return Party(person.number, name, make_iban("601", f"P{person.number}"), "HSBKKZKX", "9")

    def active(self, person: Person) -> Person:
        """The person, registered as a sole proprietor."""
        self.registers["entrepreneurs"].append((person.number, "sole_proprietor", "2019-01-01", ""))
        return person

    def category(self, person: Person, code: str, start: str = "2026-01-01", end: str = "") -> Person:
        """The person, with an interval of a preferential category."""
        self.registers["categories"].append((person.number, code, start, end))
        return person

    def link(self, old: Person, current: Person) -> None:
        """The old IIN belongs to the current one."""
        self.registers["iin_links"].append((old.number, current.number))

    def registered(self, person: Person, born: str = "") -> None:
        """The person in the population register; `born` is ISO, where it is not what the IIN says."""
        told = born or date.fromisoformat(f"18{person.number[:6]}").isoformat()
        self.registers["persons"].append((person.number, person.surname, person.name, person.patronymic, told))

    def wages(
        self,
        payer: Party,
        knp: str,
        people: dict[Person, str] | list[Item],
        day: str,
        period: str = "2026-10",
        **other: Any,
    ) -> Order:
        """An MT102 list; `other` as in _order, and declared (tenge), session."""
        items = people if isinstance(people, list) else [Item(who, comma(tenge)) for who, tenge in people.items()]
        found = f"{sum(Decimal(one.tenge.replace(',', '.')) for one in items):.2f}"
        order = self._numbered("list", payer, day, knp, other.get("declared", found), other)
        session = other.get("session", 1)

        def write(rng: Random) -> str:
            head = (order.reference, order.payer, order.beneficiary, order.number, yymmdd(day), knp, PURPOSE)
            people, slashes = rng.sample(items, len(items)), rng.choice(("/", "//"))
            return mt102(Message(*head, people, mmyyyy(period), slashes, comma(order.tenge), session))

        return self._order(order, write, other)

    def single(
        self, payer: Party, tenge: str, day: str, knp: str = "122", period: str = "2026-11", **other: Any
    ) -> Order:
        """An MT100; `other` as in _order, and purpose."""
        order = self._numbered("single", payer, day, knp, tenge, other)
        head = (order.reference, order.payer, order.beneficiary, order.number, yymmdd(day), knp)
        text = mt100(Message(*head, other.get("purpose", PURPOSE), period=mmyyyy(period)), comma(tenge))
        return self._order(order, lambda rng: text, other)

    def _numbered(self, stem: str, payer: Party, day: str, knp: str, tenge: str, other: dict[str, Any]) -> Order:
        key = self.key(stem)
        number = key.partition("-")[2]
        like = other.get("like") or Order(key, payer, STATE, f"REF{number}", number, day, knp, tenge)
        reference, beneficiary = other.get("reference", like.reference), other.get("beneficiary", STATE)
        return Order(key, payer, beneficiary, reference, like.number, day, knp, tenge)

    def _order(self, order: Order, write: Callable[[Random], str], other: dict[str, Any]) -> Order:
        """A message of one order. `other`: received (a day), booked (whether a statement tells it), beneficiary,
        reference, like (the order whose numbers it bears).
        """
        self.papers.append(Paper(order.key, "message", other.get("received"), write))
        if other.get("booked", True):
            self.book(order)
        return order

    def package(self, parts: list[tuple[Party, str, str]], day: str, period: str = "2026-11") -> list[Order]:
        """An MT102 package: payer, KNP and tenge of each item; everybody pays for oneself."""
        key = self.key("package")
        number = key.partition("-")[2]
        orders = [
            Order(key, payer, STATE, f"PK{number}", f"{number}{place}", day, knp, tenge)
            for place, (payer, knp, tenge) in enumerate(parts)
        ]
        told = [(one.payer, STATE, one.number, one.knp, mmyyyy(period), comma(one.tenge), PURPOSE) for one in orders]
        items = [PackageItem(*one) for one in told]

        def write(rng: Random) -> str:
            return mt102_package(orders[0].reference, "KCJBKZKX", yymmdd(day), rng.sample(items, len(items)))

        self.papers.append(Paper(key, "message", None, write))
        return orders

    def pays(self, person: Person, tenge: str, period: str = "2026-11", day: str = "2026-11-10", **other: Any) -> str:
        """A row of a bank's register, and its id; `other`: payer, knp, received, like (the id of a row sent before)."""
        key = self.key("app")
        payer, knp = other.get("payer", person).number, other.get("knp", "122")
        line = Line(other.get("like", key), day, payer, person, knp, mmyyyy(period), tenge)
        self.papers.append(Paper(key, "bank", other.get("received"), lambda rng: line))
        return key

    def gives_back(
        self, of: Order | str, payer: Any, who: Person, knp: str, period: str, tenge: str, day: str, **other: Any
    ) -> str:
        """A row of a returns register, and its id; `of` is the order, row id or nothing; `other`: received, like."""
        reference, number = (of.reference, of.number) if isinstance(of, Order) else (of, "")
        key = self.key("back")
        told = [other.get("like", key), day, reference, number, payer.number, who.number, knp, mmyyyy(period), tenge]
        self.papers.append(Paper(key, "returns", other.get("received"), lambda rng: [*told, "Неверные реквизиты"]))
        return key

    def book(self, order: Order, tenge: str = "", where: str = "any", number: str | None = None) -> str:
        """An entry of the order on the account, and its key; the amount and the number may be others."""
        told = order.number if number is None else number
        sides, moved = (order.payer, order.beneficiary), (tenge or order.tenge, order.day)
        return self.entry(*sides, *moved, told, order.knp, where, order.reference)

    def entry(
        self, payer: Party, beneficiary: Party, tenge: str, day: str, number: str, knp: str, where: str = "any",
        reference: str = "", meant: str = "",
    ) -> str:  # fmt: skip
        """An entry on the account, and its key; `meant` is the amount where `tenge` cannot be read."""
        key = self.key("entry")
        told = Entry(day, payer, beneficiary, number, day, knp, tenge, PURPOSE, reference, meant)
        self.booked.append(Booked(key, told, where))
        return key
