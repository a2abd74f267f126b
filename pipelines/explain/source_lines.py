"""Where a line lies in the archived bytes of its file, and the line itself.

A line is a physical one as the readers count: text split at newlines, from 1 on; offsets are of the raw bytes, a mark
at the beginning of the file (BOM) included. Files are scanned once for all wanted lines, in pieces.
"""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines import archive
from pipelines.explain.asked import Asked
from pipelines.readers import mt
from pipelines.readers.layouts import built_in, parse

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


def with_lines(asked: Asked, rows: list[dict[str, Any]]) -> None:
    """Put the line itself, as `line_text`, beside every place. For auditors only: a line names people."""
    for row in rows:
        row["line_text"] = _line_text(asked, row)


def _line_text(asked: Asked, row: dict[str, Any]) -> str:
    """The line as the reader decodes it; of a message the lines of what begins there."""
    encoding = _encoding(asked, row)
    with archive.path_of(asked.home, row["file_sha256"]).open("rb") as file:
        file.seek(row["byte_offset"])
        lines = [_decoded(file.readline(), encoding)]
        while row["format"].startswith(mt.FORMAT) and len(lines) < _MOST_LINES:
            line = _decoded(file.readline(), encoding)
            if not line.strip() or line.lstrip().upper().startswith((":21:", ":32A:", "-}", "{1:")):
                break
            lines.append(line)
    return "\n".join(lines)


def _encoding(asked: Asked, row: dict[str, Any]) -> str | None:
    """What the layout of the file's day says; None for UTF-8 or else KZ-1048."""
    deliveries = archive.records_with(asked.home, row["file_sha256"], asked.cut.sequence)
    sites = {sha256 for record in deliveries if record.sha256 == row["file_sha256"] for sha256 in record.layouts}
    layouts = [*built_in(), *(parse(archive.path_of(asked.home, sha256).read_bytes()) for sha256 in sorted(sites))]
    return next((layout.encoding for layout in layouts if layout.name == row["format"]), None)


def _decoded(line: bytes, encoding: str | None) -> str:
    line = line.rstrip(b"\r\n").removeprefix(codecs.BOM_UTF8)
    try:
        return line.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        return line.decode(encoding or "kz1048", errors="replace")
