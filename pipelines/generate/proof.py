"""Feed a generated nation to a home day by day, and hold what the product says against what was expected.

For tests and benchmarks. Nothing here knows the law; every difference is a fault of the product or of the generator.
"""

import shutil
from datetime import date
from pathlib import Path

import polars as pl

from pipelines import archive, follow, intake, ledger
from pipelines.engine import Cut
from pipelines.home import INBOX_FOLDERS, Home
from pipelines.month import month_tables
from pipelines.spill import spill
from schemas.calendar import month_of
from schemas.codes import REFUSALS
from schemas.identifiers import as_text
from schemas.rules import load_law

_LINE = ["file_name", "line_no"]


def days_in(folder: Path) -> list[date]:
    """The delivery days that lie in a generated folder."""
    return sorted(date.fromisoformat(path.name) for path in folder.iterdir() if path.name != "expected")


def lay(home: Home, folder: Path, day: date) -> None:
    """Copy a day's files into the inbox."""
    for name in INBOX_FOLDERS:
        given = folder / str(day) / name
        if given.is_dir():
            shutil.copytree(given, home.inbox / name, dirs_exist_ok=True)


def take_in_days(home: Home, folder: Path) -> None:
    """Lay every day into the inbox, take it in and judge it, without publishing anything."""
    home.prepare()
    for day in days_in(folder):
        lay(home, folder, day)
        warnings: list[str] = []
        intake.take_in(home, load_law(), day, warnings.append)
        follow.catch_up(home)
        if warnings:
            raise AssertionError(f"{len(warnings)} files of {day} are not taken in")


def differences(home: Home, folder: Path, as_of: date) -> dict[str, int]:
    """How many rows the home has otherwise than expected, by what; all 0 where the two agree.

    Files, lines and messages are those of the days in the folder; statuses those of the month of the day, known on it.
    """
    expected = folder / "expected"
    lines = pl.read_parquet(expected / "lines_*.parquet")
    files = pl.read_parquet(expected / "files.parquet")
    mine = ledger.scan(home, "deliveries").join(files.lazy().select("file_name"), on="file_name", how="semi")
    names = mine.select("sequence", "file_name").collect()
    with spill() as work:
        tables = month_tables(home, Cut(month_of(as_of), as_of, len(archive.records(home))), load_law(), work)
        found_returns, found_status = tables["returns"].collect(), tables["insured_status"].collect()
    told = {"files": _apart(files, mine.collect(), ["file_name", "received_on", "refused_reason"])}
    for kind, table in (("payment", "payments"), ("return", "returns")):
        wanted = lines.filter((pl.col("verdict") == "accepted") & (pl.col("kind") == kind))
        told[table] = _apart(wanted, _of_files(home, table, names), _LINE)
    told["transfers"] = _of_files(home, "transfers", names).height
    told |= _quarantine(home, names, lines, pl.read_parquet(expected / "messages.parquet"))
    money = lines.join(files.filter(pl.col("folder") != "registers"), on="file_name", how="semi")
    told["lines read"] = abs(money.height - _received(mine))
    told["returns matched"] = _returns(found_returns, lines, mine.collect())
    status = pl.read_parquet(expected / "insured_status.parquet").with_columns(as_text("iin").alias("iin"))
    told["statuses"] = _apart(status, found_status, ["iin", "status", "reason", "coverage_months"])
    return told


def _received(deliveries: pl.LazyFrame) -> int:
    """Lines of all payment and returns files that were read."""
    read = deliveries.filter(pl.col("source") != "registers")
    return int(read.select(pl.col("lines").sum()).collect().item())


def _of_files(home: Home, table: str, names: pl.DataFrame) -> pl.DataFrame:
    return ledger.scan(home, table).collect().join(names, on="sequence")


def _quarantine(home: Home, names: pl.DataFrame, lines: pl.DataFrame, messages: pl.DataFrame) -> dict[str, int]:
    found = _of_files(home, "quarantine", names)
    by_line = lines.filter((pl.col("verdict") == "quarantined") | (pl.col("reason") == "duplicate_payment"))
    whole = pl.col("reason").is_in(list(REFUSALS))
    return {
        "quarantined lines": _apart(by_line, found.filter(~whole), [*_LINE, "reason"]),
        "refused messages and files": _apart(messages, found.filter(whole), [*_LINE, "reason"]),
    }


def _returns(found: pl.DataFrame, lines: pl.DataFrame, deliveries: pl.DataFrame) -> int:
    """Returns of the month's files that found a payment, or none, otherwise than expected."""
    names = deliveries.select("file_sha256", "file_name")
    told = found.join(names, on="file_sha256").with_columns(is_matched=pl.col("payment_id").is_not_null())
    wanted = lines.filter((pl.col("kind") == "return") & (pl.col("verdict") == "accepted"))
    wanted = wanted.with_columns(is_matched=pl.col("outcome") == "matched")
    return _apart(
        wanted.join(told.select("file_name").unique(), on="file_name", how="semi"), told, [*_LINE, "is_matched"]
    )


def _apart(expected: pl.DataFrame, found: pl.DataFrame, columns: list[str]) -> int:
    """How many rows only one side has, each counted as often as it stands there."""
    sides = [frame.select(columns).group_by(columns).len() for frame in (expected, found)]
    both = sides[0].join(sides[1], on=columns, how="full", nulls_equal=True, coalesce=True)
    apart = pl.col("len").fill_null(0).cast(pl.Int64) - pl.col("len_right").fill_null(0).cast(pl.Int64)
    return int(both.select(apart.abs().sum()).item())
