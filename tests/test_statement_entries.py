"""Every fault of an entry of an account statement quarantines it alone, and what only looks like one does not."""

import pytest
from statement_texts import by_file, camt, camt_entry, camt_statement, document, statement
from texts import MEDS, OTHER, PAYER_ACCOUNT

pytestmark = pytest.mark.usefixtures("no_database")

FOREIGN = "KZ47009ESP0163609911"
OUR_DEBIT = {"payer_account": MEDS, "beneficiary": PAYER_ACCOUNT}
ELSEWHERE = {"beneficiary": FOREIGN}
# what the entry says: (direction, tiyn) that are read, or (reason, field) for which it is quarantined
MONEY = [
    (document(amount="160000"), ("credit", 16000000)),
    (document(amount="202742.8"), ("credit", 20274280)),
    (document(amount="4000.00"), ("credit", 400000)),
    (document(amount=".5"), ("credit", 50)),
    (document(amount="922337203685477.58"), ("credit", 92233720368547758)),
    (document(money="СуммаПриход=10.00\nСуммаРасход=0"), ("credit", 1000)),
    (document(money="СуммаРасход=0.00\nСуммаПриход=10.00"), ("credit", 1000)),
    (document(money="СуммаПриход=10.00\nСуммаРасход="), ("credit", 1000)),
    (document(money="СуммаПриход=0\nСуммаРасход=10.00", **OUR_DEBIT), ("debit", 1000)),
    (document(money="СуммаПриход=10.00\nСумма=10"), ("credit", 1000)),
    (document(money="СуммаРасход=10.00\nСумма=10", **OUR_DEBIT), ("debit", 1000)),
    (document(money="Сумма=10.5"), ("credit", 1050)),
    (document(money="Сумма=10.5", **OUR_DEBIT), ("debit", 1050)),
    (document(money="ДатаСписано=10.11.2026\nСумма=10.5", **ELSEWHERE), ("debit", 1050)),
    (document(money="ДатаПоступило=10.11.2026\nСумма=10.5", **ELSEWHERE), ("credit", 1050)),
    (document(payer="", payer_account="", number="", knp=""), ("credit", 193500)),
    (document(booked="30.11.2026"), ("credit", 193500)),
    (document(money="Сумма=10.5", **ELSEWHERE), ("missing_field", "direction")),
    (document(money="СуммаПриход=10.00\nСумма=11"), ("bad_amount", "amount")),
    (document(money="СуммаПриход=10.00\nСуммаРасход=10.00"), ("bad_amount", "amount")),
    (document(money="СуммаПриход=0\nСуммаРасход=0"), ("bad_amount", "amount")),
    (document(amount=""), ("missing_field", "amount")),
    (document(amount="-"), ("missing_field", "amount")),
    (document(amount="0.00"), ("bad_amount", "amount")),
    (document(amount="-5.00"), ("bad_amount", "amount")),
    (document(amount="5.001"), ("bad_amount", "amount")),
    (document(amount="5,00"), ("bad_amount", "amount")),
    (document(amount="1 000.00"), ("bad_amount", "amount")),
    (document(amount="1e3"), ("bad_amount", "amount")),
    (document(amount="125О.50"), ("bad_amount", "amount")),
    (document(amount="NaN"), ("bad_amount", "amount")),
    (document(amount="922337203685477.59"), ("bad_amount", "amount")),
    (document(day="").replace("ДатаОперации=", ""), ("missing_field", "booked_on")),
    (document(booked="30.02.2026"), ("bad_date", "booked_on")),
    (document(booked="2026-11-10"), ("bad_date", "booked_on")),
    (document(booked="01.12.2026"), ("bad_date", "booked_on")),
    (document(booked="30.06.2017"), ("bad_date", "booked_on")),
    (document(day="31.11.2026", booked="10.11.2026"), ("bad_date", "document_date")),
]


def test_every_entry_is_read_or_quarantined_for_its_own_fault(put, night):
    text = statement(*(one for one, _ in MONEY))
    put("statements/a.txt", text)
    ran = night()
    assert ran.status == 3
    places = [n for n, line in enumerate(text.split("\n"), 1) if line.startswith("СекцияДокумент")]
    expected = dict(zip(places, (told for _, told in MONEY), strict=True))
    read = ran.table("statement_entries").select("line_no", "direction", "amount_tiyn").rows()
    left = ran.table("quarantine").select("line_no", "reason", "field").rows()
    assert {line: tuple(told) for line, *told in [*read, *left]} == expected
    totals = ran.table("files").select("lines", "accepted_lines", "quarantined_lines").row(0)
    assert totals == (len(MONEY), len(read), len(left))


@pytest.mark.parametrize("amount", ["sNaN", "9" * 5000, "1e999999999"])
def test_no_amount_can_stop_the_night(put, night, amount):
    put("statements/a.txt", statement(document(amount=amount), document(number="16")))
    ran = night()
    assert (ran.status, by_file(ran, "quarantine", "reason")) == (3, {"a.txt": [("bad_amount",)]})
    assert by_file(ran, "statement_entries", "document_number") == {"a.txt": [("16",)]}


def with_status(status: str) -> str:
    """A camt entry and what the bank says of its booking, as version 8 writes it or as those before."""
    return camt_entry().replace("<BookgDt>", f"<Sts>{status}</Sts><BookgDt>")


CAMT_MONEY = [
    (camt_entry("5"), ("credit", 500)),
    (camt_entry("5.5"), ("credit", 550)),
    (camt_entry("5.50000"), ("credit", 550)),
    (camt_entry().replace("BookgDt", "ValDt"), ("credit", 193500)),
    (camt_entry().replace("<BookgDt><Dt>2026-11-10</Dt>", "<BookgDt><DtTm>2026-11-10T10:00:00+05:00</DtTm>"), ("credit", 193500)),
    (camt_entry().replace("<Purp><Prtry>121</Prtry>", "<Purp><Cd>SALA</Cd>"), ("credit", 193500)),
    (with_status("<Cd>BOOK</Cd>"), ("credit", 193500)),
    (with_status("BOOK"), ("credit", 193500)),
    (with_status("<Cd>PDNG</Cd>"), ("not_booked", "status")),
    (with_status("PDNG").replace("<BookgDt><Dt>2026-11-10</Dt></BookgDt>", ""), ("not_booked", "status")),
    (with_status("INFO"), ("not_booked", "status")),
    (with_status("<Prtry>ZZZ</Prtry>"), ("not_booked", "status")),
    (camt_entry("5", currency="USD"), ("bad_amount", "amount")),
    (camt_entry("5.001"), ("bad_amount", "amount")),
    (camt_entry("5,00"), ("bad_amount", "amount")),
    (camt_entry("-5"), ("bad_amount", "amount")),
    (camt_entry("0"), ("bad_amount", "amount")),
    (camt_entry(""), ("missing_field", "amount")),
    (camt_entry().replace("<CdtDbtInd>CRDT</CdtDbtInd>", ""), ("missing_field", "direction")),
    (camt_entry(sign="XXXX"), ("missing_field", "direction")),
    (camt_entry().replace("<BookgDt><Dt>2026-11-10</Dt></BookgDt>", ""), ("missing_field", "booked_on")),
    (camt_entry(booked="2026-02-30"), ("bad_date", "booked_on")),
    (camt_entry(booked="2026-12-01"), ("bad_date", "booked_on")),
    (camt_entry(day="2026-11-31"), ("bad_date", "document_date")),
]  # fmt: skip


def test_every_entry_of_camt_is_read_or_quarantined(put, night):
    text = camt(camt_statement(*(one for one, _ in CAMT_MONEY)))
    put("statements/a.xml", text)
    ran = night()
    outside = sum(told[0] not in ("credit", "debit") for _, told in CAMT_MONEY)
    assert f"1 files, {len(CAMT_MONEY)} entries, {outside} quarantined" in ran.out
    places = [n for n, line in enumerate(text.split("\n"), 1) if line.startswith("<Ntry>")]
    read = ran.table("statement_entries").select("line_no", "direction", "amount_tiyn").rows()
    left = ran.table("quarantine").select("line_no", "reason", "field").rows()
    assert {line: tuple(told) for line, *told in [*read, *left]} == dict(
        zip(places, (told for _, told in CAMT_MONEY), strict=True)
    )


def test_nothing_personal_of_a_faulty_entry_is_told(put, night):
    put("statements/a.txt", statement(document(amount=f"{OTHER}x", payer=OTHER)))
    ran = night()
    assert ran.status == 3 and "bad_amount" in ran.err
    assert OTHER not in ran.out + ran.err + "".join(ran.table("quarantine")["message"])
