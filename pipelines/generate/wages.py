"""What employers pay on a day: deductions (121) and withheld contributions (122) for their employees.

Grain: one row per line, in the order of the messages. Amounts obey the rates and caps of the month paid for; over two
jobs the cap of 122 is one. 8 in 100 have a second job, 4 in 100 work under a civil contract (122 alone), some come and
go. An employer pays for the month before. Source: rules.md sections 1 and 2.
"""

from functools import lru_cache

import numpy as np
import polars as pl

from pipelines.generate.draw import Flags, Places, below, happens
from pipelines.generate.nation import LINKED, SECOND_JOB, Nation, first_day

_ALWAYS = 1 << 30


def employers_of_day(nation: Nation, month: int, place: int) -> Places:
    """The employers who pay on that delivery day of the month, bank by bank."""
    everybody = np.arange(nation.employers)
    today = np.flatnonzero(nation.pay_days("employer", everybody, month) == place)
    return today[np.argsort(nation.banks_of_employers[today], kind="stable")]


def files_of_employers(nation: Nation, employers: Places) -> Places:
    """In which file of the day, 0 and on, each of these employers stands: one bank's, of about lines_a_file lines."""
    size = (nation.starts[1:] - nation.starts[:-1])[employers] * 2
    bank = nation.banks_of_employers[employers]
    begins = np.flatnonzero(np.diff(bank, prepend=-1))
    before = np.cumsum(size) - size
    of_bank = before - np.repeat(before[begins], np.diff(np.append(begins, len(bank))))
    part = of_bank // nation.lines_a_file
    return np.cumsum((np.diff(bank, prepend=-1) != 0) | (np.diff(part, prepend=0) != 0)) - 1


def wage_lines(nation: Nation, month: int, employers: Places) -> pl.DataFrame:
    """The lines of these employers in the month of delivery: employer, person_place, knp, amount_tiyn, in order."""
    owner, person, second = _jobs(nation, employers)
    period, seed = month - 1, nation.seed
    here = works(nation, person, second, period)
    owner, person, second = owner[here], person[here], second[here]
    rate_121, rate_122 = (
        nation.law.number(f"{name}_rate", first_day(period)) for name in ("deduction", "contribution")
    )
    cap_121, cap_122 = (nation.law.cap_tiyn(name, first_day(period)) for name in ("deduction", "contribution"))
    first_income, second_income = _income(nation, person, False), _income(nation, person, True)
    income = np.where(second, second_income, first_income)
    deduction = np.minimum(income * rate_121, cap_121)
    deduction[~second & happens(400, seed, "civil contract", person)] = 0
    before = np.minimum(first_income * rate_122, cap_122)
    rest = np.where(works(nation, person, np.zeros_like(second), period), cap_122 - before, cap_122)
    contribution = np.where(second, np.minimum(second_income * rate_122, rest), before)
    count = len(owner)
    lines = pl.DataFrame(
        {
            "employer": np.concatenate((owner, owner)),
            "place": np.concatenate((np.arange(count), np.arange(count))),
            "person_place": np.concatenate((person, person)),
            "knp": np.repeat(np.array([121, 122]), count),
            "amount_tiyn": np.concatenate((deduction, contribution)),
        }
    )
    order = pl.DataFrame({"employer": employers}).with_row_index("order")
    placed = lines.filter(pl.col("amount_tiyn") > 0).join(order, on="employer", maintain_order="left")
    return placed.sort("order", "knp", "place").drop("order", "place")


def works(nation: Nation, person: Places, second: Flags, period: int) -> Flags:
    """Whether the person has that job in the month paid for: 8 in 100 come in the time looked at, 8 in 100 go."""
    came, went = np.full(len(person), -_ALWAYS), np.full(len(person), _ALWAYS)
    for job, purpose in ((False, "first job"), (True, "second job")):
        of_job = second == job
        few = person[of_job]
        comes, goes = (
            happens(800, nation.seed, f"{purpose} comes", few),
            happens(800, nation.seed, f"{purpose} goes", few),
        )
        start = nation.base + below(nation.months + 6, nation.seed, f"{purpose} came", few)
        end = nation.base + below(nation.months + 6, nation.seed, f"{purpose} went", few)
        came[of_job], went[of_job] = np.where(comes, start, -_ALWAYS), np.where(goes, end, _ALWAYS)
    # Who came after having gone was between two jobs, and is away in between only.
    return np.where(came > went, (period >= came) | (period <= went), (period >= came) & (period <= went))


def has_old_iin(nation: Nation, person: Places, month: int) -> Flags:
    """Whether the person still pays under the old of two IINs in the month of delivery."""
    changed = nation.first + below(nation.months + 6, nation.seed, "new iin", person) - 3
    return linked(nation, person) & (month < changed)


def linked(nation: Nation, person: Places) -> Flags:
    """Whether the person has two IINs."""
    return (person < nation.employees) & happens(LINKED, nation.seed, "linked", person)


def old_place(nation: Nation, person: Places) -> Places:
    """The place of the old IIN of a person with two: above all people; asked of linked people only."""
    everybody = _linked(nation)
    return nation.persons + np.searchsorted(everybody, person)


def _jobs(nation: Nation, employers: Places) -> tuple[Places, Places, Flags]:
    """employer, person and whether it is the person's second job, of all jobs of the employers, in their order."""
    by_employer, ends = _second_jobs(nation)
    firsts = nation.starts[employers], nation.starts[employers + 1]
    seconds = np.concatenate(([0], ends))[employers], ends[employers]
    owners, people, second = [], [], []
    for (low, high), found in ((firsts, None), (seconds, by_employer)):
        size = high - low
        places = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size) + np.repeat(low, size)
        owners.append(np.repeat(employers, size))
        people.append(places if found is None else found[places])
        second.append(np.full(len(places), found is not None))
    return np.concatenate(owners), np.concatenate(people), np.concatenate(second)


@lru_cache(maxsize=2)
def _second_jobs(nation: Nation) -> tuple[Places, Places]:
    """People with a second job in the order of that employer, and where each employer's end."""
    everybody = np.arange(nation.employees)
    people = np.flatnonzero(happens(SECOND_JOB, nation.seed, "second job", everybody))
    first = np.searchsorted(nation.starts, people, side="right") - 1
    other = below(nation.employers, nation.seed, "second employer", people)
    other = np.where(other == first, (other + 1) % nation.employers, other)
    order = np.argsort(other, kind="stable")
    return people[order], np.searchsorted(other[order], np.arange(nation.employers), side="right")


@lru_cache(maxsize=2)
def _linked(nation: Nation) -> Places:
    return np.flatnonzero(linked(nation, np.arange(nation.employees)))


def _income(nation: Nation, person: Places, second: bool) -> Places:
    """Monthly income of a job, whole tenge: most near the minimum wage and above, few far above every cap."""
    purpose = "second income" if second else "first income"
    usual = 85_000 + below(330_000, nation.seed, purpose, person)
    more, most = (
        happens(1_500, nation.seed, f"{purpose} more", person),
        happens(100, nation.seed, f"{purpose} most", person),
    )
    income: Places = np.where(most, usual * 14, np.where(more, usual * 3, usual))
    return income // 2 if second else income
