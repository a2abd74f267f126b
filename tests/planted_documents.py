"""Plant what documents and returns say wrongly: of themselves, of those before them, of the payments they cancel.

Each function plants one kind of break with its branches and, beside it, what is none. Everything is as known on
2026-11-30. Source of the expected breaks: contract.md sections 3 and 4.
"""

import json
from collections.abc import Sequence
from random import Random

from planted_month import Month
from planted_papers import BEFORE, EARLY, FUND, LATE, STATE, Order, Paper
from sample_writers import Line, Party, Person, bank_register, kazpost_register
from writers import make_iban

POST = Party("", "Отделение почты 050001", make_iban("563", "POSTA0000001"), "KPSTKZKA")  # Kazpost names no payer


def post_register(
    month: Month,
    people: list[Person],
    day: str = "2026-11-09",
    rows: int | None = None,
    booked: bool = True,
    receipts: Sequence[str] = (),
    received: str | None = None,
) -> Order:
    """A register of Kazpost in which everybody pays 4 250 for November; `rows` is the count that it declares."""
    key = month.key("post")
    number = key.partition("-")[2]
    lines = [
        Line(receipt, day, who.number, who, "122", "112026", "4250.00")
        for who, receipt in zip(people, receipts or [f"R{number}{n}" for n in range(len(people))], strict=True)
    ]
    ends = ".".join(reversed(day.split("-")))

    def write(rng: Random) -> tuple[str, bytes, None]:
        text = kazpost_register(number, ends, rng.sample(lines, len(lines)), rows)
        return "txt", text.encode(rng.choice(("utf-8", "kz1048"))), None

    month.papers.append(Paper(key, "alone", received, write))
    order = Order(key, POST, STATE, "", number, day, "122", f"{len(lines) * 4250}.00")
    if booked:
        month.book(order)
    return order


def bank_file(
    month: Month, people: list[Person], control: dict | None, knp: str = "122", payer: Party | None = None
) -> str:
    """A bank's register of its own, 4 250 a row, with its control file; gives its key."""
    key = month.key("file")
    lines = [
        Line(f"{key}-{n}", "2026-11-10", (payer or who).number, who, knp, "112026", "4250.00")
        for n, who in enumerate(people)
    ]
    beside = json.dumps(control).encode() if control else None

    def write(rng: Random) -> tuple[str, bytes, bytes | None]:
        return "csv", bank_register(rng.sample(lines, len(lines)), "terminal").encode(), beside

    month.papers.append(Paper(key, "alone", None, write))
    return key


def controls(month: Month) -> None:
    """A declared total or count that is not that of the lines; nothing of the document counts."""
    firm, people = month.employer(), [month.person() for _ in range(3)]
    order = month.wages(firm, "121", dict.fromkeys(people, "5000"), "2026-11-10", declared="16000.00", booked=False)
    month.expect("control_total", tenge="1000", at=order.key)
    order = month.wages(firm, "121", dict.fromkeys(people, "5000"), "2026-11-11", declared="14999.99")
    month.expect("control_total", tenge="-0.01", at=order.key)
    month.expect("statement_without_document", payer=firm, tenge="14999.99", at=month.booked[-1].key)
    key = bank_file(month, people, {"rows": 3, "sum": "12250.00"})
    month.expect("control_total", tenge="-500", at=key)
    key = bank_file(month, people, {"rows": 4, "sum": "12750.00"})
    month.expect("control_count", tenge="0", at=key)
    key = bank_file(month, people, {"rows": 2})
    month.expect("control_count", at=key)
    key = post_register(month, people, rows=5, booked=False).key
    month.expect("control_count", tenge="0", at=key)
    bank_file(month, people, {"rows": 3, "sum": "12750.00"})  # the same people, rightly


def twice_sent(month: Month) -> None:
    """A message that came before: with the same lines, or with other ones under the same numbers."""
    firm, one, two = month.employer(), month.person(), month.person()
    first = month.wages(firm, "121", {one: "3000", two: "4000"}, "2026-11-10", received=EARLY)
    for session in (2, 3):
        again = month.wages(
            firm,
            "121",
            {one: "3000", two: "4000"},
            "2026-11-10",
            received=LATE,
            booked=False,
            like=first,
            session=session,
        )
        month.expect("duplicate_document", tenge="7000", at=again.key)
    own = month.self_payer(month.person())
    paid = month.single(own, "4250.00", "2026-11-12", received=EARLY)
    again = month.single(own, "4250.00", "2026-11-12", received=LATE, booked=False, like=paid)
    month.expect("duplicate_document", tenge="4250", at=again.key)
    changed = month.wages(
        firm, "121", {one: "2000", two: "5000"}, "2026-11-10", received=LATE, booked=False, like=first
    )
    month.expect("document_differs", tenge="0", at=changed.key)
    old = month.wages(firm, "122", {one: "3000"}, "2026-10-20", "2026-09", received=BEFORE, booked=False)
    other = month.wages(firm, "122", {two: "3000"}, "2026-10-20", "2026-09", booked=False, like=old)
    month.expect("document_differs", tenge="0", at=other.key)
    who = month.person()
    post_register(month, [who], receipts=("RTWICE",), received=EARLY)
    again = post_register(month, [who], receipts=("RTWICE",), received=LATE, booked=False)  # no new money
    month.expect("duplicate_payment", tenge="4250", at=again.key)
    again = post_register(month, [who, month.person()], receipts=("RTWICE", "RNEW"), received=LATE)
    month.expect("duplicate_payment", tenge="4250", at=again.key)
    # Two honest payments that are alike but for their numbers, and the same numbers of two payers.
    month.wages(firm, "122", {one: "2500"}, "2026-11-12")
    like = month.wages(firm, "122", {one: "2500"}, "2026-11-12")
    month.wages(month.employer(), "122", {two: "2500"}, "2026-11-12", like=like)


def other_money(month: Month) -> None:
    """Penalties, refunds and money that is not of MSHI."""
    firm, people = month.employer(), [month.person() for _ in range(2)]
    order = month.wages(firm, "123", dict.fromkeys(people, "70.50"), "2026-11-10")
    for who in people:  # one break for each line
        month.expect("penalty", who, firm, "2026-10", "70.50", order.key)
    order = month.wages(firm, "124", {people[0]: "10"}, "2026-11-13", booked=False)
    month.expect("penalty", people[0], firm, "2026-10", "10", order.key)
    month.expect("document_without_statement", payer=firm, tenge="10", at=order.key)
    key = bank_file(month, people, None, "124", firm)
    for who in people:
        month.expect("penalty", who, firm, "2026-11", "4250", key)
    for booked in (True, False):
        order = month.wages(FUND, "122", dict.fromkeys(people, "600"), "2026-11-12", booked=booked)
        month.expect("refund_in_transit", tenge="1200", at=order.key)
    month.expect("document_without_statement", payer=FUND, tenge="1200", at=order.key)
    month.entry(FUND, STATE, "333.00", "2026-11-05", "R333", "122")
    month.entry(firm, STATE, "15.00", "2026-11-05", "P15", "123", "knp")
    month.entry(firm, STATE, "16.00", "2026-11-05", "P16", "010", "knp")
    order = month.wages(firm, "010", dict.fromkeys(people, "900"), "2026-11-10")
    for _ in people:
        month.expect("unsupported_knp", tenge="900", at=order.key)


def returns(month: Month) -> None:
    """Returns that fit no payment, or are larger than what is left of it."""
    firm, who, worker, twin = month.employer(), *(month.person() for _ in range(3))
    row = month.pays(who, "4250.00")
    key = month.gives_back(row, who, who, "122", "2026-11", "4250.01", "2026-11-12")
    month.expect("return_exceeds_payment", who, who, "2026-11", "4250.01", key)
    month.gives_back(
        row, who, who, "122", "2026-11", "3000.00", "2026-11-13", received=LATE
    )  # the day of return counts
    key = month.gives_back(row, who, who, "122", "2026-11", "1250.01", "2026-11-14", received=EARLY)
    month.expect("return_exceeds_payment", who, who, "2026-11", "1250.01", key)
    month.gives_back(row, who, who, "122", "2026-11", "1250.00", "2026-11-16")
    for day in ("2026-11-10", "2026-11-11"):
        order = month.wages(firm, "121", {twin: "3000"}, day)
    key = month.gives_back("", firm, twin, "121", "2026-10", "3000.00", "2026-11-13")
    month.expect("return_without_payment", twin, firm, "2026-10", "3000", key)
    month.gives_back(order, firm, twin, "121", "2026-10", "3000.00", "2026-11-16")
    month.wages(firm, "122", {worker: "4000"}, "2026-11-10")
    key = month.gives_back(order, firm, worker, "122", "2026-10", "4000.00", "2026-11-13")
    month.expect("return_without_payment", worker, firm, "2026-10", "4000", key)
    back = month.wages(STATE, "122", {worker: "4000", twin: "50"}, "2026-11-13", beneficiary=firm)
    month.expect("return_without_payment", twin, firm, "2026-10", "50", back.key)
    back = month.wages(STATE, "122", {worker: "1"}, "2026-11-16", beneficiary=firm, booked=False)
    month.expect("return_exceeds_payment", worker, firm, "2026-10", "1", back.key)
    month.expect("document_without_statement", payer=firm, tenge="1", at=back.key)
    row = month.pays(again := month.person(), "5000.00", day="2026-11-09", period="2026-12")
    back = month.gives_back(row, again, again, "122", "2026-12", "750.00", "2026-11-11", received=EARLY)
    key = month.gives_back(row, again, again, "122", "2026-12", "750.00", "2026-11-11", received=LATE, like=back)
    month.expect("duplicate_payment", tenge="750", at=key)


PLANTS = (controls, twice_sent, other_money, returns)
