"""The command `mshi`: reads the call, runs a job, says what happened, ends with the contract's exit status.

0 all is well; 1 failed, nothing published; 2 wrong usage; 3 published, but something was refused or quarantined.
Heavy libraries are imported inside the commands, so that --help answers at once. Source: contract.md section 1.
"""

import getpass
import os
import re
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from cyclopts import App, CycloptsError, Parameter

from pipelines.errors import RunFailed, UsageError, hide_numbers, without_values

if TYPE_CHECKING:
    from pipelines.events import Act
    from pipelines.home import Home
    from pipelines.night import Result

app = App(
    name="mshi",
    help="Reconcile the payments of Kazakhstan's mandatory social health insurance and say who is insured.",
    help_format="plaintext",
    version_flags=["--version"],
    result_action="return_value",
)

HomeOption = Annotated[Path | None, Parameter(name="--home", help="Home folder; else MSHI_HOME, else ./home.")]


@app.command
def run(
    *,
    as_of: Annotated[str | None, Parameter(help="Day of the run (YYYY-MM-DD); today in Asia/Almaty.")] = None,
    month: Annotated[str | None, Parameter(help="Month to publish (YYYY-MM); the month of --as-of.")] = None,
    prefect: Annotated[bool, Parameter(negative="", help="Run as a flow of the configured Prefect server.")] = False,
    home: HomeOption = None,
) -> int:
    """The nightly job: take in the inbox, validate, compute, publish a snapshot of the month."""
    day = _day(as_of, "--as-of") if as_of is not None else _today()
    chosen = _month(month) if month is not None else None
    if prefect:
        from pipelines.flows import nightly as nightly_flow

        return _tell(nightly_flow(home=str(_home(home).root), as_of=day, month=chosen))
    from pipelines.night import nightly

    return _tell(nightly(_home(home), day, chosen, step=_shown))


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
        return _tell(rerun_snapshot(_home(home), snapshot, step=_shown), is_rerun=True)
    day = _day(known_at, "--known-at") if known_at is not None else None
    return _tell(again(_home(home), _month(month or ""), day, step=_shown), is_rerun=True)


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
    lines, needs_attention = check_files(
        _home(home), list(files), _day(as_of, "--as-of") if as_of is not None else _today()
    )
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


Sha = Annotated[str, Parameter(help="sha256 of the file (at least its first 8 digits), from the table files.")]
Why = Annotated[str, Parameter(name="--reason", help="Why; kept in the intake record.")]
ActDay = Annotated[str | None, Parameter(name="--as-of", help="Day of the event; today in Asia/Almaty.")]
By = Annotated[str | None, Parameter(name="--by", help="Who decides; else the user of this session.")]


@app.command
def accept(sha: Sha, /, *, why: Why, as_of: ActDay = None, by: By = None, home: HomeOption = None) -> int:
    """Release a refused document or register, from this day on, after somebody made sure that it is right.

    For control_total, control_count, document_differs and register_shrunk only.
    """
    from pipelines import events
    from pipelines.summary import tenge

    released = events.accept(_home(home), sha, _act(as_of, by, _said(why)))
    print(f"accepted {released.name}: {released.lines:,} lines, {tenge(released.tiyn)} tenge; the next run counts them")
    return 0


@app.command
def withdraw(sha: Sha, /, *, why: Why, as_of: ActDay = None, by: By = None, home: HomeOption = None) -> int:
    """Recall a file, from this day on: its bytes stay, its lines stop counting."""
    from pipelines import events

    lines = events.withdraw(_home(home), sha, _act(as_of, by, _said(why)))
    print(f"withdrawn: {lines:,} lines stop counting; the next run publishes the month without them")
    return 0


@app.command
def replay(
    *,
    reason: Annotated[str | None, Parameter(help="Only what was left outside for this reason.")] = None,
    as_of: ActDay = None,
    by: By = None,
    home: HomeOption = None,
) -> int:
    """Judge again what was left outside, after a rule, a layout or a register changed; first verdicts stay."""
    from pipelines import events
    from pipelines.summary import tenge

    found = events.replay(_home(home), reason, _act(as_of, by))
    for one in found:
        print(f"{one.name}: {one.lines:,} lines, {tenge(one.tiyn)} tenge")
    lines, tiyn = sum(one.lines for one in found), sum(one.tiyn for one in found)
    print(f"released {lines:,} lines, {tenge(tiyn)} tenge" + ("; the next run counts them" if found else ""))
    return 0


@app.command
def quarantine(
    *,
    reason: Annotated[str | None, Parameter(help="Only this reason.")] = None,
    source: Annotated[str | None, Parameter(help="Only this inbox folder, bank (BIC) or channel.")] = None,
    home: HomeOption = None,
) -> int:
    """List what stands outside, by reason and sender, with its money and what to do."""
    from pipelines.outside import open_quarantine

    print("\n".join(open_quarantine(_home(home), reason, source)))
    return 0


@app.command
def acknowledge(
    *,
    source: Annotated[str, Parameter(help="Inbox folder, bank (BIC) or channel.")],
    month: Annotated[str, Parameter(help="Month of receipt (YYYY-MM).")],
    to: Annotated[Path | None, Parameter(help="File to write; else acknowledgement_SOURCE_MONTH.csv here.")] = None,
    home: HomeOption = None,
) -> int:
    """Write for a sender what became of each line of a month, so that errors are mended at their source."""
    from pipelines.outside import acknowledge as write

    target = to or Path(f"acknowledgement_{re.sub(r'[^A-Za-z0-9]+', '_', source)}_{month}.csv")
    count = write(_home(home), source, _month(month), target)
    print(f"{count:,} rows for {source}")
    print(target.resolve())
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


def _act(as_of: str | None, by: str | None, reason: str | None = None) -> "Act":
    from pipelines.events import Act

    return Act(_day(as_of, "--as-of") if as_of is not None else _today(), by or getpass.getuser(), reason)


def _said(reason: str) -> str:
    if not reason.strip():
        raise UsageError("--reason: expected a sentence that an auditor can read")
    return reason


def _home(given: Path | None) -> "Home":
    from pipelines.home import Home

    root = (given or Path(os.environ.get("MSHI_HOME") or "home")).absolute()
    if set(str(root)) & set("*?["):
        raise UsageError("the home folder's path must not hold any of the signs * ? [")
    return Home(root)


def _today() -> date:
    return datetime.now(ZoneInfo("Asia/Almaty")).date()


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(_shaped(text, r"\d{4}-\d\d-\d\d"))
    except ValueError:
        raise UsageError(f"{option}: expected a day like 2026-11-20") from None


def _month(text: str) -> date:
    try:
        return date.fromisoformat(_shaped(text, r"\d{4}-\d\d") + "-01")
    except ValueError:
        raise UsageError("MONTH: expected a month like 2026-11") from None


def _shaped(text: str, shape: str) -> str:
    if not re.fullmatch(shape, text):
        raise ValueError
    return text


def console() -> None:
    """Entry point of the installed command."""
    sys.exit(main())
