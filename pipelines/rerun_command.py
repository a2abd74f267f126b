"""The commands of the auditors: a month again as it was known on a day, by the law of a day, a snapshot, many months.

cli.py makes them commands of `mshi`. Heavy libraries are imported inside. Source: contract.md section 1.
"""

from typing import Annotated

from cyclopts import Parameter

from pipelines.errors import UsageError
from pipelines.options import (
    HomeOption,
    MemoryOption,
    SpillOption,
    Spread,
    call_of,
    day_if,
    home_of,
    limit,
    month_of,
    spread_over,
)
from pipelines.screen import shown, told

KnownAt = Annotated[str | None, Parameter(help="As known at the end of this day (YYYY-MM-DD).")]
LawAsOf = Annotated[
    str | None, Parameter(help="By the law as it was published on this day (YYYY-MM-DD); else as it stands now.")
]


def rerun(
    month: Annotated[str | None, Parameter(help="Month (YYYY-MM).")] = None,
    /,
    *,
    known_at: KnownAt = None,
    law_as_of: LawAsOf = None,
    snapshot: Annotated[str | None, Parameter(help="Id or folder of a published snapshot to make again.")] = None,
    memory: MemoryOption = None,
    spill: SpillOption = None,
    spread: Spread | None = None,
    home: HomeOption = None,
) -> int:
    """Compute a month again from what is archived, and compare with what is published."""
    from pipelines import again

    day, law_day = day_if(known_at, "--known-at"), day_if(law_as_of, "--law-as-of")
    if (month is None) == (snapshot is None) or (snapshot is not None and (day or law_day)):
        raise UsageError("expected a MONTH, perhaps with --known-at and --law-as-of, or --snapshot alone")
    chosen = month_of(month, "MONTH") if month is not None else None
    limit(memory, spill)
    spread_over(home_of(home), spread)
    call = call_of("rerun", month=month, known_at=day, law_as_of=law_day)
    if chosen is None:
        return told(again.rerun_snapshot(home_of(home), call, snapshot or "", step=shown))
    return told(again.rerun(home_of(home), call, chosen, day, law_day, step=shown))


def backfill(
    first: Annotated[str, Parameter(help="First month (YYYY-MM).")],
    last: Annotated[str, Parameter(help="Last month (YYYY-MM).")],
    /,
    *,
    known_at: KnownAt = None,
    law_as_of: LawAsOf = None,
    memory: MemoryOption = None,
    spill: SpillOption = None,
    spread: Spread | None = None,
    home: HomeOption = None,
) -> int:
    """Compute many months again, one after another, each as mshi rerun does."""
    from pipelines import again

    day, law_day = day_if(known_at, "--known-at"), day_if(law_as_of, "--law-as-of")
    months = month_of(first, "FIRST"), month_of(last, "LAST")
    limit(memory, spill)
    spread_over(home_of(home), spread)
    call = call_of("backfill", first=first, last=last, known_at=day, law_as_of=law_day)
    for result in again.backfill(home_of(home), call, *months, day, law_day, step=shown):
        told(result)
    return 0
