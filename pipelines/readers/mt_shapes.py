"""The shapes of heads and items of ordinary MT messages, and their values, many at once by numpy over the bytes.

Grain: one row per head or item. A shape is what the lines begin with (`:21:`, `:32B:KZT`, `//FM/`, …), learned from one
and compared byte by byte with all that have as many lines; a value is then where its line goes on. No text is copied: a
column is Arrow's string view, 16 bytes a text: length, first bytes and place, or the whole text, up to 12 bytes.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.readers.mt import NAMES_PERSON
from pipelines.readers.text_views import OF_LENGTH, Bytes, Numbers, Words, column, eight, views_between

_ITEM_TAGS = {b"32B", b"50", b"53C", b"54A", b"54B", b"54C", b"57B", b"59", b"70"}
_LINE = re.compile(rb"(\{1:|\{2:[IO][0-9]{3}|\{4:)|(?::([0-9]{2}[A-Z]?):)?(?://?([A-Za-z]{1,8})/)?")
_BLOCK_2 = re.compile(rb"\{2:[IO]([0-9]{3})")
_MOST_SHAPES = 8  # with the same number of lines; the rest goes to the plain parser
_ABSENT = np.uint64((1 << 64) - 1)  # the first word of a text that a row does not have


@dataclass(frozen=True)
class Text:
    """A text as bytes with PADDING behind; where its lines begin, and end but for blanks."""

    content: Bytes
    begins: Numbers
    ends: Numbers

    def line(self, no: int) -> bytes:
        """A line without the blanks behind it."""
        return self.content[self.begins[no] : self.ends[no]].tobytes()


@dataclass(frozen=True)
class Shape:
    """What each line begins with, and under which name (as in mt.py) its value goes. Lines are counted from 0."""

    begins: tuple[bytes, ...]  # empty where the purpose goes on
    keyless: tuple[bool, ...]  # a tag alone: a slash behind it would be a key
    values: dict[str, int]  # name -> line; the purpose's further lines are `70/ASSIGN+1` and so on
    kind: str  # of the message, in a head
    reference: int  # the line of `:20:`, else the first
    block: bytes = b""  # what begins behind block 1 on the first line

    @property
    def purposes(self) -> list[int]:
        """The lines of purposes, in which a blank and a slash are no key."""
        return [line for name, line in self.values.items() if "/ASSIGN" in name]

    @property
    def has_payer(self) -> bool:
        """Whether the item is one of a package."""
        return any(name.startswith("50") for name in self.values)

    @property
    def names_person(self) -> bool:
        """Whether the item names the person paid for."""
        return not NAMES_PERSON.isdisjoint(self.values)


class Shapes:
    """The shapes of the heads, or of the items, of one file."""

    def __init__(self, of_heads: bool) -> None:
        self._of_heads = of_heads
        self._known: dict[int, list[Shape]] = {}

    def fit(
        self, text: Text, firsts: Numbers, sizes: Numbers, block_at: Numbers | None = None
    ) -> list[tuple[Shape, Numbers]]:
        """Those of each shape, as places in `firsts`, their first lines (`sizes`: in lines). Some may fit none.

        `block_at` says how far in a block stands behind block 1 on the first line, 0 where none does.
        """
        found = []
        for size in np.flatnonzero(np.bincount(sizes)):
            left = np.flatnonzero(sizes == size)
            shapes = self._known.setdefault(int(size), [])
            for place in range(_MOST_SHAPES):
                if not len(left):
                    break
                if place == len(shapes):
                    first = firsts[left[0]]
                    learned = shape_of([text.line(no) for no in range(first, first + size)], self._of_heads)
                    if learned is None:
                        break
                    shapes.append(learned)
                fits = _fitting(shapes[place], text, firsts, left, block_at)
                if len(fits):
                    found.append((shapes[place], fits))
                    left = np.setdiff1d(left, fits, assume_unique=True) if len(fits) < len(left) else left[:0]
        return found


def shape_of(lines: list[bytes], of_head: bool) -> Shape | None:
    """The shape of a head or item; None where the beginnings of its lines do not tell what the plain parser sees."""
    begins, keyless, values = [], [], {}
    tag, before, kind, reference, further = b"", b"", "", 0, 0
    block_at = max(lines[0].find(b"{", 1), 0) if of_head else 0
    opened = _BLOCK_2.match(lines[0], block_at) if block_at else None
    if opened is not None:
        kind = opened[1].decode()
    elif block_at:
        return None
    for no, line in enumerate(lines):
        matched = _LINE.match(line)
        assert matched is not None  # every part of the pattern may be missing
        begin, (block, own_tag, key) = matched.group(), matched.groups()
        further = further + 1 if not begin else 0
        if further:
            name = f"{tag.decode()}/ASSIGN+{further}"
            if before != b"ASSIGN":
                return None
        elif block:
            name = f"block {no}"
            kind = block[4:].decode() if block.startswith(b"{2:") else kind
            if before == b"ASSIGN" or not of_head:
                return None
        else:
            tag, before = own_tag or tag, (key or b"").upper()
            name = (tag + b"/" + before if key else tag).decode()
            reference = no if own_tag == b"20" else reference
            fits = (
                tag not in (b"", b"21", b"32B") if of_head else own_tag in (None, *_ITEM_TAGS) if no else tag == b"21"
            )
            if not fits or (key and own_tag in (b"21", b"32B")):
                return None
            begin = b":32B:KZT" if own_tag == b"32B" else begin
        if name in values or len(begin) > 16 or not line.startswith(begin):
            return None
        values[name] = no
        begins.append(begin)
        keyless.append(bool(own_tag) and not key and own_tag != b"32B")
    return Shape(tuple(begins), tuple(keyless), values, kind, reference, opened.group() if opened else b"")


class Values:
    """The values of heads, or of items, row by row over the pieces of a file."""

    def __init__(self) -> None:
        self._words: list[dict[str, Words]] = []
        self._sizes: list[int] = []
        self._buffers: list[Bytes] = []

    def add(self, text: Text, rows: int, fits: list[tuple[Shape, Numbers, Numbers]], names: set[str]) -> None:
        """Add so many rows of a piece: shape, first lines and rows of those that fit it; only these names are kept."""
        words: dict[str, Words] = {}
        for shape, firsts, places in fits:
            for name, line in shape.values.items():
                if name.partition("+")[0] in names:
                    self.put(
                        words,
                        name,
                        rows,
                        places,
                        _views(text, firsts + line, len(shape.begins[line]), len(self._buffers)),
                    )
        self._words.append(words)
        self._sizes.append(rows)
        self._buffers.append(text.content)

    def add_to_last(self, text: Text, name: str, begin: bytes, lines: Numbers, places: Numbers) -> None:
        """Add one more value, which goes on after `begin`, to some rows of the last piece."""
        self.put(
            self._words[-1], name, self._sizes[-1], places, _views(text, lines, len(begin), len(self._buffers) - 1)
        )

    @staticmethod
    def put(words: dict[str, Words], name: str, rows: int, places: Numbers, views: Words) -> None:
        """Put views into rows of a column."""
        if name not in words and len(places) == rows:
            words[name] = views
            return
        if name not in words:
            words[name] = np.full((rows, 2), _ABSENT)
        words[name][places] = views

    @property
    def last_size(self) -> int:
        """The rows of the last piece."""
        return self._sizes[-1]

    @property
    def names(self) -> set[str]:
        """The names of all values."""
        return set().union(*self._words)

    def column(self, name: str, empty_is_none: bool = False) -> pl.Series:
        """One value of all rows, null where a row does not say it."""
        parts = [(words.get(name), size) for words, size in zip(self._words, self._sizes, strict=True)]
        words = np.concatenate([np.full((size, 2), _ABSENT) if part is None else part for part, size in parts])
        missing = words[:, 0] == _ABSENT
        words[missing] = 0
        if empty_is_none:
            missing = words[:, 0] == 0
        return column(words, self._buffers, missing)


def _fitting(shape: Shape, text: Text, firsts: Numbers, places: Numbers, block_at: Numbers | None) -> Numbers:
    """Those (places in `firsts`) whose lines begin as the shape says."""
    if block_at is not None:
        has_block = block_at[places] > 0
        if shape.block:
            at = text.begins[firsts[places]] + block_at[places]
            has_block &= _begin_with(text, at, shape.block)
        places = places[has_block == bool(shape.block)]
    own = firsts[places]
    for no, (begin, keyless) in enumerate(zip(shape.begins, shape.keyless, strict=True)):
        at = text.begins[own + no]
        if not begin:
            first = text.content[at]
            fits = (first > 0x20) & ~np.isin(first, np.frombuffer(b"/:-{", dtype=np.uint8))
        else:
            fits = _begin_with(text, at, begin[:8])
            if len(begin) > 8:
                fits &= _begin_with(text, at + 8, begin[8:])
            if keyless:
                fits &= text.content[at + len(begin)] != ord("/")
        if not fits.all():
            places, own = places[fits], own[fits]
    return places


def _begin_with(text: Text, at: Numbers, begin: bytes) -> npt.NDArray[np.bool_]:
    """Whether these up to eight bytes stand at each of the places."""
    found: npt.NDArray[np.bool_] = eight(text.content)[at] & OF_LENGTH[len(begin)] == int.from_bytes(begin, "little")
    return found


def _views(text: Text, lines: Numbers, begin: int, buffer: int) -> Words:
    """What these lines say after so many bytes, as string views whose long texts stand in the buffer of this number."""
    begins, ends = text.begins[lines] + begin, text.ends[lines]
    found = views_between(text.content, begins, ends, buffer)
    while (found.view(np.uint8)[:, 4] <= 0x20).any():  # the first byte of a text, or 0 where there is none
        blank = (found.view(np.uint8)[:, 4] <= 0x20) & (begins < ends)
        if not blank.any():
            break
        begins += blank  # blanks before the value
        found = views_between(text.content, begins, ends, buffer)
    return found
