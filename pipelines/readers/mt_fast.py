"""Read MT files fast: the same reading as `mt.read`, which is the judge of what a message means and the fallback.

Grain: a file in, as UTF-8; its documents and lines out. Numpy finds in the bytes where lines, messages and items begin;
heads go through `mt_heads`, items through `mt_items`. A message with anything that these are not sure of (odd blanks,
several keys on a line, a brace in a value, an item of no known shape) is parsed by `mt` alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipelines.readers import Document, Reading, lines_frame, mt
from pipelines.readers.mt_heads import Heads
from pipelines.readers.mt_items import COLUMNS, EMPTY_IS_NONE, PADDING, Numbers, Shape, Shapes, Text, Words, views
from schemas.codes import FUND_ACCOUNT
from schemas.lines import RAW_LINE
from transforms.lines import MT

PIECE = 1 << 22  # bytes looked at at once
_STEP = 1 << 17  # what is scanned at once stays in the processor's cache
_NEWLINE, _RETURN, _TAB, _BLANK, _SLASH, _BRACE = b"\n\r\t /{"
_BLOCK_2 = re.compile(rb"\{2:[IO]10[02]")
_MARKS = (b"{1:", b"-}", b":21:")
_NOTHING = mt.Part(0)
_ABSENT = np.uint64((1 << 64) - 1)  # the first word of a text that an item does not have
# What a line has of its own, never of its message's head.
_OWN = {"amount_text", "person_text", "surname", "name", "patronymic", "birth_date_text"}


class _Oddities(NamedTuple):
    """Places where a message may mean more than its lines begin with; those of a head are fewer."""

    in_item: Numbers
    in_head: Numbers


class _Segments(NamedTuple):
    """What stands for itself: a message from {1: to -}, or the text between two. A row each, in lines of the piece."""

    begins: Numbers
    ends: Numbers
    first_item: Numbers  # the line where the head is over
    items: Numbers  # how many
    bordered: npt.NDArray[np.bool_]


@dataclass
class _Found:
    """What is read so far: documents; lines by the plain parser; heads and items of the rest, item by item."""

    documents: list[Document] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    rows: list[dict[str, object]] = field(default_factory=list)
    heads: list[dict[str, object]] = field(default_factory=list)
    head_of: list[Numbers] = field(default_factory=list)
    line_no: list[Numbers] = field(default_factory=list)
    unnamed: list[npt.NDArray[np.bool_]] = field(default_factory=list)  # items of a package that name nobody
    columns: list[dict[str, Words]] = field(default_factory=list)
    buffers: list[npt.NDArray[np.uint8]] = field(default_factory=list)

    def add_plainly(self, text: str, first_line: int) -> None:
        """Parse a text by the plain parser."""
        for message in mt.messages_of(text, first_line):
            self.add(message)
            self.rows += mt.lines_of(message, len(self.documents) - 1)

    def add(self, message: mt.Message) -> None:
        """Add a message's document."""
        self.kinds.add(message.kind)
        self.documents.append(mt.document_of(message, len(self.documents)))


def recognises(content: bytes, encoding: str) -> bool:
    """What `mt.recognises` says of a text, from its bytes (UTF-8 or KZ-1048)."""
    if not content.startswith(b"{1:") and b"\n{1:" not in content:
        return False
    return _BLOCK_2.search(content) is not None or mt.recognises(content.decode(encoding))


def read(content: bytes, piece_size: int = PIECE) -> Reading:
    """The messages of a file (UTF-8, without a byte order mark); documents are numbered from 0 in their order."""
    found, heads, shapes, line_no = _Found(), Heads(), Shapes(), 1
    for piece in _pieces(content, piece_size):
        text, oddities = _scanned(piece)
        if oddities is None:
            found.add_plainly(piece.decode(), line_no)
        else:
            _add_piece(found, heads, shapes, piece, text, oddities, line_no)
        line_no += len(text.begins)
    lines = _frame(found)
    if found.rows:
        lines = pl.concat([lines, lines_frame(found.rows)]).sort("document_no", maintain_order=True)
    return Reading(mt.format_of(found.kinds), MT, found.documents, lines)


def _pieces(content: bytes, size: int) -> Iterator[bytes]:
    """The content cut before lines that begin a message."""
    begin = 0
    while begin < len(content):
        end = content.find(b"\n{1:", begin + size) + 1 or len(content)
        yield content[begin:end]
        begin = end


def _scanned(piece: bytes) -> tuple[Text, _Oddities | None]:
    """Where the lines of a piece are, and its oddities; None if it is so odd that only the plain parser may read it."""
    size = len(piece) + (not piece.endswith(b"\n"))
    content = np.zeros(size + PADDING, dtype=np.uint8)
    content[: len(piece)] = np.frombuffer(piece, dtype=np.uint8)
    content[size - 1] = _NEWLINE
    marks = _marks(content[:size])
    which = content[marks]
    is_end = which == _NEWLINE
    ends = marks[is_end]
    begins = np.concatenate((np.zeros(1, dtype=np.int64), ends[:-1] + 1))
    marks, which = marks[~is_end], which[~is_end]
    after = content[marks + 1]
    returns = which == _RETURN
    if (after[returns] != _NEWLINE).any() or ((which < _BLANK) & (which != _TAB) & ~returns).any():
        return Text(content, begins, ends), None
    blanks = which <= _BLANK
    if (blanks & (after <= _BLANK)).any():
        ends = _trimmed(content, begins, ends)
    braces = (which == _BRACE) & (marks > 0) & (content[marks - 1] != _NEWLINE)
    wide = which > _BRACE  # may begin a blank of two or three bytes
    behind = marks + np.where(wide, np.where(which == 0xC2, 2, 3), 1)
    keys = (blanks | wide) & (content[behind] == _SLASH)
    return Text(content, begins, ends), _Oddities(marks[wide | braces | keys], marks[braces | keys])


def _marks(content: npt.NDArray[np.uint8]) -> Numbers:
    """The places of line ends, blanks, controls, braces and the first bytes of characters that may be blanks."""
    found, wide = [], np.empty(_STEP, dtype=np.uint8)
    flags, more = np.empty(_STEP, dtype=np.bool_), np.empty(_STEP, dtype=np.bool_)
    for begin in range(0, len(content), _STEP):
        part = content[begin : begin + _STEP]
        flag, other, shifted = flags[: len(part)], more[: len(part)], wide[: len(part)]
        np.less_equal(part, _BLANK, out=flag)
        flag |= np.equal(part, _BRACE, out=other)
        flag |= np.equal(part, 0xC2, out=other)
        flag |= np.less_equal(np.subtract(part, 0xE1, out=shifted), 2, out=other)  # 0xE1, 0xE2, 0xE3
        found.append(np.flatnonzero(flag) + begin)
    return np.concatenate(found)


def _trimmed(content: npt.NDArray[np.uint8], begins: Numbers, ends: Numbers) -> Numbers:
    """The ends of lines without the blanks before them."""
    ends = ends.copy()
    left = np.arange(len(ends))
    while len(left := left[(ends[left] > begins[left]) & (content[ends[left] - 1] <= _BLANK)]):
        ends[left] -= 1
    return ends


def _add_piece(
    found: _Found, heads: Heads, shapes: Shapes, piece: bytes, text: Text, oddities: _Oddities, line_no: int
) -> None:
    """Add a piece that begins with this line of the file."""
    segments, items, sizes = _segments(text)
    of_item = np.repeat(np.arange(len(segments.begins)), segments.items)
    fast, odd_head = _ordinary(segments, text, oddities)
    places = np.flatnonzero(fast[of_item])
    fits = [(shape, places[fit]) for shape, fit in shapes.fit(text, items[places], sizes[places])]
    fitted, packed = (
        np.bincount(of_item[np.concatenate([items[:0], *some])], minlength=len(fast))
        for some in ([fit for _, fit in fits], [fit for shape, fit in fits if shape.has_payer])
    )
    fast &= (fitted == segments.items) & ((packed == 0) | (packed == segments.items))
    head_of = np.full(len(fast), -1, dtype=np.int64)
    borders = np.append(text.begins, len(piece))
    places_of = zip(
        *(borders[lines].tolist() for lines in (segments.begins, segments.ends, segments.first_item)),
        *(borders[segments.ends - back].tolist() for back in (1, 2)),
        *(part.tolist() for part in (segments.begins, segments.items, fast, odd_head, packed)),
        strict=True,
    )
    for no, (begin, end, head_end, closed, total, line, count, is_fast, is_odd, is_package) in enumerate(places_of):
        message = None
        if is_fast:
            sequence_c = piece[total - 1 : closed - 1] if count else b""
            message = heads.read((piece[begin : head_end - 1] + sequence_c).decode(), line_no + line, not is_odd)
        if message is None or (count and message.kind == "100"):
            if piece[begin:end].strip():
                found.add_plainly(piece[begin:end].decode(), line_no + line)
            continue
        found.add(message)
        place = len(found.documents) - 1
        if count:
            head_of[no] = len(found.heads)
            form = "package" if is_package else "list"
            found.heads.append(mt.line_of(message.head, _NOTHING, place, "list", None) | {"form": form})
        else:
            found.rows += mt.lines_of(message, place)
    _add_items(found, text, items, head_of[of_item], fits, line_no)


def _segments(text: Text) -> tuple[_Segments, Numbers, Numbers]:
    """The segments of a piece, the lines with which items begin, and how many lines each item has."""
    marks = text.content[text.begins]
    opened, closed, items = (_beginning(text, np.flatnonzero(marks == mark[0]), mark) for mark in _MARKS)
    closed = closed[text.ends[closed] - text.begins[closed] == 2]
    borders = np.unique(np.concatenate(([0], opened, closed + 1, [len(marks)])))
    begins, ends = borders[:-1], borders[1:]
    places = np.searchsorted(items, begins)
    counts = np.searchsorted(items, ends) - places
    bordered = np.isin(begins, opened) & np.isin(ends - 1, closed)
    with_items = np.flatnonzero(counts)
    first_item, behind = ends - 1, np.append(items[1:], len(marks))
    first_item[with_items] = items[places[with_items]]
    behind[(places + counts - 1)[with_items]] = ends[with_items] - 2
    total = np.zeros(len(begins), dtype=np.bool_)
    total[np.isin(ends - 2, _beginning(text, np.maximum(ends - 2, 0), b":32A:"))] = True
    bordered &= total | (counts == 0)
    return _Segments(begins, ends, first_item, counts, bordered), items, behind - items


def _beginning(text: Text, lines: Numbers, mark: bytes) -> Numbers:
    """Those of the lines that begin with a mark."""
    for place, byte in enumerate(mark):
        lines = lines[text.content[text.begins[lines] + place] == byte]
    return lines


def _ordinary(
    segments: _Segments, text: Text, oddities: _Oddities
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which segments are messages without oddities behind their heads, and which have such in their heads."""
    fast, odd_head = segments.bordered.copy(), np.zeros(len(segments.begins), dtype=np.bool_)
    for places, in_head in ((oddities.in_item, False), (oddities.in_head, True)):
        lines = np.searchsorted(text.begins, places, side="right") - 1
        owners = np.searchsorted(segments.begins, lines, side="right") - 1
        is_head = lines < segments.first_item[owners]
        if in_head:
            odd_head[owners[is_head]] = True
        else:
            fast[owners[~is_head]] = False
    return fast, odd_head


def _add_items(
    found: _Found,
    text: Text,
    items: Numbers,
    head_of: Numbers,
    fits: list[tuple[Shape, Numbers]],
    line_no: int,
) -> None:
    """Add those items (by their first lines) whose heads were read, in their order."""
    kept = head_of >= 0
    rows = int(kept.sum())
    if not rows:
        return
    row_of = np.cumsum(kept) - 1
    columns: dict[str, Words] = {}
    unnamed = np.zeros(rows, dtype=np.bool_)
    for shape, places in fits:
        places = places[kept[places]]
        for name in shape.values.keys() & COLUMNS.keys():
            values = views(shape, name, text, items[places], len(found.buffers))
            if len(places) == rows and len(fits) == 1:
                columns[name] = values
                continue
            if name not in columns:
                columns[name] = np.full((rows, 2), _ABSENT)
            columns[name][row_of[places]] = values
        unnamed[row_of[places]] = shape.has_payer and not shape.names_person
    found.head_of.append(head_of[kept])
    found.line_no.append(items[kept] + line_no)
    found.unnamed.append(unnamed)
    found.columns.append(columns)
    found.buffers.append(text.content)


def _frame(found: _Found) -> pl.DataFrame:
    """The lines of all items, with what their heads say of the payment."""
    if not found.heads:
        return lines_frame([])
    head_of = pl.Series(np.concatenate(found.head_of).astype(np.uint32))
    told: dict[str, pl.Series] = {}
    for name in sorted(set().union(*found.columns)):
        told[COLUMNS[name]] = _texts(found, name)
    series = []
    for column, dtype in RAW_LINE.items():
        own = told.get(column)
        if column == "line_no":
            own = pl.Series(np.concatenate(found.line_no))
        elif own is None or (own.null_count() and column not in _OWN):
            of_head = pl.Series([head.get(column) for head in found.heads], dtype=dtype)
            filled = of_head.gather(head_of)
            own = filled if own is None else own.zip_with(own.is_not_null(), filled)
        series.append(own.alias(column))
    lines = pl.DataFrame(series)
    unnamed = np.concatenate(found.unnamed)
    if not unnamed.any():
        return lines
    to_fund = pl.col("beneficiary_account").str.to_uppercase() == FUND_ACCOUNT
    payer = (
        pl.when(to_fund).then(None).otherwise("payer_text")
    )  # who pays in a package and names nobody pays for himself
    return lines.with_columns(person_text=pl.when(pl.Series(unnamed)).then(payer).otherwise("person_text"))


def _texts(found: _Found, name: str) -> pl.Series:
    """One value of all items as a column, null where an item does not say it."""
    sizes = [len(part) for part in found.head_of]
    parts = [columns.get(name) for columns in found.columns]
    words = np.concatenate(
        [np.full((size, 2), _ABSENT) if part is None else part for part, size in zip(parts, sizes, strict=True)]
    )
    missing = words[:, 0] == _ABSENT
    words[missing] = 0
    if COLUMNS[name] in EMPTY_IS_NONE:
        missing = words[:, 0] == 0
    valid = pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None
    buffers = [valid, pa.py_buffer(words), *map(pa.py_buffer, found.buffers)]
    column = pl.from_arrow(pa.Array.from_buffers(pa.string_view(), len(words), buffers))
    assert isinstance(column, pl.Series)
    return column
