"""Write a table as Parquet so that its bytes depend on its rows alone, whatever the number of threads."""

import errno
from pathlib import Path

import polars as pl

from pipelines.errors import disk_error
from pipelines.home import sync

ROW_GROUP = 1 << 18
_PROBE = 1 << 20  # bytes


def write_table(path: Path, rows: pl.DataFrame | pl.LazyFrame, level: int = 3) -> None:
    """Write rows for their owner alone, safe on the disk; lazy ones in stretches. OSError if the disk fails."""
    frame = rows.rechunk().lazy() if isinstance(rows, pl.DataFrame) else rows
    try:
        frame.sink_parquet(path, compression="zstd", compression_level=level, row_group_size=ROW_GROUP, statistics=True)
    except pl.exceptions.ComputeError as error:  # a frame can always be written, so it is the disk that fails
        why = disk_error(error) or _refusal(path)
        raise OSError(why.errno, why.strerror, str(path)) from None
    path.chmod(0o600)
    sync(path)


def _refusal(path: Path) -> OSError:
    """What the disk says of a plain write to the file, for Polars does not always say why it could not go on."""
    try:
        with path.open("ab", buffering=0) as file:
            file.write(bytes(_PROBE))
    except OSError as error:
        return error
    return OSError(errno.EIO, "Parquet cannot be written")
