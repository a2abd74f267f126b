"""What `mshi explain` says is the cheapest way to be insured: paid as it says, the next night finds the status it promised."""

from datetime import date

import pytest
from test_explain import facts_of
from texts import PERSON, bank_register, bank_row, register

from schemas.calendar import add_months


def months_to(first: str, last: str) -> list[date]:
    found = [date.fromisoformat(f"{first}-01")]
    while found[-1] < date.fromisoformat(f"{last}-01"):
        found.append(add_months(found[-1], 1))
    return found


def paid(months: list[date], day: str | None = None, tenge: dict[str, str] | None = None) -> str:
    """Own money for each of the months, on a day of its own unless one is given."""
    rows = [
        bank_row(
            f"p{month:%m%y}-{day}",
            day or f"{add_months(month, 1):%Y-%m}-05",
            PERSON,
            PERSON,
            "122",
            f"{month:%m%Y}",
            (tenge or {}).get(f"{month:%Y-%m}", "5950.00"),
        )
        for month in months
    ]
    return bank_register(*rows)


@pytest.mark.parametrize(
    ("proprietor", "in_time", "day", "asked", "settled"),
    [
        pytest.param(
            ("2019-01-01", "2026-05-31"),
            months_to("2026-04", "2026-05"),
            "2026-08-26",
            months_to("2026-06", "2027-03"),
            "2026-08-31",
            id="missing months and months in advance together",
        ),
        pytest.param(
            ("2025-01-01", ""),
            [*months_to("2025-01", "2025-06"), *months_to("2025-08", "2025-10")],
            "2026-01-20",
            [date(2024, 12, 1), date(2025, 7, 1), date(2025, 11, 1)],
            "2026-01-23",
            id="a month thirteen before",
        ),
    ],
)
def test_the_cheapest_way_is_told_and_comes_true(put, night, mshi, proprietor, in_time, day, asked, settled):
    put("registers/entrepreneurs.csv", register("iin,kind,from,to", f"{PERSON},sole_proprietor,{','.join(proprietor)}"))
    put("bank/a.csv", paid(in_time))
    night(day)
    options = facts_of(mshi("explain", PERSON, "--json"))["advice"]["options"]
    told = options[0]
    assert [part["month"] for part in told["months"]] == [str(month) for month in asked]
    assert told["settled_on"] == settled and all(one["total_tiyn"] > told["total_tiyn"] for one in options[1:])
    prices = {part["month"][:7]: f"{part['owed_tiyn'] / 100:.2f}" for part in told["months"]}
    put("bank/b.csv", paid(asked, day, prices))
    status = night(settled, "--month", told["status_month"][:7]).table("insured_status")
    assert status.select("status", "reason").row(0) == (told["status"], told["reason"])
    assert told["status"] == "insured"
