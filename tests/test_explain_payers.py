"""`mshi explain` of people who are paid for by an entrepreneur, and of the register's rows that decide about them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from case_files import PEOPLE
from conftest import Ran
from explained import numbers_in, paths_of
from texts import OTHER, PERSON, THIRD, bank_register, bank_row, register, returns_register

from pipelines.cli import main
from pipelines.explain.asked import asked
from pipelines.explain.keys import EXPLANATION
from pipelines.explain.touched import touched
from pipelines.explain.touched_text import as_lines
from pipelines.explain.words import LANGUAGES, words
from pipelines.home import Home
from pipelines.summary import tenge

pytestmark = pytest.mark.usefixtures("no_database")

# THIRD is the old IIN of PERSON, an entrepreneur, and pays for OTHER too little for own money. FARMER pays alone.
FARMER = PEOPLE["relative"]
HIRED = [
    bank_row(
        f"h{month:02d}", f"2026-{month:02d}-20", payer=THIRD, person=OTHER, period=f"{month:02d}2026", amount="900"
    )
    for month in range(1, 11)
]
FILES = {
    "bank/rows.csv": bank_register(*HIRED, bank_row("own", payer=FARMER, person=FARMER, amount="900")),
    "registers/entrepreneurs.csv": register(
        "iin,kind,from,to", f"{PERSON},farm,2020-01-01,", f"{FARMER},farm,2020-01-01,"
    ),
    "registers/iin_links.csv": register("old_iin,current_iin", f"{THIRD},{PERSON}"),
}


@pytest.fixture(scope="module")
def payers(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("payers") / "home"
    for name, text in FILES.items():
        path = root / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert main(["run", "--as-of", "2026-11-20", "--home", str(root)]) in (0, 3)
    return root


@pytest.fixture
def explain(payers, capsys):
    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        status = main(["explain", *arguments, "--home", str(payers)])
        told = capsys.readouterr()
        return Ran(status, told.out, told.err)

    return call


def sha_of(home: Path, name: str) -> str:
    files = pl.read_parquet(next(home.glob("snapshots/2026-11/*/files.parquet")))
    return files.filter(pl.col("file_name") == name)["file_sha256"].item()


@pytest.mark.parametrize("name", ["entrepreneurs.csv", "iin_links.csv"])
def test_a_row_about_a_payer_names_the_people_paid_for(payers, explain, name):
    facts = json.loads(explain("--file", sha_of(payers, name), "--line", "2", "--json").out)
    assert OTHER in facts["people"]
    october = next(row for row in facts["months"] if (row["iin"], row["month"]) == (OTHER, "2026-10-01"))
    assert october["with"]["coverage_months"].endswith("PPPPPPPPPP")
    assert october["without"]["coverage_months"] == "-" * 12


def test_withheld_money_is_explained_by_the_interval_of_its_payer(payers, explain):
    facts = json.loads(explain(OTHER, "--json").out)
    assert {row["payer_kind"] for row in facts["payments"]} == {"withheld"}
    assert facts["intervals"] == [] and paths_of(facts) <= set(EXPLANATION)
    told = facts["payer_intervals"]
    keys = ("payer_iin", "register", "code", "from", "to", "file_sha256", "line_no")
    sha256 = sha_of(payers, "entrepreneurs.csv")
    assert [[row[key] for key in keys] for row in told] == [
        [PERSON, "entrepreneurs", "farm", "2020-01-01", None, sha256, 2]
    ]
    assert f"payer {PERSON}: farm, from 2020-01-01" in explain(OTHER).out
    texts = [explain(OTHER, "--lang", language).out for language in LANGUAGES]
    assert numbers_in(texts[0]) == numbers_in(texts[1]) == numbers_in(texts[2])


@pytest.fixture(scope="module")
def of_farmer(payers) -> dict:
    """The facts of the register's row about FARMER."""
    return touched(asked(Home(payers), None, None, None), sha_of(payers, "entrepreneurs.csv"), 3)


def test_a_change_of_arrears_alone_says_them(of_farmer):
    facts = of_farmer
    october = next(row for row in facts["months"] if row["month"] == date(2026, 10, 1))
    more, less = october["with"]["arrears_tiyn"], october["without"]["arrears_tiyn"]
    assert october["with"] | {"arrears_tiyn": less} == october["without"] and more > less
    for language in LANGUAGES:
        line = next(one for one in as_lines(facts, words(language)) if words(language).month(date(2026, 10, 1)) in one)
        assert tenge(more) in line and tenge(less) in line


def test_a_change_of_missing_months_alone_says_them(of_farmer):
    side = {"status": "uninsured", "reason": "gap", "coverage_months": "-" * 12, "arrears_tiyn": 0}
    other = {"with": {**side, "missing_months": [date(2026, 9, 1)]}, "without": {**side, "missing_months": []}}
    row = {"iin": FARMER, "month": date(2026, 11, 1), **other}
    line = as_lines({**of_farmer, "months": [row]}, words("en"))[-1]
    assert line.endswith("(broken run), missing 2026-09") and "(broken run), missing nothing; with it" in line


def test_a_payer_without_lines_of_its_own_is_told_as_one(explain):
    for payer in (PERSON, THIRD):
        ran = explain(payer)
        assert (ran.status, ran.out) == (1, "") and payer not in ran.err
        assert f"…{payer[-4:]}" in ran.err and "only as a payer" in ran.err and "people paid for" in ran.err
        assert "--known-at" in explain(payer, "--known-at", "2026-11-19").err


def test_recalled_lines_and_a_replaced_register_are_told_as_such(put, night, mshi):
    put("bank/rows.csv", bank_register(bank_row()))
    put("registers/categories.csv", register("iin,category,from,to", f"{OTHER},pension,2026-01-01,"))
    put("returns/r.csv", returns_register(f"r1,2026-11-12,n2,,{THIRD},{THIRD},122,112026,4250.00,mistake"))
    files = night().table("files")
    assert mshi("explain", PERSON).status == mshi("explain", OTHER).status == 0
    sha256 = files.filter(pl.col("file_name") == "rows.csv")["file_sha256"].item()
    assert mshi("withdraw", sha256, "--reason", "test", "--as-of", "2026-11-21").status == 0
    put("registers/categories.csv", register("iin,category,from,to", f"{FARMER},pension,2026-01-01,"))
    assert night("2026-11-21").status in (0, 3)
    for iin in (PERSON, OTHER):
        ran = mshi("explain", iin)
        assert (ran.status, ran.out) == (1, "") and iin not in ran.err
        assert f"…{iin[-4:]}" in ran.err and "recalled" in ran.err and "an earlier day with --known-at" in ran.err
        assert mshi("explain", iin, "--known-at", "2026-11-20").status == 0
    ran = mshi("explain", THIRD)
    assert ran.status == 1 and THIRD not in ran.err and "only returns" in ran.err
