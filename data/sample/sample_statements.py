"""Write account statements as banks export them for 1C, 1CClientBankExchange in five dialects; camt: sample_camt.py.

Amounts stand as given, with a point, so that one can be faulty; balances and turnovers are reckoned here. Days are ISO.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sample_writers import Party

CREATED = "2026-11-20"
PAYER, BENEFICIARY = (
    [f"{side}{key}" for key in ("Наименование", "БИН_ИИН", "КБЕ", "ИИК", "БанкБИК")]
    for side in ("Плательщик", "Получатель")
)
# Which keys a dialect writes of an entry, in its own order; a credit has СуммаПриход, a debit СуммаРасход.
KASPI = ["НомерДокумента", "ДатаДокумента", "ВидДокумента", *BENEFICIARY, *PAYER]
KASPI += ["СуммаРасход", "СуммаПриход", "ДатаОперации", "НазначениеПлатежа", "КодНазначенияПлатежа"]
HALYK = ["ВидДокумента", "ДатаОперации", "СуммаРасход", "СуммаПриход", "НомерДокумента", "ДатаДокумента"]
HALYK += [*PAYER, *BENEFICIARY, "НазначениеПлатежа", "КодНазначенияПлатежа", "ДатаВалютирования"]
BCC = [*HALYK, "Сумма", "Валюта"]
KAZPOST = [*(key for key in HALYK if key != "НазначениеПлатежа"), "НазначениеПлатежа"]


@dataclass(frozen=True)
class Entry:
    """Money that moved on the account on a day, and the document that it moved by."""

    booked: str
    payer: Party
    beneficiary: Party
    number: str
    day: str
    knp: str
    tenge: str
    purpose: str
    reference: str = ""  # the :20: of the message; only camt.053 has a place for it
    meant: str = ""  # the amount that the balance knows, where the written one cannot be read

    @property
    def worth(self) -> Decimal:
        """The amount that the balance knows."""
        return Decimal(self.meant or self.tenge)


@dataclass(frozen=True)
class Statement:
    """An export of the account: its days, its opening balance and some of its entries."""

    owner: Party
    first: str
    last: str
    opening: str
    entries: Sequence[Entry]

    def credited(self, entry: Entry) -> bool:
        """Whether the entry's money came in."""
        return entry.beneficiary == self.owner


@dataclass(frozen=True)
class Section:
    """Days of the account with balances and turnovers."""

    first: str
    last: str
    opening: Decimal
    credits: Decimal
    debits: Decimal

    @property
    def closing(self) -> Decimal:
        """What the account holds in the end."""
        return self.opening + self.credits - self.debits


def whole(statement: Statement) -> Section:
    """All days of the statement as one section."""
    return _section(statement, statement.first, statement.last, Decimal(statement.opening))


def kaspi(statement: Statement) -> str:
    """Kaspi: names its code page, one section, `выписка` in lower case."""
    told = [*_head(statement, "1.01", "Windows"), *_account(statement, whole(statement))]
    return _text([*told, *_documents(statement, KASPI, "выписка"), "КонецФайла"])


def bcc(statement: Statement) -> str:
    """Bank CenterCredit: names no code page, puts the kind of document in quotes, tells the amount twice."""
    told = [*_head(statement, "2.0"), *_account(statement, whole(statement))]
    return _text([*told, *_documents(statement, BCC, '"Выписка"'), "КонецФайла"])


def halyk(statement: Statement, jump: dict[str, str]) -> str:
    """Halyk: keys in upper case, a section per day; `jump` is by how much a day opens above the close before."""
    told, opening = _head(statement, "2.00"), Decimal(statement.opening)
    for day in _days(statement.first, statement.last):
        section = _section(statement, day, day, opening + Decimal(jump.get(day, "0")))
        told, opening = told + _account(statement, section), section.closing
    return _text(_upper([*told, *_documents(statement, HALYK, "Выписка"), "КонецФайла"]))


def kazpost(statement: Statement) -> str:
    """Kazpost: leading blanks, the purpose last and over several lines, turnovers of the last day only."""
    last = _section(statement, statement.last, statement.last, Decimal(0))
    account = _account(statement, whole(statement), turnovers=last)
    told = [*_head(statement, "2.00"), *account, *_documents(statement, KAZPOST, "Выписка"), "КонецФайла"]
    first, *rest = "\n".join(_upper(told, but=set(KAZPOST))).split("\n")
    return _text([first, *(f" {line}" for line in rest)])


def russian(statement: Statement) -> str:
    """The Russian variant: other keys, one amount; which side's day is told says where the money went."""
    told = [*_head(statement, "1.03", "Windows"), *_account(statement, whole(statement))]
    for entry in statement.entries:
        came = statement.credited(entry)
        told += ["СекцияДокумент=Платежное поручение", f"Номер={entry.number}", f"Дата={_day(entry.day)}"]
        told += [f"Сумма={entry.tenge}", *_russian_side("Плательщик", entry.payer)]
        told += [] if came else [f"ДатаСписано={_day(entry.booked)}"]
        told += _russian_side("Получатель", entry.beneficiary)
        told += [f"ДатаПоступило={_day(entry.booked)}"] if came else []
        told += [f"НазначениеПлатежа={entry.purpose}", "КонецДокумента"]
    return _text([*told, "КонецФайла"])


def _section(statement: Statement, first: str, last: str, opening: Decimal) -> Section:
    """The balances of these days."""
    turnovers = {True: Decimal(0), False: Decimal(0)}
    for entry in statement.entries:
        if first <= entry.booked <= last:
            turnovers[statement.credited(entry)] += entry.worth
    return Section(first, last, opening, turnovers[True], turnovers[False])


def _head(statement: Statement, version: str, encoding: str = "") -> list[str]:
    told = ["1CClientBankExchange", f"ВерсияФормата={version}", *([f"Кодировка={encoding}"] if encoding else [])]
    told += ["Получатель=1C Предприятие, Бухгалтерия для Казахстана", f"ДатаСоздания={_day(CREATED)}"]
    told += [f"ДатаНачала={_day(statement.first)}", f"ДатаКонца={_day(statement.last)}"]
    return [*told, f"РасчСчет={statement.owner.account}"]


def _account(statement: Statement, section: Section, turnovers: Section | None = None) -> list[str]:
    turned = turnovers or section
    told = ["СекцияРасчСчет", f"ДатаНачала={_day(section.first)}", f"ДатаКонца={_day(section.last)}"]
    told += [f"РасчСчет={statement.owner.account}", f"НачальныйОстаток={section.opening}"]
    told += [f"ВсегоПоступило={turned.credits}", f"ВсегоСписано={turned.debits}"]
    return [*told, f"КонечныйОстаток={section.closing}", "КонецРасчСчет"]


def _documents(statement: Statement, keys: Sequence[str], kind: str) -> list[str]:
    """The entries with the keys of a Kazakh dialect."""
    told = []
    for entry in statement.entries:
        fields = {
            "НомерДокумента": entry.number,
            "ДатаДокумента": _day(entry.day),
            "ВидДокумента": "ПлатежноеПоручение",
            "ДатаОперации": _day(entry.booked),
            "СуммаПриход" if statement.credited(entry) else "СуммаРасход": entry.tenge,
            "Сумма": entry.tenge,
            "Валюта": "KZT",
            "НазначениеПлатежа": entry.purpose,
            "КодНазначенияПлатежа": entry.knp,
            "ДатаВалютирования": _day(entry.booked),
        }
        for side, party in ((PAYER, entry.payer), (BENEFICIARY, entry.beneficiary)):
            values = (party.name, party.number, f"1{party.sector}", party.account, party.bic)
            fields |= dict(zip(side, values, strict=True))
        told += [f"СекцияДокумент={kind}", *(f"{key}={fields[key]}" for key in keys if key in fields), "КонецДокумента"]
    return told


def _russian_side(side: str, party: Party) -> list[str]:
    told = [f"{side}Счет={party.account}", f"{side}={party.name}", f"{side}ИНН={party.number}"]
    return [*told, f"{side}БИК={party.bic}"]


def _upper(lines: Sequence[str], but: set[str] = frozenset()) -> list[str]:
    """The keys in upper case; Halyk itself leaves the turnovers as they are."""
    told = []
    for line in lines[1:]:
        key, mark, value = line.partition("=")
        told.append(line if key in but or key.startswith("Всего") else f"{key.upper()}{mark}{value}")
    return [lines[0], *told]


def _days(first: str, last: str) -> list[str]:
    low, high = date.fromisoformat(first), date.fromisoformat(last)
    return [(low + timedelta(days=place)).isoformat() for place in range((high - low).days + 1)]


def _day(day: str) -> str:
    return f"{date.fromisoformat(day):%d.%m.%Y}"


def _text(lines: Sequence[str]) -> str:
    return "\n".join([*lines, ""])
