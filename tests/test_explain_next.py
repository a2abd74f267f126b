"""What `mshi explain` says must be paid next where a register covers the month after the run without a payment."""

from datetime import date, timedelta

import pytest
from test_explain import facts_of
from texts import PERSON, bank_register, bank_row, register

from schemas.calendar import add_months

RUN = [add_months(date(2025, 11, 1), later) for later in range(12)]  # until 2026-10
REVERSED = register("iin,reason,from,to", f"{PERSON},study_abroad,2026-11-01,2026-11-30")
COVERS = {
    "a reversal": {"reversals": REVERSED},
    "a category that has ended": {
        "categories": register("iin,category,from,to", f"{PERSON},unemployed,2026-11-01,2026-11-30")
    },
    "a reversal and a category after it": {
        "reversals": REVERSED,
        "categories": register("iin,category,from,to", f"{PERSON},unemployed,2026-12-01,2027-01-31"),
    },
}


@pytest.fixture(params=COVERS)
def covered(request, put, night):
    """Known on 2026-11-20: paid until October, November covered by a register; gives the months told of."""
    rows = [bank_row(f"p{month:%m%y}", f"{month:%Y-%m}-05", PERSON, PERSON, "122", f"{month:%m%Y}") for month in RUN]
    put("bank/a.csv", bank_register(*rows))
    for name, text in COVERS[request.param].items():
        put(f"registers/{name}.csv", text)
    night("2026-11-20")
    return "2027-02" if "after it" in request.param else "2026-12"


def test_the_due_day_of_a_covered_month_decides_and_the_advice_comes_true(covered, put, night, mshi):
    month = ("--month", "2026-11")
    following = facts_of(mshi("explain", PERSON, *month, "--json"))["advice"]["next"]
    assert following["month"] == f"{covered}-01" and following["in_time"]
    day, tried = date.fromisoformat(following["checked_on"]), ("--month", following["checked_month"][:7])

    def status_of(day: date) -> tuple[str, str]:
        return night(str(day), *tried).table("insured_status").select("status", "reason").row(0)

    if day > date.fromisoformat(following["checked_month"]):
        assert status_of(day - timedelta(days=1)) == ("insured", "not_yet_due")
    assert status_of(day) == tuple(following["if_not"].values())
    assert following["if_not"]["status"] != "insured"
    put(
        "bank/b.csv",
        bank_register(bank_row("next", following["pay_by"], PERSON, PERSON, "122", f"{covered[5:]}{covered[:4]}")),
    )
    assert status_of(day) == tuple(following["if_paid"].values()) == ("insured", "paid")


def test_a_covered_month_is_said_to_need_no_payment(put, night, mshi):
    rows = [bank_row(f"p{month:%m%y}", f"{month:%Y-%m}-05", PERSON, PERSON, "122", f"{month:%m%Y}") for month in RUN]
    put("bank/a.csv", bank_register(*rows))
    put("registers/reversals.csv", REVERSED)
    night("2026-11-20")
    told = mshi("explain", PERSON).out
    assert (
        "A register covers 2026-11, so nothing has to be paid for it" in told and "on 2026-11-30 at the latest" in told
    )
    night("2026-12-20")
    late = mshi("explain", PERSON, "--month", "2026-11", "--known-at", "2026-12-01").out
    assert "too late to stay insured without a break: what is paid now counts from 2026-12-04 on" in late
