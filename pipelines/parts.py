"""A table that is made part by part and need not fit in memory: its parts lie in a folder until they are published.

Parts go through files even where there is one only, for how a list column lies in memory shows in Parquet's bytes, and
these must depend on the rows alone.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import polars as pl
import pyarrow as pa
from pyarrow import ipc


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
        return pl.concat(self.each(), rechunk=False).lazy()

    def each(self) -> Iterator[pl.DataFrame]:
        """The parts one after the other, as they lie in their files."""
        return map(_laid_out, self._files)

    def collect(self, columns: Iterable[str] | None = None) -> pl.DataFrame:
        """All rows at once, of some columns or all."""
        scanned = self.scan() if columns is None else self.scan().select(columns)
        return scanned.collect()


def _laid_out(path: Path) -> pl.DataFrame:
    # Polars itself would look through every text of the file for UTF-8, a fifth of the time of writing it as Parquet.
    return cast(pl.DataFrame, pl.from_arrow(ipc.open_file(pa.memory_map(str(path))).read_all()))
