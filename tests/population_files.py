"""Turn a town's meaning into files, delivery by delivery, with the traps of an inbox.

Late and resent files, lines at fault, returns of every kind, registers delivered again and in several files.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from population_people import Pay, Town
from reference_world import is_bin
from writers import (
    COLUMNS,
    File,
    Row,
    bank_register,
    csv_register,
    kazpost_register,
    returns_register,
    spoiled,
)
from writers_mt import Style, list_message, mt_file, package_message, single_message

CHANNELS = ("kaspi", "halyk", "bcc", "kassa24", "qiwi")


@dataclass
class Delivery:
    """The files of one run; two runs may have the same day."""

    day: date
    files: list[File] = field(default_factory=list)


class Desk:
    """Turns a town's meaning into files, delivery by delivery."""

    def __init__(self, town: Town):
        self.town, self.rng = town, town.rng
        self.deliveries = [Delivery(day) for day in town.days]
        self.count = 1000
        self.messages: dict[int, list] = defaultdict(list)  # by delivery: (form, rows), to be rendered
        self.registers: dict[int, list] = defaultdict(list)  # by delivery: (row, channel)

    def number(self) -> int:
        """The next number of anything."""
        self.count += 1
        return self.count

    def fill(self) -> None:
        """Make all files of all deliveries."""
        by_delivery = defaultdict(list)
        for pay in self.town.pays:
            by_delivery[self.arrival(pay.value_date)].append(pay)
        for n in sorted(by_delivery):
            self.payments(n, by_delivery[n])
        sent = [row for batch in self.messages.values() for _, rows in batch for row in rows]
        sent += [row for batch in self.registers.values() for row, _ in batch]
        self.returns([row for row in sent if row.accepted])
        for n in range(len(self.deliveries)):
            self.message_files(n)
            self.register_files(n)
            self.csv_files(n)
        self.copies()

    def arrival(self, day: date) -> int:
        """The delivery that brings what happened on the day: mostly the next one, sometimes a later or earlier."""
        days = self.town.days
        possible = [n for n, d in enumerate(days) if d + timedelta(days=10) >= day]
        after = [n for n in possible if days[n] >= day] or possible
        return self.rng.choices((after[0], possible[0], self.rng.choice(after)), (0.93, 0.04, 0.03))[0]

    def payments(self, n: int, pays: list[Pay]) -> None:
        """Sort a delivery's payments into lists, packages, single messages and registers."""
        lists, packages = defaultdict(list), defaultdict(list)
        by_payer = defaultdict(list)
        for pay in pays:
            by_payer[pay.payer, pay.value_date].append(pay)
        for (payer, day), group in by_payer.items():
            chances = (0.85, 0.05, 0.0, 0.1) if is_bin(payer) or len(group) > 5 else (0.1, 0.1, 0.2, 0.6)
            form = self.rng.choices(("list", "package", "single", "register"), chances)[0]
            for pay in group:
                if form == "list":
                    lists[payer, day, pay.knp].append(pay)
                elif form == "package":
                    packages[day].append(pay)
                elif form == "single":
                    self.messages[n].append(("single", self.rows([pay])))
                else:
                    row = replace(self.rows([pay])[0], reference=f"R-{self.number()}", number="")
                    self.registers[n].append((row, self.rng.choice((*CHANNELS, "kazpost"))))
        for form, groups in (("list", lists), ("package", packages)):
            for group in groups.values():
                size = self.rng.randint(1, 60)
                for at in range(0, len(group), size):
                    self.messages[n].append((form, self.rows(group[at : at + size], form)))

    def rows(self, pays: list[Pay], form: str = "single") -> list[Row]:
        """The rows of one document; in a package each has its own number. Some lists get a line at fault."""
        reference = f"{self.rng.choice('ABC')}{self.number():010d}"
        number = str(self.number()) if self.rng.random() < 0.9 else ""
        found = [Row(**vars(pay), reference=reference, number=number) for pay in pays]
        if form == "package":
            found = [replace(row, number=str(self.number())) for row in found]
        elif form == "list" and self.rng.random() < 0.1:
            bad = self.rng.choice(("-", spoiled(pays[0].person)))
            found.insert(self.rng.randint(0, len(found)), replace(found[0], person=bad, accepted=False))
        return [replace(row, key=("mt", reference, n)) for n, row in enumerate(found)]

    def returns(self, sent: list[Row]) -> None:
        """Returns of any payments, of such as have a twin, and of such as have one under another KNP."""
        alike, akin = defaultdict(list), defaultdict(list)
        for row in sent:
            alike[row.payer, row.person, row.period, row.knp].append(row)
            akin[row.payer, row.person, row.period].append(row)
        choices = [sent, *([g[0] for g in groups.values() if len(g) > 1] for groups in (alike, akin))]
        for rows, share in zip(choices, (80, 4, 160), strict=True):
            for original in self.rng.sample(rows, min(len(rows) // share + 5, len(rows))):
                for _ in range(self.rng.choice((1, 1, 1, 2, 3))):
                    self.send_back(original)

    def send_back(self, original: Row) -> None:
        """A return whole, partial or too large, named, unnamed or misnamed, once or resent."""
        day = original.value_date + timedelta(days=self.rng.choice((0, 1, 3, 3, 40)))
        day = min(day, self.town.days[-1] + timedelta(days=10))
        whole = original.tiyn
        tiyn = self.rng.choice((whole, whole, whole, whole + 1, whole // 2, 1, 100, 101, whole - 100))
        reference, number = self.naming(original)
        by_message = not reference and self.rng.random() < 0.6
        key = ("mt-return", self.number(), 0) if by_message else ("returns", str(self.number()))
        row = replace(
            original,
            value_date=day,
            tiyn=max(1, tiyn),
            reference=reference,
            number=number,
            person=self.alias(original.person),
            payer=self.alias(original.payer),
            key=key,
            is_return=True,
        )
        arrival = self.arrival(day)
        again = self.rng.choice(range(arrival, len(self.deliveries)))
        for n in {arrival} if self.rng.random() < 0.8 else {arrival, again}:
            if by_message:
                self.messages[n].append(("list", [row]))
            else:
                self.registers[n].append((row, "returns"))

    def naming(self, original: Row) -> tuple[str, str]:
        """The reference and number a return states."""
        right, number = original.reference, original.number
        return self.rng.choices(
            ((right, number), (right, ""), ("", ""), ("X-1", ""), (right, "999999"), ("", "999999")),
            (0.3, 0.3, 0.3, 0.04, 0.04, 0.02),
        )[0]

    def alias(self, number: str) -> str:
        """The number, or now and then another one of the same person."""
        others = self.town.aliases.get(number, [number])
        return self.rng.choice(others) if self.rng.random() < 0.2 else number

    def message_files(self, n: int) -> None:
        """Files of messages; some messages come again in a later file, written in another way."""
        batch = list(self.messages[n])
        earlier = [m for k in range(n) for m in self.messages[k] if m[0] != "package"]
        batch += self.rng.sample(earlier, min(len(earlier), 3))
        self.rng.shuffle(batch)
        makers = {
            "list": list_message,
            "package": package_message,
            "single": lambda s, rows: single_message(s, rows[0]),
        }
        while batch:
            size = self.rng.choice((1, 5, 20, 60))
            taken, batch = batch[:size], batch[size:]
            messages = [makers[form](Style.draw(self.rng), rows) for form, rows in taken]
            folder = self.rng.choice(("bank", "bank", "bank", "returns", "kazpost"))
            self.deliveries[n].files.append(mt_file(self.rng, folder, f"mt_{self.number()}.txt", messages))

    def register_files(self, n: int) -> None:
        """Registers of payments and returns; some rows come again in a later file."""
        rows = [*self.registers[n]]
        for row, where in self.registers[n][:3]:
            if where != "returns":
                bad = replace(row, accepted=False, person=spoiled(row.person), reference=f"N-{self.number()}")
                rows.append((bad, where))
        earlier = [m for k in range(n) for m in self.registers[k]]
        rows += self.rng.sample(earlier, min(len(earlier), 4))
        self.rng.shuffle(rows)
        files = self.deliveries[n].files
        half = len(rows) // 2
        for part in (rows[:half], rows[half:]):
            by_form = defaultdict(list)
            for row, where in part:
                form = "bank" if where in CHANNELS else where
                named = row if form == "returns" or not row.accepted else replace(row, key=(where, row.reference))
                by_form[form].append((named, where))
            for form, found in sorted(by_form.items()):
                name, plain = f"{form}_{self.number()}.csv", [row for row, _ in found]
                if form == "kazpost":
                    files.append(
                        kazpost_register(self.rng, name, plain, str(self.number()), self.town.days[n], "KPSTKZKA")
                    )
                elif form == "returns":
                    files.append(returns_register(self.rng, name, plain))
                else:
                    files.append(bank_register(self.rng, name, plain, [where for _, where in found]))

    def csv_files(self, n: int) -> None:
        """The CSV registers as they stand; sometimes none, sometimes several of a kind with differing names."""
        for kind in COLUMNS:
            if self.rng.random() < (0.1 if n == 0 else 0.4):
                continue
            rows = [dict(e.row) for e in self.town.entries if e.kind == kind and e.first <= n < e.gone]
            self.rng.shuffle(rows)
            rows += self.at_fault(kind, rows)
            for suffix in self.rng.choice(((5,), (5,), (5,), (5, 3), (5, 7), (3, 5, 4))):
                kept = rows if suffix == 5 else self.rng.sample(rows, len(rows) * 9 // 10)
                name = f"{kind}_{self.town.days[n]}_{suffix}.csv"
                self.deliveries[n].files.append(csv_register(self.rng, kind, name, kept))

    def at_fault(self, kind: str, rows: list[dict]) -> list[dict]:
        """Rows the product is to quarantine, and links that make a loop or come second."""
        if not rows or self.rng.random() < 0.3:
            return []
        row = self.rng.choice(rows)
        if kind == "iin_links":
            back = {"old_iin": row["current_iin"], "current_iin": row["old_iin"]}
            second = {"old_iin": row["old_iin"], "current_iin": self.rng.choice(self.town.relatives)}
            return self.rng.choice(([back], [second], [dict(row)], [second, dict(row)]))
        faults = [{"iin": spoiled(row["iin"])}]
        if "from" in row:
            faults += [{"from": None}, {"to": row["from"] - timedelta(days=1)}, {COLUMNS[kind][1]: "nobody"}]
        return [{**row, **fault, "fault": True} for fault in self.rng.sample(faults, min(2, len(faults)))]

    def copies(self) -> None:
        """Some files come again byte for byte, under another name, on a later day."""
        for n, delivery in enumerate(self.deliveries[:-1]):
            for file in self.rng.sample([f for f in delivery.files if f.rows], 2):
                later = self.deliveries[self.rng.randrange(n + 1, len(self.deliveries))]
                later.files.append(replace(file, name=f"copy_{self.number()}_{file.name}"))
