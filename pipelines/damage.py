"""Whether the ledger still is what was written, and what to say where it is not.

Each segment holds the hashes of its own files (pipelines/ledger.py). A disk that loses a bit gives other rows as often
as an error, so whatever judges or computes looks first; what only reads says it of what it cannot read. Who alters a
file and its hash is found by pipelines/verify, which makes the ledger again. Grain: a file of a segment.
"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pipelines import ledger, limits
from pipelines.archive import file_hash
from pipelines.errors import RunFailed, UsageError, disk_error, is_failure
from pipelines.home import Home
from pipelines.versions import judging_hash


def expect_unaltered(home: Home) -> None:
    """RunFailed if the ledger of this code is not what was written; that of other code is made again anyway."""
    if ledger.is_judged_by(home, judging_hash()) and (found := altered(home)):
        raise _named(home, found)


@contextmanager
def told_of(home: Home) -> Iterator[None]:
    """Say so where an error that nobody foresaw comes of a damaged ledger."""
    try:
        yield
    except BaseException as error:
        if (damage := damage_of(home, error)) is not None:
            raise damage from None
        raise


def damage_of(home: Home, error: BaseException) -> RunFailed | None:
    """What to say of an error that nobody foresaw if the ledger is damaged; it can be made again."""
    foreseen = isinstance(error, OSError | RunFailed | UsageError | MemoryError) or disk_error(error) is not None
    if foreseen or not is_failure(error) or not (found := altered(home)):
        return None
    return _named(home, found)


def altered(home: Home) -> list[Path]:
    """The files of the ledger that are not what was written, each of them read whole. PermissionError names a file."""
    segments = ledger.segments(home)
    with ThreadPoolExecutor(limits.at_once()) as pool:
        return sorted(path for found in pool.map(_altered_in, segments) for path in found)


def _altered_in(segment: Path) -> list[Path]:
    hashes = segment / ledger.HASHES
    try:
        written = dict(json.loads(hashes.read_bytes()))
    except PermissionError:  # of a right that is wanting nothing is to be removed
        raise
    except (OSError, ValueError, TypeError):
        return [hashes]
    there = {path.name for path in segment.iterdir() if path != hashes}
    return [segment / name for name in there | set(written) if _hash_of(segment / name) != written.get(name)]


def _hash_of(path: Path) -> str | None:
    try:
        return file_hash(path)
    except PermissionError:
        raise
    except OSError:
        return None


def _named(home: Home, found: list[Path]) -> RunFailed:
    segments = sorted({f"ledger/{path.parent.name}" for path in found})
    more = f" and {len(found) - 1} more files" if len(found) > 1 else ""
    return RunFailed(
        f"ledger/{found[0].parent.name}/{found[0].name}{more}: not what was written there; nothing was published: "
        f"remove {' and '.join(segments)} from {home.root}, the next run makes it again from the archive, then "
        "mshi verify"
    )
