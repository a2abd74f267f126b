"""The command `mshi generate`: writes a synthetic nation to a folder. cli.py makes it a command of `mshi`.

Heavy libraries are imported inside. Source: contract.md section 1.
"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.errors import RunFailed, hide_numbers
from pipelines.options import HomeOption, day_of
from pipelines.screen import say


def generate(
    folder: Annotated[Path, Parameter(help="Folder to write to; it must be empty or not there yet.")],
    /,
    *,
    persons: Annotated[int, Parameter(help="How many people, 10 to 18 million.")],
    months: Annotated[int, Parameter(help="In how many months files come, the month of --as-of the last.")],
    as_of: Annotated[str | None, Parameter(help="Last day on which files come; today in Asia/Almaty.")] = None,
    seed: Annotated[int, Parameter(help="Another seed, another nation; the same gives the same bytes.")] = 1,
    days: Annotated[int | None, Parameter(help="Delivery days a month; else every banking day.")] = None,
    lines_per_file: Annotated[int, Parameter(help="About how many lines a file has.")] = 3_500,
    last_month_only: Annotated[bool, Parameter(negative="", help="Write the files of the last month only.")] = False,
    population: Annotated[bool, Parameter(negative="", help="Write the register of persons too.")] = False,
    home: HomeOption = None,  # asks nothing of it, but every command takes it (contract.md section 1)
) -> int:
    """Write a synthetic nation of any size: files by delivery day, and the verdict expected of each line and person.

    Nobody in it can exist. Copy FOLDER/DAY/* into the inbox and run with --as-of DAY.
    """
    from pipelines.generate.nation import Nation
    from pipelines.generate.progress import shown
    from pipelines.generate.write import generate as write

    nation = Nation(persons, months, day_of(as_of), seed, days, lines_per_file)
    try:
        with shown(nation, last_month_only) as tell:
            done = write(folder, nation, last_month_only, population, tell)
    except OSError as error:
        if not folder.is_dir() or not any(folder.iterdir()):
            raise
        told = hide_numbers(str(folder))
        raise RunFailed(
            f"{error.strerror}: {told} holds a part of the nation only: remove it, then start again"
        ) from None
    by_reason = sorted(done.by_reason.items(), key=lambda told: -told[1])
    say(
        f"{done.files:,} files, {done.size:,} bytes, {done.lines:,} lines in {folder.resolve()}",
        *(f"{count:>14,} {verdict} {reason}".rstrip() for (verdict, reason), count in by_reason),
        on_screen=True,
    )
    return 0
