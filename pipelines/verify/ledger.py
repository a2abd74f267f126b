"""Prove the ledger against the archive: every delivery is read and judged again, and the bytes are held side by side.

Grain: a segment of the ledger. It is made again in a folder beside, `.verify.tmp` of the home (of one that is read only
in the spill folder), on top of the segments made before it; a segment whose archived files are lost is taken as it is,
so that those behind it can be proved. That folder needs the ledger's size on the disk and is removed at the end.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import follow, ledger
from pipelines.archive import Record
from pipelines.compaction import laid_together
from pipelines.errors import RunFailed
from pipelines.home import Home
from pipelines.spill import spill
from pipelines.verify.proof import Proof, entries_below, is_leftover, is_plain_file, named
from pipelines.versions import judging_hash

_ASIDE = ".verify.tmp"
_AGAIN = "remove ledger/{}, the next run makes it again from the archive"
_SEGMENT = re.compile(r"(\d{9})-(\d{9})")


def prove_ledger(home: Home, records: list[Record], proof: Proof) -> None:
    """Every segment against the archive, and that there is no other file."""
    segments = _segments(home, proof)
    mark = home.ledger / "judged_by"
    if not segments and not records:
        return
    if not segments and not mark.exists():
        proof.miss("ledger", "none", f"that of {len(records)} intake records", "the next run makes it from the archive")
        return
    if not is_plain_file(mark) or mark.read_bytes() != judging_hash().encode():
        then = "nothing is proved of the ledger; the next run makes it again from the archive"
        proof.miss("ledger/judged_by", "another version of the program", "this one", then)
        return
    with _aside(home, proof) as aside:
        after = 0
        for first, last in segments:
            if not after < first <= last <= len(records):
                name = _named(first, last)
                proof.miss(f"ledger/{name}", "a segment", "none of these records", _AGAIN.format(name))
                continue
            if after + 1 < first:
                _missing(after + 1, first - 1, proof)
                if not _made(aside, records[after : first - 1]):
                    _unproved(first, proof)
                    return
            proof.step(f"ledger, records {first} to {last} of {len(records)}")
            if not _prove_segment(home, aside, records[first - 1 : last], proof):
                _unproved(last + 1, proof)
                return
            after = last
        if after < len(records):
            _missing(after + 1, len(records), proof)


def _prove_segment(home: Home, aside: Home, records: list[Record], proof: Proof) -> bool:
    """One segment; False where those behind it cannot be judged."""
    name = _named(records[0].sequence, records[-1].sequence)
    if not _made(aside, records):
        proof.miss(f"ledger/{name}", "archived files that are missing or altered", "those it was made from", _WAITING)
        shutil.rmtree(aside.ledger / name, ignore_errors=True)
        shutil.copytree(home.ledger / name, aside.ledger / name)
        tables = (path for path in (aside.ledger / name).glob("*.parquet") if path.name != ledger.KNOWN)
        return all(_rows(path) is not None for path in tables)
    if not (aside.ledger / name).is_dir():
        made_of = [one for one in ledger.segments(aside) if ledger.borders(one)[0] >= records[0].sequence]
        laid_together(aside, made_of)
        ledger.discard_replaced(aside)
    findings = len(proof.findings)
    made, held = ({path.name for path in one.iterdir()} for one in (aside.ledger / name, home.ledger / name))
    for table in sorted(made - held):
        proof.miss(f"ledger/{name}/{table}", "no file", "the rows that the archive gives", _AGAIN.format(name))
    for table in sorted(made & held):
        _prove_table(home, home.ledger / name / table, aside.ledger / name / table, proof)
    for table in sorted(filter(ledger.is_file_of_segment, held - made)):
        proof.miss(f"ledger/{name}/{table}", "rows", "none, for the archive gives none", _AGAIN.format(name))
    proof.proved["segments"] += findings == len(proof.findings)
    return True


def _prove_table(home: Home, held: Path, made: Path, proof: Proof) -> None:
    place = named(held, home.root)
    found = proof.hash_of(held, place)
    if found is not None and found != proof.hash_of(made, place):
        told = _difference(_rows(held), _rows(made))
        proof.miss(place, told, "the bytes that the archive gives", _AGAIN.format(held.parent.name))


def _difference(held: pl.DataFrame | None, made: pl.DataFrame | None) -> str:
    """In which way two tables differ: of which deliveries, if their rows do."""
    if held is None or made is None:
        return "bytes that are no readable table"
    if held.schema != made.schema:
        return "other columns"
    parts = [frame.partition_by("sequence", as_dict=True) for frame in (held, made)]
    sequences = sorted({int(key[0] or 0) for part in parts for key in part})
    off = [one for one in sequences if not _same(parts[0].get((one,)), parts[1].get((one,)))]
    if not off:
        return "the same rows in other bytes or another order"
    more = f" and {len(off) - 10} others" if len(off) > 10 else ""
    return f"other rows of intake record {', '.join(map(str, off[:10]))}{more}"


def _same(one: pl.DataFrame | None, other: pl.DataFrame | None) -> bool:
    return one is not None and other is not None and one.equals(other)


def _rows(path: Path) -> pl.DataFrame | None:
    """A table that may be altered; Arrow's reader is the one that survives any bytes."""
    try:
        table = pq.read_table(path)
        table.validate(full=True)
        return pl.DataFrame(pl.from_arrow(table)) if "sequence" in table.column_names else None
    except (pa.ArrowException, OSError, ValueError, TypeError, MemoryError, pl.exceptions.PolarsError):
        return None


def _made(aside: Home, records: list[Record]) -> bool:
    """Judge records behind those judged already; False where their archived files, or the ledger's, forbid it."""
    try:
        follow.judge_next(aside, records)
    except (RunFailed, pl.exceptions.PolarsError):
        return False
    return True


def _segments(home: Home, proof: Proof) -> list[tuple[int, int]]:
    """The borders of the segments; whatever else lies in the ledger is named."""
    found = set()
    for entry in entries_below(home.ledger):
        parts = entry.relative_to(home.ledger).parts
        segment = _SEGMENT.fullmatch(parts[0])
        place = named(entry, home.root)
        if segment and (entry.is_dir() or len(parts) > 1):
            found.add((int(segment[1]), int(segment[2])))
        if is_leftover(entry, home.ledger):
            proof.miss(place, "a half-written segment", "none", "a run has died; the next run removes it")
        elif segment and (
            entry.is_dir() or (len(parts) == 2 and ledger.is_file_of_segment(parts[1]) and is_plain_file(entry))
        ):
            continue
        elif parts != ("judged_by",):
            proof.miss(place, "something that no run puts there", "segments of tables alone", "find out who did")
    standing = {ledger.borders(one) for one in ledger.segments(home)}  # those that were replaced are read by nobody
    return sorted(found & standing)


@contextmanager
def _aside(home: Home, proof: Proof) -> Iterator[Home]:
    """A place for a second ledger, for its owner alone; what a verification that died left there is removed.

    For that of a home that is read only, the place is where a run's memory spills.
    """
    if home.is_read_only:
        with spill() as place:
            yield Home(home.root, ledger_elsewhere=place)
        return
    folder = home.root / _ASIDE
    if os.path.lexists(folder):
        proof.notes.append(f"{_ASIDE}: left by a verification that died; removed")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    try:
        yield Home(home.root, ledger_elsewhere=folder)
    finally:
        shutil.rmtree(folder)


def _missing(first: int, last: int, proof: Proof) -> None:
    then = "the next run makes it again from the archive"
    proof.miss("ledger", f"no segment of the records {first} to {last}", "one", then)


def _unproved(first: int, proof: Proof) -> None:
    proof.miss("ledger", f"no way to judge the records from {first} on", "archived files and segments before", _WAITING)


def _named(first: int, last: int) -> str:
    return f"{first:09d}-{last:09d}"


_WAITING = "restore the archive from the backup and verify again"
