"""What the table coverage tells of the money of a month: settled, unreturned, of the month alone, by KNP."""

from datetime import date

import pytest
from texts import EMPLOYER, EMPLOYER_2, OTHER, PERSON, THIRD, bank_register, bank_row, returns_register

pytestmark = pytest.mark.usefixtures("no_database")


def test_only_what_is_settled_and_not_returned_is_summed_up(put, night):
    """One has lines of every kind, one nothing but what is pending, one own money beside wages pending or back."""
    wage = {"payer": EMPLOYER, "knp": "121"}
    put("bank/a.csv", bank_register(
        bank_row("a", **wage, amount="3000.00"), bank_row("b", payer=EMPLOYER_2, knp="121", amount="1000.50"),
        bank_row("pending", "2026-11-18", **wage, amount="500.00"), bank_row("back", **wage, amount="700.00"),
        bank_row("part", **wage, amount="600.00"), bank_row("before", **wage, period="102026", amount="900.00"),
        bank_row("withheld", payer=EMPLOYER, amount="200.00"), bank_row("own", amount="100.00"),
        bank_row("other", "2026-11-18", person=OTHER, **wage), bank_row("gone", "2026-11-09", person=THIRD, **wage),
        bank_row("third", payer=THIRD, person=THIRD), bank_row("third-wage", "2026-11-18", person=THIRD, **wage),
    ))  # fmt: skip
    rows = (("back", PERSON, "700.00"), ("part", PERSON, "100.00"), ("gone", THIRD, "4250.00"))
    put("returns/r.csv", returns_register(*(
        f"t-{name},2026-11-11,{name},,{EMPLOYER},{person},121,112026,{amount},mistake" for name, person, amount in rows
    )))  # fmt: skip
    told = night("2026-11-20").table("coverage")
    found = told.select("iin", "payer_kind", "deductions_tiyn", "contributions_tiyn", "covered_on").rows()
    day = date(2026, 11, 10)
    expected = [(PERSON, "employer", 450050, 30000, day), (THIRD, "independent", 0, 425000, day)]
    assert found == sorted(expected)
