"""Payment lines that count again, for what had come back is gone: their breaks stand in the month in which they do."""

import pytest
from statement_texts import breaks_of, sha_of
from texts import (
    EMPLOYER,
    EMPLOYER_2,
    OTHER,
    PERSON,
    THIRD,
    bank_register,
    bank_row,
    register,
    returns_register,
)

pytestmark = pytest.mark.usefixtures("no_database")

CATEGORIES = "iin,category,from,to"
_LATE = {"day": "2026-11-10", "payer": EMPLOYER}
_ROWS = {
    "late_payment": bank_row("p1", period="082026", knp="121", **_LATE),
    "category_conflict": bank_row("p1", person=OTHER, period="102026", knp="121", **_LATE),
    "not_owed": bank_row("p1", person=THIRD, period="102026", knp="121", **_LATE),
    "wrong_knp": bank_row("p1", day="2026-11-10", period="112026", knp="121"),
    "beyond_advance": bank_row("p1", person=PERSON, period="122027", knp="121", **_LATE),
    "lump_sum": bank_row("p1", day="2026-11-10", period="112026", amount="9000.00"),
}


def returned(row: str) -> str:
    """A file that gives the whole row back."""
    _, _, payer, person, _, _, _, knp, period, amount, _ = row.split(",")
    return returns_register(f"t1,2026-11-11,p1,,{payer},{person},{knp},{period},{amount},mistake")


@pytest.mark.parametrize("code", _ROWS)
def test_what_a_line_says_that_counts_again_stands_in_the_month_of_the_withdrawal(put, night, mshi, withdraw, code):
    """Nothing was told while it had come back, and the nights of the month in which it came are over."""
    put(
        "registers/categories.csv",
        register(CATEGORIES, f"{OTHER},unemployed,2020-01-01,", f"{THIRD},pension,2020-01-01,"),
    )
    put("bank/p.csv", bank_register(_ROWS[code]))
    put("returns/r.csv", returned(_ROWS[code]))
    told = [night("2026-11-11"), night("2026-11-30")]
    assert [ran.table("breaks").height for ran in told] == [0, 0]
    withdraw(sha_of(told[0], "r.csv"), "2026-12-03")
    amount = 900000 if code == "lump_sum" else 425000
    assert breaks_of(night("2026-12-03"), *_ROWS) == [(code, amount, 2)]
    assert breaks_of(mshi("rerun", "2026-11", "--known-at", "2026-12-03"), *_ROWS) == []


def test_a_line_does_not_count_again_when_the_return_of_another_is_recalled(put, night, mshi, withdraw):
    """Both are of one payer, person, period and KNP; the return states the reference of the second."""
    late = {"period": "082026", "knp": "121", **_LATE}
    put("bank/p.csv", bank_register(bank_row("p1", **late), bank_row("p2", amount="100.00", **late)))
    put("returns/r.csv", returns_register(f"t1,2026-11-11,p2,,{EMPLOYER},{PERSON},121,082026,100.00,mistake"))
    november = night("2026-11-30")
    first = ("late_payment", 425000, 2)
    assert breaks_of(november, *_ROWS) == [first]
    withdraw(sha_of(november, "r.csv"), "2026-12-03")
    assert breaks_of(night("2026-12-03"), *_ROWS) == [("late_payment", 10000, 3)]
    assert breaks_of(mshi("rerun", "2026-11", "--known-at", "2026-12-03"), *_ROWS) == [first]


def test_a_line_counts_again_under_the_new_iin_of_its_person(put, night, withdraw):
    """The payment and its return name the old IIN."""
    put("registers/iin_links.csv", register("old_iin,current_iin", f"{PERSON},{OTHER}"))
    put("bank/p.csv", bank_register(_ROWS["late_payment"]))
    put("returns/r.csv", returned(_ROWS["late_payment"]))
    withdraw(sha_of(night("2026-11-30"), "r.csv"), "2026-12-03")
    ran = night("2026-12-03")
    assert breaks_of(ran, "late_payment") == [("late_payment", 425000, 2)]
    assert ran.table("breaks").filter(code="late_payment")["iin"].to_list() == [OTHER]


@pytest.mark.parametrize("back", ["121", "122"])
def test_a_pair_that_counts_again_makes_the_month_behind_it_miss_its_twin(put, night, mshi, withdraw, back):
    sent = {"day": "2026-09-20", "payer": EMPLOYER}
    july = [bank_row(f"p{knp}", period="072026", knp=knp, **sent) for knp in ("121", "122")]
    put("bank/p.csv", bank_register(*july, bank_row("a121", period="082026", knp="121", **sent)))
    put("returns/r.csv", returns_register(f"t1,2026-11-11,p{back},,{EMPLOYER},{PERSON},{back},072026,4250.00,mistake"))
    before, code = night("2026-11-30"), "missing_contribution"
    assert breaks_of(before, code) == []
    withdraw(sha_of(before, "r.csv"), "2026-12-03")
    assert breaks_of(night("2026-12-03"), code) == [(code, None, None)]
    assert breaks_of(mshi("rerun", "2026-11", "--known-at", "2026-12-03"), code) == []


def test_a_payment_counts_again_when_nothing_tells_any_more_which_one_came_back(put, night, mshi):
    """A return without a reference means the one payment that fits; with a second one it means none."""
    row = _ROWS["late_payment"]
    put("bank/p.csv", bank_register(row))
    put("returns/r.csv", returned(row).replace("p1,", ",", 1))
    assert breaks_of(night("2026-11-30"), "late_payment", "return_without_payment") == []
    put("bank/q.csv", bank_register(row.replace("p1", "p2")))
    told = [("late_payment", 425000, 2)] * 2 + [("return_without_payment", 425000, 2)]
    assert breaks_of(night("2026-12-03"), "late_payment", "return_without_payment") == told
    assert breaks_of(mshi("rerun", "2026-11", "--known-at", "2026-12-03"), "late_payment") == []


def test_only_the_very_line_that_counts_again_stands_in_the_month_of_the_withdrawal(put, night, mshi, withdraw):
    """Beside a line that nobody sent back: others of its person, payer, period and KNP but for one of them."""
    late = {"period": "082026", "knp": "121", **_LATE}
    others = [{"period": "072026"}, {"knp": "122"}, {"person": OTHER}, {"payer": EMPLOYER_2}]
    rows = [bank_row(f"p{place}", **late | other) for place, other in enumerate([{}, *others], start=1)]
    put("bank/p.csv", bank_register(*rows))
    back = [
        returned(row).split("\n")[1].replace("t1,2026-11-11,p1", f"t{n},2026-11-11,p{n}")
        for n, row in enumerate(rows, 1)
    ]
    put("returns/r.csv", returns_register(*back[1:]))
    told = night("2026-11-30")
    assert breaks_of(told, "late_payment") == [("late_payment", 425000, 2)]
    withdraw(sha_of(told, "r.csv"), "2026-12-03")
    again = breaks_of(night("2026-12-03"), "late_payment")
    assert sorted(row[2] for row in again) == [3, 4, 5, 6]
    before = mshi("rerun", "2026-11", "--known-at", "2026-12-03")
    assert breaks_of(before, "late_payment") == [("late_payment", 425000, 2)]


@pytest.mark.parametrize("other", [{"period": "062026"}, {"person": OTHER}, {"payer": EMPLOYER_2}, {"knp": "123"}])
def test_a_twin_is_missing_since_its_month_although_another_line_counts_again(put, night, mshi, withdraw, other):
    """It came back and counts again; the pair of July, behind which August misses its twin, was there all the time."""
    sent = {"day": "2026-09-20", "payer": EMPLOYER}
    july = [bank_row(f"p{knp}", period="072026", knp=knp, **sent) for knp in ("121", "122")]
    row = bank_row("back", **{"period": "072026", "knp": "121", **sent, **other})
    more = [bank_row("a121", period="082026", knp="121", **sent), row]
    put("bank/p.csv", bank_register(*july, *more))
    night("2026-09-25")
    put("returns/r.csv", returned(row).replace(",p1,", ",back,"))
    before, code = night("2026-11-30"), "missing_contribution"
    withdraw(sha_of(before, "r.csv"), "2026-12-03")
    assert breaks_of(night("2026-12-03"), code) == []
    assert breaks_of(mshi("rerun", "2026-09", "--known-at", "2026-12-03"), code) == [(code, None, None)]


def test_after_two_withdrawals_a_break_stands_in_the_month_of_the_later_one(put, night, mshi, withdraw):
    """Each moves its amount: a late line of which two parts had come back, and own money that is too little."""
    put(
        "bank/p.csv",
        bank_register(_ROWS["late_payment"], bank_row("o1", person=OTHER, period="092026", amount="100.00")),
    )
    for number, amount in enumerate(("2000.00", "2250.00")):
        part = returned(_ROWS["late_payment"]).replace("t1,", f"t{number},").replace("4250.00", amount)
        put(f"returns/r{number}.csv", part)
        put(
            f"bank/o{number}.csv", bank_register(bank_row(f"m{number}", person=OTHER, period="092026", amount="200.00"))
        )
    before, codes = night("2026-11-30"), ("late_payment", "underpaid")
    for number, day in enumerate(("2026-12-03", "2027-01-05")):
        for name in (f"r{number}.csv", f"o{number}.csv"):
            withdraw(sha_of(before, name), day)
    assert breaks_of(night("2027-01-05"), *codes) == [("late_payment", 425000, 2), ("underpaid", 415000, None)]
    assert breaks_of(mshi("rerun", "2026-12", "--known-at", "2027-01-05"), *codes) == []
