"""What gets in when a rule, a layout or the day has changed: mshi replay judges again what was left outside."""

from datetime import date

import pytest
from statement_texts import by_file, camt, camt_entry, camt_statement, document, records, statement
from test_layouts import ASCII, ASCII_ROWS, lay
from texts import (
    FUND,
    FUND_BIN,
    MEDS,
    OTHER,
    PERSON,
    bank_register,
    bank_row,
    item,
    message,
    register,
    returns_register,
)

pytestmark = pytest.mark.usefixtures("no_database")

CATEGORIES = "iin,category,from,to"


def test_a_new_layout_releases_what_nobody_knew(put, night, mshi, home):
    put("bank/a.txt", ASCII_ROWS.encode("cp866"))
    before = night("2026-11-18")
    lay(home, ASCII)
    told = mshi("replay", "--reason", "unrecognised", "--as-of", "2026-11-19", "--by", "Officer")
    assert (told.status, told.out.splitlines()[-1]) == (0, "released 1 lines, 4 250,00 tenge; the next run counts them")
    record = records(home)[1]
    assert (record["event"], record["verdict"], record["by"], len(record["layouts"])) == (
        "replay",
        "unrecognised",
        "Officer",
        1,
    )
    ran = night("2026-11-19")
    assert ran.table("payments")["iin"].to_list() == [PERSON]
    assert ran.table("files").select("event", "refused_reason", "accepted_lines").rows() == [
        ("delivery", "unrecognised", 0),
        ("replay", None, 1),
    ]
    assert ran.table("quarantine").select("reason", "released_on").rows() == [("unrecognised", date(2026, 11, 19))]
    assert mshi("rerun", "2026-11", "--known-at", "2026-11-18").folder == before.folder
    put("bank/again.txt", ASCII_ROWS.encode("cp866"))
    assert night("2026-11-20").table("files")["refused_reason"].to_list() == ["unrecognised", None, "seen_before"]


def test_a_replay_that_releases_nothing_leaves_no_record(put, night, mshi, home):
    put("bank/a.csv", bank_register(bank_row(amount="x")))
    put("bank/b.txt", "Дорогие коллеги")
    night("2026-11-18")
    before = records(home)
    for reason in ((), ("--reason", "bad_amount"), ("--reason", "unrecognised"), ("--reason", "seen_before")):
        told = mshi("replay", *reason, "--as-of", "2026-11-19")
        assert (told.status, told.out) == (0, "released 0 lines, 0,00 tenge\n")
    assert mshi("replay", "--reason", "bad_luck", "--as-of", "2026-11-19").status == 2
    assert mshi("replay", "--as-of", "2026-11-17").status == 2
    assert records(home) == before


def test_what_the_new_layout_took_in_when_it_came_again_is_not_replayed(put, night, mshi, home):
    """Its rows have no ids: a second time they would be other money, under the payment_id of the first."""
    put("bank/a.txt", ASCII_ROWS.encode("cp866"))
    night("2026-11-18")
    lay(home, ASCII.replace("row_id: НОМЕР, ", ""))
    put("bank/a.txt", ASCII_ROWS.encode("cp866"))
    assert night("2026-11-19").table("payments").height == 1
    assert mshi("quarantine").out == "nothing is in quarantine\n"
    assert mshi("replay", "--as-of", "2026-11-20").out == "released 0 lines, 0,00 tenge\n"
    ran = night("2026-11-20")
    assert (ran.status, ran.table("payments").height) == (0, 1), ran.err


@pytest.mark.parametrize("first", ["sent again", "replay"])
@pytest.mark.parametrize("reason", [(), ("--reason", "bad_date")], ids=["of all", "of one reason"])
def test_a_message_dated_ahead_comes_in_once(put, night, mshi, first, reason):
    """Sent again nearer to its day and replayed, in either order: its numbers are those of an accepted one."""
    ahead = {"day": "261205", "total": "3870,00"}
    items = item(), item(2, person="-")
    put("bank/a.txt", message(*items, **ahead))
    assert night("2026-11-20").table("payments").is_empty()
    for step in ("sent again", "replay") if first == "sent again" else ("replay", "sent again"):
        if step == "replay":
            told = mshi("replay", *reason, "--as-of", "2026-11-26")
            assert told.out.startswith("released 0 lines") == (first == "sent again"), told.out
        else:
            put("bank/b.txt", message(*items, **ahead) + "\n")
            ran = night("2026-11-26")
    ran = night("2026-11-26")
    assert ran.table("payments")["line_no"].to_list() == [25]
    assert ran.table("files")["accepted_lines"].sum() == 1
    booked = {"day": "05.12.2026", "first": "05.12.2026", "last": "05.12.2026"}
    entry = document("3870.00", day=booked.pop("day"))
    put("statements/s.txt", statement(entry, closing="4870.00", **booked))
    december = night("2026-12-14")
    assert december.table("statement_entries")["match"].to_list() == ["matched"]
    assert december.table("breaks")["code"].to_list() == ["late_payment"]


def test_a_day_that_has_come_releases_a_line_that_was_dated_ahead(put, night, mshi):
    put("bank/a.csv", bank_register(bank_row("1"), bank_row("2", day="2026-12-05"), bank_row("3", amount="x")))
    put("returns/r.csv", returns_register(f"t1,2026-12-05,1,,{PERSON},{PERSON},122,112026,4250.00,mistake"))
    assert night("2026-11-20").table("payments").height == 1
    told = mshi("replay", "--as-of", "2026-12-04").out
    assert all(f"{name}: 1 lines, 4 250,00 tenge\n" in told for name in ("bank/a.csv", "returns/r.csv"))
    ran = night("2026-12-04")
    assert ran.table("payments")["document_reference"].to_list() == ["2"]
    assert ran.table("returns")["payment_id"].null_count() == 0
    assert ran.table("files").select("event", "lines", "accepted_lines").rows() == [("replay", 1, 1)] * 2
    november = mshi("rerun", "2026-11", "--known-at", "2026-12-04").table("quarantine").sort("reason")
    released = [("bad_date", date(2026, 12, 4))] * 2
    assert november.select("reason", "released_on").rows() == [("bad_amount", None), *released]


def test_a_day_that_has_come_releases_a_forwarding_list_that_was_dated_ahead(put, night, mshi):
    forwarded = {"payer_account": MEDS, "payer": "160440007161", "beneficiary": FUND, "beneficiary_id": FUND_BIN}
    put("bank/a.txt", message(day="261205", **forwarded))
    assert night("2026-11-20").table("quarantine")["reason"].to_list() == ["bad_date"]
    assert mshi("replay", "--as-of", "2026-12-04").out.startswith("bank/a.txt: 1 lines, 1 935,00 tenge\n")
    ran = night("2026-12-04")
    assert ran.table("files").select("event", "accepted_lines", "accepted_tiyn").rows() == [("replay", 1, 193500)]
    assert ran.table("payments").is_empty() and mshi("quarantine").out == "nothing is in quarantine\n"


AHEAD = {"number": "16", "amount": "65.00"}
STATEMENTS = {
    "1c.txt": statement(document(), document(**AHEAD, booked="05.12.2026"), closing="3000.00"),
    "camt.xml": camt(camt_statement(camt_entry(), camt_entry(**AHEAD, booked="2026-12-05"), closing="3000.00")),
}
STATEMENTS["one line.xml"] = STATEMENTS["camt.xml"].replace("\n", "")


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_replayed_entry_of_a_statement_comes_in_alone(put, night, mshi, name):
    put(f"statements/{name}", STATEMENTS[name])
    assert by_file(night("2026-11-20"), "statement_entries", "document_number") == {name: [("15",)]}
    assert mshi("replay", "--as-of", "2026-12-04").status == 0
    ran = night("2026-12-04")
    assert ran.status == 0, ran.err
    assert by_file(ran, "statement_entries", "document_number") == {name: [("16",)]}


def test_a_new_rule_releases_rows_of_the_register_in_force(put, night, mshi, new_categories):
    put(
        "registers/categories.csv",
        register(CATEGORIES, f"{PERSON},pension,2020-01-01,", f"{OTHER},war_veteran,2020-01-01,"),
    )
    before = night("2026-11-18")
    assert before.table("insured_status")["iin"].to_list() == [PERSON]
    new_categories("war_veteran")
    assert mshi("replay", "--as-of", "2026-11-19").status == 0
    ran = night("2026-11-19")
    assert dict(ran.table("insured_status").select("iin", "reason").rows()) == dict.fromkeys(
        (PERSON, OTHER), "preferential"
    )
    assert ran.table("quarantine").select("reason", "released_on").rows() == [("unknown_code", date(2026, 11, 19))]
    assert ran.table("totals").select("received_lines", "accepted_lines", "quarantined_lines").rows() == [
        (2, 1, 1),
        (2, 2, 0),
    ]
    assert mshi("replay", "--as-of", "2026-11-19").out == "released 0 lines, 0,00 tenge\n"


def test_a_register_that_was_replaced_is_not_replayed(put, night, mshi, new_categories):
    put("registers/categories.csv", register(CATEGORIES, f"{OTHER},war_veteran,2020-01-01,"))
    night("2026-11-18")
    put("registers/categories.csv", register(CATEGORIES, f"{PERSON},pension,2020-01-01,"))
    night("2026-11-19")
    new_categories("war_veteran")
    assert mshi("replay", "--as-of", "2026-11-20").out == "released 0 lines, 0,00 tenge\n"
    assert night("2026-11-20").table("insured_status")["iin"].to_list() == [PERSON]
