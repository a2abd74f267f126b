"""Look once at all bytes of a large file, without holding them: what refuses it, and which text it can be."""

import codecs
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa

_CHUNK = 1 << 20
_BLANK = b" \t\r\n\x0b\x0c" + codecs.BOM_UTF8
_ENCODINGS = ("kz1048", "cp866")


@dataclass
class Survey:
    """What was found in a file. `begin` is the offset behind a byte-order mark."""

    begin: int = 0
    is_blank: bool = True
    has_nul: bool = False
    is_long: bool = False  # a line is longer than allowed
    has_message: bool = False  # a line begins as an MT message does
    is_utf8: bool = True
    undefined: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(_ENCODINGS, False))

    @property
    def encoding(self) -> str:
        """The encoding where no layout says one."""
        return "utf-8" if self.is_utf8 else "kz1048"

    def decodes(self, encoding: str | None) -> bool:
        """Whether the file is text in that encoding, else in UTF-8 or KZ-1048."""
        name = encoding or self.encoding
        return self.is_utf8 if name == "utf-8" else not self.undefined[name]


def survey(path: Path, longest: int) -> Survey:
    """All bytes of a file, looked at once."""
    found = Survey()
    missing = {name: undefined(name) for name in _ENCODINGS}
    with path.open("rb") as file:
        if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            found.begin = len(codecs.BOM_UTF8)
        file.seek(found.begin)
        while chunk := file.read(_CHUNK):
            chunk += file.readline(longest + 2)  # so that a chunk ends with a line, or with one that is too long
            found.is_blank = found.is_blank and not chunk.strip(_BLANK)
            found.has_nul = found.has_nul or b"\0" in chunk
            found.is_long = found.is_long or is_longer(chunk, longest)
            if not found.has_message and b"{" in chunk:
                found.has_message = chunk.startswith(b"{1:") or b"\n{1:" in chunk
            found.is_utf8 = found.is_utf8 and _is_utf8(chunk)
            for name, signs in missing.items():
                found.undefined[name] = found.undefined[name] or any(sign in chunk for sign in signs)
    return found


def is_longer(content: bytes, longest: int) -> bool:
    """Whether a physical line has more bytes than that."""
    begin = 0
    while len(content) - begin > longest:
        end = content.rfind(b"\n", begin, begin + longest + 1)
        if end < 0:
            return True
        begin = end + 1
    return False


def _is_utf8(chunk: bytes) -> bool:
    offsets = pa.py_buffer(np.array([0, len(chunk)], dtype=np.int64))
    try:
        pa.LargeBinaryArray.from_buffers(pa.large_binary(), 1, [None, offsets, pa.py_buffer(chunk)]).cast(
            pa.large_string()
        )
    except pa.ArrowInvalid:
        return False
    return True


@cache
def undefined(encoding: str) -> list[bytes]:
    """The bytes that stand for no sign in an encoding of one byte a sign."""
    return [bytes([sign]) for sign in range(256) if not bytes([sign]).decode(encoding, errors="ignore")]
