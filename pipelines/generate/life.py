"""What the generator knows of everybody: which months money, state or reversal covers, and so the insured status.

It follows from how each line and interval was made, by rules.md sections 3 and 4 told once more for the stories that a
nation has: twelve months make a run, three give grace, months paid in advance count. It asks no code that judges.
Shape: a bit per month in a number per person; bit 0 is the nation's `base`.
"""

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from pipelines.generate.draw import Flags, Places
from pipelines.generate.intervals import has_interval, masks
from pipelines.generate.nation import Nation, first_day
from pipelines.generate.numbers import iins
from pipelines.generate.own_money import is_proprietor
from pipelines.generate.papers import Day

_WINDOW, _GRACE, _AHEAD = 12, 3, 12
_CHUNK = 500_000


class Life:
    """Collects the money of accepted lines; then says everybody's status in the last month, known as of the day."""

    def __init__(self, nation: Nation) -> None:
        self.nation = nation
        self.due_25th = np.zeros(nation.persons, dtype=np.int64)
        self.independent = np.zeros(nation.persons, dtype=np.int64)
        self.known = np.zeros(nation.persons, dtype=bool)
        self.leads = np.zeros((nation.months + 26, len(nation.payers)), dtype=np.int8)

    def add(self, day: Day, lines: pl.DataFrame) -> None:
        """Credit the payment lines of a file received on the day."""
        nation = self.nation
        if "covers" not in lines.columns:
            return
        lines = lines.filter((pl.col("verdict") == "accepted") & (pl.col("kind") == "payment"))
        self.known[lines["person_place"].to_numpy()] = True
        if "back_place" not in lines.columns or nation.law.settled_on(day.day) > nation.as_of:
            return
        came_back = (pl.col("back_place") < len(nation.all_days)).fill_null(False)
        gone = came_back & (pl.col("own") | (pl.col("back_halves") == 2))
        for (period, own), part in (
            lines.filter(pl.col("covers") & ~gone).partition_by("period", "own", as_dict=True).items()
        ):
            self._credit(day, int(str(period)), bool(own), part["person_place"].to_numpy())

    def _credit(self, day: Day, period: int, own: bool, people: Places) -> None:
        bit = np.int64(1) << np.int64(period - self.nation.base)
        wage_like = is_proprietor(self.nation, people, period) if own else np.ones(len(people), dtype=bool)
        for masks_, some in ((self.due_25th, people[wage_like]), (self.independent, people[~wage_like])):
            masks_[some] |= bit  # the same bit for all, so that it does not matter who stands there twice
        if own and period > day.month:
            places = people - self.nation.payers.start
            self.leads[period - self.nation.base, places] = period - day.month

    def statuses(self) -> Iterator[pl.DataFrame]:
        """iin, reason, coverage_months, status of everybody known, part by part. Grain: a person, by place."""
        size = self.nation.persons
        for low in range(0, size, _CHUNK):
            yield self._part(np.arange(low, min(low + _CHUNK, size)))

    def _part(self, people: Places) -> pl.DataFrame:
        nation, now = self.nation, self.nation.last - self.nation.base
        state = {name: masks(nation, register, people) for name, register in _STATE.items()}
        known = self.known[people].copy()
        for register in _STATE.values():
            known |= has_interval(nation, register, people)
        status = _Walk(self, people, state).status(now)
        letters = np.full((len(people), _WINDOW), b"-", dtype="S1")
        money = self.due_25th[people] | self.independent[people]
        for place in range(_WINDOW):
            bit = now - _WINDOW + 1 + place
            for mask, letter in (
                (state["reversed"], b"R"),
                (money, b"P"),
                (state["exempt"], b"E"),
                (state["preferential"], b"S"),
            ):
                letters[(mask >> bit) & 1 == 1, place] = letter
        told = pl.DataFrame(
            {
                "iin": pl.Series(iins(people)).cast(pl.UInt64),
                "reason": status,
                "coverage_months": pl.Series(letters.view(f"S{_WINDOW}").reshape(-1).astype(f"U{_WINDOW}")),
            }
        )
        return told.filter(pl.Series(known)).with_columns(
            status=pl.col("reason").replace_strict(_STATUS, return_dtype=pl.String)
        )


class _Walk:
    """Where some people's runs of covered months stand."""

    def __init__(self, life: Life, people: Places, state: dict[str, Places]) -> None:
        self.nation, self.state, self.size = life.nation, state, len(people)
        self.due_25th, money = life.due_25th[people], life.due_25th[people] | life.independent[people]
        by_state = state["preferential"] | state["exempt"]
        self.money, self.paid, self.covered = money, money & ~by_state, money | by_state | state["reversed"]
        own = life.nation.payers
        here = (people >= own.start) & (people < own.stop)
        self.leads = np.zeros((life.leads.shape[0], self.size), dtype=np.int8)
        self.leads[:, here] = life.leads[:, people[here] - own.start]

    def status(self, now: int) -> pl.Series:
        """The reason of the status in the month with that bit."""
        back = np.zeros(self.size, dtype=np.int16)
        run_end, on_25th = np.full(self.size, -1, dtype=np.int64), np.zeros(self.size, dtype=bool)
        for bit in range(now + 1):
            back = (back + 1) * _at(self.covered, bit)
            paid = _at(self.paid, bit)
            runs = paid & (back + self._ahead(bit) >= _WINDOW)
            if bit < now:
                run_end[runs] = bit
                on_25th[runs] = _at(self.due_25th, bit)[runs]
        ever = (self.covered & ((np.int64(1) << np.int64(now + 1)) - 1)) != 0
        choices = {
            "preferential": _at(self.state["preferential"], now),
            "exempt": _at(self.state["exempt"], now),
            "paid": runs & (back >= _WINDOW),
            "prepaid": runs,
            "not_yet_due": (run_end >= 0) & self._not_due(run_end, on_25th),
            "grace": (run_end >= 0) & (now - run_end <= _GRACE),
            "gap": ever,
        }
        found = np.select(list(choices.values()), range(len(choices)), default=len(choices))
        return pl.Series([*choices, "never_covered"]).gather(found)

    def _ahead(self, bit: int) -> Places:
        """Months right after the month that money paid by its end."""
        count, going = np.zeros(self.size, dtype=np.int64), np.ones(self.size, dtype=bool)
        for ahead in range(1, _AHEAD):
            if bit + ahead >= len(self.leads) or not going.any():
                break
            going = going & (self.leads[bit + ahead] >= ahead) & _at(self.money, bit + ahead)
            count += going
        return count

    def _not_due(self, run_end: Places, on_25th: Flags) -> Flags:
        """Whether the month after the end of the run is not due yet, nor any later one."""
        law, as_of = self.nation.law, self.nation.as_of
        told = np.zeros(self.size, dtype=bool)
        for bit in np.unique(run_end[run_end >= 0]):
            month: date = first_day(self.nation.base + int(bit) + 1)
            here = run_end == bit
            waits_25th, waits = law.due_from("employer", month) > as_of, law.due_from("independent", month) > as_of
            told[here] = np.where(on_25th[here], waits_25th, waits)
        return told


def _at(mask: Places, bit: int) -> Flags:
    holds: Flags = (mask >> np.int64(bit)) & 1 == 1
    return holds


_STATE = {"preferential": "categories", "exempt": "exemptions", "reversed": "reversals"}
_STATUS = {"preferential": "insured", "exempt": "insured", "paid": "insured", "prepaid": "insured"}
_STATUS |= {"not_yet_due": "insured", "grace": "conditional", "gap": "uninsured", "never_covered": "uninsured"}
