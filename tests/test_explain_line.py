"""`mshi explain --file SHA --line N`: what a line is, and exactly the statuses that would be others without it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from explained import numbers_in
from statement_texts import document, statement
from texts import EMPLOYER, OTHER, PERSON, THIRD, bank_register, bank_row, item, message, register, returns_register

from pipelines.cli import main
from pipelines.explain.asked import asked
from pipelines.explain.touched import touched as touched_of
from pipelines.explain.touched_text import as_lines
from pipelines.explain.words import LANGUAGES, words
from pipelines.home import Home

pytestmark = pytest.mark.usefixtures("no_database")

MONTHS = [f"{month:02d}2026" for month in range(1, 11)]
ROWS = [bank_row(f"p{period}", f"2026-{period[:2]}-20", period=period) for period in ["122025", *MONTHS]]
ROWS[0] = bank_row("p122025", "2025-12-20", period="122025")
FILES = {
    "bank/a_rows.csv": bank_register(*ROWS, bank_row("bad", amount="x", person=THIRD)),
    "bank/b_november.csv": bank_register(bank_row("n1"), bank_row("n2", person=OTHER)),
    "bank/c_list.txt": message(item(), item(2, person=OTHER), total="3870,00"),
    "bank/d_wrong.txt": message(reference="REF-2", number="16", total="1,00"),
    "bank/f_list_again.txt": message(item(), item(2, person=OTHER), total="3870,00"),
    "returns/r.csv": returns_register(f"r1,2026-11-12,n2,,{PERSON},{OTHER},122,112026,4250.00,mistake"),
    "registers/categories.csv": register("iin,category,from,to", f"{THIRD},pension,2026-10-01,2026-10-31"),
    "bank/e_empty.csv": " \n",
    "registers/exemptions.csv": register("iin,kind,from,to", f"{THIRD},nonsense,2026-10-01,2026-10-31"),
    "registers/iin_links.csv": register("old_iin,current_iin", f"{THIRD},{OTHER}"),
}


def night(root: Path, files: dict[str, str]) -> pl.DataFrame:
    """One night of these files; gives the statuses of the month."""
    for name, text in files.items():
        path = root / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert main(["run", "--as-of", "2026-11-20", "--home", str(root)]) in (0, 3)
    return statuses(root)


def statuses(root: Path) -> pl.DataFrame:
    return pl.read_parquet(next(root.glob("snapshots/2026-11/*/insured_status.parquet")))


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("line") / "home"
    night(root, FILES)
    return root


@pytest.fixture
def touched(home, capsys):
    def call(name: str, line: int, *more: str) -> dict:
        capsys.readouterr()
        status = main(
            ["explain", "--file", sha_of(home, name)[:8], "--line", str(line), "--json", *more, "--home", str(home)]
        )
        told = capsys.readouterr()
        assert status == 0, told.err
        return json.loads(told.out)

    return call


def sha_of(home: Path, name: str) -> str:
    files = pl.read_parquet(next(home.glob("snapshots/2026-11/*/files.parquet")))
    return files.filter(pl.col("file_name") == Path(name).name)["file_sha256"].item()


@pytest.mark.parametrize(
    "name, line",
    [("a_rows.csv", 5), ("b_november.csv", 2), ("r.csv", 2), ("categories.csv", 2), ("iin_links.csv", 2)],
)
def test_a_line_touches_what_a_home_without_it_says_otherwise(home, touched, tmp_path, name, line):
    facts = touched(name, line)
    left = {
        path: "\n".join(
            row for number, row in enumerate(text.split("\n"), 1) if not (Path(path).name == name and number == line)
        )
        for path, text in FILES.items()
    }
    keys = ["status", "reason", "coverage_months", "arrears_tiyn"]
    told = [{row["iin"]: row for row in frame.to_dicts()} for frame in (statuses(home), night(tmp_path / "home", left))]
    moved = {
        iin
        for iin in told[0].keys() | told[1].keys()
        if [told[0].get(iin, {}).get(key) for key in keys] != [told[1].get(iin, {}).get(key) for key in keys]
    }
    here = {row["iin"]: row for row in facts["months"] if row["month"] == "2026-11-01"}
    assert set(here) == moved and moved
    for iin, row in here.items():
        for side, was in (("with", told[0]), ("without", told[1])):
            assert (row[side] is None) == (iin not in was)
            assert row[side] is None or [row[side][key] for key in keys] == [was[iin][key] for key in keys]


def test_a_payment_names_its_person_and_the_months_that_it_covers(touched):
    facts = touched("b_november.csv", 2)
    assert facts["people"] == [PERSON] and facts["covers"] == ["2026-11-01"]
    assert facts["payments"][0]["paid_tiyn"] == 425000
    assert {row["month"] for row in facts["months"]} >= {"2026-11-01", "2026-12-01"}


def test_a_return_names_the_payment_that_it_lessens(home, touched):
    facts = touched("r.csv", 2)
    told = facts["returns"][0]
    assert (told["outcome"], told["payment_file"], told["payment_line"]) == (
        "matched",
        sha_of(home, "b_november.csv"),
        3,
    )


def test_an_inner_line_of_a_message_belongs_to_its_item(touched):
    first = FILES["bank/c_list.txt"].split("\n").index(":21:2") + 1
    facts = touched("c_list.txt", first + 3, "--show-line")
    assert (facts["asked_line"], facts["line_no"], facts["people"]) == (first + 3, first, [OTHER])
    assert facts["format"] is not None  # though the same bytes came again and were not read
    assert facts["line_text"].startswith(":21:2\n:32B:") and ":21:1" not in facts["line_text"]


def test_a_quarantined_line_and_a_refused_document_say_why_and_what_next(touched):
    line = touched("a_rows.csv", len(ROWS) + 2)
    assert [row["reason"] for row in line["outside"]] == ["bad_amount"] and line["people"] == []
    document = touched("d_wrong.txt", 20)
    assert [row["reason"] for row in document["outside"]] == ["control_total"]
    assert document["outside"][0]["next_step"] and document["months"] == []


def told_of(root, capsys, name, line, day="2026-11-21") -> dict:
    capsys.readouterr()
    question = ["explain", "--file", sha_of(root, name), "--line", str(line), "--known-at", day, "--home", str(root)]
    assert main([*question, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_released_line_says_who_released_it_and_why(tmp_path, capsys):
    """The line was refused with its document, and counts because a person made sure of it."""
    root = tmp_path / "home"
    night(root, {"bank/d_wrong.txt": FILES["bank/d_wrong.txt"] + message(reference="REF-3", number="17")})
    sha = sha_of(root, "d_wrong.txt")
    why = ["--reason", "the bank confirms", "--by", "duty", "--as-of", "2026-11-21", "--home", str(root)]
    assert main(["accept", sha, *why]) == 0
    first = FILES["bank/d_wrong.txt"].split("\n").index(":21:1") + 1
    facts = told_of(root, capsys, "d_wrong.txt", first)
    (row,) = facts["outside"]
    assert facts["payments"][0]["paid_tiyn"] == 193500 and row["reason"] == "control_total"
    assert (row["released_on"], row["released_by"], row["released_why"]) == ("2026-11-21", "duty", "the bank confirms")
    known = touched_of(asked(Home(root), None, date(2026, 11, 21), None), sha, first)
    for language in LANGUAGES:
        told = "\n".join(as_lines(known, words(language)))
        assert "the bank confirms" in told and "None" not in told
    other = told_of(root, capsys, "d_wrong.txt", first + FILES["bank/d_wrong.txt"].count("\n"))
    assert other["payments"] and other["outside"] == []
    before = told_of(root, capsys, "d_wrong.txt", first, "2026-11-20")
    assert before["payments"] == [] and before["outside"][0]["released_on"] is None


def test_the_line_of_a_statement_tells_whether_it_balances(tmp_path, capsys):
    root = tmp_path / "home"
    night(root, {"statements/good.txt": statement(), "statements/off.txt": statement(document(), closing="7.00")})
    breaks = pl.read_parquet(next(root.glob("snapshots/2026-11/*/breaks.parquet"))).filter(code="statement_balance")
    for name, line, balances in (("off.txt", breaks["line_no"][0], False), ("good.txt", 5, True)):
        facts = told_of(root, capsys, name, line)
        assert [row["balances"] for row in facts["statements"]] == [balances]
        known = touched_of(asked(Home(root), None, None, None), sha_of(root, name), line)
        told = [numbers_in("\n".join(as_lines(known, words(language)))) for language in LANGUAGES]
        assert told[0] == told[1] == told[2] and told[0]


def test_a_line_that_the_file_does_not_have(home, capsys):
    capsys.readouterr()
    question = ["explain", "--file", sha_of(home, "c_list.txt"), "--line", "9999", "--home", str(home)]
    assert main(question) == 1
    assert "this file has no line 9999" in capsys.readouterr().err


def test_a_recalled_line_says_so(tmp_path, capsys):
    root = tmp_path / "home"
    night(root, {"bank/b_november.csv": FILES["bank/b_november.csv"]})
    sha = sha_of(root, "b_november.csv")
    assert main(["withdraw", sha, "--reason", "test", "--as-of", "2026-11-21", "--home", str(root)]) == 0
    capsys.readouterr()
    assert (
        main(["explain", "--file", sha, "--line", "2", "--known-at", "2026-11-21", "--json", "--home", str(root)]) == 0
    )
    facts = json.loads(capsys.readouterr().out)
    assert (facts["withdrawn_on"], facts["payments"][0]["state"], facts["months"]) == ("2026-11-21", "withdrawn", [])
    assert (
        main(["explain", "--file", sha, "--line", "2", "--known-at", "2026-11-20", "--json", "--home", str(root)]) == 0
    )
    before = json.loads(capsys.readouterr().out)
    assert (before["withdrawn_on"], before["payments"][0]["state"]) == (None, "settled")


@pytest.mark.parametrize(
    "name, line", [("r.csv", 2), ("a_rows.csv", len(ROWS) + 2), ("c_list.txt", 25), ("categories.csv", 2)]
)
def test_the_three_languages_tell_the_same_about_a_line(home, name, line):
    facts = touched_of(asked(Home(home), None, None, None), sha_of(home, name), line)
    told = [numbers_in("\n".join(as_lines(facts, words(language)))) for language in LANGUAGES]
    assert told[0] == told[1] == told[2] and told[0]


def test_a_line_of_nothing_is_told_without_personal_data(home, capsys):
    capsys.readouterr()
    sha = sha_of(home, "a_rows.csv")
    assert main(["explain", "--file", sha, "--line", "1", "--home", str(home)]) == 1
    told = capsys.readouterr()
    assert told.out == "" and "line 1" in told.err and PERSON not in told.err and EMPLOYER not in told.err


def test_a_file_of_later_is_told_with_its_day(home, capsys):
    capsys.readouterr()
    question = ["explain", "--file", sha_of(home, "a_rows.csv")[:8], "--line", "2", "--home", str(home)]
    assert main([*question, "--known-at", "2026-11-19"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and "came in on 2026-11-20, not known on 2026-11-19" in told.err


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_no_format_or_no_money_is_not_told_to_have(home, language):
    question = asked(Home(home), None, None, None)
    for name, line in (("e_empty.csv", 0), ("exemptions.csv", 2)):
        facts = touched_of(question, sha_of(home, name), line)
        told = "\n".join(as_lines(facts, words(language)))
        assert [row["reason"] for row in facts["outside"]] == [{0: "empty_file", 2: "unknown_code"}[line]]
        assert "None" not in told and "0,00" not in told
