"""The way back: what a line of a file is, and which statuses it touched.

Grain: a physical line of one file. Statuses are computed for every month with the line and without it, by the month's
own code; nothing is guessed from the line. Money is tiyn. Errors: UsageError for an unknown file, RunFailed for a line
that nothing begins in.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb
import polars as pl

from pipelines import archive, ledger
from pipelines.engine import fetch, look_at
from pipelines.errors import RunFailed
from pipelines.explain.asked import Asked, as_text
from pipelines.explain.person import Row, coverage_of, current_of
from pipelines.explain.source_lines import places
from pipelines.month import known_of
from pipelines.readers import mt
from schemas.calendar import FIRST_MONTH, add_months
from schemas.codes import PAYER_KINDS, QUARANTINE, REFUSALS
from transforms.status import insured_status

_REACH = 17  # months before a period on which its payment can bear: twelve paid in advance, and a grace before them
_MONEY = ("payments", "returns", "transfers", "entries")
_REGISTERS = ("intervals", "links", "persons")
_COMPARED = ("status", "reason", "coverage_months", "missing_months", "arrears_tiyn")


def touched(asked: Asked, sha: str, line_no: int) -> dict[str, Any]:
    """What the line is, whose it is, and what it changed from its first month to the last that can be asked for."""
    sha256 = archive.sha_of(asked.records, sha)
    deliveries = _of_file(asked, "deliveries", sha256).sort("sequence").to_dicts()
    begins = _begins(asked, sha256, line_no, deliveries)
    at_line = pl.col("line_no") == begins
    rows = {
        table: _of_deliveries(asked, table, deliveries).filter(at_line).collect() for table in (*_MONEY, *_REGISTERS)
    }
    people = sorted({person for table in ("payments", "returns", *_REGISTERS) for person in _people(rows[table])})
    found = {
        "file_sha256": sha256,
        "file_name": deliveries[-1]["file_name"],
        "source": deliveries[-1]["source"],
        "format": deliveries[-1]["format"],
        "received_on": deliveries[0]["received_on"],
        "line_no": begins,
        "asked_line": line_no,
        "known_at": asked.cut.known_at,
        "law_as_of": asked.cut.law_as_of,
        "withdrawn_on": _withdrawn_on(asked, deliveries),
        "outside": _outside(asked, sha256, begins),
        **_told(rows),
        **_changes(asked, rows, people, deliveries),
    }
    if begins:
        path = archive.verified(asked.home, sha256)
        place = places(path, [begins])[begins]
        found |= {"byte_offset": place.byte_offset, "byte_length": place.byte_length}
    return found


def _of_file(asked: Asked, table: str, sha256: str) -> pl.DataFrame:
    """The rows of a small table that tell of the file."""
    told = ledger.scan(asked.home, table).filter(pl.col("sequence") <= asked.cut.sequence)
    return told.filter(pl.col("file_sha256") == sha256).collect()


def _of_deliveries(asked: Asked, table: str, deliveries: list[Row]) -> pl.LazyFrame:
    """The rows of a large table that came with the deliveries: the ledger lies in their order."""
    sequences = [row["sequence"] for row in deliveries]
    near = pl.col("sequence").is_between(min(sequences), max(sequences))
    return ledger.scan(asked.home, table).filter(near & pl.col("sequence").is_in(sequences))


def _begins(asked: Asked, sha256: str, line_no: int, deliveries: list[Row]) -> int:
    """The line itself, or the line in which the item, document or refused file begins that it belongs to."""
    tables = [_of_deliveries(asked, table, deliveries).select("line_no") for table in (*_MONEY, *_REGISTERS)]
    outside = _of_file(asked, "quarantine", sha256)
    own = pl.concat([*tables, outside.lazy().select("line_no")]).filter(pl.col("line_no") <= line_no)
    whole = outside.lazy().filter(pl.col("reason").is_in(list(REFUSALS))).filter(pl.col("line_no") <= line_no)
    is_message = any((row["format"] or "").startswith(mt.FORMAT) for row in deliveries)
    here, before = own.filter(pl.col("line_no") == line_no), (own if is_message else whole).select("line_no")
    found = pl.concat([here, before]).max().collect().item()
    if found is None:
        raise RunFailed(
            f"nothing begins in line {line_no} of this file, and it belongs to nothing that does: expected the line_no "
            "of a payment, return, register row, entry or quarantined line, as in the tables; nothing was explained"
        )
    return int(found)


def _people(rows: pl.DataFrame) -> Iterator[int]:
    for column in ("person", "current"):
        if column in rows.columns:
            yield from rows[column].drop_nulls().to_list()


def _withdrawn_on(asked: Asked, deliveries: list[Row]) -> date | None:
    """The day on which all that was read of the file was recalled."""
    recalled = dict(ledger.withdrawn(asked.home, asked.cut.sequence).rows())
    read = [row["sequence"] for row in deliveries if row["refused_reason"] is None or row["lines"]]
    days = [recalled.get(sequence) for sequence in read]
    return max(days) if days and all(days) else None


def _outside(asked: Asked, sha256: str, line_no: int) -> list[Row]:
    """The verdicts for which the line, its document or file did not get in, and whether they were taken back."""
    releases = _of_file(asked, "releases", sha256)
    reasons = REFUSALS | QUARANTINE
    found = []
    about = pl.col("line_no").is_in([line_no, 0]) & (pl.col("reason") != "seen_before")
    for row in _of_file(asked, "quarantine", sha256).filter(about).to_dicts():
        later = releases.filter((pl.col("place") == row["place"]) & (pl.col("sequence") > row["sequence"]))
        found.append(
            {
                "reason": row["reason"],
                "field": row["field"],
                "amount_tiyn": row["amount_tiyn"],
                "next_step": reasons[row["reason"]].next_step,
                "received_on": row["received_on"],
                "released_on": later["received_on"].max(),
            }
        )
    return found


def _told(rows: dict[str, pl.DataFrame]) -> dict[str, list[Row]]:
    """Accepted register rows, transfers and entries of the line; payments and returns are told with their state."""
    last = {table: frame.sort("sequence").tail(1).to_dicts() for table, frame in rows.items()}
    intervals = [
        {"register": row["register"], "code": row["code"], "person_iin": as_text(row["person"])}
        | {"from": row["from_day"], "to": row["to_day"]}
        for row in last["intervals"]
    ]
    links = [{"old_iin": as_text(row["person"]), "current_iin": as_text(row["current"])} for row in last["links"]]
    registered = [{"person_iin": as_text(row["person"])} for row in last["persons"]]
    transfers = [{"paid_tiyn": row["amount_tiyn"]} for row in last["transfers"]]
    entries = [{"paid_tiyn": row["amount_tiyn"], "value_date": row["booked_on"]} for row in rows["entries"].to_dicts()]
    found = {"intervals": intervals, "links": links, "registered": registered}
    return {**found, "transfers": transfers, "entries": entries}


def _changes(asked: Asked, rows: dict[str, pl.DataFrame], people: list[int], deliveries: list[Row]) -> dict[str, Any]:
    """payments and returns as known on the day, months whose status the line moves, months that it helps to cover."""
    last_month = add_months(asked.cut.known_at, 1)
    registers = any(rows[table].height for table in _REGISTERS)
    first_month = _first_month(rows)
    found: dict[str, Any] = {"payments": [], "returns": [], "is_in_force": None, "people": [], "months": []}
    found |= {"covers": [], "first_month": first_month, "last_month": last_month}
    if not people:
        return found
    asked = asked.about(pl.Series(people, dtype=pl.UInt64))
    without = replace(asked, lines=_without(asked.lines, rows))
    with ExitStack() as stack:
        con, other = stack.enter_context(asked.engine()), stack.enter_context(without.engine())
        found["payments"], found["returns"] = _payments(asked, con, rows["payments"]), _returns(con, rows["returns"])
        if registers:
            in_force = {row[0] for row in con.execute("SELECT sequence FROM in_force").fetchall()}
            found["is_in_force"] = bool(in_force & {row["sequence"] for row in deliveries})
        now = {current_of(engine, person) for engine in (con, other) for person in people}
        found["people"] = [as_text(person) for person in sorted(now)]
        month = first_month
        while month <= last_month:
            found["months"] += _moved(asked, con, other, month, now)
            month = add_months(month, 1)
        found["covers"] = _covers(con, asked, rows["payments"])
    return found


def _first_month(rows: dict[str, pl.DataFrame]) -> date:
    """The first month on which the line can bear: a link or a row of the persons register bears on all."""
    if rows["links"].height or rows["persons"].height:
        return FIRST_MONTH
    days = [*rows["payments"]["period"], *rows["returns"]["period"], *rows["intervals"]["from_day"]]
    return max(FIRST_MONTH, add_months(min(days), -_REACH)) if days else FIRST_MONTH


def _without(lines: dict[str, pl.DataFrame], rows: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The excerpt as if the line had never come."""
    gone = {table: rows[table].select("sequence", "line_no") for table in ("payments", "returns", *_REGISTERS)}
    return lines | {
        table: lines[table].join(keys, on=["sequence", "line_no"], how="anti", maintain_order="left")
        for table, keys in gone.items()
    }


def _moved(
    asked: Asked, con: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection, month: date, people: set[int]
) -> list[Row]:
    """People whose status, reason, letters or arrears of the month are others without the line."""
    told = [_statuses(asked, engine, month, people) for engine in (con, other)]
    return [
        {"iin": as_text(iin), "month": month, "with": told[0].get(iin), "without": told[1].get(iin)}
        for iin in sorted(people)
        if told[0].get(iin) != told[1].get(iin)
    ]


def _statuses(asked: Asked, con: duckdb.DuckDBPyConnection, month: date, people: set[int]) -> dict[int, Row]:
    look_at(con, month, asked.cut.known_at)
    status = insured_status(known_of(con), month, asked.cut.known_at, asked.law)
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
    look_at(con, asked.cut.month, asked.cut.known_at)
    for row in rows.to_dicts():
        for money in _of_line(con, "FROM money", row):
            if money["settled"] and money["net_tiyn"] and money["payer_kind"] in PAYER_KINDS:
                covered = coverage_of(asked, con, money["iin"], [money["period"]])
                found |= {month for month, told in covered.items() if told["basis"] == "paid"}
    return sorted(found)
