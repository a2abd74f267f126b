"""Cut delimited text into physical lines and fields, part by part, so that a file need not fit in memory.

Grain: a frame per part, one row per physical line that is not blank: line_no, the wanted fields as written, row_fault.
Lines that all have their fields and no quote are cut by numpy over the bytes; others by Python's csv, one by one.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from io import BufferedIOBase

import numpy as np
import polars as pl

from pipelines.readers.text_views import BEFORE, PADDING, Bytes, Numbers, column, views_between

csv.field_size_limit(1 << 20)  # as long as a line may be
# What is a blank for Polars' strip_chars; Python's own strip takes four control characters more.
BLANKS = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_TAIL = 1 << 16
_LONE_RETURN = re.compile(rb"\r(?!\n|\Z)")
_BOM = b"\xef\xbb\xbf"
_NEWLINE, _RETURN = b"\n\r"
_BEFORE, _BEHIND = b"\n" * BEFORE, b"\n".ljust(PADDING + 1, b"\0")
_MOST = 1 << 31  # bytes cut at once: a text's place must fit
_STEP, _AT_ONCE = 1 << 17, 1 << 14  # bytes looked at, and lines cut, at once stay in the processor's cache


@dataclass(frozen=True)
class Source:
    """The bytes of a text between two offsets, and in which encoding they are."""

    open: Callable[[], BufferedIOBase]
    encoding: str
    begin: int
    end: int


@dataclass(frozen=True)
class Place:
    """Where a physical line begins: byte offset and 1-based number."""

    offset: int
    line_no: int


@dataclass(frozen=True)
class Table:
    """The body of a delimited text: from where to where, how it is cut, how many fields a row has."""

    source: Source
    begin: Place
    end: int
    delimiter: str
    width: int

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return self.end - self.begin.offset

    def parts(self, wanted: dict[str, int], part_bytes: int) -> Iterator[Callable[[], pl.DataFrame]]:
        """The rows in parts of about that many bytes; `wanted` names fields by their 0-based place.

        The bytes are read one part after another, and cut into rows when the part is called, by whichever thread.
        """
        line_no, left = self.begin.line_no, self.size
        with self.source.open() as file:
            while left > 0:
                begin, size = self.end - left, min(part_bytes, left)
                if size < left:  # to the end of the line; the end is looked for first, so that no part is copied
                    file.seek(begin + size - 1)
                    size += len(file.readline()) - 1
                file.seek(begin)
                chunk = bytearray(BEFORE + size + len(_BEHIND))
                file.readinto(memoryview(chunk)[BEFORE : BEFORE + size])
                chunk[:BEFORE], chunk[BEFORE + size :] = _BEFORE, _BEHIND
                left -= size
                count = _newlines(chunk)
                yield partial(self._cut, chunk, line_no, count, wanted)
                line_no += count

    def _cut(self, chunk: bytearray, line_no: int, count: int, wanted: dict[str, int]) -> pl.DataFrame:
        if self.source.encoding != "utf-8":
            chunk = bordered(_within(chunk).decode(self.source.encoding).encode())
        return cut(chunk, line_no, count, self.delimiter, self.width, wanted)


def first_line(source: Source, place: Place) -> tuple[str, Place] | None:
    """The first line from there on that is not blank, and where the next one begins."""
    line_no, offset = place.line_no, place.offset
    with source.open() as file:
        file.seek(offset)
        while offset < source.end:
            line = file.readline()
            offset, line_no = offset + len(line), line_no + 1
            text = line.decode(source.encoding)
            if text.strip(BLANKS):
                return text.removesuffix("\n").rstrip("\r"), Place(offset, line_no)
    return None


def last_line(source: Source) -> tuple[str, int] | None:
    """The last line that is not blank, and the offset at which it begins."""
    offset, held = source.end, b""
    with source.open() as file:
        while offset > source.begin:
            step = min(_TAIL, offset - source.begin)
            offset -= step
            file.seek(offset)
            lines = (file.read(step) + held).split(b"\n")
            behind = offset + sum(len(line) + 1 for line in lines)
            for line in reversed(lines[1:] if offset > source.begin else lines):
                behind -= len(line) + 1
                text = line.decode(source.encoding)
                if text.strip(BLANKS):
                    return text.rstrip("\r"), behind
            held = lines[0] + (b"\n" if len(lines) > 1 else b"")
    return None


def cells(line: str, delimiter: str) -> list[str]:
    """The fields of a line; none where it cannot be cut into fields."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def bordered(content: bytes) -> bytearray:
    """The bytes of lines with what must stand before and behind them to be cut."""
    return bytearray(b"".join((_BEFORE, content, _BEHIND)))


def _within(chunk: bytearray) -> bytearray:
    return chunk[BEFORE : -len(_BEHIND)]


def cut(chunk: bytearray, line_no: int, count: int, delimiter: str, width: int, wanted: dict[str, int]) -> pl.DataFrame:
    """Rows of UTF-8 bytes, `bordered`, of `count` physical lines, the first of that number."""
    plain = _plain(chunk, count, delimiter, width, wanted)
    if plain is not None:
        numbers = pl.int_range(line_no, line_no + count, dtype=pl.Int64, eager=True).alias("line_no")
        return plain.select(numbers, *wanted, pl.lit(None, dtype=pl.String).alias("row_fault"))
    return _mixed(_within(chunk).decode(), line_no, delimiter, width, wanted)


def cut_by_line(lines: pl.DataFrame, delimiter: str, width: int, wanted: dict[str, int]) -> pl.DataFrame:
    """Rows of lines (line_no, text), whatever is in them: row_fault where one has not as many fields as the header."""
    told = [
        (line.split(delimiter) if '"' not in line else cells(line, delimiter) if line.count('"') % 2 == 0 else [])
        for line in lines["text"]
    ]
    table = lines.select("line_no", cells=pl.Series(told, dtype=pl.List(pl.String)))
    # One empty cell more than the header is a delimiter at the end of the row, seen in many exports.
    length = pl.col("cells").list.len()
    spare = (length == width + 1) & (pl.col("cells").list.last().str.strip_chars() == "")
    whole = pl.when((length == width) | spare).then("cells")
    return table.select(
        "line_no",
        *(whole.list.get(place, null_on_oob=True).alias(name) for name, place in wanted.items()),
        pl.when((length != width) & ~spare).then(_row_fault(length)).alias("row_fault"),
    )


def _row_fault(length: pl.Expr) -> pl.Expr:
    return (
        pl.when(length == 0)
        .then(pl.lit("quotes that are not closed"))
        .otherwise(pl.concat_str(length, pl.lit(" fields")))
    )


def _mixed(text: str, line_no: int, delimiter: str, width: int, wanted: dict[str, int]) -> pl.DataFrame:
    """Rows of a text in which some lines are odd: those one by one, the others at once."""
    lines = pl.DataFrame({"text": text.split("\n")}, schema={"text": pl.String})
    lines = lines.with_row_index("line_no", offset=line_no).with_columns(
        pl.col("line_no").cast(pl.Int64), pl.col("text").str.strip_chars_end("\r")
    )
    lines = lines.filter(pl.col("text").str.strip_chars() != "")
    fields = pl.col("text").str.count_matches(delimiter, literal=True) + 1
    even = lines.select(whole=(fields == width) & ~pl.col("text").str.contains('"', literal=True))["whole"]
    usual = lines.filter(even)
    joined = bordered("\n".join(usual["text"]).encode())
    plain = _plain(joined, usual.height, delimiter, width, wanted) if usual.height else None
    if plain is None:
        return cut_by_line(lines, delimiter, width, wanted)
    whole = plain.select(usual["line_no"], *wanted, pl.lit(None, dtype=pl.String).alias("row_fault"))
    odd = cut_by_line(lines.filter(~even), delimiter, width, wanted)
    return pl.concat([whole, odd]).sort("line_no")


def _plain(chunk: bytearray, count: int, delimiter: str, width: int, wanted: dict[str, int]) -> pl.DataFrame | None:
    """The wanted fields of lines that all have `width` of them and no quoted one but empty ones; else None."""
    if not delimiter.isascii() or delimiter in '"\r\n' or chunk.startswith(_BOM, BEFORE) or width < 2:
        return None
    if b'"' in chunk:
        chunk = bytearray(_empty_quotes(delimiter).sub(b"", chunk))
        if b'"' in chunk or _LONE_RETURN.search(chunk):  # csv takes no lone return in a line that has quotes
            return None
    if len(chunk) >= _MOST:
        return None
    held = np.frombuffer(chunk, dtype=np.uint8)
    marks = _marks(held[: _end(chunk)], BEFORE, ord(delimiter), count * width)
    return None if marks is None else _fields(held, marks.reshape(count, width), wanted)


def _fields(held: Bytes, ends: Numbers, wanted: dict[str, int]) -> pl.DataFrame | None:
    """The wanted fields of lines by where their fields end, some lines after others; None where one is not as wide."""
    count, last = len(ends), ends.shape[1] - 1
    views = {name: np.empty((count, 2), dtype=np.uint64) for name in wanted}
    for first in range(0, count, _AT_ONCE):
        near = ends[first : first + _AT_ONCE]
        if (held[near[:, last]] != _NEWLINE).any():
            return None
        for name, place in wanted.items():
            if place:
                begins = near[:, place - 1] + 1
            else:
                begins = np.append(ends[first - 1, last] if first else BEFORE - 1, near[:-1, last]) + 1
            end = near[:, place] - (held[near[:, place] - 1] == _RETURN) if place == last else near[:, place].copy()
            views[name][first : first + len(near)] = views_between(held, begins, end)
    return pl.DataFrame({name: column(one, [held]) for name, one in views.items()})


def _marks(held: Bytes, begin: int, delimiter: int, count: int) -> Numbers | None:
    """The places of delimiters and line ends from a place on; None if there are not so many of them."""
    found, have = np.empty(count, dtype=np.int64), 0
    flags, more = np.empty(_STEP, dtype=np.bool_), np.empty(_STEP, dtype=np.bool_)
    for at in range(begin, len(held), _STEP):
        part = held[at : at + _STEP]
        flag = np.equal(part, delimiter, out=flags[: len(part)])
        flag |= np.equal(part, _NEWLINE, out=more[: len(part)])
        places = np.flatnonzero(flag)
        if have + len(places) > count:
            return None
        np.add(places, at, out=found[have : have + len(places)])
        have += len(places)
    return found if have == count else None


def _newlines(chunk: bytearray) -> int:
    """How many lines end; other threads go on meanwhile."""
    held = np.frombuffer(chunk, dtype=np.uint8)[BEFORE : _end(chunk)]
    return sum(int(np.count_nonzero(held[at : at + _STEP] == _NEWLINE)) for at in range(0, len(held), _STEP))


def _end(chunk: bytearray) -> int:
    """Where the last line is over, with the newline that it has, or that stands behind it."""
    end = len(chunk) - len(_BEHIND)
    return end if chunk[end - 1] == _NEWLINE else end + 1


@cache
def _empty_quotes(delimiter: str) -> re.Pattern[bytes]:
    """Two quotes that are a whole field. Where they are the first quotes of their line, nothing around is quoted."""
    mark = re.escape(delimiter.encode())
    return re.compile(rb'(?:(?<=[\n%b])|\A)""(?=%b|\r?\n|\r?\Z)' % (mark, mark))
