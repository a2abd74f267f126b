"""IINs cut into ranges whose facts fit in memory; where they are cut changes nothing of what is found."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import pyarrow.parquet as pq

from pipelines import limits

_HIGHEST = 10**12  # no IIN is larger
_ROUNDS = 3  # ranges a worker, so that none waits long for the last
_LEAST = 1_000_000  # facts; smaller ranges read the same pages of the ledger over and over


@dataclass(frozen=True)
class Range:
    """IINs from `low` up to, not including, `high`."""

    low: int
    high: int

    def holds(self, column: str) -> pl.Expr:
        """Whether an id lies in the range."""
        return (pl.col(column) >= self.low) & (pl.col(column) < self.high)

    def among(self, ids: pl.Series) -> pl.Series:
        """Those of some ids that lie in the range: what a filter looks up is laid out anew for every piece it reads."""
        return ids.filter((ids >= self.low) & (ids < self.high))


def ranges(files: list[str], at_once: int = 1) -> list[Range]:
    """Ranges by the facts in these files, which lie by person, so many that there are some for each of the workers."""
    groups = []
    for file in files:
        told = pq.read_metadata(file)
        place = told.schema.names.index("person")
        for number in range(told.num_row_groups):
            group = told.row_group(number)
            held_by = group.column(place).statistics
            groups.append((int(held_by.min), int(held_by.max), group.num_rows))
    most = limits.lines_a_range()
    if at_once > 1:
        most = min(most, max(_LEAST, sum(rows for _, _, rows in groups) // (_ROUNDS * at_once)))
    pieces = [piece for group in groups for piece in _cut(*group, most)]
    borders, held = [0], 0
    for low, rows in sorted(pieces):
        if held + rows > most and held and low > borders[-1]:
            borders.append(low)
            held = 0
        held += rows
    return [Range(low, high) for low, high in zip(borders, [*borders[1:], _HIGHEST], strict=True)]


def _cut(low: int, high: int, rows: int, most: int) -> Iterator[tuple[int, int]]:
    """A sorted row group as pieces of about so many rows at most, by where each begins."""
    count = -(-rows // most)
    return ((low + (high - low) * place // count, rows // count) for place in range(count))
