"""Account statements as they really come: every family of banks, every way to balance or not."""

from datetime import date

import pytest
from statement_texts import (
    breaks_of,
    by_file,
    camt,
    camt_balance,
    camt_entry,
    camt_statement,
    debit,
    document,
    in_capitals,
    section,
    sha_of,
    statement,
    with_blanks,
)
from texts import EMPLOYER, MEDS, PAYER_ACCOUNT, message

pytestmark = pytest.mark.usefixtures("no_database")

FOREIGN = "KZ47009ESP0163609911"
ENTRY = (
    "line_no",
    "booked_on",
    "direction",
    "amount_tiyn",
    "counterparty_id",
    "document_number",
    "document_date",
    "knp",
)
BALANCES = ("account", "opened_on", "closed_on", "opening_tiyn", "credits_tiyn", "debits_tiyn", "closing_tiyn")
BALANCES += ("difference_tiyn", "balances")
FITTING = {"closing": "2835.00"}
BOTH = statement(document(booked="11.11.2026"), debit(day="12.11.2026"), **FITTING)
DAYS = (
    section(closing="1000.00", last="10.11.2026")
    + section(closing="2935.00", opening="1000.00", first="11.11.2026", last="11.11.2026")
    + section(opening="2935.00", closing="2835.00", first="12.11.2026")
)
RUSSIAN = f"""1CClientBankExchange
ВерсияФормата=1.03
РасчСчет={MEDS}
СекцияРасчСчет
ДатаНачала=10.11.2026
ДатаКонца=12.11.2026
НачальныйОстаток=1000.00
ВсегоПоступило=1935.00
ВсегоСписано=100.00
КонечныйОстаток=2835.00
КонецРасчСчет
СекцияДокумент=Платежное поручение
Номер=15
Дата=10.11.2026
Сумма=1935.00
ПлательщикСчет={PAYER_ACCOUNT}
ПлательщикИНН={EMPLOYER}
ПолучательСчет={MEDS}
ДатаПоступило=11.11.2026
КонецДокумента
СекцияДокумент=Платежное поручение
Номер=9
Дата=12.11.2026
Сумма=100.00
ПлательщикСчет={MEDS}
ДатаСписано=12.11.2026
ПолучательСчет={PAYER_ACCOUNT}
ПолучательИНН={EMPLOYER}
КонецДокумента
КонецФайла
"""


def camt_of(version: str) -> str:
    credit = camt_entry(booked="2026-11-11", version=version)
    back = camt_entry("100.00", "DBIT", "9", booked="2026-11-12", day="2026-11-12", version=version)
    return camt(camt_statement(credit, back, **FITTING), version=version)


FAMILIES = {
    "kaspi.txt": BOTH.replace("\n", "\r\n").encode("cp1251", "replace"),
    "bcc.txt": BOTH.replace("=1.01\nКодировка=Windows", "=2.0").replace("=выписка", '="Выписка"').encode(),
    "halyk.txt": in_capitals(statement(document(booked="11.11.2026"), debit(day="12.11.2026"), sections=DAYS)).encode(),
    "kazpost.txt": with_blanks(BOTH.replace("КонечныйОстаток", "ВсегоПоступило=7\nКонечныйОстаток")).encode("kz1048"),
    "russian.txt": RUSSIAN.encode("kz1048"),
    "camt_02.xml": camt_of("001.02").encode(),
    "camt_08.xml": camt_of("001.08").encode(),
    "camt_prefix.xml": camt_of("001.13").replace("<", "<c:").replace("<c:/", "</c:").replace("<c:?", "<?")
    .replace("xmlns=", "xmlns:c=").encode(),
}  # fmt: skip


def test_every_family_tells_the_same_entries_and_balances(put, night):
    for name, content in FAMILIES.items():
        put(f"statements/{name}", content)
    ran = night()
    assert ran.status == 0, ran.err
    entries, statements = by_file(ran, "statement_entries", *ENTRY), by_file(ran, "statements", *BALANCES)
    formats = dict(ran.table("files").select("file_name", "format").rows())
    days = date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 12)
    balances = (MEDS, days[0], days[2], 100000, 193500, 10000, 283500, 0, True)
    for name, content in FAMILIES.items():
        beginning = "<Ntry>" if name.endswith("xml") else "секциядокумент"
        lines = content.decode("utf-8" if name.endswith("xml") or b"\xd0\xbf" in content else "cp1251").split("\n")
        places = [
            n for n, line in enumerate(lines, 1) if line.replace("c:", "").lower().strip().startswith(beginning.lower())
        ]
        knp = None if name == "russian.txt" else "121"
        assert entries[name] == [
            (places[0], days[1], "credit", 193500, EMPLOYER, "15", days[0], knp),
            (places[1], days[2], "debit", 10000, EMPLOYER, "9", days[2], knp),
        ], name
        assert statements[name] == [balances], name
        assert formats[name] == ("camt.053" if name.endswith("xml") else "1c")
    assert breaks_of(ran, "statement_balance") == []


DRESSES = {
    "capitals": in_capitals,
    "small letters": lambda text: in_capitals(text).replace("СУММАПРИХОД", "суммаприход").replace("ИИК", "Иик"),
    "a byte order mark": lambda text: "\ufeff" + text,
    "blank lines": lambda text: "\n\n" + text.replace("Номер", "\n\nНомер"),
    "blanks around keys and values": lambda text: text.replace("=", " = ").replace("\n", " \t\n"),
    "a value with = and open quotes": lambda text: text.replace("=ТОО Үлгі", '=ТОО "Үлгі = "Құрылыс'),
    "a purpose with =": lambda text: text.replace("Отчисления", "Сумма=5; КНП=010; Отчисления"),
    "a purpose that looks like keys": lambda text: text.replace("на ОСМС", "\nСуммаПриход=5\nНомерДокумента=6\nна ОСМС"),
    "keys nobody knows": lambda text: text.replace("НомерДокумента", "НомерПлатежки=77\nНомерДокумента"),
    "an account in small letters": lambda text: text.replace(MEDS, MEDS.lower()),
    "the account only in the head": lambda text: text.replace(f"РасчСчет={MEDS}\n", "").replace("Кодировка=Windows", f"РасчСчет={MEDS}"),
    "no end of the file": lambda text: text.replace("КонецФайла\n", ""),
    "a value date instead of a day of booking": lambda text: text.replace("ДатаОперации", "ДатаВалютирования"),
    "a document's date alone": lambda text: text.replace("ДатаОперации", "ДатаПечати"),
}  # fmt: skip


def test_a_statement_in_every_dress(put, night):
    for name, dress in DRESSES.items():
        put(f"statements/{name}", dress(statement()))
    ran = night()
    assert ran.status == 0, ran.err
    row = (date(2026, 11, 10), "credit", 193500, EMPLOYER, "15", date(2026, 11, 10), "121")
    assert by_file(ran, "statement_entries", *ENTRY[1:]) == {name: [row] for name in DRESSES}
    assert set(ran.table("statements")["account"]) == {MEDS} and all(ran.table("statements")["balances"])


def test_a_purpose_of_kazpost_is_never_taken_for_keys(put, night):
    """It comes last and runs over several lines, whatever they look like: formats.md section 3."""
    purpose = "Взносы по реестру\n Сумма=5\n СуммаРасход=6\n ДатаОперации=01.01.2020\n КодНазначенияПлатежа=010"
    put("statements/a.txt", with_blanks(statement(document(purpose=purpose))))
    ran = night()
    assert by_file(ran, "quarantine", "reason") == {}
    assert by_file(ran, "statement_entries", "direction", "amount_tiyn", "knp") == {
        "a.txt": [("credit", 193500, "121")]
    }


def batch(*parts: str, total: str = "30.00") -> str:
    told = "".join(
        f"<TxDtls>\n<Refs><EndToEndId>{name}</EndToEndId><InstrId>I-{name}</InstrId></Refs>{amount}</TxDtls>\n"
        for name, amount in (part.split("|") for part in parts)
    )
    return (
        f'<Ntry><Amt Ccy="KZT">{total}</Amt><CdtDbtInd>CRDT</CdtDbtInd><ValDt><Dt>2026-11-10</Dt></ValDt>'
        f"<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>{told}</NtryDtls></Ntry>\n"
    )


TWO_BATCHES = (
    batch("A|<Amt>10</Amt>", "B|<Amt>20</Amt>")
    .replace("<NbOfTxs>2</NbOfTxs>", '<TtlAmt Ccy="KZT">10.00</TtlAmt>')
    .replace(
        "</TxDtls>\n<TxDtls>", '</TxDtls></NtryDtls><NtryDtls><Btch><TtlAmt Ccy="KZT">20.00</TtlAmt></Btch><TxDtls>'
    )
)


@pytest.mark.parametrize(
    "head", ["", '<?xml version="1.0" encoding="UTF-8"?>\n', "<?xml version='1.0' encoding='windows-1251'?>"]
)
def test_camt_that_is_no_utf_8_is_kz_1048_unless_it_says_otherwise(put, night, head):
    put("statements/a.xml", camt(head=head).replace("ТОО Үлгі", "ТОО Улги").encode("kz1048"))
    ran = night()
    assert by_file(ran, "statement_entries", "amount_tiyn") == {"a.xml": [(193500,)]}, ran.err


def test_of_several_ids_of_a_party_the_bin_is_its_own(put, night):
    put("statements/a.xml", camt().replace("<Othr><Id>", "<Othr><Id>TXID-5</Id></Othr><Othr><Id>"))
    put("statements/b.xml", camt().replace("</Othr>", "</Othr><Othr><Id>123</Id></Othr>"))
    told = by_file(night(), "statement_entries", "counterparty_id")
    assert told == {name: [(EMPLOYER,)] for name in ("a.xml", "b.xml")}


def test_a_batch_gives_an_entry_for_each_of_its_transactions(put, night):
    amounts = ("A|<Amt Ccy='KZT'>10.00</Amt>", "B|<AmtDtls><TxAmt><Amt Ccy='KZT'>20.00</Amt></TxAmt></AmtDtls>")
    put("statements/a.xml", camt(camt_statement(batch(*amounts), camt_entry(), closing="2965.00")))
    ran = night()
    assert ran.table("statement_entries").select("entry_no", "line_no", "amount_tiyn", "document_number").rows() == [
        (1, 9, 1000, "A"),
        (2, 11, 2000, "B"),
        (3, 14, 193500, "15"),
    ]
    assert ran.table("statements")["balances"].to_list() == [True]


def test_the_line_of_an_entry_is_that_of_the_file(put, night):
    put("statements/a.xml", "\n\n\n" + camt(head=""))
    put("statements/long.xml", camt(camt_statement("\n" * 70_000 + camt_entry())))
    found = by_file(night(), "statement_entries", "line_no")
    assert found == {"a.xml": [(11,)], "long.xml": [(70_009,)]}


PENDING = camt_entry("5.00", number="16").replace("<BookgDt>", "<Sts><Cd>PDNG</Cd></Sts><BookgDt>")


def summed(credits: str) -> str:
    """A camt statement with an entry, a pending one, and a summary of its credits."""
    sums = f"<TtlCdtNtries><Sum>{credits}</Sum></TtlCdtNtries><TtlDbtNtries><Sum>0</Sum></TtlDbtNtries>"
    return camt(camt_statement(f"<TxsSummry>{sums}</TxsSummry>" + camt_entry(), PENDING))


TURNED = "ВсегоПоступило=1935.00\nВсегоСписано=0\n"
# by how much it is off, as the break says: (amount) where there is a break
BALANCE = {
    "fits": (statement(opening="1000", closing="2935"), None),
    "fits with turnovers": (statement(more=TURNED), None),
    "fits without entries": (statement(sections=section(closing="1000.00")).replace(document(), ""), None),
    "a tiyn more": (statement(closing="2935.01"), 1),
    "a tiyn less": (statement(closing="2934.99"), -1),
    "no closing balance": (statement(closing=""), "null"),
    "an opening balance in letters": (statement(opening="1О00.00"), "null"),
    "no balances at all": (statement(sections=""), "null"),
    "credits off": (statement(more=TURNED.replace("1935.00", "1935.01")), 0),
    "debits off": (statement(more=TURNED.replace("Списано=0", "Списано=0.01")), 0),
    "days that do not join": (
        statement(sections=section(closing="2935.00") + section("3000.00", "2935.00", first="12.11.2026")),
        0,
    ),
    "a day that opens too high": (
        statement(sections=section(closing="2935.00") + section("3000.00", "3000.00", first="12.11.2026")),
        6500,
    ),
    "an entry that cannot be read": (statement(document(), document(amount="x"), closing="2940.00"), 500),
    "an entry of which only the day is bad": (statement(document(booked="30.02.2026")), None),
    "batch fits": (camt(camt_statement(batch("A|<Amt>10</Amt>", "B|<Amt>20</Amt>"), closing="1030.00")), None),
    "batch off": (camt(camt_statement(batch("A|<Amt>10</Amt>", "B|<Amt>19</Amt>"), closing="1029.00")), 0),
    "a part the other way": (
        camt(camt_statement(batch("A|<Amt>50</Amt>", "B|<Amt>20</Amt><CdtDbtInd>DBIT</CdtDbtInd>"), closing="1030.00")),
        None,
    ),
    "a part the other way, off": (
        camt(camt_statement(batch("A|<Amt>50</Amt>", "B|<Amt>19</Amt><CdtDbtInd>DBIT</CdtDbtInd>"), closing="1031.00")),
        0,
    ),
    "two batches in an entry": (camt(camt_statement(TWO_BATCHES, closing="1030.00")), None),
    "two batches in an entry, off": (camt(camt_statement(TWO_BATCHES.replace("<Amt>20", "<Amt>19"), closing="1029.00")), 0),
    "overdrawn": (
        camt(camt_statement(camt_entry("1500.00", "DBIT"), closing="500.00").replace("500.00</Amt><CdtDbtInd>CRDT", "500.00</Amt><CdtDbtInd>DBIT")),
        None,
    ),
    "a pending entry": (camt(camt_statement(camt_entry(), PENDING)), None),
    "a pending entry that the balance counts": (camt(camt_statement(camt_entry(), PENDING, closing="2940.00")), 500),
    "a pending entry in the summary": (summed("1940.00"), None),
    "a pending entry not in the summary": (summed("1935.00"), None),
    "a pending entry and a wrong summary": (summed("1939.99"), 0),
    "only the day before's balance": (camt().replace("OPBD", "PRCD"), None),
    "no balances in camt": (camt().replace(camt_balance("CLBD", "2935.00", "2026-11-12"), ""), "null"),
}  # fmt: skip


def test_a_statement_that_does_not_balance_is_a_break(put, night):
    for name, (text, _) in BALANCE.items():
        put(f"statements/{name}", text)
    ran = night()
    found = {
        name: "null" if amount is None else amount
        for name, rows in by_file(ran, "breaks", "code", "amount_tiyn").items()
        for code, amount in rows
        if code == "statement_balance"
    }
    assert found == {name: amount for name, (_, amount) in BALANCE.items() if amount is not None}


def test_of_many_statements_that_do_not_balance_the_first_are_told_and_where_the_rest_is(put, night):
    put("statements/a.xml", camt(*[camt_statement(closing="9.00")] * 42))
    ran = night()
    assert ran.err.count("a.xml line ") == 40
    assert "... and 2 more in the table breaks of the snapshot" in ran.err


def test_an_unbalanced_statement_is_still_matched(put, night):
    put("bank/m.txt", message())
    put("statements/a.txt", statement(closing="9.00"))
    ran = night()
    assert by_file(ran, "statement_entries", "match", "matched_sha256") == {
        "a.txt": [("matched", sha_of(ran, "m.txt"))]
    }
    assert breaks_of(ran, "statement_balance", "statement_without_document") == [("statement_balance", -292600, 5)]


def test_several_statements_and_accounts_in_a_file(put, night):
    other = section("5.00", "6.00", account=FOREIGN)
    put("statements/a.txt", statement(document(), document("1.00", beneficiary=FOREIGN), sections=section() + other))
    put(
        "statements/b.xml",
        camt(camt_statement(), camt_statement(camt_entry("1"), opening="5", closing="6", account=FOREIGN)),
    )
    ran = night()
    rows = [(0, MEDS, 193500, True), (1, FOREIGN, 100, True)]
    assert by_file(ran, "statements", "statement_no", "account", "credits_tiyn", "balances") == {
        "a.txt": rows,
        "b.xml": rows,
    }
    entries = [(1, MEDS, "unmatched"), (2, FOREIGN, "other")]
    assert by_file(ran, "statement_entries", "entry_no", "account", "match") == {"a.txt": entries, "b.xml": entries}
