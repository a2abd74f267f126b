"""What a verification gathers: findings, notes and what was proved; and how it reads what may be altered.

Nothing that is read here is trusted: a file may be missing, torn, no JSON, a link or a folder. A finding is one
sentence: which file, what was found, what was expected, what to do. Never personal data: names that are not ours
are masked.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.archive import file_hash
from pipelines.errors import hide_numbers, readable
from pipelines.snapshot import ID

RESTORE = "restore it from the backup"
SHA256 = re.compile(r"[0-9a-f]{64}")
_OURS = re.compile(rf"\.?({SHA256.pattern}|{ID.pattern}|\d{{9}}-\d{{9}})(\.tmp)?")


@dataclass
class Proof:
    """What was found and what was proved. `public_key` (hex) is the one that must have signed every manifest."""

    public_key: str | None = None
    step: Callable[[str], None] = lambda _: None
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proved: Counter[str] = field(default_factory=Counter)
    signers: Counter[str | None] = field(default_factory=Counter)
    head: str | None = None

    def miss(self, place: str, found: str, expected: str, then: str = RESTORE) -> None:
        """Name what is not as it should be."""
        self.findings.append(f"{place}: found {found}, expected {expected}; {then}")

    def hash_of(self, path: Path, place: str) -> str | None:
        """sha256 of a file; None, and named, where it cannot be read."""
        try:
            return file_hash(path)
        except OSError as error:
            self.miss(place, f"a file that cannot be read ({error.strerror})", "readable bytes")
            return None

    def lines_of(self, path: Path, place: str) -> list[bytes]:
        """The whole lines of a file of records; a last one without its end is named."""
        try:
            *lines, torn = path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as error:
            self.miss(place, f"a file that cannot be read ({error.strerror})", "lines of records")
            return []
        if torn:
            self.miss(
                f"{place} line {len(lines) + 1}",
                "a line without its end",
                "whole lines",
                "if a run has died the next run cuts it off; else restore the file from the backup",
            )
        return lines


def entries_below(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder, and folders that hold nothing; links are not followed."""
    if not folder.is_dir():
        return
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        held = list(entries_below(Path(entry.path))) if entry.is_dir(follow_symlinks=False) else []
        yield from held or [Path(entry.path)]


def is_plain_file(path: Path) -> bool:
    """Whether it is a regular file itself, no link to one."""
    return path.is_file() and not path.is_symlink()


def is_leftover(path: Path, folder: Path) -> bool:
    """Whether it is, or lies in, what a run was writing when it died."""
    return any(part.startswith(".") and part.endswith(".tmp") for part in path.relative_to(folder).parts)


def named(path: Path, root: Path) -> str:
    """A path below the root fit for the log."""
    parts = path.relative_to(root).parts
    return "/".join(part if _OURS.fullmatch(part) else hide_numbers(readable(part)) for part in parts)
