"""Everybody's status from the facts of the ledger, one range of IINs after the other, each within memory.

Grain: a range holds everybody whose current IIN lies in it, sorted by IIN, so that ranges follow each other.
A range is a plain function of what is on the disk and of a `World`, and may be computed anywhere in any order.
Not for a few people about whom everything is asked: pipelines/excerpt.py.
"""

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from pipelines.engine import Cut, fetch, load, look_at, session
from schemas.calendar import add_months
from schemas.ledger import LEDGER
from schemas.rules import Law
from transforms import law_tables
from transforms.alike import alike
from transforms.covered_months import LOOK_AHEAD, Known
from transforms.registers import basis_intervals
from transforms.sql import query
from transforms.status import insured_status
from transforms.wage_months import wage_masks, wages_in_advance, without_lost

FACTS = ("wages", "others", "intervals", "persons")
_UNTOLD = ("file_sha256", "document_reference", "document_number", "document_date", "payer_bank")


@dataclass(frozen=True)
class World:
    """What every range needs: the question, the ledger's files by table, and small tables about everybody.

    `standing` are the deliveries whose lines count, `in_force` those of the registers. links: person, current.
    moved: rows of facts whose person has another current IIN. entrepreneurs: iin, from_month, to_month. returned, by
    payment line, and lost (wage lines wholly returned), both as transforms/returns.py gives them.
    """

    cut: Cut
    law: Law
    files: dict[str, list[str]]
    standing: pl.Series
    in_force: pl.Series
    links: pl.DataFrame
    moved: dict[str, pl.DataFrame]
    entrepreneurs: pl.DataFrame
    returned: pl.DataFrame
    lost: pl.DataFrame

    @property
    def last_month(self) -> date:
        return add_months(self.cut.month, LOOK_AHEAD)

    @property
    def settled_until(self) -> date:
        """The last value date whose money counts on the day."""
        days = law_tables.settlement(self.law, self.cut.known_at)
        return days.filter(pl.col("settled_on") <= self.cut.known_at)["value_date"].max()  # type: ignore[return-value]


@dataclass(frozen=True)
class Range:
    """IINs from `low` up to, not including, `high`."""

    low: int
    high: int


@dataclass(frozen=True)
class People:
    """What is known of everybody in a range, and their status with `grace_ending`. own_months as its query gives it."""

    known: Known
    own_months: pl.DataFrame
    status: pl.DataFrame


def people_of(world: World, part: Range) -> People:
    """Everybody of the range, sorted by IIN."""
    known, own_months = known_in(world, part)
    kinds = alike(known)
    status = insured_status(kinds.known, world.cut.month, world.cut.known_at, world.law)
    gathered = status.drop("iin").select(pl.all().gather(pl.Series(kinds.places)))
    return People(known, own_months, known.people.select("iin").with_columns(gathered))


def moved_rows(files: dict[str, list[str]], links: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Facts of people who have another IIN now, with that `iin`. Grain: as the facts."""
    old = links["person"].implode()
    found = {table: _scan(files, table).filter(pl.col("person").is_in(old)).collect() for table in FACTS}
    now = links.select("person", iin="current")
    return {table: rows.join(now, on="person", maintain_order="left") for table, rows in found.items()}


def known_in(world: World, part: Range) -> tuple[Known, pl.DataFrame]:
    """What is known of everybody in the range, and their own_months."""
    rows = {table: _rows(world, table, part) for table in FACTS}
    wages = without_lost(rows["wages"], world.lost)
    asked = (world.last_month, world.settled_until)
    with session() as con:
        _load_range(con, world, rows)
        own_months = fetch(con, "FROM own_months")
        masks = [fetch(con, query(name)) for name in ("register_masks", "paid_masks")]
        masks.append(wage_masks(wages, *asked))
        prepaid = pl.concat([fetch(con, query("prepaid")), wages_in_advance(wages, *asked)])
        partly_paid = fetch(con, query("partly_paid"))
    intervals = rows["intervals"].filter(pl.col("register") != "entrepreneurs")
    told = [one.select("iin") for one in (rows["wages"], rows["others"], intervals, rows["persons"])]
    people = pl.concat(told).unique().sort("iin")
    known = Known(
        people=people,
        masks=pl.concat(masks).group_by("source", "iin", "word").agg(pl.col("mask").bitwise_or()),
        prepaid=prepaid.group_by("iin", "back").agg(pl.col("lead").max()),
        partly_paid=partly_paid,
        proprietors=world.entrepreneurs.filter(_within("iin", part)),
    )
    return known, own_months


def _load_range(con: duckdb.DuckDBPyConnection, world: World, rows: dict[str, pl.DataFrame]) -> None:
    """The tables that the month's own queries ask for, of the range's people and of lines with a kind to be found."""
    look_at(con, world.cut.month, world.cut.known_at)
    others = rows["others"].drop("person").rename({"iin": "person"})
    absent = [pl.lit(None, dtype=LEDGER["payments"][name]).alias(name) for name in _UNTOLD]
    concerned = pl.concat([others["person"], others["payer"]]).unique()
    payers = world.links.filter(pl.col("person").is_in(concerned.implode()))
    concerned = pl.concat([concerned, payers["current"]])
    load(con, "ledger_payments", others.with_columns(absent))
    load(con, "links", payers)
    load(con, "entrepreneur_months", world.entrepreneurs.filter(pl.col("iin").is_in(concerned.implode())))
    load(con, "returned", world.returned)
    load(con, "agents", law_tables.agents(world.law))
    load(con, "settlement", law_tables.settlement(world.law, world.cut.known_at))
    load(con, "requirements", law_tables.requirements(world.law, world.cut.known_at))
    load(con, "months", law_tables.months(world.law, world.cut.known_at))
    no_links = world.links.clear()
    intervals = rows["intervals"].drop("person").rename({"iin": "person"})
    load(con, "basis_intervals", basis_intervals(intervals, no_links, world.law))
    con.execute(f"CREATE TEMP TABLE money AS {query('money')}")
    con.execute(f"CREATE TEMP TABLE own_months AS {query('own_months')}")


def _rows(world: World, table: str, part: Range) -> pl.DataFrame:
    """Standing facts of the range's people with `iin`, each delivery's sorted by person. Grain: as the facts."""
    counted = world.in_force if table in ("intervals", "persons") else world.standing
    old = world.links["person"].implode()
    here = _scan(world.files, table).filter(_within("person", part)).collect()
    here = here.filter(~pl.col("person").is_in(old)).with_columns(iin="person")
    moved = world.moved[table].filter(_within("iin", part))
    return pl.concat([here, moved.select(here.columns)]).filter(pl.col("sequence").is_in(counted.implode()))


def _within(column: str, part: Range) -> pl.Expr:
    return (pl.col(column) >= part.low) & (pl.col(column) < part.high)


def _scan(files: dict[str, list[str]], table: str) -> pl.LazyFrame:
    empty = pl.LazyFrame(schema=LEDGER[table])
    return pl.concat([empty, *(pl.scan_parquet(file) for file in files[table])])
