"""Read MT files fast: the same reading as `mt.read`, which is the judge of what a message means and the fallback.

Grain: a file in, as UTF-8; its documents and lines out. Numpy finds in the bytes where lines, messages and items begin;
`mt_shapes` reads the values of those of a known shape. A message with anything that is not sure (odd blanks, several
keys on a line, a brace in a value, lines in an order met too seldom) is parsed by `mt` alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pipelines.readers import Document, Reading, lines_frame, mt
from pipelines.readers.mt_documents import documents_of
from pipelines.readers.mt_lines import Heads, Items, frame_of, put_between
from pipelines.readers.mt_scan import OPENING, Flags, Oddities, beginning, scanned
from pipelines.readers.mt_shapes import Shape, Shapes, Text
from pipelines.readers.text_views import PADDING, Bytes, Numbers
from transforms.lines import MT

PIECE = 1 << 22  # bytes looked at at once
_LAST = b"\n".ljust(PADDING + 1, b"\0")  # an empty line more is nothing
_BLOCK_2 = re.compile(rb"\{2:[IO]10[02]")
_MARKS = (OPENING, b"-}", b":21:")


class _Segments(NamedTuple):
    """What stands for itself: a message from {1: to -}, or the text between two. A row each, in lines of the piece."""

    begins: Numbers
    ends: Numbers
    first_item: Numbers  # the line where the head is over
    items: Numbers  # how many
    bordered: Flags


@dataclass
class _Found:
    """What is read so far: documents (None where a head stands for it), lines by the plain parser, heads and items."""

    documents: list[Document | None] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    rows: list[dict[str, object]] = field(default_factory=list)
    heads: Heads = field(default_factory=Heads)
    items: Items = field(default_factory=Items)
    head_shapes: Shapes = field(default_factory=lambda: Shapes(of_heads=True))
    item_shapes: Shapes = field(default_factory=lambda: Shapes(of_heads=False))

    def add_plainly(self, text: str, first_line: int) -> None:
        """Parse a text by the plain parser."""
        for message in mt.messages_of(text, first_line, behind=bool(self.documents)):
            self.kinds.add(message.kind)
            self.rows += mt.lines_of(message, len(self.documents))
            self.documents.append(mt.document_of(message, len(self.documents)))


def recognises(content: bytes, encoding: str) -> bool:
    """What `mt.recognises` says of a text, from its bytes (UTF-8 or KZ-1048)."""
    if not content.startswith(b"{1:") and b"\n{1:" not in content:
        return False
    return _BLOCK_2.search(content) is not None or mt.recognises(content.decode(encoding))


def read(content: bytes, piece_size: int = PIECE) -> Reading:
    """The messages of a file (UTF-8, without a byte order mark); documents are numbered from 0 in their order."""
    found, line_no = _Found(), 1
    for piece, size in _pieces(content, piece_size):
        text, oddities = scanned(piece, size)
        if oddities is None:
            found.add_plainly(piece[:size].tobytes().decode(), line_no)
        else:
            _add_piece(found, text, size, oddities, line_no)
        line_no += len(text.begins)
    found.kinds |= found.heads.kinds
    documents, rows = documents_of(found.heads, [one for one in found.documents if one is not None])
    lines, rows = frame_of(found.heads, found.items), found.rows + rows
    if rows:
        lines = put_between(lines, lines_frame(rows).sort("document_no", maintain_order=True))
    return Reading(mt.format_of(found.kinds), MT, documents, lines)


def _pieces(content: bytes, size: int) -> Iterator[tuple[Bytes, int]]:
    """The content cut before lines that begin a message: bytes with PADDING behind, and how many without it."""
    whole, begin = np.frombuffer(content, dtype=np.uint8), 0
    while begin < len(content):
        end = content.find(b"\n{1:", begin + size) + 1
        if 0 < end <= len(content) - PADDING:
            yield whole[begin : end + PADDING], end - begin  # not copied: what follows stands behind it
        else:
            end = len(content)
            yield np.concatenate((whole[begin:], np.frombuffer(_LAST, dtype=np.uint8))), end - begin + 1
        begin = end


def _add_piece(found: _Found, text: Text, size: int, oddities: Oddities, line_no: int) -> None:
    """Add a piece that begins with this line of the file."""
    segments, items, sizes = _segments(text)
    of_item = np.repeat(np.arange(len(segments.begins)), segments.items)
    fast = segments.bordered.copy()
    for places, in_heads in ((oddities.anywhere, True), (oddities.keys, False), (oddities.behind_head, False)):
        owners, lines = _owners(segments, text, places)
        fast[owners if in_heads else owners[lines >= segments.first_item[owners]]] = False
    fits = _fitting_items(found.item_shapes, text, items, sizes, of_item, fast)
    heads = _fitting_heads(
        found.head_shapes, text, segments, fast, _owners(segments, text, oddities.keys), oddities.blocks
    )
    fast[:] = False
    fast[np.concatenate([of_item[:0], *(owners for _, owners in heads)])] = True
    head_of = np.cumsum(fast) - 1 + len(found.heads)
    document_no = np.full(len(fast), -1)
    borders = np.append(text.begins, size)
    told = (fast, borders[segments.begins], borders[segments.ends], segments.begins)
    for segment, (is_fast, begin, end, line) in enumerate(zip(*(part.tolist() for part in told), strict=True)):
        if is_fast:
            document_no[segment] = len(found.documents)
            found.documents.append(None)
        elif (between := text.content[begin:end].tobytes()).strip():
            found.add_plainly(between.decode(), line_no + line)
    packages = np.zeros(len(fast), dtype=np.bool_)
    for shape, places in fits:
        packages[of_item[places]] |= shape.has_payer
    found.heads.add(text, heads, segments.begins, head_of, line_no, document_no, segments.items > 0, packages)
    lists = np.flatnonzero(fast & (segments.items > 0))
    found.heads.add_total(text, segments.ends[lists] - 2, head_of[lists])
    kept = fast[of_item]
    if kept.any():
        found.items.add(text, items, line_no, head_of[of_item], kept, fits)


def _owners(segments: _Segments, text: Text, places: Numbers) -> tuple[Numbers, Numbers]:
    """The segments in which these places are, and the lines."""
    lines = np.searchsorted(text.begins, places, side="right") - 1
    return np.searchsorted(segments.begins, lines, side="right") - 1, lines


def _fitting_items(
    shapes: Shapes, text: Text, items: Numbers, sizes: Numbers, of_item: Numbers, fast: Flags
) -> list[tuple[Shape, Numbers]]:
    """The items of each shape, as places; `fast` is taken from messages with any that fit none, or are of two forms."""
    places = np.flatnonzero(fast[of_item])
    fits = [(shape, places[fit]) for shape, fit in shapes.fit(text, items[places], sizes[places])]
    counts = np.bincount(of_item, minlength=len(fast))
    fitted, packed = (
        np.bincount(of_item[np.concatenate([places[:0], *some])], minlength=len(fast))
        for some in ([fit for _, fit in fits], [fit for shape, fit in fits if shape.has_payer])
    )
    fast &= (fitted == counts) & ((packed == 0) | (packed == counts))
    return fits


def _fitting_heads(
    shapes: Shapes,
    text: Text,
    segments: _Segments,
    fast: Flags,
    keys: tuple[Numbers, Numbers],
    blocks: tuple[Numbers, Numbers],
) -> list[tuple[Shape, Numbers]]:
    """The fast messages whose heads fit a shape, as places among the segments."""
    places = np.flatnonzero(fast)
    found = []
    block_at = np.zeros(len(fast), dtype=np.int64)
    block_at[np.searchsorted(segments.begins, blocks[0])] = blocks[1]
    sizes = (segments.first_item - segments.begins)[places]
    for shape, fit in shapes.fit(text, segments.begins[places], sizes, block_at[places]):
        owners, lines = keys
        odd = owners[~np.isin(lines - segments.begins[owners], shape.purposes)]
        own = places[fit]
        own = own[~np.isin(own, odd)]
        if shape.kind == "100" or "32A" in shape.values:
            own = own[segments.items[own] == 0]
        if len(own):
            found.append((shape, own))
    return found


def _segments(text: Text) -> tuple[_Segments, Numbers, Numbers]:
    """The segments of a piece, the lines with which items begin, and how many lines each item has."""
    marks = text.content[text.begins]
    opened, closed, items = (beginning(text, np.flatnonzero(marks == mark[0]), mark) for mark in _MARKS)
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
    total[np.isin(ends - 2, beginning(text, np.maximum(ends - 2, 0), b":32A:"))] = True
    bordered &= total | (counts == 0)
    return _Segments(begins, ends, first_item, counts, bordered), items, behind - items
