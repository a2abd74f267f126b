"""A Dask scheduler and two workers as processes of their own, for tests."""

import errno
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DASK = Path(sys.executable).parent / "dask"
DYING = Path(__file__).parent / "dying_worker.py"


def does_not_answer(_: object, __: int) -> None:
    """Work on a share that does not answer."""
    raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")


@dataclass
class Started:
    """A cluster: the scheduler's address and process, a way to start a worker more, the folder of what all log."""

    address: str
    scheduler: int
    worker: Callable[..., subprocess.Popen]
    logs: Path

    def logged(self) -> str:
        return "\n".join(path.read_text() for path in self.logs.glob("*.log"))

    def dying(self, **more: str) -> subprocess.Popen:
        """One more worker, which kills itself or another process in mid-run."""
        number = len(list(self.logs.glob("*.log")))
        process = self.worker("--preload", DYING, **more)
        end = time.monotonic() + 60
        while "Starting established connection" not in (self.logs / f"{number}.log").read_text():
            assert time.monotonic() < end, "the worker did not start"
            time.sleep(0.1)
        return process


@contextmanager
def started_in(folder: Path, **more: str) -> Iterator[Started]:
    """A scheduler and two workers that log all they can; `more` is in the environment of all."""
    processes: list[subprocess.Popen] = []
    file = folder / "scheduler.json"
    environment = os.environ | {"DASK_LOGGING__DISTRIBUTED": "debug", "POLARS_MAX_THREADS": "1"} | more
    environment["PYTHONPATH"] = str(Path(__file__).parent)  # of `does_not_answer`

    def start(*arguments: object, **more: str) -> subprocess.Popen:
        given = [str(DASK), *map(str, arguments), "--scheduler-file", str(file), "--host", "127.0.0.1"]
        with open(folder / f"{len(processes)}.log", "w") as told:
            processes.append(subprocess.Popen(given, env=environment | more, stdout=told, stderr=told, cwd=folder))
        return processes[-1]

    def worker(*options: object, **more: str) -> subprocess.Popen:
        return start("worker", "--nthreads", 1, "--no-nanny", "--no-dashboard", *options, **more)

    try:
        scheduler = start("scheduler", "--port", 0, "--no-dashboard")
        end = time.monotonic() + 120
        while not file.exists() or not file.read_text():
            assert time.monotonic() < end, "the scheduler did not start"
            time.sleep(0.1)
        worker(), worker()
        yield Started(json.loads(file.read_text())["address"], scheduler.pid, worker, folder)
    finally:
        for process in processes:
            process.kill()
            process.wait()
