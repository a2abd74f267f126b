"""Who is preferential, exempt, reversed or an entrepreneur, and since when: the intervals of the registers.

Grain: one row per interval, in the order of people: person_place, code, from_day, to_day (null where open). The state
pays for one in two people; some of them begin or end in the time looked at, 1 in 100 begins again. 2 of 100 employees
have a category too. Who pays for oneself since lately may have months before reversed. Source: rules.md sections 1, 3.
"""

import numpy as np
import polars as pl

from pipelines.generate.draw import Flags, Places, below, happens, weighted
from pipelines.generate.nation import Nation, first_day
from pipelines.generate.own_money import PROPRIETOR, begins, kinds, suspended_after

CATEGORIES = {"child": 450, "pension": 270, "disability": 60, "student": 50, "unemployed": 45, "child_under_3": 40}
CATEGORIES |= {"maternity_leave": 20, "awarded_mother": 20, "social_assistance": 20, "carer_of_disabled_child": 5}
CATEGORIES |= {
    "carer_of_disabled_adult": 5,
    "qandas": 4,
    "pregnant": 4,
    "prisoner": 3,
    "detainee": 2,
    "social_crisis": 2,
}
_OF_EMPLOYEES = {"pension": 60, "disability": 25, "student": 15}
_EXEMPT = {"military": 60, "law_enforcement": 30, "other": 10}
_REVERSED = {"residence_permit": 40, "labour_migrant": 30, "study_abroad": 20, "military_service": 5, "other": 5}
_BUSINESS = {"sole_proprietor": 85, "farm": 10, "private_practice": 5}
_OPEN = 1 << 30


def intervals(nation: Nation, register: str, people: Places) -> pl.DataFrame:
    """The intervals of these people in a register."""
    if register == "entrepreneurs":
        return _entrepreneurs(nation, _payers(nation, people))
    if register == "reversals":
        return _reversals(nation, _payers(nation, people))
    others = people[people >= nation.others.start]
    exempt = happens(100, nation.seed, "exempt", others)
    if register == "exemptions":
        return _drawn(nation, others[exempt], _EXEMPT, "exemption")
    employees = people[people < nation.employees]
    employees = employees[happens(200, nation.seed, "working with a category", employees)]
    return pl.concat(
        [
            _drawn(nation, employees, _OF_EMPLOYEES, "category of employee"),
            _drawn(nation, others[~exempt], CATEGORIES, "category"),
        ]
    )


def masks(nation: Nation, register: str, people: Places) -> Places:
    """Which months the intervals of these people (rising) cover: bit b is the month base + b."""
    found = intervals(nation, register, people)
    since = {code: day.year * 12 + day.month - 1 for code, day in nation.law.codes("category").items()}
    low = found["from_day"].dt.year().cast(pl.Int64) * 12 + found["from_day"].dt.month() - 1
    high = found["to_day"].dt.year().cast(pl.Int64) * 12 + found["to_day"].dt.month() - 1
    first = low.to_numpy()
    if register == "categories":
        first = np.maximum(first, found["code"].replace_strict(since, return_dtype=pl.Int64).to_numpy())
    lowest = np.clip(first - nation.base, 0, 62)
    highest = np.clip(high.fill_null(_OPEN).to_numpy() - nation.base, -1, 61)
    many = np.maximum(highest - lowest + 1, 0)
    bits = ((np.int64(1) << many) - 1) << lowest
    told = np.zeros(len(people), dtype=np.int64)
    np.bitwise_or.at(told, np.searchsorted(people, found["person_place"].to_numpy()), bits)
    return told


def has_interval(nation: Nation, register: str, people: Places) -> Flags:
    """Whether each of these people (rising) stands in the register."""
    told = np.zeros(len(people), dtype=bool)
    told[np.searchsorted(people, intervals(nation, register, people)["person_place"].to_numpy())] = True
    return told


def _payers(nation: Nation, people: Places) -> Places:
    return people[(people >= nation.payers.start) & (people < nation.payers.stop)]


def _drawn(nation: Nation, people: Places, codes: dict[str, int], purpose: str) -> pl.DataFrame:
    """An interval for each: most from long ago and open, some begin or end in the time looked at, few come again."""
    seed, span = nation.seed, nation.months + 12
    late, ends = happens(800, seed, f"{purpose} begins", people), happens(1_500, seed, f"{purpose} ends", people)
    long_ago = nation.base - below(36, seed, f"{purpose} long ago", people)
    begin = np.where(late, nation.base + below(span, seed, f"{purpose} since", people), long_ago)
    end = np.maximum(begin, nation.base + below(span + 6, seed, f"{purpose} until", people))
    end = np.where(ends, end, _OPEN)
    code = weighted(list(codes.values()), seed, f"{purpose} code", people)
    again = ends & (end < nation.last - 2) & happens(700, seed, f"{purpose} again", people)
    order = np.argsort(np.concatenate((people, people[again])), kind="stable")

    def both(first: Places, second: Places) -> Places:
        joined: Places = np.concatenate((first, second))[order]
        return joined

    count = int(again.sum())
    return _rows(
        nation,
        both(people, people[again]),
        pl.Series(list(codes)).gather(both(code, np.zeros(count, dtype=np.int64))),
        both(begin, np.full(count, nation.last - 1)),
        both(end, np.full(count, _OPEN)),
    )


def _reversals(nation: Nation, people: Places) -> pl.DataFrame:
    since = begins(nation, people)
    here = (since > 0) & happens(3_000, nation.seed, "reversed", people)
    people, since = people[here], since[here]
    code = weighted(list(_REVERSED.values()), nation.seed, "reversed why", people)
    return _rows(nation, people, pl.Series(list(_REVERSED)).gather(code), since - 11, since - 1)


def _entrepreneurs(nation: Nation, people: Places) -> pl.DataFrame:
    people = people[kinds(nation, people) == PROPRIETOR]
    code = weighted(list(_BUSINESS.values()), nation.seed, "business", people)
    long_ago = nation.base - 12 - below(60, nation.seed, "in business since", people)
    codes = pl.Series(list(_BUSINESS)).gather(code)
    return _rows(nation, people, codes, long_ago, suspended_after(nation, people))


def _rows(nation: Nation, people: Places, codes: pl.Series, begin: Places, end: Places) -> pl.DataFrame:
    """Intervals from some day of the month `begin` to the last day of the month `end`."""
    day = below(28, nation.seed, "day of the month", people) + 1
    frame = pl.DataFrame({"person_place": people, "code": codes, "begin": begin, "end": end, "day": day})
    end_month = pl.when(pl.col("end") < _OPEN).then("end")
    return frame.select(
        "person_place",
        "code",
        from_day=pl.date(pl.col("begin") // 12, pl.col("begin") % 12 + 1, "day"),
        to_day=pl.date(end_month // 12, end_month % 12 + 1, 1).dt.month_end(),
    )


def known_by(nation: Nation, month: int) -> pl.Expr:
    """Whether a register delivered in the month can know an interval: the last one knows all."""
    return pl.lit(True) if month == nation.last else pl.col("from_day") < first_day(month + 1)
