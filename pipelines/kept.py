"""What a night keeps for the next: the months it found covered, own money, and which payment every return cancels.

A status rests on a person's own lines, on the registers and links in force, on the law, and on the day. So where all
but lines and day are as they were for a night before, what that night found still stands for everybody but those of
whom something came in since, or whose money became settled; status and coverage are told anew of all. An auditor's
re-run takes nothing over: it is the proof. What is kept can always be made again and is gone without harm.

Shape of home/kept: of each range `masks` (a person: iin, and a column for each source and word of transforms/masks.py),
`prepaid`, `partly_paid` and `own_months` (as their queries give them), sorted by iin; of all together `found_returns`
and `returnable` (pipelines/month_inputs.py); and kept.json: from what it was found, and the hashes of the files.
"""

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines import archive, follow, ledger, snapshot
from pipelines.archive import Record
from pipelines.engine import Cut, fetch
from pipelines.home import Home, sync, write_private
from pipelines.ranges import Range
from schemas.rules import Law
from transforms.covered_months import Known
from transforms.masks import Masks

OF_RETURNS = ("found_returns", "returnable")


@dataclass(frozen=True)
class Kept:
    """What a night of the same month kept, in a folder, and as what it was computed."""

    folder: Path
    cut: Cut

    def file(self, name: str) -> str:
        """The file of what is kept whole."""
        return str(self.folder / f"{name}.parquet")

    def rows(self, name: str, part: Range, touched: pl.Series) -> pl.DataFrame:
        """What is kept of those in a range who were not touched, sorted by iin. Grain: as the night found it."""
        files = sorted(self.folder.glob(f"{name}-*.parquet"))
        rows = pl.concat([pl.scan_parquet(file).filter(part.holds("iin")) for file in files], how="diagonal")
        return rows.filter(~pl.col("iin").is_in(part.among(touched).implode())).collect()

    def completed(
        self, found: tuple[Known, pl.DataFrame], part: Range, touched: pl.Series
    ) -> tuple[Known, pl.DataFrame]:
        """What was found of the touched in a range, and their own_months, with what is kept of all others in it."""
        known, own_months = found
        masks = Masks.of_frame(_with(self.rows("masks", part, touched), known.masks.frame()), known.masks.last_month)
        told = Known(
            people=pl.DataFrame({"iin": masks.ids}),
            masks=masks,
            prepaid=_with(self.rows("prepaid", part, touched), known.prepaid.sort("iin")),
            partly_paid=_with(self.rows("partly_paid", part, touched), known.partly_paid),
            proprietors=known.proprietors,
        )
        return told, _with(self.rows("own_months", part, touched), own_months)


def kept_of(home: Home, cut: Cut, law: Law) -> Kept | None:
    """What the last night kept, if all that it rests on but lines and day is so at the cut too; else None."""
    try:
        told = json.loads(home.told_of_kept.read_bytes())
        month, known_at = date.fromisoformat(told["month"]), date.fromisoformat(told["known_at"])
        then, made_of, files = Cut(month, known_at, told["sequence"]), told["made_of"], dict(told["files"])
    except (OSError, KeyError, TypeError, ValueError):
        return None
    if (then.month, then.law_as_of) != (cut.month, cut.law_as_of):
        return None
    if then.known_at > cut.known_at or then.sequence > cut.sequence or follow.agents_since(home, cut.sequence, law):
        return None
    records = archive.records(home)
    if any(record.event == "withdraw" for record in records[then.sequence : cut.sequence]):
        return None
    deliveries = ledger.standing(home, "deliveries").filter(pl.col("sequence") <= cut.sequence)
    if (ledger.registers_in_force(deliveries).collect()["sequence"] > then.sequence).any():
        return None
    if _made_of(then, records[: then.sequence], law) != made_of or not _is_whole(home, files):
        return None
    return Kept(home.kept, then)


def touched_since(con: duckdb.DuckDBPyConnection, base: Kept, files: dict[str, list[str]], until: date) -> pl.Series:
    """Of whom something came in since, or has money that became settled: current IINs, sorted.

    `con` is the month's engine, `until` the last value date that counts now. A return and its payment have one person,
    so neither touches anybody else; rows of a register that is not in force touch nobody.
    """
    then = fetch(con, f"SELECT max(value_date) FROM settlement WHERE settled_on <= DATE '{base.cut.known_at}'").item()
    settled = (pl.col("value_date") > then) & (pl.col("value_date") <= until)
    asked = (pl.col("sequence") > base.cut.sequence) | settled
    lines = [
        pl.scan_parquet(file).filter(asked).select("person").collect()
        for table in ("wages", "others")
        for file in files[table]
    ]
    returns = fetch(con, f"SELECT person FROM ledger_returns WHERE sequence > {base.cut.sequence}")
    persons = pl.concat([returns, *lines]).unique()
    now = persons.join(fetch(con, "FROM links"), on="person", how="left")
    return now.select(pl.coalesce("current", "person").alias("iin"))["iin"].unique().sort()


def lay_returns(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Put which payment every return cancels into the folder of what is to be kept."""
    for name in OF_RETURNS:
        target = str(folder / f"{name}.parquet").replace("'", "''")
        con.execute(f"COPY {name} TO '{target}' (COMPRESSION lz4_raw)")


def renew(home: Home, cut: Cut, law: Law, folder: Path) -> None:
    """Keep what lies in the folder for the next night, in place of what the last one kept, whole or not at all."""
    beside = home.root / ".kept.tmp"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    files = {}
    for path in sorted(folder.iterdir()):
        shutil.copyfile(path, beside / path.name)
        (beside / path.name).chmod(0o600)
        files[path.name] = archive.file_hash(path)
        sync(beside / path.name)
    told = {"month": str(cut.month), "known_at": str(cut.known_at), "sequence": cut.sequence, "files": files}
    told["made_of"] = _made_of(cut, archive.records(home)[: cut.sequence], law)
    write_private(beside / home.told_of_kept.name, json.dumps(told, indent=1).encode())
    shutil.rmtree(home.kept, ignore_errors=True)
    beside.rename(home.kept)
    sync(home.root)


def _with(others: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Rows of some people and of all others, sorted by iin. Grain: as given; a column that one lacks is null there."""
    schema = pl.Schema(others.schema | found.schema)
    others, found = (frame.match_to_schema(schema, missing_columns="insert") for frame in (others, found))
    return others.merge_sorted(found, key="iin")


def _made_of(cut: Cut, records: list[Record], law: Law) -> str:
    """A hash of all that decides what is found at a cut."""
    return hashlib.sha256(json.dumps(snapshot.went_into(cut, records, law)).encode()).hexdigest()


def _is_whole(home: Home, files: dict[str, str]) -> bool:
    """Whether what was kept still is what was written."""
    try:
        return all(archive.file_hash(home.kept / name) == sha256 for name, sha256 in files.items())
    except OSError:
        return False
