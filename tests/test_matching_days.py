"""From which day an entry without a document, or a document without an entry, is a break. Consolidated ones: test_consolidated."""

from datetime import date
from hashlib import sha256

import polars as pl
import pytest
from forwarded_texts import consolidated, forwarded
from statement_texts import STATE, breaks_of, camt, camt_entry, camt_statement, debit, document, sha_of, statement
from test_messages import PACKAGE
from texts import (
    EMPLOYER,
    FUND,
    FUND_BIN,
    MEDS,
    OTHER,
    PAYER_ACCOUNT,
    PERSON,
    THIRD,
    item,
    kazpost_register,
    kazpost_row,
    message,
    returns_register,
)

pytestmark = pytest.mark.usefixtures("no_database")

TO_FIRM = {"beneficiary": PAYER_ACCOUNT, "beneficiary_id": EMPLOYER}
MISSING = ("statement_without_document", "document_without_statement")
NOTHING = statement(closing="1000.00", first="01.11.2026").replace(
    document(), ""
)  # a statement of days without entries


def list_of(number: str, day: str = "261110", amount: str = "1935,00", **more: str) -> str:
    """A payment document of that number and day."""
    return message(item(amount=amount), number=number, day=day, total=amount, **({"reference": f"R-{number}"} | more))


@pytest.mark.parametrize(
    ("day", "last", "due"),
    [
        ("2026-11-10", "2026-11-12", "2026-11-13"),
        ("2026-11-12", "2026-11-16", "2026-11-17"),  # over a weekend
        ("2026-12-15", "2026-12-20", "2026-12-21"),  # over a public holiday and a weekend
    ],
    ids=["in a week", "over a weekend", "over Independence Day"],
)
def test_without_a_counterpart_it_is_in_flight_until_the_third_banking_day(put, night, mshi, day, last, due):
    """Two entries of one document and two documents of one entry: each surplus and deficit waits, then breaks."""
    written = date.fromisoformat(day)
    put("bank/a.txt", list_of("1", f"{written:%y%m%d}") + list_of("2", f"{written:%y%m%d}"))
    put("bank/b.txt", list_of("2", f"{written:%y%m%d}", reference="R-2 again"))
    entries = [document(number=number, day=f"{written:%d.%m.%Y}") for number in ("1", "1", "2")]
    put(
        "statements/a.txt",
        statement(*entries, closing="6805.00", first=f"{written:%d.%m.%Y}", last=f"{written:%d.%m.%Y}"),
    )
    first = night(day)
    assert sorted(first.table("statement_entries")["match"]) == ["matched", "matched", "unmatched"]
    assert breaks_of(night(last), *MISSING) == []
    ran = night(due)
    assert [row[:2] for row in breaks_of(ran, *MISSING)] == [(code, 193500) for code in sorted(MISSING)]
    assert set(ran.table("breaks").filter(ran.table("breaks")["code"].is_in(MISSING))["payer_id"]) == {
        ran.table("payments")["payer_id"][0]
    }
    assert breaks_of(mshi("rerun", day[:7], "--known-at", last), *MISSING) == []


def test_of_two_alike_the_later_one_takes_nothing_from_the_earlier(put, night, mshi):
    """Else the older one, explained in a month whose nights are over, would be without a counterpart there, unseen."""
    put("bank/a.txt", message(reference="REF-9"))
    put("statements/a.txt", statement())
    assert breaks_of(night("2026-11-30"), *MISSING) == []
    put("bank/b.txt", message(reference="REF-1"))
    put("statements/b.txt", statement(document().replace("КодНазначенияПлатежа=121\n", "")))
    put("statements/c.txt", statement(document().replace("КодНазначенияПлатежа=121\n", ""), first="11.11.2026"))
    ran = night("2026-12-01")
    told = breaks_of(ran, *MISSING)
    assert [row[:2] for row in told] == [("statement_without_document", 193500)]
    assert breaks_of(mshi("rerun", "2026-11", "--known-at", "2026-12-01"), *MISSING) == []


def test_a_return_in_a_package_shows_as_its_own_debit(put, night):
    put("bank/a.txt", PACKAGE)
    put(
        "statements/a.txt",
        statement(debit("70.00", "3", beneficiary_id=THIRD, day="09.11.2026", booked="10.11.2026"), closing="930.00"),
    )
    ran = night()
    assert ran.table("statement_entries")["match"].to_list() == ["matched"]
    assert breaks_of(ran, "statement_without_document") == []


def test_each_item_of_a_package_waits_for_an_entry_of_its_own(put, night):
    """The first shows with another amount, told once; the second and the return do not show."""
    put("bank/a.txt", PACKAGE)
    entry = document("4200.00", number="1", payer=PERSON, day="09.11.2026", knp="122")
    put("statements/a.txt", statement(entry, closing="5200.00", first="09.11.2026"))
    told = breaks_of(night("2026-11-20"), "statement_amount_differs", *MISSING)
    assert [row[:2] for row in told] == [
        ("document_without_statement", 7000),
        ("document_without_statement", 500000),
        ("statement_amount_differs", -5000),
    ]


def test_a_document_waits_only_where_statements_of_the_account_come_in(put, night):
    """From the days on that they cover: the money of a value date shows by the third banking day after it."""
    put("bank/a.txt", list_of("1"))
    assert breaks_of(night("2026-11-20"), *MISSING) == []
    put("statements/foreign.txt", statement(account="KZ47009ESP0163609911").replace(document(), ""))
    assert breaks_of(night("2026-11-23"), *MISSING) == []
    later = {"closing": "1000.00", "first": "14.11.2026", "last": "20.11.2026"}
    put("statements/later.txt", statement(**later).replace(document(), ""))
    assert breaks_of(night("2026-11-24"), *MISSING) == []
    put("statements/earlier.txt", statement(**later | {"first": "13.11.2026"}).replace(document(), ""))
    assert breaks_of(night("2026-11-25"), *MISSING) == [("document_without_statement", 193500, 4)]


def test_a_break_stands_in_the_month_in_which_it_becomes_true(put, night, mshi):
    put("bank/a.txt", list_of("1", "261127"))  # a Friday; the third banking day is 2 December
    put("statements/a.txt", statement(document(number="7", day="27.11.2026")))
    night("2026-11-30")
    december = night("2026-12-02")
    assert len(breaks_of(december, *MISSING)) == 2
    assert breaks_of(mshi("rerun", "2026-11", "--known-at", "2026-12-31"), *MISSING) == []


def test_a_late_statement_resolves_the_break_and_the_day_before_still_shows_it(put, night, mshi):
    put("bank/list.txt", list_of("1"))
    put("statements/a.txt", NOTHING)
    night("2026-11-12")
    shown = night("2026-11-13")
    assert breaks_of(shown, *MISSING) == [("document_without_statement", 193500, 4)]
    put("statements/b.txt", statement(document(number="1")))
    ran = night("2026-11-16")
    assert breaks_of(ran, *MISSING) == []
    assert ran.table("statement_entries")["matched_sha256"].to_list() == [sha_of(ran, "list.txt")]
    again = mshi("rerun", "2026-11", "--known-at", "2026-11-13")
    assert (again.status, again.folder) == (0, shown.folder) and "the same bytes" in again.out


def test_a_late_document_resolves_the_break_of_its_entry(put, night, mshi):
    put("statements/a.txt", statement(document(number="1")))
    night("2026-11-12")
    shown = night("2026-11-13")
    assert breaks_of(shown, *MISSING) == [("statement_without_document", 193500, 12)]
    put("bank/a.txt", list_of("1"))
    assert breaks_of(night("2026-11-16"), *MISSING) == []
    assert mshi("rerun", "2026-11", "--known-at", "2026-11-13").folder == shown.folder


def test_an_entry_that_is_not_booked_shows_no_document_until_it_is(put, night):
    put("bank/a.txt", list_of("1"))
    booked = camt_entry(number="1")
    put(
        "statements/a.xml",
        camt(camt_statement(booked.replace("<BookgDt>", "<Sts>PDNG</Sts><BookgDt>"), closing="1000.00")),
    )
    ran = night("2026-11-13")
    assert ran.status == 3 and ran.table("quarantine").select("reason", "amount_tiyn").rows() == [
        ("not_booked", 193500)
    ]
    assert "later statement" in ran.table("quarantine")["message"][0]
    assert [row[0] for row in breaks_of(ran, *MISSING, "statement_balance")] == ["document_without_statement"]
    put("statements/b.xml", camt(camt_statement(booked)))
    ran = night("2026-11-16")
    assert ran.table("statement_entries")["match"].to_list() == ["matched"] and breaks_of(ran, *MISSING) == []


def test_another_amount_is_matched_and_told_at_once(put, night):
    put("bank/a.txt", list_of("1") + list_of("2"))
    put(
        "statements/a.txt",
        statement(document("1934.99", number="1"), document("1935.01", number="2"), closing="4870.00"),
    )
    ran = night("2026-11-11")
    assert ran.table("statement_entries")["match"].to_list() == ["matched", "matched"]
    assert breaks_of(ran, "statement_amount_differs") == [
        ("statement_amount_differs", -1, 12),
        ("statement_amount_differs", 1, 26),
    ]
    assert breaks_of(night("2026-11-20"), *MISSING) == []


def test_what_leaves_the_account_or_comes_from_the_fund_waits_for_its_entry(put, night):
    """Returns and consolidated messages for a debit, refunds for a credit; lists and registers of returns move nothing."""
    put("returns/back.txt", message(payer_account=MEDS, payer=STATE, **TO_FIRM, reference="BACK"))
    put("returns/back.csv", returns_register(f"t1,2026-11-10,REF-9,9,{EMPLOYER},{PERSON},121,102026,9.00,mistake"))
    put("bank/on.txt", consolidated("ON", "1000,00") + forwarded("ON", PERSON))
    put("returns/refund.txt", message(payer_account=FUND, payer=FUND_BIN, reference="REFUND"))
    put("statements/a.txt", NOTHING)
    assert breaks_of(night("2026-11-12"), *MISSING) == []
    ran = night("2026-11-13")
    missing = ran.table("breaks").filter(pl.col("code").is_in(MISSING)).select("code", "amount_tiyn", "payer_id").rows()
    assert sorted(missing, key=str) == [
        ("document_without_statement", 100000, None),
        ("document_without_statement", 193500, FUND_BIN),
        ("document_without_statement", 193500, EMPLOYER),
    ]
    moved = [
        debit("1935.00", number="15"),
        debit("1000.00", number="5003", beneficiary=FUND, beneficiary_id=FUND_BIN),
        document(payer=FUND_BIN, payer_account=FUND),
    ]
    put("statements/b.txt", statement(*moved, closing="0.00"))
    ran = night("2026-11-16")
    assert breaks_of(ran, *MISSING) == []
    assert ran.table("statement_entries")["match"].to_list() == ["matched", "matched", "refund"]


def test_what_the_account_says_went_out_waits_for_a_document(put, night):
    put("statements/a.txt", statement(debit("5.00", number="77"), closing="995.00"))
    assert breaks_of(night("2026-11-20"), *MISSING) == [("statement_without_document", 500, 12)]


def test_what_comes_late_makes_its_break_on_its_own_day(put, night, mshi, withdraw):
    """Documents, entries and a withdrawal in December, of money of November: what they leave open stands in December."""
    at, codes = {"day": "10.11.2026"}, ("statement_amount_differs", *MISSING)
    put("bank/22.txt", list_of("22"))
    put("bank/25.txt", list_of("25"))
    first = document("1970.00", number="21", **at) + document(number="25", **at)
    put("statements/a.txt", statement(first, closing="4905.00"))
    november = night("2026-11-12")
    assert breaks_of(november, *codes) == []
    put("bank/21.txt", list_of("21"))
    put("bank/23.txt", list_of("23", amount="23,00"))
    second = document("1970.00", number="22", **at) + document("24.00", number="24", **at)
    put("statements/b.txt", statement(second, closing="2994.00"))
    withdraw(sha_of(november, "25.txt"), "2026-12-01")
    december = breaks_of(night("2026-12-01"), *codes)
    assert sorted(row[:2] for row in december) == [
        ("document_without_statement", 2300),
        ("statement_amount_differs", 3500),
        ("statement_amount_differs", 3500),
        ("statement_without_document", 2400),
        ("statement_without_document", 193500),
    ]
    assert breaks_of(mshi("rerun", "2026-11", "--known-at", "2026-12-01"), *codes) == []


def test_a_document_is_without_a_statement_from_the_day_on_which_the_first_one_came(put, night, mshi):
    put("bank/a.txt", list_of("1"))
    assert breaks_of(night("2026-11-30"), *MISSING) == []
    put("statements/a.txt", NOTHING)
    told = [("document_without_statement", 193500, 4)]
    assert breaks_of(night("2026-12-01"), *MISSING) == told
    assert breaks_of(mshi("rerun", "2026-11", "--known-at", "2026-12-01"), *MISSING) == []


def test_a_register_waits_for_its_last_line(put, night):
    """Its order is of the last day on which one of its lines was paid."""
    rows = [kazpost_row(day="09.11.2026"), kazpost_row("R-2"), kazpost_row("R-3", day="09.11.2026")]
    put("kazpost/a.csv", kazpost_register(*rows, total="12750,00"))
    put("statements/a.txt", NOTHING)
    assert breaks_of(night("2026-11-12"), *MISSING) == []
    assert [row[:2] for row in breaks_of(night("2026-11-13"), *MISSING)] == [("document_without_statement", 1275000)]


def test_a_register_of_which_some_lines_came_before_is_an_order_of_all_its_lines(put, night):
    """The bank moved the whole sum; only a register of which every line came before moved nothing."""
    put("kazpost/a.csv", kazpost_register(kazpost_row()))
    night("2026-11-11")
    put("kazpost/b.csv", kazpost_register(kazpost_row(), kazpost_row("R-2"), total="8500,00").replace(";77;", ";78;"))
    put("kazpost/c.csv", kazpost_register(kazpost_row()).replace(";77;", ";79;"))
    put("statements/a.txt", NOTHING)
    told = breaks_of(night("2026-11-20"), *MISSING)
    assert sorted(row[:2] for row in told) == [
        ("document_without_statement", 425000),
        ("document_without_statement", 850000),
    ]


@pytest.mark.parametrize("what", ["document", "statement"])
def test_of_two_counterparts_the_one_recalled_last_is_missed(put, night, mshi, withdraw, what):
    """The first recall left nothing unexplained for long; the second did, in a month whose nights are still to come."""
    told = {"number": "7", "day": "260825", "period": "082026"}
    first, second = (message(item(person=one), **told) for one in (PERSON, OTHER))
    account = [
        statement(document(number="7", day="25.08.2026"), first=f"{one}.08.2026", last="25.08.2026") for one in (24, 25)
    ]
    laid = ("bank/a.txt", first, second) if what == "document" else ("statements/a.txt", *account)
    put("statements/b.txt", account[0]) if what == "document" else put("bank/b.txt", first)
    put("statements/z.txt", NOTHING.replace("01.11.2026", "01.08.2026"))
    put(*laid[:2])
    night("2026-08-26")
    withdraw(sha256(laid[1].encode()).hexdigest(), "2026-08-28")
    put(laid[0], laid[2])
    assert breaks_of(night("2026-08-31"), *MISSING) == []
    withdraw(sha256(laid[2].encode()).hexdigest(), "2026-09-21")
    code = "statement_without_document" if what == "document" else "document_without_statement"
    assert [row[0] for row in breaks_of(night("2026-09-22"), *MISSING)] == [code]
    assert breaks_of(mshi("rerun", "2026-08", "--known-at", "2026-09-22"), *MISSING) == []


def test_a_statement_of_earlier_days_makes_older_documents_wait_since_it_came(put, night, mshi):
    put("bank/a.txt", list_of("7", "260825", period="082026"))
    put("statements/a.txt", NOTHING.replace("01.11.2026", "31.08.2026"))
    assert breaks_of(night("2026-08-31"), *MISSING) == []
    put("statements/b.txt", NOTHING.replace("01.11.2026", "20.08.2026"))
    assert [row[0] for row in breaks_of(night("2026-09-10"), *MISSING)] == ["document_without_statement"]
    put("statements/c.txt", NOTHING.replace("01.11.2026", "10.08.2026"))  # since then it would be so anyway
    assert [row[0] for row in breaks_of(night("2026-09-11"), *MISSING)] == ["document_without_statement"]
    assert breaks_of(mshi("rerun", "2026-08", "--known-at", "2026-09-11"), *MISSING) == []
