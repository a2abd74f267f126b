"""The way back: what a line of a file is, and which statuses it touched.

Grain: a physical line of one file. What it changed is found by changes.py. Money is tiyn. Errors: UsageError for an
unknown file, RunFailed for a line that nothing begins in.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from pipelines import archive, ledger
from pipelines.errors import RunFailed, UsageError
from pipelines.explain.asked import Asked, as_text
from pipelines.explain.changes import REGISTERS, changes
from pipelines.explain.person import Row
from pipelines.explain.source_lines import places
from pipelines.readers import mt
from schemas.codes import QUARANTINE, REFUSALS

_MONEY = ("payments", "returns", "transfers", "entries")
_OF_STATEMENT = (
    "account",
    "opening_tiyn",
    "credits_tiyn",
    "debits_tiyn",
    "closing_tiyn",
    "difference_tiyn",
    "balances",
)


def touched(asked: Asked, sha: str, line_no: int) -> dict[str, Any]:
    """What the line is, whose it is, and what it changed from its first month to the last that can be asked for."""
    sha256 = _sha_of(asked, sha)
    deliveries = _of_file(asked, "deliveries", sha256).sort("sequence").to_dicts()
    begins = _begins(asked, sha256, line_no, deliveries)
    at_line = pl.col("line_no") == begins
    rows = {
        table: _of_deliveries(asked, table, deliveries).filter(at_line).collect()
        for table in (*_MONEY, *REGISTERS, "statements")
    }
    people = sorted({person for table in ("payments", "returns", *REGISTERS) for person in _people(rows[table])})
    found = {
        "file_sha256": sha256,
        "file_name": deliveries[-1]["file_name"],
        "source": deliveries[-1]["source"],
        "format": next((row["format"] for row in reversed(deliveries) if row["format"]), None),
        "received_on": deliveries[0]["received_on"],
        "line_no": begins,
        "asked_line": line_no,
        "known_at": asked.cut.known_at,
        "law_as_of": asked.cut.law_as_of,
        "withdrawn_on": _withdrawn_on(asked, deliveries),
        "outside": _outside(asked, sha256, begins, deliveries),
        **_told(rows),
        **changes(asked, rows, people, deliveries),
    }
    if begins:
        path = archive.verified(asked.home, sha256)
        place = places(path, [begins])[begins]
        found |= {"byte_offset": place.byte_offset, "byte_length": place.byte_length}
    return found


def _sha_of(asked: Asked, given: str) -> str:
    """The file among those known on the day; UsageError says so where it came later."""
    given = given.lower()
    try:
        return archive.sha_of(archive.records_with(asked.home, given, asked.cut.sequence), given)
    except UsageError:
        records = archive.records_with(asked.home, given)
        sha256 = archive.sha_of(records, given)
    came = min(record.received_on for record in records if record.sha256 == sha256)
    raise UsageError(
        f"this file came in on {came}, not known on {asked.cut.known_at}; expected --known-at {came} or later"
    )


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
    told_of = (*_MONEY, *REGISTERS, "statements")
    tables = [_of_deliveries(asked, table, deliveries).select("line_no") for table in told_of]
    outside = _of_file(asked, "quarantine", sha256)
    own = pl.concat([*tables, outside.lazy().select("line_no")]).filter(pl.col("line_no") <= line_no)
    whole = outside.lazy().filter(pl.col("reason").is_in(list(REFUSALS))).filter(pl.col("line_no") <= line_no)
    is_message = any((row["format"] or "").startswith(mt.FORMAT) for row in deliveries)
    here, before = own.filter(pl.col("line_no") == line_no), (own if is_message else whole).select("line_no")
    found = pl.concat([here, before]).max().collect().item()
    if found is None:
        raise RunFailed(
            f"nothing begins in line {line_no} of this file, and it belongs to nothing that does: expected the line_no "
            "of a payment, return, register row, statement, entry or quarantined line, as in the tables; nothing was "
            "explained"
        )
    if found < line_no and not places(archive.path_of(asked.home, sha256), [line_no]):
        raise RunFailed(f"this file has no line {line_no}; nothing was explained")
    return int(found)


def _people(rows: pl.DataFrame) -> Iterator[int]:
    for column in ("person", "current"):
        if column in rows.columns:
            yield from rows[column].drop_nulls().to_list()


def _withdrawn_on(asked: Asked, deliveries: list[Row]) -> date | None:
    """The day on which all that was read of the file was recalled."""
    recalled = dict(ledger.withdrawn(asked.home, asked.cut.sequence).rows())
    read = [row["sequence"] for row in deliveries if row["refused_reason"] is None or row["lines"]]
    days = [recalled[sequence] for sequence in read if sequence in recalled]
    return max(days) if days and len(days) == len(read) else None


def _outside(asked: Asked, sha256: str, line_no: int, deliveries: list[Row]) -> list[Row]:
    """The verdicts for which the line, its document or file did not get in, and who took them back, when and why."""
    releases = _of_file(asked, "releases", sha256)
    reasons = REFUSALS | QUARANTINE
    found = []
    documents = _of_deliveries(asked, "documents", deliveries).filter(pl.col("line_no") <= line_no)
    lines = [0, line_no, documents.select(pl.col("line_no").max()).collect().item()]
    about = pl.col("line_no").is_in(lines) & (pl.col("reason") != "seen_before")
    events = {one.sequence: one for one in archive.records_with(asked.home, sha256, asked.cut.sequence)}
    for row in _of_file(asked, "quarantine", sha256).filter(about).to_dicts():
        later = releases.filter((pl.col("place") == row["place"]) & (pl.col("sequence") > row["sequence"]))
        event = events.get(later.select(pl.col("sequence").max()).item())
        found.append(
            {
                "reason": row["reason"],
                "field": row["field"],
                "amount_tiyn": row["amount_tiyn"],
                "next_step": reasons[row["reason"]].next_step,
                "received_on": row["received_on"],
                "released_on": later["received_on"].max(),
                "released_by": event and event.by,
                "released_why": event and event.reason,
            }
        )
    return found


def _told(rows: dict[str, pl.DataFrame]) -> dict[str, list[Row]]:
    """Accepted register rows, transfers, entries and statements of the line; payments and returns: with their state."""
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
    statements = [{name: row[name] for name in _OF_STATEMENT} for row in rows["statements"].to_dicts()]
    return {**found, "transfers": transfers, "entries": entries, "statements": statements}
