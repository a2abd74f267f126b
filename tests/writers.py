"""Write semantic rows as real files: numbers of people and organisations, payment registers, CSV registers.

Each writer returns a File that knows the physical line of each of its rows. The MT messages are in
writers_mt.py. Money is tiyn. Sample people were born in the 1880s: valid in form, impossible as persons.
"""

import csv
import hashlib
import io
import json
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

MEDS_ACCOUNT, MEDS_BIN = "KZ92009MEDS368609103", "160440007161"
SURNAMES = ("Ахметов", "Қасымов", "Иванова", "Ким", "Әбдіқадыр", "Петрова", "Өтеген", "Нұрлан/Сейіт")
NAMES = ("Айгүл", "Ержан", "Мария", "Ұлан", "Сергей", "Гүлнәр", "Іңкәр", "Олег")
PATRONYMICS = ("Серікқызы", "-", "", "Иванович", "Ерғалиұлы")


@dataclass(frozen=True)
class Row:
    """One line of money. The reference is the document's own, of a return the original's."""

    value_date: date
    period: date
    knp: str
    payer: str
    person: str
    tiyn: int
    reference: str = ""
    number: str = ""
    key: tuple = ()  # what makes the line the same line when it comes again
    accepted: bool = True  # False: a line the product is to quarantine
    is_return: bool = False


@dataclass(frozen=True)
class File:
    """One file for the inbox; rows hold each money row with its physical line."""

    folder: str
    name: str
    data: bytes
    rows: tuple[tuple[Row, int], ...] = ()
    control: bytes | None = None
    kind: str = ""  # of a CSV register
    entries: tuple[dict, ...] = ()  # its rows that are without fault

    def order(self) -> tuple[str, str, str]:
        """Where the file stands among those of its run."""
        return hashlib.sha256(self.data).hexdigest(), self.folder, self.name

    def put(self, home: Path) -> None:
        """Lay the file and its sidecar into the inbox."""
        folder = home / "inbox" / self.folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.name).write_bytes(self.data)
        if self.control is not None:
            (folder / f"{self.name}.control.json").write_bytes(self.control)


def with_check_digit(eleven: str) -> str | None:
    """The number with its check digit; None where no such number exists."""
    for weights in ((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)):
        digit = sum(w * int(c) for w, c in zip(weights, eleven, strict=True)) % 11
        if digit < 10:
            return f"{eleven}{digit}"
    return None


def make_iin(rng: Random) -> str:
    """The IIN of somebody born in the 1880s."""
    while True:
        born = date(rng.randint(1880, 1889), rng.randint(1, 12), rng.randint(1, 28))
        if number := with_check_digit(f"{born:%y%m%d}{rng.choice('12')}{rng.randint(0, 9999):04d}"):
            return number


def make_bin(rng: Random) -> str:
    """The BIN of an organisation."""
    while True:
        head = f"{rng.randint(95, 119) % 100:02d}{rng.randint(1, 12):02d}{rng.choice('456')}{rng.choice('012')}"
        if number := with_check_digit(f"{head}{rng.randint(0, 99999):05d}"):
            return number


def spoiled(iin: str) -> str:
    """The IIN with a wrong check digit."""
    return f"{iin[:-1]}{(int(iin[-1]) + 1) % 10}"


def make_iban(bank: str, number: str) -> str:
    """A Kazakh account of the bank's three-digit code with right check digits."""
    body = f"{bank}{number:0>13}"
    digits = "".join(str(int(c, 36)) for c in f"{body}KZ00")
    return f"KZ{98 - int(digits) % 97:02d}{body}"


def names(person: str) -> tuple[str, str, str]:
    """Surname, name, patronymic: always the same for a number."""
    if not person.isdigit():
        return "КОМИССИЯ", "БАНКА", "-"
    seed = int(person)
    return SURNAMES[seed % 8], NAMES[seed // 8 % 8], PATRONYMICS[seed // 64 % 5]


def birth_date(iin: str) -> date | None:
    """The birth date an 1880s IIN states; None for what is not an IIN."""
    if not iin.isdigit() or not 1 <= int(iin[2:4]) <= 12:
        return None
    year, month, day = 1800 + int(iin[:2]), int(iin[2:4]), int(iin[4:6])
    return date(year, month, day) if 1 <= day <= monthrange(year, month)[1] else None


def money(tiyn: int, mark: str = ".") -> str:
    """Tiyn as tenge with two decimals."""
    return f"{tiyn // 100}{mark}{tiyn % 100:02d}"


def control(rows: Sequence[Row]) -> bytes:
    """The control totals of a register, quarantined lines included."""
    return json.dumps({"rows": len(rows), "sum": money(sum(r.tiyn for r in rows))}).encode()


def encoded(rng: Random, text: str, crlf: bool, encodings: Sequence[str] = ("utf-8", "utf-8-sig")) -> bytes:
    """The text in one of the encodings, with either line end."""
    return (text.replace("\n", "\r\n") if crlf else text).encode(rng.choice(encodings))


def kazpost_register(rng: Random, name: str, rows: Sequence[Row], number: str, day: date, bic: str) -> File:
    """A register of Kazpost; a row's reference is its receipt."""
    lines = [f"KAZPOST;REESTR;{number};{day:%d.%m.%Y};{bic}"]
    lines.append("N;RECEIPT;PAY_DATE;PAYER_IIN;IIN;SURNAME;NAME;PATRONYMIC;KNP;PERIOD;AMOUNT;POST_OFFICE")
    for n, row in enumerate(rows, 1):
        ids = f"{n};{row.reference};{row.value_date:%d.%m.%Y};{row.payer};{row.person}"
        paid = f"{row.knp};{row.period:%m%Y};{money(row.tiyn, ',')}"
        lines.append(f"{ids};{';'.join(names(row.person))};{paid};{rng.randint(1, 160):03d}000")
    lines.append(f"ITOGO;{len(rows)};{money(sum(r.tiyn for r in rows), ',')}")
    text = "\n".join(lines) + rng.choice(("\n", ""))
    data = encoded(rng, text, rng.random() < 0.5, ("utf-8", "utf-8-sig", "kz1048"))
    return File(rng.choice(("kazpost", "bank")), name, data, tuple((row, n + 3) for n, row in enumerate(rows)))


def csv_text(header: str, rows: Sequence[Sequence[str]]) -> str:
    """Header and rows as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([header.split(","), *rows])
    return out.getvalue()


def bank_register(rng: Random, name: str, rows: Sequence[Row], channels: Sequence[str]) -> File:
    """A register of apps and terminals; a row's reference is its payment_id, channels go with the rows."""
    header = "payment_id,pay_date,payer_iin,iin,surname,name,patronymic,knp,period,amount,channel"
    cells = [
        (
            r.reference,
            r.value_date.isoformat(),
            r.payer,
            r.person,
            *names(r.person),
            r.knp,
            f"{r.period:%m%Y}",
        )
        + (money(r.tiyn), channel)
        for r, channel in zip(rows, channels, strict=True)
    ]
    data = encoded(rng, csv_text(header, cells), rng.random() < 0.3)
    lines = tuple((row, n + 2) for n, row in enumerate(rows))
    return File("bank", name, data, lines, control(rows) if rng.random() < 0.5 else None)


def returns_register(rng: Random, name: str, rows: Sequence[Row]) -> File:
    """A register of returns; a row's key ends with its return_id."""
    header = "return_id,return_date,document_reference,document_number,payer_id,iin,knp,period,amount,reason"
    cells = [
        (
            r.key[-1],
            r.value_date.isoformat(),
            r.reference,
            r.number,
            r.payer,
            r.person,
            r.knp,
            f"{r.period:%m%Y}",
        )
        + (money(r.tiyn), "Неверный ИИН")
        for r in rows
    ]
    data = encoded(rng, csv_text(header, cells), rng.random() < 0.3)
    lines = tuple((row, n + 2) for n, row in enumerate(rows))
    return File(rng.choice(("returns", "bank")), name, data, lines, control(rows) if rng.random() < 0.5 else None)


COLUMNS = {
    "categories": ("iin", "category", "from", "to"),
    "exemptions": ("iin", "kind", "from", "to"),
    "reversals": ("iin", "reason", "from", "to"),
    "iin_links": ("old_iin", "current_iin"),
    "entrepreneurs": ("iin", "kind", "from", "to"),
    "persons": ("iin", "surname", "name", "patronymic", "birth_date"),
}


def csv_register(rng: Random, kind: str, name: str, rows: Sequence[dict]) -> File:
    """One of the six CSV registers; a row with the key `fault` is to be quarantined."""
    columns = COLUMNS[kind]
    cells = [["" if row[c] is None else str(row[c]) for c in columns] for row in rows]
    data = encoded(rng, csv_text(",".join(columns), cells), rng.random() < 0.3)
    good = tuple(row for row in rows if "fault" not in row)
    return File("registers", name, data, kind=kind, entries=good)
