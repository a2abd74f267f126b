"""What a person does about files that came in: accept a refused one, withdraw one, replay what was left outside.

Each is an intake event with its own day, who did it and why; bytes are never touched, and the first verdict stays.
Grain: an event is about one file. Source: contract.md section 1.
"""

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from pipelines import archive, chain, follow, ledger
from pipelines.archive import Record
from pipelines.come_again import counting_besides
from pipelines.errors import UsageError, hide_numbers
from pipelines.home import Home
from pipelines.intake import check_day, layout_of, site_layouts
from pipelines.reconsider import ACCEPTABLE
from pipelines.run_record import Call, running
from schemas.codes import QUARANTINE, REFUSALS
from schemas.rules import load_law


@dataclass(frozen=True)
class Act:
    """On which day somebody acts, who it is, and for which reason.

    A day that is not `chosen` is today's; where files came in on a later day already, it is that day.
    """

    day: date
    by: str
    reason: str | None = None
    chosen: bool = True


@dataclass(frozen=True)
class Released:
    """What an event let in of one file, by its name fit for the log; `quarantined` lines are faulty by themselves.

    `besides` tells where documents with the numbers of released ones count already.
    """

    name: str
    lines: int
    tiyn: int
    quarantined: int
    besides: tuple[str, ...] = ()


def accept(home: Home, call: Call, sha: str, act: Act) -> Released:
    """Release what a person may release of a refused file; UsageError if there is nothing of that kind."""
    home.expect()
    with running(home, call) as run:
        record = _event(home, sha, "accept", act)
        if _is_overtaken(home, record):
            raise UsageError(
                f"{_told(record)}: another register of its kind is in force in its place; withdraw that one first"
            )
        tables = follow.judged_again(home, record)
        if not tables["releases"].height:
            raise UsageError(f"{_told(record)}: {_why_nothing(home, record)} (see mshi quarantine)")
        let_in = tables["documents"].filter(pl.col("refused_reason").is_null())
        besides = counting_besides(home, let_in)["where"].unique(maintain_order=True)
        archive.append(home, [record])
        follow.catch_up(home)
        run.result = {"records": [record.sequence]}
        return replace(_released(record, tables), besides=tuple(besides))


def _why_nothing(home: Home, record: Record) -> str:
    """Why nothing is released of a file that was judged again."""
    stands = ledger.open_verdicts(home).filter(file_sha256=record.sha256).filter(pl.col("reason").is_in(ACCEPTABLE))
    if stands.collect().height:
        return "judged again it stays outside: it came again, and what counts of it counts already; nothing is missing"
    return f"nothing that a person may release; only {', '.join(ACCEPTABLE)} are accepted, and only while they stand"


def withdraw(home: Home, call: Call, sha: str, act: Act) -> tuple[str, int]:
    """Recall a file: from the day on its lines count no more; gives its name and how many did. UsageError: none do."""
    home.expect()
    with running(home, call) as run:
        record = _event(home, sha, "withdraw", act)
        deliveries = ledger.standing(home, "deliveries").collect()
        read = pl.col("refused_reason").is_null() | (pl.col("lines") > 0)
        of_file = deliveries.filter((pl.col("file_sha256") == record.sha256) & read)
        if of_file.is_empty():
            raise UsageError(f"{_told(record)}: nothing of it stands, so nothing can be withdrawn")
        archive.append(home, [record])
        follow.catch_up(home)
        run.result = {"records": [record.sequence]}
        return _told(record), int(of_file["accepted_lines"].sum())


def replay(home: Home, call: Call, verdict: str | None, act: Act) -> list[Released]:
    """Judge again, by today's rules and layouts, what was left outside (for one reason or for all).

    Only files of which something gets in make an event. UsageError for a reason that nothing is refused for.
    """
    if verdict is not None and verdict not in {*REFUSALS, *QUARANTINE}:
        raise UsageError(f"no such reason {verdict!r}; expected one of {', '.join([*REFUSALS, *QUARANTINE])}")
    home.expect()
    with running(home, call) as run:
        act = _prepare(home, act)
        layouts = site_layouts(home, call.tell)
        rules = archive.store_content(home, load_law().bundle)
        found, run.result = [], {"records": []}
        for first in _left_outside(home, verdict):
            again = replace(
                _as_event(home, first, "replay", act),
                verdict=verdict,
                rules=rules,
                layout=layout_of(home, first.sha256, first.folder, layouts),
                layouts=tuple(layout.sha256 for layout in layouts),
            )
            tables = follow.judged_again(home, again)
            if tables["releases"].height:
                archive.append(home, [again])
                follow.catch_up(home)
                found.append(_released(again, tables))
                run.result["records"].append(again.sequence)
        return found


def _prepare(home: Home, act: Act) -> Act:
    """The act with its day, on a home whose ledger is up to date."""
    records = archive.records(home)
    if records and not act.chosen:
        act = replace(act, day=max(act.day, records[-1].received_on))
    check_day(records, act.day)
    follow.catch_up(home)
    return act


def _event(home: Home, sha: str, event: str, act: Act) -> Record:
    """The record of an event about the file whose sha256 is, or begins with, the given one."""
    act = _prepare(home, act)
    records = archive.records(home)
    sha256 = archive.sha_of(records, sha)
    last = [record for record in records if record.sha256 == sha256][-1]
    return _as_event(home, last, event, act)


def _as_event(home: Home, last: Record, event: str, act: Act) -> Record:
    sequence = len(archive.records(home)) + 1
    return replace(
        last,
        sequence=sequence,
        received_on=act.day,
        event=event,
        reason=act.reason,
        by=act.by,
        verdict=None,
        after=chain.last(home),
    )


def _left_outside(home: Home, verdict: str | None) -> list[Record]:
    """The last record of every file with an open verdict."""
    open_ones = ledger.open_verdicts(home)
    if verdict is not None:
        open_ones = open_ones.filter(pl.col("reason") == verdict)
    shas = set(open_ones.select("file_sha256").collect()["file_sha256"])
    records = archive.records(home)
    last = {record.sha256: record for record in records if record.sha256 in shas and record.event != "withdraw"}
    return sorted(last.values(), key=lambda one: one.sequence)


def _is_overtaken(home: Home, record: Record) -> bool:
    """Whether another register of its kind is in force in place of the last delivery of this one."""
    came = [one.sequence for one in archive.records(home) if one.sha256 == record.sha256 and one.event != "withdraw"]
    return record.folder == "registers" and max(came) in ledger.overtaken(home)


def _released(record: Record, tables: dict[str, pl.DataFrame]) -> Released:
    row = tables["deliveries"].row(0, named=True)
    return Released(_told(record), row["accepted_lines"], row["accepted_tiyn"], row["quarantined_lines"])


def _told(record: Record) -> str:
    return hide_numbers(f"{record.folder}/{record.name}")
