"""The six CSV registers as deliveries: what is in force from which day, and what is refused."""

import json

import polars as pl
import pytest
from texts import OTHER, PERSON, THIRD, register

pytestmark = pytest.mark.usefixtures("no_database")

COLUMNS = "iin,category,from,to"


def statuses(ran) -> dict[str, str]:
    return dict(ran.table("insured_status").select("iin", "reason").rows())


def category(*people: str) -> str:
    return register(COLUMNS, *(f"{person},pension,2020-01-01," for person in people))


def test_a_delivery_replaces_the_whole_register(put, night, mshi):
    put("registers/categories.csv", category(PERSON))
    night("2026-11-18")
    put("registers/categories_2.csv", category(OTHER))
    assert statuses(night("2026-11-19")) == {OTHER: "preferential"}
    assert statuses(mshi("rerun", "2026-11", "--known-at", "2026-11-18")) == {PERSON: "preferential"}


def test_bytes_seen_before_are_in_force_again(put, night):
    put("registers/categories.csv", category(PERSON))
    night("2026-11-18")
    put("registers/categories.csv", category(OTHER))
    night("2026-11-19")
    put("registers/categories.csv", category(PERSON))
    put("bank/categories.csv", category(PERSON))  # where they are no register
    ran = night("2026-11-20")
    assert statuses(ran) == {PERSON: "preferential"}
    assert ran.table("files")["refused_reason"].to_list() == [None, None, "unrecognised", None]


def test_the_greatest_name_of_a_day_is_in_force(put, night):
    put("registers/categories_b.csv", category(PERSON))
    night("2026-11-18")
    put("registers/categories_a.csv", category(OTHER))
    assert statuses(night("2026-11-18")) == {PERSON: "preferential"}
    put("registers/categories_b.csv", category(OTHER))
    assert statuses(night("2026-11-18")) == {OTHER: "preferential"}


def test_a_header_alone_empties_the_register(put, night):
    put("registers/categories.csv", category(PERSON))
    night("2026-11-18")
    put("registers/categories.csv", COLUMNS + "\n")
    ran = night("2026-11-19")
    assert (ran.status, statuses(ran)) == (0, {})


def test_a_bad_row_does_not_stop_the_rest(put, night):
    put("registers/categories.csv", category(PERSON) + f"{OTHER},pension,never,\n")
    ran = night()
    assert (ran.status, statuses(ran)) == (3, {PERSON: "preferential"})


def test_columns_in_another_order_with_more_beside(put, night):
    put("registers/categories.csv", register("TO,note,category,IIN,from", f",x,pension,{PERSON},2020-01-01"))
    assert statuses(night()) == {PERSON: "preferential"}


def test_persons_make_people_known(put, night):
    put("registers/persons.csv", register("iin,surname,name,patronymic,birth_date", f"{PERSON},Үлгі,Адам,,1888-01-01"))
    assert statuses(night()) == {PERSON: "never_covered"}


@pytest.mark.parametrize(
    ("before", "after", "sidecar", "reason"),
    [
        (1000, 899, None, "register_shrunk"),
        (1000, 900, None, None),
        (999, 1, None, None),
        (1000, 899, {"rows": 899}, None),
        (1000, 899, {"rows": 900}, "control_count"),
        (1000, 899, {"sum": "0.00"}, "register_shrunk"),
    ],
)
def test_a_register_that_shrinks(put, night, before, after, sidecar, reason):
    row = f"{PERSON},pension,2020-01-01,\n"
    put("registers/categories.csv", COLUMNS + "\n" + row * before)
    night("2026-11-18")
    put("registers/categories.csv", COLUMNS + "\n" + row * after)
    if sidecar:
        put("registers/categories.csv.control.json", json.dumps(sidecar))
    ran = night("2026-11-19")
    assert ran.table("files")["refused_reason"].to_list() == [None, reason]
    assert ran.status == (3 if reason else 0)


def test_a_shrunk_register_is_told_with_its_rows_and_those_in_force(put, night):
    row = f"{PERSON},pension,2020-01-01,\n"
    put("registers/categories.csv", COLUMNS + "\n" + row * 1201)
    night("2026-11-18")
    put("registers/categories.csv", COLUMNS + "\n" + row * 900)
    expected = "at least 1,081 rows, for 1,201 are in force, or a control file with the number of rows; found 900."
    assert f"lost over 10 % of them. Expected {expected} Its bytes are kept" in night("2026-11-19").err


def test_a_refused_delivery_leaves_the_one_before_in_force(put, night):
    put("registers/categories.csv", category(PERSON))
    night("2026-11-18")
    put("registers/categories.csv", category(OTHER))
    put("registers/categories.csv.control.json", '{"rows": 7}')
    ran = night("2026-11-19")
    assert statuses(ran) == {PERSON: "preferential"}
    assert ran.table("totals").select(pl.col("refused_lines").sum()).item() == 1


def test_a_category_that_the_law_of_the_day_does_not_know_covers_nothing(put, night, mshi):
    put("registers/categories.csv", register("iin,category,from,to", f"{PERSON},social_crisis,2026-01-01,"))
    assert night("2026-01-20").table("insured_status")["reason"].to_list() == ["preferential"]
    ran = mshi("rerun", "2026-01", "--law-as-of", "2025-12-31")
    assert ran.table("insured_status")["reason"].to_list() == ["never_covered"]


def test_a_preferential_month_names_its_category(put, night):
    """Of several the first by name; one that has ended, or is not in force yet, names nothing."""
    rows = [f"{PERSON},student,2020-01-01,", f"{PERSON},pension,2026-11-30,", f"{PERSON},child,2020-01-01,2026-10-31"]
    rows += [f"{OTHER},social_crisis,2025-01-01,", f"{OTHER},disability,2025-01-01,"]
    rows += [f"{THIRD},child,2020-01-01,2026-11-01"]
    put("registers/categories.csv", register(COLUMNS, *rows))
    old = night("2025-12-20").table("coverage")
    assert dict(old.select("iin", "category").rows()) == {PERSON: "child", OTHER: "disability", THIRD: "child"}
    new = night("2026-11-20").table("coverage")
    assert dict(new.select("iin", "category").rows()) == {PERSON: "pension", OTHER: "disability", THIRD: "child"}
    assert new["basis"].unique().to_list() == ["preferential"]
