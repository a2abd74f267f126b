"""The ledger: what was judged of every delivery, append-only, in segments of Parquet files.

A segment holds the tables of a run of consecutive deliveries and is named by their sequences. What is in it is
written by pipelines/follow.py and read by everybody else. Grain of the tables: schemas/ledger.py.
"""

import shutil
from pathlib import Path

import polars as pl

from pipelines.home import Home, sync, write_private
from pipelines.parquet import write_table
from schemas.ledger import LEDGER


def scan(home: Home, table: str) -> pl.LazyFrame:
    """A table of the ledger, all segments in intake order."""
    empty = pl.LazyFrame(schema=LEDGER[table])
    files = [segment / f"{table}.parquet" for segment in _segments(home)]
    return pl.concat([empty, *(pl.scan_parquet(file) for file in files if file.exists())])


def files_of(home: Home, table: str) -> list[str]:
    """The Parquet files of a table, for DuckDB."""
    files = [segment / f"{table}.parquet" for segment in _segments(home)]
    return [str(file) for file in files if file.exists()]


def withdrawn(home: Home, sequence: int | None = None) -> pl.DataFrame:
    """The deliveries that were recalled by the events up to a sequence (else by all), and when. Grain: a delivery."""
    told = scan(home, "withdrawals")
    if sequence is not None:
        told = told.filter(pl.col("sequence") <= sequence)
    return told.select(sequence="withdrawn", withdrawn_on="received_on").collect().sort("sequence")


def standing(home: Home, table: str) -> pl.LazyFrame:
    """A table without what was recalled."""
    return scan(home, table).filter(~pl.col("sequence").is_in(withdrawn(home)["sequence"].implode()))


def open_verdicts(home: Home) -> pl.LazyFrame:
    """Quarantine that stands: neither recalled nor released since. Grain: a line, document or file."""
    releases = standing(home, "releases").group_by("file_sha256", "place").agg(pl.col("sequence").max())
    joined = standing(home, "quarantine").join(releases, on=["file_sha256", "place"], how="left", suffix="_released")
    return joined.filter((pl.col("sequence_released") <= pl.col("sequence")).fill_null(True)).drop("sequence_released")


def last_sequence(home: Home) -> int:
    """The last delivery that the ledger holds."""
    return max((_borders(segment)[1] for segment in _segments(home)), default=0)


def is_judged_by(home: Home, judged_by: str) -> bool:
    """Whether the ledger was judged by this code."""
    mark = home.ledger / "judged_by"
    return mark.exists() and mark.read_text() == judged_by


def registers_in_force(deliveries: pl.LazyFrame) -> pl.LazyFrame:
    """deliveries -> register, received_on, file_name, sequence, lines of the delivery in force. Grain: a register.

    The latest day counts, on it the greatest file name, of equal names the later delivery (contract section 3).
    """
    return (
        deliveries.filter(pl.col("register").is_not_null())
        .sort("received_on", "file_name", "sequence")
        .group_by("register", maintain_order=True)
        .last()
        .select("register", "received_on", "file_name", "sequence", "lines")
        .sort("register")
    )


def write(home: Home, first: int, last: int, tables: dict[str, pl.DataFrame]) -> None:
    """A segment of the deliveries from first to last, whole or not at all; its bytes depend on its rows alone."""
    name = f"{first:09d}-{last:09d}"
    beside = home.ledger / f".{name}.tmp"
    beside.mkdir()
    for table, frame in tables.items():
        if frame.height:
            write_table(beside / f"{table}.parquet", frame)
    sync(beside)
    beside.rename(home.ledger / name)
    sync(home.ledger)


def discard_unusable(home: Home, judged_by: str) -> None:
    """Drop half-written segments, those behind a gap, and all that other code has judged."""
    for left in home.ledger.glob(".*.tmp"):
        shutil.rmtree(left)
    usable = same = is_judged_by(home, judged_by)
    expected = 1
    for segment in _segments(home):
        first, last = _borders(segment)
        usable = usable and first == expected
        if not usable:
            shutil.rmtree(segment)
        expected = last + 1
    if not same:
        write_private(home.ledger / "judged_by", judged_by.encode())


def _borders(segment: Path) -> tuple[int, int]:
    first, last = segment.name.split("-")
    return int(first), int(last)


def _segments(home: Home) -> list[Path]:
    return sorted(path for path in home.ledger.glob("*-*") if path.is_dir() and not path.name.startswith("."))
