"""Find in the bytes of an MT file its lines, and where a message may mean more than its lines begin with.

Grain: a piece of a file, whole messages. All by numpy, in steps that fit in the processor's cache. What becomes of an
odd message is decided in mt_fast.py.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from pipelines.readers.mt_shapes import Text
from pipelines.readers.text_views import Bytes, Numbers

Flags: TypeAlias = npt.NDArray[np.bool_]

OPENING = b"{1:"  # with which a message begins
_STEP = 1 << 17  # what is scanned at once stays in the processor's cache
_NEWLINE, _RETURN, _TAB, _BLANK, _SLASH, _BRACE = b"\n\r\t /{"
_WIDE_BLANKS = [code for code in range(0x80, 0x10000) if chr(code).isspace()]


class Oddities(NamedTuple):
    """Places where a message may mean more than its lines begin with."""

    anywhere: Numbers  # braces inside lines, blanks beyond ASCII at the edge of a value
    blocks: tuple[Numbers, Numbers]  # lines with {1: that go on with another block, and how far in
    keys: Numbers  # a blank before a slash: of a head, the purpose may have it
    behind_head: Numbers  # blanks beyond ASCII


def scanned(content: Bytes, size: int) -> tuple[Text, Oddities | None]:
    """Where the lines of a piece are, and its oddities; None if it is so odd that only the plain parser may read it."""
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
    braces = marks[(which == _BRACE) & (marks > 0) & (content[marks - 1] != _NEWLINE)]
    braces, blocks = _blocks(Text(content, begins, ends), braces)
    wide = _wide_blanks(content, marks[which > _BRACE])
    keys = marks[blanks & (after == _SLASH)]
    edges = wide[
        (wide == 0) | _is_edge(content[wide - 1]) | _is_edge(content[wide + np.where(content[wide] == 0xC2, 2, 3)])
    ]
    return Text(content, begins, ends), Oddities(np.concatenate((braces, edges)), blocks, keys, wide)


def _blocks(text: Text, braces: Numbers) -> tuple[Numbers, tuple[Numbers, Numbers]]:
    """Braces inside lines but for those of lines that begin with {1:; and of these, how far in the first one is."""
    lines = np.searchsorted(text.begins, braces, side="right") - 1
    different, first = np.unique(lines, return_index=True)
    opening = beginning(text, different, OPENING)
    return braces[~np.isin(lines, opening)], (
        opening,
        (braces[first] - text.begins[different])[np.isin(different, opening)],
    )


def _wide_blanks(content: Bytes, places: Numbers) -> Numbers:
    """Those of the places where a blank of two or three bytes begins, as str.strip and \\s know them."""
    one, two, three = (content[places + offset].astype(np.int64) for offset in range(3))
    code = np.where(one == 0xC2, two, (one & 0x0F) << 12 | (two & 0x3F) << 6 | three & 0x3F)
    return places[np.isin(code, _WIDE_BLANKS)]


def _is_edge(byte: Bytes) -> Flags:
    """Whether a value begins or ends at this byte, or there may be another blank."""
    return (byte <= _BLANK) | np.isin(byte, np.frombuffer(b"/:\xc2\xe1\xe2\xe3", dtype=np.uint8))


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


def beginning(text: Text, lines: Numbers, mark: bytes) -> Numbers:
    """Those of the lines that begin with a mark."""
    for place, byte in enumerate(mark):
        lines = lines[text.content[text.begins[lines] + place] == byte]
    return lines
