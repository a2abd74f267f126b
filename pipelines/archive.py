"""The archive: every byte that ever came in, under its sha256, and the record of every delivery.

`intake.jsonl` has one record per delivery, in intake order; everything else in the home can be rebuilt from the two.
Source: contract.md section 2.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from pipelines.errors import RunFailed
from pipelines.home import Home, sync

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Record:
    """One delivery. `sidecar` is the sha256 of its control file, `layouts` are the site layouts of its day."""

    sequence: int
    sha256: str
    name: str
    folder: str
    received_on: date
    sidecar: str | None = None
    layout: str | None = None
    layouts: tuple[str, ...] = field(default=())


def records(home: Home) -> list[Record]:
    """All records in intake order; RunFailed names the line that cannot be read."""
    if not home.intake.exists():
        return []
    found = []
    for number, line in enumerate(home.intake.read_text().splitlines(), start=1):
        try:
            told = json.loads(line)
            told["received_on"] = date.fromisoformat(told["received_on"])
            told["layouts"] = tuple(told["layouts"])
            found.append(Record(**told))
        except (ValueError, KeyError, TypeError):
            raise RunFailed(
                f"{home.intake} line {number} is no intake record: nothing was done; restore it from the backup"
            ) from None
    if [record.sequence for record in found] != list(range(1, len(found) + 1)):
        raise RunFailed(f"{home.intake}: the sequence has a gap: nothing was done; restore it from the backup")
    return found


def append(home: Home, new: list[Record]) -> None:
    """Write records behind the others and make them safe on the disk."""
    if not new:
        return
    text = "".join(
        json.dumps({**asdict(record), "received_on": str(record.received_on)}, ensure_ascii=False) + "\n"
        for record in new
    )
    with open(os.open(home.intake, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    sync(home.archive)


def path_of(home: Home, sha256: str) -> Path:
    """Where the bytes lie."""
    return home.archive / sha256[:2] / sha256


def store(home: Home, source: Path) -> str:
    """Copy a file into the archive, fsynced, and give its sha256; bytes that are there already are left alone."""
    digest = hashlib.sha256()
    beside = home.archive / f".{os.getpid()}.tmp"
    # O_NOFOLLOW: a symlink put in place of a file after the look at the inbox is still not followed.
    with open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb") as given:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as kept:
            while chunk := given.read(_CHUNK):
                digest.update(chunk)
                kept.write(chunk)
            kept.flush()
            os.fsync(kept.fileno())
    sha256 = digest.hexdigest()
    target = path_of(home, sha256)
    if target.exists() and target.stat().st_size == beside.stat().st_size:
        beside.unlink()
        return sha256
    target.parent.mkdir(exist_ok=True)
    beside.replace(target)
    sync(target.parent)
    return sha256


def discard_leftovers(home: Home) -> None:
    """Remove half copies that a dead run left behind; the files they came from still lie in the inbox."""
    for left in home.archive.glob(".*.tmp"):
        left.unlink()
