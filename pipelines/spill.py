"""A folder of a run's own for what does not fit in memory; what runs left that were killed is removed.

What lies there is personal and, at full size, gigabytes. A lock beside each folder is held while its process lives.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipelines import limits

_SPILLED, _HELD = "mshi-", ".held"  # names of the folders, and of the locks beside them


@contextmanager
def spill() -> Iterator[Path]:
    """A folder of one's own for what does not fit, removed at the end, and with it those that killed runs left.

    UsageError if there is no such place.
    """
    place = limits.spill_place()
    _remove_left(place)
    held, lock = _held(place)
    folder = held.with_suffix("")
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        _remove(held)
        os.close(lock)


def _held(place: Path) -> tuple[Path, int]:
    """A new file that is locked for as long as its process lives: so it tells whether a folder beside it is in use."""
    while True:
        lock, name = tempfile.mkstemp(prefix=_SPILLED, suffix=_HELD, dir=place)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if Path(name).exists():
            return Path(name), lock
        os.close(lock)  # taken for one that a killed run left, before it was locked


def _remove_left(place: Path) -> None:
    """What runs left that were killed; other people's files cannot be opened and stay."""
    for held in place.glob(f"{_SPILLED}*{_HELD}"):
        with suppress(OSError), held.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(held)


def _remove(held: Path) -> None:
    """A folder and its lock; what cannot be removed is left for the next run to try again."""
    folder = held.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        held.unlink(missing_ok=True)
