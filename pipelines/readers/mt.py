"""Read MT102 lists, MT102 packages and single MT100 messages.

One plain line-by-line parser: it says what a message means, and `mt_fast` gives the same for ordinary ones and
leaves the rest to it. Several messages may stand in a file, with text before the first. What is cut off or has no
borders is a document with the problem `truncated`; other text behind a message is one that is `unrecognised`.
Source: formats.md section 2.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipelines.readers import Document, Reading, documents_frame, lines_frame
from schemas.codes import FUND_ACCOUNT, MEDS_ACCOUNT
from transforms.lines import MT

_START = re.compile(r"^\{1:", re.MULTILINE)
_BLOCK_2 = re.compile(r"\{2:\s*([IO])\s*(\d{3})")
TAG = re.compile(r"^:(\d{2}[A-Z]?):(.*)$", re.IGNORECASE)
_KEY = re.compile(r"^//?([A-Za-z]{1,8})/(.*)$")
_KNOWN = "NAME|IDN|IRS|SECO|CHIEF|MAINBK|MAINBNK|NUM|DATE|SEND|VO|KNP|PSO|PRT|PERIOD|FM|NM|FT|DT|RNN|ASSIGN"
_NEXT_KEY = re.compile(rf"(?<!\s)\s+(?=//?(?:{_KNOWN})/)", re.IGNORECASE)
_SIX_DIGITS = re.compile(r"^\d{6}")
_TOTAL = re.compile(r"^(\d{6})\s*([A-Za-z]{3})\s*(.*)$")
ONCE = {"20", "32A", "32B", "59", "50/D", "50/IDN", "59/IDN", "70/IDN", "70/PERIOD", "70/KNP", "70/DATE"}
NAMES_PERSON = {"70/FM", "70/NM", "70/FT", "70/DT", "70/IDN", "70/OPV"}
ACCOUNT_OF = {"50/IDN": "50/D", "59/IDN": "59"}  # where a party's account stands
FORMAT = "mt"
FORMATS = {"102": "mt102", "100": "mt100"}


def recognises(text: str) -> bool:
    """A block 1 and a block 2 of a message 100 or 102 stand in the text."""
    if not _START.search(text):
        return False
    return any(kind in FORMATS for _, kind in _BLOCK_2.findall(text))


def read(text: str) -> Reading:
    """The messages of a file; documents are numbered from 0 in their order."""
    messages = messages_of(text)
    documents = documents_frame([document_of(message, no) for no, message in enumerate(messages)])
    rows = [row for no, message in enumerate(messages) for row in lines_of(message, no)]
    return Reading(format_of({message.kind for message in messages}), MT, documents, lines_frame(rows))


def format_of(kinds: Iterable[str]) -> str:
    """The format of a file with messages of these kinds."""
    return "+".join(sorted(FORMATS[kind] for kind in kinds if kind in FORMATS)) or "mt102"


@dataclass
class Part:
    """Values of sequence A, or of one item of sequence B: by tag (`20`), and by tag and key (`50/IDN`)."""

    line_no: int
    values: dict[str, str] = field(default_factory=dict)

    def put(self, name: str, value: str) -> None:
        before = self.values.get(name, value)
        # Where the head of the next person is lost, two of them meet: two values are no value, never the last one.
        self.values[name] = value if before == value or name not in ONCE else f"{before[:99]} / {value[:99]}"

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def has_tag(self, tag: str) -> bool:
        return any(name == tag or name.startswith(f"{tag}/") for name in self.values)


@dataclass
class Message:
    """A message: sequence A and C are its head, each person of sequence B an item; `line_no` is that of `:20:`."""

    line_no: int
    kind: str = ""
    head: Part = field(default_factory=lambda: Part(0))
    items: list[Part] = field(default_factory=list)
    ended: bool = False
    bordered: bool = True
    foreign: bool = False  # text behind a message, and none itself


def messages_of(text: str, first_line: int = 1, behind: bool = False) -> list[Message]:
    """The messages of a text that begins with this line of its file, behind others or not."""
    found: list[Message] = []
    body: list[tuple[int, str]] = []
    message: Message | None = None

    def close(ended: bool) -> None:
        nonlocal message, body
        if message is None and any(TAG.match(line) or line.startswith("-}") for _, line in body):
            message = Message(body[0][0], bordered=False)  # fields of a message whose beginning is lost
        elif message is None and (behind or found) and any(_says_something(line) for _, line in body):
            message = Message(next(no for no, line in body if _says_something(line)), foreign=True)
        if message is not None:
            message.ended = ended
            fill(message, body)
            found.append(message)
        message, body = None, []

    for line_no, line in enumerate(text.split("\n"), start=first_line):
        line = line.strip()
        if line.startswith("-}"):
            body.append((line_no, "-}"))
            close(ended=True)
            line = line[2:].strip()
        if _START.search(line):
            close(ended=False)
            message = Message(line_no)
        if line:
            body.append((line_no, line))
    close(ended=False)
    return found


def _says_something(line: str) -> bool:
    """Whether a line between messages is more than a stroke, the end of a transmission or a trailer block."""
    return any(sign.isalnum() for sign in line) and not line.startswith("{5:")


def fill(message: Message, body: list[tuple[int, str]]) -> None:
    """Put the lines (number and text without blanks around it) into the message's head and items."""
    part = message.head
    part.line_no = message.line_no
    tag = purpose = ""
    in_purpose = False
    for line_no, line in body:
        block, matched = _BLOCK_2.search(line), TAG.match(line)
        if block:
            message.kind = block.group(2)
        if in_purpose and matched is None and not line.startswith(("/", "-}")):
            part.values[purpose] += line  # banks cut it in mid-word, so a line may well begin with "-"
            continue
        if matched:
            tag, line = matched.group(1).upper(), matched.group(2).strip()
            if tag == "21" or (tag == "32B" and part is message.head):
                part = Part(line_no)
                message.items.append(part)
            elif tag == "32A":
                part = message.head
            if tag == "20":
                message.line_no = line_no
            if not line.startswith("/") or tag == "59" and not _KEY.match(line):
                part.put(tag, line)
        in_purpose = False
        if line.startswith("/") and tag:
            _put_keys(part, tag, line)
            purpose = f"{tag}/ASSIGN"
            in_purpose = "/ASSIGN/" in line[:10].upper() and purpose in part.values


def _put_keys(part: Part, tag: str, line: str) -> None:
    """Put the keys of a line under their tag."""
    for piece in [line] if "/ASSIGN/" in line[:10].upper() else _NEXT_KEY.split(line):
        matched = _KEY.match(piece)
        if matched is not None:
            part.put(f"{tag}/{matched.group(1).upper()}", matched.group(2).strip())


def document_of(message: Message, no: int) -> Document:
    """What the message says of itself, as document `no` of its file."""
    said = message.head.values.get
    problem, expected = problem_of(message)
    return Document(
        document_no=no,
        line_no=message.line_no,
        is_message=True,
        reference=said("20"),
        number=said("70/NUM"),
        document_date_text=said("70/DATE"),
        payer_bank=bic(said("52B")),
        payer_text=said("50/IDN"),
        purpose=said("70/ASSIGN"),
        total_text=total_of(said("32A")),
        total_expected=True,
        problem=problem,
        expected=expected,
    )


def problem_of(message: Message) -> tuple[str | None, str | None]:
    """Why the message cannot be taken, and what was expected; None, None where it can."""
    if message.foreign:
        return "unrecognised", "nothing behind a message but messages"
    if not message.bordered:
        return "truncated", "a message that begins with {1:"
    if not message.ended:
        return "truncated", "a message that ends with a line -}"
    if message.kind not in FORMATS:
        return "unrecognised", "a message of type 100 or 102"
    if message.kind == "100" and any(not NAMES_PERSON.isdisjoint(item.values) for item in message.items):
        return "unrecognised", "type 102 of a message whose items (:21:) name people"
    if "32A" not in message.head.values:
        return "truncated", "a field :32A: with the date and the total"
    return None, None


def total_of(written: str | None) -> str | None:
    """The total behind a value date and its currency; all that stands there if it is none."""
    total = _TOTAL.match(written or "")
    return _tenge(total.group(2), total.group(3)) if total else written


def lines_of(message: Message, no: int) -> list[dict[str, object]]:
    """The raw lines of the message, one a person; one for a single message."""
    head = message.head
    if message.kind == "100":
        return [line_of(head, Part(message.line_no), no, "single", document_of(message, no).total_text)]
    package = any(item.has_tag("50") for item in message.items)
    form = "package" if package else "list"
    return [line_of(head, item, no, form, _item_amount(item)) for item in message.items]


def line_of(head: Part, item: Part, no: int, form: str, amount: str | None) -> dict[str, object]:
    """The raw line of an item; what the item does not say of the payment its head does."""

    value = (_head_for(head, item) | item.values).get
    own = item if form == "list" else (item if item.values else head)
    names_person = not NAMES_PERSON.isdisjoint(own.values)
    # A payment order of one person (MT100, package) may name nobody but its payer.
    person = own.get("70/IDN") if names_person or form == "list" else _payer_as_person(value)
    return {
        "document_no": no,
        "line_no": item.line_no,
        "form": form,
        "payer_account": value("50/D"),
        "beneficiary_account": value("59"),
        "beneficiary_text": value("59/IDN"),
        "amount_text": amount,
        "value_date_text": value_date(head.get("32A")),
        "document_date_text": value("70/DATE"),
        "period_text": value("70/PERIOD"),
        "knp_text": value("70/KNP"),
        "payer_text": value("50/IDN"),
        "person_text": person,
        "surname": own.get("70/FM") or None,
        "name": own.get("70/NM") or None,
        "patronymic": own.get("70/FT") or None,
        "birth_date_text": own.get("70/DT") or None,
        "document_reference": head.get("20"),
        "document_number": value("70/NUM"),
        "payer_bank": bic(value("52B")),
    }


def _head_for(head: Part, item: Part) -> dict[str, str]:
    """What a head says of its item: not the id of a party where the item names another account."""
    told = dict(head.values)
    for party, account in ACCOUNT_OF.items():
        own, heads = item.get(account), head.get(account)
        if own is not None and heads is not None and account_of(own) != account_of(heads):
            told.pop(party, None)
    return told


def account_of(written: str) -> str:
    """An account as it is compared: whether a stroke stands before it, and in which letters it is, says nothing."""
    return written.strip().removeprefix("/").upper()


def value_date(total: str | None) -> str | None:
    """The value date before the total of a message; all that stands there if it is none."""
    matched = _SIX_DIGITS.match(total or "")
    return matched.group() if matched else total


def _payer_as_person(value: Callable[[str], str | None]) -> str | None:
    """Who paid: of a return the one who gets the money back; a consolidated message names nobody at all."""
    payer, beneficiary = (account_of(value(name) or "") for name in ("50/D", "59"))
    if beneficiary == FUND_ACCOUNT:
        return None
    return value("59/IDN" if payer == MEDS_ACCOUNT else "50/IDN")


def _item_amount(item: Part) -> str | None:
    written = item.get("32B")
    matched = re.match(r"^([A-Za-z]{3})\s*(.*)$", written or "")
    return _tenge(matched.group(1), matched.group(2)) if matched else written


def _tenge(currency: str, amount: str) -> str:
    """The amount without its currency if that is tenge; with it, and so unreadable, if it is another."""
    return amount if currency.upper() == "KZT" else f"{currency}{amount}"


def bic(written: str | None) -> str | None:
    """A bank's BIC without its padding to 11 characters."""
    if written is None:
        return None
    bic = written.strip().lstrip("/").upper()
    return bic[:8] if len(bic) == 11 and bic.endswith("XXX") else bic
