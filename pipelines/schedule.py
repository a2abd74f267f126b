"""The jobs around the night as plain functions: the morning check of arrivals, the monthly close, the proof.

Commands (schedule_command.py, verify_command.py) and Prefect flows (flows.py) call them. Nothing here takes files in.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from pipelines import again, archive, intake, ledger, lost, run_record
from pipelines.errors import hide_numbers
from pipelines.home import Home
from pipelines.night import Result, Step, plainly
from pipelines.notify import told_on_duty
from pipelines.outcome import FAILED, LOOK, WELL, Outcome, outcome_of
from pipelines.run_record import Call
from pipelines.verify import verify_home
from pipelines.verify.proof import Proof
from schemas.calendar import add_months, banking_days_between, month_of
from schemas.rules import load_law
from transforms.closing import closes_on, month_to_close
from transforms.rhythm import HISTORY_MONTHS, Expected, Sender, expected_senders

NIGHTS, CLOSES = ("run", "flow nightly"), ("close", "flow close")
_SHOWN = 40  # late senders that are named one by one


def arrivals(home: Home, call: Call, day: date) -> tuple[Outcome, list[str]]:
    """Whether the night of the day ended and every usual sender's files came; gives lines for the duty officer.

    Exit status 1 where no night of the day has ended, 3 where somebody is late. UsageError where there is no home.
    """
    home.expect()
    with told_on_duty("arrivals", day, call.tell) as ending:
        night, has_ended = _night_of(home, day)
        expected = expected_senders(_deliveries(home, day), day)
        late = [one for one in expected if not one.has_sent]
        waiting = sum(1 for _ in intake.waiting(home, lambda _: None)) if home.inbox.is_dir() else 0
        lines = [
            f"night         {night}",
            f"waiting       {waiting} {'file' if waiting == 1 else 'files'} in the inbox for the next night",
            f"expected      {_told_expected(expected, day)}",
            *[_told_late(one) for one in late[:_SHOWN]],
            *([f"... and {len(late) - _SHOWN:,} more"] if len(late) > _SHOWN else []),
        ]
        counts = {"expected": len(expected), "late": len(late), "waiting": waiting}
        sentence = f"{len(late):,} of {len(expected):,} usual senders have sent nothing"
        if not has_ended:
            lines.append("what to do    look at runs.jsonl and at the log of the schedule, then mshi run")
            ending.outcome = Outcome("arrivals", day, FAILED, f"{night}; {sentence}", counts)
        elif late:
            lines.append("what to do    ask the late senders; lay what they send into the inbox, and mshi run")
            named = ", ".join(f"{hide_numbers(one.sender[1])} ({one.sender[0]})" for one in late[:5])
            ending.outcome = Outcome("arrivals", day, LOOK, f"{sentence}: {named}", counts)
        else:
            ending.outcome = Outcome("arrivals", day, WELL, "everybody who usually has sent by now has sent", counts)
    return ending.outcome, lines


def close(home: Home, call: Call, day: date, step: Step = plainly) -> tuple[Result | None, str]:
    """Publish the month whose closing day has come as known on the day, once; gives what was done, else why not."""
    law = load_law()
    month = month_to_close(law, day)
    coming = add_months(month, 1)
    later = f"{coming:%Y-%m} closes on {closes_on(law, coming)}"
    home.expect()
    number = _closed_by(home, month)
    if number is not None:
        return None, f"nothing to close: {month:%Y-%m} was closed by run {number}, {later}"
    lost.expect_archive(home, run_record.runs(home))
    closing = closes_on(law, month)
    if not any(record.received_on <= closing for record in archive.records(home)):
        return None, f"nothing to close: nothing had come in by {closing}, when {month:%Y-%m} closed; {later}"
    with told_on_duty("close", day, call.tell) as ending:
        result = again.rerun(home, _of_month(call, month, day), month, day, step=step)
        ending.outcome = outcome_of("close", day, result.folder, result.summary)
    return result, f"closed {month:%Y-%m} as known on {day}; {later}"


def prove(
    home: Home, call: Call, day: date, public_key: str | None, step: Callable[[str], None] = lambda _: None
) -> tuple[Proof, Outcome]:
    """Prove the whole home (pipelines/verify); what is found goes to whoever is on duty too."""
    with told_on_duty("verify", day, call.tell) as ending:
        proof = verify_home(home, public_key, step)
        found = len(proof.findings)
        sentence = f"{found:,} findings; mshi verify names each" if found else "nothing was altered"
        ending.outcome = Outcome("verify", day, FAILED if found else WELL, sentence, {"findings": found})
    return proof, ending.outcome


def _night_of(home: Home, day: date) -> tuple[str, bool]:
    """What became of the last night of a day, and whether it ended with something published."""
    lines = run_record.runs(home)
    ended = {line["run"]: line for line in lines if line["event"] == "ended"}
    nights = list(_begun(lines, NIGHTS, "as_of", str(day)))
    good = [ended[one] for one in nights if one in ended and ended[one]["exit_status"] in (WELL, LOOK)]
    if good:
        return f"of {day} ended with status {good[-1]['exit_status']} at {good[-1]['at']}", True
    if nights and nights[-1] in ended:
        return f"no night of {day} has ended well; run {nights[-1]} failed at {ended[nights[-1]]['at']}", False
    began = f"; run {nights[-1]} has begun" if nights else ""
    return f"no night of {day} has ended{began}", False


def _begun(lines: list[dict[str, Any]], commands: tuple[str, ...], option: str, value: str) -> Iterator[int]:
    """The runs of a command with that option."""
    for line in lines:
        if line["event"] == "begun" and line["command"] in commands and line["options"].get(option) == value:
            yield line["run"]


def _closed_by(home: Home, month: date) -> int | None:
    """The run that closed a month."""
    lines = run_record.runs(home)
    well = {line["run"] for line in lines if line["event"] == "ended" and line["exit_status"] == WELL}
    return next((one for one in _begun(lines, CLOSES, "month", f"{month:%Y-%m}") if one in well), None)


def _of_month(call: Call, month: date, day: date) -> Call:
    return replace(call, options={**call.options, "month": f"{month:%Y-%m}", "known_at": str(day)})


def _deliveries(home: Home, day: date) -> dict[Sender, list[date]]:
    """The days on which each sender's files came in, up to a day; bytes that came a second time are no new file."""
    recent = pl.col("received_on").is_between(add_months(month_of(day), -HISTORY_MONTHS), day)
    known = ledger.standing(home, "deliveries").filter(
        recent & (pl.col("event") == "delivery") & (pl.col("refused_reason") != "seen_before").fill_null(True)
    )
    senders = ledger.standing(home, "totals").filter(recent & pl.col("sender").is_not_null())
    told = (
        known.join(senders.select("sequence", "sender").unique(), on="sequence", how="left")
        .with_columns(sender=pl.coalesce("sender", "register", "format"))
        .filter(pl.col("sender").is_not_null())
        .select("source", "sender", "received_on")
        .unique()
        .collect()
    )
    days: dict[Sender, list[date]] = {}
    for source, sender, received_on in told.rows():
        days.setdefault((source, sender), []).append(received_on)
    return days


def _told_expected(expected: list[Expected], day: date) -> str:
    if expected:
        came = sum(one.has_sent for one in expected)
        return f"{len(expected):,} senders by this banking day, {came:,} have sent"
    if day not in banking_days_between(day, day):
        return f"nobody: {day} is no banking day"
    return "nobody: no sender has a rhythm yet (five banking days, or three months, of history)"


def _told_late(one: Expected) -> str:
    usually = "on every banking day" if one.rhythm == "daily" else f"by banking day {one.by} of a month"
    source, sender = one.sender
    return f"late          {source:<11} {hide_numbers(sender):<14} sends {usually}; the last came on {one.last_on}"
