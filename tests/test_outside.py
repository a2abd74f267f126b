"""What stands outside, for the duty officer, and what became of each line, for its sender; nobody is named in either."""

import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest
from statement_texts import document, sha_of, statement
from texts import (
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

from pipelines.cli import main

pytestmark = pytest.mark.usefixtures("no_database")

WHY = ("--reason", "confirmed", "--as-of", "2026-11-20")


@pytest.fixture
def filled(put, night):
    """Faults of three senders, taken in on 2026-11-20."""
    rows = (
        bank_row("1"),
        bank_row("2", amount="x"),
        bank_row("3", knp="010", amount="10.00"),
        bank_row("4", knp="010", amount="20.50"),
    )
    put("bank/app.csv", bank_register(*rows))
    put("bank/list.txt", message(item(), item(2, person="-", amount="65,00"), total="2000,00"))
    put("bank/bad total.txt", message(reference="T", total="1,00"))
    put("kazpost/post.csv", kazpost_register(kazpost_row(person="-")))
    put("statements/s.txt", statement(document(), document(number="16", amount="5,00")))
    put("returns/letter.txt", "Дорогие коллеги")
    return night()


def listed(out: str) -> list[tuple[str, ...]]:
    """reason, source, sender, rows of the printed table, without its head and its sum."""
    table = out.split("\n\n")[0]
    return [tuple(line.split()[:4]) for line in table.splitlines()[1:-1]]


def test_quarantine_lists_what_stands_by_reason_and_sender_with_its_money(filled, mshi):
    told = mshi("quarantine")
    assert told.status == 0
    assert listed(told.out) == [
        ("bad_amount", "bank", "app", "1"),
        ("bad_amount", "statements", "-", "1"),
        ("control_total", "bank", "CASPKZKA", "1"),
        ("missing_field", "bank", "CASPKZKA", "1"),
        ("missing_field", "kazpost", "KPSTKZKA", "1"),
        ("unrecognised", "returns", "-", "1"),
        ("unsupported_knp", "bank", "app", "2"),
    ]
    money = {" ".join(line.split()[:2]): " ".join(line[53:75].split()) for line in told.out.splitlines()[1:-1]}
    assert (money["control_total bank"], money["missing_field bank"], money["unsupported_knp bank"]) == (
        "1 935,00",
        "65,00",
        "30,50",
    )
    assert "8 rows, 6 280,50 tenge; row by row: --reason R or --source S; after a mend: mshi replay\n" in told.out
    sha = sha_of(filled, "bad total.txt")[:12]
    assert told.out.splitlines()[-1] == f"{sha}  bank/bad total.txt line 4: control_total, 1 935,00 tenge"
    assert "2026-11-20" in told.out and "Ask the sender" in told.out
    assert PERSON not in told.out and EMPLOYER not in told.out and "Үлгі" not in told.out


@pytest.mark.parametrize(
    ("chosen", "rows"),
    [
        (("--reason", "bad_amount"), [("bad_amount", "bank", "app", "1"), ("bad_amount", "statements", "-", "1")]),
        (("--source", "kazpost"), [("missing_field", "kazpost", "KPSTKZKA", "1")]),
        (("--source", "app", "--reason", "unsupported_knp"), [("unsupported_knp", "bank", "app", "2")]),
        (("--source", "kazpost", "--reason", "bad_amount"), []),
    ],
    ids=str,
)
def test_quarantine_can_be_narrowed(filled, mshi, chosen, rows):
    told = mshi("quarantine", *chosen)
    assert (told.status, listed(told.out)) == (0, rows)
    assert rows or told.out == "nothing is in quarantine\n"


def test_quarantine_that_is_narrowed_tells_row_by_row_where_and_what_was_found(filled, mshi):
    sha = sha_of(filled, "app.csv")[:12]
    assert mshi("quarantine", "--reason", "unsupported_knp").out.split("row by row:\n")[1].splitlines() == [
        f"{sha}  bank/app.csv line {line}, knp: unsupported_knp: A payment purpose code other than 121 to 124. Found '010'. "
        "The line is quarantined, the rest goes on. Ask the sender what the money is."
        for line in (4, 5)
    ]
    assert "returns/letter.txt: unrecognised: No reader" in mshi("quarantine", "--source", "returns").out
    assert "row by row:\n" not in mshi("quarantine").out


def test_quarantine_row_by_row_is_no_longer_than_a_screen_or_two(put, night, mshi):
    put("bank/app.csv", bank_register(*(bank_row(str(n), amount="x") for n in range(45))))
    night()
    rows = mshi("quarantine", "--source", "app").out.split("row by row:\n")[1].splitlines()
    assert (len(rows), rows[-1]) == (41, "... and 5 more in the table quarantine of the snapshots")


def test_quarantine_of_an_empty_home_is_empty(mshi, home):
    (home / "archive").mkdir(parents=True)
    told = mshi("quarantine")
    assert (told.status, told.out) == (0, "nothing is in quarantine\n")


def test_what_was_released_or_withdrawn_stands_outside_no_more(filled, mshi):
    assert mshi("accept", sha_of(filled, "bad total.txt"), *WHY).status == 0
    assert mshi("withdraw", sha_of(filled, "app.csv"), *WHY).status == 0
    reasons = [row[0] for row in listed(mshi("quarantine").out)]
    assert [reason for reason in reasons if reason != "withdrawn"] == [
        "bad_amount",
        "missing_field",
        "missing_field",
        "unrecognised",
    ]


@pytest.fixture
def acknowledged(mshi, tmp_path):
    """The acknowledgement of a sender's month as rows by column name."""

    def call(source: str, month: str = "2026-11") -> list[dict[str, str]]:
        path = tmp_path / "told.csv"
        told = mshi("acknowledge", "--source", source, "--month", month, "--to", str(path))
        assert told.status == 0, told.err
        assert Path(told.out.splitlines()[-1]) == path
        rows = list(csv.DictReader(io.StringIO(path.read_text())))
        assert told.out.startswith(f"{len(rows)} rows for {source}\n")
        return rows

    return call


def told_of(rows: list[dict[str, str]], *columns: str) -> list[tuple[str, ...]]:
    return sorted(tuple(row[column] for column in columns) for row in rows)


def test_acknowledgement_by_folder_tells_every_line_or_document(filled, acknowledged):
    rows = acknowledged("bank")
    assert told_of(rows, "file", "line_no", "reference", "verdict", "reason", "amount_tenge") == [
        ("app.csv", "2", "1", "accepted", "", "4250.00"),
        ("app.csv", "3", "2", "refused", "bad_amount", ""),
        ("app.csv", "4", "3", "refused", "unsupported_knp", "10.00"),
        ("app.csv", "5", "4", "refused", "unsupported_knp", "20.50"),
        ("bad total.txt", "4", "T", "refused", "control_total", "1935.00"),
        ("list.txt", "25", "REF-1", "accepted", "", "1935.00"),
        ("list.txt", "33", "REF-1", "refused", "missing_field", "65.00"),
    ]
    assert {row["received_on"] for row in rows} == {"2026-11-20"}
    assert all(row["message"] for row in rows if row["verdict"] == "refused")
    assert not [row for row in rows if "sk the sender" in row["message"] or "mshi" in row["message"]]
    (total,) = [row["message"] for row in rows if row["reason"] == "control_total"]
    assert total.endswith("Send a complete file, or confirm that its lines are right.")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("CASPKZKA", [("bad total.txt", "refused"), ("list.txt", "accepted"), ("list.txt", "refused")]),
        ("app", [("app.csv", "accepted")] + [("app.csv", "refused")] * 3),
        ("KPSTKZKA", [("post.csv", "refused")]),
        ("statements", [("s.txt", "accepted"), ("s.txt", "refused")]),
        ("returns", [("letter.txt", "refused")]),
    ],
)
def test_acknowledgement_of_one_sender(filled, acknowledged, source, found):
    assert told_of(acknowledged(source), "file", "verdict") == found


def test_a_refused_register_is_told_to_its_sender(put, night, acknowledged):
    """The BIC stands in the first line, whatever its trailer says."""
    put("kazpost/post.csv", kazpost_register(kazpost_row(), count="2"))
    night()
    assert told_of(acknowledged("KPSTKZKA"), "file", "reason") == [("post.csv", "control_count")]


def test_acknowledgement_of_the_month_of_receipt_only(put, night, acknowledged, mshi):
    put("bank/october.csv", bank_register(bank_row("1", day="2026-10-30")))
    night("2026-10-30")
    put("bank/november.csv", bank_register(bank_row("1", day="2026-10-30"), bank_row("2", day="2026-10-30")))
    night("2026-11-02")
    assert told_of(acknowledged("bank", "2026-10"), "file", "verdict") == [("october.csv", "accepted")]
    assert told_of(acknowledged("bank"), "file", "line_no", "verdict", "reason") == [
        ("november.csv", "2", "duplicate", "duplicate_payment"),
        ("november.csv", "3", "accepted", ""),
    ]
    for wrong in (("bank", "2026-09"), ("kazpost", "2026-11"), ("bank", "November")):
        assert mshi("acknowledge", "--source", wrong[0], "--month", wrong[1]).status == 2


def test_an_acknowledgement_needs_something_that_came_in(mshi, home):
    (home / "archive").mkdir(parents=True)
    told = mshi("acknowledge", "--source", "bank", "--month", "2026-11")
    assert told.status == 2 and "nothing was ever taken in" in told.err


def test_acknowledgement_says_what_stands_after_acceptance_and_withdrawal(filled, acknowledged, mshi):
    """A sender who reads `refused` sends again: so a released document is told as released, and as accepted."""
    mshi("accept", sha_of(filled, "bad total.txt"), *WHY)
    mshi("withdraw", sha_of(filled, "list.txt"), *WHY)
    rows = acknowledged("bank")
    found = told_of([row for row in rows if row["file"] != "app.csv"], "file", "verdict", "reason", "amount_tenge")
    assert found == [
        ("bad total.txt", "accepted", "", "1935.00"),
        ("bad total.txt", "released", "control_total", "1935.00"),
        ("list.txt", "refused", "withdrawn", "2000.00"),
    ]


def test_a_refused_line_is_told_by_the_senders_own_reference(filled, acknowledged):
    rows = [row for row in acknowledged("bank") if row["verdict"] == "refused"]
    assert rows and all(row["reference"] for row in rows), rows


def test_no_cell_is_a_formula(put, night, acknowledged):
    """A reference, a number, a channel or a file's name may begin like one; a spreadsheet must not run it."""
    signs = "=+-@\t\r"
    rows = [bank_row(f"{sign}1+1", channel=f"{sign}cmd") for sign in signs.strip()]
    put("bank/=HYPERLINK(1).csv", bank_register(*rows))
    put("bank/@list.txt", message(reference="=1+1") + message(reference="+1", total="1,00"))
    put("statements/-s.txt", statement(document(number="=2+2")))
    night()
    cells = [cell for source in ("bank", "statements") for row in acknowledged(source) for cell in row.values()]
    assert {"'=1+1", "'@1+1", "'=2+2"} <= set(cells)
    assert [cell for cell in cells if cell and cell[0] in signs] == []


def test_nobody_is_named(put, night, mshi, tmp_path, home):
    put(
        f"bank/{PERSON}.csv",
        bank_register(bank_row(surname="Құпия"), bank_row("2", person=f"{OTHER[:-1]}x", surname="Құпия")),
    )
    put("returns/r.csv", returns_register(f"t1,2026-11-12,REF-1,15,{EMPLOYER},{OTHER},121,102026,{OTHER}x,Құпия"))
    night()
    target = tmp_path / "told.csv"
    for source in ("bank", "returns"):
        told = mshi("acknowledge", "--source", source, "--month", "2026-11", "--to", str(target))
        text = target.read_text() + told.out + told.err
        for secret in (PERSON, OTHER, OTHER[:-1], "Құпия"):
            assert secret not in text, source


def test_nobody_else_may_read_an_acknowledgement_and_nothing_is_left_beside_it(filled, mshi, tmp_path):
    for name in ("told.csv", "Банк's told.csv"):
        assert mshi("acknowledge", "--source", "bank", "--month", "2026-11", "--to", str(tmp_path / name)).status == 0
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "told.csv", "Банк's told.csv"]


def test_an_acknowledgement_lies_here_unless_told_otherwise(put, night, home, tmp_path, monkeypatch, capsys):
    put("bank/a.csv", bank_register(bank_row(channel="../app")))
    night()
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["acknowledge", "--source", "../app", "--month", "2026-11", "--home", str(home)]) == 0
    assert [path.name for path in tmp_path.glob("*.csv")] == ["acknowledgement__app_2026-11.csv"]
    assert json.loads((home / "archive/intake.jsonl").read_text())["event"] == "delivery"


def test_who_releases_what_came_again_mended_is_told_that_both_count(put, night, mshi):
    put("bank/wrong.txt", message(item(), total="1,00"))
    put("bank/mended.txt", message(item()))
    put("bank/another.txt", message(item(), reference="T", total="2,00"))
    night()
    listed = mshi("quarantine").out
    assert (
        "wrong.txt line 4: control_total, 1 935,00 tenge; the same numbers count already in bank/mended.txt of "
        in listed
    )
    assert listed.count("count already") == 1  # of the other one nothing came again
    told = mshi("accept", listed.split("TEXT:")[1].split("wrong.txt")[0].split()[-2], *WHY)
    assert told.status == 0 and "its numbers count already in bank/mended.txt of 2026-11-20: both count now" in told.out
    rest = mshi("quarantine").out
    assert "wrong.txt" not in rest and "another.txt" in rest and "count already" not in rest
    another = mshi("accept", rest.split("TEXT:")[1].split()[0], *WHY)
    assert another.status == 0 and "count already" not in another.out


def test_what_was_said_of_a_register_falls_with_the_next_one(put, night, mshi):
    columns = "iin,category,from,to"
    put("registers/categories.csv", register(columns, f"{PERSON},pension,2026-01-01,", f"{OTHER},none,2026-01-01,"))
    put("registers/iin_links.csv", register("old_iin,current_iin", f"{PERSON},{PERSON}"))
    assert night("2026-11-18").status == 3 and "unknown_code" in mshi("quarantine").out
    mended = register(columns, f"{PERSON},pension,2026-01-01,", f"{OTHER},pension,2026-01-01,")
    put("registers/categories.csv", mended)
    ran = night("2026-11-19")
    told = mshi("quarantine").out
    assert "unknown_code" not in told and "bad_link" in told  # the next register of another kind says nothing of that
    fallen = ran.table("quarantine").select("reason", "released_on").sort("reason").rows()
    assert fallen == [("bad_link", None), ("unknown_code", date(2026, 11, 19))]
    put("registers/categories.csv", register(columns, f"{PERSON},pension,2026-01-01,", f"{OTHER},none,2026-01-01,"))
    assert night("2026-11-20").status == 3 and "unknown_code" in mshi("quarantine").out
