"""Calls of mshi in processes of their own that are killed, or whose disk is full, at a chosen point.

A point is the how-manieth change of the home that the call makes: opening a file to write, fsync, rename, removal, a
new folder, a Parquet table. The processes are forked from one that has imported everything, so that a call takes its
own time only.
"""

import contextlib
import errno
import io
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
IMPORTED = ["pipelines.night", "pipelines.again", "pipelines.events", "pandera.polars", "lxml.etree", "rich.console"]


@dataclass
class Called:
    """What became of a call: exit status (minus the signal that ended it), changes that it made, what it told."""

    status: int
    changes: int
    told: str


@dataclass
class Stop:
    """Where and how a call is stopped: before a change `at` that point it is killed, or from there on all is full.

    "kill" is SIGKILL; "full" fails every change with ENOSPC; "bytes" lets no file grow any more, whoever writes it.
    """

    at: int
    how: str


def call(arguments: list[str], home: str, stop: Stop | None = None, seconds: float | None = None) -> Called:
    """Call the command on a home, stopped at a point, or killed after some seconds wherever it is."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(IMPORTED)
    told, tell = forks.Pipe(duplex=False)
    process = forks.Process(target=_called, args=([*arguments, "--home", home], home, stop, tell))
    process.start()
    tell.close()
    if seconds is not None:
        process.join(seconds)
        process.kill()
    process.join()
    try:
        return Called(process.exitcode or 0, *told.recv())
    except EOFError:
        return Called(process.exitcode or 0, 0, "")


def _called(arguments: list[str], home: str, stop: Stop | None, tell: Any) -> None:
    from pipelines.cli import main

    screen = io.StringIO()
    changes = _Changes(home, stop)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(screen):
        changes.watch()
        status = main(arguments)
    tell.send((changes.count, screen.getvalue()))
    sys.exit(status)


class _Changes:
    """Counts the changes of a home, and stops the process at one of them."""

    def __init__(self, home: str, stop: Stop | None) -> None:
        self.home, self.stop, self.count = home, stop, 0

    def watch(self) -> None:
        import polars as pl

        sys.addaudithook(self._hook)
        os.fsync = self._before(os.fsync)
        pl.DataFrame.write_parquet = self._before(pl.DataFrame.write_parquet)

    def _hook(self, event: str, given: tuple[Any, ...]) -> None:
        here = bool(given) and str(given[0]).startswith(self.home)
        if here and (event in CHANGES or (event == "open" and (given[2] or 0) & WRITES)):
            self._next()

    def _before(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*given: Any, **named: Any) -> Any:
            self._next()
            return work(*given, **named)

        return watched

    def _next(self) -> None:
        self.count += 1
        if self.stop is None or self.count < self.stop.at:
            return
        if self.stop.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.stop.how == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.home)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
