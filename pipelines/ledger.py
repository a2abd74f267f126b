"""The ledger: what was judged of every delivery, append-only, in segments of Parquet files.

A segment holds the tables of a run of consecutive deliveries and is named by their sequences. The ledger follows
the archive: `catch_up` judges what has a record and no segment yet, so a ledger that was lost or left half-way is
made again from the archive, delivery by delivery, in the same order. Grain of the tables: schemas/ledger.py.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from pipelines import archive
from pipelines.archive import Record
from pipelines.delivered import Delivered
from pipelines.home import Home, sync, write_private
from pipelines.judge import Known, judge
from pipelines.readers import Unreadable
from pipelines.readers.layouts import Layout, parse
from pipelines.readers.recognise import read_file
from pipelines.versions import judging_hash
from schemas.ledger import LEDGER
from schemas.rules import Law
from transforms.duplicates import ID_COLUMNS, REGISTER_ID

BATCH_LINES = 500_000  # a segment is closed when it holds this many lines
BATCH_FILES = 2_000


def scan(home: Home, table: str) -> pl.LazyFrame:
    """A table of the ledger, all segments in intake order."""
    empty = pl.LazyFrame(schema=LEDGER[table])
    files = [segment / f"{table}.parquet" for segment in _segments(home)]
    return pl.concat([empty, *(pl.scan_parquet(file) for file in files if file.exists())])


def files_of(home: Home, table: str) -> list[str]:
    """The Parquet files of a table, for DuckDB."""
    files = [segment / f"{table}.parquet" for segment in _segments(home)]
    return [str(file) for file in files if file.exists()]


def catch_up(home: Home, law: Law) -> None:
    """Judge every recorded delivery that the ledger lacks."""
    _discard_unusable(home, judging_hash(law))
    done = last_sequence(home)
    waiting = [record for record in archive.records(home) if record.sequence > done]
    for batch in _batches(home, waiting):
        _write(home, batch, judge(batch, _known(home), law))


def last_sequence(home: Home) -> int:
    """The last delivery that the ledger holds."""
    return max((_borders(segment)[1] for segment in _segments(home)), default=0)


def _discard_unusable(home: Home, judged_by: str) -> None:
    """Drop half-written segments, those behind a gap, and all that other rules or code have judged."""
    for left in home.ledger.glob(".*.tmp"):
        shutil.rmtree(left)
    mark = home.ledger / "judged_by"
    usable = mark.exists() and mark.read_text() == judged_by
    expected = 1
    for segment in _segments(home):
        first, last = _borders(segment)
        usable = usable and first == expected
        if not usable:
            shutil.rmtree(segment)
        expected = last + 1
    if not mark.exists() or mark.read_text() != judged_by:
        write_private(mark, judged_by.encode())


def _borders(segment: Path) -> tuple[int, int]:
    first, last = segment.name.split("-")
    return int(first), int(last)


def _batches(home: Home, waiting: list[Record]) -> Iterator[list[Delivered]]:
    """Deliveries as read, cut so that a batch fits in memory and never holds the same bytes twice."""
    batch: list[Delivered] = []
    layouts: dict[tuple[str, ...], tuple[Layout, ...]] = {}
    lines, accepted = 0, _accepted(home)
    for record in waiting:
        if any(one.record.sha256 == record.sha256 for one in batch) or lines > BATCH_LINES or len(batch) >= BATCH_FILES:
            yield batch
            batch, lines, accepted = [], 0, _accepted(home)
        if record.layouts not in layouts:
            layouts[record.layouts] = tuple(parse(archive.verified(home, sha).read_bytes()) for sha in record.layouts)
        one = Delivered(record)
        if record.folder != "registers" and record.sha256 in accepted:
            one.problem = Unreadable("seen_before", "bytes that were not accepted before")
        else:
            _read(home, one, layouts[record.layouts])
        lines += one.reading.lines.height + one.reading.rows.height if one.reading is not None else 0
        batch.append(one)
    if batch:
        yield batch


def _read(home: Home, one: Delivered, layouts: tuple[Layout, ...]) -> None:
    record = one.record
    if record.sidecar is not None:
        one.sidecar = archive.verified(home, record.sidecar).read_bytes()
    path = archive.verified(home, record.sha256)
    try:
        one.reading = read_file(path, record.name, record.folder == "registers", layouts)
    except Unreadable as problem:
        one.problem = problem


def _accepted(home: Home) -> set[str]:
    """Bytes of which anything was accepted; registers are delivered anew each time."""
    with_lines = (pl.col("accepted_lines") > 0) & (pl.col("source") != "registers")
    return set(scan(home, "deliveries").filter(with_lines).select("file_sha256").collect()["file_sha256"])


def _known(home: Home) -> Known:
    def documents(new: pl.DataFrame) -> pl.DataFrame:
        keys = new.lazy().select("document_key").drop_nulls().unique()
        accepted = scan(home, "documents").filter(pl.col("accepted_lines") > 0)
        return accepted.join(keys, on="document_key", how="semi").select("document_key", "content_sha256").collect()

    def lines(new: pl.DataFrame) -> pl.DataFrame:
        ids = new.lazy().select(REGISTER_ID).drop_nulls().unique()
        kept = [scan(home, table).select(ID_COLUMNS) for table in ("payments", "returns")]
        return pl.concat(kept).join(ids, on=REGISTER_ID, how="semi").collect()

    rows = registers_in_force(scan(home, "deliveries")).collect()
    registers = {row[0]: row[1:] for row in rows.rows()}
    return Known(documents, lines, registers)


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


def _write(home: Home, batch: list[Delivered], tables: dict[str, pl.DataFrame]) -> None:
    name = f"{batch[0].record.sequence:09d}-{batch[-1].record.sequence:09d}"
    beside = home.ledger / f".{name}.tmp"
    beside.mkdir()
    for table, frame in tables.items():
        if frame.height:
            frame.write_parquet(beside / f"{table}.parquet", compression="zstd", row_group_size=1 << 18)
            sync(beside / f"{table}.parquet")
    sync(beside)
    beside.rename(home.ledger / name)
    sync(home.ledger)


def _segments(home: Home) -> list[Path]:
    return sorted(path for path in home.ledger.glob("*-*") if path.is_dir() and not path.name.startswith("."))
