"""The same files in other nights, cuts or orders give the same verdicts, and one odd file never stops the night."""

import shutil

import polars as pl
import pytest
from hashes import parquet_hashes
from statement_texts import by_file, camt, document, section, sha_of, statement
from texts import (
    FUND,
    MEDS,
    OTHER,
    PERSON,
    bank_register,
    bank_row,
    item,
    kazpost_register,
    kazpost_row,
    message,
    register,
)

pytestmark = pytest.mark.usefixtures("no_database")

LARGEST = "922337203685477,58"


def codes(ran) -> list[str]:
    return ran.table("breaks")["code"].to_list()


def test_a_refused_document_is_nobodys_original_in_one_night_as_in_three(put, night, mshi, home):
    """A, then B with its numbers and other lines, then B again in other bytes: both of them differ from A."""
    put("bank/a.txt", message())
    night("2026-11-17")
    put("bank/b.txt", message(item(person=OTHER)))
    night("2026-11-18")
    put("bank/c.txt", "\n" + message(item(person=OTHER)))
    ran = night("2026-11-19")
    assert ran.table("files")["refused_reason"].to_list() == [None, "document_differs", "document_differs"]
    shutil.rmtree(home / "ledger")
    again = mshi("rerun", "2026-11", "--known-at", "2026-11-19")
    assert (again.status, again.folder) == (0, ran.folder), again.err


def test_in_one_file_too(put, night):
    put("bank/a.txt", message() + message(item(person=OTHER)) + "\n" + message(item(person=OTHER)))
    assert night().table("quarantine")["reason"].to_list() == ["document_differs", "document_differs"]


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2026-11-10+05:00", "", "yesterday"]
)
def test_no_day_of_a_statement_can_stop_the_night(put, night, moment):
    odd = camt().replace("<BookgDt><Dt>2026-11-10</Dt>", f"<BookgDt><DtTm>{moment}</DtTm>").replace(
        '<Dt><Dt>2026-11-12</Dt></Dt>', f"<Dt><Dt>{moment}</Dt></Dt>"
    )  # fmt: skip
    put("statements/odd.xml", odd)
    put("bank/a.txt", message())
    ran = night()
    assert ran.status in (0, 3), ran.err
    assert ran.table("payments").height == 1


def test_a_date_with_a_zone_is_its_day_and_a_comment_says_nothing(put, night):
    text = camt().replace("<BookgDt><Dt>2026-11-10</Dt>", "<BookgDt><Dt>2026-11-10+05:00</Dt>")
    put("statements/s.xml", text.replace(">1935.00<", ">19<!-- thousand -->35.00<"))
    ran = night("2026-11-10")
    assert ran.table("statement_entries").select("booked_on", "amount_tiyn").cast(pl.String).rows() == [
        ("2026-11-10", "193500")
    ]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.99])
def test_a_cut_xml_is_truncated_wherever_it_is_cut(put, night, share):
    text = camt()
    put("statements/s.xml", text[: int(len(text.rstrip()) * share)])
    assert night().table("files")["refused_reason"].to_list() == ["truncated"]


def test_an_entry_of_nobody_knows_which_account_is_quarantined(put, night):
    sections = section() + section(account="KZ000000000000000099", opening="0", closing="0")
    put("statements/s.txt", statement(document(), document(beneficiary="", number="16"), sections=sections))
    ran = night()
    assert by_file(ran, "quarantine", "reason", "field") == {"s.txt": [("missing_field", "direction")]}


@pytest.mark.parametrize("what", ["own money", "contributions", "lists"])
def test_sums_that_nobody_can_have_paid_stop_nothing(put, night, what):
    count = 110
    if what == "lists":
        more = {"payer_account": MEDS, "beneficiary": FUND, "payer": "160440007161", "reference": "GCVP-1"}
        put(
            "bank/a.txt", "".join(message(item(1, LARGEST), total=LARGEST, number=str(n), **more) for n in range(count))
        )
        single = message(item(), total="1,00", number="999", **more).replace("{2:I102", "{2:I100")
        put("bank/b.txt", single)
    else:
        payer = {"payer": PERSON} if what == "own money" else {}
        texts = [
            message(item(1, LARGEST), total=LARGEST, knp="122", number=str(n), reference=f"R{n}", **payer)
            for n in range(count)
        ]
        for place in range(0, count, 10):  # of a file that adds up to more the amounts are not even read
            put(f"bank/a{place}.txt", "".join(texts[place : place + 10]))
    put("bank/c.csv", bank_register(bank_row()))
    ran = night()
    assert ran.status in (0, 3), ran.err
    assert ran.table("insured_status").height == 1


def test_a_document_is_told_once_whatever_refuses_it(put, night, home, mshi):
    put("kazpost/k.txt", kazpost_register(kazpost_row(), total="1,00"))
    put("kazpost/k.txt.control.json", '{"rows": 1, "sum": "2.00"}')
    put("bank/m.txt", message() + message(reference="B", total="1,00"))
    put("bank/m.txt.control.json", '{"rows": 5}')
    ran = night()
    assert sorted(codes(ran)) == ["control_count", "control_total"]
    assert mshi("accept", sha_of(ran, "m.txt"), "--reason", "all there", "--as-of", "2026-11-20").status == 0
    after = night("2026-11-20")
    assert sorted(codes(after)) == ["control_total", "control_total"]  # the register's, and that of message B


def test_a_corrected_resend_takes_the_place_of_a_message_of_which_nothing_got_in(put, night):
    put("bank/wrong.txt", message(item(person="-")))
    night("2026-11-12")
    put("bank/right.txt", message())
    put("statements/s.txt", statement())
    ran = night("2026-11-20")
    assert codes(ran) == [], ran.table("breaks")
    assert ran.table("statement_entries")["matched_sha256"].to_list() == [sha_of(ran, "right.txt")]


def test_a_list_with_two_knp_is_held_against_the_message_of_each(put, night):
    more = {"payer_account": MEDS, "beneficiary": FUND, "payer": "160440007161", "reference": "GCVP-1"}
    both = message(
        item(1, "10,00", more="/KNP/121\n"),
        item(2, "5,00", OTHER, more="/KNP/122\n"),
        total="15,00",
        number="1",
        **more,
    )
    put("bank/lists.txt", both)
    for number, (knp, total) in enumerate((("121", "10,00"), ("122", "5,00")), start=2):
        single = message(item(), total=total, number=str(number), knp=knp, **more).split(":21:")[0]
        put(f"bank/{knp}.txt", single.replace("{2:I102", "{2:I100") + f":32A:261110KZT{total}\n-}}\n")
    ran = night()
    assert [code for code in codes(ran) if code == "consolidated_differs"] == [], ran.table("breaks")


def test_the_break_that_a_withdrawal_makes_stands_in_its_own_month(put, night, mshi):
    """Money on the account whose document is recalled in December: true from that day, so December's nights tell it."""
    put("bank/a.txt", message(day="261015"))
    put("statements/s.txt", statement(document(day="15.10.2026"), first="15.10.2026", last="16.10.2026"))
    put(
        "bank/own.csv",
        bank_register(
            bank_row("p1", "2026-10-10", period="102026", amount="4000.00"),
            bank_row("p2", "2026-10-11", period="102026", amount="250.00"),
        ),
    )
    put(
        "bank/own2.csv",
        bank_register(bank_row("p3", "2026-10-10", person=OTHER, payer=OTHER, period="102026", amount="4000.00")),
    )
    put(
        "bank/own3.csv",
        bank_register(bank_row("p4", "2026-10-11", person=OTHER, payer=OTHER, period="102026", amount="250.00")),
    )
    first = night("2026-10-31")
    assert codes(first) == []
    for name in ("a.txt", "own3.csv"):
        assert mshi("withdraw", sha_of(first, name), "--reason", "recalled", "--as-of", "2026-12-05").status == 0
    ran = night("2026-12-05")
    assert sorted(codes(ran)) == ["statement_without_document", "underpaid"]

    again = mshi("rerun", "2026-10", "--known-at", "2026-12-05")
    assert again.table("breaks").height == 0
    assert parquet_hashes(mshi("rerun", "2026-10", "--known-at", "2026-10-31").folder) == parquet_hashes(first.folder)


def test_a_line_of_a_released_single_message_is_still_outside(put, night, mshi):
    single = message(item(), payer=PERSON, knp="122").replace("{2:I102", "{2:I100").split(":21:")[0]
    single += ":32A:261110KZT1935,00\n-}\n"
    put("bank/a.txt", single)
    first = night("2026-11-18")
    assert first.table("payments").height == 1
    put("bank/b.txt", single.replace(":70:/NUM", ":70:/IDN/123\n/NUM"))
    ran = night("2026-11-19")
    assert "document_differs" in codes(ran)
    told = mshi("accept", sha_of(ran, "b.txt"), "--reason", "both are honest", "--as-of", "2026-11-19")
    assert "1 lines of it are quarantined" in told.out
    assert "bad_iin" in mshi("quarantine").out


def test_an_older_register_is_not_released_over_a_newer_one(put, night, mshi):
    people = [f"{PERSON},pension,2020-01-01,"] * 1_000
    put("registers/categories.csv", register("iin,category,from,to", *people))
    night("2026-11-17")
    put("registers/categories.csv", register("iin,category,from,to", *people[:10]))
    shrunk = night("2026-11-18")
    put("registers/categories.csv", register("iin,category,from,to", *people, people[0]))
    night("2026-11-19")
    sha = shrunk.table("files").filter(pl.col("refused_reason") == "register_shrunk")["file_sha256"][0]
    told = mshi("accept", sha, "--reason", "small is right", "--as-of", "2026-11-19")
    assert told.status == 2 and "another register of its kind is in force in its place" in told.err


def test_a_thousand_names_under_one_iin_stop_nothing(put, night):
    signs = "абвгдежзиклмн"
    names = [f"{a}{b}{c}{d}" for a in signs for b in signs for c in signs for d in signs][:3000]
    put("bank/a.csv", bank_register(*(bank_row(f"p{n}", surname=name) for n, name in enumerate(names))))
    assert codes(night()).count("name_mismatch") == 1
