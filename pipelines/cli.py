"""The command `mshi`: reads the call, runs a job, says what happened, ends with the contract's exit status.

0 all is well; 1 failed, nothing published; 2 wrong usage; 3 published, but something was refused or quarantined.
Heavy libraries are imported inside the commands, so that --help answers at once. Source: contract.md section 1.
"""

import gc
import io
import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter, UnknownCommandError, UnusedCliTokensError

from pipelines import (
    desk,
    diff_command,
    explain_command,
    export_commands,
    generate_command,
    limits,
    privacy_commands,
    report_command,
    rerun_command,
    schedule_command,
    sql_command,
    verify_command,
)
from pipelines.errors import RunFailed, UsageError, end_at_once, hide_numbers, is_failure, sentence_of, was_ended
from pipelines.options import (
    HomeOption,
    MemoryOption,
    SpillOption,
    Spread,
    call_of,
    day_of,
    home_of,
    limit,
    month_of,
    spread_over,
)
from pipelines.screen import say, shown, to_nowhere, told

_BY_CTRL_C = 128 + signal.SIGINT  # the exit status that a shell gives what was ended by Ctrl-C

app = App(
    name="mshi",
    help="Reconcile the payments of Kazakhstan's mandatory social health insurance and say who is insured.",
    help_format="plaintext",
    version=lambda: version("mshi"),
    version_flags=["--version"],
    result_action="return_value",
)
for command in (
    desk.quarantine,
    desk.accept,
    desk.withdraw,
    desk.replay,
    desk.acknowledge,
    rerun_command.rerun,
    rerun_command.backfill,
    explain_command.explain,
    diff_command.diff,
    schedule_command.arrivals,
    schedule_command.close,
    schedule_command.serve,
    verify_command.verify,
    report_command.report,
    generate_command.generate,
    sql_command.sql,
    privacy_commands.publish,
    privacy_commands.reidentify,
    export_commands.export,
    export_commands.letter,
):
    app.command(command)


@app.command
def run(
    *,
    as_of: Annotated[str | None, Parameter(help="Day of the run (YYYY-MM-DD); today in Asia/Almaty.")] = None,
    month: Annotated[str | None, Parameter(help="Month to publish (YYYY-MM); the month of --as-of.")] = None,
    prefect: Annotated[bool, Parameter(negative="", help="Run as a flow of the configured Prefect server.")] = False,
    memory: MemoryOption = None,
    spill: SpillOption = None,
    spread: Spread | None = None,
    home: HomeOption = None,
) -> int:
    """The nightly job: take in the inbox, validate, compute, publish a snapshot of the month."""
    day = day_of(as_of)
    chosen = month_of(month) if month is not None else None
    limit(memory, spill)
    spread_over(home_of(home), spread)
    if prefect:
        from pipelines.serve import SETTINGS

        os.environ.update(SETTINGS | os.environ)
        from pipelines.flows import nightly as nightly_flow

        published = nightly_flow(home=str(home_of(home).root), as_of=day, month=chosen)
        return told(published)  # type: ignore[arg-type]  # what a flow gives that is called, not its state
    from pipelines.night import nightly

    return told(nightly(home_of(home), call_of("run", as_of=day, month=month), day, chosen, step=shown))


@app.command
def check(
    *files: Annotated[Path, Parameter(help="Files to read.")],
    as_of: Annotated[str | None, Parameter(help="Day on which they would be received; today in Asia/Almaty.")] = None,
    home: HomeOption = None,
) -> int:
    """Read and validate files without taking them in; site layouts come from the home folder if it exists."""
    from pipelines.check import check_files

    if not files:
        raise UsageError("expected the files to check")
    lines, needs_attention = check_files(home_of(home), list(files), day_of(as_of), call_of("check").tell)
    say(*lines, on_screen=True)
    return 3 if needs_attention else 0


@app.command
def sample(
    folder: Annotated[Path, Parameter(help="Inbox folder to fill, such as home/inbox.")],
    /,
    *,
    home: HomeOption = None,  # asks nothing of it, but every command takes it (contract.md section 1)
) -> int:
    """Write the bundled sample inbox: every format, good and faulty files, people who cannot exist."""
    from pipelines.sample import write_sample

    say(f"{write_sample(folder)} sample files lie in {folder}", on_screen=True)
    return 0


@app.command
def dictionary(*, home: HomeOption = None) -> int:
    """Print the data dictionary: every table and column of a snapshot, and every code."""
    from pipelines.dictionary import dictionary_text

    print(dictionary_text())
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives the exit status and never lets a traceback with values through."""
    # Hardly anything that a command makes is a ring that only the collector can free, and to look for rings after every
    # 700 objects takes a tenth of an answer.
    gc.set_threshold(50_000)
    try:
        if (threads := limits.threads()) is not None:
            os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
        status = app(arguments, exit_on_error=False, print_error=False)
        return status if isinstance(status, int) else 0
    except UnusedCliTokensError as error:  # what was typed may be a name or a number of somebody
        say(f"mshi: {_too_many(len(error.unused_tokens or []), _called(arguments))}")
        return 2
    except (UsageError, CycloptsError) as error:
        say(f"mshi: {hide_numbers(_said(error))}", f"mshi: see {_called(arguments)} --help")
        return 2
    except BrokenPipeError:  # the reader of our output has gone, as with `mshi dictionary | head`
        to_nowhere(sys.stdout)
        return 0
    except BaseException as error:
        if was_ended():
            raise SystemExit(_BY_CTRL_C) from None
        if not is_failure(error):
            raise
        if os.environ.get("MSHI_DEBUG") and not isinstance(error, RunFailed | OSError):
            raise
        say(f"mshi: {sentence_of(error)}")
        return 1


def _said(error: Exception) -> str:
    """What is wrong with a call; an option that stands before its command is taken for an unknown command."""
    if isinstance(error, UnknownCommandError) and error.unused_tokens and error.unused_tokens[0].startswith("-"):
        return f"{error.unused_tokens[0]}: expected a command first, then its options, as in mshi verify --home DIR"
    return str(error)


def _too_many(words: int, called: str) -> str:
    """How many words a call has too many, not which, and where to look."""
    quoted = ": a query is one word, in quotes" if called == "mshi sql" else ""
    return f"{words} {'word' if words == 1 else 'words'} too many{quoted}; see {called} --help"


def _called(arguments: list[str] | None) -> str:
    """The command that was called, as far as it is one."""
    name = [*(sys.argv[1:] if arguments is None else arguments), ""][0]
    return f"mshi {name}" if name and not name.startswith("-") and name in app else "mshi"


def console() -> None:
    """Entry point of the installed command. A letter that the screen cannot show is told by its number.

    A stream that was closed by whoever called (`>&-`) is none to Python: what is told there goes nowhere.
    """
    sys.stdin = sys.stdin or Path(os.devnull).open()  # noqa: SIM115 - open to the end
    sys.stdout, sys.stderr = (stream or Path(os.devnull).open("w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end_at_once)
    sys.exit(main())


if __name__ == "__main__":  # python -m pipelines.cli, where the command is not installed
    console()
