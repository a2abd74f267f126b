"""Read the file of one delivery from its archived bytes, by the site layouts of its own day.

Grain: a delivery. Knows no other file and no ledger, so it gives the same on every machine that sees the bytes.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from pipelines import archive
from pipelines.archive import Record
from pipelines.delivered import Delivered
from pipelines.errors import RunFailed, disk_error, is_failure
from pipelines.home import Home
from pipelines.readers import Reading, Unreadable
from pipelines.readers.layouts import Layout, parse
from pipelines.readers.recognise import read_file
from schemas.rules import Law, law_of, load_law


def read_one(home: Home, record: Record) -> Delivered:
    """The file as read, or why it is refused whole; RunFailed if its bytes are not those that came in."""
    one = Delivered(record)
    if record.sidecar is not None:
        one.sidecar = archive.verified(home, record.sidecar).read_bytes()
    layouts = tuple(_layout(home, sha256) for sha256 in record.layouts)
    try:
        one.reading = _read(home, record, layouts)
    except Unreadable as problem:
        one.problem = problem
    except (OSError, RunFailed, MemoryError):
        raise
    except BaseException as error:  # one file must not stop every night
        if not is_failure(error) or disk_error(error):
            raise
        fault = f"content on which no reader stumbles (here {type(error).__name__}); report this as a fault of mshi"
        one.problem = Unreadable("unrecognised", fault, "content")
    return one


def _read(home: Home, record: Record, layouts: tuple[Layout, ...]) -> Reading:
    """The file as read, and proved to be the one that came in; RunFailed if it is not."""
    with ThreadPoolExecutor(1) as pool:
        proof = pool.submit(archive.verified, home, record.sha256)
        try:
            return read_file(archive.path_of(home, record.sha256), record.name, record.folder == "registers", layouts)
        finally:
            proof.result()


@lru_cache(maxsize=64)
def _layout(home: Home, sha256: str) -> Layout:
    return parse(archive.verified(home, sha256).read_bytes())


@lru_cache(maxsize=64)
def law_then(home: Home, sha256: str | None) -> Law:
    """The rules that a delivery was judged by, kept in the archive."""
    return load_law() if sha256 is None else law_of(archive.verified(home, sha256).read_bytes())
