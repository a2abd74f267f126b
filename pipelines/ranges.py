"""IINs cut into ranges whose facts fit in memory; where they are cut changes nothing of what is found."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipelines import limits

_HIGHEST = 10**12  # no IIN is larger
_ROUNDS = 3  # ranges a worker, so that none waits long for the last
_STRETCH = 2_000_000  # facts
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


@dataclass(frozen=True)
class Group:
    """A row group of a file that lies by person: its first row, how many there are, and between which IINs they lie."""

    first: int
    rows: int
    low: int
    high: int


def groups_of(file: str) -> list[Group]:
    """The row groups of a file of facts, which lies by person."""
    told = pq.read_metadata(file)
    place, first, found = told.schema.names.index("person"), 0, []
    for number in range(told.num_row_groups):
        group = told.row_group(number)
        held_by = group.column(place).statistics
        found.append(Group(first, group.num_rows, int(held_by.min), int(held_by.max)))
        first += group.num_rows
    return found


def ranges(files: list[str], at_once: int = 1, taken_over: bool = False) -> list[Range]:
    """Ranges by the facts in these files, which lie by person, so many that there are some for each of the workers.

    taken_over: whether most people are taken over from the last night (pipelines/kept.py).
    """
    groups = [group for file in files for group in groups_of(file)]
    most = limits.lines_a_range(taken_over)
    if at_once > 1:
        most = min(most, max(_LEAST, sum(group.rows for group in groups) // (_ROUNDS * at_once)))
    pieces = [piece for group in groups for piece in _cut(group.low, group.high, group.rows, most)]
    borders, held = [0], 0
    for low, rows in sorted(pieces):
        if held + rows > most and held and low > borders[-1]:
            borders.append(low)
            held = 0
        held += rows
    return [Range(low, high) for low, high in zip(borders, [*borders[1:], _HIGHEST], strict=True)]


def rows_about(file: str, groups: list[Group], part: Range, people: pl.Series | None) -> pl.LazyFrame:
    """The stretch of a file in which rows about a range lie, or about those of some people (sorted) who are in it."""
    some = None if people is None else part.among(people).to_numpy()
    near = [
        group
        for group in groups
        if group.low < part.high
        and group.high >= part.low
        and (some is None or np.searchsorted(some, group.low) < np.searchsorted(some, group.high, side="right"))
    ]
    return _stretch(file, near)


def in_stretches(file: str) -> Iterator[pl.LazyFrame]:
    """The whole of a file of facts, some row groups at a time."""
    near: list[Group] = []
    for group in groups_of(file):
        if near and sum(one.rows for one in near) + group.rows > _STRETCH:
            yield _stretch(file, near)
            near = []
        near.append(group)
    yield _stretch(file, near)


def _stretch(file: str, near: list[Group]) -> pl.LazyFrame:
    first, end = (near[0].first, near[-1].first + near[-1].rows) if near else (0, 0)
    return pl.scan_parquet(file).slice(first, end - first)


def _cut(low: int, high: int, rows: int, most: int) -> Iterator[tuple[int, int]]:
    """A sorted row group as pieces of about so many rows at most, by where each begins."""
    count = -(-rows // most)
    return ((low + (high - low) * place // count, rows // count) for place in range(count))
