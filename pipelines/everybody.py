"""Everybody's status of a month: the IINs cut into ranges that fit in memory, one after the other, kept in parts.

Grain: a part holds a range; parts follow each other by IIN, so that together they are sorted. Where the ranges are cut
changes nothing of the rows.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from pipelines import archive, follow, ledger, limits
from pipelines.engine import Cut, fetch, listed, load
from pipelines.home import Home
from pipelines.machines import machines
from pipelines.parts import Parts
from pipelines.people import FACTS, Range, World, moved_rows, people_of
from pipelines.reuse import Base, Reused, reused
from schemas.rules import Law
from transforms.coverage import bases
from transforms.sql import query

_HIGHEST = 10**12  # no IIN is larger
_ROUNDS = 3  # ranges a worker, so that none waits long for the last
_LEAST = 1_000_000  # facts; smaller ranges read the same pages of the ledger over and over


@dataclass(frozen=True)
class Everybody:
    """What was found of everybody, range by range; `own_months` is a query over its files."""

    parts: list[Range]
    status: Parts
    covered: Parts
    own_months: str
    reused: Reused | None

    def statuses(self) -> Iterator[pl.DataFrame]:
        """Rows of insured_status of those who were looked at, sorted by IIN. Grain: a person."""
        return (part.drop("grace_ending") for part in self.status.each())

    def bases(self) -> Iterator[pl.DataFrame]:
        """iin and the basis of the month of those who were looked at, sorted by IIN. Grain: a person with a basis."""
        return self.covered.each()

    def completed(self, table: str, frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """Frames of the ranges, as published, with the rows of those who were not looked at. Grain: as the table."""
        for part, frame in zip(self.parts, frames, strict=True):
            yield frame if self.reused is None else self.reused.completed(table, frame, part)

    def graces_ending(self) -> pl.DataFrame:
        """Whose grace ends with the month. Grain: a person."""
        found = self.status.scan().filter("grace_ending").select("iin").collect()
        return found if self.reused is None else pl.concat([found, self.reused.graces_ending()])


@dataclass(frozen=True)
class Asked:
    """What is asked of all ranges: the world, how its people are cut, and the folder for what is found."""

    world: World
    parts: list[Range]
    folder: Path


@dataclass(frozen=True)
class Found:
    """The files of one range, and how many rows status and bases have."""

    status: Path
    bases: Path
    own_months: Path
    people: int
    covered: int


def everybody(
    con: duckdb.DuckDBPyConnection, home: Home, cut: Cut, law: Law, work: Path, base: Base | None = None
) -> Everybody:
    """Everybody known on the day; `con` is the month's engine with links, entrepreneur_months and returns.

    With a base only those are looked at who were touched since.
    """
    world = world_of(con, home, cut, law)
    taken = None if base is None or _agents_since(home, cut, law) else reused(con, base, world)
    if taken is not None:
        world = replace(world, only=taken.touched)
    status, covered = Parts(work, "people"), Parts(work, "bases")
    own = []
    with machines() as workers:
        asked = Asked(world, ranges(world, workers.at_once), work.resolve())
        for found in workers.each("people, by range of IINs", found_in, asked, len(asked.parts)):
            status.take(found.status, found.people)
            covered.take(found.bases, found.covered)
            own.append(str(found.own_months))
    return Everybody(asked.parts, status, covered, f"FROM read_parquet({listed(own)})", taken)


def found_in(asked: Asked, place: int) -> Found:
    """What is found of everybody in one of the ranges, on whatever machine; done twice it leaves the same files."""
    people = people_of(asked.world, asked.parts[place])
    covered = bases(people.known.masks, asked.world.cut.month)
    found = Found(
        status=asked.folder / f"people-{place:06d}.arrow",
        bases=asked.folder / f"bases-{place:06d}.arrow",
        own_months=asked.folder / f"own_months-{place:06d}.parquet",
        people=people.status.height,
        covered=covered.height,
    )
    _put(found.status, partial(people.status.write_ipc, compression="uncompressed"))
    _put(found.bases, partial(covered.write_ipc, compression="uncompressed"))
    _put(found.own_months, partial(people.own_months.write_parquet, compression="lz4"))
    return found


def world_of(con: duckdb.DuckDBPyConnection, home: Home, cut: Cut, law: Law) -> World:
    """What every range needs of the whole, from the month's engine."""
    links = fetch(con, "FROM links")
    # as other machines see them: the ledger may be a link of the home to shared storage
    files = {table: [os.path.realpath(file) for file in ledger.files_of(home, table)] for table in FACTS}
    since = _agents_since(home, cut, law)
    load(con, "agents_since", pl.DataFrame({"payer": since}, schema={"payer": pl.UInt64}))
    moved, lost = moved_rows(files, links), fetch(con, query("lost_wages"))
    if since:
        own = fetch(con, query("late_agents"))
        moved["others"] = pl.concat([moved["others"], own.select(moved["others"].columns)]).sort("person")
        lost = pl.concat([lost, own.group_by(lost.columns[:-1]).agg(lines=pl.len().cast(pl.UInt32))])
        lost = lost.group_by(lost.columns[:-1]).agg(pl.col("lines").sum())
    return World(
        cut=cut,
        law=law,
        files=files,
        standing=fetch(con, "SELECT sequence FROM recorded_deliveries ANTI JOIN withdrawn USING (sequence)")[
            "sequence"
        ],
        in_force=fetch(con, "SELECT sequence FROM in_force")["sequence"],
        links=links,
        moved=moved,
        entrepreneurs=fetch(con, "FROM entrepreneur_months ORDER BY iin, from_month"),
        returned=fetch(con, "FROM returned"),
        lost=lost,
    )


def _agents_since(home: Home, cut: Cut, law: Law) -> list[int]:
    """Agents of the law that the rules of some delivery's own day did not know, so that its facts tell otherwise."""
    rules = {record.rules for record in archive.records(home)[: cut.sequence]}
    known = [set(follow.law_then(home, one).codes("agent")) for one in rules]
    return [int(agent) for agent in law.codes("agent") if not all(agent in told for told in known)]


def ranges(world: World, at_once: int = 1) -> list[Range]:
    """IINs cut so that the facts of a range fit in memory, and that there are some ranges for each of the workers."""
    groups = []
    for table in FACTS:
        for file in world.files[table]:
            told = pq.read_metadata(file)
            place = told.schema.names.index("person")
            for number in range(told.num_row_groups):
                group = told.row_group(number)
                held_by = group.column(place).statistics
                groups.append((int(held_by.min), int(held_by.max), group.num_rows))
    most = limits.lines_a_range()
    if at_once > 1:
        most = min(most, max(_LEAST, sum(rows for _, _, rows in groups) // (_ROUNDS * at_once)))
    pieces = [piece for group in groups for piece in _cut(*group, most)]
    borders, held = [0], 0
    for low, rows in sorted(pieces):
        if held + rows > most and held and low > borders[-1]:
            borders.append(low)
            held = 0
        held += rows
    return [Range(low, high) for low, high in zip(borders, [*borders[1:], _HIGHEST], strict=True)]


def _cut(low: int, high: int, rows: int, most: int) -> Iterator[tuple[int, int]]:
    """A sorted row group as pieces of about so many rows at most, by where each begins."""
    count = -(-rows // most)
    return ((low + (high - low) * place // count, rows // count) for place in range(count))


def _put(path: Path, write: Callable[[Path], object]) -> None:
    """A file whole or not at all: a worker may die, or one that was given up for dead may still write."""
    handle, beside = tempfile.mkstemp(prefix=".", dir=path.parent)
    os.close(handle)
    write(Path(beside))
    Path(beside).rename(path)
