"""The run record: who ran which command that changes something, when, by which versions, and what came of it.

`home/runs.jsonl` is append-only. Grain: two lines a run, begun and ended; a run that died has only the first. Each
line names the hash of the one before, and every manifest the hash of the last line when it was published, so that
the record is part of the chain. Never personal data. Not for deliveries and events: those are in the archive.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines import archive, damage, lost
from pipelines.errors import RunFailed, UsageError, hide_numbers, was_ended
from pipelines.home import Home, append_after, read_lines
from pipelines.progress import timing
from pipelines.recovery import recover
from pipelines.versions import versions


@dataclass(frozen=True)
class Call:
    """A command as it was called: its options, who called it where; the clock and the voice of the command line."""

    command: str
    options: dict[str, str]
    by: str
    host: str
    pid: int
    clock: Callable[[], datetime]
    tell: Callable[[str], None]


@dataclass
class Running:
    """A run at work, and what it will have done (kept in its last line).

    `told_before` is the last intake sequence that a night which ended has told of; a night puts its own in `told`.
    `key_mark` is that of the key with which mshi.duckdb was made last (pipelines/key.py).
    """

    told_before: int = 0
    key_mark: str | None = None
    exit_status: int = 0
    result: dict[str, Any] = field(default_factory=dict)


@contextmanager
def running(home: Home, call: Call) -> Iterator[Running]:
    """Hold the home for one run and keep the record of it; what a run that died left behind is taken up first.

    RunFailed if another run is at work, or the ledger is damaged. An error is recorded by its kind, its text only if it
    is one of ours.
    """
    with home.locked(owner=lambda: _owner(home)):
        before, records = runs(home), archive.records(home)
        lost.expect_archive(home, before)
        found, published, dead = lost.told_of(home, records), lost.recorded(before), _open_runs(before)
        home.prepare()
        told = {"records": len(records), "died": [line["run"] for line in dead]}
        number = _append(home, call, {"event": "begun", **_caller(call), **told})
        found += [*map(_told_dead, dead), *recover(home, published, after_failure=bool(dead) or _has_failed(before))]
        for sentence in [*found, *lost.unchained(home, published)]:
            call.tell(sentence)
        told_before = max([0, *(line.get("result", {}).get("told", 0) for line in before)])
        run = Running(told_before, key_mark=key_mark(before))
        times: dict[str, int] = {}
        try:
            damage.expect_unaltered(home)
            with timing(times):
                yield run
        except BaseException as error:
            found_damage = damage.damage_of(home, error)
            with suppress(OSError):  # a full disk must not hide what went wrong
                failed = _failed(found_damage or error)
                if (left := lost.intake_hash(home)) is not None:
                    failed["result"]["intake_sha256"] = left
                _append(home, call, {"run": number, "event": "ended", **failed})
            if found_damage is not None:
                raise found_damage from None
            raise
        known = {"intake_sha256": lost.intake_hash(home), "key_mark": run.key_mark}
        result = {**run.result, **({"stages_ms": times} if times else {}), **known}
        told = {"exit_status": run.exit_status, "result": result}
        _append(home, call, {"run": number, "event": "ended", **told})


@contextmanager
def held(home: Home, to_judge: bool = False) -> Iterator[None]:
    """Hold the home without a record, while it is looked at, or what came in is judged. UsageError where there is none;
    RunFailed as `running`.
    """
    home.expect()
    lock = home.locked if to_judge else home.looked_at
    with lock(owner=lambda: _owner(home)), damage.told_of(home):
        if to_judge:
            lost.expect_archive(home, runs(home))
            home.prepare()
            damage.expect_unaltered(home)
        yield


def note(home: Home, call: Call, result: dict[str, Any]) -> None:
    """Keep a record of a command that changes nothing but must not go unseen, such as showing a line of a file."""
    _append(home, call, {"event": "done", **_caller(call), "result": result})


def runs(home: Home) -> list[dict[str, Any]]:
    """All lines of the record in order; RunFailed names the line that cannot be read."""
    found = []
    for number, line in enumerate(read_lines(home.runs), start=1):
        try:
            told = json.loads(line)
            found.append({**told, "run": told["run"], "event": told["event"], "previous": told["previous"]})
        except (ValueError, KeyError, TypeError):
            raise RunFailed(
                f"{home.runs} line {number} is no line of the run record; restore it from the backup"
            ) from None
    return found


def key_mark(lines: list[dict[str, Any]]) -> str | None:
    """The mark of the key with which mshi.duckdb was made last (pipelines/key.py)."""
    marks = (line.get("result", {}).get("key_mark") for line in reversed(lines))
    return next((mark for mark in marks if mark), None)


def head(home: Home) -> str | None:
    """Hash of the last line; None where there is no record."""
    lines = read_lines(home.runs)
    return hashlib.sha256(lines[-1]).hexdigest() if lines else None


def heads(home: Home) -> list[str | None]:
    """All that `head` ever was, the newest first."""
    return [*(hashlib.sha256(line).hexdigest() for line in reversed(read_lines(home.runs))), None]


def sealed(told: dict[str, Any]) -> str:
    """A line as it is written, with the hash of what it tells: no line behind the last one holds its hash yet."""
    whole = json.dumps(told, ensure_ascii=False)
    return json.dumps({**told, "sha256": hashlib.sha256(whole.encode()).hexdigest()}, ensure_ascii=False)


def _append(home: Home, call: Call, told: dict[str, Any]) -> int:
    """Write a line behind the others; gives the number of its run, the place of its first line."""
    number = 0

    def line_after(held: list[bytes]) -> list[str]:
        nonlocal number
        number = told.get("run", len(held) + 1)
        previous = hashlib.sha256(held[-1]).hexdigest() if held else None
        at = call.clock().isoformat(timespec="seconds")
        return [sealed({**told, "run": number, "at": at, "previous": previous})]

    append_after(home.runs, line_after)
    return number


def _caller(call: Call) -> dict[str, Any]:
    who = {"by": call.by, "host": call.host, "pid": call.pid}
    return {"command": call.command, "options": call.options, **who, "versions": versions()}


def _failed(error: BaseException) -> dict[str, Any]:
    found: dict[str, Any] = {"error": "KeyboardInterrupt" if was_ended() else type(error).__name__}
    if isinstance(error, UsageError):  # as on the screen: it may repeat what was typed
        found["message"] = hide_numbers(str(error))
    elif isinstance(error, RunFailed):
        found["message"] = str(error)
    return {"exit_status": 2 if isinstance(error, UsageError) else 1, "result": found}


def _open_runs(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Runs that began, did not end, and that no later run has told of."""
    settled = {line["run"] for line in lines if line["event"] == "ended"}
    settled |= {number for line in lines for number in line.get("died", [])}
    return [line for line in lines if line["event"] == "begun" and line["run"] not in settled]


def _has_failed(lines: list[dict[str, Any]]) -> bool:
    """Whether the last run that ended failed, be it in the midst of publishing."""
    ended = [line["exit_status"] for line in lines if line["event"] == "ended"]
    return ended[-1:] == [1]


def _owner(home: Home) -> str:
    """Who holds the home, for the message to a second one: a run, or a command that keeps no record of it."""
    pid = home.holder()
    at_work = [line for line in _open_runs(runs(home)) if str(line["pid"]) == pid]
    return _told_run(at_work[-1]) if at_work else f"another command (pid {pid})"


def _told_run(line: dict[str, Any]) -> str:
    return f"mshi {line['command']} (run {line['run']}, pid {line['pid']} of {line['by']} on {line['host']})"


def _told_dead(line: dict[str, Any]) -> str:
    return f"{_told_run(line)}, begun at {line['at']}, died before its end; what it left behind is taken up now"
