"""What a line changed: statuses of every month with the line and without it, by the month's own code.

Grain: a person, a month. Nothing is guessed from the line: people are those whom it names, and whom they pay for where
it decides what their money is. Money is tiyn.
"""

from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import polars as pl

from pipelines import ledger
from pipelines.engine import fetch, look_at
from pipelines.explain.asked import Asked, as_text
from pipelines.explain.person import Row, coverage_of
from pipelines.few import known_of
from schemas.calendar import FIRST_MONTH, add_months, month_index
from schemas.codes import PAYER_KINDS
from transforms.covered_months import Known
from transforms.links import connected
from transforms.status import insured_status

REGISTERS = ("intervals", "links", "persons")
_REACH = 17  # months before a period on which its payment can bear: twelve paid in advance, and a grace before them
_COMPARED = ("status", "reason", "coverage_months", "missing_months", "arrears_tiyn")


def changes(asked: Asked, rows: dict[str, pl.DataFrame], people: list[int], deliveries: list[Row]) -> dict[str, Any]:
    """payments and returns as known on the day, months whose status the line moves, months that it helps to cover."""
    last_month = add_months(asked.cut.known_at, 1)
    registers = any(rows[table].height for table in REGISTERS)
    first_month = _first_month(rows)
    found: dict[str, Any] = {"payments": [], "returns": [], "is_in_force": None, "people": [], "months": []}
    found |= {"covers": [], "first_month": first_month, "last_month": last_month}
    if not people:
        return found
    people = sorted({*people, *_paid_for(asked, rows)})
    asked = asked.about(pl.Series(people, dtype=pl.UInt64))
    with ExitStack() as stack:
        opened = stack.enter_context(asked.opened())
        with opened.facts() as con:
            found["payments"] = _payments(asked, con, rows["payments"])
            found["returns"] = _returns(con, rows["returns"])
            if registers:
                in_force = {row[0] for row in con.execute("SELECT sequence FROM in_force").fetchall()}
                found["is_in_force"] = bool(in_force & {row["sequence"] for row in deliveries})
            now, known = _current(con, people), _known(asked, con, last_month)
            found["covers"] = _covers(con, asked, rows["payments"])
        without = _without(asked.lines, rows)
        # registers and returns are laid out once for an engine, so without a row of them it takes another one
        other = replace(opened, lines=without)
        if registers or rows["returns"].height:
            other = stack.enter_context(replace(asked, lines=without).opened())
        with other.facts() as con:
            now |= _current(con, people)
            found["months"] = _moved(asked, known, _known(asked, con, last_month), first_month, last_month, now)
    found["people"] = [as_text(person) for person in sorted(now)]
    return found


def _paid_for(asked: Asked, rows: dict[str, pl.DataFrame]) -> list[int]:
    """Everybody whose money comes from a payer of whom the line says who it is, or that it is an entrepreneur.

    By that the money is withheld or the person's own, whatever the line says of the person.
    """
    entrepreneurs = rows["intervals"].filter(pl.col("register") == "entrepreneurs")["person"]
    named = pl.concat([entrepreneurs, rows["links"]["person"], rows["links"]["current"]])
    if named.is_empty():
        return []
    payers = connected(named, ledger.scan(asked.home, "links").collect())
    paid = ledger.scan(asked.home, "payments").filter(pl.col("sequence") <= asked.cut.sequence)
    return paid.filter(pl.col("payer").is_in(payers.implode())).select("person").unique().collect()["person"].to_list()


def _current(con: duckdb.DuckDBPyConnection, people: list[int]) -> set[int]:
    """The current IINs behind these, by the links in force."""
    links = dict(con.execute("SELECT person, current FROM links").fetchall())
    return {links.get(person, person) for person in people}


def _first_month(rows: dict[str, pl.DataFrame]) -> date:
    """The first month on which the line can bear: a link or a row of the persons register bears on all."""
    if rows["links"].height or rows["persons"].height:
        return FIRST_MONTH
    days = [*rows["payments"]["period"], *rows["returns"]["period"], *rows["intervals"]["from_day"]]
    return max(FIRST_MONTH, add_months(max(FIRST_MONTH, min(days)), -_REACH)) if days else FIRST_MONTH


def _without(lines: dict[str, pl.DataFrame], rows: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The excerpt as if the line had never come."""
    gone = {table: rows[table].select("sequence", "line_no") for table in ("payments", "returns", *REGISTERS)}
    return lines | {
        table: lines[table].join(keys, on=["sequence", "line_no"], how="anti", maintain_order="left")
        for table, keys in gone.items()
    }


def _known(asked: Asked, con: duckdb.DuckDBPyConnection, month: date) -> Known:
    look_at(con, month, asked.cut.known_at)
    known = known_of(con)
    look_at(con, asked.cut.month, asked.cut.known_at)
    return known


def _moved(asked: Asked, known: Known, without: Known, first: date, last: date, people: set[int]) -> list[Row]:
    """People whose status, reason, letters or arrears of a month are others without the line, month by month."""
    found: list[Row] = []
    if known.tells_the_same(without):
        return found
    for month in (add_months(first, later) for later in range(month_index(last) - month_index(first) + 1)):
        told, else_told = (_statuses(asked, one.as_of(month), month, people) for one in (known, without))
        found += [
            {"iin": as_text(iin), "month": month, "with": told.get(iin), "without": else_told.get(iin)}
            for iin in sorted(people)
            if told.get(iin) != else_told.get(iin)
        ]
    return found


def _statuses(asked: Asked, known: Known, month: date, people: set[int]) -> dict[int, Row]:
    status = insured_status(known, month, asked.cut.known_at, asked.law)
    mine = status.filter(pl.col("iin").is_in(sorted(people))).to_dicts()
    return {row["iin"]: {key: row[key] for key in _COMPARED} for row in mine}


def _payments(asked: Asked, con: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> list[Row]:
    """The line as money knows it on the day; as it was written where it was recalled."""
    found = []
    for row in rows.to_dicts():
        keys = ("period", "knp", "value_date")
        told = {key: row[key] for key in keys} | {"payer_kind": None, "returned_tiyn": 0, "state": "withdrawn"}
        told |= {"paid_tiyn": row["amount_tiyn"], "settled_on": asked.law.settled_on(row["value_date"])}
        told |= {"payer_id": as_text(row["payer"]), "person_iin": as_text(row["person"])}
        for money in _of_line(con, "FROM money", row):
            told |= {key: money[key] for key in ("payer_kind", "returned_tiyn")}
            told["state"] = "returned" if money["net_tiyn"] == 0 else "settled" if money["settled"] else "pending"
        found.append(told)
    return found


def _returns(con: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> list[Row]:
    """The line as matched on the day, with the file and line of the payment that it lessens."""
    sql = (
        "SELECT r.*, p.file_sha256 AS payment_file FROM matched_returns r LEFT JOIN ledger_payments p "
        "ON p.sequence = r.payment_sequence AND p.line_no = r.payment_line"
    )
    found = []
    for row in rows.to_dicts():
        told = {key: row[key] for key in ("period", "knp")} | {"outcome": "withdrawn"}
        told |= {"returned_on": row["value_date"], "returned_tiyn": row["amount_tiyn"]}
        told |= {"payment_file": None, "payment_line": None, "person_iin": as_text(row["person"])}
        for match in _of_line(con, f"FROM ({sql})", row):
            told |= {key: match[key] for key in ("outcome", "payment_file", "payment_line")}
        found.append(told)
    return found


def _of_line(con: duckdb.DuckDBPyConnection, source: str, row: Row) -> list[Row]:
    """The rows of a source about the line of a delivery."""
    return fetch(con, f"{source} WHERE sequence = {row['sequence']} AND line_no = {row['line_no']}").to_dicts()


def _covers(con: duckdb.DuckDBPyConnection, asked: Asked, rows: pl.DataFrame) -> list[date]:
    """Months with the basis `paid` to which the settled money of the line belongs."""
    found: set[date] = set()
    for row in rows.to_dicts():
        for money in _of_line(con, "FROM money", row):
            if money["settled"] and money["net_tiyn"] and money["payer_kind"] in PAYER_KINDS:
                covered = coverage_of(asked, con, money["iin"], [money["period"]])
                found |= {month for month, told in covered.items() if told["basis"] == "paid"}
    return sorted(found)
