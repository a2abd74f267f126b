"""Lay small segments of the ledger together, so that years of nights do not become thousands of small files.

Grain: a segment. What is laid together holds the same rows in the same order, or sorted by the same person. Its bytes
depend on its rows alone, however often and from whichever pieces it was made. Every row keeps its sequence. What was
replaced is read by nobody who begins now; the next run removes it, for somebody may be reading it still.
"""

from pathlib import Path

import polars as pl

from pipelines import ledger
from pipelines.home import Home
from schemas.ledger import LEDGER
from transforms.facts import BY_PERSON

_FAN = 8  # so many small segments at the end are laid together
_SMALL = (1 << 20, 1 << 23, 1 << 26)  # bytes; what is larger than the last, some 5 million lines, is left alone


def compact(home: Home) -> None:
    """Lay together what is small, until nothing is left to be."""
    while run := _due(ledger.segments(home)):
        laid_together(home, run)


def laid_together(home: Home, run: list[Path]) -> None:
    """One segment in place of consecutive ones."""
    first, last = ledger.borders(run[0])[0], ledger.borders(run[-1])[1]
    with ledger.segment(home, first, last) as segment:
        for table in LEDGER:
            files = [file for one in run for file in ledger.files_in(one, table)]
            if files:
                segment.lay(table, _in_order(table, files))
        segment.know(ledger.hashes_of(run))


def _in_order(table: str, files: list[Path]) -> pl.LazyFrame:
    rows = pl.concat([pl.scan_parquet(file) for file in files])
    return rows.sort(BY_PERSON[table]) if table in BY_PERSON else rows


def _due(segments: list[Path]) -> list[Path]:
    """The last segments that are to be laid together, if there are so many and none of them is most of it."""
    sizes = [sum(file.stat().st_size for file in segment.iterdir()) for segment in segments]
    for border in _SMALL:
        count = next((at for at, size in enumerate(reversed(sizes)) if size >= border), len(sizes))
        if count >= _FAN and 2 * max(sizes[-count:]) <= sum(sizes[-count:]):
            return segments[-count:]
    return []
