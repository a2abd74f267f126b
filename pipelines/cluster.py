"""Work on the workers of a running Dask cluster, through prefect-dask.

Tasks get a name and a number and give names and counts: what they are asked lies on storage that all workers see
(pipelines/storage.py). Names of tasks, arguments and errors hold nothing personal, for Dask logs them. A task whose
worker dies is done again by another; so work writes beside and renames.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, TypeVar
from uuid import uuid4

from distributed import CancelledError, Future, KilledWorker, wait
from distributed.comm import CommClosedError
from prefect_dask import PrefectDaskClient

from pipelines.errors import RunFailed
from pipelines.on_worker import done
from pipelines.progress import told
from pipelines.storage import Given, Storage

A = TypeVar("A", bound=Given)
T = TypeVar("T")
_REACHED_IN = 10  # seconds
_PATIENCE = 60  # seconds without any worker
_LOOK = 5  # seconds between looks at the workers


@contextmanager
def cluster(address: str, storage: Storage) -> Iterator["Cluster"]:
    """The cluster of a scheduler. RunFailed if it cannot be reached or has no worker, or loses what it needs."""
    for name in ("distributed", "distributed.client", "distributed.utils"):  # each has a level of its own
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what concerns the run is told by its errors
    with _reached(address) as client:
        try:
            client.wait_for_workers(1, timeout=_REACHED_IN)
        except TimeoutError:
            raise RunFailed(f"the Dask scheduler {address} has no worker, nothing was done: start some") from None
        try:
            yield Cluster(client, storage)
        except KilledWorker:
            raise RunFailed(
                "several Dask workers died at the same part of the work, perhaps of too little memory; nothing was "
                "published: give them more, or make the parts smaller with --memory"
            ) from None
        except (CancelledError, CommClosedError):  # whichever is noticed first
            raise RunFailed("the Dask scheduler is lost; nothing was published: start it and run again") from None


def _reached(address: str) -> PrefectDaskClient:
    """A client of the scheduler; RunFailed if nobody answers in time, which Dask waits for without end."""
    found: list[PrefectDaskClient] = []
    failed: list[BaseException] = []

    def reach() -> None:
        try:
            found.append(PrefectDaskClient(address=address, timeout=_REACHED_IN))
        except BaseException as error:  # also that of a program that ends while this waits
            failed.append(error)

    asking = Thread(target=reach, daemon=True)
    asking.start()
    asking.join(2 * _REACHED_IN)
    if found:
        return found[0]
    by_tls = address.startswith("tls:")
    for error in failed:
        if not isinstance(error, OSError | ValueError) and not (by_tls and isinstance(error, TypeError)):
            raise error
    told = "; tls:// needs the certificates of DASK_DISTRIBUTED__COMM__TLS__*" if by_tls else ""
    raise RunFailed(
        f"the Dask scheduler {address} cannot be reached, nothing was done: start it, or run with --engine local{told}"
    )


class Cluster:
    """Workers; `at_once` is how many tasks they do at the same time."""

    def __init__(self, client: PrefectDaskClient, storage: Storage) -> None:
        self._client, self._storage = client, storage
        self.at_once = sum(client.nthreads().values())

    def each(self, stage: str, work: Callable[[A, int], T], given: A, count: int) -> Iterator[T]:
        """work(given, 0), work(given, 1), … of `count` parts, in order, their files in `given.folder`.

        OSError as a worker's disk fails; RunFailed if a part fails or nobody is left to do it.
        """
        asked, call = self._storage.lay(work, given, count), uuid4().hex
        waiting = {}
        for place in range(count):
            name = f"{work.__name__}-{place:06d}-{call}"
            future = self._client.submit(done, asked, place, key=name, pure=False)
            waiting[future.key] = (place, future)
        results: dict[int, T] = {}
        given_out = 0
        while given_out < count:
            told(stage, count - len(waiting), count)
            for future in self._finished([future for _, future in waiting.values()]):
                try:
                    answer = future.result(timeout=_LOOK)
                except TimeoutError:
                    if future.status == "error":
                        raise  # of the worker's disk: a share that does not answer is told as the same
                    continue  # its worker died before it could tell: another does it again
                results[waiting[future.key][0]] = self._storage.take(answer, given.folder)
                del waiting[future.key]  # with the future gone nobody does it again
            while given_out in results:
                yield results.pop(given_out)
                given_out += 1
        told(stage, count, count)

    def _finished(self, futures: list["Future[Any]"]) -> set["Future[Any]"]:
        """Some that are done, as soon as there are any."""
        last_seen = time.monotonic()
        while True:
            try:
                return wait(futures, timeout=_LOOK, return_when="FIRST_COMPLETED").done
            except TimeoutError:
                pass
            if self._workers():
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > _PATIENCE:
                raise RunFailed("no Dask worker is left; nothing was published: start some and run again") from None

    def _workers(self) -> bool:
        try:
            return bool(self._client.nthreads())
        except (OSError, TimeoutError):
            return False
