"""The command `mshi diff`: what differs between two published snapshots, and why.

cli.py makes it a command of `mshi`. Heavy libraries are imported inside. Source: contract.md section 1.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pipelines.errors import UsageError
from pipelines.options import HomeOption, home_of

Snapshot = Annotated[str, Parameter(help="Id or folder of a published snapshot.")]
Format = Annotated[Literal["table", "json", "csv"], Parameter(name="--format", help="How to tell it.")]


def diff(
    a: Snapshot,
    b: Snapshot,
    /,
    *,
    form: Format = "table",
    to: Annotated[Path | None, Parameter(help="File to write, for its owner alone; else the screen.")] = None,
    home: HomeOption = None,
) -> int:
    """Whose status changed from snapshot A to B and why, and which payments and breaks came or went.

    Names people by their IIN: for auditors. Takes no lock and writes nothing into the home.
    """
    from rich.console import Console

    from pipelines.diff import difference
    from pipelines.diff_output import FORMATS, counts

    if to is not None and (to.is_dir() or not to.parent.is_dir()):
        raise UsageError(f"--to: expected a file in a folder that is there, found {to}")
    with ExitStack() as stack:
        with Console(stderr=True).status("comparing ..."):
            told = stack.enter_context(difference(home_of(home), a, b))
        if to is None:
            for text in FORMATS[form](told):
                sys.stdout.write(text)
        else:
            _write(to, FORMATS[form](told))
            print(f"{counts(told)} differ\n{to.resolve()}")
    for note in told.notes if form == "csv" else []:
        print(f"mshi: note: {note}", file=sys.stderr)
    return 0


def _write(target: Path, texts: Iterator[str]) -> None:
    """Whole or not at all, for the owner alone."""
    from pipelines.home import sync

    beside = target.with_name(f".{target.name}.tmp")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for text in texts:
                file.write(text.encode())
        sync(beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
