"""Where the parts of long work are done: in this process, or on the workers of a Dask cluster (pipelines/cluster.py).

`MSHI_ENGINE` (local or dask), `MSHI_SCHEDULER` (an address) and `MSHI_SHARED` (what all workers see: a folder, by
default the home, or a place in an S3 bucket) set it; the options of the command set these. A result does not depend on
any of them. What workers read and write goes through it (pipelines/storage.py); nothing else leaves the home.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from pipelines import progress
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.spill import spill
from pipelines.storage import Given, SharedFolder, Storage

A = TypeVar("A", bound=Given)
T = TypeVar("T")
_ENGINES = ("local", "dask")
_S3 = "s3://"


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
    if shared is not None and not shared.startswith(_S3):
        shared = str(Path(shared).absolute())
    given = {"MSHI_ENGINE": engine, "MSHI_SCHEDULER": scheduler, "MSHI_SHARED": shared}
    os.environ.update({name: told for name, told in given.items() if told is not None})
    if not on_cluster():
        if scheduler is not None or shared is not None:
            raise UsageError("--scheduler and --shared: expected --engine dask with them")
        return
    with machines(home):
        _storage(home).expect(home)


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
        with spill() as work:
            yield work
        return
    storage = _storage(home)
    storage.expect(home)
    with storage.work_folder() as work:
        yield work


def on_cluster() -> bool:
    """Whether parts are done by other machines. UsageError if the environment names no engine."""
    told = os.environ.get("MSHI_ENGINE") or "local"
    if told not in _ENGINES:
        raise UsageError(f"engine {told!r}: expected one of {', '.join(_ENGINES)}")
    return told == "dask"


def _storage(home: Home) -> Storage:
    told = os.environ.get("MSHI_SHARED")
    if told and told.startswith(_S3):
        from pipelines.bucket import Bucket

        return Bucket(told)
    if told and (not Path(told).is_dir() or set(told) & set("*?[")):
        raise UsageError(f"shared folder {told}: expected a folder that exists, without any of the signs * ? [")
    return SharedFolder((Path(told) if told else home.root).resolve())
