"""The Fund's SMS list says what to pay: what is missing, or the month itself where nothing that is due is; in time or not."""

import csv
from pathlib import Path

import pytest
from case_files import PEOPLE
from texts import EMPLOYER, OTHER, PERSON, THIRD, bank_register, bank_row, register

pytestmark = pytest.mark.usefixtures("no_database")

YEAR = [(2025, month) for month in range(7, 13)] + [(2026, month) for month in range(1, 7)]
ENDS = "MSHI: your conditional insurance ends on 2026-09-30."
RETURNING, BETWEEN, OWING, EMPLOYED = PERSON, OTHER, THIRD, PEOPLE["proprietor"]


@pytest.fixture
def listed(put, mshi, tmp_path):
    """Paid up to June: one abroad from July on, one unemployed in July and August, one with nothing more, and one employed
    who was unemployed in July and paid for September, but not for August, which an employer would still have time to pay.
    """
    rows = [
        bank_row(f"{name}{year}{month}", f"{year}-{month:02d}-10", one, one, period=f"{month:02d}{year}")
        for name, one in (("r", RETURNING), ("b", BETWEEN), ("o", OWING)) for year, month in YEAR
    ]  # fmt: skip
    rows += [
        bank_row(f"e{year}{month}", f"{year}-{month:02d}-10", EMPLOYER, EMPLOYED, "121", f"{month:02d}{year}")
        for year, month in YEAR
    ]
    rows.append(bank_row("e9", "2026-09-10", EMPLOYED, EMPLOYED, period="092026"))
    put("bank/rows.csv", bank_register(*rows))
    put("registers/reversals.csv", register("iin,reason,from,to", f"{RETURNING},study_abroad,2026-07-01,2026-09-30"))
    unemployed = f"{BETWEEN},unemployed,2026-07-01,2026-08-31", f"{EMPLOYED},unemployed,2026-07-01,2026-07-31"
    put("registers/categories.csv", register("iin,category,from,to", *unemployed))

    def call(day: str, *more: str) -> dict[str, dict[str, str]]:
        assert mshi("run", "--as-of", day).status == 0
        target = Path(tmp_path / "list.csv")
        assert mshi("export", "grace_ending", "--to", str(target), *more).status == 0
        return {row["iin"]: row for row in csv.DictReader(target.open(encoding="utf-8", newline=""))}

    return call


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-09-27", "to stay insured, pay for {} by 2026-09-27, each month by a payment of its own."),
        (
            "2026-09-28",
            "pay for {}, each month by a payment of its own, to be insured again three banking days later.",
        ),
    ],
)
def test_who_owes_nothing_yet_is_told_the_month_that_keeps_the_insurance(listed, put, mshi, day, said):
    told = listed(day)
    assert sorted(told) == sorted([RETURNING, BETWEEN, OWING, EMPLOYED])
    for one, month in ((RETURNING, "2026-09"), (BETWEEN, "2026-09"), (EMPLOYED, "2026-08")):
        assert (told[one]["missing_months"], told[one]["to_pay_tiyn"]) == ("", "0")
        assert told[one]["message"] == f"{ENDS} No month that is due is missing; {said.format(month)}"
    assert told[OWING]["missing_months"] == "2026-07-01 2026-08-01" and told[OWING]["to_pay_tenge"] == "8500.00"
    assert (
        "8 500,00 tenge (4 250,00 each) for 2026-07, 2026-08, and in time for 2026-09, each" in told[OWING]["message"]
    )
    assert ("pay by 2026-09-27" in told[OWING]["message"]) == (day == "2026-09-27")


def test_what_the_list_asks_for_keeps_the_insurance(listed, put, mshi, night):
    listed("2026-09-20")
    paid = [bank_row(f"s{one}", "2026-09-27", one, one, period="092026") for one in (RETURNING, BETWEEN)]
    paid += [bank_row(f"o{month}", "2026-09-27", OWING, OWING, period=f"{month}2026") for month in ("07", "08")]
    paid.append(bank_row("e8", "2026-09-27", EMPLOYED, EMPLOYED, period="082026"))
    put("bank/more.csv", bank_register(*paid))
    assert night("2026-09-30").table("insured_status")["status"].to_list() == ["insured"] * 4


def test_what_the_late_message_asks_for_insures_beyond_the_due_day_of_the_month_itself(listed, put, mshi, night):
    listed("2026-09-28")
    paid = [bank_row(f"o{month}", "2026-09-28", OWING, OWING, period=f"{month}2026") for month in ("07", "08")]
    put("bank/more.csv", bank_register(*paid))
    lasting = night("2026-10-05").table("insured_status").filter(iin=OWING)
    assert lasting["status"].to_list() == ["conditional"]
    put("bank/last.csv", bank_register(bank_row("o09", "2026-09-30", OWING, OWING, period="092026")))
    lasting = night("2026-10-05").table("insured_status").filter(iin=OWING)
    assert lasting["status"].to_list() == ["insured"]


def test_a_list_of_a_month_gone_by_promises_nothing_that_later_months_may_forbid(listed, mshi, tmp_path):
    listed("2026-09-28")
    for day, over in (("2026-10-05", False), ("2026-10-31", True)):
        assert mshi("run", "--as-of", day, "--month", "2026-09").status == 0
        assert mshi("export", "grace_ending", "--month", "2026-09", "--to", str(tmp_path / f"{day}.csv")).status == 0
        told = (tmp_path / f"{day}.csv").read_text()
        assert ("three banking days later" in told, "and for the months after 2026-09" in told) == (not over, over)
        assert ("conditional insurance ended on 2026-09-30. Pay for 2026-09" in told) == over


def test_a_sum_of_months_of_other_prices_is_not_to_be_split_evenly(put, mshi, tmp_path):
    """A sole proprietor up to July owes 5,950 tenge for it and 4,250 for August."""
    paid = [
        bank_row(f"{y}{m}", f"{y}-{m:02d}-10", OWING, OWING, period=f"{m:02d}{y}", amount="5950.00") for y, m in YEAR
    ]
    put("bank/rows.csv", bank_register(*paid))
    put("registers/entrepreneurs.csv", register("iin,kind,from,to", f"{OWING},sole_proprietor,2020-01-01,2026-07-31"))
    assert mshi("run", "--as-of", "2026-09-30").status == 0
    for language, said in (
        ("en", "10 200,00 tenge in all (not the same for each"),
        ("ru", "10 200,00 тенге всего (суммы"),
    ):
        target = tmp_path / f"{language}.csv"
        assert mshi("export", "grace_ending", "--to", str(target), "--lang", language).status == 0
        assert said in target.read_text(encoding="utf-8")
