"""What a replay lets in of a document of which only a part had got in, and what it must leave where it was."""

from datetime import date

import pytest
from texts import PERSON, bank_register, bank_row, item, kazpost_register, kazpost_row, message, register

pytestmark = pytest.mark.usefixtures("no_database")


def test_lines_of_a_document_with_a_count_come_in_without_it(put, night, mshi):
    """The trailer of the register counts both lines; one had got in."""
    put("kazpost/a.csv", kazpost_register(kazpost_row(), kazpost_row("R-2", day="05.12.2026"), total="8500,00"))
    assert night("2026-11-20").table("payments").height == 1
    assert mshi("replay", "--as-of", "2026-12-04").out.startswith("kazpost/a.csv: 1 lines")
    assert night("2026-12-04").table("payments")["document_reference"].to_list() == ["R-2"]


def test_a_document_that_is_refused_still_stays_refused(put, night, mshi):
    """Of two messages of a file one is refused for its total, of the other a line is dated ahead."""
    ahead = message(item(1), item(2, person="-"), reference="B", number="2", day="261205", total="3870,00")
    put("bank/two.txt", message(reference="A", number="1", total="1,00") + ahead)
    before = night("2026-11-20").table("quarantine").select("line_no", "reason").rows()
    assert [reason for _, reason in before] == ["control_total", "bad_date", "missing_field"]
    assert mshi("replay", "--as-of", "2026-12-04").out.startswith("bank/two.txt: 1 lines")
    assert night("2026-12-04").table("payments").height == 1
    november = mshi("rerun", "2026-11", "--known-at", "2026-12-04").table("quarantine")
    released = dict(november.select("reason", "released_on").rows())
    assert released == {"control_total": None, "bad_date": date(2026, 12, 4), "missing_field": None}
    assert "control_total" in mshi("quarantine").out


def test_a_register_that_is_still_too_small_makes_no_event(put, night, mshi):
    pensioner = f"{PERSON},pension,2020-01-01,"
    put("registers/categories.csv", register("iin,category,from,to", *[pensioner] * 1000))
    night("2026-11-18")
    put("registers/categories.csv", register("iin,category,from,to", *[pensioner] * 10))
    assert night("2026-11-19").table("quarantine")["reason"].to_list() == ["register_shrunk"]
    assert mshi("replay", "--as-of", "2026-11-20").out == "released 0 lines, 0,00 tenge\n"
    assert "register_shrunk" in mshi("quarantine").out


def test_a_recalled_file_stays_recalled_when_it_comes_again(put, night, withdraw):
    """Its row says on which day it was sent and that it was recalled; to be sent again releases nothing."""
    put("bank/a.csv", bank_register(bank_row(), bank_row("p2", channel="QIWI")))
    ran = night("2026-11-18")
    withdraw(ran.table("files")["file_sha256"].item(), "2026-11-19")
    put("bank/a.csv", bank_register(bank_row(), bank_row("p2", channel="QIWI")))
    ran = night("2026-11-20")
    assert ran.table("quarantine").select("reason", "sender", "released_on").rows() == [("withdrawn", None, None)]
    assert ran.table("payments").height == 2


def test_a_recalled_register_stays_recalled_when_the_next_one_comes(put, night, withdraw):
    put("registers/categories.csv", register("iin,category,from,to", f"{PERSON},pension,2020-01-01,"))
    withdraw(night("2026-11-18").table("files")["file_sha256"].item(), "2026-11-19")
    put("registers/categories.csv", register("iin,category,from,to", f"{PERSON},pension,2020-02-01,"))
    ran = night("2026-11-20")
    assert ran.table("quarantine").select("reason", "released_on").rows() == [("withdrawn", None)]
