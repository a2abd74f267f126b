"""The commands of the schedule: the morning check of arrivals, the monthly close, a local Prefect server.

cli.py makes them commands of `mshi`. Heavy libraries are imported inside.
"""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from pipelines.options import (
    HomeOption,
    MemoryOption,
    SpillOption,
    Spread,
    call_of,
    day_of,
    home_of,
    limit,
    spread_over,
)
from pipelines.screen import say, shown, told


def _day(as_of: str | None) -> date:
    """The day that is asked about; UsageError if no calendar tells of it."""
    from pipelines.bounds import check_month
    from schemas.calendar import month_of

    day = day_of(as_of)
    check_month(month_of(day), day)
    return day


def arrivals(
    *,
    as_of: Annotated[str | None, Parameter(help="Day to look at (YYYY-MM-DD); today in Asia/Almaty.")] = None,
    home: HomeOption = None,
) -> int:
    """The morning check: did the night end, and who usually has sent by this banking day and has sent nothing.

    Ends 1 where no night of the day has ended, 3 where a sender is late.
    """
    from pipelines import damage, schedule

    day = _day(as_of)
    with damage.told_of(home_of(home)):
        outcome, lines = schedule.arrivals(home_of(home), call_of("arrivals", as_of=day), day)
    say(*lines, on_screen=True)
    return outcome.exit_status


def close(
    *,
    as_of: Annotated[str | None, Parameter(help="Day of the close (YYYY-MM-DD); today in Asia/Almaty.")] = None,
    memory: MemoryOption = None,
    spill: SpillOption = None,
    spread: Spread | None = None,
    home: HomeOption = None,
) -> int:
    """The monthly close: publish the month whose wages are due and settled, once; on other days say when it closes.

    A month closes on the first banking day after the 25th of the next one and three banking days.
    """
    from pipelines import schedule

    day = _day(as_of)
    limit(memory, spill)
    spread_over(home_of(home), spread)
    result, sentence = schedule.close(home_of(home), call_of("close", as_of=day), day, step=shown)
    say(sentence, on_screen=True)
    return told(result) if result is not None else 0


def serve(
    *,
    port: Annotated[int, Parameter(help="Port of the server on 127.0.0.1.")] = 4200,
    state: Annotated[Path | None, Parameter(help="Folder of the server's own state; else .prefect here.")] = None,
    home: HomeOption = None,
) -> int:
    """Run the schedule of flows.yaml on a local Prefect server until Ctrl-C; needs a checkout, not only the package."""
    from pipelines import serve as server

    return server.serve(home_of(home).root, port, (state or Path(".prefect")).absolute())
