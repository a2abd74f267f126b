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

from schemas.calendar import add_months, last_day, month_at, month_index
from schemas.rules import Law

Flags = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int16]

WORD_BITS = 62
LOOK_AHEAD = 17  # months after M that can matter: 5 of a grace that began before, and 12 paid in advance of those
NONE = -1  # a month index that stands for no month
_LETTERS = {"reversed": b"R", "paid": b"P", "exempt": b"E", "preferential": b"S"}
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


@dataclass(frozen=True)
class Known:
    """What is known on the day. Ids are UInt64; `back` counts months before the month `LOOK_AHEAD` after M.

    people: iin, sorted. masks: source, iin, word, mask. prepaid: iin, back, lead. partly_paid: iin, period,
    own_tiyn, first_year. proprietors: iin, from_month, to_month (merged, no overlap).
    """

    people: pl.DataFrame
    masks: pl.DataFrame
    prepaid: pl.DataFrame
    partly_paid: pl.DataFrame
    proprietors: pl.DataFrame


class Months:
    """Everybody's covered months, month by month."""

    def __init__(self, known: Known, month: date) -> None:
        self.ids = known.people["iin"].to_numpy()
        self.size = len(self.ids)
        self.first, self.now = 0, month_index(month)
        self.last = self.now + LOOK_AHEAD
        words = self.last // WORD_BITS + 1
        self._masks = {
            source: np.zeros((words, self.size), dtype=np.int64)
            for source in ("preferential", "exempt", "paid_25th", "paid_independent", "reversed")
        }
        for (source, word), part in known.masks.partition_by("source", "word", as_dict=True).items():
            self._masks[str(source)][int(str(word)), self.rows(part)] = part["mask"].to_numpy()
        by_money = self._masks["paid_25th"] | self._masks["paid_independent"]
        by_state = self._masks["preferential"] | self._masks["exempt"]
        self._masks["paid_basis"] = by_money & ~by_state
        self._masks["covered"] = by_money | by_state | self._masks["reversed"]
        # Few people pay in advance: their months are kept apart, by how many months ahead each was covered.
        self.early_rows, positions = np.unique(self.rows(known.prepaid), return_inverse=True)
        self._leads = np.zeros((LOOK_AHEAD + 8, len(self.early_rows)), dtype=np.int8)
        back = known.prepaid["back"].to_numpy()
        near = back < len(self._leads)
        self._leads[back[near], positions[near]] = np.minimum(known.prepaid["lead"].to_numpy()[near], 100)

    def rows(self, frame: pl.DataFrame) -> npt.NDArray[np.int64]:
        """Places of the frame's people; the frame holds known people only."""
        return np.searchsorted(self.ids, frame["iin"].to_numpy())

    def bit(self, source: str, index: int) -> Flags:
        """Whether the source covers the month with that index, for everybody."""
        word, bit = divmod(self.last - index, WORD_BITS)
        holds: Flags = (self._masks[source][word] >> bit) & 1 == 1
        return holds

    def paid_basis(self, index: int) -> Flags:
        """Whether the month's basis is `paid`: money covers it and no category or exemption goes before."""
        return self.bit("paid_basis", index)

    def covered(self, index: int) -> Flags:
        """Whether the month has any basis."""
        return self.bit("covered", index)

    def prepaid_after(self, index: int, most: int) -> Counts:
        """How many months right after the month were covered by money by its last day, up to `most`."""
        count = np.zeros(self.size, dtype=np.int16)
        going = np.ones(len(self.early_rows), dtype=bool)
        for ahead in range(1, min(most, self.last - index) + 1):
            going &= self._leads[self.last - index - ahead] >= ahead
            count[self.early_rows[going]] += 1
        return count


def insured_status(known: Known, month: date, day: date, law: Law) -> pl.DataFrame:
    """Status of everybody for the month as known on the day. Grain: one row per person, ordered by iin."""
    months = Months(known, month)
    walk = _walk(months, day, law)
    reason = _reason(months, walk, month, day, law)
    missing = dict(zip(range(months.now - len(walk.missing) + 1, months.now + 1), walk.missing, strict=True))
    places = pl.Series(reason, dtype=pl.Int8)
    return known.people.select("iin").with_columns(
        month=pl.lit(month),
        status=places.replace_strict(dict(enumerate(STATUS_OF.values())), return_dtype=pl.String),
        reason=places.replace_strict(dict(enumerate(_REASONS)), return_dtype=pl.String),
        coverage_months=_letters(months),
        missing_months=_month_lists(months, missing),
        arrears_tiyn=pl.Series(_arrears(months, missing, known, day, law)),
        last_paid_month=_month_days(walk.last_paid),
        conditional_until=_conditional_until(months, walk, reason, law),
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


def _conditional_until(months: Months, walk: _Walk, reason: npt.NDArray[np.int8], law: Law) -> pl.Series:
    """The last day of the spell of conditional months that M is in; null unless M is conditional."""
    last = np.where(reason == _REASONS.index("grace"), months.now, NONE).astype(np.int16)
    going = last != NONE
    back = walk.back.copy()
    for index in range(months.now + 1, months.now + 6):
        covered, paid = months.covered(index), months.paid_basis(index)
        np.multiply(back + 1, covered, out=back)
        runs, _ = _paid_run(months, index, back, paid, law)
        free = ~months.bit("preferential", index) & ~months.bit("exempt", index) & ~runs
        going = going & free & _in_grace(walk, index, law)
        last[going] = index
    ends = {index: last_day(month_at(index)) for index in range(months.now, months.now + 6)}
    return pl.Series(last).replace_strict(ends, default=None, return_dtype=pl.Date)


def _arrears(months: Months, missing: dict[int, Flags], known: Known, day: date, law: Law) -> npt.NDArray[np.int64]:
    """What would cover the missing months if it were paid on the day, less own money already settled for them."""
    owed = np.zeros(months.size, dtype=np.int64)
    active_rows = _rows_of(months, known.proprietors)
    for index, lacks in missing.items():
        month = month_at(index)
        year = min(month.year, day.year)
        active = np.zeros(months.size, dtype=bool)
        current = active_rows.filter((pl.col("from_month") <= month) & (pl.col("to_month") >= month))
        active[current["row"].to_numpy()] = True
        price = np.where(
            active, law.required_tiyn("sole_proprietor", year), law.required_tiyn("independent", year)
        ).astype(np.int64)
        part = known.partly_paid.filter(pl.col("period") == month)
        rows = months.rows(part)
        for earlier in part["first_year"].unique().sort().to_list():
            mine = rows[(part["first_year"] == earlier).to_numpy()]
            kinds = [law.required_tiyn(kind, min(year, earlier)) for kind in ("sole_proprietor", "independent")]
            price[mine] = np.where(active[mine], *kinds)
        price[rows] -= part["own_tiyn"].to_numpy()
        owed += np.where(lacks, np.maximum(price, 0), 0)
    return owed


def _rows_of(months: Months, intervals: pl.DataFrame) -> pl.DataFrame:
    """intervals (iin, from_month, to_month) -> those of known people with their place `row`. Grain: an interval."""
    ids = intervals["iin"].to_numpy()
    places = np.minimum(np.searchsorted(months.ids, ids), max(months.size - 1, 0))
    known = months.ids[places] == ids if months.size else np.zeros(len(ids), dtype=bool)
    return intervals.with_columns(row=pl.Series(places, dtype=pl.Int64)).filter(pl.Series(known, dtype=pl.Boolean))


def _letters(months: Months) -> pl.Series:
    """Twelve letters a person, M-11 to M; '-' before January 2020."""
    letters = np.full((months.size, 12), b"-", dtype="S1")
    for place in range(12):
        index = months.now - 11 + place
        if index < 0:
            continue
        for basis, letter in _LETTERS.items():
            if basis == "paid":
                holds = months.bit("paid_25th", index) | months.bit("paid_independent", index)
            else:
                holds = months.bit(basis, index)
            letters[holds, place] = letter
    texts = letters.view("S12").reshape(months.size)
    return pl.Series(texts.astype("U12"), dtype=pl.String) if months.size else pl.Series([], dtype=pl.String)


def _month_lists(months: Months, missing: dict[int, Flags]) -> pl.Series:
    """The missing months of everybody as lists of days, rising."""
    if not missing or not months.size:
        return pl.Series([[]] * months.size, dtype=pl.List(pl.Date))
    table = np.stack(list(missing.values()), axis=1)
    people, places = np.nonzero(table)
    days = np.array([month_at(index) for index in missing], dtype="datetime64[D]")
    lists = (
        pl.DataFrame({"row": people, "day": pl.Series(days[places]).cast(pl.Date)})
        .group_by("row", maintain_order=True)
        .agg("day")
    )
    everybody = pl.DataFrame({"row": np.arange(months.size)})
    empty = pl.lit([], dtype=pl.List(pl.Date))
    return (
        everybody.join(lists, on="row", how="left", maintain_order="left")["day"]
        .to_frame()
        .select(pl.col("day").fill_null(empty))["day"]
    )


def _month_days(index: npt.NDArray[np.int16]) -> pl.Series:
    known = {int(value): month_at(int(value)) for value in np.unique(index) if value != NONE}
    return pl.Series(index).replace_strict(known, default=None, return_dtype=pl.Date)
