"""Read account statements in 1CClientBankExchange: the Kazakh families of banks and the Russian variant.

`Key=Value` lines, keys compared without case; a value may hold `=` and open quotes. One statement per account:
where a bank writes a section a day, they follow each other. Of two lines with one key the first counts, for a purpose
may run over further lines that look like anything; of two amounts neither. Source: formats.md section 3.
"""

import re
from dataclasses import dataclass, field

import polars as pl

from pipelines.readers import Document, Reading, Unreadable, documents_frame, one_amount
from schemas.statements import RAW_ENTRY, RAW_SECTION
from transforms.lines import Syntax

FORMAT = "1c"
SYNTAX = Syntax(decimal=".", day="%d.%m.%Y")
_FIRST_LINE = "1cclientbankexchange"
_SECTION, _SECTION_END = "секциярасчсчет", "конецрасчсчет"
_DOCUMENT, _DOCUMENT_END, _FILE_END = "секциядокумент", "конецдокумента", "конецфайла"
_PURPOSE = "назначениеплатежа"
_ACCOUNTS = ("расчсчет", "иик")
_NUMBERS = ("номердокумента", "номер")
_DATES = ("датадокумента", "дата")
_AMOUNTS: tuple[str, ...] = ("суммаприход", "суммарасход", "сумма", "начальныйостаток", "конечныйостаток")
_AMOUNTS += ("всегопоступило", "всегосписано")
_KEY = re.compile(r"^\w[\w/]*$")
_IDS = ("бин_иин", "бин/иин", "инн", "иин", "бин")
_SIDE_ACCOUNTS = ("иик", "расчсчет", "счет")
_PAYER, _PAYEE = "плательщик", "получатель"
# A bank whose lines begin with blanks (Kazpost) writes turnovers that cannot be trusted.
_LEADING_BLANK = re.compile(rf"^[ \t]+(?:{_SECTION}|{_DOCUMENT}|датаначала|начальныйостаток)\b", re.M | re.I)


def recognises(text: str) -> bool:
    """The first line that is not blank is the format's name."""
    return text.lstrip()[: len(_FIRST_LINE)].lower() == _FIRST_LINE


def read(text: str) -> Reading:
    """The statements of a file, numbered from 0 by account, and their entries."""
    by_kazpost = _LEADING_BLANK.search(text) is not None
    head, sections, documents = _parts(text, purpose_last=by_kazpost)
    if not sections and not documents:
        raise Unreadable("unrecognised", "sections СекцияРасчСчет and СекцияДокумент in UTF-8 or KZ-1048", "content")
    if not sections:
        sections = [_Part(1, head.values)]
    by_default = _account(head.first(_ACCOUNTS)) or _own_account(documents)
    accounts = [_account(one.first(_ACCOUNTS)) or by_default for one in sections]
    statements = list(dict.fromkeys(accounts))
    lines = [sections[accounts.index(account)].line_no for account in statements]
    section_rows = [
        _section(one, statements.index(account), account, trusted=not by_kazpost)
        for one, account in zip(sections, accounts, strict=True)
    ]
    entries = [_entry(one, place, statements) for place, one in enumerate(documents, start=1)]
    return Reading(
        FORMAT,
        SYNTAX,
        documents_frame([Document(place, line_no) for place, line_no in enumerate(lines)]),
        entries=pl.DataFrame(entries, schema=RAW_ENTRY),
        sections=pl.DataFrame(section_rows, schema=RAW_SECTION),
    )


@dataclass
class _Part:
    """Values of the head, a section or a document, by key in lower case."""

    line_no: int
    values: dict[str, str] = field(default_factory=dict)

    def first(self, keys: tuple[str, ...]) -> str | None:
        return next((self.values[key] for key in keys if self.values.get(key)), None)


def _account(written: str | None) -> str:
    return (written or "").replace(" ", "").upper()


def _own_account(documents: list[_Part]) -> str:
    """Whose statement it is where nothing says so: the account on our side of the first document that has one."""
    sides = ((one, _PAYEE if _came_in(one) else _PAYER) for one in documents)
    found = (_account(_of_side(one, side, _SIDE_ACCOUNTS)) for one, side in sides)
    return next((account for account in found if account), "")


def _came_in(one: _Part) -> bool:
    """Whether a document brought money: by its sums, of which nought is none, else by the day that it names."""
    came, went = (not _is_zero(text or "0") for text in map(one.values.get, ("суммаприход", "суммарасход")))
    return came or (not went and bool(one.values.get("датапоступило")))


def _parts(text: str, purpose_last: bool) -> tuple[_Part, list[_Part], list[_Part]]:
    """The head, the sections and the documents; truncated when the text ends inside one of them.

    Where the purpose comes last, whatever follows it up to the end of the document is purpose.
    """
    head = part = _Part(1)
    sections: list[_Part] = []
    documents: list[_Part] = []
    for line_no, line in enumerate(text.split("\n"), start=1):
        key, is_pair, value = (piece.strip() for piece in line.partition("="))
        key = key.lower()
        if key in (_SECTION, _DOCUMENT):
            part = _Part(line_no)
            (sections if key == _SECTION else documents).append(part)
        elif key in (_SECTION_END, _DOCUMENT_END, _FILE_END):
            part = head
        elif is_pair and _KEY.match(key) and not (purpose_last and _PURPOSE in part.values):
            before = part.values.setdefault(key, value)
            if key in _AMOUNTS and _PURPOSE not in part.values:
                part.values[key] = one_amount(before, value) or ""
    if part is not head:
        raise Unreadable("truncated", "КонецДокумента or КонецРасчСчет at the end of the last section", "content")
    return head, sections, documents


def _section(one: _Part, statement: int, account: str, trusted: bool) -> dict[str, object]:
    return {
        "document_no": statement,
        "line_no": one.line_no,
        "account": account,
        "opened_on_text": one.values.get("датаначала"),
        "closed_on_text": one.values.get("датаконца"),
        "opening_text": one.values.get("начальныйостаток"),
        "closing_text": one.values.get("конечныйостаток"),
        "credits_text": one.values.get("всегопоступило") if trusted else None,
        "debits_text": one.values.get("всегосписано") if trusted else None,
    }


def _entry(one: _Part, place: int, statements: list[str]) -> dict[str, object]:
    own = {side: _account(_of_side(one, side, _SIDE_ACCOUNTS)) for side in (_PAYER, _PAYEE)}
    direction, amount = _money(one, own, statements)
    mine, other = (_PAYEE, _PAYER) if direction != "debit" else (_PAYER, _PAYEE)
    account = own[mine] if own[mine] in statements else statements[0]
    if len(statements) > 1 and account != own[mine]:
        direction = None  # whose entry it is cannot be told
    moved_on = {"credit": "датапоступило", "debit": "датасписано"}.get(direction or "", "")
    return {
        "document_no": statements.index(account),
        "entry_no": place,
        "line_no": one.line_no,
        "account": account,
        "direction": direction,
        "amount_text": amount,
        "booked_on_text": one.first(("датаоперации", moved_on, "датавалютирования", *_DATES)),
        "document_date_text": one.first(_DATES),
        "document_number": one.first(_NUMBERS),
        "counterparty_text": _of_side(one, other, _IDS),
        "counterparty_account": own[other],
        "knp_text": one.values.get("кодназначенияплатежа"),
        "references": [],
    }


def _of_side(one: _Part, side: str, names: tuple[str, ...]) -> str | None:
    return one.first(tuple(side + name for name in names))


def _money(one: _Part, own: dict[str, str], statements: list[str]) -> tuple[str | None, str | None]:
    """Direction and amount; amounts that contradict each other are both shown, and so are unreadable."""
    came, went, moved = (one.values.get(key) or None for key in ("суммаприход", "суммарасход", "сумма"))
    if moved is not None and not came and not went:
        came_in = own[_PAYEE] in statements or (own[_PAYER] not in statements and one.first(("датапоступило",)))
        went_out = own[_PAYER] in statements or one.first(("датасписано",))
        return ("credit" if came_in else "debit" if went_out else None), moved
    if came and went and _is_zero(came) != _is_zero(went):
        came, went = (None, went) if _is_zero(came) else (came, None)
    direction = "credit" if came else "debit" if went else None
    return direction, f"{came[:99]} / {went[:99]}" if came and went else one_amount(came, went, moved)


def _is_zero(text: str) -> bool:
    return re.fullmatch(r"0*\.?0*", text) is not None
