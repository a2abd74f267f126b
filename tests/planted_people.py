"""Plant what payments and registers of people say against each other: KNP, categories, names, birth dates, graces.

Each function plants one kind of break with its branches and, where a limit decides, what lies just within it and is
none. Everything is as known on 2026-11-30.
"""

from datetime import date

from planted_month import Month
from planted_papers import BEFORE
from sample_writers import Item, Person


def wrong_knp(month: Month) -> None:
    """Deductions paid for oneself, under the own IIN or under an earlier one."""
    who, current, old = month.person(), month.person(), month.person()
    row = month.pays(who, "3000.00", knp="121")
    month.expect("wrong_knp", who, who, "2026-11", "3000", row)
    month.link(old, current)
    row = month.pays(current, "3100.00", "2026-09", payer=old, knp="121")
    month.expect("wrong_knp", current, old, "2026-09", "3100", row)


def categories(month: Month) -> None:
    """Money for somebody of whom nothing is owed, or whose category is lost by working."""
    firm = month.employer()
    student, mother, pensioner = (
        month.category(month.person(), code) for code in ("student", "awarded_mother", "pension")
    )
    touched = month.category(month.person(), "disability", "2026-10-31", "2026-12-01")
    both = month.category(month.category(month.person(), "child"), "prisoner")
    order = month.wages(firm, "121", {student: "3000", touched: "3100", both: "3200"}, "2026-11-10")
    for who, tenge in ((student, "3000"), (touched, "3100"), (both, "3200")):
        month.expect("not_owed", who, firm, "2026-10", tenge, order.key)
    order = month.wages(firm, "122", {student: "2000", mother: "2100"}, "2026-11-10")
    month.gives_back(order, firm, mother, "122", "2026-10", "600.00", "2026-11-16")
    month.expect("not_owed", student, firm, "2026-10", "2000", order.key)
    month.expect("not_owed", mother, firm, "2026-10", "1500", order.key)
    row = month.pays(pensioner, "4250.00")
    month.expect("not_owed", pensioner, pensioner, "2026-11", "4250", row)
    lost = ["unemployed", "pregnant", "child_under_3", "maternity_leave", "carer_of_disabled_child"]
    lost += ["carer_of_disabled_adult", "prisoner", "detainee", "qandas", "social_assistance"]
    for place, code in enumerate(lost):
        who, knp = month.category(month.person(), code), ("121", "122")[place % 2]
        order = month.wages(firm, knp, {who: "2500"}, "2026-11-12")
        month.expect("category_conflict", who, firm, "2026-10", "2500", order.key)
    month.pays(month.category(month.person(), "unemployed"), "4250.00")
    ended = month.category(month.person(), "student", end="2026-09-30")
    crisis = month.category(month.person(), "social_crisis")
    month.wages(firm, "121", {ended: "3000", crisis: "3000"}, "2026-11-11")


def names(month: Month) -> None:
    """Names of one IIN that are not one person's; what only looks different is none."""
    firm = month.employer()

    def told(person: Person, received: str | None = None, **otherwise: str) -> None:
        again = Person(
            person.number,
            **({"surname": person.surname, "name": person.name, "patronymic": person.patronymic} | otherwise),
        )
        month.wages(firm, "122", {again: "3000"}, "2026-10-20", "2026-09", received=received, booked=False)

    def someone() -> Person:
        return month.person(surname="Қасымова", name="Іңкәр", patronymic="Сынаққызы")

    for otherwise in ({"surname": "Ахметова"}, {"name": "Мария"}, {"patronymic": "Пробовна"}):
        who = someone()
        told(who)
        told(who, BEFORE, **otherwise)
        month.expect("name_mismatch", who)
    for otherwise in ({"surname": "КАСЫМОВА"}, {"surname": "Қаcымoва"}, {"surname": "Ахметова/Қасымова"}, {"patronymic": "-"},
                      {"surname": "асымова", "name": "Інкар"}, {"name": "Іңкәр-"}):  # fmt: skip
        who = someone()
        told(who)
        told(who, BEFORE, **otherwise)
    listed, earlier, current, old, odd = (someone() for _ in range(5))
    month.registered(Person(listed.number, "Ким", listed.name, listed.patronymic))
    told(listed)
    month.expect("name_mismatch", listed)
    told(earlier, BEFORE)
    told(earlier, BEFORE, surname="Ким")  # found in October, nothing came in November
    month.link(old, current)
    told(current)
    told(old, surname="Ким")  # every IIN by itself
    month.link(odd, newer := month.person())
    told(odd)
    told(odd, surname="Ким")
    month.expect("name_mismatch", newer)
    told(who := someone())
    row = month.pays(Person(who.number, "Ким", who.name, who.patronymic), "100.00", knp="010")
    month.expect("unsupported_knp", tenge="100", at=row)


def birth_dates(month: Month) -> None:
    """Birth dates that are not those of the IIN's digits or century, or two of one IIN."""
    firm = month.employer()

    def born(who: Person, year: int = 1800, days: int = 0) -> str:
        day = int(who.number[4:6])
        return f"{year + int(who.number[:2])}{who.number[2:4]}{day + days if day + days <= 28 else 1:02d}"

    digits, century, two, listed = (month.person() for _ in range(4))
    month.wages(firm, "121", [Item(digits, "3000,00", born=born(digits, days=1))], "2026-11-10")
    month.wages(firm, "121", [Item(century, "3000,00", born=born(century, year=1900))], "2026-11-10")
    month.wages(firm, "121", {two: "3000"}, "2026-10-20", "2026-09", received=BEFORE, booked=False)
    month.wages(firm, "121", [Item(two, "3000,00", born=born(two, days=1))], "2026-11-10")
    month.wages(firm, "121", {listed: "3000"}, "2026-11-10")
    month.registered(listed, born="1889-12-31")
    for who in (digits, century, two, listed):
        month.expect("birth_date_mismatch", who)


def graces(month: Month) -> None:
    """Conditional in November, uninsured in December: three months after a paid run, six after sixty paid months."""

    def run(last: str, who: Person) -> None:
        month.registers["exemptions"].append(
            (who.number, "military", "2025-01-01", f"{last[:5]}{int(last[5:]) - 1:02d}-28")
        )
        month.pays(who, "4250.00", last, f"{last}-15", received=BEFORE)

    run("2026-08", ends := month.person())
    month.expect("grace_ending", ends)
    run("2026-09", month.person())
    run("2026-07", month.person())
    run("2026-08", saved := month.person())
    month.category(saved, "disability", "2026-12-01")
    rates = {2021: "2125.00", 2022: "3000.00", 2023: "3500.00"}
    for skipped in (0, 1):
        who = month.person()
        for index in range(skipped, 60):
            first = date(2021 + (index + 5) // 12, (index + 5) % 12 + 1, 15)
            month.pays(who, rates.get(first.year, "4250.00"), f"{first:%Y-%m}", first.isoformat(), received=BEFORE)
        if not skipped:
            month.expect("grace_ending", who)


PLANTS = (wrong_knp, categories, names, birth_dates, graces)
