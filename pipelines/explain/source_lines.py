"""Where a line lies in the archived bytes of its file, and the line itself.

A line is a physical one as the readers count: text split at newlines, from 1 on; offsets are of the raw bytes, a mark
at the beginning of the file (BOM) included. Files are scanned once for all wanted lines, in pieces.
"""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_PIECE = 1 << 20
_MOST_LINES = 60  # of one item of a message


@dataclass(frozen=True)
class Place:
    """Where a line begins, and how many bytes it has up to its newline."""

    byte_offset: int
    byte_length: int


def places(path: Path, wanted: Iterable[int]) -> dict[int, Place]:
    """The place of each wanted line that the file has."""
    left = sorted(set(wanted))
    starts: dict[int, int] = {1: 0} if left[:1] == [1] else {}
    number, offset = 1, 0  # of the first byte of the piece: its line, its place
    with path.open("rb") as file:
        while left and (piece := file.read(_PIECE)):
            count = piece.count(b"\n")
            here = [line for line in left if number < line <= number + count]
            if here:
                ends = np.flatnonzero(np.frombuffer(piece, dtype=np.uint8) == 10)
                starts |= {line: offset + int(ends[line - number - 1]) + 1 for line in here}
            number, offset = number + count, offset + len(piece)
            left = [line for line in left if line > number]
        found = {}
        for line, start in starts.items():
            file.seek(start)
            found[line] = Place(start, len(file.readline().rstrip(b"\n")))
    return found


def shown(path: Path, place: Place, encoding: str | None, in_message: bool) -> str:
    """The line as the reader decodes it; of a message the lines of the item that begins there."""
    with path.open("rb") as file:
        file.seek(place.byte_offset)
        lines = [_decoded(file.readline(), encoding)]
        while in_message and len(lines) < _MOST_LINES:
            line = _decoded(file.readline(), encoding)
            if not line.strip() or line.lstrip().upper().startswith((":21:", ":32A:", "-}", "{1:")):
                break
            lines.append(line)
    return "\n".join(lines)


def _decoded(line: bytes, encoding: str | None) -> str:
    line = line.rstrip(b"\r\n").removeprefix(codecs.BOM_UTF8)
    try:
        return line.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        return line.decode(encoding or "kz1048", errors="replace")
