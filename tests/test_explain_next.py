"""What `mshi explain` says must be paid next where a register covers the month after the run without a payment."""

from datetime import date, timedelta

import pytest
from test_explain import facts_of
from texts import EMPLOYER, PERSON, bank_register, bank_row, register

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
    assert "too late to stay insured without a break: what is paid on 2026-12-01 counts from 2026-12-04 on" in late


def own(months: list[date], day: str | None = None) -> str:
    rows = [bank_row(f"o{m:%m%y}", day or f"{m:%Y-%m}-05", PERSON, PERSON, "122", f"{m:%m%Y}") for m in months]
    return bank_register(*rows)


def unemployed(first: str, last: str) -> str:
    return register("iin,category,from,to", f"{PERSON},unemployed,{first},{last}")


GAP_IN_SEPTEMBER = [month for month in RUN if month < date(2026, 9, 1)]
WORLDS = {  # files, and what is to be paid so that the insurance does not end
    "money on its way, and a category where the reversed month is due": (
        {"bank/a.csv": own(RUN), "bank/late.csv": own([date(2027, 6, 1)], "2026-11-19"),
         "registers/reversals.csv": REVERSED, "registers/categories.csv": unemployed("2026-12-01", "2027-01-31")},
        ["2027-02-01"],
    ),
    "months after the reversed one are paid": (
        {"bank/a.csv": own(RUN), "registers/reversals.csv": REVERSED,
         "bank/ahead.csv": own([date(2026, 12, 1), date(2027, 1, 1)], "2026-11-10")},
        ["2027-02-01"],
    ),
    "the month after the category is paid": (
        {"bank/a.csv": own(RUN), "registers/categories.csv": unemployed("2026-11-01", "2026-11-30"),
         "bank/ahead.csv": own([date(2026, 12, 1)], "2026-11-10")},
        ["2027-01-01"],
    ),
    "a month before the category was forgotten": (
        {"bank/a.csv": own(GAP_IN_SEPTEMBER), "registers/categories.csv": unemployed("2026-10-01", "2026-11-30")},
        ["2026-09-01", "2026-12-01"],
    ),
    "the due month is followed by a category": (
        {"bank/a.csv": own(RUN), "registers/categories.csv": unemployed("2026-12-01", "2027-01-31")},
        ["2026-11-01", "2027-02-01"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("world", WORLDS)
def test_what_keeps_the_insurance_does_and_without_it_it_ends(world, put, night, mshi):
    files, months = WORLDS[world]
    for name, text in files.items():
        put(name, text)
    night("2026-11-20")
    advice = facts_of(mshi("explain", PERSON, "--json"))["advice"]
    told = advice["next"] or min(advice["options"], key=lambda option: option["total_tiyn"])
    month, day = (
        (told["checked_month"], told["checked_on"]) if advice["next"] else (told["status_month"], told["settled_on"])
    )
    assert [part["month"] for part in told.get("months", [told])] == months
    assert not advice["next"] or (told["in_time"] and told["if_not"]["status"] != "insured")
    assert night(day, "--month", month[:7]).table("insured_status")["status"].item() != "insured"
    put("bank/told.csv", own([date.fromisoformat(one) for one in months], told.get("pay_by") or told["pay_on"]))
    assert night(day, "--month", month[:7]).table("insured_status")["status"].item() == "insured"


def test_money_that_comes_too_late_is_tried_as_paid_on_the_day(put, night, mshi):
    put("bank/a.csv", own(RUN))
    night("2026-12-01")
    told = mshi("explain", PERSON)
    assert (
        "It is too late to stay insured without a break: what is paid on 2026-12-01 counts from 2026-12-04 on."
        in told.out
    )
    assert "Then 2026-12, as known on 2026-12-04, is: insured (not yet due)" in told.out
    long_since = facts_of(mshi("explain", PERSON, "--month", "2026-10", "--json"))["advice"]
    assert long_since["next"]["month"] == "2026-11-01" and not long_since["next"]["in_time"]


def test_an_option_names_the_month_that_a_payment_can_cover(put, night, mshi):
    months = [one for one in (add_months(date(2025, 9, 1), later) for later in range(12)) if one != date(2026, 6, 1)]
    wages = [bank_row(f"w{one:%m%y}", f"{one:%Y-%m}-25", EMPLOYER, PERSON, "121", f"{one:%m%Y}") for one in months]
    put("bank/a.csv", bank_register(*wages))
    put("registers/categories.csv", unemployed("2026-09-01", "2026-09-30"))
    night("2026-10-12")
    option = facts_of(mshi("explain", PERSON, "--json"))["advice"]["options"][0]
    assert (option["reason"], option["next_month"], option["next_due_on"]) == (
        "not_yet_due",
        "2026-10-01",
        "2026-10-26",
    )


def test_the_first_later_month_that_is_insured_is_told_whatever_covers_one_before(put, night, mshi):
    put("bank/a.csv", own(RUN[5:8]))
    put("registers/reversals.csv", register("iin,reason,from,to", f"{PERSON},study_abroad,2026-12-01,2026-12-31"))
    put("registers/categories.csv", register("iin,category,from,to", f"{PERSON},pension,2027-01-01,"))
    night("2026-11-20")
    assert facts_of(mshi("explain", PERSON, "--json"))["advice"]["insured_from"]["month"] == "2027-01-01"


def test_a_sole_proprietor_is_told_the_25th(put, night, mshi):
    put("registers/entrepreneurs.csv", register("iin,kind,from,to", f"{PERSON},sole_proprietor,2020-01-01,"))
    put("registers/categories.csv", unemployed("2025-11-01", "2026-11-30"))
    night("2026-11-20")
    following = facts_of(mshi("explain", PERSON, "--json"))["advice"]["next"]
    assert (following["payer_kind"], following["due_on"]) == ("sole_proprietor", "2027-01-25")


def test_an_insurance_that_ended_once_and_is_there_again_asks_for_nothing(put, night, mshi):
    put("bank/a.csv", own(RUN))
    put("registers/categories.csv", register("iin,category,from,to", f"{PERSON},pension,2027-01-01,"))
    night("2027-01-20")
    told = mshi("explain", PERSON, "--month", "2026-10", "--json")
    assert facts_of(told)["verdict"]["reason"] == "paid" and facts_of(told)["advice"]["next"] is None


def test_who_only_has_to_wait_and_is_insured_for_good_then_is_asked_for_nothing(put, night, mshi):
    put("bank/a.csv", own(RUN[1:]))
    put("bank/late.csv", own([date(2026, 11, 1)], "2026-11-19"))
    put("registers/categories.csv", register("iin,category,from,to", f"{PERSON},pension,2026-12-01,"))
    night("2026-11-20")
    advice = facts_of(mshi("explain", PERSON, "--json"))["advice"]
    assert [option["way"] for option in advice["options"]] == ["wait"] and advice["next"] is None
