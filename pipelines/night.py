"""The jobs: the night (intake to snapshot) and an auditor's re-run, written once.

The command line calls them plainly; the Prefect flows call them with a `step` that makes every step a task.
Steps give paths and counts, never frames or personal data.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from pipelines import analysts, archive, follow, intake, ledger, snapshot
from pipelines.archive import Record
from pipelines.engine import Cut
from pipelines.errors import RunFailed, UsageError
from pipelines.home import Home
from pipelines.month import month_tables
from pipelines.signing import check_key
from pipelines.summary import Summary, summary_of
from schemas.calendar import FIRST_MONTH, add_months, month_of
from schemas.gate import SchemaBreach
from schemas.rules import Law, load_law
from transforms.balance import OutOfBalance

T = TypeVar("T")
LAST_YEAR = 2100  # beyond it nobody knows a holiday
Step = Callable[..., Any]


@dataclass
class Result:
    """What a job did: the folder of the snapshot, whether it is new, and what to tell."""

    folder: Path
    is_new: bool
    summary: Summary
    warnings: list[str] = field(default_factory=list)


def plainly(work: Callable[..., T], *given: Any, **named: Any) -> T:
    """A step without anything around it."""
    return work(*given, **named)


def nightly(home: Home, as_of: date, month: date | None = None, step: Step = plainly) -> Result:
    """Take in the inbox, judge it, compute the month as known on the day, publish. Errors as the steps raise them."""
    month = month_of(month or as_of)
    check_month(month, as_of)
    check_key()
    warnings: list[str] = []
    with home.locked():
        home.prepare()
        law = load_law()
        before = snapshot.told_before(home)
        step(intake.take_in, home, law, as_of, max(before, ledger.last_sequence(home)), warnings.append)
        step(follow.catch_up, home)
        cut = Cut(month, as_of, len(archive.records(home)))
        folder, is_new = step(compute_and_publish, home, cut, law)
        _renew_database(home, folder, step)
        return Result(folder, is_new, summary_of(home, folder, after_sequence=before), warnings)


def rerun(home: Home, month: date, known_at: date | None = None, step: Step = plainly) -> Result:
    """Compute a month again as known at the end of a day, from what is archived; takes nothing in."""
    with home.locked():
        home.prepare()
        records = archive.records(home)
        known_at = known_at or _default_day(home, month, records)
        check_month(month, known_at)
        known = [record for record in records if record.received_on <= known_at]
        return _again(home, Cut(month, known_at, len(known)), step)


def rerun_snapshot(home: Home, wanted: str, step: Step = plainly) -> Result:
    """Compute a published snapshot again from the inputs of its manifest; RunFailed says what differs."""
    name = Path(wanted).name
    if not any(line["snapshot"] == name for line in snapshot.chain(home)):
        raise UsageError(f"no snapshot {name} in {home.snapshots}; see chain.jsonl there")
    with home.locked():
        home.prepare()
        told = snapshot.load_manifest(snapshot.folder_of(home, name))
        cut = Cut(date.fromisoformat(f"{told['month']}-01"), date.fromisoformat(told["known_at"]), len(told["inputs"]))
        differences = snapshot.differences(told, cut, archive.records(home)[: cut.sequence], load_law())
        if differences:
            raise RunFailed(
                f"{name} cannot be made again byte for byte: {'; '.join(differences)}; nothing was published"
            )
        return _again(home, cut, step)


def check_month(month: date, known_at: date) -> None:
    """UsageError unless the month lies between 2020-01 and the month after the day's."""
    if known_at.year > LAST_YEAR:
        raise UsageError(f"day {known_at}: expected one up to {LAST_YEAR}")
    latest = add_months(known_at, 1)
    if not FIRST_MONTH <= month <= latest:
        raise UsageError(f"month {month:%Y-%m} must lie between {FIRST_MONTH:%Y-%m} and {latest:%Y-%m}")


def compute_and_publish(home: Home, cut: Cut, law: Law) -> tuple[Path, bool]:
    """The tables of the cut, published; RunFailed with the figures if they do not balance."""
    try:
        tables = month_tables(home, cut, law)
    except OutOfBalance as error:
        raise RunFailed(f"totals do not balance, nothing was published: {error}") from None
    except SchemaBreach as error:
        raise RunFailed(f"{error}; nothing was published") from None
    return snapshot.publish(home, cut, archive.records(home)[: cut.sequence], law, tables)


def _again(home: Home, cut: Cut, step: Step) -> Result:
    check_key()
    law = load_law()
    step(follow.catch_up, home)
    folder, is_new = step(compute_and_publish, home, cut, law)
    if is_new:
        _renew_database(home, folder, step)
    return Result(folder, is_new, summary_of(home, folder, after_sequence=cut.sequence))


def _renew_database(home: Home, folder: Path, step: Step) -> None:
    """mshi.duckdb from what is published; a failure here leaves the snapshot published and says so."""
    try:
        step(analysts.rebuild, home)
    except (duckdb.Error, OSError) as error:
        raise RunFailed(
            f"{folder} is published, but mshi.duckdb is still the one before ({type(error).__name__}): run again"
        ) from None


def _default_day(home: Home, month: date, records: list[Record]) -> date:
    published = snapshot.latest_of_months(home).get(f"{month:%Y-%m}")
    if published is not None:
        return date.fromisoformat(published.split("_")[1])
    if not records:
        raise UsageError(f"nothing was ever taken in at {home.root}: name a day with --known-at")
    return records[-1].received_on
