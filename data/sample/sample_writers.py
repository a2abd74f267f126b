"""Write rows as the files of real life: MT102 lists and packages, MT100, payment registers, CSV registers.

Everything is text as given, amounts included, so that a row can be faulty; only sums are reckoned here.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

BANK_REGISTER = "payment_id pay_date payer_iin iin surname name patronymic knp period amount channel".split()
RETURNS_REGISTER = (
    "return_id return_date document_reference document_number payer_id iin knp period amount reason".split()
)
KAZPOST_REGISTER = "N RECEIPT PAY_DATE PAYER_IIN IIN SURNAME NAME PATRONYMIC KNP PERIOD AMOUNT POST_OFFICE".split()


@dataclass(frozen=True)
class Person:
    """Somebody who cannot exist; `number` is the IIN, or what stands in its place."""

    number: str
    surname: str
    name: str
    patronymic: str

    @property
    def born(self) -> str:
        """The birth date that the IIN states, yyyymmdd."""
        return f"18{self.number[:6]}" if self.number[4:5] in ("0", "1", "2", "3") else ""


@dataclass(frozen=True)
class Party:
    """Payer or beneficiary of a message."""

    number: str
    name: str
    account: str
    bic: str
    sector: str = "7"


@dataclass(frozen=True)
class Line:
    """A row of a payment register."""

    reference: str
    day: str
    payer: str
    person: Person
    knp: str
    period: str
    tenge: str


@dataclass(frozen=True)
class Item:
    """A person of a list: the period where it does not stand in the header, the birth date where it differs."""

    person: Person
    tenge: str
    period: str = ""
    born: str = ""


@dataclass(frozen=True)
class PackageItem:
    """A payment order of a package; without a person the payer pays for oneself."""

    payer: Party
    beneficiary: Party
    number: str
    knp: str
    period: str
    tenge: str
    purpose: str
    person: Person | None = None


@dataclass(frozen=True)
class Message:
    """An MT102 list: one payer, one KNP, many people. Days are yymmdd, periods MMYYYY, amounts with a comma."""

    reference: str
    payer: Party
    beneficiary: Party
    number: str
    day: str
    knp: str
    purpose: str
    items: Sequence[Item] = field(default_factory=list)
    period: str = ""
    slashes: str = "/"
    declared: str = ""  # the total, where it is not the sum
    session: int = 1  # in block 1; tells apart the bytes of a resent message


def iban(bank: str, thirteen: str) -> str:
    """A Kazakh account with right check digits."""
    digits = "".join(str(int(sign, 36)) for sign in f"{bank}{thirteen}KZ00")
    return f"KZ{98 - int(digits) % 97:02d}{bank}{thirteen}"


def windows(text: str) -> str:
    """The text with the line ends of Windows."""
    return text.replace("\n", "\r\n")


def mt102(*messages: Message) -> str:
    """Lists of people, one after the other."""
    return "".join(_list(message) for message in messages)


def mt102_package(reference: str, bic: str, day: str, items: Sequence[PackageItem]) -> str:
    """Payment orders of many payers in one message: each has its own payer, beneficiary and KNP."""
    lines = [*_blocks("102", reference), f":52B:{bic}", ":57B:GCVPKZ2A", f":70:/DATE/{day}", "/SEND/07", "/VO/01"]
    for place, one in enumerate(items, start=1):
        lines += [f":21:{place}", f":32B:KZT{one.tenge}", *_party(":50:/D/", one.payer)]
        lines += [*_party(":59:", one.beneficiary), f":70:/NUM/{one.number}", f"/KNP/{one.knp}"]
        lines += [*(_person(one.person, "/") if one.person else []), f"/PERIOD/{one.period}", *_purpose(one.purpose)]
    return _text([*lines, f":32A:{day}KZT{_sum(one.tenge for one in items)}"])


def mt100(message: Message, tenge: str) -> str:
    """One payment without a person of its own; the total stands at the top."""
    lines = [*_blocks("100", message.reference), f":32A:{message.day}KZT{tenge}"]
    return _text([*lines, *_sides(message), *_details(message)])


def _list(message: Message) -> str:
    lines = [*_blocks("102", message.reference, message.session), *_sides(message), *_details(message)]
    for place, item in enumerate(message.items, start=1):
        lines += [
            f":21:{place}",
            f":32B:KZT{item.tenge}",
            ":70:/OPV/С",
            *_person(item.person, message.slashes, item.born),
        ]
        lines += [f"/PERIOD/{item.period}"] if item.period else []
    total = message.declared or _sum(item.tenge for item in message.items)
    return _text([*lines, f":32A:{message.day}KZT{total}"])


def _blocks(kind: str, reference: str, session: int = 1) -> list[str]:
    return [f"{{1:F01K0547000000000010{session:05d}}}", f"{{2:I{kind}SGROSS000000U3003}}", "{4:", f":20:{reference}"]


def _text(lines: list[str]) -> str:
    return "\n".join([*lines, "-}", ""])


def _sides(message: Message) -> list[str]:
    payer = [*_party(":50:/D/", message.payer), "/CHIEF/не предусмотрен", "/MAINBK/не предусмотрен"]
    payer.append(f":52B:{message.payer.bic}")
    return [*payer, f":57B:{message.beneficiary.bic}", *_party(":59:", message.beneficiary)]


def _party(tag: str, party: Party) -> list[str]:
    return [
        f"{tag}{party.account}",
        f"/NAME/{party.name[:60]}",
        f"/IDN/{party.number}",
        "/IRS/1",
        f"/SECO/{party.sector}",
    ]


def _details(message: Message) -> list[str]:
    lines = [f":70:/NUM/{message.number}", f"/DATE/{message.day}", "/SEND/07", "/VO/01", f"/KNP/{message.knp}"]
    lines += ["/PSO/01", "/PRT/50", *([f"/PERIOD/{message.period}"] if message.period else [])]
    return lines + _purpose(message.purpose)


def _purpose(text: str) -> list[str]:
    """The purpose as banks cut it: in mid-word, after 62 and then every 70 signs."""
    return [f"/ASSIGN/{text[:62]}", *(text[place : place + 70] for place in range(62, len(text), 70))]


def _person(person: Person, slashes: str, born: str = "") -> list[str]:
    keys = {"FM": person.surname, "NM": person.name, "FT": person.patronymic}
    keys |= {"DT": born or person.born, "IDN": person.number}
    return [f"{slashes}{key}/{value}" for key, value in keys.items()]


def _sum(amounts: Sequence[str]) -> str:
    """The sum of amounts with a comma."""
    return f"{sum(Decimal(amount.replace(',', '.')) for amount in amounts):.2f}".replace(".", ",")


def bank_register(lines: Sequence[Line], channel: str) -> str:
    """A register of an app or of terminals."""
    rows = [[*_cells(line), line.tenge, channel] for line in lines]
    return table(BANK_REGISTER, rows)


def kazpost_register(number: str, day: str, lines: Sequence[Line], rows: int | None = None) -> str:
    """A register of Kazpost; `rows` is what its last line declares, where it is not the number of its rows."""
    text = f"KAZPOST;REESTR;{number};{day};KPSTKZKA\n{';'.join(KAZPOST_REGISTER)}\n"
    for place, line in enumerate(lines, start=1):
        reference, paid, *cells = _cells(line)
        written = [reference, f"{datetime.fromisoformat(paid):%d.%m.%Y}", *cells, line.tenge.replace(".", ",")]
        text += f"{place};{';'.join(written)};05000{place}\n"
    return text + f"ITOGO;{rows or len(lines)};{_sum(line.tenge for line in lines)}\n"


def control(lines: Sequence[Line]) -> bytes:
    """The control file beside a register."""
    total = sum(Decimal(line.tenge) for line in lines)
    return json.dumps({"rows": len(lines), "sum": f"{total:.2f}"}).encode()


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def _cells(line: Line) -> list[str]:
    person = line.person
    names = [person.surname, person.name, person.patronymic]
    return [line.reference, line.day, line.payer, person.number, *names, line.knp, line.period]
