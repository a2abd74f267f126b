"""The facts that settle the readings (rules.md), told to the reference by hand: it must know them all."""

from collections.abc import Iterable
from datetime import date

import pytest
from reference import Payment, Register, Return, Verdict, World, coverage, plus, verdicts

ME, OLD_ME, RELATIVE = "850101100107", "850101100206", "850101100305"
EMPLOYER, AGENT = "100140000018", "971240001315"


def months(first: str, last: str) -> list[date]:
    """The months from the first to the last, both included; written YYYY-MM."""
    month, end = (date.fromisoformat(f"{text}-01") for text in (first, last))
    found = []
    while month <= end:
        found.append(month)
        month = plus(month, 1)
    return found


def paid(
    periods: Iterable[date],
    tenge: float = 4250,
    payer: str = ME,
    knp: str = "122",
    on: date | None = None,
    person: str = ME,
    reference: str = "",
) -> list[Payment]:
    """A payment for each month, on the tenth of that month unless a day is given."""
    return [
        Payment(day, 1, line, day, m, knp, payer, person, round(tenge * 100), reference)
        for line, (m, day) in enumerate((m, on or m.replace(day=10)) for m in periods)
    ]


def worked(first: str, last: str) -> list[Payment]:
    """An employer's deductions, each paid on the tenth of the month after."""
    return [
        Payment(plus(m, 1).replace(day=10), 1, n, plus(m, 1).replace(day=10), m, "121", EMPLOYER, ME, 100)
        for n, m in enumerate(months(first, last))
    ]


def register(kind: str, *rows: dict, on: date = date(2017, 7, 1), name: str = "a.csv", sequence: int = 1) -> Register:
    """A delivery of a register."""
    return Register(on, sequence, name, kind, rows)


def interval(column: str, code: str, start: str, end: str | None, iin: str = ME) -> dict:
    """A row of a register of intervals."""
    last = date.fromisoformat(end) if end else None
    return {"iin": iin, column: code, "from": date.fromisoformat(start), "to": last}


def told(payments: list[Payment], month: str, on: str, *registers: Register, returns: Iterable[Return] = ()) -> Verdict:
    """The verdict on ME."""
    world = World(payments, list(returns), list(registers))
    return verdicts(world, date.fromisoformat(f"{month}-01"), date.fromisoformat(on))[ME]


def reversal(start: str, end: str) -> Register:
    """A reversal because of a residence permit."""
    return register("reversals", interval("reason", "residence_permit", start, end))


def test_last_month_paid_june_2025_gives_three_months_of_grace():
    payments = worked("2023-01", "2025-06")
    for month in ("2025-07", "2025-08", "2025-09"):
        found = told(payments, month, "2025-11-15")
        assert (found.status, found.conditional_until) == ("conditional", date(2025, 9, 30))
    lost = told(payments, "2025-10", "2025-11-15")
    assert (lost.status, lost.reason, lost.conditional_until) == ("uninsured", "gap", None)
    assert lost.coverage_months == "PPPPPPPP----"
    assert lost.missing_months == months("2025-07", "2025-09")
    assert (lost.arrears_tiyn, lost.last_paid_month) == (3 * 425000, date(2025, 6, 1))


@pytest.mark.parametrize(
    ("permit", "start", "end", "status"),
    [("2024-01", "2023-02-01", "2023-12-31", "insured"), ("2023-08", "2022-07-01", "2023-07-31", "insured")],
)
def test_residence_permit(permit: str, start: str, end: str, status: str):
    month = months(permit, permit)
    assert told(paid(month), permit, f"{permit}-28", reversal(start, end)).status == status
    assert told(paid(month[:0]), permit, f"{permit}-28", reversal(start, end)).status == "uninsured"


def test_twelve_future_months_without_the_current_one_insure_from_the_next():
    ahead = paid(months("2023-02", "2024-01"), 3500, on=date(2023, 1, 10))
    assert told(ahead, "2023-01", "2023-01-25").status == "uninsured"
    found = told(ahead, "2023-02", "2023-01-25")
    assert (found.status, found.reason) == ("insured", "prepaid")
    with_current = paid(months("2023-01", "2023-12"), 3500, on=date(2023, 1, 10))
    assert told(with_current, "2023-01", "2023-01-25").reason == "prepaid"


def test_advance_counts_from_september_2022_and_only_when_paid_by_then():
    ahead = paid(months("2022-08", "2023-07"), 3000, on=date(2022, 8, 10))
    assert told(ahead, "2022-08", "2022-08-25").status == "uninsured"
    assert told(ahead, "2022-09", "2022-09-25").reason == "prepaid"
    assert told(ahead[1:], "2022-09", "2022-09-25").status == "uninsured"
    late = paid(months("2023-02", "2023-12"), 3500, on=date(2023, 1, 31)) + paid(months("2024-01", "2024-01"))
    assert told(late, "2023-02", "2024-02-20").status == "uninsured"
    assert told(late, "2024-01", "2024-02-20").reason == "paid"


def test_a_december_prepayment_is_owed_at_the_rate_of_its_day():
    payments = paid(months("2023-01", "2023-12"), 3500) + paid(
        months("2024-01", "2024-12"), 3500, on=date(2023, 12, 10)
    )
    for month in months("2024-01", "2024-12"):
        assert told(payments, f"{month:%Y-%m}", "2025-02-01").status == "insured"
    dear = told(paid(months("2024-01", "2024-01"), 3500, on=date(2024, 1, 10)), "2024-01", "2024-03-01")
    assert (dear.coverage_months[-1], dear.arrears_tiyn) == ("-", 11 * 350000 + 75000)


def test_one_payment_for_a_year_covers_one_month():
    found = told(paid(months("2023-01", "2023-01"), 36000, on=date(2022, 12, 20)), "2023-01", "2023-02-28")
    assert (found.status, found.reason, found.coverage_months) == ("uninsured", "gap", "-----------P")


def test_half_a_year_of_an_employer_does_not_insure():
    assert told(worked("2025-01", "2025-06"), "2025-06", "2025-08-01").status == "uninsured"


def test_preferential_months_need_no_payment():
    pension = register("categories", interval("category", "maternity_leave", "2024-02-10", "2024-12-05"))
    found = told(paid(months("2025-01", "2025-01")), "2025-01", "2025-02-10", pension)
    assert (found.reason, found.coverage_months) == ("paid", "SSSSSSSSSSSP")


def test_the_twenty_fifth_and_three_banking_days():
    payments = worked("2024-01", "2025-01")
    for on, status in (("2025-03-27", "insured"), ("2025-03-28", "conditional")):
        assert told(payments, "2025-02", on).status == status
    assert told(payments, "2025-03", "2025-03-27").reason == "not_yet_due"


def test_an_independent_payer_is_due_at_the_end_of_the_month():
    payments = paid(months("2024-01", "2025-01"))
    for on, status in (("2025-03-04", "insured"), ("2025-03-05", "conditional")):
        assert told(payments, "2025-02", on).status == status


def test_long_grace_from_2026_after_sixty_months():
    payments = worked("2021-01", "2025-12")
    assert told(payments, "2026-06", "2026-09-01").conditional_until == date(2026, 6, 30)
    assert told(payments, "2026-07", "2026-09-01").status == "uninsured"
    assert told(payments[1:], "2026-04", "2026-09-01").status == "uninsured"
    short_of_2026 = worked("2020-01", "2025-08")
    assert told(short_of_2026, "2025-12", "2026-09-01").status == "uninsured"
    again = told(short_of_2026, "2026-01", "2026-09-01")
    assert (again.status, again.conditional_until) == ("conditional", date(2026, 2, 28))


def test_transitional_months_and_the_short_run_of_an_independent_payer():
    assert told(paid(months("2020-06", "2020-06"), 2125), "2020-06", "2020-07-01").reason == "transitional"
    three = paid(months("2020-12", "2021-02"), 2125)
    assert told(three, "2021-02", "2021-02-20").reason == "paid"
    assert told(three[1:], "2021-02", "2021-02-20").status == "uninsured"
    assert told(worked("2020-12", "2021-02"), "2021-02", "2021-03-20").status == "uninsured"
    assert told(worked("2020-01", "2020-08"), "2020-08", "2020-09-20").reason == "paid"


def test_settlement_takes_three_banking_days():
    payments = paid(months("2024-12", "2024-12"), on=date(2025, 3, 19))
    student = register("categories", interval("category", "student", "2020-01-01", "2024-11-30"))
    for on, letter in (("2025-03-26", "-"), ("2025-03-27", "P")):  # 21 to 25 March 2025 is Nauryz
        assert told(payments, "2024-12", on, student).coverage_months[-1] == letter


def test_links_kinds_and_what_covers_nothing():
    links = register("iin_links", {"old_iin": OLD_ME, "current_iin": ME})
    old = paid(months("2024-01", "2024-06"), person=OLD_ME, payer=OLD_ME) + paid(months("2024-07", "2024-12"))
    assert told(old, "2024-12", "2025-01-20", links).reason == "paid"
    proprietor = register("entrepreneurs", interval("kind", "farm", "2024-01-15", None, RELATIVE))
    month = months("2024-12", "2024-12")
    by_relative = World(paid(month, 1, RELATIVE), [], [proprietor])
    assert coverage(by_relative, *month, date(2025, 1, 20))[ME].payer_kind == "withheld"
    assert not coverage(World(paid(month, 1, RELATIVE)), *month, date(2025, 1, 20))
    assert not coverage(World(paid(month, 1, AGENT)), *month, date(2025, 1, 20))
    assert not coverage(World(paid(month, 4250, knp="121")), *month, date(2025, 1, 20))
    assert not coverage(World(paid(month, 4250, EMPLOYER, "124")), *month, date(2025, 1, 20))
    assert told(paid(month, 4250, knp="121"), "2024-12", "2025-01-20").reason == "never_covered"


def test_a_proprietor_owes_more_and_a_suspended_one_less():
    month = months("2024-12", "2024-12")
    active = register("entrepreneurs", interval("kind", "sole_proprietor", "2024-12-31", None))
    suspended = register("entrepreneurs", interval("kind", "sole_proprietor", "2024-01-01", "2024-11-30"))
    day = date(2025, 1, 20)
    assert not coverage(World(paid(month, 5948.99), [], [active]), *month, day)
    found = coverage(World(paid(month, 5949), [], [active]), *month, day)[ME]
    assert (found.payer_kind, found.required_tiyn) == ("sole_proprietor", 595000)
    assert coverage(World(paid(month, 4250), [], [suspended]), *month, day)[ME].payer_kind == "independent"


def test_returns_take_one_payment_and_the_greatest_name_is_in_force():
    month = months("2024-12", "2024-12")
    two = paid(month, 4250, reference="A") + paid(month, 4250, on=date(2024, 12, 11), reference="B")

    def back(tenge: int, reference: str) -> Return:
        day = date(2024, 12, 20)
        return Return(day, 2, 1, day, *month, "122", ME, ME, tenge * 100, reference)

    for lines, left in (
        ([back(4250, "")], True),
        ([back(4250, "A")], True),
        ([back(4250, "A"), back(4250, "B")], False),
        ([back(4251, "A"), back(4250, "B")], True),
        ([back(1, "A"), back(4250, "")], True),
        ([back(2, "A"), back(4250, "")], False),
    ):
        assert bool(coverage(World(two, lines), *month, date(2025, 1, 20))) == left
    row = interval("kind", "military", "2024-01-01", None)
    big, small = (register("exemptions", *rows, name=name) for rows, name in (((row,), "b.csv"), ((), "a.csv")))
    assert told([], "2024-12", "2025-01-20", small, big).reason == "exempt"
    with pytest.raises(ValueError, match="2025-03"):
        told([], "2025-03", "2025-01-20", big)
