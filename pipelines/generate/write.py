"""Write a nation to a folder: an inbox per delivery day, and beside them what must become of it.

FOLDER/<YYYY-MM-DD>/{bank,kazpost,returns,registers}/ holds what is to be put into the home's inbox on that day.
FOLDER/expected/: files, lines_<YYYY-MM>, messages and insured_status as Parquet. Memory does not grow with the nation
but for a few numbers per person. Statements of the account are not made.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from pipelines.errors import UsageError
from pipelines.generate.csv_papers import Register
from pipelines.generate.days import papers
from pipelines.generate.life import Life
from pipelines.generate.nation import Nation, first_day
from pipelines.generate.papers import Day, Paper
from pipelines.readers.recognise import SIDECAR

_ROW_GROUP = 1 << 18  # told, for without it the bytes depend on the number of threads
_AT_ONCE = 1_000_000
LINES = {"file_name": pl.String, "line_no": pl.Int64, "kind": pl.String, "verdict": pl.String, "reason": pl.String}
LINES |= {"fault": pl.String, "outcome": pl.String}
MESSAGES = {"file_name": pl.String, "line_no": pl.Int64, "reason": pl.String}
FILES = {"received_on": pl.Date, "folder": pl.String, "file_name": pl.String, "refused_reason": pl.String}
FILES |= {"lines": pl.Int64, "bytes": pl.Int64}


@dataclass
class Written:
    """What was written: how many files, bytes and lines, and lines by verdict and reason."""

    files: int = 0
    size: int = 0
    lines: int = 0
    by_reason: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, lines: pl.DataFrame) -> None:
        """Add a file's lines."""
        self.lines += lines.height
        for (verdict, reason), part in lines.group_by("verdict", "reason"):
            key = str(verdict), str(reason)
            self.by_reason[key] = self.by_reason.get(key, 0) + part.height


def generate(
    folder: Path,
    nation: Nation,
    last_only: bool = False,
    with_persons: bool = False,
    tell: Callable[[Day], None] = lambda day: None,
) -> Written:
    """Write the nation's files, of the last month only if so wanted, and what is expected. UsageError if not empty."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty: expected a folder that is; remove what was broken off")
    expected = folder / "expected"
    expected.mkdir(parents=True, exist_ok=True)
    life, done = Life(nation), Written()
    if last_only:
        for day, made in papers(nation, nation.first, nation.last - 1, with_text=False):
            tell(day)
            for paper in made:
                life.add(day, paper.lines)
    files: list[dict[str, object]] = []
    messages = [pl.DataFrame(schema=MESSAGES)]
    sink, written = _Lines(expected), set[bytes]()
    for day, made in papers(nation, nation.last if last_only else nation.first, nation.last, with_persons=with_persons):
        tell(day)
        for paper in made:
            life.add(day, paper.lines)
            paper = _unlike(paper, written)
            size, lines = put(folder / str(day.day), paper), told_lines(paper)
            sink.put(day, lines)
            messages.append(told_messages(paper))
            done.count(lines)
            done.files, done.size = done.files + 1, done.size + size
            told = (day.day, paper.folder, paper.name, refused_of(paper), lines.height, size)
            files.append(dict(zip(FILES, told, strict=True)))
    sink.close()
    pl.DataFrame(files, schema=FILES).write_parquet(expected / "files.parquet", row_group_size=_ROW_GROUP)
    pl.concat(messages).write_parquet(expected / "messages.parquet", row_group_size=_ROW_GROUP)
    if with_persons:
        life.known[:] = True
    statuses = _Sink(expected / "insured_status.parquet")
    for part in life.statuses():
        statuses.put(part)
    statuses.close()
    return done


def told_lines(paper: Paper) -> pl.DataFrame:
    """Payment and return lines of a file with their verdicts; of the six registers, once written, rows at fault."""
    lines = paper.lines
    if isinstance(paper, Register):
        if paper.faulty is None:
            return pl.DataFrame(schema=LINES)
        lines = paper.faulty.select("line_no", "verdict", "reason", "fault")
    told = lines.with_columns(pl.lit(paper.name).alias("file_name"))
    absent = [pl.lit(None, dtype=kind).alias(name) for name, kind in LINES.items() if name not in told.columns]
    return told.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in LINES.items())


def told_messages(paper: Paper) -> pl.DataFrame:
    """Every message or file that is not taken as a whole: its line_no (0 for a file) and the reason."""
    told = [pl.DataFrame(schema=MESSAGES)]
    if paper.refused not in (None, "seen_before"):
        told.append(pl.DataFrame([(paper.name, 0, paper.refused)], schema=MESSAGES, orient="row"))
    elif paper.messages.height:
        refused = paper.messages.filter(pl.col("refused_reason").is_not_null())
        told.append(refused.select(pl.lit(paper.name).alias("file_name"), "line_no", reason="refused_reason"))
    return pl.concat(told)


def refused_of(paper: Paper) -> str | None:
    """Why a file is refused: as such, or because all its messages are (then as the first of them)."""
    reasons = paper.messages["refused_reason"] if paper.messages.height else None
    return paper.refused if reasons is None or reasons.null_count() else reasons[0]


def _unlike(paper: Paper, written: set[bytes]) -> Paper:
    """The file with one more line end where it would be taken for an earlier one, as in a nation of few people."""
    if paper.content is None or paper.refused is not None:
        return paper
    while (digest := hashlib.sha256(paper.content).digest()) in written:
        paper = replace(paper, content=paper.content + b"\n")
    written.add(digest)
    return paper


def put(folder: Path, paper: Paper) -> int:
    """Write a file, and its control file, below the folder of its day; gives its size."""
    target = folder / paper.folder / paper.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if paper.sidecar is not None:
        target.with_name(paper.name + SIDECAR).write_bytes(paper.sidecar)
    size = 0
    with target.open("wb") as file:
        for part in parts_of(paper):
            size += file.write(part)
    return size


def parts_of(paper: Paper) -> Iterable[bytes]:
    """The bytes of a file, in parts where it is large."""
    if isinstance(paper, Register):
        return paper.texts()
    assert paper.content is not None
    return [paper.content]


class _Lines:
    """Expected lines, a Parquet file per month of delivery, written bit by bit."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.month, self.waiting, self.size = folder, -1, list[pl.DataFrame](), 0
        self.sink: _Sink | None = None

    def put(self, day: Day, lines: pl.DataFrame) -> None:
        """The lines of a file received on the day."""
        if self.sink is None or day.month != self.month:
            self.close()
            self.month = day.month
            self.sink = _Sink(self.folder / f"lines_{first_day(self.month):%Y-%m}.parquet")
        self.waiting.append(lines)
        self.size += lines.height
        if self.size > _AT_ONCE:
            self._write()

    def close(self) -> None:
        """Write what waits and end the file."""
        if self.sink is not None:
            self._write()
            self.sink.close()
        self.sink = None

    def _write(self) -> None:
        if self.waiting and self.sink is not None:
            self.sink.put(pl.concat(self.waiting))
        self.waiting, self.size = [], 0


class _Sink:
    """A Parquet file written part by part; its bytes depend on the parts alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: pq.ParquetWriter | None = None

    def put(self, part: pl.DataFrame) -> None:
        table = part.to_arrow(compat_level=pl.CompatLevel.oldest())
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self.writer.write_table(table)

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
