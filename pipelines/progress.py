"""How far long work has come, told to whoever listens; without a listener nothing happens.

Work tells a stage, how much of how many is done; what it looks like is the screen's (pipelines/screen.py).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")
Listener = Callable[[str, int, int], None]  # stage, done, of how many

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


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
