"""Everybody's status from the facts of the ledger, one range of IINs after the other, each within memory.

Grain: a range holds everybody whose current IIN lies in it, sorted by IIN, so that ranges follow each other.
A range is a plain function of what is on the disk and of a `World`, and may be computed anywhere in any order.
Not for a few people about whom everything is asked: pipelines/excerpt.py.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines import limits
from pipelines.engine import Cut, fetch, load, look_at, session
from pipelines.kept import Kept
from pipelines.ranges import Group, Range, groups_of, in_stretches, rows_about
from schemas.calendar import add_months
from schemas.ledger import LEDGER
from schemas.rules import Law
from transforms import law_tables
from transforms.alike import alike
from transforms.by_person import only, repeated_months, without
from transforms.covered_months import LOOK_AHEAD, Known
from transforms.ids import among, union
from transforms.masks import Masks
from transforms.own_money import OwnMoneyLaw, covered_in_advance, paid_in_part, plain_months, put_covered
from transforms.registers import basis_spans
from transforms.sql import query
from transforms.status import insured_status
from transforms.wage_months import Stretches, stretches, wages_in_advance, without_lost

FACTS = ("wages", "others", "intervals", "persons")
_ASKED_OF_MONEY = "iin, period, payer_kind, value_date, net_tiyn, known_on, settled"
_OF_MONEY = ("paid_masks", "prepaid", "partly_paid")
_UNTOLD = ("file_sha256", "document_reference", "document_number", "document_date", "payer_bank")


@dataclass(frozen=True)
class World:
    """What every range needs: the question, the ledger's files by table, and small tables about everybody.

    `withdrawn` are the deliveries whose lines do not count, `in_force` those of the registers that do. links: person,
    current, sorted by person. moved: rows of facts whose person has another IIN now. entrepreneurs: iin, from_month,
    to_month. returned (of the others, by payment line) and lost (wage lines wholly returned, sorted by person) are what
    came back. base: if given, what is known of everybody but those in `touched` (current IINs, sorted), who alone are
    looked at.
    """

    cut: Cut
    law: Law
    files: dict[str, list[str]]
    withdrawn: pl.Series
    in_force: pl.Series
    links: pl.DataFrame
    moved: dict[str, pl.DataFrame]
    entrepreneurs: pl.DataFrame
    returned: pl.DataFrame
    lost: pl.DataFrame
    base: Kept | None
    touched: pl.Series

    @cached_property
    def groups(self) -> dict[str, list[Group]]:
        """The row groups of each of the files."""
        return {file: groups_of(file) for files in self.files.values() for file in files}

    @property
    def last_month(self) -> date:
        return add_months(self.cut.month, LOOK_AHEAD)

    @cached_property
    def settlement(self) -> pl.DataFrame:
        """From which day money counts (transforms/law_tables.py)."""
        return law_tables.settlement(self.law, self.cut.known_at)

    @cached_property
    def own_money_law(self) -> OwnMoneyLaw:
        """What the law asks of own money."""
        return OwnMoneyLaw.of(self.law, self.settlement, self.cut.known_at)

    @property
    def settled_until(self) -> date:
        """The last value date whose money counts on the day."""
        return self.settlement.filter(pl.col("settled_on") <= self.cut.known_at)["value_date"].max()  # type: ignore[return-value]


@dataclass(frozen=True)
class People:
    """What is known of everybody in a range, and their status with `grace_ending`.

    own_months: as its query gives it, sorted by iin.
    """

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
    """Facts of people who have another IIN now, with that `iin`, sorted by person. Grain: as the facts."""
    now = links.select("person", iin="current")
    moved = {}
    old = links["person"].sort()
    for table in FACTS:
        found = [only(rows.collect(), old) for file in files[table] for rows in in_stretches(file)]
        rows = pl.concat([pl.DataFrame(schema=LEDGER[table]), *found]).sort("person", maintain_order=True)
        moved[table] = rows.join(now, on="person", maintain_order="left")
    return moved


def known_in(world: World, part: Range) -> tuple[Known, pl.DataFrame]:
    """What the facts tell of everybody in the range who is to be looked at, and their own_months."""
    with ThreadPoolExecutor(limits.at_once()) as pool:  # neither of the two keeps two processors busy
        of_rest, of_wages = pool.submit(_all_but_wages, world, part), pool.submit(_wage_months, world, part)
        rest, (wages, in_advance) = of_rest.result(), of_wages.result()
    masks = Masks(union([*rest.people, *(one.iins for one in wages)]), world.last_month)
    masks.add(rest.paid)
    put_covered(rest.plain, masks)
    for source, iins, first, last in basis_spans(rest.intervals, world.law):
        masks.put_spans(source, iins, first, last)
    for one in wages:
        masks.put("paid_25th", one.iins, one.words)
    known = Known(
        people=pl.DataFrame({"iin": masks.ids}),
        masks=masks,
        prepaid=pl.concat([rest.early, covered_in_advance(rest.plain, world.last_month), *in_advance])
        .group_by("iin", "back")
        .agg(pl.col("lead").max()),
        partly_paid=pl.concat([rest.partly_paid, paid_in_part(rest.plain)]).sort("iin", "period"),
        proprietors=rest.entrepreneurs,
    )
    return known, rest.months.sort("iin", "period").merge_sorted(rest.plain, key="iin")


@dataclass(frozen=True)
class _AllButWages:
    """What all facts but wages tell of a range: its people as each table names them, their registers, own money.

    plain: months that one line pays (transforms/own_money.py); months, paid, early and partly_paid: of all others, by
    own_months.sql, paid_masks.sql, prepaid.sql and partly_paid.sql.
    """

    people: list[npt.NDArray[np.uint64]]
    intervals: pl.DataFrame
    entrepreneurs: pl.DataFrame
    plain: pl.DataFrame
    months: pl.DataFrame
    paid: pl.DataFrame
    early: pl.DataFrame
    partly_paid: pl.DataFrame


def _all_but_wages(world: World, part: Range) -> _AllButWages:
    """What others, intervals and persons tell of everybody in the range."""
    others, intervals, persons = (_rows(world, table, part) for table in ("others", "intervals", "persons"))
    intervals = intervals.filter(pl.col("register") != "entrepreneurs")
    entrepreneurs = world.entrepreneurs.filter(part.holds("iin"))
    plain, rest = plain_months(others, world.returned, entrepreneurs, world.own_money_law)
    with session() as con:
        _load_range(con, world, rest)
        told = [fetch(con, "FROM own_months"), *(fetch(con, query(name)) for name in _OF_MONEY)]
    people = [one["iin"].to_numpy() for one in (others, intervals, persons)]
    return _AllButWages(people, intervals, entrepreneurs, plain, *told)


def _wage_months(world: World, part: Range) -> tuple[list[Stretches], list[pl.DataFrame]]:
    """The months that wages cover, file by file, and those covered in advance."""
    wages, in_advance = [], []
    for rows in _pieces(world, "wages", part):
        left = without_lost(rows, world.lost)
        wages.append(stretches(left, world.last_month, world.settled_until))
        in_advance.append(wages_in_advance(left, world.last_month, world.settled_until))
    return wages, in_advance


def _load_range(con: duckdb.DuckDBPyConnection, world: World, others: pl.DataFrame) -> None:
    """The tables that the month's own queries ask for, of the range's people and of lines with a kind to be found."""
    look_at(con, world.cut.month, world.cut.known_at)
    others = others.drop("person").rename({"iin": "person"})
    absent = [pl.lit(None, dtype=LEDGER["payments"][name]).alias(name) for name in _UNTOLD]
    payers = others.filter(pl.col("payer") != pl.col("person"))["payer"].unique()
    concerned = union([others["person"].to_numpy(), payers.to_numpy()])
    links = _among(world.links, "person", concerned)
    concerned = np.union1d(concerned, links["current"].to_numpy())
    con.register("ledger_payments", others.with_columns(absent))
    load(con, "links", links)
    load(con, "entrepreneur_months", _among(world.entrepreneurs, "iin", concerned))
    load(con, "returned", world.returned)
    load(con, "agents", law_tables.agents(world.law))
    load(con, "settlement", world.settlement)
    load(con, "requirements", law_tables.requirements(world.law, world.cut.known_at))
    load(con, "months", law_tables.months(world.law, world.cut.known_at))
    con.execute(f"CREATE TEMP MACRO money_of(lines) AS TABLE {query('money')}")
    con.execute(f"CREATE TEMP TABLE money AS SELECT {_ASKED_OF_MONEY} FROM money_of('ledger_payments')")
    load(con, "repeated_months", repeated_months(others["person"], others["period"]))
    con.execute(f"CREATE TEMP TABLE own_months AS {query('own_months')}")


def _among(few: pl.DataFrame, column: str, ids: npt.NDArray[np.uint64]) -> pl.DataFrame:
    """Those rows of a small table that are about one of many sorted ids."""
    return few.filter(pl.Series(among(few[column].to_numpy(), ids), dtype=pl.Boolean))


def _rows(world: World, table: str, part: Range) -> pl.DataFrame:
    """Standing facts of the range's people with `iin`. Grain: as the facts."""
    return pl.concat(_pieces(world, table, part))


def _pieces(world: World, table: str, part: Range) -> Iterator[pl.DataFrame]:
    """The same file by file, each sorted by person; last those of people who have another IIN now."""
    counts = pl.col("sequence") <= world.cut.sequence
    if table in ("intervals", "persons"):
        counts = pl.col("sequence").is_in(world.in_force.implode())
    elif len(world.withdrawn):
        counts &= ~pl.col("sequence").is_in(world.withdrawn.implode())
    looked_at = None if world.base is None else world.touched
    for file in world.files[table]:
        near = rows_about(file, world.groups[file], part, looked_at)
        rows = near.filter(part.holds("person") & counts).collect()
        if looked_at is not None:
            rows = only(rows, looked_at)
        yield without(rows, world.links["person"]).with_columns(iin="person")
    yield world.moved[table].filter(part.holds("iin") & counts).select(*LEDGER[table], "iin")
