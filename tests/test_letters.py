"""Letters say what they are for: an employer reads of the own people alone and what is missing, a person of every month and sum."""

from datetime import date

import pytest
from case_files import PEOPLE
from texts import EMPLOYER, EMPLOYER_2, OTHER, PERSON, THIRD, bank_register, bank_row, register

from pipelines.letters.person import person_letter
from schemas.calendar import add_months

LESSER, GREATER = sorted([PERSON, OTHER])
FOURTH = PEOPLE["proprietor"]

pytestmark = pytest.mark.usefixtures("no_database")


def test_an_employer_reads_of_the_own_people_alone_and_what_is_missing(put, mshi):
    rows = [
        (EMPLOYER, GREATER, "121", ("08", "09", "10")), (EMPLOYER, GREATER, "122", ("08",)),
        (EMPLOYER, LESSER, "121", ("08", "09")), (EMPLOYER, LESSER, "122", ("08", "09", "10")),
        (EMPLOYER_2, THIRD, "121", ("09", "10")), (EMPLOYER_2, THIRD, "122", ("09",)),
    ]  # fmt: skip
    paid = [
        bank_row(f"{place}-{month}", "2026-11-03", payer, person, knp, f"{month}2026", "3000.00")
        for place, (payer, person, knp, months) in enumerate(rows)
        for month in months
    ]
    put("bank/rows.csv", bank_register(*paid))
    assert mshi("run", "--as-of", "2026-11-30").status == 0
    told = mshi("letter", "employer", EMPLOYER).out
    lines = [tuple(line.split()) for line in told.splitlines() if line[:12] in (GREATER, LESSER, THIRD)]
    deductions, contributions = ("deductions", "(121)"), ("contributions", "(122)")
    october = [(GREATER, "2026-10", *deductions, *contributions), (LESSER, "2026-10", *contributions, *deductions)]
    assert lines == [(GREATER, "2026-09", *deductions, *contributions), *sorted(october)]
    assert "(2 in all)" in " ".join(told.split()) and EMPLOYER in told and EMPLOYER_2 not in told
    assert mshi("letter", "employer", EMPLOYER_2).out.count(THIRD) == 1


@pytest.mark.parametrize("asked", [OTHER, PERSON])
def test_an_employer_with_two_numbers_reads_of_both(put, mshi, asked):
    rows = [
        (payer, worker, month, knp)
        for payer, worker in ((OTHER, THIRD), (PERSON, FOURTH))
        for month, knp in (("09", "121"), ("09", "122"), ("10", "121"))
    ]
    paid = [
        bank_row(str(n), "2026-11-03", payer, one, knp, f"{month}2026", "3000.00")
        for n, (payer, one, month, knp) in enumerate(rows)
    ]
    put("bank/rows.csv", bank_register(*paid))
    put("registers/iin_links.csv", register("old_iin,current_iin", f"{OTHER},{PERSON}"))
    put("registers/entrepreneurs.csv", register("iin,kind,from,to", f"{PERSON},sole_proprietor,2020-01-01,"))
    assert mshi("run", "--as-of", "2026-11-30").status in (0, 3)
    told = " ".join(mshi("letter", "employer", asked).out.split())
    assert "(2 in all)" in told and THIRD in told and FOURTH in told and f"To the payer {asked}" in told


def test_an_employer_is_not_asked_for_what_is_not_owed(put, mshi):
    """A pensioner since October: of the two who lack their contributions only the other one is still to be paid for."""
    rows = [(one, month, knp) for one in (GREATER, LESSER) for month in ("08", "09", "10") for knp in ("121", "122")]
    put(
        "bank/rows.csv",
        bank_register(
            *(
                bank_row(f"{one}-{month}-{knp}", "2026-11-03", EMPLOYER, one, knp, f"{month}2026", "3000.00")
                for one, month, knp in rows
                if (month, knp) != ("10", "122")
            )
        ),
    )
    put("registers/categories.csv", register("iin,category,from,to", f"{LESSER},pension,2026-10-01,"))
    assert mshi("run", "--as-of", "2026-11-30").status == 0
    told = " ".join(mshi("letter", "employer", EMPLOYER).out.split())
    assert GREATER in told and LESSER not in told and "(1 in all)" in told
    assert "still owed, unless a category or an exemption of the employee frees you of it" in told


def test_a_person_reads_every_month_and_sum():
    paid = {
        "knp": "122", "payer_kind": "independent", "state": "settled", "value_date": date(2026, 11, 3),
        "period": date(2026, 11, 1), "paid_tiyn": 425_000, "returned_tiyn": 0,
    }  # fmt: skip
    early = paid | {"value_date": date(2026, 9, 3), "period": date(2026, 12, 1), "paid_tiyn": 500, "returned_tiyn": 75}
    owed = {"month": date(2026, 8, 1), "due_on": date(2026, 8, 31), "due_from": date(2026, 9, 3), "owed_tiyn": 425_000}
    verdict = {"status": "uninsured", "reason": "gap", "conditional_until": None, "last_paid_month": date(2026, 11, 1)}
    verdict |= {"coverage_months": "SSEERRPPP--P", "missing_months": [owed["month"]], "arrears_tiyn": 425_000}
    facts = {"iin": PERSON, "month": date(2026, 11, 1), "known_at": date(2026, 11, 20), "verdict": verdict}
    letter = person_letter({**facts, "payments": [paid, early, paid], "missing": [owed]}, "en")
    months, payments, missing = letter.sections
    names = {"S": "preferential category", "E": "exempt", "P": "paid", "R": "reversal of debt", "-": "not covered"}
    assert months.rows == [
        [f"{add_months(date(2025, 12, 1), place):%Y-%m}", names[letter]] for place, letter in enumerate("SSEERRPPP--P")
    ]
    assert [[*row[:3], *row[4:]] for row in payments.rows] == [
        ["2026-09-03", "2026-12", "122", "5,00", "0,75", "settled"],
        *[["2026-11-03", "2026-11", "122", "4 250,00", "0,00", "settled"]] * 2,
    ]
    assert missing.rows == [["2026-08", "2026-08-31", "4 250,00"]]
    assert letter.opening[2:] == ["Last paid month: 2026-11."] and "4 250,00 tenge are missing" in letter.closing[0]
    nothing = facts | {"verdict": verdict | {"missing_months": [], "arrears_tiyn": 0}, "payments": [], "missing": []}
    letter = person_letter(nothing, "en")
    assert len(letter.sections) == 1 and letter.closing[0] == "No month that is due is missing."
