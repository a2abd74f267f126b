"""What colours a night: where each finding begins, and that what stood before or colours nothing is left out."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.home import Home
from pipelines.report.earlier import Published, earlier_of
from pipelines.report.figures import Compared, Figures
from pipelines.report.verdict import findings
from transforms.arrivals import arrivals

FRIDAY, SATURDAY = date(2026, 11, 20), date(2026, 11, 21)


def told(insured=(100, 100), day=FRIDAY, came=True, outside=(), now=(), before=()) -> dict[str, dict]:
    """A night with these people insured the night before and now, rows outside and breaks -> its findings by key."""

    def snapshot(people):
        return Published("", Path(), date(2026, 11, 1), day, {"insured": people})

    breaks = [[dict(zip(("code", "severity", "rows"), row, strict=True)) for row in rows] for rows in (now, before)]
    columns = ("reason", "tonight_rows", "tonight_tiyn", "untold_rows", "untold_tiyn")
    rows = {
        "files": [{"tonight": False}, {"tonight": came}],
        "outside": [dict(zip(columns, (*row, 0, 0)[:5], strict=True)) for row in outside],
        "breaks": breaks[0],
    }
    night = Compared(snapshot(insured[0]), [], breaks[1])
    figures = Figures(snapshot(insured[1]), rows, night, None, {})
    return {one.key: {"level": one.level, **one.facts} for one in findings(figures, [])}


@pytest.mark.parametrize(
    ("before", "now", "fell"), [(100, 99, None), (100, 98, 2), (99, 98, 1), (0, 0, None), (1, 5, None)]
)
def test_more_than_one_in_a_hundred_fewer_insured_is_to_be_acted_on(before, now, fell):
    found = told((before, now))
    assert found == ({} if fell is None else {"fell": {"level": "act", "count": fell}})


@pytest.mark.parametrize(
    ("day", "came", "key"), [(FRIDAY, False, ["nothing_came"]), (SATURDAY, False, []), (FRIDAY, True, [])]
)
def test_nothing_is_missed_on_a_day_that_is_no_banking_day(day, came, key):
    assert list(told(day=day, came=came)) == key


def test_only_what_came_tonight_and_is_no_duplicate_is_told_as_outside():
    standing = [("bad_iin", 0, 0), ("control_total", 0, 0), ("duplicate_payment", 7, 70), ("duplicate_document", 1, 10)]
    assert told(outside=standing) == {}
    found = told(outside=[*standing, ("bad_period", 2, 20), ("bad_amount", 1, 0), ("control_count", 3, 30)])
    assert found == {
        "refused": {"level": "act", "count": 3, "money_tiyn": 30},
        "quarantined": {"level": "look", "count": 3, "money_tiyn": 20},
    }


def test_what_came_before_and_no_night_told_of_is_told_too():
    untold = [("bad_period", 0, 0, 2, 20), ("control_count", 0, 0, 3, 30), ("duplicate_payment", 0, 0, 7, 70)]
    assert told(outside=untold) == {
        "refused_before": {"level": "act", "count": 3, "money_tiyn": 30},
        "quarantined_before": {"level": "look", "count": 2, "money_tiyn": 20},
    }


def test_an_error_that_is_gone_does_not_hide_a_new_one():
    standing = [("control_total", "error", 2), ("statement_balance", "error", 5), ("underpaid", "warning", 9)]
    assert told(now=standing, before=standing) == {"old_errors": {"level": "look", "count": 7}}
    other = [("control_total", "error", 3), ("statement_balance", "error", 1), ("underpaid", "warning", 99)]
    found = told(now=other, before=standing)
    assert found == {"new_errors": {"level": "act", "count": 1}, "old_errors": {"level": "look", "count": 3}}


def row(day: int, lines: int, month: int = 11, sender: str = "B") -> dict:
    told = {"received_on": date(2026, month, day), "sender": sender}
    return told | {"received_lines": lines, "received_tiyn": lines}


def test_where_late_and_less_begin():
    """Late: in more than half of the months by this very day. Less: under half of the usual lines by this day."""
    half = [[row(20, 10, 10)], []]
    assert [one.state for one in arrivals([], half, 20)] == ["not_yet"]
    assert [one.state for one in arrivals([], half[:1], 20)] == ["late"]
    assert [one.state for one in arrivals([], half[:1], 19)] == ["not_yet"]
    usual = [[row(3, 10, 10), row(21, 90, 10)]]
    assert [arrivals([row(5, lines)], usual, 20)[0].state for lines in (4, 5)] == ["less", "as_usual"]
    (told,) = arrivals([row(5, 9), row(7, 9)], [[row(9, 4, 8), row(2, 2, 8)], [row(6, 8, 9)], [], [row(4, 5, 10)]], 20)
    assert (told.usual_day, told.usual_lines, told.seen_by, told.days) == (4, 6, 3, 2)


def test_of_senders_in_one_state_the_one_with_most_money_stands_first():
    rows = [row(5, lines, sender=sender) for sender, lines in (("a", 1), ("b", 3), ("c", 3), ("d", 2))]
    assert [one.sender for one in arrivals(rows, [], 20)] == ["b", "c", "d", "a"]


def test_what_a_report_is_held_against(monkeypatch):
    """The night before and the newest of up to six months, known by the same day and by the law as it stands, published before."""

    def link(month: str, day: str, number: int, law: str | None = None) -> dict:
        return {"snapshot": f"2026-{month}_2026-{day}_{number:012x}", "law_as_of": law}

    asked = link("11", "11-20", 0)
    night, month, sixth = link("11", "11-19", 3), link("10", "11-20", 5), link("05", "05-30", 8)
    links = [link("11", "11-19", 1), night, link("11", "11-18", 2), link("11", "11-20", 4)]
    links += [link("11", "11-19", 9, "2026-11-19"), month, link("10", "11-21", 6), link("04", "05-01", 7), sixth]
    monkeypatch.setattr("pipelines.chain.links", lambda home: [*links, asked, link("11", "11-19", 10)])
    monkeypatch.setattr("pipelines.report.earlier._read", lambda home, name: name)
    snapshot = Published(asked["snapshot"], Path(), date(2026, 11, 1), FRIDAY, {})
    found = earlier_of(Home(Path()), snapshot)
    assert (found.night, found.month) == (night["snapshot"], month["snapshot"])
    assert found.months == [month["snapshot"], sixth["snapshot"]]
