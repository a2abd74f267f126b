"""Tell what was left outside and what got in: the open quarantine for the duty officer, acknowledgements for senders.

Grain of an acknowledgement: one row per line, document or file of the month, accepted or not. Names nobody: lines are
told by file, line and the sender's own reference. Source: contract.md section 1.
"""

from datetime import date
from pathlib import Path

import polars as pl

from pipelines import follow, ledger
from pipelines.archive import records
from pipelines.come_again import counting_besides
from pipelines.csv_output import csv_text
from pipelines.engine import Cut, engine, fetch_parts
from pipelines.errors import UsageError, hide_numbers
from pipelines.home import INBOX_FOLDERS, Home
from pipelines.outgoing import whole
from pipelines.reconsider import ACCEPTABLE
from pipelines.run_record import held
from pipelines.summary import first_told, place_of, told_faults
from pipelines.tenge import tenge
from schemas.codes import HARMLESS, QUARANTINE, REFUSALS, SENDER_STEPS
from transforms.sql import query

_SOURCES = f"expected one of {', '.join(INBOX_FOLDERS)}, or the BIC or channel of a sender"
_NEXT_STEPS = {reason: told.next_step for reason, told in (REFUSALS | QUARANTINE).items()}


def open_quarantine(home: Home, reason: str | None, source: str | None) -> list[str]:
    """What stands outside, by reason and sender, with money and what to do next; narrowed, also row by row."""
    if reason is not None and reason not in _NEXT_STEPS:
        raise UsageError(f"no such reason {reason!r}; expected one of {', '.join(_NEXT_STEPS)}")
    with held(home, to_judge=True):
        follow.catch_up(home)
        found = _open_verdicts(home, reason, source)
        besides = _counting_besides(home, found)
    if found.is_empty():
        return ["nothing is in quarantine"]
    rows = (
        found.group_by("reason", "source", "sender")
        .agg(rows=pl.len(), tiyn=pl.col("amount_tiyn").fill_null(0).sum(), oldest=pl.col("received_on").min())
        .sort("reason", "source", "sender", nulls_last=True)
    )
    lines = [f"{'reason':<20} {'source':<10} {'sender':<12} {'rows':>8} {'tenge':>20}  oldest      what to do"]
    for row in rows.iter_rows(named=True):
        lines.append(
            f"{row['reason']:<20} {row['source']:<10} {hide_numbers(row['sender'] or '-'):<12} {row['rows']:>8,} "
            f"{tenge(row['tiyn']):>20}  {row['oldest']}  {_NEXT_STEPS[row['reason']]}"
        )
    narrowed = reason is not None or source is not None
    hint = "" if narrowed else "; row by row: --reason R or --source S"
    money = f"{rows['rows'].sum():,} rows, {tenge(sum(rows['tiyn'].to_list()))} tenge"
    lines.append(f"{money}{hint}; after a mend: mshi replay")
    return [*lines, *_acceptable(found, besides), *(_row_by_row(found) if narrowed else [])]


def _open_verdicts(home: Home, reason: str | None, source: str | None) -> pl.DataFrame:
    """What stands outside with its file; duplicates, with which nothing is to be done, only when they are asked for."""
    deliveries = ledger.standing(home, "deliveries").select("sequence", "source", "file_name")
    found = ledger.open_verdicts(home).join(deliveries, on="sequence").collect()
    if source is not None:
        senders = set(ledger.scan(home, "totals").select("sender").collect()["sender"])
        if source not in {*INBOX_FOLDERS, *senders}:
            raise UsageError(f"nothing ever came from {source}; {_SOURCES}")
        found = found.filter((pl.col("source") == source) | (pl.col("sender") == source))
    return found.filter(~pl.col("reason").is_in(HARMLESS) if reason is None else pl.col("reason") == reason)


def _counting_besides(home: Home, found: pl.DataFrame) -> pl.DataFrame:
    """sequence, place and `where` of refused documents whose numbers, but for the total, one that counts has too."""
    refused = found.filter(pl.col("reason").is_in(ACCEPTABLE)).select("sequence", line_no="place").lazy()
    documents = ledger.standing(home, "documents").join(refused, on=["sequence", "line_no"], how="semi").collect()
    return counting_besides(home, documents).rename({"line_no": "place"})


def _acceptable(found: pl.DataFrame, besides: pl.DataFrame) -> list[str]:
    """The files that a person may release, with the SHA that `mshi accept` wants, and what speaks against it."""
    files = found.filter(pl.col("reason").is_in(ACCEPTABLE)).sort("sequence", "place")
    files = files.join(besides, on=["sequence", "place"], how="left", maintain_order="left")
    head = ["", "a person may release, with mshi accept SHA --reason TEXT:"] if files.height else []
    return [*head, *first_told(files, _with_money, ": narrow it with --reason or --source")]


def _with_money(files: pl.DataFrame) -> list[str]:
    lines = []
    for row in files.iter_rows(named=True):
        money = "" if row["amount_tiyn"] is None else f", {tenge(row['amount_tiyn'])} tenge"
        besides = "" if row["where"] is None else f"; the same numbers count already in {row['where']}"
        lines.append(f"{row['file_sha256'][:12]}  {place_of(row)}: {row['reason']}{money}{besides}")
    return lines


def _row_by_row(found: pl.DataFrame) -> list[str]:
    """Where each row stands and what was found in it, with the SHA that other commands want."""
    rows, rest = found.sort("sequence", "place"), " in the table quarantine of the snapshots"
    return ["", "row by row:", *first_told(rows, _with_fault, rest)]


def _with_fault(rows: pl.DataFrame) -> list[str]:
    return [f"{sha[:12]}  {fault}" for sha, fault in zip(rows["file_sha256"], told_faults(rows), strict=True)]


def acknowledge(home: Home, source: str, month: date, target: Path) -> int:
    """Write the acknowledgement of a sender's month as CSV, whole or not at all; gives its rows.

    `source` is a folder of the inbox, or the bank (BIC) or channel. UsageError where nothing of it came in that month.
    """
    with held(home, to_judge=True):
        follow.catch_up(home)
        known = records(home)
        if not known:
            raise UsageError(f"nothing was ever taken in at {home.root}")
        with engine(home, Cut(month, known[-1].received_on, len(known))) as con:
            con.execute("SET VARIABLE source = ?", [source])
            con.execute(f"CREATE TEMP VIEW released AS {query('released')}")
            con.execute(f"CREATE TEMP TABLE acknowledged AS {query('acknowledged')}")
            count = con.execute("SELECT count(*) FROM acknowledged").fetchall()[0][0]
            if not count:
                raise UsageError(f"nothing of {source} came in in {month:%Y-%m}; {_SOURCES}")
            with whole(target) as file:
                for place, part in enumerate(fetch_parts(con, "FROM acknowledged ORDER BY ALL")):
                    file.write(csv_text(_for_the_sender(part), header=place == 0).encode())
    return int(count)


def _for_the_sender(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of an acknowledgement with what the sender is to do in place of what the duty officer is."""
    message = pl.col("message")
    for reason, step in SENDER_STEPS.items():
        said = pl.col("message").str.replace(_NEXT_STEPS[reason], step, literal=True)
        message = pl.when(pl.col("reason") == reason).then(said).otherwise(message)
    return rows.with_columns(message)
