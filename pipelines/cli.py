"""The command `mshi`: reads the call, runs a job, says what happened, ends with the contract's exit status.

0 all is well; 1 failed, nothing published; 2 wrong usage; 3 published, but something was refused or quarantined.
Heavy libraries are imported inside the commands, so that --help answers at once. Source: contract.md section 1.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Parameter

from pipelines import desk
from pipelines.errors import RunFailed, UsageError, hide_numbers, without_values
from pipelines.explain_command import explain
from pipelines.options import HomeOption, day_of, home_of, month_of

if TYPE_CHECKING:
    from pipelines.night import Result

app = App(
    name="mshi",
    help="Reconcile the payments of Kazakhstan's mandatory social health insurance and say who is insured.",
    help_format="plaintext",
    version_flags=["--version"],
    result_action="return_value",
)
for command in (desk.quarantine, desk.accept, desk.withdraw, desk.replay, desk.acknowledge, explain):
    app.command(command)


@app.command
def run(
    *,
    as_of: Annotated[str | None, Parameter(help="Day of the run (YYYY-MM-DD); today in Asia/Almaty.")] = None,
    month: Annotated[str | None, Parameter(help="Month to publish (YYYY-MM); the month of --as-of.")] = None,
    prefect: Annotated[bool, Parameter(negative="", help="Run as a flow of the configured Prefect server.")] = False,
    home: HomeOption = None,
) -> int:
    """The nightly job: take in the inbox, validate, compute, publish a snapshot of the month."""
    day = day_of(as_of)
    chosen = month_of(month) if month is not None else None
    if prefect:
        from pipelines.flows import nightly as nightly_flow

        return _tell(nightly_flow(home=str(home_of(home).root), as_of=day, month=chosen))
    from pipelines.night import nightly

    return _tell(nightly(home_of(home), day, chosen, step=_shown))


@app.command
def rerun(
    month: Annotated[str | None, Parameter(help="Month (YYYY-MM).")] = None,
    /,
    *,
    known_at: Annotated[str | None, Parameter(help="As known at the end of this day (YYYY-MM-DD).")] = None,
    snapshot: Annotated[str | None, Parameter(help="Id or folder of a published snapshot to make again.")] = None,
    home: HomeOption = None,
) -> int:
    """Compute a month again from what is archived, and compare with what is published."""
    from pipelines.night import rerun as again
    from pipelines.night import rerun_snapshot

    if (month is None) == (snapshot is None) or (snapshot is not None and known_at is not None):
        raise UsageError("expected a MONTH, perhaps with --known-at, or --snapshot alone")
    if snapshot is not None:
        return _tell(rerun_snapshot(home_of(home), snapshot, step=_shown), is_rerun=True)
    day = day_of(known_at, "--known-at") if known_at is not None else None
    return _tell(again(home_of(home), month_of(month or ""), day, step=_shown), is_rerun=True)


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
    lines, needs_attention = check_files(home_of(home), list(files), day_of(as_of))
    print("\n".join(lines))
    return 3 if needs_attention else 0


@app.command
def sample(folder: Annotated[Path, Parameter(help="Inbox folder to fill, such as home/inbox.")], /) -> int:
    """Write the bundled sample inbox: every format, good and faulty files, people who cannot exist."""
    from pipelines.sample import write_sample

    print(f"{write_sample(folder)} sample files lie in {folder}")
    return 0


@app.command
def dictionary() -> int:
    """Print the data dictionary: every table and column of a snapshot, and every code."""
    from pipelines.dictionary import dictionary_text

    print(dictionary_text())
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives the exit status and never lets a traceback with values through."""
    if "MSHI_THREADS" in os.environ:
        os.environ.setdefault("POLARS_MAX_THREADS", os.environ["MSHI_THREADS"])
    try:
        status = app(arguments, exit_on_error=False, print_error=False)
        return status if isinstance(status, int) else 0
    except (UsageError, CycloptsError) as error:
        print(f"mshi: {hide_numbers(str(error))}", file=sys.stderr)
        print("mshi: see mshi --help", file=sys.stderr)
        return 2
    except RunFailed as error:
        print(f"mshi: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has gone, as with `mshi dictionary | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = hide_numbers(str(error.filename))
        print(f"mshi: {error.strerror}: {where}; nothing was published; mend this and run again", file=sys.stderr)
        return 1
    except Exception as error:
        if os.environ.get("MSHI_DEBUG"):
            raise
        print(f"mshi: {without_values(error)}", file=sys.stderr)
        return 1


_STEPS = {
    "take_in": "archiving the inbox",
    "catch_up": "reading and judging what came in",
    "compute_and_publish": "computing and publishing the month",
    "rebuild": "building the analysts' database",
}


def _shown(work: Callable[..., Any], *given: Any) -> Any:
    """A step with its name and a moving sign on a terminal; nothing where there is none."""
    from rich.console import Console

    with Console(stderr=True).status(f"{_STEPS.get(work.__name__, work.__name__)} ..."):
        return work(*given)


def _tell(result: "Result", is_rerun: bool = False) -> int:
    for line in [*result.warnings, *result.summary.faults]:
        print(f"mshi: {line}", file=sys.stderr)
    print("\n".join(result.summary.lines[1:] if is_rerun else result.summary.lines))
    state = "published" if result.is_new else "already published, the same bytes"
    print(f"snapshot      {state}")
    print(result.folder.resolve())
    return 3 if result.summary.needs_attention and not is_rerun else 0


def console() -> None:
    """Entry point of the installed command."""
    sys.exit(main())
