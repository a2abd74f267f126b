"""Everybody's status from the facts of the ledger, one range of IINs after the other, each within memory.

Grain: a range holds everybody whose current IIN lies in it, sorted by IIN, so that ranges follow each other.
A range is a plain function of what is on the disk and of a `World`, and may be computed anywhere in any order.
Not for a few people about whom everything is asked: pipelines/excerpt.py.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import duckdb
import numpy as np
import polars as pl

from pipelines.engine import Cut, fetch, load, look_at, session
from schemas.calendar import add_months
from schemas.ledger import LEDGER
from schemas.rules import Law
from transforms import law_tables
from transforms.alike import alike
from transforms.covered_months import LOOK_AHEAD, Known
from transforms.ids import distinct
from transforms.masks import Masks
from transforms.registers import basis_spans
from transforms.sql import query
from transforms.status import insured_status
from transforms.wage_months import stretches, wages_in_advance, without_lost

FACTS = ("wages", "others", "intervals", "persons")
_ASKED_OF_MONEY = "iin, period, payer_kind, value_date, net_tiyn, known_on, settled"
_UNTOLD = ("file_sha256", "document_reference", "document_number", "document_date", "payer_bank")


@dataclass(frozen=True)
class World:
    """What every range needs: the question, the ledger's files by table, and small tables about everybody.

    `standing` are the deliveries whose lines count, `in_force` those of the registers. links: person, current.
    moved: rows of facts whose person has another current IIN. entrepreneurs: iin, from_month, to_month. returned, by
    payment line, and lost (wage lines wholly returned), both as transforms/returns.py gives them. only: if given, the
    people to look at, by current IIN; own_months are found of everybody nevertheless.
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
    only: pl.Series | None = None

    def asked_of(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows of people to look at. Grain: as the frame, which has `iin`."""
        return frame if self.only is None else frame.filter(pl.col("iin").is_in(self.only.implode()))

    @property
    def last_month(self) -> date:
        return add_months(self.cut.month, LOOK_AHEAD)

    @cached_property
    def settlement(self) -> pl.DataFrame:
        """From which day money counts (transforms/law_tables.py)."""
        return law_tables.settlement(self.law, self.cut.known_at)

    @property
    def settled_until(self) -> date:
        """The last value date whose money counts on the day."""
        return self.settlement.filter(pl.col("settled_on") <= self.cut.known_at)["value_date"].max()  # type: ignore[return-value]


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
    found = {
        table: scan_facts(files, table).filter(pl.col("person").is_in(old)).sort("person").collect() for table in FACTS
    }
    now = links.select("person", iin="current")
    return {table: rows.join(now, on="person", maintain_order="left") for table, rows in found.items()}


def known_in(world: World, part: Range) -> tuple[Known, pl.DataFrame]:
    """What is known of everybody in the range, and their own_months."""
    others, intervals, persons = (_rows(world, table, part) for table in ("others", "intervals", "persons"))
    intervals = intervals.filter(pl.col("register") != "entrepreneurs")
    with session() as con:
        _load_range(con, world, others)
        own_months = fetch(con, "FROM own_months")
        found = (fetch(con, query(name)) for name in ("paid_masks", "prepaid", "partly_paid"))
        paid, early, partly_paid = (world.asked_of(one) for one in found)
    left = without_lost(_rows(world, "wages", part), world.lost)
    wages = stretches(left, world.last_month, world.settled_until)
    prepaid = pl.concat([early, wages_in_advance(left, world.last_month, world.settled_until)])
    told = [one["iin"].to_numpy() for one in (world.asked_of(others), intervals, persons)]
    # quick where what is sorted already follows each other; numpy's own way to find each once hashes
    ids = distinct(np.sort(np.concatenate([*told, wages.iins]), kind="stable"))
    masks = Masks(ids, world.last_month)
    masks.add(paid)
    for source, iins, first, last in basis_spans(intervals, world.law):
        masks.put_spans(source, iins, first, last)
    for word, bits in enumerate(wages.words):
        masks.put("paid_25th", word, wages.iins, bits)
    known = Known(
        people=pl.DataFrame({"iin": masks.ids}),
        masks=masks,
        prepaid=prepaid.group_by("iin", "back").agg(pl.col("lead").max()),
        partly_paid=partly_paid,
        proprietors=world.entrepreneurs.filter(_within("iin", part)),
    )
    return known, own_months


def _load_range(con: duckdb.DuckDBPyConnection, world: World, others: pl.DataFrame) -> None:
    """The tables that the month's own queries ask for, of the range's people and of lines with a kind to be found."""
    look_at(con, world.cut.month, world.cut.known_at)
    others = others.drop("person").rename({"iin": "person"})
    absent = [pl.lit(None, dtype=LEDGER["payments"][name]).alias(name) for name in _UNTOLD]
    concerned = pl.concat([others["person"], others["payer"]]).unique()
    payers = world.links.filter(pl.col("person").is_in(concerned.implode()))
    concerned = pl.concat([concerned, payers["current"]])
    con.register("ledger_payments", others.with_columns(absent))
    load(con, "links", payers)
    load(con, "entrepreneur_months", world.entrepreneurs.filter(pl.col("iin").is_in(concerned.implode())))
    load(con, "returned", world.returned)
    load(con, "agents", law_tables.agents(world.law))
    load(con, "settlement", world.settlement)
    load(con, "requirements", law_tables.requirements(world.law, world.cut.known_at))
    load(con, "months", law_tables.months(world.law, world.cut.known_at))
    con.execute(f"CREATE TEMP MACRO money_of(lines) AS TABLE {query('money')}")
    con.execute(f"CREATE TEMP TABLE money AS SELECT {_ASKED_OF_MONEY} FROM money_of('ledger_payments')")
    con.execute(f"CREATE TEMP TABLE own_months AS {query('own_months')}")


def _rows(world: World, table: str, part: Range) -> pl.DataFrame:
    """Standing facts of the range's people with `iin`; those of a file are sorted by person. Grain: as the facts."""
    counted = (world.in_force if table in ("intervals", "persons") else world.standing).implode()
    asked = _within("person", part) & pl.col("sequence").is_in(counted)
    if world.links.height:
        asked &= ~pl.col("person").is_in(world.links["person"].implode())
    if world.only is not None and table != "others":
        asked = pl.col("person").is_in(world.only.implode()) & asked
    # file by file: read at once they would all be decoded side by side in memory
    found = [pl.scan_parquet(file).filter(asked).collect() for file in world.files[table]]
    here = pl.concat([pl.DataFrame(schema=LEDGER[table]), *found])
    moved = world.moved[table].filter(_within("iin", part) & pl.col("sequence").is_in(counted))
    if table != "others":
        moved = world.asked_of(moved)
    return pl.concat([here.with_columns(iin="person"), moved.select(*here.columns, "iin")])


def _within(column: str, part: Range) -> pl.Expr:
    return (pl.col(column) >= part.low) & (pl.col(column) < part.high)


def scan_facts(files: dict[str, list[str]], table: str) -> pl.LazyFrame:
    """A table of facts from its files. Grain: as the facts."""
    return pl.scan_parquet(files[table]) if files[table] else pl.LazyFrame(schema=LEDGER[table])
