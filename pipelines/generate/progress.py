"""Show on a terminal how many delivery days are made; nothing where there is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pipelines.generate.nation import Nation
from pipelines.generate.papers import Day


@contextmanager
def shown(nation: Nation, last_only: bool) -> Iterator[Callable[[Day], None]]:
    """What to call with every day that is begun."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("delivery days", total=len(nation.all_days))

        def tell(day: Day) -> None:
            what = "counting" if last_only and day.month < nation.last else "writing"
            progress.update(task, completed=day.place, description=f"{what} {day.day}")

        yield tell
