"""An auditor's re-runs: a month again from what is archived, a published snapshot again, many months.

Nothing is taken in. A month is computed as known at the end of a day, by the law as it stands or as it was published
by a day; a snapshot by the inputs and the rules of its manifest. Source: contract.md section 1.
"""

from datetime import date
from pathlib import Path

from pipelines import analysts, archive, bounds, chain, follow, key, report, snapshot
from pipelines.archive import Record
from pipelines.engine import Cut
from pipelines.errors import RunFailed, UsageError
from pipelines.home import Home
from pipelines.night import (
    Result,
    Step,
    compute_and_publish,
    plainly,
    published,
    renew_database,
)
from pipelines.progress import took
from pipelines.run_record import Call, Running, running
from pipelines.signing import check_key
from pipelines.summary import standing_of
from schemas.calendar import add_months
from schemas.rules import Law, law_of, load_law


def rerun(
    home: Home,
    call: Call,
    month: date,
    known_at: date | None = None,
    law_as_of: date | None = None,
    step: Step = plainly,
) -> Result:
    """Compute a month as known at the end of a day (default: of its newest snapshot, else of the newest delivery)."""
    return backfill(home, call, month, month, known_at, law_as_of, step)[0]


def backfill(
    home: Home,
    call: Call,
    first: date,
    last: date,
    known_at: date | None = None,
    law_as_of: date | None = None,
    step: Step = plainly,
) -> list[Result]:
    """The same for every month from the first to the last; those before a month that fails stay published."""
    check_key()
    law = bounds.law_as_of(law_as_of)
    if first > last:
        raise UsageError(f"months {first:%Y-%m} to {last:%Y-%m}: expected the earlier one first")
    home.expect()
    with running(home, call) as run:
        records = archive.records(home)
        cuts, month = [], first
        while month <= last:
            day = known_at or _default_day(home, month, records)
            bounds.check_month(month, day)
            cuts.append(Cut(month, day, sum(record.received_on <= day for record in records), law_as_of))
            month = add_months(month, 1)
        return _again(home, run, cuts, law, step)


def rerun_snapshot(home: Home, call: Call, wanted: str, step: Step = plainly) -> Result:
    """Compute a published snapshot again from the inputs and rules of its manifest; RunFailed says what differs."""
    check_key()
    home.expect()
    name = Path(wanted).name
    if chain.link_of(home, name) is None:
        raise UsageError(f"no snapshot {name} in {home.snapshots}; see chain.jsonl there")
    with running(home, call) as run:
        told = snapshot.load_manifest(snapshot.folder_of(home, name))
        cut = snapshot.cut_of(told)
        law = _law_of(home, name, told["rules_sha256"])
        differences = snapshot.differences(told, cut, archive.records(home)[: cut.sequence], law)
        if differences:
            raise RunFailed(
                f"{name} cannot be made again byte for byte: {'; '.join(differences)}; nothing was published"
            )
        return _again(home, run, [cut], law.published_by(cut.law_as_of) if cut.law_as_of else law, step)[0]


def _again(home: Home, run: Running, cuts: list[Cut], law: Law, step: Step) -> list[Result]:
    with took("catch_up"):
        step(follow.catch_up, home)
    results = []
    for cut in cuts:
        others = snapshot.published_of(home, cut)
        with took("compute_and_publish"):
            folder, is_new = step(compute_and_publish, home, cut, law)
        told = [snapshot.compared(home, folder, others[-1])] if is_new and others else []
        warnings = report.lacking(folder) if is_new else []
        results.append(Result(folder, is_new, standing_of(folder), warnings, told))
        run.result = {"snapshots": [published(one.folder, one.is_new) for one in results]}
    if any(one.is_new for one in results) or _is_behind(home, run):
        with took("rebuild"):
            results[-1].warnings += renew_database(home, run, results[-1].folder, step)
    return results


def _is_behind(home: Home, run: Running) -> bool:
    """Whether mshi.duckdb lacks what is published, for a run died before it was made.

    Not where it cannot be made: with another key than before, or of a restored home, in which tables are still gone.
    """
    newest = [*chain.latest_of_months(home).values()]
    if not newest or snapshot.gone_tables(home, newest[-1]) or run.key_mark not in (None, key.mark_of(home)):
        return False
    return analysts.shown_in(home.database) != newest


def _law_of(home: Home, name: str, sha256: str) -> Law:
    """The rules of a snapshot: today's if they are the same, else those kept in the archive."""
    today = load_law()
    if today.sha256 == sha256:
        return today
    if not archive.path_of(home, sha256).exists():  # only since version 0.3 every snapshot's rules are kept
        raise RunFailed(
            f"{name} cannot be made again byte for byte: its rules {sha256[:12]} are neither today's "
            f"({today.sha256[:12]}) nor in the archive; install the mshi that published it, or restore the archive"
        )
    return law_of(archive.verified(home, sha256).read_bytes())


def _default_day(home: Home, month: date, records: list[Record]) -> date:
    newest = chain.latest_of_months(home).get(f"{month:%Y-%m}")
    if newest is not None:
        return date.fromisoformat(newest.split("_")[1])
    if not records:
        raise UsageError(f"nothing was ever taken in at {home.root}: name a day with --known-at")
    return records[-1].received_on
