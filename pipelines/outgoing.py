"""Files for others, outside the home: whole under their name or not there, and their owner's alone until they are."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

from pipelines.home import sync
from pipelines.in_use import left, new_file

_HELD, _WAITING = 1 << 20, 1 << 26  # bytes of an outgoing file held by us, and by the system


class _Outgoing(io.FileIO):
    """A file that nobody reads soon: what is written goes to the disk, and does not fill the memory of the machine."""

    _waiting = 0
    path: Path  # the name that it will get, for whoever is told of a full disk

    def write(self, content: Any) -> int:
        try:
            written = super().write(content)
        except OSError as error:
            error.filename = str(self.path)
            raise
        self._waiting += written
        if self._waiting >= _WAITING and hasattr(os, "posix_fadvise"):
            os.fdatasync(self.fileno())
            os.posix_fadvise(self.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            self._waiting = 0
        return written


@contextmanager
def whole(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A file to write outside the home, there when the block ends well or not at all; till then its owner's alone.

    Of two commands that write the same one, the last to end is there, whole.
    """
    begin = f".mshi-{crc32(os.fsencode(path.name)):08x}-"  # short, for the name may be as long as names can be
    for old in left(path.parent, begin, ".tmp"):
        with suppress(OSError):  # of others, where only they may remove it
            old.unlink()
    handle, beside = new_file(path.parent, begin, ".tmp")
    try:
        outgoing = _Outgoing(handle, "wb")
        outgoing.path = path
        with io.BufferedWriter(outgoing, _HELD) as file:
            yield file
            file.flush()
            os.fchmod(handle, mode)
            os.fsync(handle)
            beside.replace(path)
        with suppress(PermissionError):  # a folder where one may only put things: the file is there, whole
            sync(path.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
