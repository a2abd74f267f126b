"""Make the next part of some work in a thread while the last one is used: for parts made by what leaves Python free."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def made_ahead(make: Callable[[A], B], parts: Iterable[A]) -> Iterator[B]:
    """make(part) of each part, in order; one lies ready, no more. Errors: as `make`, where its part would come."""
    waiting: deque[Future[B]] = deque()
    with ThreadPoolExecutor(1) as pool:
        for part in parts:
            waiting.append(pool.submit(make, part))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        yield from (one.result() for one in waiting)
