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
from pipelines.kept import Kept
from pipelines.ranges import Range
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
    payment line, and lost (wage lines wholly returned), both as transforms/returns.py gives them. base: if given, what
    is known of everybody but those in `touched` (current IINs), who alone are looked at.
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
    base: Kept | None
    touched: pl.Series

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
class People:
    """What is known of everybody in a range, and their status with `grace_ending`. own_months as its query gives it."""

    known: Known
    own_months: pl.DataFrame
    status: pl.DataFrame

    def for_keeps(self) -> dict[str, pl.DataFrame]:
        """What the next night may take over, by name, as pipelines/kept.py reads it; own_months beside it."""
        told = {"prepaid": self.known.prepaid, "partly_paid": self.known.partly_paid}
        return {"masks": self.known.masks.frame(), **{name: frame.sort("iin") for name, frame in told.items()}}


def people_of(world: World, part: Range) -> People:
    """Everybody of the range, sorted by IIN."""
    known, own_months = known_in(world, part)
    if world.base is not None:
        known, own_months = world.base.completed((known, own_months), part, world.touched)
    kinds = alike(known)
    status = insured_status(kinds.known, world.cut.month, world.cut.known_at, world.law)
    gathered = status.drop("iin").select(pl.all().gather(pl.Series(kinds.places)))
    return People(known, own_months, known.people.select("iin").with_columns(gathered))


def moved_rows(files: dict[str, list[str]], links: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Facts of people who have another IIN now, with that `iin`. Grain: as the facts."""
    old = links["person"].implode()
    found = {table: _facts(files[table], table).filter(pl.col("person").is_in(old)).sort("person") for table in FACTS}
    now = links.select("person", iin="current")
    return {table: rows.collect().join(now, on="person", maintain_order="left") for table, rows in found.items()}


def _facts(files: list[str], table: str) -> pl.LazyFrame:
    return pl.scan_parquet(files) if files else pl.LazyFrame(schema=LEDGER[table])


def known_in(world: World, part: Range) -> tuple[Known, pl.DataFrame]:
    """What the facts tell of everybody in the range who is to be looked at, and their own_months."""
    others, intervals, persons = (_rows(world, table, part) for table in ("others", "intervals", "persons"))
    intervals = intervals.filter(pl.col("register") != "entrepreneurs")
    with session() as con:
        _load_range(con, world, others)
        own_months = fetch(con, "FROM own_months")
        paid, early, partly_paid = (fetch(con, query(name)) for name in ("paid_masks", "prepaid", "partly_paid"))
    left = without_lost(_rows(world, "wages", part), world.lost)
    wages = stretches(left, world.last_month, world.settled_until)
    prepaid = pl.concat([early, wages_in_advance(left, world.last_month, world.settled_until)])
    told = [one["iin"].to_numpy() for one in (others, intervals, persons)]
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
        proprietors=world.entrepreneurs.filter(part.holds("iin")),
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
    asked = part.holds("person")
    if world.base is not None:
        asked &= pl.col("person").is_in(part.among(world.touched).implode())
    asked &= pl.col("sequence").is_in(counted)
    if world.links.height:
        asked &= ~pl.col("person").is_in(part.among(world.links["person"]).implode())
    # file by file: read at once they would all be decoded side by side in memory
    found = [pl.scan_parquet(file).filter(asked).collect() for file in world.files[table]]
    here = pl.concat([pl.DataFrame(schema=LEDGER[table]), *found])
    moved = world.moved[table].filter(part.holds("iin") & pl.col("sequence").is_in(counted))
    return pl.concat([here.with_columns(iin="person"), moved.select(*here.columns, "iin")])
