"""Put months of a nation straight into a home's ledger, as if its files had come day by day and been judged.

For benchmarks: archive, intake records and ledger are as the text would have left them (tests hold the two row by row).
Without the files' bytes it is faster and smaller, and the home cannot be made again from its archive: each file then
stands under a hash of its name. Grain: a segment per delivery day, or several where the day is large.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import polars as pl

from pipelines import archive, chain, ledger
from pipelines.archive import Record
from pipelines.compaction import compact
from pipelines.generate.csv_papers import Register
from pipelines.generate.days import papers
from pipelines.generate.ledger_rows import rows_of
from pipelines.generate.nation import Nation
from pipelines.generate.papers import Day, Paper
from pipelines.generate.write import parts_of
from pipelines.home import Home
from pipelines.versions import judging_hash
from schemas.rules import load_law
from transforms.facts import with_facts

_BATCH = 300_000  # lines of files whose rows are made together


def write_months(
    home: Home,
    nation: Nation,
    first: int,
    last: int,
    with_files: bool = True,
    with_persons: bool = False,
    tell: Callable[[Day], None] = lambda day: None,
    until: date = date.max,
) -> None:
    """The deliveries of the months from first to last, behind what the home has. Months are numbers (nation.py).

    Those of days after `until` are left out.
    """
    home.prepare()
    ledger.discard_unusable(home, judging_hash())
    rules = archive.store_content(home, nation.law.bundle)
    wanted = papers(nation, first, last, with_text=with_files, with_persons=with_persons, until=until)
    for day, made in wanted:
        tell(day)
        if batches := list(_batches(home, made, day.day, with_files)):  # nobody of a few people may pay on a day
            _write_day(home, day.day, batches, rules)


def _batches(
    home: Home, made: Iterator[Paper], day: date, with_files: bool
) -> Iterator[tuple[list["_Kept"], dict[str, pl.DataFrame]]]:
    """The day's files as they are archived, and the ledger's rows of some of them at a time."""
    batch: list[tuple[int, Paper]] = []
    kept: list[_Kept] = []
    size = place = 0
    for paper in made:
        kept.append(_Kept(place, paper, *_archived(home, paper, with_files)))
        paper.content = None
        batch.append((place, paper))
        size, place = size + paper.lines.height, place + 1
        if size > _BATCH or isinstance(paper, Register):
            yield kept, rows_of(batch, day)
            batch, kept, size = [], [], 0
    if batch:
        yield kept, rows_of(batch, day)


class _Kept:
    """A file of the day: its place, where it lay, its hashes."""

    def __init__(self, place: int, paper: Paper, sha256: str, sidecar: str | None) -> None:
        self.place, self.folder, self.name, self.sha256, self.sidecar = place, paper.folder, paper.name, sha256, sidecar


def _archived(home: Home, paper: Paper, with_files: bool) -> tuple[str, str | None]:
    """The sha256 of a file and of its control file, which are put into the archive if they are wanted."""
    sidecar = None if paper.sidecar is None else archive.store_content(home, paper.sidecar)
    if not with_files:
        same_bytes = paper.name.replace("small_again", "small") if paper.refused == "seen_before" else paper.name
        return hashlib.sha256(same_bytes.encode()).hexdigest(), sidecar
    if isinstance(paper, Register):
        beside = home.archive / ".generated.tmp"
        with beside.open("wb") as file:
            for part in parts_of(paper):
                file.write(part)
        sha256, _ = archive.store(home, beside)
        Path(beside).unlink()
        return sha256, sidecar
    return archive.store_content(home, b"".join(parts_of(paper))), sidecar


def _write_day(home: Home, day: date, batches: list[tuple[list[_Kept], dict[str, pl.DataFrame]]], rules: str) -> None:
    """The records of the day in the order of intake, and its segments."""
    files = sorted((one for kept, _ in batches for one in kept), key=lambda one: (one.sha256, one.folder, one.name))
    before, after = ledger.last_sequence(home), chain.last(home)
    records = [
        Record(before + place, one.sha256, one.name, one.folder, day, sidecar=one.sidecar, rules=rules, after=after)
        for place, one in enumerate(files, start=1)
    ]
    archive.append(home, records)
    placed = pl.DataFrame(
        {
            "sequence": pl.Series([one.place for one in files], dtype=pl.Int64),
            "of_intake": pl.Series([record.sequence for record in records], dtype=pl.Int64),
            "sha256": [record.sha256 for record in records],
        }
    )
    tables = {name: pl.concat([rows[name] for _, rows in batches]) for name in batches[0][1]}
    ordered = {name: _in_order(table, placed) for name, table in tables.items()}
    agents = [int(agent) for agent in load_law().codes("agent")]
    with ledger.segment(home, before + 1, before + len(files)) as segment:
        for table, frame in with_facts(ordered, agents).items():
            segment.put(table, frame)
    compact(home)


def _in_order(table: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Rows with their sequence and sha256, in the order of intake."""
    joined = table.join(placed, on="sequence", how="left", maintain_order="left").with_columns(sequence="of_intake")
    if "file_sha256" in table.columns:
        joined = joined.with_columns(file_sha256="sha256")
    return joined.select(table.columns).sort("sequence", maintain_order=True)
