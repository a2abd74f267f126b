"""One part of long work on a Dask worker, which has nothing but a name and a number. The coordinator: cluster.py.

Imports neither Dask nor Prefect, so that a worker begins at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipelines.errors import RunFailed, UsageError, disk_error, hide_numbers, is_failure, without_values
from pipelines.storage import Answer, read_question


def done(asked: str, place: int) -> Answer:
    """One part, on a worker. Its errors hold no values: the worker logs them."""
    try:
        if asked.startswith("s3://"):
            from pipelines.on_bucket import done_there

            return done_there(asked, place)
        work, given = _read(asked)
        with _seen(Path(asked)):
            return work(given, place), {}
    except (OSError, RunFailed):
        raise
    except UsageError as error:  # of its own environment
        raise RunFailed(f"a Dask worker: {hide_numbers(str(error))}; nothing was published") from None
    except BaseException as error:
        if not is_failure(error):
            raise
        raise disk_error(error) or without_values(error) from None


@contextmanager
def _seen(question: Path) -> Iterator[None]:
    """An error of what is read in the shared folder, told as the folder's where the question is gone from it too."""
    try:
        yield
    except (OSError, RunFailed):
        if question.exists():
            raise
        raise RunFailed(
            f"{question.parent} lost what a run had laid there (removed, or not mounted any more): nothing was "
            "published, and what lies in the home is whole; start again when the folder is there"
        ) from None


@lru_cache(maxsize=1)
def _read(asked: str) -> tuple[Callable[[Any, int], Any], Any]:
    """What a run asks, read once by each worker."""
    try:
        return read_question(Path(asked).read_bytes())
    except FileNotFoundError:
        raise RunFailed(
            f"a Dask worker does not see {Path(asked).parent}: expected --shared with a folder that all workers see "
            "under the same path; nothing was published"
        ) from None
