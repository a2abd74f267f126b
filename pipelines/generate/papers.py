"""The files of a delivery day: what is paid, returned and sent again that day, as files with the verdict of each line.

Grain: one `Paper` per file. What a day leaves for later days (returns, messages and rows that come again) is in a
`Carry`, so that any day can be made with no more than the three days before it. Order of files and lines depends on
the nation alone.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from pipelines.generate.nation import Nation

DAYS_BACK = 3  # a day depends on what so many days before it left


@dataclass
class Paper:
    """A file: its lines with verdicts, the messages they stand in; its bytes where they are asked for.

    `format` is what a reader takes it for, `refused` why the whole file is not taken.
    """

    folder: str
    name: str
    content: bytes | None
    lines: pl.DataFrame = field(default_factory=pl.DataFrame)
    messages: pl.DataFrame = field(default_factory=pl.DataFrame)
    sidecar: bytes | None = None
    format: str | None = None
    refused: str | None = None
    expected: str | None = None  # what a refused file was expected to be


@dataclass
class Carry:
    """What earlier days left for later ones, by place of the later day among all days."""

    returns: dict[int, list[pl.DataFrame]] = field(default_factory=lambda: defaultdict(list))
    messages: dict[int, list[tuple[pl.DataFrame, pl.DataFrame]]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[int, list[pl.DataFrame]] = field(default_factory=lambda: defaultdict(list))

    def drop(self, place: int) -> None:
        """Forget what was left for a day, once it is made."""
        for kept in (self.returns, self.messages, self.rows):
            kept.pop(place, None)


@dataclass(frozen=True)
class Day:
    """A delivery day: its place among all days and in its month, and whether its text is wanted."""

    nation: Nation
    place: int
    month: int
    of_month: int
    day: date
    with_text: bool = True

    @property
    def stamp(self) -> str:
        """The day as it stands in the names of files."""
        return f"{self.day:%Y%m%d}"


def days_of(nation: Nation) -> Iterator[Day]:
    """All delivery days in order."""
    place = 0
    for month, days in nation.days_of_month.items():
        for of_month, day in enumerate(days):
            yield Day(nation, place, month, of_month, day)
            place += 1
