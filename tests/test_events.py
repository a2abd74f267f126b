"""What a person lets in afterwards by mshi accept: an event of its own day, with the first verdict kept."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hashes import parquet_hashes
from statement_texts import breaks_of, records, sha_of, statement
from test_layouts import ASCII, ASCII_ROWS, lay
from texts import PERSON, bank_register, bank_row, item, kazpost_register, kazpost_row, message, register

from pipelines.cli import main

pytestmark = pytest.mark.usefixtures("no_database")

CATEGORIES = "iin,category,from,to"
WHY = ("--reason", "the bank confirmed it", "--by", "Officer")


@pytest.fixture
def accept(mshi):
    """Accept a file on a day."""
    return lambda sha, day="2026-11-20": mshi("accept", sha, *WHY, "--as-of", day)


def pensioners(count: int) -> str:
    return CATEGORIES + "\n" + f"{PERSON},pension,2020-01-01,\n" * count


def test_what_counts_already_is_not_released_a_second_time_and_says_so(put, night, accept):
    """The message stands refused for its total, and the officer is sent to accept; once released it is a duplicate."""
    put("bank/a.txt", message(total="1,00"))
    assert accept(sha_of(night("2026-11-18"), "a.txt")).status == 0
    put("bank/b.txt", message(total="1,00") + message(reference="B"))
    sha = sha_of(night("2026-11-20"), "b.txt")
    again = accept(sha, "2026-11-21")
    assert again.status == 2 and "counts already; nothing is missing" in again.err
    assert "nothing that a person may release" in accept(sha_of(night("2026-11-21"), "a.txt"), "2026-11-21").err


def test_each_of_the_four_reasons_can_be_released(put, night, accept, mshi, home):
    put("bank/original.txt", message())
    put("registers/categories.csv", pensioners(1000))
    night("2026-11-18")
    put("bank/document_differs.txt", message(item(amount="1000,00"), item(2, amount="935,00")))
    put("bank/control_total.txt", message(reference="T", total="1,00"))
    put("kazpost/control_count.txt", kazpost_register(kazpost_row(), count="2"))
    put("registers/categories_shrunk.csv", pensioners(899))
    refused = night("2026-11-19")
    names = ["document_differs.txt", "control_total.txt", "control_count.txt", "categories_shrunk.csv"]
    for name in names:
        told = accept(sha_of(refused, name)[:8])
        assert told.status == 0 and "the next run counts them" in told.out, told.err
    ran = night("2026-11-20")
    assert ran.status == 0, ran.err
    events = ran.table("files").filter(pl.col("event") == "accept")
    assert events.select("file_name", "refused_reason", "accepted_lines", "refused_lines").rows() == [
        (name, None, lines, 0) for name, lines in zip(names, (2, 1, 1, 899), strict=True)
    ]
    assert set(events["received_on"]) == {date(2026, 11, 20)}
    assert set(ran.table("quarantine")["released_on"]) == {date(2026, 11, 20)}
    assert sorted(ran.table("files")["refused_reason"].drop_nulls()) == sorted(
        name.split(".")[0].replace("categories_", "register_") for name in names
    )
    assert breaks_of(ran, "control_total", "control_count", "document_differs") == []
    assert len(breaks_of(refused, "control_total", "control_count", "document_differs")) == 3
    assert ran.table("payments").height == 5 and "nothing is in quarantine" in mshi("quarantine").out


NOT_RELEASED = {
    "truncated.txt": message(reference="T", end=""),
    "unrecognised.txt": "Дорогие коллеги",
    "empty_file.txt": " ",
    "missing_columns.csv": bank_register(bank_row()).replace(",period,", ",month,"),
    "duplicate_document.txt": message() + "\n",
    "a bad line.csv": bank_register(bank_row(amount="x")),
    "good.txt": message(),
}


def test_nothing_else_is_released_and_no_record_is_made(put, night, accept, home):
    put("bank/good.txt", message())
    night("2026-11-18")
    for name, text in NOT_RELEASED.items():
        put(f"bank/{name}", text)
    ran = night("2026-11-19")
    before = records(home)
    for name in NOT_RELEASED:
        told = accept(sha_of(ran, name))
        assert (
            told.status == 2 and "only register_shrunk, control_total, control_count, document_differs" in told.err
        ), name
    sha = sha_of(ran, "good.txt")
    for wrong in ("0" * 64, sha[:7], "", "zz"):
        told = accept(wrong)
        assert told.status == 2 and "file has this sha256" in told.err
    assert records(home) == before


def test_an_acceptance_is_recorded_with_who_why_and_day(put, night, accept, mshi, home):
    put(f"bank/{PERSON} Құпия.txt", message(total="1,00"))
    sha = sha_of(night("2026-11-18"), f"{PERSON} Құпия.txt")
    assert mshi("accept", sha, "--reason", " ", "--as-of", "2026-11-20").status == 2
    assert mshi("accept", sha, *WHY, "--as-of", "2026-11-17").status == 2
    assert len(records(home)) == 1
    told = accept(sha.upper()[:12])
    assert told.status == 0 and PERSON not in told.out + told.err
    record = records(home)[1]
    assert {name: record[name] for name in ("sequence", "sha256", "event", "received_on", "reason", "by")} == {
        "sequence": 2, "sha256": sha, "event": "accept", "received_on": "2026-11-20", "reason": "the bank confirmed it", "by": "Officer"
    }  # fmt: skip
    again = accept(sha)
    assert again.status == 2 and len(records(home)) == 2 and PERSON not in again.err


def test_released_money_counts_from_the_day_of_the_event(put, night, accept, mshi):
    put("bank/a.csv", bank_register(bank_row()))
    put("bank/a.csv.control.json", '{"rows": 2}')
    put("registers/persons.csv", register("iin,surname,name,patronymic", f"{PERSON},Үлгі,Адам,"))
    before = night("2026-11-19")
    hashes = parquet_hashes(before.folder)
    assert before.table("coverage").is_empty()
    accept(sha_of(before, "a.csv"))
    ran = night("2026-11-20")
    assert ran.table("coverage").select("iin", "basis").rows() == [(PERSON, "paid")]
    assert ran.table("insured_status")["coverage_months"][0].endswith("P")
    assert parquet_hashes(before.folder) == hashes
    again = mshi("rerun", "2026-11", "--known-at", "2026-11-19")
    assert (again.status, again.folder) == (0, before.folder) and "the same bytes" in again.out


def test_bad_lines_of_a_released_document_stay_outside(put, night, accept, mshi):
    lines = item(1), item(2, person="-"), item(3, amount="x")
    put("bank/a.txt", message(*lines, total="9,00"))
    accept(sha_of(night("2026-11-19"), "a.txt"))
    ran = night("2026-11-20")
    assert ran.status == 3
    assert ran.table("payments")["paid_tiyn"].to_list() == [193500]
    assert ran.table("quarantine").select("reason", "released_on").rows() == [
        ("control_total", date(2026, 11, 20)),
        ("missing_field", None),
        ("bad_amount", None),
    ]
    assert ran.table("files").select("accepted_lines", "quarantined_lines", "refused_lines").rows() == [
        (0, 0, 3),
        (1, 2, 0),
    ]
    assert "control_total" not in mshi("quarantine").out


def test_only_the_refused_message_of_a_file_comes_in(put, night, accept):
    put("bank/a.txt", message(reference="A") + message(reference="B", total="1,00") + message(reference="C", end=""))
    accept(sha_of(night("2026-11-19"), "a.txt"))
    ran = night("2026-11-20")
    assert sorted(ran.table("payments")["document_reference"]) == ["A", "B"]
    assert ran.table("quarantine").select("reason", "released_on").rows() == [
        ("control_total", date(2026, 11, 20)),
        ("truncated", None),
    ]
    assert ran.table("totals").select(pl.col("^(received|accepted|refused)_lines$").sum()).row(0) == (4, 2, 2)


def test_a_file_refused_by_its_control_file_leaves_nothing_behind_unsaid(put, night, accept, mshi):
    """What of it cannot come in has a row of its own from then on: no money is lost without one."""
    put("bank/a.txt", message(reference="A") + message(reference="B", end="") + message(reference="A"))
    put("bank/a.txt.control.json", '{"rows": 7}')
    accept(sha_of(night("2026-11-19"), "a.txt"))
    ran = night("2026-11-20")
    assert ran.table("payments")["document_reference"].to_list() == ["A"]
    left = ran.table("quarantine").filter(pl.col("released_on").is_null())
    assert sorted(left["reason"]) == ["duplicate_document", "truncated"]
    assert ran.table("files")["lines"].to_list() == [3, 3]
    assert "truncated" in mshi("quarantine").out


def test_an_unreadable_control_file_can_be_overruled(put, night, accept):
    put("bank/a.csv", bank_register(bank_row()))
    put("bank/a.csv.control.json", "{}")
    refused = night("2026-11-19")
    assert refused.table("quarantine")["reason"].to_list() == ["control_total"]
    told = accept(sha_of(refused, "a.csv"))
    assert told.status == 0, told.err
    assert night("2026-11-20").table("payments").height == 1


@pytest.mark.parametrize("table", ["payments", "statement_entries"])
def test_what_was_sent_again_and_got_in_is_not_released_besides(put, night, accept, mshi, home, table):
    """Rows without ids, and entries, cannot be known again: the first verdict must fall with the second delivery."""
    content = ASCII_ROWS.encode("cp866") if table == "payments" else statement()
    lay(home, ASCII.replace("row_id: НОМЕР, ", ""))
    put("statements/a.txt", content)
    put("statements/a.txt.control.json", '{"rows": 7}')
    sha = sha_of(night("2026-11-18"), "a.txt")
    put("statements/a.txt", content)
    came_in = night("2026-11-19")
    assert came_in.table(table).height == 1
    assert came_in.table("quarantine")["released_on"].to_list() == [date(2026, 11, 19)]
    assert came_in.table("breaks").filter(code="control_count").is_empty()
    told = accept(sha)
    assert (told.status, mshi("quarantine").out) == (2, "nothing is in quarantine\n"), told.out
    ran = night("2026-11-20")
    assert (ran.status, ran.table(table).height) == (0, 1), ran.err


def test_a_second_refusal_takes_the_place_of_the_first(put, night, accept, mshi):
    for day in ("2026-11-17", "2026-11-18"):
        put("bank/a.txt", message(total="1,00"))
        refused = night(day)
    assert "1 rows, 1 935,00 tenge" in mshi("quarantine").out
    first, last = date(2026, 11, 17), date(2026, 11, 18)
    assert refused.table("quarantine").select("received_on", "released_on").rows() == [(first, last), (last, None)]
    assert refused.table("breaks").filter(code="control_total").height == 1
    assert accept(sha_of(refused, "a.txt")).status == 0
    ran = night("2026-11-20")
    assert ran.table("payments").height == 1
    assert ran.table("quarantine")["released_on"].to_list() == [last, date(2026, 11, 20)]
    assert mshi("quarantine").out == "nothing is in quarantine\n"


def test_the_earlier_document_counts_until_it_is_withdrawn(put, night, accept, mshi):
    put("bank/a.txt", message())
    put("bank/b.txt", message(item(amount="1000,00"), item(2, amount="935,00")))
    refused = night("2026-11-18")
    later, earlier = (
        refused.table("files").filter(pl.col("accepted_lines") == lines)["file_name"][0]
        for lines in (0, refused.table("payments").height)
    )
    accept(sha_of(refused, later), "2026-11-19")
    assert night("2026-11-19").table("payments").height == 3
    assert mshi("withdraw", sha_of(refused, earlier), *WHY, "--as-of", "2026-11-20").status == 0
    ran = night("2026-11-20")
    assert set(ran.table("payments")["file_sha256"]) == {sha_of(refused, later)}


def test_a_home_rebuilt_from_its_archive_knows_all_events(put, night, accept, mshi, home, tmp_path, capsys):
    put("bank/a.txt", message(reference="A", total="1,00"))
    put("bank/b.txt", message(reference="B"))
    put("bank/c.txt", ASCII_ROWS.encode("cp866"))
    put("statements/d.txt", statement())
    runs = [night("2026-11-17")]
    accept(sha_of(runs[0], "a.txt"), "2026-11-18")
    lay(home, ASCII)
    mshi("replay", "--as-of", "2026-11-18")
    runs.append(night("2026-11-18"))
    for name in ("b.txt", "d.txt"):
        assert mshi("withdraw", sha_of(runs[0], name), *WHY, "--as-of", "2026-11-19").status == 0
    put("bank/e.txt", message(reference="B") + "\n")
    runs.append(night("2026-11-19"))
    assert [sorted(ran.table("payments")["document_reference"]) for ran in runs] == [
        ["B"],
        ["1", "A", "B"],
        ["1", "A", "B"],
    ]
    rebuilt = tmp_path / "rebuilt"
    rebuilt.mkdir()
    shutil.copytree(home / "archive", rebuilt / "archive")
    for ran in runs:
        capsys.readouterr()
        assert main(["rerun", "2026-11", "--known-at", ran.folder.name.split("_")[1], "--home", str(rebuilt)]) == 0
        folder = Path(capsys.readouterr().out.splitlines()[-1])
        assert folder.name == ran.folder.name and parquet_hashes(folder) == parquet_hashes(ran.folder)
