"""Where the money of the month went: from the folders it came in by, over what became of it, to the months it is for.

Grain: a stop (a name and its tiyn) and a stream between two stops. What flows into a stop flows out of it again, but
for the last stops of a way. Statements of the account tell of the same money a second time and are left out.
Money is tiyn. How it is drawn: pipelines/report/drawing.py.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from pipelines.readers import camt, clientbank
from pipelines.report.figures import Figures
from schemas.calendar import add_months
from transforms.verdicts import VERDICTS

STATEMENTS = (clientbank.FORMAT, camt.FORMAT)
MONTHS = ("earlier", "before", "this", "later", "nothing")


@dataclass(frozen=True)
class Stop:
    """Money at a place: `kind` says which column it stands in, `key` which of its texts."""

    kind: str
    key: str
    tiyn: int


@dataclass(frozen=True)
class Stream:
    """Money on its way from one stop to another."""

    start: Stop
    end: Stop
    tiyn: int


@dataclass(frozen=True)
class Flow:
    """Columns of stops, from left to right, and the streams between them."""

    columns: list[list[Stop]]
    streams: list[Stream]

    def tiyn(self, kind: str, key: str) -> int:
        """The money at a stop; none where there is no such stop."""
        return sum(stop.tiyn for column in self.columns for stop in column if (stop.kind, stop.key) == (kind, key))


def flow_of(figures: Figures) -> Flow:
    """The flow of a snapshot's month."""
    came, fates = _came(figures)
    state, months = _payments(figures)
    state["other"] = fates["accepted"] - sum(state.values())
    first = [Stop("source", key, came[key].total()) for key in sorted(came, key=lambda key: -came[key].total())]
    second = {key: Stop("fate", key, fates[key]) for key in VERDICTS}
    third = {key: Stop("state", key, state[key]) for key in ("settled", "pending", "returned", "other")}
    fourth = {key: Stop("month", key, months[key]) for key in MONTHS}
    streams = [Stream(stop, second[key], came[stop.key][key]) for stop in first for key in second]
    streams += [Stream(second["accepted"], stop, stop.tiyn) for stop in third.values()]
    streams += [Stream(third["settled"], stop, stop.tiyn) for stop in fourth.values()]
    columns = [first, list(second.values()), list(third.values()), list(fourth.values())]
    return Flow([[stop for stop in column if stop.tiyn] for column in columns], [one for one in streams if one.tiyn])


def _came(figures: Figures) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Money by where it came from and what became of it; what was released later came a second time."""
    came: dict[str, Counter[str]] = {}
    for row in figures.rows["files"]:
        if row["format"] not in STATEMENTS:
            key = row["source"] if row["event"] == "delivery" else "released"
            for fate in VERDICTS:
                came.setdefault(key, Counter())[fate] += row[f"{fate}_tiyn"]
    fates: Counter[str] = Counter()
    for told in came.values():
        fates.update(told)
    return came, fates


def _payments(figures: Figures) -> tuple[Counter[str], Counter[str]]:
    """Accepted payments by what is left of them, and what counts by the month that it is for."""
    state: Counter[str] = Counter()
    months: Counter[str] = Counter()
    for row in figures.rows["money"]:
        left = row["paid_tiyn"] - row["returned_tiyn"]
        state["returned"] += row["returned_tiyn"]
        state["pending" if row["state"] == "pending" else "settled"] += left
        if row["state"] != "pending":
            months[_place(row["period"], figures.snapshot.month) if row["covers"] else "nothing"] += left
    return state, months


def _place(period: date, month: date) -> str:
    if period > month:
        return "later"
    if period == month:
        return "this"
    return "before" if period == add_months(month, -1) else "earlier"
