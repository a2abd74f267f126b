"""How far long work has come, and how long its stages took, told to whoever listens; else nothing happens.

Work tells a stage, how much of how many is done; what it looks like is the screen's (pipelines/screen.py). Times go to
the run record, in milliseconds of a clock that only counts on: no day and no hour is known here.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
Listener = Callable[[str, int, int], None]  # stage, done, of how many

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)
_times: ContextVar[dict[str, int] | None] = ContextVar("times", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell this listener of the work done in the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def told(stage: str, done: int, total: int) -> None:
    """Say that so much of a stage is done."""
    listener = _listener.get()
    if listener is not None:
        listener(stage, done, total)


def each(stage: str, things: Sequence[T]) -> Iterator[T]:
    """The things one after the other, each told when it is begun, and the end of all."""
    for place, thing in enumerate(things):
        told(stage, place, len(things))
        yield thing
    told(stage, len(things), len(things))


@contextmanager
def timing(times: dict[str, int]) -> Iterator[None]:
    """Put the milliseconds of every stage of the block into `times`, in the order in which stages begin."""
    token = _times.set(times)
    try:
        yield
    finally:
        _times.reset(token)


@contextmanager
def took(stage: str) -> Iterator[None]:
    """The block is a stage; one that comes again adds to its time."""
    times, began = _times.get(), time.monotonic_ns()
    if times is not None:
        times.setdefault(stage, 0)
    try:
        yield
    finally:
        if times is not None:
            times[stage] += (time.monotonic_ns() - began) // 1_000_000
