"""Tell what was left outside and what got in: the open quarantine for the duty officer, acknowledgements for senders.

Grain of an acknowledgement: one row per line, document or file of the month, accepted or not. Names nobody: lines are
told by file, line and the sender's own reference. Source: contract.md section 1.
"""

import os
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines import follow, ledger
from pipelines.archive import records
from pipelines.engine import Cut, engine
from pipelines.errors import UsageError
from pipelines.home import INBOX_FOLDERS, Home, sync
from pipelines.summary import tenge
from schemas.codes import QUARANTINE, REFUSALS
from transforms.sql import query

_NEXT_STEPS = {reason: told.next_step for reason, told in (REFUSALS | QUARANTINE).items()}


def open_quarantine(home: Home, reason: str | None, source: str | None) -> list[str]:
    """A table of what stands outside, by reason and sender, with money and what to do next."""
    if reason is not None and reason not in _NEXT_STEPS:
        raise UsageError(f"no such reason; expected one of {', '.join(_NEXT_STEPS)}")
    with home.locked():
        home.prepare()
        follow.catch_up(home)
        rows = _open_rows(home, reason, source)
    if rows.is_empty():
        return ["nothing is in quarantine"]
    lines = [f"{'reason':<20} {'source':<10} {'sender':<12} {'rows':>8} {'tenge':>20}  oldest      what to do"]
    for row in rows.iter_rows(named=True):
        lines.append(
            f"{row['reason']:<20} {row['source']:<10} {row['sender'] or '-':<12} {row['rows']:>8,} "
            f"{tenge(row['tiyn']):>20}  {row['oldest']}  {_NEXT_STEPS[row['reason']]}"
        )
    lines.append(f"{rows['rows'].sum():,} rows, {tenge(sum(rows['tiyn'].to_list()))} tenge; after a mend: mshi replay")
    return lines


def _open_rows(home: Home, reason: str | None, source: str | None) -> pl.DataFrame:
    deliveries = ledger.standing(home, "deliveries").select("sequence", "source")
    found = ledger.open_verdicts(home).join(deliveries, on="sequence").collect()
    if reason is not None:
        found = found.filter(pl.col("reason") == reason)
    if source is not None:
        found = found.filter((pl.col("source") == source) | (pl.col("sender") == source))
    return (
        found.group_by("reason", "source", "sender")
        .agg(rows=pl.len(), tiyn=pl.col("amount_tiyn").fill_null(0).sum(), oldest=pl.col("received_on").min())
        .sort("reason", "source", "sender", nulls_last=True)
    )


def acknowledge(home: Home, source: str, month: date, target: Path) -> int:
    """Write the acknowledgement of a sender's month as CSV, whole or not at all; gives its rows.

    `source` is a folder of the inbox, or the bank (BIC) or channel. UsageError where nothing of it came in that month.
    """
    with home.locked():
        home.prepare()
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
                raise UsageError(
                    f"nothing of {source} came in in {month:%Y-%m}; expected one of {', '.join(INBOX_FOLDERS)}, "
                    "or the BIC or channel of a sender"
                )
            _write(con, target)
    return int(count)


def _write(con: duckdb.DuckDBPyConnection, target: Path) -> None:
    beside = target.with_name(f".{target.name}.tmp")
    path = str(beside).replace("'", "''")
    others = os.umask(0o077)
    try:
        con.execute(f"COPY (FROM acknowledged ORDER BY ALL) TO '{path}' (FORMAT csv, HEADER)")
    finally:
        os.umask(others)
    sync(beside)
    beside.replace(target)
