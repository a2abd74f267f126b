"""A generated month, November 2026, in which every break is planted at least once amid dozens of faultless papers.

Beside each planted thing stands the break that the rules give for it: planted_payments.py, planted_people.py,
planted_documents.py, planted_account.py. How it is written and shuffled: planted_files.py.
"""

from random import Random

import planted_account
import planted_documents
import planted_payments
import planted_people
from planted_documents import bank_file, post_register
from planted_month import Month
from planted_papers import BEFORE, FUND, STATE
from sample_writers import Item, Person

AS_OF = "2026-11-30"
PLANTS = (*planted_payments.PLANTS, *planted_people.PLANTS, *planted_documents.PLANTS, *planted_account.PLANTS)


def planted_month(seed: int = 2026) -> Month:
    """The month, always the same for a seed."""
    month = Month(Random(seed))
    _employers(month)
    _own_payers(month)
    _traders_and_links(month)
    _account_without_numbers(month)
    for plant in PLANTS:
        plant(month)
    return month


def _employers(month: Month) -> None:
    """Employers who pay 121 and 122 for all their people, month by month, with a return and its repetition."""
    for _ in range(6):
        firm, people = month.employer(), [month.person() for _ in range(month.rng.randint(2, 6))]
        for person in people[1:]:
            month.registered(person)
        for period, day, received in (("2026-09", "2026-10-20", BEFORE), ("2026-10", "2026-11-1", None)):
            for knp, rate in (("121", 3), ("122", 2)):
                wages = {person: f"{month.rng.randint(85_000, 900_000) * rate / 100:.2f}" for person in people}
                paid = day if received else f"{day}{month.rng.randint(0, 9)}"
                order = month.wages(firm, knp, wages, paid, period, received=received, booked=not received)
        month.gives_back(order, firm, people[0], "122", "2026-10", wages[people[0]], "2026-11-20")
        month.wages(firm, "122", {people[0]: wages[people[0]]}, "2026-11-23")
    month.wages(firm, "122", {people[1]: "1000"}, "2026-11-04", "2026-11")
    month.wages(STATE, "122", {people[1]: "1000"}, "2026-11-12", "2026-11", beneficiary=firm)
    items = [Item(people[0], "2000,00", "102026"), Item(people[0], "2100,00", "112026"), Item(people[0], ",50")]
    month.wages(firm, "122", items, "2026-11-16")
    month.wages(firm, "121", {people[0]: "3000"}, "2026-11-17", "2026-11")


def _own_payers(month: Month) -> None:
    """People who pay for themselves or for a relative, by app, by Kazpost, by message and in a package."""
    people = [month.person() for _ in range(40)]
    for person in people[::2]:
        month.registered(person)
    for person in people[:20]:
        month.pays(person, "4250.00", day=f"2026-11-{month.rng.randint(2, 25):02d}")
    for person in people[:5]:
        month.pays(person, "4250.00", "2026-12", payer=people[20])
    post_register(month, people[20:24])
    post_register(month, people[24:28], day="2026-11-16")
    bank_file(month, people[28:32], {"rows": 4, "sum": "17000.00"})
    for person in people[32:36]:
        month.single(month.self_payer(person), "4250.00", "2026-11-13")
    for part in month.package([(month.self_payer(person), "122", "4250.00") for person in people[36:]], "2026-11-11"):
        month.book(part)
    month.pays(Person("000000000000", "", "", ""), "4250.00")  # quarantined, and no break


def _traders_and_links(month: Month) -> None:
    """A sole proprietor with workers, and somebody with an old and a current IIN."""
    trader, old, current = month.active(month.person()), month.person(), month.person()
    month.pays(trader, "5950.00")
    workers = [month.person() for _ in range(3)]
    for knp in ("121", "122"):
        month.wages(month.self_payer(trader), knp, dict.fromkeys(workers, "4000"), "2026-11-19")
    month.link(old, current)
    month.pays(old, "2125.00")
    month.pays(current, "2125.00")
    month.registers["reversals"].append((current.number, "study_abroad", "2026-01-01", "2026-05-31"))


def _account_without_numbers(month: Month) -> None:
    """Orders that the account shows by reference, or by amount, day and payer alone; a consolidated message."""
    firm = month.employer()
    for tenge in ("1111.00", "2222.00"):
        order = month.wages(firm, "121", {month.person(): tenge}, "2026-11-18", booked=False)
        month.book(order, where="camt", number="")
    one, two = month.person(), month.person()
    reference = "GCVP-00000000001"
    month.wages(
        STATE, "122", {one: "700", two: "800"}, "2026-11-13", reference=reference, beneficiary=FUND, booked=False
    )
    counted = "Взносы на ОСМС. Кол-во потребителей =2 Кол-во документов =1"
    month.single(
        STATE, "1500.00", "2026-11-13", "122", "2026-10", beneficiary=FUND, reference=reference, purpose=counted
    )
