"""Decide what a file is and read it: by its content, in `registers/` by its name.

No reader or more than one refuses the file. Text is UTF-8 if valid, else KZ-1048, or what a layout says.
Source: contract.md section 3.
"""

import codecs
import io
from dataclasses import dataclass
from pathlib import Path

from pipelines.readers import PART_BYTES, Reading, Unreadable, camt, clientbank, delimited, mt
from pipelines.readers.layouts import Layout, built_in
from pipelines.readers.rows import Source
from pipelines.readers.survey import is_longer, survey

LARGEST_FILE = 8 << 30
LONGEST_LINE = 1 << 20
SIDECAR = ".control.json"  # <file>.control.json declares the rows and sum of its file
_HEAD = 1 << 16
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
    if not content.strip(_NOTHING):
        raise Unreadable("empty_file", "some content")
    if b"\0" in content:
        raise Unreadable("undecodable", "text without NUL bytes")
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
    return _read_as(claims[0] if claims else None, text.decoded(), content)


class _Text:
    """The content of a file without its byte-order mark, decoded once in each encoding."""

    def __init__(self, content: bytes) -> None:
        self.content = content.removeprefix(codecs.BOM_UTF8)
        self.known: dict[str, str | None] = {}

    def decoded(self, encoding: str | None = None) -> str:
        """The text; Unreadable if it is none in that encoding, or in UTF-8 or KZ-1048."""
        text = self._in(self._encoding(encoding))
        if text is None:
            raise Unreadable("undecodable", encoding or "UTF-8 or KZ-1048")
        return text

    def source(self, encoding: str | None = None) -> Source:
        """The content for a reader of delimited text."""
        self.decoded(encoding)
        return Source(lambda: io.BytesIO(self.content), self._encoding(encoding), 0, len(self.content))

    def _encoding(self, told: str | None) -> str:
        return told or ("utf-8" if self._in("utf-8") is not None else "kz1048")

    def _in(self, encoding: str) -> str | None:
        if encoding not in self.known:
            try:
                self.known[encoding] = self.content.decode(encoding)
            except UnicodeDecodeError:
                self.known[encoding] = None
        return self.known[encoding]


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


def _kind(name: str) -> str:
    """The kind of a register by its file's name; Unreadable if there is none."""
    kind = None if name.endswith(SIDECAR) else delimited.register_kind(name)
    if kind is None:
        raise Unreadable("unrecognised", "a file name that begins with the kind of the register", "file name")
    return kind


def _others(text: _Text) -> list[str]:
    """The formats without a layout that know the text."""
    try:
        told = text.decoded()
    except Unreadable:
        return []
    readers = {mt.FORMAT: mt.recognises, clientbank.FORMAT: clientbank.recognises, camt.FORMAT: camt.recognises}
    return [name for name, recognises in readers.items() if recognises(told)]


def _read_as(name: str | None, text: str, content: bytes) -> Reading:
    if name == mt.FORMAT:
        return mt.read(text)
    if name == clientbank.FORMAT:
        return clientbank.read(text)
    if name == camt.FORMAT:
        return camt.read(content)
    if not text.strip():
        raise Unreadable("empty_file", "some content")
    raise Unreadable("unrecognised", "MT102, MT100, a statement (1C, camt.053) or a register with a layout", "content")


def _is_of(text: _Text, layout: Layout) -> bool:
    """Whether the layout knows the text, read in the layout's own encoding."""
    try:
        return layout.recognises(text.decoded(layout.encoding))
    except Unreadable:
        return False


def site_layout_of(path: Path, site_layouts: tuple[Layout, ...]) -> str | None:
    """The sha256 of the site layout that knows the file, from its first bytes."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    first_lines = head[: head.rfind(b"\n") + 1] or head
    return next((layout.sha256 for layout in site_layouts if _is_of(_Text(first_lines), layout)), None)
