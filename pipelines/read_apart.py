"""Files read ahead of the judge, who takes what was read in the order of intake.

On a cluster a part is a run of files, or one large file: its bytes are read, proved by their sha256, cut into lines,
their values read and checked, and the lines laid down as Parquet. What rests on other files or on the ledger is left to
the judge. Without a cluster a thread of the process that judges reads, file by file, and nothing is laid down.
Grain: a delivery. What is told of its lines: pipelines/looked.py.
"""

import pickle
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from pipelines import archive, machines
from pipelines.archive import Record
from pipelines.delivered import Apart, Delivered
from pipelines.home import Home
from pipelines.looked import KINDS, looked_at, looked_at_parts, with_faults
from pipelines.machines import Machines
from pipelines.read_one import law_then, read_one
from pipelines.readers import PART_BYTES
from pipelines.storage import put_whole

_LEAST = 1 << 20  # bytes of files in a part; one that is smaller costs more to hand over than to read
_ROUNDS = 3  # parts a worker, so that none waits long for the last
_READ, _LINES = "read-{:06d}.pickle", "lines-{:06d}-{}.parquet"  # of a part; its lines by kind, or by part of a file
_AHEAD = 1 << 30  # bytes of files that are read on a cluster before the judge has come so far
_AHEAD_HERE = PART_BYTES  # ... and in this process, where they are held in memory


@dataclass(frozen=True)
class Files:
    """Which deliveries are read, cut into parts; where their archived bytes are seen; the folder for what is found."""

    home: Home
    parts: list[list[Record]]
    folder: Path

    def shares(self) -> list[Path]:
        """Nothing: each part reads its own files."""
        return []

    def reads(self, place: int) -> list[Path]:
        """The archived files of the part, with their control files, layouts and rules."""
        return [archive.path_of(self.home, sha256) for record in self.parts[place] for sha256 in record.archived()]

    def seen_at(self, where: Callable[[Path], Path]) -> "Files":
        """The same where the archive lies elsewhere."""
        return replace(self, home=Home(where(self.home.root)), folder=where(self.folder))


def read_in(asked: Files, place: int) -> int:
    """Read the files of one part, on whatever machine; gives of how many parts a large file is, else 0.

    Done twice it leaves the same files.
    """
    batch = [read_one(asked.home, record) for record in asked.parts[place]]
    law, count = law_then(asked.home, batch[0].record.rules), 0
    if batch[0].in_parts:
        for count, lines in enumerate(looked_at_parts(batch[0], law), start=1):
            _lay(lines, asked.folder, place, f"{count:04d}")
    else:
        for kind, told in looked_at(batch, law).items():
            _lay(with_faults(told), asked.folder, place, kind)
    rest = pickle.dumps([replace(one, reading=one.reading and one.reading.without_lines()) for one in batch])
    put_whole(asked.folder / _READ.format(place), lambda path: path.write_bytes(rest))
    return count


@contextmanager
def reader(
    home: Home, waiting: list[Record], accepted: Callable[[], set[str]]
) -> Iterator[Callable[[Record], Delivered]]:
    """What gives the file of each waiting record as read, asked in their order; those accepted are not read ahead."""
    known = accepted() if waiting else set()
    ahead = [one for one in waiting if one.event == "delivery"]
    ahead = [one for one in ahead if one.folder == "registers" or one.sha256 not in known]
    if not ahead or not machines.on_cluster():
        with ThreadPoolExecutor(1) as pool:  # a second one and the judge would wait for each other's Python
            yield _taking(_read_here(home, ahead, pool), ahead, partial(read_one, home))
        return
    with machines.work_folder(home) as work, machines.machines(home) as workers:
        found = _found(Home(home.root.resolve()), ahead, work.resolve(), workers)
        yield _taking(found, ahead, partial(_read_beside, home))


def _taking(
    found: Iterator[Delivered], ahead: list[Record], read: Callable[[Record], Delivered]
) -> Callable[[Record], Delivered]:
    """What gives the file of a record, asked in their order: as found ahead, else read now."""
    sequences = {record.sequence for record in ahead}

    def take(record: Record) -> Delivered:
        if record.sequence in sequences:  # what was accepted since is passed over
            return next(one for one in found if one.record.sequence == record.sequence)
        return read(record)

    return take


def _read_here(home: Home, records: list[Record], pool: ThreadPoolExecutor) -> Iterator[Delivered]:
    """The files of the records in their order; while one is judged the next are read, so much of them and no more."""
    waiting: deque[tuple[int, Future[Delivered]]] = deque()
    left, held = deque(records), 0
    while left or waiting:
        while left:
            size = min(archive.size_of(home, left[0].sha256), PART_BYTES)  # of what is larger, no more
            if waiting and held + size > _AHEAD_HERE:
                break
            waiting.append((size, pool.submit(read_one, home, left.popleft())))
            held += size
        size, read = waiting.popleft()
        one = read.result()
        del read  # so that it goes as soon as it is judged
        held -= size
        yield one


def _read_beside(home: Home, record: Record) -> Delivered:
    """A file that is read now and, as a delivery, judged beside what other machines have looked at."""
    one = read_one(home, record)
    if record.event == "delivery" and not one.in_parts:
        told = looked_at([one], law_then(home, record.rules))
        one.apart = Apart({kind: with_faults(told[kind]) for kind in KINDS})
        one.reading = one.reading and one.reading.without_lines()
    return one


def _found(home: Home, records: list[Record], work: Path, workers: Machines) -> Iterator[Delivered]:
    """What the machines read, in the order of the records; so much ahead, and no more, lies in the work folder."""
    for number, stretch in enumerate(_cut(home, records, _AHEAD)):
        size = sum(archive.size_of(home, record.sha256) for record in stretch)
        parts = _cut(home, stretch, min(PART_BYTES, max(_LEAST, size // (_ROUNDS * workers.at_once))))
        # a folder for each: a worker that was given up for dead may still write into the last one
        asked = Files(home, list(parts), work / f"read-{number:04d}")
        asked.folder.mkdir()
        for place, count in enumerate(workers.each("files read ahead", read_in, asked, len(asked.parts))):
            yield from _taken(asked.folder, place, count)


def _cut(home: Home, records: list[Record], most: int) -> Iterator[list[Record]]:
    """Runs of records of one law whose files are about so large; a file that is judged in parts stands alone."""
    run: list[Record] = []
    held = 0
    for record in records:
        size = archive.size_of(home, record.sha256)
        if run and (held + size > most or run[0].rules != record.rules):
            yield run
            run, held = [], 0
        run.append(record)
        held += size
    if run:
        yield run


def _taken(folder: Path, place: int, count: int) -> Iterator[Delivered]:
    """The deliveries of a part, whose files go when the next one is asked for."""
    batch: list[Delivered] = pickle.loads((folder / _READ.format(place)).read_bytes())
    if count:
        files = [folder / _LINES.format(place, f"{number:04d}") for number in range(1, count + 1)]
        assert batch[0].reading is not None
        batch[0].reading.parts = lambda: (partial(pl.read_parquet, file) for file in files)
    else:
        apart = Apart({kind: pl.read_parquet(folder / _LINES.format(place, kind)) for kind in KINDS})
        for one in batch:
            one.apart = apart
    yield from batch
    for file in folder.glob(f"*-{place:06d}*"):
        file.unlink()


def _lay(lines: pl.DataFrame, folder: Path, place: int, what: str) -> None:
    put_whole(folder / _LINES.format(place, what), partial(lines.write_parquet, compression="lz4"))
