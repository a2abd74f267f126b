"""A synthetic nation: how many people of which walk of life, on which days files come, who employs how many.

People are places 0 to persons-1: first employees, then those who pay for themselves, then those for whom the state
pays. Months are whole numbers (year * 12 + month - 1); month of delivery and month paid for are both such numbers.
Nothing here is random but by the seed. Not for lines: wages.py, own_money.py.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from pipelines.errors import UsageError
from pipelines.generate.draw import Places, below, weighted
from pipelines.generate.numbers import MOST_PEOPLE
from schemas.calendar import add_months, banking_days_after
from schemas.rules import Law, load_law

EMPLOYED, OWN, PARTS = 65, 15, 165  # of 16.5 million: 6.5 million employees, 1.5 million pay for themselves
SECOND_JOB, LINKED = 800, 77  # of 10,000 employees
FEWEST_PEOPLE, MOST_MONTHS = 10, 38
MOST = MOST_PEOPLE - 200_000  # the numbers above are the old IINs of people who got another one
FIRST_MONTH = date(2023, 1, 1)  # before it the law of status had other windows than life.py knows
LINES_A_FILE = 3_500
_FEW = 2_000  # employees, of whom each may be the only one
BICS: tuple[str, ...] = ("CASPKZKA", "HSBKKZKX", "KCJBKZKX", "IRTYKZKA", "EURIKZKA", "KINCKZKA", "ATYNKZKA", "KSNVKZKA")
BICS += ("NURSKZKX", "TSESKZKA", "BRKEKZKA", "HCSKKZKA")
# size class of employers: how many of 1,000, and from how many people to how many
_SIZES = ((600, 1, 5), (250, 6, 20), (105, 21, 100), (40, 101, 500), (4, 501, 2_000), (1, 2_001, 9_000))


@dataclass(frozen=True)
class Nation:
    """What a nation is made of: the same five give the same bytes. `days` limits the delivery days of a month."""

    persons: int
    months: int
    as_of: date
    seed: int
    days: int | None = None
    lines_a_file: int = LINES_A_FILE

    def __post_init__(self) -> None:
        """UsageError where such a nation cannot be."""
        if not FEWEST_PEOPLE <= self.persons <= MOST:
            raise UsageError(f"--persons: expected {FEWEST_PEOPLE:,} to {MOST:,}, found {self.persons:,}")
        if not 1 <= self.months <= MOST_MONTHS:
            raise UsageError(f"--months: expected 1 to {MOST_MONTHS}, found {self.months}")
        if add_months(self.as_of, 1 - self.months).replace(day=1) < FIRST_MONTH:
            raise UsageError(f"--as-of, --months: expected no delivery before {FIRST_MONTH}")
        if self.days is not None and self.days < 1 or self.lines_a_file < 10:
            raise UsageError("--days, --lines-per-file: expected at least 1 day a month and 10 lines a file")

    @cached_property
    def law(self) -> Law:
        """The law by which people pay."""
        return load_law()

    @property
    def last(self) -> int:
        """The month of the day as of which all is known."""
        return number_of(self.as_of)

    @property
    def first(self) -> int:
        """The first month in which files come."""
        return self.last - self.months + 1

    @property
    def base(self) -> int:
        """The first month that anything covers: bit 0 of every mask."""
        return self.first - 12

    @cached_property
    def employees(self) -> int:
        return self.persons * EMPLOYED // PARTS

    @cached_property
    def payers(self) -> range:
        """Who pays for oneself."""
        return range(self.employees, self.employees + self.persons * OWN // PARTS)

    @cached_property
    def others(self) -> range:
        """For whom the state pays, or who is exempt."""
        return range(self.payers.stop, self.persons)

    @cached_property
    def days_of_month(self) -> dict[int, list[date]]:
        """The delivery days of each month: banking days up to the day as of which all is known."""
        return {month: self._days(first_day(month)) for month in range(self.first, self.last + 1)}

    @cached_property
    def all_days(self) -> list[date]:
        return [day for days in self.days_of_month.values() for day in days]

    def _days(self, month: date) -> list[date]:
        before, found = month - timedelta(days=1), list[date]()
        end = min(add_months(month, 1) - timedelta(days=1), self.as_of)
        while (day := banking_days_after([before], len(found) + 1)[0]) <= end:
            found.append(day)
        if self.days is None or len(found) <= self.days:
            return found
        return [found[(place + 1) * len(found) // self.days - 1] for place in range(self.days)]

    @cached_property
    def banks(self) -> int:
        return min(len(BICS), max(2, self.persons // 20_000))

    @cached_property
    def starts(self) -> Places:
        """Where each employer's first employee stands, and behind the last one the number of employees."""
        places = np.arange(max(self.employees // 8, min(self.employees, _FEW)), dtype=np.int64)
        of_class = weighted([share for share, _, _ in _SIZES], self.seed, "size class", places)
        low, high = (np.array([size[part] for size in _SIZES])[of_class] for part in (1, 2))
        size = low + below(1 << 40, self.seed, "size", places) % (high - low + 1)
        ends = np.cumsum(np.minimum(size, max(self.employees // 20, 1)))
        assert ends[-1] >= self.employees, "employers too small for all employees"
        count = int(np.searchsorted(ends, self.employees)) + 1
        return np.concatenate(([0], ends[: count - 1], [self.employees]))

    @property
    def employers(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def banks_of_employers(self) -> Places:
        return below(self.banks, self.seed, "bank", np.arange(self.employers))

    def pay_days(self, purpose: str, places: Places, month: int) -> Places:
        """On which delivery day of the month each pays, as a place in its days: later days are busier."""
        count = len(self.days_of_month[month])
        first, second = (below(1 << 40, self.seed, f"{purpose} {part}", places) % count for part in (1, 2))
        return np.maximum(first, second)


def number_of(day: date) -> int:
    """The month of a day as a whole number."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """The first day of a month."""
    return date(month // 12, month % 12 + 1, 1)
