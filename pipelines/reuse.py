"""What a night need not compute again: the rows of people whom nothing touched since the night before.

A status rests on a person's own lines, on the registers and links in force, on the law, and on which months are due on
the day. So where the last but the lines are those of a snapshot of the same month, only those people are looked at of
whom something came in since, or whose money became settled. An auditor's re-run takes nothing over: it is the proof.
Grain: a table of a snapshot, range of IINs by range.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines import archive, chain, snapshot
from pipelines.engine import Cut, fetch
from pipelines.errors import RunFailed
from pipelines.home import Home
from pipelines.people import Range, World, scan_facts
from schemas.calendar import FIRST_MONTH, add_months
from schemas.rules import Law

_TAKEN_OVER = ("insured_status", "coverage", "breaks")


@dataclass(frozen=True)
class Base:
    """A published snapshot of the month, of an earlier night."""

    folder: Path
    cut: Cut


@dataclass(frozen=True)
class Reused:
    """Rows of a base, for everybody but those who were touched since (current IINs, sorted)."""

    base: Base
    touched: pl.Series

    def completed(self, table: str, found: pl.DataFrame, part: Range) -> pl.DataFrame:
        """What was found of the touched in a range, as published, and the rows of all others in it; sorted by iin."""
        low, last = (pl.lit(f"{iin:012d}") for iin in (part.low, part.high - 1))
        rows = pl.scan_parquet(self.base.folder / f"{table}.parquet").filter(pl.col("iin").is_between(low, last))
        others = rows.filter(~self._is_touched()).collect()
        return found.select(others.columns).merge_sorted(others, key="iin")

    def graces_ending(self) -> pl.DataFrame:
        """Whose grace ends with the month, of all others. Grain: a person."""
        rows = pl.scan_parquet(self.base.folder / "breaks.parquet").filter(pl.col("code") == "grace_ending")
        return rows.filter(~self._is_touched()).select(pl.col("iin").cast(pl.UInt64)).collect()

    def _is_touched(self) -> pl.Expr:
        return pl.col("iin").cast(pl.UInt64).is_in(self.touched.implode())


def base_of(home: Home, cut: Cut, law: Law) -> Base | None:
    """The newest snapshot of the month, if what it was made by and from, and what is due, are so today; else None."""
    of_month = [link for link in chain.links(home) if link["snapshot"].startswith(f"{cut.month:%Y-%m}_")]
    known = [link for link in of_month if link["inputs"] <= cut.sequence]
    if not known:
        return None
    folder = snapshot.folder_of(home, known[-1]["snapshot"])
    try:
        told = snapshot.load_manifest(folder)
        before = snapshot.cut_of(told)
    except (RunFailed, KeyError, TypeError, ValueError):
        return None
    if before.known_at > cut.known_at or before.law_as_of != cut.law_as_of:
        return None
    if _due(law, cut.month, before.known_at) != _due(law, cut.month, cut.known_at):
        return None
    records = archive.records(home)
    if snapshot.differences(told, before, records[: before.sequence], law):
        return None
    if any(record.event == "withdraw" for record in records[before.sequence : cut.sequence]):
        return None
    return Base(folder, before) if _is_whole(folder, told, known[-1]["manifest_sha256"]) else None


def reused(con: duckdb.DuckDBPyConnection, base: Base, world: World) -> Reused | None:
    """Who was touched since the base; None where it may be anybody, for another register is in force.

    `con` is the month's engine. A return and its payment have one person, so neither touches anybody else; rows of a
    register that is not in force touch nobody.
    """
    if int(world.in_force.max() or 0) > base.cut.sequence:  # type: ignore[arg-type]
        return None
    then = world.settlement.filter(pl.col("settled_on") <= base.cut.known_at)["value_date"].max()
    new = pl.col("sequence") > base.cut.sequence
    settled = (pl.col("value_date") > then) & (pl.col("value_date") <= world.settled_until)
    lines = [scan_facts(world.files, table).filter(new | settled) for table in ("wages", "others")]
    returns = fetch(con, f"SELECT person FROM ledger_returns WHERE sequence > {base.cut.sequence}")
    persons = pl.concat([*(one.select("person").collect() for one in lines), returns]).unique()
    now = persons.join(world.links, on="person", how="left").select(pl.coalesce("current", "person").alias("iin"))
    return Reused(base, now["iin"].unique().sort())


def _due(law: Law, month: date, day: date) -> tuple[object, ...]:
    """All that a status takes of the day itself: the year of a payment on it, and which months are due (walk.due)."""
    months = [one for one in (add_months(month, -back) for back in range(12)) if one >= FIRST_MONTH]
    return day.year, *(law.due_from(kind, one) <= day for kind in ("employer", "independent") for one in months)


def _is_whole(folder: Path, manifest: dict[str, object], manifest_sha256: str) -> bool:
    """Whether the folder still holds the bytes that were published."""
    try:
        tables = {name: archive.file_hash(folder / f"{name}.parquet") for name in _TAKEN_OVER}
        same = archive.file_hash(folder / "manifest.json") == manifest_sha256
        return same and all(manifest["tables"][name]["sha256"] == told for name, told in tables.items())  # type: ignore[index]
    except (OSError, KeyError, TypeError):
        return False
