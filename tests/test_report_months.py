"""A report of another month than the day's: who is late of it, and that nothing can be missed on a day outside of it."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.report.earlier import Published
from pipelines.report.figures import Figures
from pipelines.report.page import report_of, told_finding
from pipelines.report.verdict import Finding
from pipelines.report.wording import wording

NONE = {"files": [], "outside": [], "breaks": [], "money": []}


def came(day: int, month: int) -> dict:
    return {"received_on": date(2026, month, day), "sender": "B", "received_lines": 10, "received_tiyn": 10}


def figures(month: int, known_at: date, days: list[dict] = (), earlier: list[dict] = ()) -> Figures:
    snapshot = Published("", Path(), date(2026, month, 1), known_at, {})
    before = {name: [list(earlier)] for name in ("days", "folder_days")}
    return Figures(snapshot, NONE | {"days": list(days), "folder_days": list(days)}, None, None, before)


@pytest.mark.parametrize(
    ("month", "known_at", "usual", "state"),
    [
        (10, date(2026, 11, 5), 31, "late"),  # the month is over
        (12, date(2026, 11, 20), 1, "not_yet"),  # and has not begun
        (11, date(2026, 11, 20), 20, "late"),
        (11, date(2026, 11, 20), 21, "not_yet"),
    ],
)
def test_who_is_late_of_another_month(month, known_at, usual, state):
    made = report_of(figures(month, known_at, earlier=[came(usual, month=1)]))
    assert [one.state for one in made.senders] == [state] == [one.state for one in made.folders]


def test_at_most_five_senders_are_named():
    def told(count: int) -> str:
        names = [f"S{n}" for n in range(count)]
        return told_finding(wording("en"), Finding("look", "late", "arrivals", {"senders": names, "count": count}))

    assert "S4" in told(5) and "+" not in told(5)
    assert "S4 … +1" in told(6) and "S5" not in told(6)


def test_a_whole_million_is_one():
    words = wording("en")
    assert words.short_money(1_000_000_00).replace("\u00a0", " ") == "1,00 M"
    assert words.short_money(100_000_000_00).replace("\u00a0", " ") == "100 M"


@pytest.mark.parametrize("month", [10, 12])
def test_what_came_on_a_day_outside_the_month_is_told_of_elsewhere(month):
    """`files` holds what was received in the month, so of another day it can tell nothing: neither none nor all well."""
    made = report_of(figures(month, date(2026, 11, 20)))
    assert [(one.level, one.key) for one in made.findings] == [("good", "elsewhere")]
    assert (made.level, made.headline) == ("good", "elsewhere")
    assert [one.key for one in report_of(figures(11, date(2026, 11, 20))).findings] == ["nothing_came"]
