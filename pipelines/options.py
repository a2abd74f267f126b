"""What the commands of `mshi` have in common: home, days and months as typed, limits, machines, who calls and when."""

import getpass
import os
import re
import socket
import sys
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from pipelines.errors import UsageError, hide_numbers
from pipelines.screen import say

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from pipelines.home import Home
    from pipelines.run_record import Call

HomeOption = Annotated[Path | None, Parameter(name="--home", help="Home folder; else MSHI_HOME, else ./home.")]

MemoryOption = Annotated[
    str | None, Parameter(name="--memory", help="Most memory to take, such as 1500MB or 4GiB; else MSHI_MEMORY.")
]
SpillOption = Annotated[
    Path | None, Parameter(name="--spill", help="Folder for what does not fit in memory; else MSHI_SPILL.")
]


@Parameter(name="*")
@dataclass(frozen=True)
class Spread:
    """Options that say which machines read files and compute people."""

    engine: Annotated[
        Literal["local", "dask"] | None,
        Parameter(help="Who reads files and computes people: this machine (local) or a Dask cluster."),
    ] = None
    scheduler: Annotated[str | None, Parameter(help="Address of the Dask scheduler; else MSHI_SCHEDULER.")] = None
    shared: Annotated[
        str | None, Parameter(help="Folder that all workers see, or s3://BUCKET/PREFIX; else MSHI_SHARED or the home.")
    ] = None


def spread_over(home: "Home", spread: Spread | None) -> None:
    """Set on which machines this run computes; UsageError or RunFailed if it cannot."""
    from pipelines import machines

    told = spread or Spread()
    machines.set_to(home, told.engine, told.scheduler, told.shared)


def limit(memory: str | None, spill: Path | None) -> None:
    """Set what this run may take of the machine; UsageError if it cannot be read or is no folder."""
    from pipelines import limits

    limits.set_to(memory, spill)


def home_of(given: Path | None) -> "Home":
    """The home folder: as given, else MSHI_HOME, else ./home."""
    from pipelines.home import Home

    root = (given or Path(os.environ.get("MSHI_HOME") or "home")).absolute()
    if set(str(root)) & set("*?["):
        raise UsageError("the home folder's path must not hold any of the signs * ? [")
    return Home(root)


def today() -> date:
    """The day in Asia/Almaty."""
    return datetime.now(ZoneInfo("Asia/Almaty")).date()


def call_of(command: str, **options: object) -> "Call":
    """The call of a command for the run record: its options that were given, who calls, where; told on stderr."""
    from pipelines.run_record import Call

    given = {name: str(value) for name, value in options.items() if value is not None and value is not False}
    clock = partial(datetime.now, ZoneInfo("Asia/Almaty"))
    return Call(command, given, user(), socket.gethostname(), os.getpid(), clock, lambda line: say(f"mshi: {line}"))


def user() -> str:
    """Who calls; a container may run under a number that has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def day_of(text: str | None, option: str = "--as-of") -> date:
    """The day that an option names, else today; UsageError if it is none."""
    if text is None:
        return today()
    try:
        return date.fromisoformat(_shaped(text, r"\d{4}-\d\d-\d\d"))
    except ValueError:
        raise UsageError(f"{option}: expected a day like 2026-11-20, found {text!r}") from None


def day_if(text: str | None, option: str) -> date | None:
    """The day that an option names, if it is given; UsageError if it is none."""
    return day_of(text, option) if text is not None else None


def iin_of(text: str) -> int:
    """The IIN that was typed, or stands on standard input, if it is possible; the message never repeats it."""
    from schemas.identifiers import valid_iin

    expected = "impossible IIN: expected 12 digits with a possible birth date and the right check digit"
    return int(_typed(text, valid_iin, expected))


def payer_of(text: str) -> str:
    """The BIN or IIN of a payer in the same way."""
    from schemas.identifiers import valid_payer

    return _typed(text, valid_payer, "impossible payer: expected the 12 digits of a BIN, or of an entrepreneur's IIN")


def _typed(text: str, valid: "Callable[[pl.Series], pl.Series]", expected: str) -> str:
    import polars as pl

    try:
        written = sys.stdin.readline().strip() if text == "-" else text
        if text == "-" and not sys.stdin.isatty() and any(line.strip() for line in sys.stdin):
            raise UsageError("standard input: expected one line, found more; nothing was told, ask for each by itself")
    except UnicodeDecodeError:
        written = ""
    if not written.isascii() or not valid(pl.Series([written])).item():  # Polars takes no half of a character
        raise UsageError(expected)
    return written


def target_of(given: Path, home: "Home") -> Path:
    """The file that --to names, as a whole path; UsageError if there can be no such file, or it lies in the home."""
    if given.is_dir() or not given.parent.is_dir() or not given.name:
        raise UsageError(f"--to: expected a file in a folder that is there, found {hide_numbers(str(given))}")
    if given.is_symlink() or given.exists() and not given.is_file():
        raise UsageError(
            f"--to: expected a regular file or a new one, found a link or a device: {hide_numbers(str(given))}"
        )
    if given.resolve().is_relative_to(home.root.resolve()):
        raise UsageError(f"--to: expected a file outside of the home folder, found {hide_numbers(str(given))}")
    return given.absolute()


def month_of(text: str, option: str = "--month") -> date:
    """The first day of the month that an option names; UsageError if it is none."""
    try:
        return date.fromisoformat(_shaped(text, r"\d{4}-\d\d") + "-01")
    except ValueError:
        raise UsageError(f"{option}: expected a month like 2026-11, found {text!r}") from None


def _shaped(text: str, shape: str) -> str:
    if not re.fullmatch(shape, text):
        raise ValueError
    return text
