"""The analysts' views, each counted a second time from the tables of a snapshot that holds something of every kind."""

from random import Random

import duckdb
import polars as pl
import pytest
from texts import (
    EMPLOYER,
    EMPLOYER_2,
    OTHER,
    PERSON,
    THIRD,
    bank_register,
    bank_row,
    item,
    message,
    register,
    returns_register,
)
from writers import make_iin

from schemas.analysts import VIEWS

LAPSED = make_iin(Random(9))  # paid twelve months and no more

ROWS, LINES, PEOPLE = pl.len().alias("rows"), pl.len().alias("lines"), pl.col("iin").n_unique().alias("people")


def wages(month: int, *knps: str, person: str = PERSON, payer: str = EMPLOYER, day: str = "2026-11-10") -> list[str]:
    return [
        bank_row(f"w{month}{knp}{person}", day, payer, person, knp, f"{month:02d}2026", channel="wages") for knp in knps
    ]


@pytest.fixture
def told(put, night, mshi, home):
    """What gives a table of the second night, and what gives the rows of a view."""
    put("registers/persons.csv", register("iin,surname,name,patronymic,birth_date", f"{THIRD},Үлгі,Адам,,"))
    put("registers/exemptions.csv", register("iin,kind,from,to", f"{THIRD},military,2026-03-01,2026-05-31"))
    put("registers/reversals.csv", register("iin,reason,from,to", f"{OTHER},study_abroad,2026-01-01,2026-02-28"))
    both, of_other = wages(8, "121", "122"), wages(8, "121", "122", person=OTHER)
    of_other += wages(8, "121", "122", person=THIRD)
    own = [bank_row(f"o{n}", payer=LAPSED, person=LAPSED, period=f"{n + 9:02d}2025") for n in range(4)]
    own += [bank_row(f"o{n}", payer=LAPSED, person=LAPSED, period=f"{n - 3:02d}2026") for n in range(4, 12)]
    put("bank/own.csv", bank_register(*own))
    lonely = [*wages(9, "121"), *wages(9, "121", person=THIRD), *wages(9, "122", person=OTHER), *wages(7, "121")]
    put("bank/wages.csv", bank_register(*both, *of_other, *lonely))
    put("bank/ahead.csv", bank_register(bank_row("a1", "2026-11-10"), bank_row("a2", "2026-11-29", amount="300.00")))
    put("bank/all ahead.csv", bank_register(bank_row("a3", "2026-11-29", amount="200.00")))
    put("bank/two.txt", message(item(1, amount="50,00"), reference="O", number="7", total="1,00"))
    put("bank/bad.csv", bank_register(bank_row("b1", period="x"), bank_row("b2", period="x", channel="QIWI")))
    assert night("2026-11-18").status == 3
    put("bank/later.csv", bank_register(bank_row("l1", "2026-11-19"), bank_row("l2", "2026-11-19", amount="9000.00")))
    put("bank/back.csv", bank_register(*wages(6, "121", payer=EMPLOYER_2, day="2026-11-11")))
    sent_back = f"t1,2026-11-12,w6121{PERSON},,{EMPLOYER_2},{PERSON},121,062026,4000.00,mistake"
    put("returns/r.csv", returns_register(sent_back))
    # the day on which a2 may be dated has come: it is released, its file had come before
    assert "released 2 lines" in mshi("replay", "--as-of", "2026-11-20").out
    folder = night("2026-11-20").folder
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        yield lambda name: pl.read_parquet(folder / f"{name}.parquet"), lambda sql: con.sql(sql).pl().rows()


def test_what_stands_outside(told):
    table, ask = told
    standing = table("quarantine").filter(pl.col("released_on").is_null())
    expected = standing.group_by("reason", "sender").agg(ROWS, tiyn=pl.col("amount_tiyn").sum()).rows()
    found = ask("SELECT reason, sender, rows, amount_tiyn FROM quarantine_by_reason")
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert standing.height < table("quarantine").height


def test_how_late_what_comes_in(told):
    table, ask = told
    first = table("files").filter(pl.col("accepted_lines") > 0).group_by("file_sha256").agg(pl.col("received_on").min())
    days = (pl.col("received_on") - pl.col("value_date")).dt.total_days().alias("days")
    joined = table("payments").join(first, on="file_sha256")
    expected = joined.group_by("payer_bank", days).agg(PEOPLE, LINES, pl.col("paid_tiyn").sum()).rows()
    found = ask("SELECT payer_bank, days, people, lines, paid_tiyn FROM arrivals_by_delay")
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert ("app", -11, 1, 1, 30_000) in found  # released on 20 November, came on the 18th
    assert ("app", -9, 1, 1, 20_000) in found  # of this one nothing got in before


def test_receipts(told):
    table, ask = told
    left = pl.col("paid_tiyn") - pl.col("returned_tiyn")
    expected = (
        table("payments")
        .group_by("payer_bank", "knp")
        .agg(
            PEOPLE,
            LINES,
            pl.col("paid_tiyn").sum(),
            pl.col("returned_tiyn").sum(),
            pending=left.filter(pl.col("state") == "pending").sum(),
        )
        .rows()
    )
    found = ask(
        "SELECT payer_bank, knp, people, lines, paid_tiyn, returned_tiyn, pending_tiyn FROM receipts_by_bank_and_knp"
    )
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert sum(row[5] for row in found) == 400_000


def test_breaks_and_missing_pairs(told):
    table, ask = told
    breaks = table("breaks")
    people = pl.col("iin").drop_nulls().n_unique().alias("people")
    expected = breaks.group_by("code", "severity").agg(ROWS, people, tiyn=pl.col("amount_tiyn").sum()).rows()
    assert sorted(ask("SELECT code, severity, rows, people, amount_tiyn FROM breaks_by_code")) == sorted(expected)
    assert max(rows - people for _, _, rows, people, _ in expected if people) > 0
    pairs = breaks.filter(pl.col("code").is_in(["missing_contribution", "missing_deduction"]))
    codes = [(pl.col("code") == f"missing_{one}").sum().alias(one) for one in ("contribution", "deduction")]
    expected = pairs.group_by("payer_id", "period").agg(PEOPLE, *codes).rows()
    columns = "payer_id, period, people, missing_contributions, missing_deductions"
    assert sorted(ask(f"SELECT {columns} FROM employers_with_missing_pairs")) == sorted(expected)
    assert [row[3:] for row in expected] == [(2, 1)]


def test_people(told):
    table, ask = told
    people = table("insured_status")
    expected = people.group_by("status", "reason").agg(pl.len(), pl.col("arrears_tiyn").sum()).rows()
    assert sorted(ask("SELECT status, reason, people, arrears_tiyn FROM people_by_status")) == sorted(expected)
    names = {"S": "preferential", "E": "exempt", "P": "paid", "R": "reversed", "-": "uncovered"}
    expected: dict[tuple[int, str], int] = {}
    for letters in people["coverage_months"]:
        for place, letter in enumerate(letters):
            key = (place, names[letter])
            expected[key] = expected.get(key, 0) + 1
    found = ask("SELECT month, basis, people FROM covered_people_by_month")
    assert {((day.year - 2025) * 12 + day.month - 12, basis): count for day, basis, count in found} == expected
    assert {"exempt", "reversed"} <= {basis for _, basis in expected}
    assert set(people.filter(pl.col("missing_months").list.len() > 0)["status"]) == {"conditional", "uninsured"}
    asked = "SELECT sum(uninsured) FROM arrears_by_age"
    assert ask(asked) == [(people.filter(pl.col("missing_months").list.len() > 0)["status"].eq("uninsured").sum(),)]


@pytest.mark.parametrize("knp", ["122", "010"], ids=["accepted", "quarantined"])
def test_no_sum_of_a_view_ends_the_answers_to_all(put, night, mshi, knp):
    """Lines of the largest amount, ten in a file as a sum of its own goes, are in a dozen files more than a number holds."""
    for n in range(12):
        given = {"amount": "922337203685477.58", "knp": knp}
        put(f"bank/{n}.csv", bank_register(*(bank_row(f"p{n}-{m}", **given) for m in range(10))))
    night()
    for view in VIEWS:
        asked = mshi("sql", f"FROM {view}")
        assert asked.status == 0, (view, asked.err)
