"""The night: from the inbox to the snapshot. The re-runs of an auditor (pipelines/again.py) use its steps.

The command line calls it plainly; the Prefect flow calls it with a `step` that makes every step a task.
Steps give paths and counts, never frames or personal data.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from pipelines import analysts, archive, follow, intake, key, machines, report, snapshot
from pipelines.bounds import check_month
from pipelines.engine import Cut
from pipelines.errors import RunFailed, disk_error
from pipelines.everybody import FOR_KEEPS
from pipelines.home import Home
from pipelines.kept import Kept, kept_of, renew
from pipelines.month import month_tables
from pipelines.notify import told_on_duty
from pipelines.outcome import outcome_of
from pipelines.progress import took
from pipelines.run_record import Call, Running, running
from pipelines.signing import check_key
from pipelines.summary import Summary, summary_of
from schemas.calendar import month_of
from schemas.gate import SchemaBreach
from schemas.rules import Law, load_law
from transforms.balance import OutOfBalance

T = TypeVar("T")
Step = Callable[..., Any]


@dataclass
class Result:
    """What a job did: the folder of the snapshot, whether it is new, and what to tell."""

    folder: Path
    is_new: bool
    summary: Summary
    warnings: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)  # with what was published of the same month and day


def plainly(work: Callable[..., T], *given: Any, **named: Any) -> T:
    """A step without anything around it."""
    return work(*given, **named)


def nightly(home: Home, call: Call, as_of: date, month: date | None = None, step: Step = plainly) -> Result:
    """Take in the inbox, judge it, compute the month as known on the day, publish. Errors as the steps raise them."""
    month = month_of(month or as_of)
    check_month(month, as_of)
    check_key()
    with told_on_duty("run", as_of, call.tell) as ending:
        result = _night(home, call, as_of, month, step)
        ending.outcome = outcome_of("run", as_of, result.folder, result.summary)
    return result


def _night(home: Home, call: Call, as_of: date, month: date, step: Step) -> Result:
    with running(home, call) as run:
        law, before = load_law(), run.told_before
        warnings: list[str] = []
        with took("take_in"):
            step(intake.take_in, home, law, as_of, warnings.append)
        with took("catch_up"):
            step(follow.catch_up, home)
        cut = Cut(month, as_of, len(archive.records(home)))
        with took("compute_and_publish"):
            folder, is_new = step(compute_and_publish, home, cut, law, kept_of(home, cut, law), keep=True)
        with took("rebuild"):
            warnings += renew_database(home, run, folder, step)
        warnings += [*report.lacking(folder), *analysts.shows_another(home, month), *key.guessable()]
        summary = summary_of(home, folder, after_sequence=before)
        run.result = {**published(folder, is_new), "told": cut.sequence}
        run.exit_status = 3 if summary.needs_attention else 0
        return Result(folder, is_new, summary, warnings)


def published(folder: Path, is_new: bool) -> dict[str, Any]:
    """A snapshot as the run record names it."""
    return {"snapshot": folder.name, "manifest_sha256": archive.file_hash(folder / "manifest.json"), "new": is_new}


def compute_and_publish(
    home: Home, cut: Cut, law: Law, base: Kept | None = None, keep: bool = False
) -> tuple[Path, bool]:
    """The tables of the cut, published; RunFailed with the figures if they do not balance.

    Without a base everything is computed from the ledger. keep: whether the next night may take over what was found.
    """
    with machines.work_folder(home) as work:
        try:
            tables = month_tables(home, cut, law, work, base, keep)
        except OutOfBalance as error:
            raise RunFailed(f"totals do not balance, nothing was published: {error}") from None
        except SchemaBreach as error:
            raise RunFailed(f"{error}; nothing was published") from None
        made = partial(report.of_tables, home, work)
        folder, is_new = snapshot.publish(home, cut, archive.records(home)[: cut.sequence], law, tables, made)
        if keep:
            renew(home, cut, law, work / FOR_KEEPS)
        return folder, is_new


def renew_database(home: Home, run: Running, folder: Path, step: Step) -> list[str]:
    """mshi.duckdb from what is published, and what to say of its key; of a failure, that the snapshot is published."""
    try:
        step(analysts.rebuild, home)
    except RunFailed as error:
        raise RunFailed(f"{folder} is published, but mshi.duckdb is still the one before: {error}") from None
    except (duckdb.Error, OSError) as error:
        of_disk = error if isinstance(error, OSError) else disk_error(error)
        why = of_disk.strerror if of_disk is not None else type(error).__name__
        raise RunFailed(f"{folder} is published, but mshi.duckdb is still the one before ({why}): run again") from None
    before, run.key_mark = run.key_mark, key.mark_of(home)
    return key.changed(home, before)
