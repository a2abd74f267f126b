"""The archive: every byte that ever came in, under its sha256, and the record of every delivery.

`intake.jsonl` has one record per delivery, in intake order; everything else in the home can be rebuilt from the two.
Source: contract.md section 2.
"""

import errno
import hashlib
import json
import os
import stat
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from pipelines.ahead import made_ahead
from pipelines.errors import RunFailed, UsageError
from pipelines.home import Home, append_lines, sync, whole_lines, write_private

_CHUNK = 1 << 20
_STRETCH = 64  # so many chunks of a file lie in memory twice while it is copied
_SHORTEST = 8  # digits of a sha256 that may stand for all of them
Identity = tuple[int, int, int, int]


@dataclass(frozen=True)
class Record:
    """One delivery, or an event about one: accept, withdraw, replay (contract.md section 1).

    `sidecar` is the sha256 of its control file; `layouts` are the site layouts of its day and `rules` the rules by
    which it is judged, both kept in the archive. An event says why and by whom; a replay for which first `verdict`.
    """

    sequence: int
    sha256: str
    name: str
    folder: str
    received_on: date
    sidecar: str | None = None
    layout: str | None = None
    layouts: tuple[str, ...] = field(default=())
    rules: str | None = None
    event: str = "delivery"
    reason: str | None = None
    by: str | None = None
    verdict: str | None = None
    after: str | None = None

    def archived(self) -> list[str]:
        """The sha256 of every file in the archive that it names."""
        told = [self.sha256, self.sidecar, self.layout, self.rules, *self.layouts]
        return [sha256 for sha256 in told if sha256 is not None]


@dataclass(frozen=True)
class _Seen:
    """The records of a file as it was: a night asks many times, writes behind them, and years of them take a second."""

    identity: Identity
    size: int
    digest: bytes
    records: tuple[Record, ...]


_SEEN: dict[Path, _Seen] = {}  # of the file that was read last


def records(home: Home) -> list[Record]:
    """All records in intake order; RunFailed names the line that cannot be read."""
    if not home.intake.exists():
        return []
    identity, seen = _identity(home.intake.stat()), _SEEN.get(home.intake)
    if seen is None or seen.identity != identity:
        seen = _read(home.intake, identity, seen)
        _SEEN.clear()
        _SEEN[home.intake] = seen
    return list(seen.records)


def _read(intake: Path, identity: Identity, seen: _Seen | None) -> _Seen:
    """The records of a file as it is, of which those seen before may be the first."""
    content = whole_lines(intake)
    if seen is None or hashlib.sha256(content[: seen.size]).digest() != seen.digest:
        seen = _Seen(identity, 0, b"", ())
    found = list(seen.records)
    for number, line in enumerate(content[seen.size :].split(b"\n")[:-1], start=len(found) + 1):
        found.append(_record(intake, number, line))
    return _Seen(identity, len(content), hashlib.sha256(content).digest(), tuple(found))


def _record(intake: Path, number: int, line: bytes) -> Record:
    try:
        found = record_of(json.loads(line))
    except ValueError:
        raise RunFailed(
            f"{intake} line {number} is no intake record: nothing was done; restore it from the backup"
        ) from None
    if found.sequence != number:
        raise RunFailed(f"{intake}: the sequence has a gap: nothing was done; restore it from the backup")
    return found


def newest(home: Home, day: date | None = None) -> Record | None:
    """The last record, or the last one of the day or before it; None without any. Errors as `records`, where it looks.

    For a question about few people: days never go back from record to record, so that few of them are read.
    """
    lines = whole_lines(home.intake).split(b"\n")[:-1]

    def received_on(number: int) -> date:
        return _record(home.intake, number, lines[number - 1]).received_on

    numbers = range(1, len(lines) + 1)
    count = len(lines) if day is None else bisect_right(numbers, day, key=received_on)
    return _record(home.intake, count, lines[count - 1]) if count else None


def records_with(home: Home, text: str, until: int | None = None) -> list[Record]:
    """The records, up to a sequence, in whose lines a text stands, such as digits of a sha256; others are not read."""
    lines = enumerate(whole_lines(home.intake).split(b"\n")[:-1][:until], start=1)
    return [_record(home.intake, number, line) for number, line in lines if text.encode() in line]


def record_of(told: dict[str, Any]) -> Record:
    """A record as it is written in intake.jsonl and among the inputs of a manifest; ValueError if it is none."""
    try:
        received_on = date.fromisoformat(told["received_on"])
        return Record(**{**told, "received_on": received_on, "layouts": tuple(told["layouts"])})
    except (KeyError, TypeError):
        raise ValueError("no intake record") from None


def append(home: Home, new: list[Record]) -> None:
    """Write records behind the others and make them safe on the disk."""
    told = [{**asdict(record), "received_on": str(record.received_on)} for record in new]
    if told:
        append_lines(home.intake, [json.dumps(record, ensure_ascii=False) for record in told])


def sha_of(known: list[Record], given: str) -> str:
    """The sha256 of the one file whose sha256 is, or begins with, what was given; UsageError if there is not one."""
    found = {one.sha256 for one in known if len(given) >= _SHORTEST and one.sha256.startswith(given.lower())}
    if len(found) != 1:
        raise UsageError(
            f"{'no' if not found else 'more than one'} file has this sha256; expected all of it or at least its first "
            f"{_SHORTEST} digits, as in the table files"
        )
    return found.pop()


def path_of(home: Home, sha256: str) -> Path:
    """Where the bytes lie."""
    return home.archive / sha256[:2] / sha256


def store(home: Home, source: Path) -> tuple[str, Identity]:
    """Copy a file into the archive, fsynced; gives its sha256 and which file it was when it was read.

    OSError names the source where it cannot be read or is no regular file.
    """
    beside = home.archive / f".{os.getpid()}.tmp"
    with _opened(source) as given:
        identity = _identity(os.fstat(given.fileno()))
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as kept:
            sha256 = _copied(given, kept)
    target = path_of(home, sha256)
    if target.exists() and file_hash(target) == sha256:
        beside.unlink()
        return sha256, identity
    target.parent.mkdir(exist_ok=True)
    beside.replace(target)
    sync(target.parent)
    return sha256, identity


def _opened(source: Path) -> BinaryIO:
    """A regular file to be read; what came in its place since the look at the inbox is not followed or waited for."""
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return open(handle, "rb")
    os.close(handle)
    raise OSError(errno.EINVAL, "not a regular file", str(source))


def _copied(given: BinaryIO, kept: BinaryIO) -> str:
    """Copy the bytes of a file, fsynced; gives their sha256. They are hashed while those before them are written."""
    digest = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        while chunk := given.read(_CHUNK):
            digest.update(chunk)
            yield chunk

    for number, _ in enumerate(made_ahead(kept.write, hashed()), 1):
        if number % _STRETCH == 0:
            _forget(given)
    kept.flush()
    os.fsync(kept.fileno())
    return digest.hexdigest()


def _forget(given: BinaryIO) -> None:
    """Let the system use again the memory in which it holds what was read of a file: nobody reads the inbox's again."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(given.fileno(), 0, given.tell(), os.POSIX_FADV_DONTNEED)


def store_content(home: Home, content: bytes) -> str:
    """Keep bytes that are no delivery of their own; gives their sha256."""
    sha256 = hashlib.sha256(content).hexdigest()
    target = path_of(home, sha256)
    if not target.exists() or file_hash(target) != sha256:
        target.parent.mkdir(exist_ok=True)
        write_private(target, content)
    return sha256


def is_still(path: Path, identity: Identity) -> bool:
    """Whether the path still holds the file that was read: same inode, size and time of change."""
    return path.exists() and _identity(path.lstat()) == identity


def _identity(told: os.stat_result) -> Identity:
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns


def size_of(home: Home, sha256: str) -> int:
    """How many bytes are kept; RunFailed if they are gone."""
    path = path_of(home, sha256)
    if not path.is_file():
        raise _not_what_it_was(sha256)
    return path.stat().st_size


def verified(home: Home, sha256: str) -> Path:
    """Where the bytes lie, after a look that they are still what they were; RunFailed if not."""
    path = path_of(home, sha256)
    if not path.is_file() or file_hash(path) != sha256:
        raise _not_what_it_was(sha256)
    return path


def _not_what_it_was(sha256: str) -> RunFailed:
    return RunFailed(f"archive/{sha256[:2]}/{sha256} is missing or altered: restore it from the backup")


def file_hash(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
