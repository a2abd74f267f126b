"""Decide what a file is and read it: by its content, in `registers/` by its name.

No reader or more than one refuses the file. Text is UTF-8 if valid, else KZ-1048, or what a layout says.
Source: contract.md section 3.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.readers import Reading, Unreadable, camt, clientbank, delimited, mt, mt_fast
from pipelines.readers.layouts import Layout, built_in

LARGEST_FILE = 8 << 30
LONGEST_LINE = 1 << 20
SIDECAR = ".control.json"  # <file>.control.json declares the rows and sum of its file
_HEAD = 1 << 16


@dataclass(frozen=True)
class Limits:
    """The largest file and line, in bytes, that are read."""

    file: int = LARGEST_FILE
    line: int = LONGEST_LINE


def read_file(
    path: Path, name: str, is_register: bool, site_layouts: tuple[Layout, ...] = (), limits: Limits | None = None
) -> Reading:
    """The file as read; Unreadable with the reason for which it is refused whole."""
    limits = limits or Limits()
    if path.stat().st_size > limits.file:
        raise Unreadable("too_large", f"a file of at most {limits.file:,} bytes")
    content = path.read_bytes()
    if not content.strip(b" \t\r\n\x0b\x0c" + codecs.BOM_UTF8):
        raise Unreadable("empty_file", "some content")
    if b"\0" in content:
        raise Unreadable("undecodable", "text without NUL bytes")
    if _has_line_over(content, limits.line):
        raise Unreadable("too_large", f"lines of at most {limits.line:,} bytes", "line")
    if is_register:
        kind = None if name.endswith(SIDECAR) else delimited.register_kind(name)
        if kind is None:
            raise Unreadable("unrecognised", "a file name that begins with the kind of the register", "file name")
        return delimited.read_register(_decoded(content), kind)
    encoding = _encoding(content)
    head = _decoded(_head(content), encoding) if encoding else None
    known = (*built_in(), *site_layouts)
    layouts = [
        layout
        for layout in known
        if (_is_of(content, layout) if layout.encoding else head is not None and layout.recognises(head))
    ]
    claims = sorted(
        [layout.name for layout in layouts] + (_others(content, encoding, head) if head and encoding else [])
    )
    if len(claims) > 1:
        raise Unreadable("ambiguous", f"one format, not {' and '.join(claims)}", "content")
    if layouts:
        return delimited.read_layout(_decoded(content, layouts[0].encoding), layouts[0])
    return _read_as(claims[0] if claims else None, content, encoding)


def _others(content: bytes, encoding: str, head: str) -> list[str]:
    """The formats without a layout that know the text; all but MT are told by its head, or are not large."""
    claims = [mt.FORMAT] if mt_fast.recognises(content.removeprefix(codecs.BOM_UTF8), encoding) else []
    if clientbank.recognises(head):
        claims.append(clientbank.FORMAT)
    if head.lstrip().startswith("<") and camt.recognises(_decoded(content, encoding)):
        claims.append(camt.FORMAT)
    return claims


def _read_as(name: str | None, content: bytes, encoding: str | None) -> Reading:
    if name == mt.FORMAT and encoding is not None:
        return mt_fast.read(_as_utf8(content, encoding))
    text = _decoded(content)
    if name == clientbank.FORMAT:
        return clientbank.read(text)
    if name == camt.FORMAT:
        return camt.read(content)
    if not text.strip():
        raise Unreadable("empty_file", "some content")
    raise Unreadable("unrecognised", "MT102, MT100, a statement (1C, camt.053) or a register with a layout", "content")


def _is_of(content: bytes, layout: Layout) -> bool:
    """Whether the layout knows the text, read in the layout's own encoding."""
    try:
        return layout.recognises(_decoded(content, layout.encoding))
    except Unreadable:
        return False


def site_layout_of(path: Path, site_layouts: tuple[Layout, ...]) -> str | None:
    """The sha256 of the site layout that knows the file, from its first bytes."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    first_lines = head[: head.rfind(b"\n") + 1] or head
    return next((layout.sha256 for layout in site_layouts if _is_of(first_lines, layout)), None)


def _decoded(content: bytes, encoding: str | None = None) -> str:
    content = content.removeprefix(codecs.BOM_UTF8)
    for name in [encoding] if encoding else ["utf-8", "kz1048"]:
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    raise Unreadable("undecodable", encoding or "UTF-8 or KZ-1048")


def _encoding(content: bytes) -> str | None:
    """UTF-8 if the text is valid, else KZ-1048 if it is that; None if neither."""
    offsets = np.array([0, len(content)], dtype=np.int64)
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, pa.py_buffer(offsets), pa.py_buffer(content)])
    try:
        whole.cast(pa.large_string())  # looks at every byte, four times as fast as decoding them
        return "utf-8"
    except pa.ArrowInvalid:
        pass
    try:
        content.decode("kz1048")
        return "kz1048"
    except UnicodeDecodeError:
        return None


def _as_utf8(content: bytes, encoding: str) -> bytes:
    """The text in UTF-8, without a byte order mark."""
    return content.removeprefix(codecs.BOM_UTF8) if encoding == "utf-8" else _decoded(content, encoding).encode()


def _head(content: bytes) -> bytes:
    """The first lines: all that tells a layout or a statement, the first line that is not blank among them."""
    blank = len(content) - len(content.lstrip(b" \t\r\n\x0b\x0c" + codecs.BOM_UTF8))
    end = content.find(b"\n", blank + LONGEST_LINE) + 1
    return content[:end] if end and content[:end].strip() else content


def _has_line_over(content: bytes, limit: int) -> bool:
    """Whether a line is longer than so many bytes."""
    begin = 0
    while len(content) - begin > limit:
        end = content.rfind(b"\n", begin, begin + limit + 1)
        if end < 0:
            return True
        begin = end + 1
    return False
