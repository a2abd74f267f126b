"""A folder of a run's own for what does not fit in memory; what runs left that were killed is removed.

What lies there is personal and, at full size, gigabytes. A lock beside each folder is held while its process lives.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines import limits
from pipelines.in_use import left, new_file

_SPILLED, _HELD = "mshi-", ".held"  # names of the folders, and of the locks beside them


@contextmanager
def spill() -> Iterator[Path]:
    """A folder of one's own for what does not fit, removed at the end, and with it those that killed runs left.

    UsageError if there is no such place.
    """
    place = limits.spill_place()
    for old in left(place, _SPILLED, _HELD):  # what runs left that were killed
        _remove(old)
    lock, held = new_file(place, _SPILLED, _HELD)
    folder = held.with_suffix("")
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        _remove(held)
        os.close(lock)


def _remove(held: Path) -> None:
    """A folder and its lock; what cannot be removed is left for the next run to try again."""
    folder = held.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        held.unlink(missing_ok=True)
