"""A table that is made part by part and need not fit in memory: its parts lie in a folder until they are published.

Parts go through files even where there is one only, for how a list column lies in memory shows in Parquet's bytes, and
these must depend on the rows alone.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl


class Parts:
    """Rows of one table, in the order in which they were added."""

    def __init__(self, folder: Path, name: str) -> None:
        self._beside = folder / name
        self._files: list[Path] = []
        self.height = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Put rows behind the others."""
        path = self._beside.with_name(f"{self._beside.name}-{len(self._files):06d}.arrow")
        frame.write_ipc(path, compression="uncompressed")
        self.take(path, frame.height)

    def take(self, path: Path, height: int) -> None:
        """Put the rows of a file, written as `add` writes them, behind the others."""
        self._files.append(path)
        self.height += height

    def scan(self) -> pl.LazyFrame:
        """The rows, to be read in their order."""
        return pl.scan_ipc(self._files)

    def each(self) -> Iterator[pl.DataFrame]:
        """The parts one after the other."""
        return (pl.read_ipc(path) for path in self._files)

    def collect(self, columns: Iterable[str] | None = None) -> pl.DataFrame:
        """All rows at once, of some columns or all."""
        scanned = self.scan() if columns is None else self.scan().select(columns)
        return scanned.collect()
