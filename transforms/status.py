"""Say who is insured, and by which branch, as rules.md section 4 puts it.

Grain in:  people (sorted ids), covered months as bit masks, prepaid months, partly paid months.
Grain out: one row per person.
The walk over the months is that of transforms/walk.py: a vector holds one fact for all people.
Money is tiyn. What the law asks comes from schemas.rules, never from here.
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import last_day, month_at
from schemas.rules import Law
from schemas.rules.values import LONGEST_GRACE
from transforms.arrears import arrears, month_lists
from transforms.covered_months import Counts, Known, Months, letters
from transforms.masks import Flags
from transforms.walk import NONE, Walk, due, paid_run, walked

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
    walk = walked(months, day, law)
    reason = _first(_branches(months, walk, month, day, law))
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


def decided(known: Known, month: date, day: date, law: Law) -> pl.DataFrame:
    """What the branches of section 4 rest on for everybody: which hold, and where the last paid run stands.

    Columns: a flag per reason, last_run (L, null if there is none), last_run_wage (L is due on the 25th), last_run_long
    (L ends a long paid history), months_since (from L to M), grace_months (what L gives). Grain: one row per person.
    """
    months = Months(known, month)
    walk = walked(months, day, law)
    has_run = pl.Series(walk.run_end != NONE)
    told = {name: pl.Series(holds) for name, holds in _branches(months, walk, month, day, law).items()}
    return known.people.select("iin").with_columns(
        **told,
        last_run=_month_days(walk.run_end),
        last_run_wage=pl.Series(walk.run_end_on_25th),
        last_run_long=pl.Series(walk.run_end_long),
        months_since=pl.when(has_run).then(pl.Series(months.now - walk.run_end)),
        grace_months=pl.when(has_run).then(pl.Series(_grace_months(walk, months.now, law))),
    )


def _branches(months: Months, walk: Walk, month: date, day: date, law: Law) -> dict[str, Flags]:
    """Whether each reason holds, first to last; the first that does decides."""
    now = months.now
    has_run = walk.run_end != NONE
    not_due = np.zeros(months.size, dtype=bool)
    for end in range(max(now - 6, 0), now):  # a month further back is always followed by one that is due
        here = walk.run_end == end
        if here.any():
            not_due[here] = ~due(walk.run_end_on_25th, end + 1, day, law)[here]
    return {
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


def _first(branches: dict[str, Flags]) -> npt.NDArray[np.int8]:
    """The first reason that fits, as its place in the list of reasons."""
    return np.select(list(branches.values()), [np.int8(_REASONS.index(name)) for name in branches]).astype(np.int8)


def _in_grace(walk: Walk, index: int, law: Law) -> Flags:
    """Whether the month with that index lies within the grace after the last run."""
    within: Flags = index - walk.run_end <= _grace_months(walk, index, law)
    return within


def _grace_months(walk: Walk, index: int, law: Law) -> Counts:
    """How many months of grace the law of that month gives everybody after the last run."""
    month = month_at(index)
    usual = law.number("grace_months", month)
    try:
        longer = max(law.number("long_grace_months", month), usual)
    except LookupError:
        longer = usual
    return np.where(walk.run_end_long, np.int16(longer), np.int16(usual))


def _grace(months: Months, walk: Walk, reason: npt.NDArray[np.int8], law: Law) -> dict[str, pl.Series]:
    """conditional_until: the last day of the spell of conditional months that M is in; null unless M is conditional.

    grace_ending: whether M is the last of the spell and the month after it insures nobody by what is known.
    """
    last = np.where(reason == _REASONS.index("grace"), months.now, NONE).astype(np.int16)
    going = last != NONE
    ending = np.zeros(months.size, dtype=bool)
    back = walk.back.copy()
    for index in range(months.now + 1, months.now + LONGEST_GRACE):
        covered, paid = months.covered(index), months.paid_basis(index)
        np.multiply(back + 1, covered, out=back)
        runs = paid_run(months, index, back, paid, law).holds
        free = ~months.bit("preferential", index) & ~months.bit("exempt", index) & ~runs
        if index == months.now + 1:
            ending = going & free & ~_in_grace(walk, index, law)
        going = going & free & _in_grace(walk, index, law)
        last[going] = index
    ends = {index: last_day(month_at(index)) for index in range(months.now, months.now + LONGEST_GRACE)}
    until = pl.Series(last).replace_strict(ends, default=None, return_dtype=pl.Date)
    return {"conditional_until": until, "grace_ending": pl.Series(ending)}


def _month_days(index: npt.NDArray[np.int16]) -> pl.Series:
    known = {int(value): month_at(int(value)) for value in np.unique(index) if value != NONE}
    return pl.Series(index).replace_strict(known, default=None, return_dtype=pl.Date)
