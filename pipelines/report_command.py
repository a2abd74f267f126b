"""The command `mshi report`: the night's report of a snapshot, elsewhere than in it, with the times of its stages.

cli.py makes it a command of `mshi`. Heavy libraries are imported inside. Source: contract.md section 1.
"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pipelines.errors import UsageError
from pipelines.options import HomeOption, MemoryOption, SpillOption, home_of, limit, target_of
from pipelines.screen import say


def report(
    snapshot: Annotated[str | None, Parameter(help="Id or folder of a published snapshot; else the newest.")] = None,
    /,
    *,
    to: Annotated[Path | None, Parameter(help="File to write, or a folder for it; for its owner alone.")] = None,
    lang: Annotated[Literal["en", "ru", "kk"], Parameter(help="Where the browser prefers none of the three.")] = "en",
    memory: MemoryOption = None,
    spill: SpillOption = None,
    home: HomeOption = None,
) -> int:
    """Write the night's report with the times of its stages; without --to say where the snapshot's own lies.

    Counts and money only, nobody is named. Takes no lock and writes nothing into the home.
    """
    from pipelines import report as reports

    limit(memory, spill)
    chosen = home_of(home)
    if to is None:
        path = reports.chosen(chosen, snapshot) / "report.html"
        if not path.is_file():
            raise UsageError(f"{path.parent.name} has no report of its own: make one with --to FILE")
    else:
        target_of(to / "report.html" if to.is_dir() else to, chosen)
        path = reports.write(chosen, snapshot, to, lang)
    say(str(path.resolve()), on_screen=True)
    return 0
