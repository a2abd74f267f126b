"""The home folder: where everything lies, who may read it, and the lock that keeps two runs apart.

Source: contract.md section 2.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipelines.errors import RunFailed, UsageError

INBOX_FOLDERS = ("bank", "kazpost", "returns", "statements", "registers")


@dataclass(frozen=True)
class Home:
    """Paths below one home folder; its ledger may be made a second time elsewhere, to hold the two side by side."""

    root: Path
    ledger_elsewhere: Path | None = None

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def intake(self) -> Path:
        return self.archive / "intake.jsonl"

    @property
    def ledger(self) -> Path:
        return self.ledger_elsewhere or self.root / "ledger"

    @property
    def snapshots(self) -> Path:
        return self.root / "snapshots"

    @property
    def chain(self) -> Path:
        return self.snapshots / "chain.jsonl"

    @property
    def layouts(self) -> Path:
        return self.root / "layouts"

    @property
    def kept(self) -> Path:
        return self.root / "kept"

    @property
    def told_of_kept(self) -> Path:
        """From what it was found, and the hashes of the files."""
        return self.kept / "kept.json"

    @property
    def database(self) -> Path:
        return self.root / "mshi.duckdb"

    @property
    def runs(self) -> Path:
        return self.root / "runs.jsonl"

    @property
    def key(self) -> Path:
        return self.root / "key"

    @property
    def _lock(self) -> Path:
        return self.root / ".lock"

    @property
    def is_read_only(self) -> bool:
        """Whether we may look and write nothing: it is another's, or on a disk that is mounted so."""
        return self.root.exists() and not os.access(self.root, os.W_OK)

    def expect(self) -> None:
        """UsageError where no run has ever made a home; a mistyped path must not become one."""
        if not self.archive.is_dir() and not self.snapshots.is_dir():
            raise UsageError(
                f"{self.root} is no home folder: expected archive and snapshots in it; name yours with --home or "
                "MSHI_HOME, or make one with mshi run"
            )

    def unmounted(self, folder: Path) -> RunFailed:
        """What to say of a folder of the home that links to nowhere."""
        told = f"{folder} is a link to what is not there, or its disk is not mounted; nothing was done"
        of_ledger = "; if it is lost for good, remove the link: the next run makes it again from the archive"
        return RunFailed(told + of_ledger if folder == self.ledger else told)

    def prepare(self) -> None:
        """Make the folders that a run needs; the home is for its owner alone. RunFailed where a link leads nowhere."""
        folders = [self.inbox / name for name in INBOX_FOLDERS]
        for folder in [self.root, *folders, self.archive, self.ledger, self.snapshots, self.layouts]:
            if folder.is_symlink() and not folder.exists():
                raise self.unmounted(folder)
            folder.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)

    @contextmanager
    def locked(self, owner: Callable[[], str] = lambda: "another run") -> Iterator[None]:
        """Hold the home for one run; a run that died holds nothing.

        RunFailed names the owner that is at work, or says that the home is a link that leads nowhere.
        """
        if self.root.is_symlink() and not self.root.exists():
            raise self.unmounted(self.root)
        self.root.mkdir(parents=True, exist_ok=True)
        with open(self._lock, "a+") as lock:
            self._take(lock, fcntl.LOCK_EX, owner)
            lock.truncate(0)
            print(os.getpid(), file=lock, flush=True)
            yield

    @contextmanager
    def looked_at(self, owner: Callable[[], str]) -> Iterator[None]:
        """The same for who changes nothing: of a home that is read only several may look, and leave no name there."""
        if not self.is_read_only:
            with self.locked(owner):
                yield
        elif not self._lock.exists():  # a copy, in which nothing has ever run
            yield
        else:
            with open(self._lock) as lock:
                self._take(lock, fcntl.LOCK_SH, owner)
                yield

    def _take(self, lock: IO[str], how: int, owner: Callable[[], str]) -> None:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunFailed(
                f"{owner()} is at work in {self.root}: nothing was done; start again when it has ended"
            ) from None

    def holder(self) -> str:
        """The process that holds the home, or held it last."""
        return self._lock.read_text().strip()


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, safe on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_lines(path: Path) -> list[bytes]:
    """The whole lines of a file of records."""
    return whole_lines(path).split(b"\n")[:-1]


def whole_lines(path: Path) -> bytes:
    """The same in one; a last one without its end was never written as far as anybody relies."""
    content = path.read_bytes() if path.exists() else b""
    return content[: content.rfind(b"\n") + 1]


def is_torn(path: Path) -> bool:
    """Whether the last line of a file of records has no end, for the run that wrote it died."""
    return path.exists() and not (b"\n" + path.read_bytes()).endswith(b"\n")


def append_lines(path: Path, lines: list[str]) -> None:
    """Write lines behind the others, for the owner alone, safe on the disk; a torn last line is cut off first."""
    append_after(path, lambda _: lines)


def append_after(path: Path, make: Callable[[list[bytes]], list[str]]) -> None:
    """The same with lines made from those that are there; two writers at once wait for each other."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        held = file.read()
        whole = held[: held.rfind(b"\n") + 1]
        lines = make(whole.split(b"\n")[:-1])
        file.truncate(len(whole))
        file.seek(0, os.SEEK_END)
        file.write("".join(f"{line}\n" for line in lines).encode())
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)


def write_private(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for its owner alone: beside it, fsynced, renamed over."""
    beside = path.with_name(f".{path.name}.tmp")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(path.parent)
