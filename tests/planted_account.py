"""Plant what statements of the account say wrongly, of themselves and against the documents; from contract.md section 4.

Each function plants one kind of break with its branches and, where a limit decides, what lies just within it and is
none. Everything is as known on 2026-11-30; the statements of the account begin on 2026-11-02.
"""

from dataclasses import replace

from planted_documents import post_register
from planted_month import Month
from planted_papers import BEFORE, FUND, STATE, Order
from sample_writers import Item, Person

COUNTS = "Отчисления на обязательное социальное медицинское страхование. Кол-во потребителей ={} Кол-во документов ={}"


def no_document(month: Month) -> None:
    """Money on the account that no document explains three banking days later."""
    firm = month.employer()
    for day in ("2026-11-05", "2026-11-25"):
        key = month.entry(firm, STATE, "4321.00", day, f"N{day[-2:]}", "122")
        month.expect("statement_without_document", payer=firm, tenge="4321", at=key)
    month.entry(firm, STATE, "4321.00", "2026-11-26", "N26", "122")
    key = month.entry(replace(firm, number="-"), STATE, "50.00", "2026-11-05", "N50", "121")
    month.expect("statement_without_document", tenge="50", at=key)
    key = month.entry(STATE, firm, "60.00", "2026-11-05", "N60", "122")
    month.expect("statement_without_document", payer=firm, tenge="60", at=key)
    for n, tenge in enumerate(("71.00", "72.00")):
        key = month.entry(firm, STATE, tenge, "2026-11-04", f"N7{n}", "122", "camt, batch off")
        month.expect("statement_without_document", payer=firm, tenge=tenge, at=key)
    order = month.wages(firm, "121", {month.person(): "3500"}, "2026-11-10", booked=False)
    for _ in range(2):  # no order is matched twice
        key = month.book(order, where="camt, batch off")
    month.expect("statement_without_document", payer=firm, tenge="3500", at=key)


def no_entry(month: Month) -> None:
    """Documents whose money no statement shows three banking days later, from the statements' first day on."""
    firm, who, sick = month.employer(), month.person(), Person("-", "КОМИССИЯ", "БАНКА", "-")
    for day, received, true in (
        ("2026-11-05", None, True),
        ("2026-11-25", None, True),
        ("2026-11-26", None, False),
        ("2026-10-28", BEFORE, True),
        ("2026-10-27", BEFORE, False),
    ):
        order = month.wages(firm, "121", {who: "1500", sick: "25.50"}, day, received=received, booked=False)
        if true:
            month.expect("document_without_statement", payer=firm, tenge="1525.50", at=order.key)
    # Of two orders with one number and amount the account shows the one of its day, or of its payer.
    other, firm = sorted((month.employer(), month.employer()), key=lambda party: party.number)
    shown = month.wages(firm, "121", {who: "1600"}, "2026-11-06")
    for payer, day in ((firm, "2026-11-05"), (other, "2026-11-06")):
        order = month.wages(payer, "121", {who: "1600"}, day, like=shown, reference=month.key("OTHER"), booked=False)
        month.expect("document_without_statement", payer=payer, tenge="1600", at=order.key)
    own = month.self_payer(month.person())
    order = month.single(own, "4250.00", "2026-11-06", booked=False)
    month.expect("document_without_statement", payer=own, tenge="4250", at=order.key)
    payers = [month.self_payer(month.person()) for _ in range(3)]
    parts = month.package([(payer, "122", "4250.00") for payer in payers], "2026-11-10")
    for part in parts[:2]:
        month.book(part)
    month.expect("document_without_statement", payer=payers[2], tenge="4250", at=parts[2].key)
    order = post_register(month, [month.person(), month.person()], booked=False)
    month.expect("document_without_statement", tenge="8500", at=order.key)


def other_amount(month: Month) -> None:
    """Entries that are their document's in everything but the amount."""
    firm = month.employer()
    order = month.wages(firm, "121", {month.person(): "5000"}, "2026-11-10", booked=False)
    key = month.book(order, tenge="4900.00")
    month.expect("statement_amount_differs", payer=firm, tenge="-100", at=key)
    order = month.wages(firm, "121", {month.person(): "6000"}, "2026-11-11", booked=False)
    key = month.book(order, tenge="6010.00", where="camt", number="")
    month.expect("statement_amount_differs", payer=firm, tenge="10", at=key)
    own = month.self_payer(month.person())
    key = month.book(month.single(own, "4250.00", "2026-11-12", booked=False), tenge="4250.01")
    month.expect("statement_amount_differs", payer=own, tenge="0.01", at=key)
    key = month.book(post_register(month, [month.person()], booked=False), tenge="4000.00")
    month.expect("statement_amount_differs", tenge="-250", at=key)


def statements(month: Month) -> None:
    """Statements that do not balance: the faults themselves are put into the files by planted_files.py."""
    firm = month.employer()
    for key, tenge in (
        ("kaspi, closing off", "1000"),
        ("bcc, turnovers off", "0"),
        ("halyk, days apart", "-250.50"),
        ("halyk, days apart and back", "0"),
        ("russian, no closing", None),
        ("camt, batch off", "0"),
    ):
        month.expect("statement_balance", tenge=tenge, at=key)
        order = month.wages(firm, "121", {month.person(): "4000"}, "2026-11-10", booked=False)
        month.book(order, where=key)
    key = "kaspi, unreadable"
    month.entry(firm, STATE, "12О0.00", "2026-11-05", "N1200", "122", key, meant="1200.00")  # the letter О
    month.expect("statement_balance", tenge="1200", at=key)


def consolidated(month: Month) -> None:
    """Messages to the Fund against their lists, and what passes: somebody in a list twice may count once or twice."""
    one, two = month.person(), month.person()

    def sent(day: str, people: int, documents: int, tenge: str, *lists: list[Item], knp: str = "121", **other) -> Order:
        common = {"reference": month.key("GCVP").replace("-", "-0000000"), "beneficiary": FUND} | other
        for items in lists:
            month.wages(STATE, knp, items, day, **(common | {"booked": False}))
        return month.single(STATE, tenge, day, knp, **({"purpose": COUNTS.format(people, documents)} | common))

    a, b, c = Item(one, "100,00"), Item(two, "200,00"), Item(one, "300,00")
    sent("2026-11-10", 3, 2, "600.00", [a, b], [c])
    sent("2026-11-10", 2, 1, "600.00", [a, b, c])
    for day, true in (("2026-11-11", True), ("2026-11-26", False)):  # the lists of it move nothing
        order = sent(day, 3, 1, "600.00", [a, b, c], booked=False)
        if true:
            month.expect("document_without_statement", tenge="600", at=order.key)
    sent("2026-11-26", 9, 9, "900.00", [a])  # not yet three banking days ago
    sent("2026-11-16", 0, 0, "300.00", [a, b], purpose="Отчисления")  # without counts
    sent("2026-11-17", 2, 1, "300.00", [a, b], reference="GCVP-OF-BOTH-KNP")
    sent("2026-11-17", 1, 1, "300.00", [c], reference="GCVP-OF-BOTH-KNP", knp="122")
    for people, documents, tenge, lists, amount in (
        (4, 2, "600.00", ([a, b], [c]), "0"),
        (3, 1, "600.00", ([a, b], [c]), "0"),
        (3, 2, "650.00", ([a, b], [c]), "50"),
        (3, 2, "600.00", ([a, b],), "300"),
        (1, 1, "450.00", (), "450"),
    ):
        order = sent("2026-11-12", people, documents, tenge, *lists)
        month.expect("consolidated_differs", tenge=amount, at=order.key)


def a_firms_own_account(month: Month) -> None:
    """A statement of a payer's account: its debits wait for documents too, foreign money does not."""
    key, firm = "kaspi, a firm's own", month.employer()
    month.owners[key] = firm
    month.book(month.wages(firm, "121", {month.person(): "4000"}, "2026-11-10"), where=key)
    month.entry(firm, month.employer(), "123.00", "2026-11-10", "F1", "710", key)
    month.entry(firm, month.employer(), "124.00", "2026-11-10", "F2", "122", key)
    entry = month.entry(firm, STATE, "125.00", "2026-11-10", "F3", "122", key)
    month.expect("statement_without_document", payer=STATE, tenge="125", at=entry)


PLANTS = (a_firms_own_account, no_document, no_entry, other_amount, statements, consolidated)
