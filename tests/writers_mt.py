"""Write semantic rows as MT102 and MT100 messages with the traps of formats.md section 2, varied by a seed.

A message is a list of text lines and, for each of its rows, the offset of the row's line; mt_file joins
messages to a file. Rows of one message share value date and payer (in a package only the value date).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from writers import MEDS_ACCOUNT, MEDS_BIN, File, Row, birth_date, encoded, make_iban, money, names

BANKS = ("CASPKZKA", "HSBKKZKX", "KCJBKZKX")
PURPOSE = (
    "Отчисления и взносы на обязательное социальное медицинское страхование за работников согласно "
    "штатному расписанию, без НДС, перечислено своевременно и в полном объёме (әлеуметтік медициналық сақтандыру)"
)


@dataclass
class Message:
    """The lines of a message and each row's offset in them."""

    lines: list[str]
    rows: list[tuple[Row, int]]


@dataclass
class Style:
    """How one emitter writes."""

    rng: Random
    upper: bool
    slashes: str
    shuffled: bool
    period_in_header: bool
    padded: bool

    @classmethod
    def draw(cls, rng: Random) -> "Style":
        """A random emitter."""
        flags = (rng.random() < chance for chance in (0.8, 0.6, 0.5, 0.2))
        upper, shuffled, period_in_header, padded = flags
        return cls(rng, upper, rng.choice(("/", "//")), shuffled, period_in_header, padded)

    def key(self, name: str, value: str, slashes: str = "/") -> str:
        """One key line."""
        cased = name if self.upper else self.rng.choice((name, name.lower(), name.title()))
        blank = self.rng.choice(("", " ", "\t")) if self.padded else ""
        return f"{slashes}{cased}/{value}{blank}"

    def mixed(self, parts: Sequence) -> list:
        """The parts in this emitter's order."""
        return self.rng.sample(list(parts), len(parts)) if self.shuffled else list(parts)


def party(style: Style, tag: str, account: str, number: str) -> list[str]:
    """The group of a payer or beneficiary."""
    name = " ".join(names(number)) if number[4] in "0123" else f"ТОО «Шаруа {number[-4:]}»"
    keys = [("NAME", name[:60]), ("IDN", number), ("IRS", "1"), ("SECO", "7")]
    if tag == ":50:":
        keys += [("CHIEF", "Омаров"), (style.rng.choice(("MAINBK", "MAINBNK")), "Әлиева")]
    slash = "/D/" if tag == ":50:" else ""
    return [f"{tag}{slash}{account}", *(style.key(*k) for k in style.mixed(keys))]


def account_of(number: str) -> str:
    """The payer's own account."""
    return make_iban("722", number)


def sides(style: Style, row: Row) -> tuple[list[str], list[str]]:
    """Payer and beneficiary of the transfer; a return goes from the State Corporation to the first payer."""
    own, meds = (account_of(row.payer), row.payer), (MEDS_ACCOUNT, MEDS_BIN)
    payer, beneficiary = (meds, own) if row.is_return else (own, meds)
    return party(style, ":50:", *payer), party(style, ":59:", *beneficiary)


def purpose(style: Style) -> list[str]:
    """The purpose, cut in mid-word."""
    text = PURPOSE[: style.rng.choice((20, 62, 150, len(PURPOSE)))]
    return [style.key("ASSIGN", text[:62]).rstrip(), *(text[n : n + 70] for n in range(62, len(text), 70))]


def details(style: Style, row: Row, number: str, keys: Sequence[str]) -> list[str]:
    """The group :70: of a header, a package item or an MT100."""
    fixed = [("NUM", number or "бн"), ("DATE", f"{row.value_date:%y%m%d}"), ("SEND", "07"), ("VO", "01")]
    fixed += [("KNP", row.knp), ("PSO", "01"), ("PRT", "50")]
    lines = style.mixed([*(style.key(*k) for k in fixed), *keys])
    first = next(i for i, line in enumerate(lines) if not line.startswith("//"))
    lines.insert(0, f":70:{lines.pop(first)}")
    return [*lines, *purpose(style)]


def person_keys(style: Style, row: Row, period: bool) -> list[str]:
    """The keys of the person paid for, with the period if it stands here."""
    surname, name, patronymic = names(row.person)
    born = birth_date(row.person)
    keys = [("FM", surname), ("NM", name), ("FT", patronymic), ("DT", f"{born:%Y%m%d}" if born else "")]
    keys += [("IDN", row.person)] + ([("PERIOD", f"{row.period:%m%Y}")] if period else [])
    return [style.key(*k, style.slashes) for k in keys]


def amount(style: Style, tiyn: int) -> str:
    """An amount in the bank's way; sometimes without a leading zero."""
    text = money(tiyn, ",")
    return text[1:] if tiyn < 100 and style.rng.random() < 0.5 else text


def opening(style: Style, kind: str, reference: str) -> list[str]:
    """The blocks before the text and the reference."""
    second = style.rng.choice((f"I{kind}SGROSS000000U3003", f"I{kind}SCLEAR000000U3003", f"I{kind}SGROSS0000003003"))
    return ["{1:F01K054700000000001000001}", f"{{2:{second}}}", "{4:", f":20:{reference}"]


def list_message(style: Style, rows: Sequence[Row]) -> Message:
    """MT102, one payer's list of people; all rows share payer, value date, KNP, reference and number."""
    head = rows[0]
    in_header = style.period_in_header and style.rng.random() < 0.8
    common = style.rng.choice(rows).period  # a person's own period overrides it
    payer, beneficiary = sides(style, head)
    period = [style.key("PERIOD", f"{common:%m%Y}")] if in_header else []
    number = "8001" if head.is_return else head.number  # a return's number is not the original's
    bank, pad = BANKS[int(head.payer[-2:]) % 3], "XXX" if style.padded else ""
    groups = [payer, [f":52B:{bank}{pad}"], [f":57B:GCVPKZ2A{pad}"], beneficiary]
    groups.append(details(style, head, number, period))
    lines = opening(style, "102", f"RET{head.key[-2]}" if head.is_return else head.reference)
    for group in style.mixed(groups):
        lines += group
    placed = []
    for n, row in enumerate(rows, 1):
        placed.append((row, len(lines)))
        own = not in_header or row.period != common or style.rng.random() < 0.2
        lines += [f":21:{n}", f":32B:KZT{amount(style, row.tiyn)}", style.rng.choice((":70:", ":70:/OPV/С"))]
        lines += style.mixed(person_keys(style, row, own))
    lines += [f":32A:{head.value_date:%y%m%d}KZT{money(sum(r.tiyn for r in rows), ',')}", "-}"]
    return Message(lines, placed)


def package_message(style: Style, rows: Sequence[Row]) -> Message:
    """MT102 in package form: every item has its own payer, beneficiary and KNP; one value date, one reference."""
    head = rows[0]
    lines = [*opening(style, "102", head.reference), ":52B:KCJBKZKX", ":57B:GCVPKZ2A"]
    lines += [f":70:{style.key('DATE', f'{head.value_date:%y%m%d}')}", style.key("SEND", "07")]
    placed = []
    for n, row in enumerate(rows, 1):
        placed.append((row, len(lines)))
        payer, beneficiary = sides(style, row)
        lines += [f":21:{n}", f":32B:KZT{amount(style, row.tiyn)}", *payer, *beneficiary]
        lines += details(style, row, row.number, person_keys(style, row, True))
    lines += [f":32A:{head.value_date:%y%m%d}KZT{money(sum(r.tiyn for r in rows), ',')}", "-}"]
    return Message(lines, placed)


def single_message(style: Style, row: Row) -> Message:
    """MT100: one person; who pays for oneself may be left out under :70:."""
    payer, beneficiary = sides(style, row)
    keys = person_keys(style, row, True)
    if row.payer == row.person and style.rng.random() < 0.5:
        keys = [style.key("PERIOD", f"{row.period:%m%Y}")]
    lines = opening(style, "100", row.reference)
    lines.append(f":32A:{row.value_date:%y%m%d}KZT{amount(style, row.tiyn)}")
    for group in style.mixed([payer, [":52B:CASPKZKA"], [":57B:GCVPKZ2A"], beneficiary]):
        lines += group
    lines += [*details(style, row, row.number, keys), "-}"]
    return Message(lines, [(row, 3)])


def mt_file(rng: Random, folder: str, name: str, messages: Sequence[Message]) -> File:
    """Messages in one file: either line end, two encodings, sometimes no newline at the end."""
    lines = list(rng.choice(([], [], [], [""], ["OUTGOING"])))
    rows = []
    for message in messages:
        rows += [(row, len(lines) + offset + 1) for row, offset in message.rows]
        lines += message.lines + rng.choice(([], [], [""]))
    text = "\n".join(lines).rstrip("\n") + rng.choice(("\n", "", "\n\n"))
    data = encoded(rng, text, rng.random() < 0.5, ("utf-8", "utf-8", "utf-8-sig", "kz1048"))
    return File(folder, name, data, tuple(rows))
