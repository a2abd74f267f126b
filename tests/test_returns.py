"""Returns and refunds: by message and by register, partial, repeated, too large, without original, after a resend.

Status and money change from the day a return is known; the snapshot before stays as it was.
"""

import polars as pl
import pytest
from texts import (
    EMPLOYER,
    FUND,
    MEDS,
    OTHER,
    PAYER_ACCOUNT,
    PERSON,
    bank_register,
    bank_row,
    item,
    message,
    returns_register,
)

pytestmark = pytest.mark.usefixtures("no_database")


def return_message(amount: str, person: str = PERSON, reference: str = "GCVP-R1", number: str = "900") -> str:
    """Money that the State Corporation sends back to the payer's bank: its reference is not the original's."""
    return message(
        item(1, amount, person),
        reference=reference,
        number=number,
        total=amount,
        payer="160440007161",
        payer_account=MEDS,
        beneficiary=PAYER_ACCOUNT,
        beneficiary_id=EMPLOYER,
        day="261112",
    )


def return_row(row_id: str, amount: str, reference: str = "REF-1", number: str = "", day: str = "2026-11-12") -> str:
    return f"{row_id},{day},{reference},{number},{EMPLOYER},{PERSON},121,102026,{amount},mistake"


def paid_and_left(ran) -> list[tuple[int, int, str]]:
    return ran.table("payments").select("paid_tiyn", "returned_tiyn", "state").rows()


def codes(ran) -> list[str]:
    return ran.table("breaks")["code"].to_list()


@pytest.fixture
def paid(put):
    """A list of two people, 1 935 tenge each."""
    put("bank/paid.txt", message(item(1), item(2, person=OTHER), total="3870,00"))


@pytest.mark.parametrize(("reference", "number"), [("-", ""), (" - ", "-"), ("REF-1", "-")])
def test_a_lone_stroke_is_no_reference_and_no_number(paid, put, night, reference, number):
    put("returns/back.csv", returns_register(return_row("t1", "1935.00", reference, number)))
    assert sorted(paid_and_left(night())) == [(193500, 0, "settled"), (193500, 193500, "returned")]


def test_a_message_returns_a_part(paid, put, night):
    put("returns/back.txt", return_message("935,00"))
    ran = night()
    assert sorted(paid_and_left(ran)) == [(193500, 0, "settled"), (193500, 93500, "settled")]
    assert ran.table("returns")["payment_id"].null_count() == 0 and codes(ran) == []


def test_a_register_returns_in_parts_until_nothing_is_left(paid, put, night):
    put("returns/back.csv", returns_register(return_row("t1", "1000.00"), return_row("t2", "935.00")))
    ran = night()
    assert sorted(paid_and_left(ran)) == [(193500, 0, "settled"), (193500, 193500, "returned")]
    assert codes(ran) == []


def test_message_and_register_together_cannot_return_more_than_was_paid(paid, put, night):
    put("returns/back.txt", return_message("1935,00"))
    put("returns/back.csv", returns_register(return_row("t1", "0.01", day="2026-11-13")))
    ran = night()
    assert sorted(paid_and_left(ran))[-1] == (193500, 193500, "returned")
    assert codes(ran) == ["return_exceeds_payment"]
    assert ran.table("breaks")["amount_tiyn"].to_list() == [1]


def test_a_return_too_large_or_without_original_cancels_nothing(paid, put, night):
    put("returns/back.csv", returns_register(return_row("t1", "1935.01"), return_row("t2", "5.00", reference="REF-9")))
    ran = night()
    assert {row[1] for row in paid_and_left(ran)} == {0}
    assert codes(ran) == ["return_exceeds_payment", "return_without_payment"]


def test_a_return_for_a_resent_document_cancels_the_one_that_counts(paid, put, night):
    put("bank/resent.txt", "\n" + message(item(1), item(2, person=OTHER), total="3870,00"))
    put("returns/back.csv", returns_register(return_row("t1", "1935.00", number="15")))
    ran = night()
    assert sorted(paid_and_left(ran)) == [(193500, 0, "settled"), (193500, 193500, "returned")]
    assert codes(ran) == ["duplicate_document"]


def test_a_return_for_a_withdrawn_document_fits_nothing_any_more(paid, put, night, mshi):
    put("returns/back.csv", returns_register(return_row("t1", "1935.00")))
    first = night()
    sha = first.table("files").filter(pl.col("file_name") == "paid.txt")["file_sha256"][0]
    assert mshi("withdraw", sha, "--reason", "sent twice", "--as-of", "2026-11-21").status == 0
    ran = night("2026-11-21")
    assert ran.table("payments").height == 0 and codes(ran) == ["return_without_payment"]


def test_status_changes_on_the_day_of_the_return_and_the_snapshot_before_stays(put, night, mshi):
    months = [
        (year, month) for year in (2025, 2026) for month in range(1, 13) if (2025, 11) <= (year, month) <= (2026, 11)
    ]
    put("bank/a.csv", bank_register(*(bank_row(f"p{y}{m}", period=f"{m:02d}{y}") for y, m in months)))
    before = night("2026-11-20")
    kept = {path.name: path.read_bytes() for path in before.folder.iterdir()}
    put("returns/b.csv", returns_register(f"t1,2026-11-20,p202611,,{PERSON},{PERSON},122,112026,4250.00,mistake"))
    after = night("2026-11-21")
    told = [ran.table("insured_status").select("status", "coverage_months").row(0) for ran in (before, after)]
    assert told == [("insured", "P" * 12), ("insured", "P" * 11 + "-")]
    assert after.table("insured_status")["reason"][0] == "not_yet_due"
    assert {path.name: path.read_bytes() for path in before.folder.iterdir()} == kept
    again = mshi("rerun", "2026-11", "--known-at", "2026-11-20")
    assert (again.status, again.folder) == (0, before.folder)


def test_a_refund_on_its_way_is_neither_payment_nor_return(paid, put, night):
    refund = message(item(1), reference="FSMS-1", number="301", payer="160940025485", payer_account=FUND, day="261113")
    put("returns/refund.txt", refund)
    ran = night()
    assert {row[1] for row in paid_and_left(ran)} == {0} and ran.table("payments").height == 2
    assert ran.table("returns").height == 0
    assert ran.table("breaks").select("code", "amount_tiyn").rows() == [("refund_in_transit", 193500)]
