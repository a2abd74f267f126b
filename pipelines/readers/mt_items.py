"""Read the items of ordinary MT messages, the people of sequence B, many at once by numpy over the bytes.

Grain: one row per item. A shape is what the lines of an item begin with (`:21:`, `:32B:KZT`, `//FM/`, …), learned from
an item and compared byte by byte with all that have as many lines; a value is then where its line goes on. Texts are
not copied: a column is Arrow's string view, 16 bytes a text: length, first bytes, place (or the whole text, up to 12).
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pipelines.readers.mt import NAMES_PERSON

Numbers: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]

# What an item may say: its name as in mt.py, and the column that it fills ("" is read by nobody).
COLUMNS = {
    "32B": "amount_text",
    "50/D": "payer_account",
    "50/IDN": "payer_text",
    "59": "beneficiary_account",
    "59/IDN": "beneficiary_text",
    "70/NUM": "document_number",
    "70/DATE": "document_date_text",
    "70/KNP": "knp_text",
    "70/PERIOD": "period_text",
    "70/IDN": "person_text",
    "70/FM": "surname",
    "70/NM": "name",
    "70/FT": "patronymic",
    "70/DT": "birth_date_text",
}
EMPTY_IS_NONE = {"surname", "name", "patronymic", "birth_date_text"}
PADDING = 16  # bytes that must stand behind the last line, for a text is looked at 16 bytes at a time
_TAGS = {b"32B", b"50", b"53C", b"54A", b"54B", b"54C", b"57B", b"59", b"70"}
_LINE = re.compile(rb"(?::([0-9]{2}[A-Z]?):)?(?://?([A-Za-z]{1,8})/)?")
_MOST_SHAPES = 8  # of the items with the same number of lines; the rest goes to the plain parser
_INLINE = 12
_OF_LENGTH = np.array([0] + [(1 << 8 * n) - 1 for n in range(1, 8)] + [(1 << 64) - 1], dtype=np.uint64)
_FIRST_KEPT = _OF_LENGTH[np.minimum(np.arange(_INLINE + 2), 4)] << np.uint64(32)
_OTHERS_KEPT = _OF_LENGTH[np.clip(np.arange(_INLINE + 2) - 4, 0, 8)]
_OTHERS_KEPT[_INLINE + 1] = 0  # a long text has its place there


@dataclass(frozen=True)
class Shape:
    """What each line of an item begins with (None: it goes on with the purpose) and under which name its value goes."""

    begins: tuple[bytes | None, ...]
    keyless: tuple[bool, ...]  # a tag alone: a slash behind it would be a key
    values: dict[str, int]  # name -> line

    @property
    def has_payer(self) -> bool:
        """Whether the item is one of a package."""
        return any(name.startswith("50") for name in self.values)

    @property
    def names_person(self) -> bool:
        """Whether the item names the person paid for."""
        return not NAMES_PERSON.isdisjoint(self.values)


@dataclass(frozen=True)
class Text:
    """A text as bytes with PADDING behind; where its lines begin, and end but for blanks."""

    content: npt.NDArray[np.uint8]
    begins: Numbers
    ends: Numbers

    def line(self, no: int) -> bytes:
        """A line without the blanks behind it."""
        return self.content[self.begins[no] : self.ends[no]].tobytes()


class Shapes:
    """The shapes of the items of one file."""

    def __init__(self) -> None:
        self._known: dict[int, list[Shape]] = {}

    def fit(self, text: Text, items: Numbers, sizes: Numbers) -> list[tuple[Shape, Numbers]]:
        """The items of each shape, as places in `items`, their first lines (`sizes`: in lines). Some may fit none."""
        found = []
        for size in np.unique(sizes):
            left = np.flatnonzero(sizes == size) if len(found) or (sizes != size).any() else np.arange(len(items))
            shapes = self._known.setdefault(int(size), [])
            for place in range(_MOST_SHAPES):
                if not len(left):
                    break
                if place == len(shapes):
                    first = items[left[0]]
                    learned = shape_of([text.line(no) for no in range(first, first + size)])
                    if learned is None:
                        break
                    shapes.append(learned)
                fits = _fitting(shapes[place], text, items, left)
                if len(fits):
                    found.append((shapes[place], fits))
                    left = np.setdiff1d(left, fits, assume_unique=True) if len(fits) < len(left) else left[:0]
        return found


def shape_of(lines: list[bytes]) -> Shape | None:
    """The shape of an item; None where it holds anything but lines of the known tags, each name once."""
    begins: list[bytes | None] = []
    keyless, values, tag, before = [], {}, b"", b""
    for no, line in enumerate(lines):
        matched = _LINE.match(line)
        assert matched is not None  # every part of the pattern may be missing
        begin, (own_tag, key) = matched.group(), matched.groups()
        if not begin:
            if before != b"ASSIGN":
                return None
            begins.append(None)
            keyless.append(False)
            continue
        if own_tag not in ({None} | _TAGS if no else {b"21"}) or (own_tag in (b"32B", b"21") and key):
            return None
        tag, before = own_tag or tag, (key or b"").upper()
        name = (tag + b"/" + before if key else tag).decode()
        if own_tag == b"32B":
            begin = b":32B:KZT"
        if name in values or len(begin) > 16 or not line.startswith(begin):
            return None
        values[name] = no
        begins.append(begin)
        keyless.append(not key and own_tag != b"32B")
    return Shape(tuple(begins), tuple(keyless), values)


def _fitting(shape: Shape, text: Text, items: Numbers, places: Numbers) -> Numbers:
    """Those of the items (places in `items`) whose lines begin as the shape says."""
    for no, (begin, keyless) in enumerate(zip(shape.begins, shape.keyless, strict=True)):
        at = text.begins[items[places] + no]
        if begin is None:
            first = text.content[at]
            fits = (first > 0x20) & ~np.isin(first, np.frombuffer(b"/:-{", dtype=np.uint8))
        else:
            fits = _eight(text.content)[at] & _OF_LENGTH[min(len(begin), 8)] == int.from_bytes(begin[:8], "little")
            if len(begin) > 8:
                rest = _eight(text.content)[at + 8] & _OF_LENGTH[len(begin) - 8]
                fits &= rest == int.from_bytes(begin[8:], "little")
            if keyless:
                fits &= text.content[at + len(begin)] != ord("/")
        if not fits.all():
            places = places[fits]
    return places


def views(shape: Shape, name: str, text: Text, items: Numbers, buffer: int) -> Words:
    """The values of one name as string views, two words each, whose long texts stand in the buffer of this number."""
    no = shape.values[name]
    lines = items + no
    begin = shape.begins[no]
    assert begin is not None
    begins, ends = text.begins[lines] + len(begin), text.ends[lines]
    found = _views(text, begins, ends, buffer)
    while (blank := (((found[:, 0] >> np.uint64(32)) & np.uint64(0xFF)) <= 0x20) & (begins < ends)).any():
        begins += blank  # blanks before the value
        found = _views(text, begins, ends, buffer)
    return found


def _views(text: Text, begins: Numbers, ends: Numbers, buffer: int) -> Words:
    lengths = ends - begins
    found = _sixteen(text.content)[begins - 4].view(np.uint64).reshape(-1, 2)
    kinds = np.minimum(lengths, _INLINE + 1)
    if len(kinds) and kinds.min() == kinds.max() <= _INLINE:
        kinds = kinds[0]  # as ids, days and periods are
    found[:, 0] &= _FIRST_KEPT[kinds]
    found[:, 0] |= lengths.view(np.uint64)
    found[:, 1] &= _OTHERS_KEPT[kinds]
    if np.ndim(kinds):
        long = np.flatnonzero(kinds > _INLINE)
        found[long, 1] = (begins[long].view(np.uint64) << np.uint64(32)) | np.uint64(buffer)
    return found


def _eight(content: npt.NDArray[np.uint8]) -> Words:
    """The eight bytes from each place on, without a copy."""
    return np.ndarray((len(content) - 7,), dtype="<u8", buffer=content, strides=(1,))


def _sixteen(content: npt.NDArray[np.uint8]) -> npt.NDArray[np.void]:
    """The sixteen bytes from each place on, without a copy."""
    return np.ndarray((len(content) - 15,), dtype="V16", buffer=content, strides=(1,))
