"""Files locked for as long as their process lives: so what killed commands left behind is told from the rest."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def new_file(folder: Path, begin: str, end: str) -> tuple[int, Path]:
    """A new file of such a name, its owner's alone, open and locked. On a share without locks it is not locked."""
    while True:
        handle, name = tempfile.mkstemp(prefix=begin, suffix=end, dir=folder)
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        if Path(name).exists():
            return handle, Path(name)
        os.close(handle)  # another command took it for left, before it was locked


def left(folder: Path, begin: str, end: str) -> Iterator[Path]:
    """Files of such names that no living command holds, each held while it is looked at; none that cannot be opened."""
    for path in folder.glob(f"{begin}*{end}"):
        with suppress(OSError), open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)) as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path
