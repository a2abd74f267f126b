"""Files and documents that are refused whole: each for its reason, bytes kept, the rest goes on, exit status 3."""

import hashlib
import json

import polars as pl
import pytest
from texts import (
    BANK_HEADER,
    EMPLOYER,
    OTHER,
    PERSON,
    bank_register,
    bank_row,
    item,
    kazpost_register,
    kazpost_row,
    message,
    register,
    returns_register,
)

from pipelines.readers import Unreadable
from pipelines.readers.recognise import Limits, read_file

pytestmark = pytest.mark.usefixtures("no_database")

GOOD = bank_register(bank_row("good", person=OTHER, payer=OTHER))

REFUSED = {
    "empty": ("bank/a.txt", b"", "empty_file"),
    "nothing but blanks": ("bank/a.txt", b" \r\n\t\n", "empty_file"),
    "only a byte order mark": ("bank/a.txt", b"\xef\xbb\xbf\n", "empty_file"),
    "unknown format": ("bank/a.txt", "Дорогие коллеги", "unrecognised"),
    "a statement, not readable yet": ("statements/a.txt", "1CClientBankExchange\n", "unrecognised"),
    "a message of another type": ("bank/a.txt", message().replace("I102", "I950"), "unrecognised"),
    "a single message with people in items": ("bank/a.txt", message(item(), item(2)).replace("I102", "I100"), "unrecognised"),
    "a register whose lines were joined": ("returns/a.csv", returns_register("t1,2026-11-12,REF-1,15," + EMPLOYER + "," + PERSON + ",121,102026,100.00,mistake").replace("\n", " "), "missing_columns"),
    "categories whose lines were joined": ("registers/categories.csv", register("iin,category,from,to", f"{PERSON},pension,2020-01-01,").replace("\n", ","), "missing_columns"),
    "a register in the wrong folder": ("bank/categories.csv", "iin,category,from,to\n", "unrecognised"),
    "a register of an unknown kind": ("registers/people.csv", "iin,category,from,to\n", "unrecognised"),
    "a control file alone": ("bank/a.csv.control.json", '{"rows": 1}', "unrecognised"),
    "two formats at once": ("bank/a.txt", bank_register(bank_row()) + message(), "ambiguous"),
    "a NUL byte": ("bank/a.csv", bank_register(bank_row()).replace("app", "a\0p"), "undecodable"),
    "UTF-16": ("bank/a.csv", bank_register(bank_row()).encode("utf-16"), "undecodable"),
    "neither UTF-8 nor KZ-1048": ("bank/a.csv", BANK_HEADER.encode() + b"\n\xff\x98\xff\n", "undecodable"),
    "a line over 1 MiB": ("bank/a.csv", bank_register(bank_row(surname="Ү" * (1 << 20))), "too_large"),
    "half a message": ("bank/a.txt", message(end=""), "truncated"),
    "a message without its total": ("bank/a.txt", message().replace(":32A:261110KZT1935,00\n", ""), "truncated"),
    "a message without its beginning": ("bank/a.txt", "{1:F01}\n{2:I102X}\n-}\n" + message()[80:], "truncated"),
    "a kazpost register without its trailer": ("kazpost/a.csv", kazpost_register(kazpost_row(), end=False), "truncated"),
    "a total too large": ("bank/a.txt", message(total="1935,01"), "control_total"),
    "a total too small": ("bank/a.txt", message(total="1934,99"), "control_total"),
    "a total with letters": ("bank/a.txt", message(total="1935,OO"), "control_total"),
    "an amount with letters under a total": ("bank/a.txt", message(item(amount="19З5,00")), "control_total"),
    "an amount that stands twice": ("bank/a.txt", message(item(more=":32B:KZT1,00\n")), "control_total"),
    "another currency": ("bank/a.txt", message().replace(":32B:KZT", ":32B:USD"), "control_total"),
    "a kazpost total off by a tiyn": ("kazpost/a.csv", kazpost_register(kazpost_row(), total="4250,01"), "control_total"),
    "a kazpost count too small": ("kazpost/a.csv", kazpost_register(kazpost_row(), count="0"), "control_count"),
    "a kazpost count too large": ("kazpost/a.csv", kazpost_register(kazpost_row(), count="2"), "control_count"),
    "a kazpost count in letters": ("kazpost/a.csv", kazpost_register(kazpost_row(), count="one"), "control_count"),
    "a missing column": ("bank/a.csv", bank_register(bank_row()).replace(",period,", ",month,"), "missing_columns"),
    "a column twice": ("bank/a.csv", bank_register(bank_row()).replace("surname", "iin"), "missing_columns"),
    "a register's missing column": ("registers/categories.csv", "iin,category,from\n", "missing_columns"),
    "amounts beyond all money": (
        "bank/a.txt",
        message(*(item(n, "922337203685477,58") for n in range(1, 12)), total="10145709240540253,38"),
        "control_total",
    ),
}  # fmt: skip


@pytest.mark.parametrize("told", REFUSED, ids=list(REFUSED))
def test_refused_whole_and_the_rest_goes_on(put, night, home, told):
    name, content, reason = REFUSED[told]
    given = put(name, content).read_bytes()
    put("bank/good.csv", GOOD)
    ran = night()
    assert ran.status == 3
    refused = ran.table("files").filter(pl.col("refused_reason").is_not_null())
    assert refused.select("file_name", "refused_reason").rows() == [(name.split("/")[1], reason)]
    assert refused["accepted_lines"].to_list() == [0]
    assert reason in ran.table("quarantine")["reason"].to_list()
    assert reason in ran.err and name in ran.err
    assert ran.table("payments")["iin"].to_list() == [OTHER]
    sha = hashlib.sha256(given).hexdigest()
    assert (home / "archive" / sha[:2] / sha).read_bytes() == given
    assert not (home / "inbox" / name).exists()


def test_other_messages_of_the_file_go_on(put, night):
    put("bank/a.txt", message(reference="A") + message(reference="B", total="1,00") + message(reference="C", end=""))
    ran = night()
    assert ran.table("payments")["document_reference"].to_list() == ["A"]
    quarantine = ran.table("quarantine")
    assert quarantine["reason"].to_list() == ["control_total", "truncated"]
    assert quarantine["line_no"].to_list() == [38, 72]  # of their :20:
    assert quarantine["amount_tiyn"].to_list() == [193500, 193500]
    assert ran.table("files").select("refused_reason", "lines", "accepted_lines", "refused_lines").rows() == [
        (None, 3, 1, 2)
    ]


def test_a_count_that_cannot_be_read_is_told_as_that(put, night):
    put("kazpost/a.txt", kazpost_register(kazpost_row(), count="x"))
    message = night().table("quarantine")["message"].item()
    assert "Declared 4 250,00 tenge in an unreadable number of lines, found 4 250,00 tenge in 1 line." in message


def test_a_control_file_without_a_sum_is_told_by_its_lines(put, night):
    put("bank/a.csv", bank_register(bank_row("p1")))
    put("bank/a.csv.control.json", '{"rows": 9}')
    message = night().table("quarantine")["message"].item()
    assert " Declared 9 lines, found 1 line. " in message


@pytest.mark.parametrize("control", ["{}", '{"sum": 1', '{"sum": "8500,00"}'])
def test_a_control_file_that_says_nothing_readable_is_told_with_the_sum_found(put, night, control):
    put("bank/a.csv", bank_register(bank_row("p1")))
    put("bank/a.csv.control.json", control)
    message = night().table("quarantine")["message"].item()
    assert " Declared nothing readable, found 4 250,00 tenge in 1 line. " in message


def test_a_file_too_large(put):
    path = put("bank/a.csv", bank_register(bank_row()))
    with pytest.raises(Unreadable, match="too_large"):
        read_file(path, path.name, is_register=False, limits=Limits(file=100))


@pytest.mark.parametrize(
    ("sidecar", "reason"),
    [
        ({"rows": 1, "sum": "4250.00"}, None),
        ({"rows": 1}, None),
        ({"sum": 4250.5}, "control_total"),
        ({"sum": 4250.0}, None),  # a JSON number is read as the text it is
        ({"rows": 2, "sum": "4250.00"}, "control_count"),
        ({"rows": 0, "sum": "4250.00"}, "control_count"),
        ({"rows": 1, "sum": "4250.01"}, "control_total"),
        ({"rows": 1, "sum": "4249.99"}, "control_total"),
        ({"rows": 1, "sum": "4250,00"}, "control_total"),
        ({}, "control_total"),
        ([1], "control_total"),
    ],
    ids=str,
)
def test_control_file(put, night, sidecar, reason):
    put("bank/a.csv", bank_register(bank_row()))
    put("bank/a.csv.control.json", json.dumps(sidecar))
    ran = night()
    assert ran.table("files")["refused_reason"].to_list() == [reason]
    assert ran.status == (3 if reason else 0)
    assert [p for p in (ran.folder.parents[2] / "inbox" / "bank").iterdir()] == []


@pytest.mark.parametrize("name", ["bank/a.csv", "registers/categories.csv"])
def test_a_control_file_alone_is_told_that_its_file_did_not_come(put, night, name):
    put(f"{name}.control.json", '{"rows": 1}')
    told = night().err
    assert "unrecognised: " in told and "Expected the file of this control file, which did not come with it." in told
    assert "a control file its file" in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04\0\0", "text without NUL bytes; this is a ZIP archive, as .xlsx is too, and nothing is unpacked."),
        ("a,b\n".encode("utf-16"), "text without NUL bytes; this is UTF-16."),
        (b"a\0b", "text without NUL bytes."),
    ],
    ids=["zip", "utf-16", "nul"],
)
def test_what_a_file_is_instead_of_text_is_told_and_how_to_send_it(tmp_path, mshi, content, told):
    (tmp_path / "a.csv").write_bytes(content)
    said = mshi("check", str(tmp_path / "a.csv")).out
    assert f"Expected {told}" in said and "Ask the sender for the file as plain text in UTF-8." in said


def test_a_register_of_no_kind_is_told_the_kinds(tmp_path, mshi):
    (tmp_path / "registers").mkdir()
    (tmp_path / "registers/CATEGORIES.csv").write_text("iin,category,from,to\n")
    kinds = "categories, exemptions, reversals, iin_links, entrepreneurs, persons"
    assert f"in small letters: {kinds}." in mshi("check", str(tmp_path / "registers/CATEGORIES.csv")).out


def test_quotes_that_are_not_closed_are_told_as_that(tmp_path, mshi):
    (tmp_path / "a.csv").write_text(bank_register(bank_row().replace("Үлгі", '"Үлгі')))
    assert "row: missing_field: " in (said := mshi("check", str(tmp_path / "a.csv")).out)
    assert "Found 'quotes that are not closed'." in said


def test_what_is_declared_and_found_is_told_in_tenge(tmp_path, mshi):
    (tmp_path / "a.csv").write_text(bank_register(bank_row(amount="1234567.05"), bank_row("p2", amount="0.95")))
    (tmp_path / "a.csv.control.json").write_text('{"rows": 1, "sum": "123.40"}')
    told = "Declared 123,40 tenge in 1 line, found 1 234 568,00 tenge in 2 lines."
    assert told in mshi("check", str(tmp_path / "a.csv")).out


def test_a_control_file_waits_for_its_unfinished_file(put, night, home):
    put("bank/a.csv.part", "half")
    put("bank/a.csv.control.json", '{"rows": 1}')
    ran = night()
    assert ran.status == 0
    assert sorted(path.name for path in (home / "inbox/bank").iterdir()) == ["a.csv.control.json", "a.csv.part"]


def test_refused_bytes_are_read_again(put, night):
    put("kazpost/a.csv", kazpost_register(kazpost_row(), total="1,00"))
    assert night("2026-11-19").status == 3
    put("kazpost/b.csv", kazpost_register(kazpost_row(), total="1,00"))
    put("bank/good.csv", GOOD)
    ran = night("2026-11-20")
    files = ran.table("files").filter(pl.col("source") == "kazpost")
    assert files["refused_reason"].to_list() == ["control_total", "control_total"]


def test_difference_of_a_broken_total_is_the_break_amount(put, night):
    put("bank/a.txt", message(total="2000,00"))
    put("kazpost/b.csv", kazpost_register(kazpost_row(), count="5"))
    breaks = night().table("breaks").select("code", "severity", "amount_tiyn", "line_no")
    assert breaks.rows() == [("control_count", "error", 0, 0), ("control_total", "error", 6500, 4)]
