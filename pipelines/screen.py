"""What the commands show: a step that is at work, and what a job did. Never personal data."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from pipelines.night import Result

_STEPS = {
    "take_in": "archiving the inbox",
    "catch_up": "reading and judging what came in",
    "compute_and_publish": "computing and publishing the month",
    "rebuild": "building the analysts' database",
}


def shown(work: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """A step with its name, its stage, how many of how many and the time left, on a terminal; else nothing."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    from pipelines.progress import listening

    step, console = _STEPS.get(work.__name__, work.__name__), Console(stderr=True)
    columns: list[ProgressColumn] = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn()]
    columns += [MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(step, total=None)
        stages = {"": step}

        def heard(stage: str, done: int, total: int) -> None:
            if stages.get("now") != stage:
                stages["now"] = stage
                progress.reset(task, total=total, description=f"{step}: {stage}")
            progress.update(task, completed=done, total=total)

        with listening(heard):
            return work(*given, **named)


def say(*lines: str, on_screen: bool = False) -> None:
    """Write lines to standard error, or to the screen. Whoever no longer reads them, or whose disk is full, changes
    nothing of what was done, nor the exit status that tells of it.
    """
    stream = sys.stdout if on_screen else sys.stderr
    try:
        print(*lines, sep="\n", file=stream, flush=True)
    except OSError:
        to_nowhere(stream)


def to_nowhere(stream: TextIO) -> None:
    """Lead what else is written there, and what Python flushes at its end, to where nothing fails."""
    with suppress(OSError):  # a stream that has no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def told(result: "Result") -> int:
    """Say what a job did, the snapshot's folder last; gives the exit status of a night."""
    if warnings := [f"mshi: {line}" for line in [*result.warnings, *result.summary.faults]]:
        say(*warnings)
    state = "published" if result.is_new else "already published, the same bytes"
    lines = [*result.summary.lines, f"snapshot      {state}", *(f"  {line}" for line in result.compared)]
    if (result.folder / "report.html").is_file():
        lines.append(f"report        {result.folder.resolve() / 'report.html'}")
    say(*lines, str(result.folder.resolve()), on_screen=True)
    return 3 if result.summary.needs_attention else 0
