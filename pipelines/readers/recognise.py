"""Decide what a file is and read it: by its content, in `registers/` by its name.

No reader or more than one refuses the file. Text is UTF-8 if valid, else KZ-1048, or what a layout says.
Source: contract.md section 3.
"""

import codecs
import io
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.readers import PART_BYTES, Reading, Unreadable, camt, clientbank, delimited, mt, mt_fast
from pipelines.readers.layouts import Layout, built_in
from pipelines.readers.rows import Source
from pipelines.readers.survey import is_longer, survey, undefined
from schemas.lines import REGISTERS

LARGEST_FILE = 8 << 30
LONGEST_LINE = 1 << 20
SIDECAR = ".control.json"  # <file>.control.json declares the rows and sum of its file
_HEAD = 1 << 16
NO_KIND = f"a file name that begins with a kind of register, in small letters: {', '.join(REGISTERS)}"
_NO_TEXT = {
    b"PK\x03\x04": "a ZIP archive, as .xlsx is too, and nothing is unpacked",
    b"\x1f\x8b": "a gzip archive, and nothing is unpacked",
    b"%PDF": "a PDF",
    **dict.fromkeys((b"\xff\xfe", b"\xfe\xff"), "UTF-16"),
}
_NOT_ALONE = "the file of this control file, which did not come with it"
_NOTHING = b" \t\r\n\x0b\x0c" + codecs.BOM_UTF8


@dataclass(frozen=True)
class Limits:
    """The largest file and line, in bytes, that are read, and the largest file that is read at once."""

    file: int = LARGEST_FILE
    line: int = LONGEST_LINE
    part: int = PART_BYTES


def read_file(
    path: Path, name: str, is_register: bool, site_layouts: tuple[Layout, ...] = (), limits: Limits | None = None
) -> Reading:
    """The file as read; Unreadable with the reason for which it is refused whole."""
    limits = limits or Limits()
    if path.stat().st_size > limits.file:
        raise Unreadable("too_large", f"a file of at most {limits.file:,} bytes")
    if path.stat().st_size > limits.part:
        reading = _read_large(path, name, is_register, site_layouts, limits)
        if reading is not None:
            return reading
    content = path.read_bytes()
    if not content[:_HEAD].strip(_NOTHING) and not content.strip(_NOTHING):  # to strip all of it is to copy it
        raise Unreadable("empty_file", "some content")
    if b"\0" in content:
        raise Unreadable("undecodable", f"text without NUL bytes{_what_else(content)}")
    if is_longer(content, limits.line):
        raise Unreadable("too_large", f"lines of at most {limits.line:,} bytes", "line")
    text = _Text(content)
    if is_register:
        return delimited.read_register(text.source(), _kind(name), limits.part)
    layouts = [layout for layout in (*built_in(), *site_layouts) if _is_of(text, layout)]
    claims = sorted([layout.name for layout in layouts] + _others(text))
    if len(claims) > 1:
        raise Unreadable("ambiguous", f"one format, not {' and '.join(claims)}", "content")
    if layouts:
        return delimited.read_layout(text.source(layouts[0].encoding), layouts[0], limits.part)
    return _read_as(claims[0] if claims else None, name, text, content)


class _Text:
    """The content of a file without its byte-order mark; decoded as a whole only where somebody asks for that."""

    def __init__(self, content: bytes) -> None:
        self.content = content.removeprefix(codecs.BOM_UTF8)
        self._heads: dict[str | None, str] = {}

    @cached_property
    def encoding(self) -> str | None:
        """UTF-8 if the text is valid, else KZ-1048 if it is that; None if neither."""
        offsets = np.array([0, len(self.content)], dtype=np.int64)
        whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, pa.py_buffer(offsets), pa.py_buffer(self.content)])
        try:
            whole.cast(pa.large_string())  # looks at every byte, four times as fast as decoding them
            return "utf-8"
        except pa.ArrowInvalid:
            return "kz1048" if _decodes(self.content, "kz1048") else None

    def decoded(self, encoding: str | None = None) -> str:
        """The text; Unreadable if it is none in that encoding, or in UTF-8 or KZ-1048."""
        told = encoding or self.encoding
        try:
            return self.content.decode(told or "utf-8")
        except UnicodeDecodeError:
            raise Unreadable("undecodable", encoding or "UTF-8 or KZ-1048") from None

    def head(self, encoding: str | None = None) -> str:
        """The first lines decoded: all that tells a layout or a statement, the first that is not blank among them."""
        if encoding not in self._heads:
            self._heads[encoding] = self._first_lines.decoded(encoding)
        return self._heads[encoding]

    @cached_property
    def _first_lines(self) -> "_Text":
        blank = len(self.content) - len(self.content.lstrip(_NOTHING))
        end = self.content.find(b"\n", blank + LONGEST_LINE) + 1
        if not end or not self.content[:end].strip():
            return self
        first = _Text(self.content[:end])
        first.encoding = self.encoding  # what tells them apart may come later
        return first

    def source(self, encoding: str | None = None) -> Source:
        """The content for a reader of delimited text."""
        told = encoding or self.encoding
        if told is None or not (told == self.encoding or _decodes(self.content, told)):
            raise Unreadable("undecodable", encoding or "UTF-8 or KZ-1048")
        return Source(lambda: io.BytesIO(self.content), told, 0, len(self.content))


def _decodes(content: bytes, encoding: str) -> bool:
    if encoding != "utf-8":
        return not any(sign in content for sign in undefined(encoding))
    try:
        content.decode(encoding)
        return True
    except UnicodeDecodeError:
        return False


def _read_large(
    path: Path, name: str, is_register: bool, site_layouts: tuple[Layout, ...], limits: Limits
) -> Reading | None:
    """A register that is read part by part; None for what must be looked at as a whole.

    All bytes are looked at once before anything is read, for what refuses the file.
    """
    with path.open("rb") as file:
        head = _Text(file.read(_HEAD).rpartition(b"\n")[0])
    layouts = [] if is_register else [layout for layout in (*built_in(), *site_layouts) if _is_of(head, layout)]
    if not is_register and (len(layouts) != 1 or _others(head)):
        return None
    found = survey(path, limits.line)
    encoding = layouts[0].encoding if layouts else None
    is_other = found.has_message and not is_register
    if found.is_blank or found.has_nul or found.is_long or is_other or not found.decodes(encoding):
        return None
    if encoding is None and not head.content.isascii() and head.source().encoding != found.encoding:
        return None
    source = Source(lambda: path.open("rb"), encoding or found.encoding, found.begin, path.stat().st_size)
    if is_register:
        return delimited.read_register(source, _kind(name), limits.part)
    return delimited.read_layout(source, layouts[0], limits.part)


def _what_else(content: bytes) -> str:
    """What bytes that are no text are instead, of what banks send by mistake."""
    return next((f"; this is {told}" for sign, told in _NO_TEXT.items() if content.startswith(sign)), "")


def _kind(name: str) -> str:
    """The kind of a register by its file's name; Unreadable if there is none."""
    if name.endswith(SIDECAR):
        raise Unreadable("unrecognised", _NOT_ALONE, "file name")
    kind = delimited.register_kind(name)
    if kind is None:
        raise Unreadable("unrecognised", NO_KIND, "file name")
    return kind


def _others(text: _Text) -> list[str]:
    """The formats without a layout that know the text; all but MT are told by its first lines, or are not large."""
    if text.encoding is None:
        return []
    head = text.head()
    claims = [mt.FORMAT] if mt_fast.recognises(text.content, text.encoding) else []
    if clientbank.recognises(head):
        claims.append(clientbank.FORMAT)
    if head.lstrip().startswith("<") and camt.recognises(text.decoded()):
        claims.append(camt.FORMAT)
    return claims


def _read_as(form: str | None, name: str, text: _Text, content: bytes) -> Reading:
    if form == mt.FORMAT:
        return mt_fast.read(text.content if text.encoding == "utf-8" else text.decoded().encode())
    told = text.decoded()
    if form == clientbank.FORMAT:
        return clientbank.read(told)
    if form == camt.FORMAT:
        return camt.read(content)
    if not told.strip():
        raise Unreadable("empty_file", "some content")
    known = "MT102, MT100, a statement (1C, camt.053) or a register with a layout"
    raise Unreadable("unrecognised", _NOT_ALONE if name.endswith(SIDECAR) else known, "content")


def _is_of(text: _Text, layout: Layout) -> bool:
    """Whether the layout knows the text, read in the layout's own encoding."""
    try:
        if layout.encoding is not None and not _decodes(text.content, layout.encoding):
            return False
        return layout.recognises(text.head(layout.encoding))
    except Unreadable:
        return False


def site_layout_of(path: Path, site_layouts: tuple[Layout, ...]) -> str | None:
    """The sha256 of the site layout that knows the file, from its first bytes."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    first_lines = head[: head.rfind(b"\n") + 1] or head
    return next((layout.sha256 for layout in site_layouts if _is_of(_Text(first_lines), layout)), None)
