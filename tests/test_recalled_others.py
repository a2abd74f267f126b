"""What is recalled moves the breaks that rest on it, be it by way of other returns, and no others."""

import pytest
from statement_texts import breaks_of, sha_of
from texts import EMPLOYER, PERSON, bank_register, bank_row, returns_register

pytestmark = pytest.mark.usefixtures("no_database")

LATE = {"day": "2026-11-10", "payer": EMPLOYER, "period": "082026", "knp": "121"}
OCTOBER = {"day": "2026-10-12", "period": "092026"}


def back(day: int, reference: str, amount: str = "4250.00") -> str:
    """A file with one return; without a reference it means whatever payment line is left."""
    return returns_register(f"t{day},2026-11-{day},{reference},,{EMPLOYER},{PERSON},121,082026,{amount},mistake")


@pytest.fixture
def recalled(night, mshi, withdraw):
    """The breaks of a month as its last night told them, of the next one, in which a file is recalled, and of it again."""

    def told(file, *codes, month="2026-11", days=("2026-11-30", "2026-12-03")):
        before = night(days[0])
        withdraw(sha_of(before, file), days[1])
        after, again = night(days[1]), mshi("rerun", month, "--known-at", days[1])
        return [breaks_of(one, *codes) for one in (before, after, again)]

    return told


def test_a_line_is_freed_by_a_return_without_a_reference_that_now_fits_two(put, recalled):
    """One return states x, the other nothing, and so means y: when the first is recalled both x and y count again."""
    put("bank/p.csv", bank_register(bank_row("x", **LATE), bank_row("y", **LATE)))
    put("returns/x.csv", back(11, "x"))
    put("returns/any.csv", back(12, ""))
    codes = "late_payment", "return_without_payment"
    both = [("late_payment", 425000, 2), ("late_payment", 425000, 3), ("return_without_payment", 425000, 2)]
    assert recalled("x.csv", *codes) == [[], both, []]


def test_a_return_loses_its_payment_to_one_without_a_reference(put, recalled):
    """As long as x and y are there the return without a reference means neither; without x it takes y."""
    put("bank/x.csv", bank_register(bank_row("x", **LATE)))
    put("bank/y.csv", bank_register(bank_row("y", **LATE)))
    put("returns/any.csv", back(11, ""))
    put("returns/y.csv", back(12, "y"))
    codes = "return_exceeds_payment", "return_without_payment"
    without, exceeds = ("return_without_payment", 425000, 2), ("return_exceeds_payment", 425000, 2)
    assert recalled("x.csv", *codes) == [[without], [exceeds], []]


def test_a_return_loses_its_payment_when_a_lesser_one_is_recalled(put, recalled):
    """3,000 of y went back, and so the 4,250 did not fit; without the 3,000 they do, and the 1,250 that state y do not."""
    put("bank/y.csv", bank_register(bank_row("y", **LATE)))
    put("returns/a.csv", back(11, "", "3000.00"))
    put("returns/b.csv", back(12, "", "4250.00"))
    put("returns/c.csv", back(13, "y", "1250.00"))
    code = "return_exceeds_payment"
    assert recalled("a.csv", code) == [[(code, 425000, 2)], [(code, 125000, 2)], []]


@pytest.mark.parametrize("other", [{"knp": "122", "payer": PERSON}, {"knp": "123", "payer": EMPLOYER}], ids=str)
@pytest.mark.parametrize("too_much", ["121", "122"])
def test_what_is_over_the_cap_stays_so_when_money_of_the_person_or_a_penalty_is_recalled(
    put, recalled, too_much, other
):
    put("bank/a.csv", bank_register(bank_row("a", amount="110000.00", payer=EMPLOYER, knp=too_much, **OCTOBER)))
    put("bank/b.csv", bank_register(bank_row("b", **other, **OCTOBER)))
    told, after, again = recalled("b.csv", "over_cap", month="2026-10", days=("2026-10-30", "2026-11-19"))
    assert (len(told), after, again) == (1, [], told)


def test_a_twin_is_missing_as_before_when_a_penalty_is_recalled(put, recalled):
    sent = {"day": "2026-09-20", "payer": EMPLOYER}
    before = [bank_row(f"j{knp}", period="072026", knp=knp, **sent) for knp in ("121", "122")]
    put("bank/a.csv", bank_register(*before, bank_row("a", period="082026", knp="121", **sent)))
    put("bank/b.csv", bank_register(bank_row("b", period="082026", knp="123", **sent)))
    code = "missing_contribution"
    told = [(code, None, None)]
    assert recalled("b.csv", code, month="2026-10", days=("2026-10-30", "2026-11-19")) == [told, [], told]
