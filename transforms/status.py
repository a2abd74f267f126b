"""Walk the months and say who is insured, as rules.md section 4 puts it.

Grain in:  people (sorted ids), covered months as bit masks, prepaid months, partly paid months.
Grain out: one row per person.
The months are walked one by one for everybody at once: a vector holds one fact about one month for all people.
Money is tiyn. What the law asks comes from schemas.rules, never from here.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import add_months, last_day, month_at
from schemas.rules import Law
from transforms.arrears import arrears, month_lists
from transforms.covered_months import Counts, Flags, Known, Months, letters

NONE = -1  # a month index that stands for no month
STATUS_OF = {
    "transitional": "insured",
    "preferential": "insured",
    "exempt": "insured",
    "paid": "insured",
    "prepaid": "insured",
    "not_yet_due": "insured",
    "grace": "conditional",
    "gap": "uninsured",
    "never_covered": "uninsured",
}
_REASONS = list(STATUS_OF)


def insured_status(known: Known, month: date, day: date, law: Law) -> pl.DataFrame:
    """Status of everybody for the month as known on the day, and whether a grace ends with it (`grace_ending`).

    Grain: one row per person, ordered by iin.
    """
    months = Months(known, month)
    walk = _walk(months, day, law)
    reason = _reason(months, walk, month, day, law)
    missing = dict(zip(range(months.now - len(walk.missing) + 1, months.now + 1), walk.missing, strict=True))
    places = pl.Series(reason, dtype=pl.Int8)
    return known.people.select("iin").with_columns(
        month=pl.lit(month),
        status=places.replace_strict(dict(enumerate(STATUS_OF.values())), return_dtype=pl.String),
        reason=places.replace_strict(dict(enumerate(_REASONS)), return_dtype=pl.String),
        coverage_months=letters(months),
        missing_months=month_lists(months, missing),
        arrears_tiyn=pl.Series(arrears(months, missing, known, day, law)),
        last_paid_month=_month_days(walk.last_paid),
        **_grace(months, walk, reason, law),
    )


@dataclass
class _Walk:
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


def _walk(months: Months, day: date, law: Law) -> _Walk:
    size, now = months.size, months.now
    back = np.zeros(size, dtype=np.int16)
    streak = np.zeros(size, dtype=np.int16)
    last_paid = np.full(size, NONE, dtype=np.int16)
    last_paid_25th = np.zeros(size, dtype=bool)
    walk = _Walk(
        run_end=np.full(size, NONE, dtype=np.int16),
        run_end_on_25th=np.zeros(size, dtype=bool),
        run_end_long=np.zeros(size, dtype=bool),
        paid_now=np.zeros(size, dtype=bool),
        prepaid_now=np.zeros(size, dtype=bool),
        ever_covered=np.zeros(size, dtype=bool),
        last_paid=last_paid,
        back=back,
        missing=[],
    )
    long_history = _long_history(law, month_at(now))
    for index in range(now + 1):
        covered, paid = months.covered(index), months.paid_basis(index)
        walk.ever_covered |= covered
        np.multiply(back + 1, covered, out=back)
        np.multiply(streak + 1, paid, out=streak)
        if index > now - 12:
            walk.missing.append(~covered & _due(last_paid_25th, index, day, law))
        on_25th = months.bit("paid_25th", index)
        last_paid[paid] = index
        last_paid_25th[paid] = on_25th[paid]
        runs, early = _paid_run(months, index, back, paid, law)
        if index == now:
            walk.paid_now, walk.prepaid_now = runs, early
        else:
            walk.run_end[runs] = index
            walk.run_end_on_25th[runs] = on_25th[runs]
            walk.run_end_long[runs] = streak[runs] >= long_history
    return walk


def _long_history(law: Law, month: date) -> int:
    """Paid months in a row that give the long grace; more than can be where the law knows none yet.

    Asked as of the month itself and of the months of its grace: the long grace may begin while a short one runs.
    """
    try:
        return law.number("long_grace_after_months", add_months(month, 6))
    except LookupError:
        return np.iinfo(np.int16).max


def _paid_run(months: Months, index: int, back: Counts, paid: Flags, law: Law) -> tuple[Flags, Flags]:
    """Whether the month is paid within a long enough run, and whether that needs months after it."""
    month = month_at(index)
    so_far = index + 1  # months since January 2020, this one included
    window = min(law.number("window_months", month), so_far)
    short = min(law.number("independent_window_months", month), so_far)
    need = np.full(months.size, window, dtype=np.int16)
    if short < window:
        need[~months.bit("paid_25th", index)] = short
    alone = paid & (back >= need)
    if not law.is_on("advance_counted", month) or index < months.now - 8:
        return alone, np.zeros(months.size, dtype=bool)
    runs = paid & (back + months.prepaid_after(index, window - 1) >= need)
    return runs, runs & ~alone


def _due(on_25th: Flags, index: int, day: date, law: Law) -> Flags:
    month = month_at(index)
    later, earlier = law.due_from("employer", month) <= day, law.due_from("independent", month) <= day
    return np.where(on_25th, later, earlier)


def _reason(months: Months, walk: _Walk, month: date, day: date, law: Law) -> npt.NDArray[np.int8]:
    """The first reason that fits, as its place in the list of reasons."""
    now = months.now
    has_run = walk.run_end != NONE
    not_due = np.zeros(months.size, dtype=bool)
    for end in range(max(now - 6, 0), now):  # a month further back is always followed by one that is due
        here = walk.run_end == end
        if here.any():
            not_due[here] = ~_due(walk.run_end_on_25th, end + 1, day, law)[here]
    holds = {
        "transitional": np.full(months.size, law.is_on("transitional", month)),
        "preferential": months.bit("preferential", now),
        "exempt": months.bit("exempt", now),
        "prepaid": walk.prepaid_now,
        "paid": walk.paid_now,
        "not_yet_due": has_run & not_due,
        "grace": has_run & _in_grace(walk, now, law),
        "gap": walk.ever_covered,
        "never_covered": np.ones(months.size, dtype=bool),
    }
    return np.select(list(holds.values()), [np.int8(_REASONS.index(name)) for name in holds]).astype(np.int8)


def _in_grace(walk: _Walk, index: int, law: Law) -> Flags:
    """Whether the month with that index lies within the grace after the last run."""
    month = month_at(index)
    usual = index - walk.run_end <= law.number("grace_months", month)
    try:
        longer = index - walk.run_end <= law.number("long_grace_months", month)
    except LookupError:
        return usual
    return usual | (walk.run_end_long & longer)


def _grace(months: Months, walk: _Walk, reason: npt.NDArray[np.int8], law: Law) -> dict[str, pl.Series]:
    """conditional_until: the last day of the spell of conditional months that M is in; null unless M is conditional.

    grace_ending: whether M is the last of the spell and the month after it insures nobody by what is known.
    """
    last = np.where(reason == _REASONS.index("grace"), months.now, NONE).astype(np.int16)
    going = last != NONE
    ending = np.zeros(months.size, dtype=bool)
    back = walk.back.copy()
    for index in range(months.now + 1, months.now + 6):
        covered, paid = months.covered(index), months.paid_basis(index)
        np.multiply(back + 1, covered, out=back)
        runs, _ = _paid_run(months, index, back, paid, law)
        free = ~months.bit("preferential", index) & ~months.bit("exempt", index) & ~runs
        if index == months.now + 1:
            ending = going & free & ~_in_grace(walk, index, law)
        going = going & free & _in_grace(walk, index, law)
        last[going] = index
    ends = {index: last_day(month_at(index)) for index in range(months.now, months.now + 6)}
    until = pl.Series(last).replace_strict(ends, default=None, return_dtype=pl.Date)
    return {"conditional_until": until, "grace_ending": pl.Series(ending)}


def _month_days(index: npt.NDArray[np.int16]) -> pl.Series:
    known = {int(value): month_at(int(value)) for value in np.unique(index) if value != NONE}
    return pl.Series(index).replace_strict(known, default=None, return_dtype=pl.Date)
