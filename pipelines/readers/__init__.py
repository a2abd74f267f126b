"""The readers of the formats that come in: a reader `recognises` a text and `read`s it, losing nothing.

A reading holds documents and lines as they were written; what they are worth is judged later. A new format is a
module here that recognise.py asks; a new bank's register is a new layout file.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from schemas.lines import RAW_LINE, RAW_ROW
from schemas.statements import RAW_ENTRY, RAW_SECTION
from transforms.lines import Syntax

# A text larger than this is read and judged in parts of about this size. The files of the ledger are cut by it, and
# they must be the same everywhere: not a setting. While parts are judged about 30 times this are held in memory,
# however large the file, and 8 bytes a line.
PART_BYTES = 24 << 20
Parts = Callable[[], Iterator[Callable[[], pl.DataFrame]]]  # a part is in memory, and cut into fields when called


class Unreadable(Exception):
    """The file is refused whole: reason, the field it shows in, and what was expected."""

    def __init__(self, reason: str, expected: str, column: str = "file") -> None:
        super().__init__(reason, expected, column)
        self.reason, self.expected, self.column = reason, expected, column

    def __str__(self) -> str:
        return f"{self.reason}: {self.expected}"


@dataclass
class Document:
    """What a document says of itself. `problem` is set when the document cannot be taken, with what was expected."""

    document_no: int
    line_no: int
    is_message: bool = False  # an MT message: known again by its numbers
    reference: str | None = None
    number: str | None = None
    document_date_text: str | None = None
    payer_bank: str | None = None
    payer_text: str | None = None
    purpose: str | None = None
    total_text: str | None = None
    total_expected: bool = False  # whether the format must declare a total
    count_text: str | None = None
    problem: str | None = None
    expected: str | None = None
    partial: bool = False  # only some of its lines are judged, again


_OF_DOCUMENT: dict[str, pl.DataType] = dict.fromkeys((one.name for one in fields(Document)), pl.String())
_OF_DOCUMENT |= {"document_no": pl.Int32(), "line_no": pl.Int64()}
DOCUMENT = _OF_DOCUMENT | dict.fromkeys(("is_message", "total_expected", "partial"), pl.Boolean())


def documents_frame(documents: Sequence[Document]) -> pl.DataFrame:
    """Documents as a frame (columns DOCUMENT). Grain: a document."""
    return pl.DataFrame({name: [getattr(one, name) for one in documents] for name in DOCUMENT}, schema=DOCUMENT)


@dataclass
class Reading:
    """A file as read: format, documents (as DOCUMENT), and lines of money, rows of a register or entries of statements.

    Of a large register `parts` gives the lines or rows (`in_parts` says which), part by part, each time anew.
    """

    format: str
    syntax: Syntax
    documents: pl.DataFrame
    lines: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RAW_LINE))
    rows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RAW_ROW))
    entries: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RAW_ENTRY))
    sections: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RAW_SECTION))
    parts: Parts | None = None
    in_parts: str = ""
    part_count: int = 0  # about how many parts

    def whole(self) -> "Reading":
        """The reading with all its lines or rows at once, however many."""
        if self.parts is None:
            return self
        whole: dict[str, Any] = {self.in_parts: pl.concat(part() for part in self.parts())}
        return replace(self, **whole, parts=None)

    def without_lines(self) -> "Reading":
        """What the file says besides its lines, rows and entries."""
        empty = {name: getattr(self, name).clear() for name in ("lines", "rows", "entries")}
        return replace(self, **empty, parts=None)


def one_amount(*written: str | None) -> str | None:
    """The amount that is written in several places; all of them, and so unreadable, where they contradict."""
    amounts = [text for text in written if text]
    if len({_number(text) for text in amounts}) < 2:
        return amounts[0] if amounts else None
    return " / ".join(text[:99] for text in amounts)


def _number(text: str) -> Decimal | str:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return number if number.is_finite() else text


def lines_frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Raw lines as a frame with every column, null where a reader gives none."""
    return pl.DataFrame(rows, schema=RAW_LINE)
