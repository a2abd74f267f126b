"""What a run tells the duty officer: what came in, what was refused and why, who is insured. Never personal data."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipelines import archive, ledger
from pipelines.errors import hide_numbers
from pipelines.home import Home
from pipelines.readers import camt, clientbank
from pipelines.tenge import tenge
from schemas.breaks import BREAKS
from schemas.codes import HARMLESS, QUARANTINE
from transforms.verdicts import VERDICTS

_STATEMENTS = (clientbank.FORMAT, camt.FORMAT)
_MOST = 40  # faults told one by one; the rest is in the tables
_REST_OF_FAULTS = " in the table quarantine of the snapshot; mshi quarantine tells which reasons"
# Refused files and documents, then lines, then what nobody need look at: many of one kind must not hide another.
_LIGHTNESS = pl.col("reason").is_in(HARMLESS).cast(pl.Int8) * 2 + pl.col("reason").is_in(list(QUARANTINE)).cast(pl.Int8)


@dataclass
class Summary:
    """Lines for the screen, faults one by one, whether somebody has to look (exit status 3), and the counts of it."""

    lines: list[str]
    faults: list[str]
    needs_attention: bool
    counts: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)  # of what has to be looked at


def summary_of(home: Home, folder: Path, after_sequence: int) -> Summary:
    """The summary of the deliveries after a sequence and of the snapshot in the folder."""
    deliveries = ledger.standing(home, "deliveries").filter(pl.col("sequence") > after_sequence).collect()
    quarantine = ledger.standing(home, "quarantine").filter(pl.col("sequence") > after_sequence).collect()
    statements = ledger.standing(home, "statements").filter(pl.col("sequence") > after_sequence).collect()
    told = [frame.join(deliveries, on="sequence", maintain_order="left") for frame in (quarantine, statements)]
    reasons = _to_look_at(quarantine, statements)
    return Summary(
        lines=[*_came_in(deliveries), *_events(home, after_sequence), *_stands(folder)],
        faults=[
            *first_told(told[0].sort(_LIGHTNESS, maintain_order=True), told_faults, _REST_OF_FAULTS),
            *first_told(told[1].filter(~pl.col("balances")), told_balances, " in the table breaks of the snapshot"),
        ],
        needs_attention=bool(reasons),
        counts={**_counted(deliveries), **_standing_counts(folder)},
        reasons=reasons,
    )


def standing_of(folder: Path) -> Summary:
    """What stands in a snapshot, for a re-run: it took nothing in, and nobody has to look."""
    return Summary(_stands(folder), [], needs_attention=False, counts=_standing_counts(folder))


def _to_look_at(quarantine: pl.DataFrame, statements: pl.DataFrame) -> dict[str, int]:
    """How many lines, documents and files are outside for which reason, and statements that do not balance."""
    rows = quarantine.filter(~pl.col("reason").is_in(HARMLESS)).group_by("reason").len().sort("reason").rows()
    off = statements.filter(~pl.col("balances")).height
    return {**dict(rows), **({"statement_balance": off} if off else {})}


def _counted(deliveries: pl.DataFrame) -> dict[str, int]:
    """Files and lines that came in, by verdict."""
    return {"files": deliveries.height, **{f"lines_{one}": int(deliveries[f"{one}_lines"].sum()) for one in VERDICTS}}


def _standing_counts(folder: Path) -> dict[str, int]:
    """People by status and breaks by severity in a snapshot."""
    told: dict[str, int] = {}
    for table, column, named in (("insured_status", "status", "people"), ("breaks", "severity", "breaks")):
        counts = pl.read_parquet(folder / f"{table}.parquet", columns=[column]).group_by(column).len().sort(column)
        told |= {f"{named}_{name}": int(count) for name, count in counts.rows()}
    return told


def first_told(rows: pl.DataFrame, tell: Callable[[pl.DataFrame], list[str]], rest: str) -> list[str]:
    """The first of the rows one by one, how many more there are, and where (`rest`)."""
    told = tell(rows.head(_MOST))
    if rows.height > _MOST:
        told.append(f"... and {rows.height - _MOST} more{rest}")
    return told


def told_faults(quarantine: pl.DataFrame) -> list[str]:
    """Every refused file, document and line: where, what was found, what to do."""
    told = []
    for row in quarantine.iter_rows(named=True):
        field = f", {row['field']}" if row["field"] else ""
        told.append(f"{place_of(row)}{field}: {row['reason']}: {row['message']}")
    return told


def told_balances(statements: pl.DataFrame) -> list[str]:
    """Every statement that does not balance: where, by how much, what to do."""
    code = "statement_balance"
    told = []
    for row in statements.filter(~pl.col("balances")).iter_rows(named=True):
        off = row["difference_tiyn"]
        found = " A balance is missing." if off is None else f" Off by {tenge(off)} tenge."
        found = found if off != 0 else " Its turnovers, sections or batches are not those of its entries."
        told.append(f"{place_of(row)}: {code}: {BREAKS[code].sentence}{found} {BREAKS[code].next_step}")
    return told


def place_of(row: dict[str, Any]) -> str:
    """The file and line that a row is about, fit for the log."""
    file = hide_numbers(f"{row['source']}/{row['file_name']}")
    return f"{file} line {row['line_no']}" if row["line_no"] else file


def _came_in(deliveries: pl.DataFrame) -> list[str]:
    if deliveries.is_empty():
        return ["came in       nothing new"]
    is_statement = pl.col("format").is_in(_STATEMENTS)
    statements, files = deliveries.filter(is_statement), deliveries.filter(is_statement.ne_missing(True))
    lines = [f"came in       {files.height} files, {_lines_and_money(files, 'lines', 'sum_tiyn')}"]
    for verdict in VERDICTS:
        lines.append(f"  {verdict:<12}{_lines_and_money(files, f'{verdict}_lines', f'{verdict}_tiyn')}")
    if statements.height:
        outside = [(int(statements[f"{verdict}_lines"].sum()), verdict) for verdict in VERDICTS[1:]]
        told = "".join(f", {count:,} {verdict}" for count, verdict in outside if count)
        lines.append(f"statements    {statements.height} files, {int(statements['lines'].sum()):,} entries{told}")
    reasons = deliveries.filter(pl.col("refused_reason").is_not_null()).group_by("refused_reason").len()
    if reasons.height:
        told = ", ".join(f"{reason} {count}" for reason, count in reasons.sort("refused_reason").rows())
        lines.append(f"  whole files refused or seen before: {told}")
    return lines


def _events(home: Home, after_sequence: int) -> list[str]:
    """What people did about files since the last run."""
    done = [record.event for record in archive.records(home)[after_sequence:] if record.event != "delivery"]
    told = ", ".join(f"{event} {done.count(event)}" for event in sorted(set(done)))
    return [f"events        {told}"] if done else []


def _lines_and_money(files: pl.DataFrame, lines: str, tiyn: str) -> str:
    return f"{files[lines].sum():,} lines, {tenge(sum(files[tiyn].to_list()))} tenge"


def _stands(folder: Path) -> list[str]:
    def counted(table: str, column: str) -> str:
        counts = pl.read_parquet(folder / f"{table}.parquet", columns=[column]).group_by(column).len().sort(column)
        return ", ".join(f"{name} {count:,}" for name, count in counts.rows()) or "none"

    return [
        f"insured       {counted('insured_status', 'status')}",
        f"account       {counted('statement_entries', 'match')}",
        f"breaks        {counted('breaks', 'severity')}",
    ]
