"""What the readers of account statements take from which place of a file, where it may stand in several."""

import pytest
from statement_texts import camt, camt_balance, camt_entry, camt_statement, debit, document, section, statement
from texts import EMPLOYER, MEDS, OTHER, PAYER_ACCOUNT

from pipelines.readers import camt as camt_reader
from pipelines.readers import clientbank

OTHER_ACCOUNT = "KZ47009ESP0163609911"
BOOKED = "<BookgDt><Dt>2026-11-10</Dt></BookgDt>"
REFS = "<EndToEndId>NOTPROVIDED</EndToEndId>"
EVERY_REF = (
    "<MsgId>M</MsgId><AcctSvcrRef>A</AcctSvcrRef><PmtInfId>P</PmtInfId><InstrId>I</InstrId>"
    "<EndToEndId>E</EndToEndId><UETR>U</UETR><TxId>T</TxId>"
)


def part_says(more: str, **entry: str) -> str:
    """An entry of 1935.00 whose only part says more of itself."""
    return camt_entry(**entry).replace("</Refs>", f"</Refs>{more}")


ENTRIES = {
    "a time elsewhere": (camt_entry(booked="x").replace("<Dt>x</Dt>", "<DtTm>2026-11-09T23:30:00Z</DtTm>"), "booked_on_text", "2026-11-10"),
    "a day with a zone": (camt_entry(booked="2026-11-10Z"), "booked_on_text", "2026-11-10"),
    "a day with an offset": (camt_entry(booked="2026-11-10+05:00"), "booked_on_text", "2026-11-10"),
    "a value time alone": (camt_entry().replace(BOOKED, "<ValDt><DtTm>2026-11-10T10:00:00</DtTm></ValDt>"), "booked_on_text", "2026-11-10"),
    "booked before its value date": (camt_entry().replace(BOOKED, BOOKED + "<ValDt><Dt>2026-11-12</Dt></ValDt>"), "booked_on_text", "2026-11-10"),
    "a natural person": (camt_entry(payer=OTHER).replace("OrgId", "PrvtId"), "counterparty_text", OTHER),
    "no id of twelve digits": (camt_entry(payer="TXID-5"), "counterparty_text", "TXID-5"),
    "an account that is no IBAN": (
        camt_entry().replace(f"<IBAN>{PAYER_ACCOUNT}</IBAN>", "<Othr><Id>kz86 125</Id></Othr>"), "counterparty_account", "KZ86125"
    ),
    "no currency": (camt_entry().replace(' Ccy="KZT"', ""), "amount_text", "1935.00"),
    "a currency in small letters": (camt_entry(currency="kzt"), "amount_text", "1935.00"),
    "no number at all": (camt_entry(number=""), "document_number", None),
    "a number by the end-to-end id": (camt_entry(number="", reference="77"), "document_number", "77"),
    "every reference": (
        camt_entry().replace(REFS, EVERY_REF).replace("<NtryDtls>", "<NtryRef>N</NtryRef><AcctSvcrRef>S</AcctSvcrRef><NtryDtls>"),
        "references",
        ["E", "I", "T", "M", "A", "U", "P", "S", "N"],
    ),
    "a part of another amount": (part_says('<Amt Ccy="KZT">1900.00</Amt>'), "amount_text", "1935.00 / 1900.00"),
    "a part with a transaction of another amount": (
        part_says('<AmtDtls><TxAmt><Amt Ccy="KZT">1900.00</Amt></TxAmt></AmtDtls>'), "amount_text", "1935.00 / 1900.00"
    ),
    "a part in another currency": (part_says('<Amt Ccy="USD">4.00</Amt>'), "amount_text", "1935.00"),
    "a batch of one, of another amount": (
        camt_entry().replace("<NtryDtls>", '<NtryDtls><Btch><TtlAmt Ccy="KZT">1900.00</TtlAmt></Btch>'), "amount_text", "1935.00 / 1900.00"
    ),
    "an element in an amount": (camt_entry(amount="1935<x/>000.00"), "amount_text", "1935 ..."),
    "a comment in an amount": (camt_entry(amount="19<!-- x -->35.00"), "amount_text", "1935.00"),
    "an instruction in an amount": (camt_entry(amount="19<?x y?>35.00"), "amount_text", "1935.00"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_where_an_entry_of_camt_tells_it(name):
    text, column, expected = ENTRIES[name]
    assert camt_reader.read(camt(camt_statement(text)).encode()).entries[column].to_list() == [expected]


ACCOUNT = f"<Acct><Id><IBAN>{MEDS}</IBAN></Id></Acct>\n"


def with_more(more: str) -> str:
    """A statement that says more of itself."""
    return camt_statement().replace(ACCOUNT, ACCOUNT + more)


NET_BESIDE = "<TtlNetNtryAmt>5.00</TtlNetNtryAmt><CdtDbtInd>{}</CdtDbtInd>"
NET_WITHIN = "<TtlNetNtry><Amt>5.00</Amt><CdtDbtInd>{}</CdtDbtInd></TtlNetNtry>"


def summed(told: str) -> str:
    return with_more(f"<TxsSummry><TtlNtries><Sum>7.00</Sum>{told}</TtlNtries></TxsSummry>")


SECTIONS = {
    "two opening balances": (with_more(camt_balance("OPBD", "900.00")), {"opening_text": "900.00 / 1000.00"}),
    "the day before's balance too": (with_more(camt_balance("PRCD", "900.00")), {"opening_text": "1000.00"}),
    "balances in any order": (
        with_more(camt_balance("CLBD", "2935.00", "2026-11-12")), {"opened_on_text": "2026-11-10", "closed_on_text": "2026-11-12"}
    ),
    "the closing balance of the day before alone": (
        camt_statement().replace("OPBD", "PRCD"), {"opened_on_text": "2026-11-11", "closed_on_text": "2026-11-12"}
    ),
    "a balance of a day to come": (with_more(camt_balance("FWAV", "1.00", "2026-11-20")), {"closed_on_text": "2026-11-12"}),
    "a closing balance alone": (
        camt_statement().replace("OPBD", "ITBD"), {"opened_on_text": "2026-11-12", "closed_on_text": "2026-11-12"}
    ),
    "balances with a time": (
        camt_statement().replace("<Dt><Dt>2026-11-12</Dt></Dt>", "<Dt><DtTm>2026-11-12T23:00:00</DtTm></Dt>"), {"closed_on_text": "2026-11-12"}
    ),
    "its own days": (
        with_more("<FrToDt><FrDtTm>2026-11-01T00:00:00</FrDtTm><ToDtTm>2026-11-30T23:59:59</ToDtTm></FrToDt>"),
        {"opened_on_text": "2026-11-01", "closed_on_text": "2026-11-30"},
    ),
    "all that moved": (summed(""), {"moved_text": "7.00", "net_text": None}),
    "a net sum as before version 4": (summed(NET_BESIDE.format("CRDT")), {"net_text": "5.00"}),
    "a net debit as before version 4": (summed(NET_BESIDE.format("DBIT")), {"net_text": "-5.00"}),
    "a net sum": (summed(NET_WITHIN.format("CRDT")), {"net_text": "5.00"}),
    "a net debit": (summed(NET_WITHIN.format("DBIT")), {"net_text": "-5.00"}),
}  # fmt: skip


@pytest.mark.parametrize("name", SECTIONS)
def test_where_a_statement_of_camt_tells_it(name):
    text, expected = SECTIONS[name]
    told = camt_reader.read(camt(text).encode()).sections.row(0, named=True)
    assert {column: told[column] for column in expected} == expected


def test_camt_in_an_envelope_and_in_its_own_encoding():
    text = camt(camt_statement(camt_entry(number="бн-7")), head="")
    head = '<?xml version="1.0" encoding="windows-1251"?>'
    whole = f"{head}<Envelope><AppHdr/>{text}</Envelope>".replace("Үлгі", "Улги")
    found = camt_reader.read(whole.encode("cp1251"))
    assert found.entries["document_number"].to_list() == ["бн-7"]


@pytest.mark.parametrize(
    "head",
    ['<?xml version="1.0" encoding="utf-16"?>', '<?xml version="1.0" encoding="windows-1251"?>', "\ufeff\n", "\n \n"],
)
def test_camt_that_is_utf_8_is_that_whatever_it_says(head):
    text = camt(camt_statement(camt_entry(number="бн-7")), head="")
    assert camt_reader.read(f"{head}{text}".encode()).entries["document_number"].to_list() == ["бн-7"]


@pytest.mark.parametrize("head", ["", '<?xml version="1.0" encoding="windows-1251"?>'])
def test_lines_of_a_long_camt_are_those_of_the_file(head):
    """libxml2 keeps 16 bits of a line's number: beyond 65,535 it told the line of the first child."""
    one = (
        camt_entry()
        .replace("Үлгі", "Улги")
        .replace("><", ">\n<")
        .replace("<TxDtls>", "<TxDtls><A/></TxDtls>\n<TxDtls>")
    )
    text = "\n \n" + camt(camt_statement(*[one] * 3000) + camt_statement(one), head=head)
    found = camt_reader.read(text.encode("cp1251" if head else "utf-8"))
    lines = text.split("\n")
    assert len(lines) > 66_000
    assert found.entries["line_no"].to_list() == [no for no, line in enumerate(lines, 1) if "<TxDtls>" in line]
    assert found.documents["line_no"].to_list() == [no for no, line in enumerate(lines, 1) if "<Stmt>" in line]


def test_a_text_that_only_speaks_of_camt_is_none():
    assert not camt_reader.recognises(statement(document(purpose="BkToCstmrStmt")))


def told_by(text: str, column: str) -> list:
    return clientbank.read(text).entries[column].to_list()


DOCUMENTS = {
    "the number of a document before a number": (document().replace("НомерДокумента", "Номер=1\nНомерДокумента"), "document_number", "15"),
    "the date of a document before a date": (document().replace("ДатаДокумента", "Дата=01.01.2026\nДатаДокумента"), "document_date_text", "10.11.2026"),
    "the day of the operation before that of the credit": (
        document(booked="11.11.2026").replace("ДатаОперации", "ДатаПоступило=12.11.2026\nДатаОперации"), "booked_on_text", "11.11.2026"
    ),
    "the day of the credit before its value date": (
        document().replace("ДатаОперации", "ДатаВалютирования=12.11.2026\nДатаПоступило"), "booked_on_text", "10.11.2026"
    ),
    "БИН/ИИН": (document().replace("БИН_ИИН", "БИН/ИИН"), "counterparty_text", EMPLOYER),
    "ИИН": (document(payer=OTHER).replace("БИН_ИИН", "ИИН"), "counterparty_text", OTHER),
    "БИН": (document().replace("БИН_ИИН", "БИН"), "counterparty_text", EMPLOYER),
    "БИН_ИИН before ИНН": (document().replace("ПлательщикБИН_ИИН", "ПлательщикИНН=1\nПлательщикБИН_ИИН"), "counterparty_text", EMPLOYER),
    "РасчСчет of a side": (document().replace("ПлательщикИИК", "ПлательщикРасчСчет"), "counterparty_account", PAYER_ACCOUNT),
    "ИИК of a side before Счет": (document().replace("ПлательщикИИК", "ПлательщикСчет=1\nПлательщикИИК"), "counterparty_account", PAYER_ACCOUNT),
    "two amounts": (document(money="СуммаПриход=10.00\nСуммаПриход=11.00"), "amount_text", "10.00 / 11.00"),
    "nothing, written as a point": (document(money="СуммаПриход=.00\nСуммаРасход=10.00"), "direction", "debit"),
    "our debit, whenever it came to the payee": (debit(money="ДатаПоступило=10.11.2026\nСумма=10.00"), "direction", "debit"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_where_a_document_of_1c_tells_it(name):
    text, column, expected = DOCUMENTS[name]
    assert told_by(statement(text), column) == [expected]


def test_of_several_accounts_nobody_elses_entry_has_a_direction():
    other = section("5.00", "6.00", account=OTHER_ACCOUNT)
    told = statement(document(beneficiary="KZ1"), document(beneficiary=OTHER_ACCOUNT), sections=section() + other)
    assert told_by(told, "direction") == [None, "credit"]


def test_of_two_balances_or_turnovers_of_1c_neither_counts():
    twice = section(
        more="ВсегоПоступило=1.00\nВсегоПоступило=2.00\nВсегоСписано=0\nВсегоСписано=1\nНачальныйОстаток=7\n"
    )
    told = clientbank.read(statement(sections=twice)).sections.row(0, named=True)
    names = ("opening_text", "credits_text", "debits_text", "closing_text")
    assert [told[name] for name in names] == ["1000.00 / 7", "1.00 / 2.00", "0 / 1", "2935.00"]


OURS = {
    "a debit with nought that came": debit(money="СуммаПриход=0\nСуммаРасход=10.00"),
    "a credit with nought that went": document(money="СуммаПриход=1935.00\nСуммаРасход=0.00"),
    "a sum with the day on which it came": document(money="Сумма=1935.00\nДатаПоступило=10.11.2026"),
    "a sum with the day on which it went": debit(money="Сумма=10.00\nДатаСписано=10.11.2026"),
}


@pytest.mark.parametrize("name", OURS)
def test_whose_statement_it_is_where_only_its_documents_say_so(name):
    found = clientbank.read(statement(OURS[name], sections=section().replace(f"РасчСчет={MEDS}\n", "")))
    assert found.sections["account"].to_list() == [MEDS]


@pytest.mark.parametrize("key", ["РасчСчет", "ИИК"])
def test_a_statement_whose_balances_stand_in_the_head(key):
    head = f"{key}=kz92 009meds368609103\nДатаНачала=10.11.2026\nНачальныйОстаток=1000.00\nКонечныйОстаток=2935.00\n"
    found = clientbank.read(statement(sections=head))
    told = found.sections.row(0, named=True)
    names = ("account", "line_no", "opening_text", "closing_text")
    assert [told[name] for name in names] == [MEDS, 1, "1000.00", "2935.00"]
    assert found.documents["line_no"].to_list() == [1]
