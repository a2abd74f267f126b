"""The command `mshi diff`: what differs between two published snapshots, and why.

cli.py makes it a command of `mshi`. Heavy libraries are imported inside. Source: contract.md section 1.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pipelines.options import HomeOption, home_of, target_of
from pipelines.screen import say

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
    from pipelines.outgoing import whole

    place = home_of(home)
    target = target_of(to, place) if to is not None else None
    with ExitStack() as stack:
        with Console(stderr=True).status("comparing ..."):
            told = stack.enter_context(difference(place, a, b))
        if target is None:
            for text in FORMATS[form](told):
                sys.stdout.write(text.decode())
        else:
            with whole(target) as file:
                for text in FORMATS[form](told):
                    file.write(text)
            say(f"{counts(told)} differ", str(target.resolve()), on_screen=True)
    for note in told.notes if form == "csv" else []:
        say(f"mshi: note: {note}")
    return 0
