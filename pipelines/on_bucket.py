"""One part of long work on a worker that sees nothing but a bucket: fetch what it reads, do it, put what was found.

The coordinator's files lie below a folder of the part's own, under the paths that they have there. What every part
reads is fetched once and kept as long as the worker runs, or until a run no longer names it. The coordinator's half:
pipelines/bucket.py.
"""

import atexit
import pickle
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from pipelines.bucket import Bucket
from pipelines.spill import spill
from pipelines.storage import Answer, Given, read_question

_fetching = Lock()


def done_there(asked: str, place: int) -> Answer:
    """One part of the question at that address; gives with its result the names of the objects that it left."""
    address, _, name = asked.rpartition("/work/")
    bucket, call = Bucket(address), f"work/{name.partition('/')[0]}"
    work, given, names = _read(asked)
    with spill() as root:

        def where(path: Path) -> Path:
            return root / path.relative_to(path.anchor)

        for path in given.shares():
            where(path).parent.mkdir(parents=True, exist_ok=True)
            where(path).symlink_to(_kept(bucket, names[path]))
        for path in given.reads(place):
            if not where(path).exists():
                bucket.fetch(names[path], where(path))
        here = given.seen_at(where)
        here.folder.mkdir(parents=True)
        result = work(here, place)
        found = [file for file in sorted(here.folder.rglob("*")) if file.is_file()]
        return result, {str(file.relative_to(here.folder)): bucket.put(call, file) for file in found}


@lru_cache(maxsize=1)
def _read(asked: str) -> tuple[Callable[[Any, int], Any], Given, dict[Path, str]]:
    """The question at an address, and the names of all files, fetched once by each worker."""
    address, _, name = asked.rpartition("/work/")
    with spill() as folder:
        Bucket(address).fetch(f"work/{name}", folder / "asked")
        packed, names = pickle.loads((folder / "asked").read_bytes())
    work, given = read_question(packed)
    if given.shares():
        wanted = {Path(one).name for one in names.values()}
        for file in _cache().iterdir():
            if file.name not in wanted:
                file.unlink()
    return work, given, names


def _kept(bucket: Bucket, name: str) -> Path:
    """Where an object that every part reads lies on this worker."""
    file = _cache() / Path(name).name
    with _fetching:
        if not file.exists():
            bucket.fetch(name, file)
    return file


@cache
def _cache() -> Path:
    """A folder for as long as the worker runs."""
    held = spill()
    atexit.register(held.__exit__, None, None, None)
    return held.__enter__()
