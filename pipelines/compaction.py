"""Lay small segments of the ledger together, so that years of nights do not become thousands of small files.

Grain: a segment. What is laid together holds the same rows in the same order, or sorted by the same person. Its bytes
depend on its rows alone, however often and from whichever pieces it was made. Every row keeps its sequence. What was
replaced is read by nobody who begins now; the next run removes it, for somebody may be reading it still.
"""

from itertools import pairwise
from pathlib import Path

import polars as pl

from pipelines import ledger
from pipelines.home import Home
from schemas.ledger import LEDGER
from transforms.facts import BY_PERSON

_AT_ONCE = 2_000_000  # about so many rows are sorted at once, for that takes twice their size
_FAN = 8  # so many small segments at the end are laid together
_SMALL = (1 << 20, 1 << 23, 1 << 26)  # bytes; what is larger than the last, some 5 million lines, is left alone


def compact(home: Home) -> None:
    """Lay together what is small, until nothing is left to be."""
    while run := _due(ledger.segments(home)):
        laid_together(home, run)


def laid_together(home: Home, run: list[Path], at_once: int = _AT_ONCE) -> None:
    """One segment in place of consecutive ones; about so many rows are sorted at once, which does not show."""
    first, last = ledger.borders(run[0])[0], ledger.borders(run[-1])[1]
    with ledger.segment(home, first, last) as segment:
        for table in LEDGER:
            files = [file for one in run for file in ledger.files_in(one, table)]
            if files:
                segment.lay(table, _in_order(table, files, at_once))
        segment.know(ledger.hashes_of(run))


def _in_order(table: str, files: list[Path], at_once: int) -> pl.LazyFrame:
    rows = pl.concat([pl.scan_parquet(file) for file in files])
    if table not in BY_PERSON:
        return rows
    return pl.concat([rows.filter(people).sort(BY_PERSON[table]) for people in _ranges(rows, at_once)])


def _ranges(rows: pl.LazyFrame, at_once: int) -> list[pl.Expr]:
    """Who stands in each range of people, one after the other, none of them with many more rows than that."""
    person, step = pl.col("person"), 1 + at_once // 2_000  # one row of so many tells where to cut
    some = rows.select(person.gather_every(step)).collect()["person"].sort()
    cuts = some.gather_every(1 + at_once // step)[1:].unique(maintain_order=True).to_list()
    if not cuts:
        return [pl.lit(True)]
    between = [(person >= first) & (person < end) for first, end in pairwise(cuts)]
    return [person.is_null() | (person < cuts[0]), *between, person >= cuts[-1]]


def _due(segments: list[Path]) -> list[Path]:
    """The last segments that are to be laid together, if there are so many and none of them is most of it."""
    sizes = [sum(file.stat().st_size for file in segment.iterdir()) for segment in segments]
    for border in _SMALL:
        count = next((at for at, size in enumerate(reversed(sizes)) if size >= border), len(sizes))
        if count >= _FAN and 2 * max(sizes[-count:]) <= sum(sizes[-count:]):
            return segments[-count:]
    return []
