"""Plant what payments alone say wrongly: too little, too much, too late, one without the other; from rules.md section 5.

Each function plants one kind of break with its branches and, where a limit decides, what lies just within it and is
none. Everything is as known on 2026-11-30: what was paid up to 2026-11-25 is settled, what was paid later is pending.
"""

from planted_month import Month
from planted_papers import BEFORE, EARLY, LATE
from sample_writers import Party, Person


def lump_sums_and_months(month: Month) -> None:
    """Own money: 4 250 for an independent payer, 5 950 for a sole proprietor, a tenge more or less does not matter."""
    for who, tenge, code, amount in (
        (month.person(), "36000.00", "lump_sum", "36000"),
        (month.active(month.person()), "11900.00", "lump_sum", "11900"),
        (month.active(month.person()), "11899.99", "overpaid", "5949.99"),
        (month.person(), "5000.00", "overpaid", "750"),
        (month.person(), "4251.01", "overpaid", "1.01"),
        (month.person(), "4251.00", "", ""),
        (month.person(), "4249.00", "", ""),
        (month.person(), "4000.00", "", ""),  # too little, but due on the last day of the month: true the day after
    ):
        row = month.pays(who, tenge)
        if code == "lump_sum":
            month.expect(code, who, who, "2026-11", amount, row)
        elif code:
            month.expect(code, who, None, "2026-11", amount)
    whole = month.person()
    order = month.single(month.self_payer(whole), "12750.00", "2026-11-12")
    month.expect("lump_sum", whole, whole, "2026-11", "12750", order.key)
    helped, relative = month.person(), month.person()
    row = month.pays(helped, "8500.00", payer=relative)
    month.expect("lump_sum", helped, relative, "2026-11", "8500", row)
    month.link(old := month.person(), current := month.person())
    month.pays(old, "4250.00")
    month.pays(current, "4250.00")
    month.expect("overpaid", current, None, "2026-11", "4250")
    twice = month.person()
    for day in ("2026-11-04", "2026-11-05"):
        month.pays(twice, "4250.00", day=day)
    month.expect("overpaid", twice, None, "2026-11", "4250")
    # Received in October and settled in November, or still in October.
    month.pays(later := month.person(), "5100.00", period="2026-10", day="2026-10-29", received=BEFORE)
    month.expect("overpaid", later, None, "2026-10", "850")
    month.pays(month.person(), "5100.00", period="2026-10", day="2026-10-27", received=BEFORE)
    row = month.pays(later := month.person(), "36000.00", day="2026-10-29", received=BEFORE)
    month.expect("lump_sum", later, later, "2026-11", "36000", row)
    month.pays(month.person(), "36000.00", day="2026-10-27", received=BEFORE)
    month.pays(month.person(), "36000.00", day="2026-11-26")  # pending


def underpaid(month: Month) -> None:
    """Below the requirement once the due date has passed: 31 October for an independent payer, else 25 November."""
    few, parts, trader = month.person(), month.person(), month.active(month.person())
    month.pays(few, "4000.00", "2026-10", "2026-10-20", received=BEFORE)
    month.expect("underpaid", few, None, "2026-10", "250")
    for tenge in ("2000.00", "2000.50"):
        month.pays(parts, tenge, "2026-10", "2026-10-21")
    month.expect("underpaid", parts, None, "2026-10", "249.50")
    month.pays(trader, "5000.00", "2026-10", "2026-11-05")
    month.expect("underpaid", trader, None, "2026-10", "950")
    month.pays(month.active(month.person()), "5000.00", "2026-11", "2026-11-05")
    month.pays(month.person(), "4249.00", "2026-10", "2026-10-20")
    back = month.person()
    row = month.pays(back, "4250.00", "2026-10", "2026-10-20", received=BEFORE)
    month.gives_back(row, back, back, "122", "2026-10", "1000.00", "2026-11-09")
    month.expect("underpaid", back, None, "2026-10", "1000")
    gone = month.person()
    row = month.pays(gone, "4000.00", "2026-10", "2026-10-20")
    month.gives_back(row, gone, gone, "122", "2026-10", "4000.00", "2026-11-10")
    # Arrears are due at the old rate: 4 900 a month for a sole proprietor in 2023.
    debtor = month.active(month.person())
    row = month.pays(debtor, "4000.00", "2023-05", "2026-11-06")
    month.expect("underpaid", debtor, None, "2023-05", "900")
    month.expect("late_payment", debtor, debtor, "2023-05", "4000", row)


def late_and_early(month: Month) -> None:
    """After the due date, and more than twelve months ahead; the line less what was returned of it."""
    own, trader, worker, firm = month.person(), month.active(month.person()), month.person(), month.employer()
    row = month.pays(own, "4250.00", "2026-10", "2026-11-02")
    month.expect("late_payment", own, own, "2026-10", "4250", row)
    row = month.pays(trader, "5950.00", "2026-09", "2026-11-05")
    month.expect("late_payment", trader, trader, "2026-09", "5950", row)
    month.pays(month.active(month.person()), "5950.00", "2026-10", "2026-11-25")
    order = month.wages(firm, "121", {worker: "6000"}, "2026-11-10", "2026-09")
    month.gives_back(order, firm, worker, "121", "2026-09", "1500.00", "2026-11-12")
    month.expect("late_payment", worker, firm, "2026-09", "4500", order.key)
    month.wages(firm, "121", {month.person(): "6000"}, "2026-11-25", "2026-10")
    month.wages(firm, "122", {month.person(): "6000"}, "2026-11-26", "2026-10", booked=False)  # pending
    back = month.person()
    order = month.wages(firm, "122", {back: "5000"}, "2026-11-11", "2026-09")
    month.gives_back(order, firm, back, "122", "2026-09", "5000.00", "2026-11-13")
    ahead, hired = month.person(), month.person()
    row = month.pays(ahead, "4250.00", "2027-12")
    month.expect("beyond_advance", ahead, ahead, "2027-12", "4250", row)
    month.pays(ahead, "4250.00", "2027-11")
    order = month.wages(firm, "121", {hired: "7000"}, "2026-11-10", "2028-01")
    month.expect("beyond_advance", hired, firm, "2028-01", "7000", order.key)


def over_cap(month: Month) -> None:
    """In 2026 3 % of 40 minimum wages for an employer's deductions (102 000), 2 % of 20 for contributions (34 000)."""
    one, two = month.employer(), month.employer()
    rich, edge, moved, several = (month.person() for _ in range(4))
    month.wages(one, "121", {rich: "60000", edge: "102001"}, "2026-11-10")
    order = month.wages(one, "121", {rich: "50000.50", moved: "103000"}, "2026-11-11")
    month.expect("over_cap", rich, one, "2026-10", "8000.50")
    month.gives_back(order, one, moved, "121", "2026-10", "1000.00", "2026-11-13")
    month.wages(two, "121", {rich: "102000"}, "2026-11-10")  # another employer's
    for payer in (one, month.self_payer(month.active(month.person()))):
        month.wages(payer, "122", {several: "20000", edge: "17000.50"}, "2026-11-10")
    month.expect("over_cap", several, None, "2026-10", "6000")
    # In 2025 3 % of ten minimum wages: 25 500; 2 % of them: 17 000. Before 2020 no limit is known.
    early = month.person()
    for knp, tenge, surplus in (("121", "30000", "4500"), ("122", "17001.01", "1.01")):
        order = month.wages(two, knp, {early: tenge}, "2026-11-12", "2025-12")
        month.expect("late_payment", early, two, "2025-12", tenge, order.key)
        month.expect("over_cap", early, two if knp == "121" else None, "2025-12", surplus)
    order = month.wages(two, "121", {early: "900000"}, "2026-11-12", "2019-05")
    month.expect("late_payment", early, two, "2019-05", "900000", order.key)


def missing_twins(month: Month) -> None:
    """One of 121 and 122 without the other, where both had come before; October is due on 30 November."""
    firm, other = month.employer(), month.employer()

    def both(period: str, *people: Person, payer: Party = firm) -> None:
        for knp in ("121", "122"):
            month.wages(payer, knp, dict.fromkeys(people, "5000"), "2026-10-20", period, received=BEFORE, booked=False)

    no_122, no_121, september, gone, stranger, pending, long_ago = (month.person() for _ in range(7))
    both("2026-09", no_122, gone, pending)
    both("2026-07", no_121)
    both("2026-08", september)
    both("2026-09", stranger, payer=other)
    both("2026-06", long_ago)
    month.wages(firm, "121", dict.fromkeys((no_122, gone, pending, stranger, long_ago), "5000"), "2026-11-10")
    month.expect("missing_contribution", no_122, firm, "2026-10")
    month.wages(firm, "122", {no_121: "5000"}, "2026-11-10")
    month.expect("missing_deduction", no_121, firm, "2026-10")
    month.wages(firm, "122", {september: "5000"}, "2026-10-20", "2026-09", booked=False)  # before the statements begin
    month.expect("missing_deduction", september, firm, "2026-09")
    order = month.wages(firm, "122", {gone: "5000"}, "2026-11-10")
    month.gives_back(order, firm, gone, "122", "2026-10", "5000.00", "2026-11-12")
    month.expect("missing_contribution", gone, firm, "2026-10")
    month.wages(firm, "122", {pending: "5000"}, "2026-11-27", received=LATE, booked=False)


def registers_twice(month: Month) -> None:
    """A row that comes again, and a code that is not of MSHI."""
    who = month.person()
    row = month.pays(who, "4250.00", received=EARLY)
    again = month.pays(who, "4250.00", received=LATE, like=row)
    month.expect("duplicate_payment", tenge="4250", at=again)
    row = month.pays(who, "777.00", knp="019")
    month.expect("unsupported_knp", tenge="777", at=row)


PLANTS = (lump_sums_and_months, underpaid, late_and_early, over_cap, missing_twins, registers_twice)
