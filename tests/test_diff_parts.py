"""The parts of which `mshi diff` is made: which snapshot is older, which deliveries moved, which lines differ, who says why."""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.compared import Side
from pipelines.engine import Cut
from schemas.rules import load_law
from transforms.changes import as_asked, last_change, moving
from transforms.sql import query

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def side(sequence: int, day: int, month: date = NOVEMBER, name: str = "a") -> Side:
    return Side(name, Path(), Cut(month, date(2026, 11, day), sequence), load_law(), {}, {})


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (side(5, 20, NOVEMBER, "b"), side(6, 12, OCTOBER)),
        (side(5, 12, NOVEMBER, "b"), side(5, 20, OCTOBER)),
        (side(5, 12, OCTOBER, "b"), side(5, 12, NOVEMBER)),
    ],
    ids=["by what had come in, then", "by the day, then", "by the month"],
)
def test_which_of_two_is_older(older, newer):
    assert sorted([newer, older], key=lambda one: one.age) == [older, newer]


def test_what_came_or_went_between_two_states():
    """What the older one's last delivery brought did not come since; the newer one's last did."""
    names = {3: "a", 4: "d", 5: "b", 7: "c", 9: "e", 10: "f"}
    told = [(number, name, "accept" if name == "b" else "delivery", None) for number, name in names.items()]
    columns = {"sequence": pl.Int64, "file_sha256": pl.String, "event": pl.String, "register": pl.String}
    deliveries = pl.DataFrame(told, schema=columns, orient="row")

    def moved(*gone: int) -> list[tuple]:
        before, after = (pl.DataFrame({"sequence": one}, schema={"sequence": pl.Int64}) for one in ([], gone))
        return moving(deliveries, (before, after), older=4, newer=9).rows()

    assert moved() == [(5, "b", "accept"), (7, "c", "late_file"), (9, "e", "late_file")]
    assert moved(4, 7) == [(5, "b", "accept"), (9, "e", "late_file"), (4, "d", "withdrawal")]


@pytest.mark.parametrize("published", [("x", "b"), ("a", "x")])
def test_a_way_that_does_not_begin_or_end_at_what_was_published_has_the_cause_program(published):
    def frame(*states: str) -> pl.DataFrame:
        return pl.DataFrame({"state": states})

    walk = {"beginning": frame("a", "a"), "time_passing": frame("b", "b"), "late_file": frame("b", "b")}
    before, after = published
    assert last_change(walk, (frame("a", before), frame("b", after))).to_list() == ["time_passing", "program"]


def test_both_ids_of_a_payment_are_told_with_twelve_digits():
    ids = {"older_iin": [1], "newer_iin": [2]}
    rows = pl.DataFrame(ids | {"in_older": [True], "in_newer": [True]}, schema_overrides=dict.fromkeys(ids, pl.UInt64))
    assert as_asked(rows, True).select("before_iin", "iin").row(0) == ("000000000001", "000000000002")
    assert as_asked(rows, False).select("before_iin", "iin").row(0) == ("000000000002", "000000000001")


LINE = {
    "line_no": 1, "iin": "000000000001", "period": NOVEMBER, "payer_kind": "independent", "state": "pending",
    "settled_on": date(2026, 11, 9), "returned_tiyn": 0, "paid_tiyn": 5,
}  # fmt: skip


def changed(older: dict | None, newer: dict | None, moved: list[tuple]) -> list[tuple]:
    """The one line of file 1 as it stands in either snapshot, and by what it moved -> its change and cause."""
    with duckdb.connect() as con:
        for age, line in (("older", older), ("newer", newer)):
            row = pl.DataFrame([{"file_sha256": "f", **(line or LINE)}])
            con.register(f"{age}_payments", row if line else row.clear())
        con.register("numbered_files", pl.DataFrame({"file_sha256": ["f"], "file_no": [1]}))
        lines = {"file_no": pl.Int64, "line_no": pl.Int64, "cause": pl.String}
        con.register("moved_lines", pl.DataFrame([(1, 1, *one) for one in moved], schema=lines, orient="row"))
        return con.sql(query("changed_payments")).pl().select("in_older", "in_newer", "cause").rows()


@pytest.mark.parametrize(
    "other",
    [{"settled_on": date(2026, 11, 10)}, {"returned_tiyn": 2}, {"payer_kind": "withheld"}, {"iin": "000000000002"}],
    ids=str,
)
def test_a_line_that_is_otherwise_in_anything_that_is_told_is_looked_at(other):
    assert changed(LINE, LINE, []) == []
    assert changed(LINE, LINE | other, []) == [(True, True, None)]
    assert changed(LINE, LINE | other | {"state": "settled"}, []) == [(True, True, None)]
    assert changed(LINE, LINE | {"state": "settled"}, []) == [(True, True, "time_passing")]


def test_a_line_recalled_and_sent_again_in_another_month_went_once():
    moved = [("late_file",), ("withdrawal",)]
    assert changed(LINE, None, moved) == [(True, False, "withdrawal")]
    assert changed(None, LINE, moved) == [(False, True, "late_file")]
    assert changed(None, LINE, []) == [(False, True, None)]
