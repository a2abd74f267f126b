"""Files that a sender recalls: from that day on nothing of them counts, and they are nobody's original; bytes and past stay."""

import shutil
from datetime import date

import polars as pl
import pytest
from hashes import parquet_hashes
from statement_texts import breaks_of, by_file, document, records, sha_of, statement
from texts import (
    EMPLOYER,
    EMPLOYER_2,
    OTHER,
    PAYER_ACCOUNT,
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


def test_withdrawn_lines_count_as_refused_and_the_day_before_stays(put, night, mshi, withdraw, home):
    put("bank/a.txt", message(item(), item(2, person="-"), item(3, person=OTHER), total="5805,00"))
    put("bank/b.txt", message(reference="B"))
    before = night("2026-11-19")
    hashes = parquet_hashes(before.folder)
    told = withdraw(sha_of(before, "a.txt"))
    assert (told.status, told.out) == (
        0,
        "bank/a.txt is withdrawn: 2 lines stop counting; the next run publishes the month without them\n",
    )
    ran = night("2026-11-20")
    assert ran.status == 0, ran.err
    files = ran.table("files").filter(pl.col("file_name") == "a.txt").row(0, named=True)
    assert {name: files[name] for name in ("event", "refused_reason", "received_on", "lines", "sum_tiyn")} == {
        "event": "delivery", "refused_reason": "withdrawn", "received_on": date(2026, 11, 19), "lines": 3, "sum_tiyn": 580500
    }  # fmt: skip
    for table in (files, ran.table("totals").filter(pl.col("refused_lines") > 0).row(0, named=True)):
        counts = [
            table[f"{verdict}_{unit}"]
            for verdict in ("accepted", "quarantined", "duplicate")
            for unit in ("lines", "tiyn")
        ]
        assert (table["refused_lines"], table["refused_tiyn"], counts) == (3, 580500, [0] * 6)
    assert by_file(ran, "quarantine", "line_no", "reason", "amount_tiyn", "released_on") == {
        "a.txt": [(0, "withdrawn", 580500, None)]
    }
    assert ran.table("payments")["document_reference"].to_list() == ["B"]
    assert ran.table("insured_status")["iin"].to_list() == [PERSON]
    assert parquet_hashes(before.folder) == hashes
    again = mshi("rerun", "2026-11", "--known-at", "2026-11-19")
    assert (again.status, again.folder) == (0, before.folder) and "the same bytes" in again.out
    sha = files["file_sha256"]
    assert (home / "archive" / sha[:2] / sha).exists()


def test_a_withdrawal_is_recorded_once_with_who_why_and_day(put, night, mshi, withdraw, home):
    put(f"bank/{PERSON}.txt", message())
    sha = sha_of(night("2026-11-18"), f"{PERSON}.txt")
    assert withdraw(sha, "2026-11-17").status == 2
    assert mshi("withdraw", sha, "--reason", "  ", "--as-of", "2026-11-19").status == 2
    assert withdraw("0" * 64).status == 2
    told = mshi("withdraw", sha[:8], "--reason", "sent by mistake", "--by", "Officer", "--as-of", "2026-11-19")
    twice = withdraw(sha)
    assert (told.status, twice.status) == (0, 2) and "nothing of it stands" in twice.err
    assert PERSON not in told.out + told.err + twice.out + twice.err
    assert [(one["event"], one["by"], one["reason"], one["received_on"]) for one in records(home)] == [
        ("delivery", None, None, "2026-11-18"),
        ("withdraw", "Officer", "sent by mistake", "2026-11-19"),
    ]


@pytest.mark.parametrize("again", [message(), message() + "\n"], ids=["the same bytes", "other bytes"])
def test_a_withdrawn_document_is_nobodys_original(put, night, withdraw, again):
    put("bank/a.txt", message())
    withdraw(sha_of(night("2026-11-18"), "a.txt"), "2026-11-19")
    put("bank/b.txt", again)
    ran = night("2026-11-20")
    assert ran.table("files").select("file_name", "refused_reason", "accepted_lines").rows() == [
        ("a.txt", "withdrawn", 0),
        ("b.txt", None, 1),
    ]
    assert ran.table("payments").height == 1
    assert withdraw(sha_of(ran, "b.txt"), "2026-11-21").status == 0
    last = night("2026-11-21")
    assert last.table("payments").is_empty() and last.table("files")["refused_reason"].to_list() == ["withdrawn"] * 2


def test_withdrawn_register_lines_are_nobodys_originals(put, night, withdraw):
    put("bank/a.csv", bank_register(bank_row()))
    withdraw(sha_of(night("2026-11-18"), "a.csv"), "2026-11-19")
    put("bank/b.csv", bank_register(bank_row(amount="5000.00"), bank_row("p2")))
    ran = night("2026-11-20")
    assert (ran.status, sorted(ran.table("payments")["paid_tiyn"])) == (0, [425000, 500000])


def test_the_duplicate_of_a_withdrawn_document_waits_to_be_sent_again(put, night, mshi, withdraw):
    """No replay takes it: it was refused for what it was, and its sender may have recalled the money, not the file."""
    put("bank/a.txt", message())
    night("2026-11-17")
    put("bank/b.txt", message() + "\n")
    withdraw(sha_of(night("2026-11-18"), "a.txt"), "2026-11-19")
    for reason in ((), ("--reason", "duplicate_document")):
        assert mshi("replay", *reason, "--as-of", "2026-11-19").out == "released 0 lines, 0,00 tenge\n"
    assert night("2026-11-19").table("payments").is_empty()
    put("bank/c.txt", message() + "\n")
    assert night("2026-11-20").table("payments").height == 1


def test_a_withdrawn_register_gives_back_the_one_before(put, night, withdraw):
    put("registers/categories.csv", register(CATEGORIES, f"{PERSON},pension,2020-01-01,"))
    night("2026-11-17")
    put("registers/categories.csv", register(CATEGORIES, f"{OTHER},pension,2020-01-01,"))
    ran = night("2026-11-18")
    assert ran.table("insured_status")["iin"].to_list() == [OTHER]
    withdraw(ran.table("files")["file_sha256"][1], "2026-11-19")
    assert night("2026-11-19").table("insured_status")["iin"].to_list() == [PERSON]


def test_a_register_without_rows_can_be_withdrawn_too(put, night, withdraw):
    put("registers/categories.csv", register(CATEGORIES, f"{PERSON},pension,2020-01-01,"))
    night("2026-11-17")
    put("registers/categories.csv", CATEGORIES + "\n")
    ran = night("2026-11-18")
    assert ran.table("insured_status").is_empty()
    told = withdraw(ran.table("files")["file_sha256"][1], "2026-11-19")
    assert told.status == 0, told.err
    assert night("2026-11-19").table("insured_status")["iin"].to_list() == [PERSON]


def test_a_statement_without_entries_can_be_withdrawn_too(put, night, withdraw):
    put("statements/a.txt", statement(closing="1000.01").replace(document(), ""))
    ran = night("2026-11-18")
    assert breaks_of(ran, "statement_balance") == [("statement_balance", 1, 5)]
    assert withdraw(sha_of(ran, "a.txt"), "2026-11-19").status == 0
    assert breaks_of(night("2026-11-19"), "statement_balance") == []


def test_a_withdrawn_statement_explains_and_asks_nothing_any_more(put, night, withdraw):
    put("bank/a.txt", message())
    put("statements/s.txt", statement(document(), document(number="16")))
    ran = night("2026-11-18")
    codes = ("statement_balance", "statement_without_document", "document_without_statement")
    assert len(breaks_of(ran, *codes)) == 2
    withdraw(sha_of(ran, "s.txt"), "2026-11-19")
    after = night("2026-11-19")
    assert breaks_of(after, *codes) == []
    assert after.table("statement_entries").is_empty() and after.table("statements").is_empty()


def test_only_the_accounts_own_statement_dates_what_it_shows_no_more(put, night, mshi, withdraw):
    """What the payer's own statement shows, or shows no more, says nothing of the State Corporation's account."""
    put("bank/a.txt", message(day="261012"))
    day, days = {"day": "12.10.2026"}, {"first": "12.10.2026", "last": "12.10.2026"}
    put("statements/meds.txt", statement(document(**day), **days))
    put("statements/empty.txt", statement(closing="1000.00", **days).replace(document(), ""))
    paid = document(money="СуммаРасход=1935.00", **day)
    put("statements/firm.txt", statement(paid, closing="-935.00", account=PAYER_ACCOUNT, **days))
    missing, before = "document_without_statement", night("2026-10-20")
    assert breaks_of(before, missing) == []
    withdraw(sha_of(before, "meds.txt"), "2026-11-19")
    assert breaks_of(night("2026-11-19"), missing) == [(missing, 193500, 4)]
    withdraw(sha_of(before, "firm.txt"), "2026-12-01")
    assert breaks_of(night("2026-12-01"), missing) == []
    assert breaks_of(mshi("rerun", "2026-11", "--known-at", "2026-12-01"), missing) == [(missing, 193500, 4)]


def test_a_withdrawn_return_gives_its_payment_back(put, night, withdraw):
    put("bank/a.txt", message())
    put("returns/r.csv", returns_register(f"t1,2026-11-12,REF-1,15,{EMPLOYER},{PERSON},121,102026,1000.00,mistake"))
    ran = night("2026-11-18")
    assert ran.table("payments")["returned_tiyn"].to_list() == [100000]
    withdraw(sha_of(ran, "r.csv"), "2026-11-19")
    assert night("2026-11-19").table("payments")["returned_tiyn"].to_list() == [0]


def test_what_a_recalled_lump_sum_explained_is_overpaid_from_that_day(put, night, mshi, withdraw):
    """A lump sum says why there is too much; without it two parts are too much, true from the day of the withdrawal."""
    october = {"day": "2026-10-10", "period": "102026"}
    put("bank/parts.csv", bank_register(bank_row("p1", **october), bank_row("p2", **october)))
    put("bank/lump.csv", bank_register(bank_row("p3", amount="9000.00", **october)))
    before = night("2026-10-30")
    assert before.table("breaks")["code"].to_list() == ["lump_sum"]
    withdraw(sha_of(before, "lump.csv"), "2026-11-19")
    assert breaks_of(night("2026-11-19"), "overpaid", "lump_sum") == [("overpaid", 425000, None)]
    again = mshi("rerun", "2026-10", "--known-at", "2026-11-19")
    assert again.table("breaks").is_empty()


def test_two_payments_are_too_much_from_the_day_on_which_the_return_of_one_is_recalled(put, night, mshi, withdraw):
    october = {"day": "2026-10-10", "period": "102026"}
    put("bank/parts.csv", bank_register(bank_row("p1", **october), bank_row("p2", **october)))
    put("returns/r.csv", returns_register(f"t1,2026-10-12,p2,,{PERSON},{PERSON},122,102026,4250.00,mistake"))
    before = night("2026-10-30")
    assert before.table("breaks").is_empty()
    withdraw(sha_of(before, "r.csv"), "2026-11-19")
    assert breaks_of(night("2026-11-19"), "overpaid") == [("overpaid", 425000, None)]
    assert mshi("rerun", "2026-10", "--known-at", "2026-11-19").table("breaks").is_empty()


@pytest.mark.parametrize("recalled", ["right.txt", "exact.txt"])
def test_an_amount_differs_from_the_day_on_which_what_agreed_is_recalled(put, night, mshi, withdraw, recalled):
    """The entry's own document, or the document's own entry; what is left agrees in everything but the amount."""
    day, days = {"day": "12.10.2026"}, {"first": "12.10.2026", "last": "12.10.2026"}
    put("bank/right.txt", message(day="261012"))
    put("statements/exact.txt", statement(document(**day), **days))
    if recalled == "right.txt":
        put("bank/near.txt", message(item(amount="1900,00"), day="261012", total="1900,00", reference="NEAR"))
    else:
        put("statements/near.txt", statement(document("1970.00", **day), closing="2970.00", **days))
    code, before = "statement_amount_differs", night("2026-10-20")
    assert breaks_of(before, code) == []
    withdraw(sha_of(before, recalled), "2026-11-19")
    assert breaks_of(night("2026-11-19"), code) == [(code, 3500, 12)]
    assert breaks_of(mshi("rerun", "2026-10", "--known-at", "2026-11-19"), code) == []


@pytest.fixture
def recalled_later(night, mshi, withdraw):
    """The breaks of October as its last night told them, of November, in which a file is recalled, and of October again."""

    def told(file, *codes):
        before = night("2026-10-30")
        withdraw(sha_of(before, file), "2026-11-19")
        after, again = night("2026-11-19"), mshi("rerun", "2026-10", "--known-at", "2026-11-19")
        return [breaks_of(one, *codes) for one in (before, after, again)]

    return told


@pytest.mark.parametrize(("knp", "surplus"), [("121", 800000), ("122", 7600000)])
@pytest.mark.parametrize("recalled", ["b.txt", "r.csv"])
def test_what_is_over_the_cap_by_a_withdrawal_is_so_from_that_day(put, recalled_later, recalled, knp, surplus):
    """A recalled return leaves too much, a recalled payment another surplus."""
    october = {"day": "261012", "period": "092026", "knp": knp}
    big = "110000,00"  # 3 % of 40 minimum wages of 85 000 is 102 000, 2 % of 20 is 34 000
    put("bank/a.txt", message(item(amount=big), total=big, **october))
    if recalled == "b.txt":
        put("bank/b.txt", message(reference="B", number="16", **october))
    else:
        put(
            "returns/r.csv",
            returns_register(f"t1,2026-10-14,REF-1,15,{EMPLOYER},{PERSON},{knp},092026,{big[:-3]}.00,mistake"),
        )
    told = [("over_cap", surplus + 193500, None)] if recalled == "b.txt" else []
    assert recalled_later(recalled, "over_cap") == [told, [("over_cap", surplus, None)], []]


@pytest.mark.parametrize(
    ("too_much", "recalled"),
    [("121", {"knp": "122"}), ("122", {"knp": "121"}), ("121", {"knp": "121", "payer": EMPLOYER_2})],
)
def test_what_was_over_the_cap_stays_so_when_a_line_of_the_other_knp_or_payer_is_recalled(
    put, recalled_later, too_much, recalled
):
    october = {"day": "261012", "period": "092026"}
    big = "110000,00"  # above 3 % of 40 minimum wages, and 2 % of 20
    put("bank/a.txt", message(item(amount=big), total=big, knp=too_much, **october))
    put("bank/b.txt", message(reference="B", number="16", **recalled, **october))
    told, after, again = recalled_later("b.txt", "over_cap")
    assert (len(told), after, again) == (1, [], told)


@pytest.mark.parametrize("recalled", [{"knp": "121", "payer": EMPLOYER}, {"knp": "122", "payer": EMPLOYER}])
def test_own_money_that_was_too_little_stays_so_when_an_employers_line_is_recalled(put, recalled_later, recalled):
    sent = {"day": "2026-09-10", "period": "092026"}
    put("bank/a.csv", bank_register(bank_row("p1", amount="1000.00", **sent)))
    put("bank/b.csv", bank_register(bank_row("p2", **recalled, **sent)))
    told, after, again = recalled_later("b.csv", "underpaid")
    assert (len(told), after, again) == (1, [], told)


@pytest.mark.parametrize("lost", ["121", "122"])
def test_a_twin_that_was_recalled_is_missing_from_that_day(put, recalled_later, lost):
    sent = {"day": "2026-09-20", "payer": EMPLOYER}
    rows = [
        bank_row(f"{period}-{knp}", period=period, knp=knp, **sent)
        for period in ("072026", "082026")
        for knp in ("121", "122")
    ]
    twin = next(row for row in rows if row.startswith(f"082026-{lost}"))
    put("bank/a.csv", bank_register(*(row for row in rows if row != twin)))
    put("bank/b.csv", bank_register(twin))
    code = "missing_deduction" if lost == "121" else "missing_contribution"
    assert recalled_later("b.csv", "missing_contribution", "missing_deduction") == [[], [(code, None, None)], []]


def test_a_return_that_fits_nothing_is_so_since_its_day_whatever_else_is_recalled(put, night, mshi, withdraw):
    """Recalled lines of another KNP, of another period, or with another reference, are not what it missed."""
    put("returns/r.csv", returns_register(f"t1,2026-10-12,NONE,,{EMPLOYER},{PERSON},121,092026,1000.00,mistake"))
    other = {"day": "2026-10-12", "payer": EMPLOYER}
    rows = [
        bank_row("p1", knp="122", period="092026", **other),
        bank_row("p2", knp="121", period="082026", **other),
        bank_row("p3", knp="121", period="092026", **other),
    ]
    put("bank/b.csv", bank_register(*rows))
    code, before = "return_without_payment", night("2026-10-30")
    assert breaks_of(before, code) == [(code, 100000, 2)]
    withdraw(sha_of(before, "b.csv"), "2026-11-19")
    assert breaks_of(night("2026-11-19"), code) == []
    assert breaks_of(mshi("rerun", "2026-10", "--known-at", "2026-11-19"), code) == [(code, 100000, 2)]


def test_what_was_accepted_by_a_person_can_be_withdrawn(put, night, mshi, withdraw):
    put("bank/a.txt", message(total="1,00"))
    sha = sha_of(night("2026-11-18"), "a.txt")
    mshi("accept", sha, "--reason", "confirmed", "--as-of", "2026-11-18")
    assert night("2026-11-18").table("payments").height == 1
    assert withdraw(sha, "2026-11-19").status == 0
    ran = night("2026-11-19")
    assert ran.table("payments").is_empty()
    assert ran.table("files").select("event", "refused_reason").rows() == [
        ("delivery", "withdrawn"),
        ("accept", "withdrawn"),
    ]
    assert mshi("accept", sha, "--reason", "confirmed", "--as-of", "2026-11-19").status == 2


def test_bytes_sent_again_on_the_day_of_a_withdrawal_are_a_delivery_even_after_the_ledger_was_lost(
    put, night, withdraw, home
):
    """They must not be taken for what a dead run left in the inbox: the record of the day is the withdrawal's."""
    put("bank/a.csv", bank_register(bank_row()))
    withdraw(sha_of(night("2026-11-19"), "a.csv"), "2026-11-20")
    shutil.rmtree(home / "ledger")
    put("bank/a.csv", bank_register(bank_row()))
    ran = night("2026-11-20")
    assert ran.table("files")["refused_reason"].to_list() == ["withdrawn", None]
    assert ran.table("payments").height == 1
