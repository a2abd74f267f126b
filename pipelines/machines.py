"""Where the parts of long work are done: in this process, or on the workers of a Dask cluster (pipelines/cluster.py).

`MSHI_ENGINE` (local or dask), `MSHI_SCHEDULER` (an address) and `MSHI_SHARED` (a folder that all workers see) set it;
the options of the command set these. A result does not depend on any of them. What workers read and write lies in the
shared folder, by default the home: the ledger, and the work folder of the run. Nothing else leaves the home.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from pipelines import limits, progress
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.storage import Given, SharedFolder

A = TypeVar("A", bound=Given)
T = TypeVar("T")
_ENGINES = ("local", "dask")


class Machines(Protocol):
    """Who does the work; `at_once` is how many parts of it are done at the same time."""

    at_once: int

    def each(self, stage: str, work: Callable[[A, int], T], given: A, count: int) -> Iterator[T]:
        """work(given, 0), work(given, 1), … of `count` parts, in order."""


class Here:
    """This process: one part after the other."""

    at_once = 1

    def each(self, stage: str, work: Callable[[A, int], T], given: A, count: int) -> Iterator[T]:
        """work(given, 0), work(given, 1), … of `count` parts, in order."""
        return (work(given, place) for place in progress.each(stage, range(count)))


def set_to(home: Home, engine: str | None, scheduler: str | None, shared: str | None) -> None:
    """What the options of the command say goes before the environment; a home without ledger gets it in the folder.

    UsageError if the options do not fit each other or the home; RunFailed if the cluster cannot be reached.
    """
    given = {"MSHI_ENGINE": engine, "MSHI_SCHEDULER": scheduler, "MSHI_SHARED": shared and str(Path(shared).absolute())}
    os.environ.update({name: told for name, told in given.items() if told is not None})
    if not on_cluster():
        if scheduler is not None or shared is not None:
            raise UsageError("--scheduler and --shared: expected --engine dask with them")
        return
    with machines(home):
        storage = _storage(home)
    if not home.ledger.exists():
        home.root.mkdir(parents=True, exist_ok=True)
        (storage.root / "ledger").mkdir(exist_ok=True)
        if storage.root != home.root.resolve():
            home.ledger.symlink_to(storage.root / "ledger")
    _expect_ledger(home, storage)


@contextmanager
def machines(home: Home) -> Iterator[Machines]:
    """Who does the work of this run. UsageError as the environment is wrong; RunFailed if there is no cluster."""
    if not on_cluster():
        yield Here()
        return
    from pipelines.cluster import cluster  # Dask takes seconds to import

    address = os.environ.get("MSHI_SCHEDULER")
    if not address:
        raise UsageError("--engine dask: expected --scheduler with the address of a Dask scheduler (or MSHI_SCHEDULER)")
    with cluster(address, _storage(home)) as found:
        yield found


@contextmanager
def work_folder(home: Home) -> Iterator[Path]:
    """A folder of the run's own for what is found, removed at the end; the home is locked. Errors: UsageError."""
    if not on_cluster():
        with limits.spill() as work:
            yield work
        return
    storage = _storage(home)
    _expect_ledger(home, storage)
    with storage.work_folder() as work:
        yield work


def on_cluster() -> bool:
    """Whether parts are done by other machines. UsageError if the environment names no engine."""
    told = os.environ.get("MSHI_ENGINE") or "local"
    if told not in _ENGINES:
        raise UsageError(f"engine {told!r}: expected one of {', '.join(_ENGINES)}")
    return told == "dask"


def _storage(home: Home) -> SharedFolder:
    told = os.environ.get("MSHI_SHARED")
    if told and (not Path(told).is_dir() or set(told) & set("*?[")):
        raise UsageError(f"shared folder {told}: expected a folder that exists, without any of the signs * ? [")
    return SharedFolder(Path(told).resolve() if told else home.root.resolve())


def _expect_ledger(home: Home, storage: SharedFolder) -> None:
    """UsageError unless the ledger lies in the shared folder; it may be large, so nothing moves it unasked."""
    there = storage.root / "ledger"
    if home.ledger.resolve() != there:
        raise UsageError(
            f"{home.ledger} does not lie in the shared folder: move it there and leave a link, "
            f"mv {home.ledger} {there} && ln -s {there} {home.ledger}"
        )
