"""Make the next parts of some work in threads while the last one is used: for what leaves Python free meanwhile."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def made_ahead(make: Callable[[A], B], parts: Iterable[A], at_once: int = 1) -> Iterator[B]:
    """make(part) of each part, in order; so many lie ready, no more. Errors: as `make`, where its part would come."""
    waiting: deque[Future[B]] = deque()
    with ThreadPoolExecutor(at_once) as pool:
        for part in parts:
            waiting.append(pool.submit(make, part))
            if len(waiting) > at_once:
                yield waiting.popleft().result()
        yield from (one.result() for one in waiting)
