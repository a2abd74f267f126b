"""What all machines of a run see: how a part's question and files get to a worker, and what it found back again.

Either a folder under the same path everywhere (here), or an S3 bucket (pipelines/bucket.py). What lies on the
coordinator alone is laid beside for as long as the run lasts. The home itself is never among it: no key, chain or lock.
"""

import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import gethostname
from typing import Any, Protocol, Self
from uuid import uuid4

from pipelines.errors import RunFailed, UsageError
from pipelines.home import Home
from pipelines.versions import code_on_disk, versions

_WORK = ".work.tmp"  # pipelines/recovery.py clears the home of such names
Answer = tuple[Any, dict[str, str]]  # what a part gives; its files in `folder`, if they must be fetched, and from where


class Given(Protocol):
    """What is asked of all parts, with real paths; what they find they put into `folder` and give names of."""

    @property
    def folder(self) -> Path: ...

    def shares(self) -> list[Path]:
        """Files that every part reads."""

    def reads(self, place: int) -> list[Path]:
        """Files that one part reads besides."""

    def seen_at(self, where: Callable[[Path], Path]) -> Self:
        """The same where files and folders lie elsewhere."""


class Storage(Protocol):
    """What all machines see."""

    def expect(self, home: Home) -> None:
        """UsageError or RunFailed unless it is there and fits the home."""

    def work_folder(self) -> Any:
        """A folder of the run's own on the coordinator, in which its parts put what they find; removed at the end."""

    def lay(self, work: Callable[..., Any], given: Given, count: int) -> str:
        """Lay a question of `count` parts where all see it; the name by which a worker finds it."""

    def take(self, answer: Answer, folder: Path) -> Any:
        """What a part gives, once its files are in the folder."""


class SharedFolder:
    """A folder that all machines see under the same path."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def expect(self, home: Home) -> None:
        """A home without ledger gets it here; one that lies elsewhere may be large, so nobody moves it unasked."""
        there = self.root / "ledger"
        if home.ledger.is_symlink() and not home.ledger.exists():
            raise home.unmounted(home.ledger)
        if not home.ledger.exists():
            home.root.mkdir(parents=True, exist_ok=True)
            there.mkdir(exist_ok=True)
            if any(there.iterdir()):  # a ledger of other deliveries would be taken for what this home has judged
                raise UsageError(
                    f"{there} holds a ledger and {home.root} has none: give each home a folder of its own, or, if it "
                    f"is this home's, link it again, ln -s {there} {home.ledger}"
                )
            if self.root != home.root.resolve():
                home.ledger.symlink_to(there)
        if home.ledger.resolve() != there:
            raise UsageError(
                f"{home.ledger} does not lie in the shared folder: move it there and leave a link, "
                f"mv {home.ledger} {there} && ln -s {there} {home.ledger}"
            )

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """A folder of the run's own, removed at the end."""
        self._clear()  # of a run that died
        place = self.root / _WORK
        place.mkdir(mode=0o700)
        try:
            # a name never used before: a worker that the last run has lost may still write
            yield Path(tempfile.mkdtemp(prefix="run-", dir=place))
        finally:
            self._clear()

    def lay(self, work: Callable[..., Any], given: Given, count: int) -> str:
        """Copy what does not lie in the folder, and write the question down."""
        beside = given.folder / "seen"

        def where(path: Path) -> Path:
            return path if path.is_relative_to(self.root) else beside / path.relative_to(path.anchor)

        for path in [*given.shares(), *(path for place in range(count) for path in given.reads(place))]:
            there = where(path)
            if not there.exists():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, there)
        asked = given.folder / f"asked-{uuid4().hex}.pickle"
        asked.write_bytes(question(work, given.seen_at(where)))
        return str(asked)

    def take(self, answer: Answer, folder: Path) -> Any:
        """What a part gives: its files lie there already."""
        return answer[0]

    def _clear(self) -> None:
        with suppress(FileNotFoundError):
            # out of the way first: a worker that was given up for dead would write while it is being removed
            (self.root / _WORK).rename(self.root / f"{_WORK}-{uuid4().hex}")
        for left in self.root.glob(f"{_WORK}*"):
            shutil.rmtree(left, ignore_errors=True)


def question(work: Callable[..., Any], given: Any) -> bytes:
    """What a worker reads: by which code and libraries it must compute, the work, and what is asked."""
    return pickle.dumps((versions(), pickle.dumps((work, given))))


def read_question(written: bytes) -> tuple[Callable[[Any, int], Any], Any]:
    """The work and what is asked; RunFailed on a machine that would compute by other code or libraries."""
    theirs, packed = pickle.loads(written)
    other = [name for name, version in versions().items() if theirs.get(name) != version]
    if other:
        raise RunFailed(
            f"a Dask worker on {gethostname()} runs another version of {', '.join(other)}: install the same there and "
            "start it again; nothing was published"
        )
    asked: tuple[Callable[[Any, int], Any], Any] = pickle.loads(packed)  # imports what was not needed before
    if code_on_disk() != theirs["code"]:
        raise RunFailed(
            f"a Dask worker's code was altered since it began, on {gethostname()}: start it again; nothing was "
            "published"
        )
    return asked


def put_whole(path: Path, write: Callable[[Path], object]) -> None:
    """A file whole or not at all: a worker may die, or one that was given up for dead may still write."""
    path.parent.mkdir(exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=".", dir=path.parent)
    os.close(handle)
    write(Path(beside))
    Path(beside).rename(path)
