"""The ledger: what was judged of every delivery, append-only, in segments of Parquet files.

A segment holds the tables of a run of consecutive deliveries and is named by their sequences. What is in it is
written by pipelines/follow.py and read by everybody else. Grain of the tables: schemas/ledger.py. A table of many lines
is a run of files (`payments.parquet`, `payments-0002.parquet` …). Beside the tables lie the hashes of the ids by which
lines and documents of the segment are known again (`known.parquet`), made from the tables: pipelines/known.py; and the
sha256 of every file of the segment (`sha256.json`), by which damage is found: pipelines/damage.py.
pyarrow.parquet is loaded by those who write or read these hashes; `explain` need not wait for it.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.archive import file_hash
from pipelines.home import Home, sync, write_private
from pipelines.parquet import write_table
from schemas.ledger import LEDGER
from transforms.ids import DOCUMENTS, distinct, id_hash, kept

KNOWN = "known.parquet"
HASHES = "sha256.json"
_LEVEL = 1  # of compression: a ledger is written once and small anyway, and twice as fast as with level 3
_IDS = 1 << 20  # a row group of hashes
_FILE = re.compile(rf"(?:{'|'.join(LEDGER)})(?:-\d{{4}})?\.parquet|{re.escape(KNOWN)}|{re.escape(HASHES)}")


def scan(home: Home, table: str) -> pl.LazyFrame:
    """A table of the ledger, all segments in intake order."""
    files = files_of(home, table)
    return pl.scan_parquet(files) if files else pl.LazyFrame(schema=LEDGER[table])


def files_of(home: Home, table: str) -> list[str]:
    """The Parquet files of a table in intake order, for DuckDB."""
    return [str(file) for segment in segments(home) for file in files_in(segment, table)]


def files_in(segment: Path, table: str) -> list[Path]:
    """The files of a table in one segment, in their order."""
    first = segment / f"{table}.parquet"
    return [*([first] if first.exists() else []), *sorted(segment.glob(f"{table}-[0-9]*.parquet"))]


def is_file_of_segment(name: str) -> bool:
    """Whether a file of that name may lie in a segment."""
    return _FILE.fullmatch(name) is not None


def withdrawn(home: Home, sequence: int | None = None) -> pl.DataFrame:
    """The deliveries that were recalled by the events up to a sequence (else by all), and when. Grain: a delivery."""
    told = scan(home, "withdrawals")
    if sequence is not None:
        told = told.filter(pl.col("sequence") <= sequence)
    return told.select(sequence="withdrawn", withdrawn_on="received_on").sort("sequence").collect()


def standing(home: Home, table: str) -> pl.LazyFrame:
    """A table without what was recalled."""
    return scan(home, table).filter(~pl.col("sequence").is_in(withdrawn(home)["sequence"].implode()))


def open_verdicts(home: Home) -> pl.LazyFrame:
    """Quarantine that stands: neither recalled, nor released since, nor of bytes that were sent and read again since.

    Bytes sent again are judged anew, so what they were refused for before is of no account: to release it too would
    take the same money twice. A register replaces the one before, and what was said of that. Grain: a line, document or
    file.
    """
    file, place = ["file_sha256"], ["file_sha256", "place"]
    releases = standing(home, "releases").group_by(place).agg(released=pl.col("sequence").max())
    delivered = (pl.col("event") == "delivery") & (pl.col("source") != "registers")
    delivered &= pl.col("refused_reason").ne_missing("seen_before")
    readings = standing(home, "deliveries").filter(delivered).group_by(file).agg(read=pl.col("sequence").max())
    told = standing(home, "quarantine").join(releases, on=place, how="left").join(readings, on=file, how="left")
    stands = [(pl.col(later) <= pl.col("sequence")).fill_null(True) for later in ("released", "read")]
    return told.filter(*stands, ~pl.col("sequence").is_in(overtaken(home))).drop("released", "read")


def last_sequence(home: Home) -> int:
    """The last delivery that the ledger holds."""
    return max((borders(segment)[1] for segment in segments(home)), default=0)


def is_judged_by(home: Home, judged_by: str) -> bool:
    """Whether the ledger was judged by this code."""
    mark = home.ledger / "judged_by"
    return mark.exists() and mark.read_bytes() == judged_by.encode()


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


def overtaken(home: Home) -> list[int]:
    """The deliveries of registers, also refused ones, in place of which another one of their kind is in force."""
    deliveries = standing(home, "deliveries")
    of_kind = [
        pl.col("file_name").str.starts_with(kind) & _comes_before(pl.lit(day), pl.lit(name), pl.lit(sequence))
        for kind, day, name, sequence, _ in registers_in_force(deliveries).collect().rows()
    ]
    registers = deliveries.filter((pl.col("source") == "registers") & pl.any_horizontal([pl.lit(False), *of_kind]))
    return registers.select("sequence").collect()["sequence"].to_list()


def _comes_before(day: pl.Expr, name: pl.Expr, sequence: pl.Expr) -> pl.Expr:
    """Whether a delivery of a register comes before another one in the order of `registers_in_force`."""
    of_day = (pl.col("file_name") < name) | ((pl.col("file_name") == name) & (pl.col("sequence") < sequence))
    return (pl.col("received_on") < day) | ((pl.col("received_on") == day) & of_day)


class Segment:
    """A segment that is being written in a folder; its bytes depend on its rows alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hashes: dict[Path, np.ndarray] = {}
        self._taken_over = np.empty(0, dtype=np.int64)

    def put(self, table: str, frame: pl.DataFrame, part: int = 1, hashes: np.ndarray | None = None) -> None:
        """Write a table, or a part of it, in place of what was written of it before.

        `hashes` are those of the ids in it, where they are known.
        """
        path = self.folder / (f"{table}.parquet" if part == 1 else f"{table}-{part:04d}.parquet")
        self._hashes.pop(path, None)
        if frame.height:
            write_table(path, frame, _LEVEL)
            self._hashes[path] = _known_again(table, frame) if hashes is None else hashes
        else:
            path.unlink(missing_ok=True)

    def lay(self, table: str, rows: pl.LazyFrame) -> None:
        """Write a table whose ids are known already."""
        # how a list lies in memory shows in the bytes of Parquet, and it lies alike only where it is one piece
        whole = any(isinstance(dtype, pl.List) for dtype in LEDGER[table].values())
        write_table(self.folder / f"{table}.parquet", rows.collect() if whole else rows, _LEVEL)

    def know(self, hashes: np.ndarray) -> None:
        """Take over hashes of ids that the segment holds."""
        self._taken_over = hashes

    def clear(self) -> None:
        """Take back all that was written."""
        for path in self.folder.iterdir():
            path.unlink()
        self._hashes = {}

    def close(self) -> None:
        """Write down the hashes of what the segment holds, for those behind it."""
        hashes = kept(np.concatenate([np.empty(0, dtype=np.uint64), *self._hashes.values()]))
        hashes = distinct(np.sort(np.concatenate([hashes, self._taken_over])))
        if len(hashes):
            import pyarrow as pa
            import pyarrow.parquet as pq

            sink = pa.BufferOutputStream()
            encoded = {"use_dictionary": False, "column_encoding": {"hash": "DELTA_BINARY_PACKED"}}
            pq.write_table(pa.table({"hash": hashes}), sink, compression="none", row_group_size=_IDS, **encoded)
            write_private(self.folder / KNOWN, sink.getvalue())


def _known_again(table: str, frame: pl.DataFrame) -> np.ndarray:
    """The hashes of the ids by which rows of a table are known again."""
    if table in ("payments", "returns"):
        named = frame.filter(pl.col("row_id").is_not_null())
        return id_hash(named["id_scope"].fill_null(""), named["row_id"])
    if table == "documents":
        named = frame.filter((pl.col("accepted_lines") > 0) & pl.col("document_key").is_not_null())
        return id_hash(pl.Series([DOCUMENTS]), named["document_key"])
    return np.empty(0, dtype=np.uint64)


@contextmanager
def segment(home: Home, first: int, last: int) -> Iterator[Segment]:
    """A segment of the deliveries from first to last: what is put into it stands at the end, whole or not at all."""
    name = f"{first:09d}-{last:09d}"
    beside = home.ledger / f".{name}.tmp"
    beside.mkdir()
    one = Segment(beside)
    yield one
    one.close()
    hashes = {path.name: file_hash(path) for path in sorted(beside.iterdir())}
    write_private(beside / HASHES, json.dumps(hashes, indent=1).encode())
    sync(beside)
    beside.rename(home.ledger / name)
    sync(home.ledger)


def hashes_of(segments: list[Path]) -> np.ndarray:
    """The hashes of the ids that segments hold, as they are kept."""
    import pyarrow.parquet as pq

    files = [segment / KNOWN for segment in segments if (segment / KNOWN).exists()]
    return np.concatenate([np.empty(0, dtype=np.int64), *(pq.read_table(file)["hash"].to_numpy() for file in files)])


def discard_replaced(home: Home) -> None:
    """Drop segments in place of which a larger one stands."""
    for folder in set(_folders(home)) - set(segments(home)):
        shutil.rmtree(folder)


def discard_unusable(home: Home, judged_by: str) -> None:
    """Drop half-written and replaced segments, those behind a gap, and all that other code has judged."""
    for left in home.ledger.glob(".*.tmp"):
        shutil.rmtree(left)
    discard_replaced(home)
    usable = same = is_judged_by(home, judged_by)
    expected = 1
    for segment in segments(home):
        first, last = borders(segment)
        usable = usable and first == expected
        if not usable:
            shutil.rmtree(segment)
        expected = last + 1
    if not same:
        write_private(home.ledger / "judged_by", judged_by.encode())


def discard_from(home: Home, sequence: int) -> None:
    """Drop the segments that hold this delivery or a later one."""
    for segment in segments(home):
        if borders(segment)[1] >= sequence:
            shutil.rmtree(segment)


def borders(segment: Path) -> tuple[int, int]:
    """The first and the last delivery of a segment."""
    first, last = segment.name.split("-")
    return int(first), int(last)


def segments(home: Home) -> list[Path]:
    """The folders of the segments in intake order, without those in place of which a larger one stands."""
    told, reached = [], 0
    for folder in sorted(_folders(home), key=lambda one: (borders(one)[0], -borders(one)[1])):
        if borders(folder)[1] > reached:
            told.append(folder)
            reached = borders(folder)[1]
    return told


def _folders(home: Home) -> list[Path]:
    if not home.ledger.is_dir():
        return []
    with os.scandir(home.ledger) as there:
        return [Path(one.path) for one in there if "-" in one.name and one.name[0] != "." and one.is_dir()]
