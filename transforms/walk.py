"""Walk the months one by one and say where everybody's runs of covered months stand, as rules.md section 4 puts it.

Grain in:  covered months as bit masks (`Months`).
Grain out: a step per month, a `Walk` for everybody, or one row per (iin, month) to be read by a person.
A vector holds one fact about one month for all people. What the law asks comes from schemas.rules, never from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import add_months, month_at
from schemas.rules import Law
from schemas.rules.values import LONGEST_GRACE
from transforms.covered_months import AS_FAR_BACK, Counts, Known, Months
from transforms.masks import Flags

NONE = -1  # a month index that stands for no month


@dataclass
class Run:
    """Of a month: how long its run must be, how long it is, and whether that makes it a paid run."""

    need: Counts
    back: Counts  # covered months in a row up to the month
    ahead: Counts | None  # months after it, paid in advance, that count too; None where none are looked at
    holds: Flags
    early: Flags  # ... only with the months after it


@dataclass
class Step:
    """Where everybody stands at a month; the vectors are only good until the next step."""

    index: int
    covered: Flags
    paid: Flags
    on_25th: Flags  # of the month's own kinds the one due last is due on the 25th
    wage_before: Flags  # the last paid month before it was of such a kind
    streak: Counts  # paid months in a row up to the month
    run: Run


@dataclass
class Walk:
    """Where everybody stands after the walk up to M."""

    run_end: npt.NDArray[np.int16]  # L: the last month before M with a paid run
    run_end_on_25th: Flags  # whether the kind of L with the latest due date is due on the 25th
    run_end_long: Flags  # whether L ends a long unbroken paid history
    paid_now: Flags  # a paid run at M
    prepaid_now: Flags  # ... that needs months after M
    ever_covered: Flags
    last_paid: npt.NDArray[np.int16]
    back: Counts  # covered months in a row up to M
    missing: list[Flags]  # of the twelve months up to M: uncovered and due


def walked(months: Months, day: date, law: Law) -> Walk:
    """The walk up to the month that `months` looks at."""
    size, now = months.size, months.now
    walk = Walk(
        run_end=np.full(size, NONE, dtype=np.int16),
        run_end_on_25th=np.zeros(size, dtype=bool),
        run_end_long=np.zeros(size, dtype=bool),
        paid_now=np.zeros(size, dtype=bool),
        prepaid_now=np.zeros(size, dtype=bool),
        ever_covered=np.zeros(size, dtype=bool),
        last_paid=np.full(size, NONE, dtype=np.int16),
        back=np.zeros(size, dtype=np.int16),
        missing=[],
    )
    long_history = _long_history(law, month_at(now))
    for step in _steps(months, law):
        index, runs = step.index, step.run.holds
        walk.ever_covered |= step.covered
        if index > now - 12:
            walk.missing.append(~step.covered & due(step.wage_before, index, day, law))
        walk.last_paid[step.paid] = index
        if index == now:
            walk.paid_now, walk.prepaid_now, walk.back = runs, step.run.early, step.run.back
        else:
            walk.run_end[runs] = index
            walk.run_end_on_25th[runs] = step.on_25th[runs]
            walk.run_end_long[runs] = step.streak[runs] >= long_history
    return walk


def history(known: Known, month: date, law: Law) -> pl.DataFrame:
    """The walk month by month up to the month, to be read by a person: what each month's run was and had to be.

    Columns: covered, paid, paid_run, run_months (up to the month), ahead_months (after it, in advance), needed_months,
    paid_streak (months with the basis paid in a row), wage_due (for the month itself the 25th counts, by the last paid
    month before it). `ahead_months` is 0 for months so long ago that nobody's status rests on it. Grain: (iin, month).
    """
    months = Months(known, month)
    steps = []
    for step in _steps(months, law):
        ahead = np.zeros(months.size, dtype=np.int16) if step.run.ahead is None else step.run.ahead
        counts = (step.run.back, ahead, step.run.need, step.streak)
        steps.append(np.stack([step.covered, step.paid, step.run.holds, step.wage_before, *counts]))
    flags = ("covered", "paid", "paid_run", "wage_due")
    names = (*flags, "run_months", "ahead_months", "needed_months", "paid_streak")
    facts = np.stack(steps, axis=2)  # fact, person, month
    walked_months = pl.Series([month_at(index) for index in range(len(steps))])
    return pl.DataFrame(
        {
            "iin": np.repeat(months.ids, len(steps)),
            "month": pl.concat([walked_months] * months.size),
            **{name: facts[place].ravel() for place, name in enumerate(names)},
        }
    ).with_columns(pl.col(flags).cast(pl.Boolean))


def paid_run(months: Months, index: int, back: Counts, paid: Flags, law: Law) -> Run:
    """Whether the month is paid within a long enough run, and whether that needs months after it."""
    month = month_at(index)
    so_far = index + 1  # months since January 2020, this one included
    window = min(law.number("window_months", month), so_far)
    short = min(law.number("independent_window_months", month), so_far)
    need = np.full(months.size, window, dtype=np.int16)
    if short < window:
        need[~months.bit("paid_25th", index)] = short
    alone = paid & (back >= need)
    if not law.is_on("advance_counted", month) or index < months.now - AS_FAR_BACK:
        return Run(need, back, None, alone, np.zeros(months.size, dtype=bool))
    ahead = months.prepaid_after(index, window - 1)
    runs = paid & (back + ahead >= need)
    return Run(need, back, ahead, runs, runs & ~alone)


def due(on_25th: Flags, index: int, day: date, law: Law) -> Flags:
    """Whether the month is due on the day, by the kind that counts for everybody."""
    month = month_at(index)
    later, earlier = law.due_from("employer", month) <= day, law.due_from("independent", month) <= day
    return np.where(on_25th, later, earlier)


def _steps(months: Months, law: Law) -> Iterator[Step]:
    back = np.zeros(months.size, dtype=np.int16)
    streak = np.zeros(months.size, dtype=np.int16)
    wage_before = np.zeros(months.size, dtype=bool)
    for index in range(months.now + 1):
        covered, paid = months.covered(index), months.paid_basis(index)
        np.multiply(back + 1, covered, out=back)
        np.multiply(streak + 1, paid, out=streak)
        on_25th = months.bit("paid_25th", index)
        yield Step(index, covered, paid, on_25th, wage_before, streak, paid_run(months, index, back, paid, law))
        wage_before[paid] = on_25th[paid]


def _long_history(law: Law, month: date) -> int:
    """Paid months in a row that give the long grace; more than can be where the law knows none yet.

    Asked as of the month itself and of the months of its grace: the long grace may begin while a short one runs.
    """
    try:
        return law.number("long_grace_after_months", add_months(month, LONGEST_GRACE))
    except LookupError:
        return np.iinfo(np.int16).max
