"""What people pay for themselves (122): sole proprietors, independent payers, in advance, in arrears.

Grain: one row per line. A proprietor pays the month before, an independent payer the month itself, who pays in advance
twelve months once a year, who is in arrears three months at once. Some pay too little, some too much. A suspended
proprietor pays as independent. Source: rules.md sections 1 to 3.
"""

import numpy as np
import polars as pl

from pipelines.generate.draw import Flags, Places, below, happens, weighted
from pipelines.generate.nation import Nation, first_day

PROPRIETOR, INDEPENDENT, ADVANCE, ARREARS = range(4)
APP, POST, PACKAGE, AGENT = range(4)  # how the money comes
_LITTLE, _MUCH = 50_000, 25_000  # tiyn


def kinds(nation: Nation, people: Places) -> Places:
    """Which of the four each is."""
    return weighted([55, 30, 8, 7], nation.seed, "own kind", people)


def routes(nation: Nation, people: Places) -> Places:
    """Through an app or terminal, Kazpost, a bank's package, or an agent's list."""
    return weighted([40, 25, 20, 15], nation.seed, "route", people)


def suspended_after(nation: Nation, people: Places) -> Places:
    """The last month in which a proprietor is one; far away for most."""
    month = nation.first + below(nation.months, nation.seed, "suspended after", people)
    return np.where(happens(400, nation.seed, "suspended", people), month, 1 << 30)


def is_proprietor(nation: Nation, people: Places, period: int) -> Flags:
    """Whether the register has the person as an active entrepreneur in the month."""
    return (kinds(nation, people) == PROPRIETOR) & (period <= suspended_after(nation, people))


def begins(nation: Nation, people: Places) -> Places:
    """The first month of delivery in which the person pays; before the first one for most."""
    month = nation.first + below(nation.months, nation.seed, "own begins", people)
    return np.where(happens(1_000, nation.seed, "own late", people), month, 0)


def ends(nation: Nation, people: Places) -> Places:
    """The last month of delivery in which the person pays."""
    month = nation.first + below(nation.months, nation.seed, "own ends", people)
    return np.where(happens(1_000, nation.seed, "own stops", people), month, 1 << 30)


def own_lines(nation: Nation, month: int, place: int) -> pl.DataFrame:
    """The lines of a delivery day of the month: person_place, route, period, amount_tiyn, covers. In order of route."""
    people = np.arange(nation.payers.start, nation.payers.stop)
    people = people[nation.pay_days("own", people, month) == place]
    people = people[(begins(nation, people) <= month) & (ends(nation, people) >= month)]
    kind, turn = kinds(nation, people), below(12, nation.seed, "turn", people)
    told = []
    for which, every, offsets in (
        (PROPRIETOR, 1, (-1,)),
        (INDEPENDENT, 1, (0,)),
        (ADVANCE, 12, tuple(range(12))),
        (ARREARS, 3, (-3, -2, -1)),
    ):
        few = people[(kind == which) & ((month + turn) % every == 0)]
        told += [_lines(nation, few, month, month + offset) for offset in offsets]
    lines = pl.concat(told)
    route = pl.Series(routes(nation, lines["person_place"].to_numpy()))
    return lines.with_columns(route=route).sort("route", "person_place", "period")


def _lines(nation: Nation, people: Places, month: int, period: int) -> pl.DataFrame:
    """A payment of each for the period, with whether it reaches what the law asks."""
    year = min(first_day(period).year, first_day(month).year)
    asked = {kind: nation.law.required_tiyn(kind, year) for kind in ("sole_proprietor", "independent")}
    amount = np.where(is_proprietor(nation, people, period), asked["sole_proprietor"], asked["independent"])
    little = happens(30, nation.seed, "too little", people, period)
    much = ~little & happens(300, nation.seed, "too much", people, period)
    return pl.DataFrame(
        {
            "person_place": people,
            "period": np.full(len(people), period),
            "amount_tiyn": amount - _LITTLE * little + _MUCH * much,
            "covers": ~little,
        }
    )
