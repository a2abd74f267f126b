"""Everybody's status of a month: the IINs cut into ranges that fit in memory, one after the other, kept in parts.

Grain: a part holds a range; parts follow each other by IIN, so that together they are sorted. Where the ranges are cut
changes nothing of the rows.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from pipelines import follow, ledger, limits
from pipelines.engine import Cut, fetch, load, stored_in
from pipelines.home import Home
from pipelines.kept import Kept, lay_returns, touched_since
from pipelines.machines import machines
from pipelines.parts import Parts
from pipelines.people import FACTS, World, moved_rows, people_of
from pipelines.published import as_published
from pipelines.ranges import Range, ranges
from pipelines.storage import put_whole
from schemas.rules import Law
from transforms.coverage import bases
from transforms.sql import query

FOR_KEEPS = "kept"  # in the work folder: what the next night may take over


@dataclass(frozen=True)
class Everybody:
    """What was found of everybody, range by range. status: the table insured_status, checked.

    bases: iin and the basis of the month, of those with one. graces_ending: iin of those whose grace ends with the
    month. Sorted by iin, all of them. own_months: a query over its files.
    """

    status: Parts
    bases: Parts
    graces_ending: pl.DataFrame
    own_months: str


@dataclass(frozen=True)
class Question:
    """What is asked of all ranges: the world, how its people are cut, and the folder for what is found.

    keep: whether what was found is to be kept for the next night.
    """

    world: World
    parts: list[Range]
    folder: Path
    keep: bool

    def shares(self) -> list[Path]:
        """The facts, and what is kept from the last night: every part reads those of its people."""
        kept = [] if self.world.base is None else sorted(self.world.base.folder.iterdir())
        return [*(Path(file) for table in FACTS for file in self.world.files[table]), *kept]

    def reads(self, place: int) -> list[Path]:
        """Nothing besides."""
        return []

    def seen_at(self, where: Callable[[Path], Path]) -> "Question":
        """The same question where its files lie elsewhere."""
        base, files = self.world.base, self.world.files
        world = replace(
            self.world,
            files={table: [str(where(Path(file))) for file in told] for table, told in files.items()},
            base=base and replace(base, folder=where(base.folder)),
        )
        return replace(self, world=world, folder=where(self.folder))


@dataclass(frozen=True)
class Found:
    """The files of one range in the folder, and how many rows there are of status, bases and graces that end."""

    status: str
    bases: str
    graces_ending: str
    own_months: str
    people: int
    covered: int
    ending: int


def everybody(
    con: duckdb.DuckDBPyConnection,
    home: Home,
    cut: Cut,
    law: Law,
    work: Path,
    base: Kept | None = None,
    keep: bool = False,
) -> Everybody:
    """Everybody known on the day; `con` is the month's engine with links, entrepreneur_months and returns.

    With a base only those are looked at who were touched since. What the next night may take over lies in the work
    folder's `FOR_KEEPS` if it is to be kept.
    """
    world = world_of(con, home, cut, law, base)
    (work / FOR_KEEPS).mkdir(exist_ok=True)
    if keep:
        lay_returns(con, work / FOR_KEEPS)
    status, covered, graces = (Parts(work, name) for name in ("insured_status", "bases", "graces"))
    own = []
    if base is not None:
        world = replace(world, base=replace(base, folder=base.folder.resolve()))
    with machines(home) as workers:
        files = [file for table in FACTS for file in world.files[table]]
        parts = ranges(files, workers.at_once, taken_over=base is not None)
        asked = Question(world, parts, work.resolve(), keep)
        for found in workers.each("people, by range of IINs", found_in, asked, len(asked.parts)):
            status.take(work / found.status, found.people)
            covered.take(work / found.bases, found.covered)
            graces.take(work / found.graces_ending, found.ending)
            own.append(str(work / found.own_months))
    return Everybody(status, covered, graces.collect(), f"FROM {stored_in(own)}")


def found_in(asked: Question, place: int) -> Found:
    """What is found of everybody in one of the ranges, on whatever machine; done twice it leaves the same files."""
    people = people_of(asked.world, asked.parts[place])
    covered = bases(people.known.masks, asked.world.cut.month)
    ending = people.status.filter("grace_ending").select("iin")
    found = Found(
        status=f"people-{place:06d}.arrow",
        bases=f"bases-{place:06d}.arrow",
        graces_ending=f"graces-{place:06d}.arrow",
        own_months=f"{FOR_KEEPS}/own_months-{place:06d}.parquet",
        people=people.status.height,
        covered=covered.height,
        ending=ending.height,
    )
    status = as_published(people.status.drop("grace_ending"), "insured_status")
    # each part of a range takes a while to write, and hardly any of the processor
    files: dict[str, Callable[[Path], object]] = {
        name: partial(frame.write_ipc, compression="uncompressed")
        for name, frame in ((found.status, status), (found.bases, covered), (found.graces_ending, ending))
    }
    files[found.own_months] = partial(people.own_months.write_parquet, compression="lz4")
    for name, frame in people.for_keeps().items() if asked.keep else ():
        files[f"{FOR_KEEPS}/{name}-{place:06d}.parquet"] = partial(frame.write_parquet, compression="lz4")
    with ThreadPoolExecutor(limits.at_once()) as pool:
        list(pool.map(lambda name: put_whole(asked.folder / name, files[name]), files))
    return found


def world_of(con: duckdb.DuckDBPyConnection, home: Home, cut: Cut, law: Law, base: Kept | None = None) -> World:
    """What every range needs of the whole, from the month's engine."""
    links = fetch(con, "FROM links ORDER BY person")
    # as other machines see them: the ledger may be a link of the home to shared storage
    files = {table: [os.path.realpath(file) for file in ledger.files_of(home, table)] for table in FACTS}
    since = follow.agents_since(home, cut.sequence, law)
    load(con, "agents_since", pl.DataFrame({"payer": since}, schema={"payer": pl.UInt64}))
    until = fetch(con, "SELECT max(value_date) FROM settlement WHERE settled_on <= getvariable('known_at')").item()
    touched = links["current"].clear() if base is None else touched_since(con, base, files, until)
    old = links if base is None else links.filter(pl.col("current").is_in(touched.implode()))
    con.execute(f"CREATE TEMP TABLE returned_others AS {query('returned_others')}")
    returned, moved, lost = fetch(con, "FROM returned_others"), moved_rows(files, old), fetch(con, query("lost_wages"))
    if since:
        returned = fetch(con, "FROM returned")  # of lines that stand among the wages too
        own = fetch(con, query("late_agents"))
        moved["others"] = pl.concat([moved["others"], own.select(moved["others"].columns)]).sort("person")
        lost = pl.concat([lost, own.group_by(lost.columns[:-1]).agg(lines=pl.len().cast(pl.UInt32))])
        lost = lost.group_by(lost.columns[:-1]).agg(pl.col("lines").sum())
    return World(
        cut=cut,
        law=law,
        files=files,
        withdrawn=fetch(con, "SELECT sequence FROM withdrawn")["sequence"],
        in_force=fetch(con, "SELECT sequence FROM in_force")["sequence"],
        links=links,
        moved=moved,
        entrepreneurs=fetch(con, "FROM entrepreneur_months ORDER BY iin, from_month"),
        returned=returned,
        lost=lost.sort("person"),
        base=base,
        touched=touched,
    )
