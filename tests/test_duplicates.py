"""The same money twice: resent documents and lines are told from honest twins and from corrected resends."""

import polars as pl
import pytest
from texts import (
    OTHER,
    PERSON,
    THIRD,
    bank_register,
    bank_row,
    item,
    kazpost_register,
    kazpost_row,
    message,
    returns_register,
)

pytestmark = pytest.mark.usefixtures("no_database")


def reasons(ran) -> list[str]:
    return ran.table("quarantine")["reason"].to_list()


def test_same_bytes_again_leave_one_row_and_nothing_else(put, night):
    put("bank/a.txt", message())
    night("2026-11-18")
    put("bank/b.txt", message())
    ran = night("2026-11-19")
    assert ran.status == 0
    assert ran.table("files").select("file_name", "refused_reason", "lines").rows() == [
        ("a.txt", None, 1),
        ("b.txt", "seen_before", 0),
    ]
    assert ran.table("payments").height == 1 and reasons(ran) == [] and ran.table("breaks").height == 0


def test_same_bytes_twice_in_one_run(put, night):
    put("bank/b.txt", message())
    put("kazpost/a.txt", message())
    assert night().table("files").select("file_name", "refused_reason").rows() == [
        ("b.txt", None),
        ("a.txt", "seen_before"),
    ]


def test_resent_document_with_the_same_lines(put, night):
    put("bank/a.txt", message(item(1), item(2, "1,00", OTHER), total="1936,00"))
    night("2026-11-18")
    put("bank/b.txt", message(item(1, "1,00", OTHER), item(2), total="1936,00").replace("/NUM/15", "/NUM/0015"))
    ran = night("2026-11-19")
    assert ran.status == 0
    assert reasons(ran) == ["duplicate_document"]
    assert ran.table("breaks").select("code", "amount_tiyn", "line_no").rows() == [("duplicate_document", 193600, 4)]
    assert ran.table("files")["duplicate_lines"].to_list() == [0, 2]
    assert ran.table("payments").height == 2


def test_a_resent_document_in_a_file_with_a_control_file(put, night):
    """The file as such is accepted, so its documents are told of one by one."""
    put("bank/a.txt", message())
    night("2026-11-18")
    put("bank/b.txt", message() + message(reference="REF-2", number="16"))
    put("bank/b.txt.control.json", '{"rows": 2}')
    ran = night("2026-11-19")
    assert ran.status == 0 and reasons(ran) == ["duplicate_document"]
    assert ran.table("breaks").select("code", "amount_tiyn", "line_no").rows() == [("duplicate_document", 193500, 4)]


def test_resent_document_with_other_lines_waits_for_a_person(put, night):
    put("bank/a.txt", message())
    night("2026-11-18")
    put("bank/b.txt", message(item(person=OTHER)))
    ran = night("2026-11-19")
    assert ran.status == 3
    assert reasons(ran) == ["document_differs"]
    assert ran.table("breaks").filter(pl.col("severity") == "error").select("code", "amount_tiyn").rows() == [
        ("document_differs", 0)
    ]
    assert ran.table("files")["refused_lines"].to_list() == [0, 1]


def test_whatever_a_line_says_makes_a_document_differ(put, night):
    """Same numbers, date, total and payer, but other lines: contract section 3, "The same money twice"."""
    lines = item(1, "1000,00"), item(2, "935,00", OTHER)
    changed = [
        message(item(1, "935,00"), item(2, "1000,00", OTHER)),
        message(*lines, knp="122"),
        message(*lines, period="092026"),
        message(item(1, "1000,00", surname="Басқа"), lines[1]),
        *(message(*lines).replace(was, now, 1) for was, now in (("NM/Адам", "NM/Ева"), ("FT/-", "FT/Ата"))),
        message(*lines).replace(f"DT/18{PERSON[:6]}", "DT/18800101", 1),
    ]
    put("bank/a.txt", "".join([message(*lines), *changed, message(*lines)]))
    ran = night()
    assert reasons(ran) == ["document_differs"] * len(changed) + ["duplicate_document"]
    assert ran.table("payments").height == 2


def test_what_tells_documents_apart(put, night):
    """Another bank, reference, number, date, total or payer each make a document of its own."""
    apart = [
        message().replace("CASPKZKA", "HSBKKZKX"),
        message(reference="REF-2"),
        message(number="16"),
        message().replace("/DATE/261110", "/DATE/261109"),
        message(item(amount="1936,00"), total="1936,00"),
        message(payer=PERSON),
    ]
    put("bank/a.txt", "".join([message(), *apart]))
    ran = night()
    assert reasons(ran) == [] and ran.table("payments").height == 1 + len(apart)


def test_documents_of_one_file_are_judged_in_their_order(put, night):
    put("bank/a.txt", message() + message() + message(item(person=OTHER)))
    ran = night()
    assert reasons(ran) == ["duplicate_document", "document_differs"]
    assert ran.table("payments")["iin"].to_list() == [PERSON]


def test_twins_are_separate_payments(put, night):
    """Equal lines of one message, equal payments of messages with another number, equal rows with other ids."""
    put("bank/a.txt", message(item(1), item(2), total="3870,00") + message(number="16") + message(reference="REF-2"))
    put("bank/b.csv", bank_register(bank_row("p1"), bank_row("p2"), bank_row("p1", channel="terminal"), bank_row("")))
    ran = night()
    assert ran.status == 0
    assert ran.table("payments").height == 8


def test_a_refused_or_faulty_document_is_nobodys_original(put, night):
    put("bank/a.txt", message(total="2,00"))
    put("bank/b.txt", message(item(person="-"), reference="REF-2"))
    assert night("2026-11-18").status == 3
    put("bank/c.txt", message(item(amount="2,00"), total="2,00"))
    put("bank/d.txt", message(item(person=OTHER), reference="REF-2"))
    ran = night("2026-11-19")
    assert ran.table("payments").select("document_reference", "paid_tiyn").sort("document_reference").rows() == [
        ("REF-1", 200),
        ("REF-2", 193500),
    ]


def test_a_register_line_again(put, night):
    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p2", person=OTHER)))
    night("2026-11-18")
    rows = bank_row("p1"), bank_row("p2", person=THIRD), bank_row("p3"), bank_row("p3"), bank_row("p3", amount="1.00")
    put("bank/b.csv", bank_register(*rows))
    ran = night("2026-11-19")
    assert ran.table("quarantine").select("line_no", "reason").rows() == [
        (2, "duplicate_payment"),
        (3, "id_conflict"),
        (5, "duplicate_payment"),
        (6, "id_conflict"),
    ]
    assert ran.table("files")["duplicate_lines"].to_list() == [0, 2]
    assert ran.table("breaks")["code"].to_list().count("duplicate_payment") == 2
    assert ran.status == 3


def test_whatever_a_row_says_makes_its_id_conflict(put, night):
    row = bank_row("p1")
    told = [{"day": "2026-11-09"}, {"payer": OTHER}, {"person": OTHER}, {"knp": "124"}, {"period": "102026"}]
    told += [{"amount": "4250.01"}, {"surname": "Басқа"}]
    changed = [bank_row("p1", **one) for one in told]
    changed += [row.replace(",Адам,,", other) for other in (",Ева,,", ",Адам,Ата,")]
    put("bank/a.csv", bank_register(row, *changed, row))
    assert reasons(night()) == ["id_conflict"] * len(changed) + ["duplicate_payment"]


def test_only_duplicate_lines_end_with_status_0(put, night):
    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p1")))
    ran = night()
    assert (ran.status, reasons(ran)) == (0, ["duplicate_payment"])


def test_a_quarantined_line_is_nobodys_original(put, night):
    put("bank/a.csv", bank_register(bank_row("p1", amount="4250.00x"), bank_row("p1"), bank_row("p1")))
    ran = night()
    assert reasons(ran) == ["bad_amount", "duplicate_payment"]


def test_receipts_are_known_by_bank(put, night):
    put("kazpost/a.csv", kazpost_register(kazpost_row("R-1")))
    put("kazpost/b.csv", kazpost_register(kazpost_row("R-1")).replace("REESTR;77", "REESTR;78"))
    put("kazpost/c.csv", kazpost_register(kazpost_row("R-1")).replace("KPSTKZKA", "KPSTKZKB"))
    ran = night()
    assert reasons(ran) == ["duplicate_payment"]
    assert ran.table("payments").height == 2


def test_a_padded_bic_is_the_same_bank(put, night):
    put("kazpost/a.csv", kazpost_register(kazpost_row("R-1")))
    night("2026-11-18")
    put("kazpost/b.csv", kazpost_register(kazpost_row("R-1")).replace("KPSTKZKA", "KPSTKZKAXXX"))
    ran = night()
    assert (ran.status, reasons(ran)) == (0, ["duplicate_payment"])
    put("kazpost/c.csv", kazpost_register(kazpost_row("R-2")).replace("KPSTKZKA", " kpstkzkaxxx "))
    assert night().table("payments")["payer_bank"].to_list() == ["KPSTKZKA", "KPSTKZKA"]


def test_a_resent_return_cancels_once(put, night):
    row = f"t1,2026-11-12,p1,,{PERSON},{PERSON},122,112026,4250.00,mistake"
    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p2")))
    put("returns/a.csv", returns_register(row))
    put("returns/b.csv", returns_register(row, row.replace("t1", "t2").replace(",p1,", ",p2,")))
    ran = night()
    assert reasons(ran) == ["duplicate_payment"]
    assert sorted(ran.table("payments")["returned_tiyn"]) == [425000, 425000]
