"""An auditor's re-runs: any night of a history again, by the rules of its day, on this home or one rebuilt from its archive."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hashes import parquet_hashes
from texts import OTHER, PERSON, THIRD, bank_register, bank_row, register, returns_register

from pipelines import again, bounds, events
from pipelines import night as job
from pipelines.cli import main
from schemas.rules import FOLDER, load_law

MONTH = "2026-10"
CATEGORIES = "iin,category,from,to"
DAYS = ("2026-10-20", "2026-10-28", "2026-11-05", "2026-11-10", "2026-11-12")
CHANGED = '    - {valid_from: "2026-01", value: "5000", published: "2026-11-08", law: "Art. 28", source: "test"}\n'


@dataclass
class Night:
    """A night of the history: its day, its snapshot's name, the hashes of its tables, the reasons in its statuses."""

    day: str
    name: str
    hashes: dict[str, str]
    reasons: tuple[str, ...]


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """Five nights of one month: a first file, a late one, a return and a changed register, a changed law, a recall."""
    folder = tmp_path_factory.mktemp("history")
    home, nights = folder / "home", []

    def put(name: str, text: str) -> None:
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def night() -> None:
        day = DAYS[len(nights)]
        assert main(["run", "--as-of", day, "--month", MONTH, "--home", str(home)]) == 0
        link = json.loads((home / "snapshots/chain.jsonl").read_text().splitlines()[-1])
        snapshot = home / "snapshots" / MONTH / link["snapshot"]
        reasons = pl.read_parquet(snapshot / "insured_status.parquet")["reason"]
        nights.append(Night(day, snapshot.name, parquet_hashes(snapshot), tuple(reasons)))

    with pytest.MonkeyPatch.context() as patch:
        year = [bank_row(f"p{n}", day="2026-10-15", period=f"{n:02d}2026") for n in range(1, 11)]
        year += [bank_row(f"e{n}", day="2026-10-15", period=f"{n}2025") for n in (11, 12)]
        put("bank/first.csv", bank_register(*year[:-1]))
        put("registers/categories.csv", register(CATEGORIES, f"{THIRD},student,2020-01-01,"))
        night()
        put("bank/late.csv", bank_register(year[-1], bank_row("o1", day="2026-10-15", person=OTHER, period="102026")))
        night()
        put("returns/r.csv", returns_register(f"t1,2026-11-03,o1,,{PERSON},{OTHER},122,102026,4250.00,mistake"))
        put("registers/categories.csv", register(CATEGORIES, f"{THIRD},pension,2020-01-01,2026-09-30"))
        night()
        rules = later_law(folder / "rules")
        for module in (job, again, bounds, events):
            patch.setattr(module, "load_law", lambda: load_law(rules))
        night()
        files = (home / "archive/intake.jsonl").read_text().splitlines()
        sha = next(told["sha256"] for told in map(json.loads, files) if told["name"] == "late.csv")
        recall = ["withdraw", sha, "--reason", "sent by mistake", "--as-of", DAYS[4], "--home", str(home)]
        assert main(recall) == 0
        night()
        yield home, nights


def later_law(rules: Path) -> Path:
    """The law of today with another amount of independent payers for all of 2026, published on 2026-11-08."""
    shutil.copytree(FOLDER, rules)
    path = rules / "amounts.yaml"
    before, after = path.read_text().split("independent_amount:")
    lines = after.splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines[:12]) if line.startswith("    - {"))
    path.write_text(f"{before}independent_amount:{''.join([*lines[: last + 1], CHANGED, *lines[last + 1 :]])}")
    return rules


@pytest.fixture
def home(lived, tmp_path) -> Path:
    """A copy of the history's home for each test."""
    return Path(shutil.copytree(lived[0], tmp_path / "home"))


@pytest.fixture
def history(lived) -> list[Night]:
    return lived[1]


def test_every_night_of_a_history_again(history, mshi, home):
    """By its snapshot: the rules of its night come from the archive, also with the ledger made anew."""
    assert len({one.name for one in history}) == 5 and len({one.reasons for one in history}) >= 4
    shutil.rmtree(home / "ledger")
    for one in history:
        told = mshi("rerun", "--snapshot", one.name)
        assert (told.status, told.folder.name) == (0, one.name) and "the same bytes" in told.out, told.err
        assert parquet_hashes(told.folder) == one.hashes


def test_every_night_again_by_day_and_law_on_a_rebuilt_home(history, home, tmp_path, capsys):
    """From nothing but the archive: the chain begins anew and says so, the tables are those of the night."""
    rebuilt = tmp_path / "rebuilt"
    shutil.copytree(home / "archive", rebuilt / "archive")
    for one in history:
        capsys.readouterr()
        assert main(["rerun", MONTH, "--known-at", one.day, "--law-as-of", one.day, "--home", str(rebuilt)]) == 0
        told = capsys.readouterr()
        assert parquet_hashes(Path(told.out.splitlines()[-1])) == one.hashes, one.day
        assert ("begin anew" in told.err and history[3].name in told.err) == (one is history[0])
    first = json.loads((rebuilt / "snapshots/chain.jsonl").read_text().splitlines()[0])
    assert first["previous"] is None


def test_the_law_of_another_day_gives_another_snapshot_and_says_why(history, mshi):
    person, night = sorted([PERSON, OTHER, THIRD]).index(PERSON), history[1]
    by_today = mshi("rerun", MONTH, "--known-at", night.day)
    assert by_today.folder.name != night.name and f"against {night.name}: rules changed" in by_today.out
    assert "insured_status" in by_today.out.split("tables that differ: ")[1]
    assert by_today.table("insured_status")["reason"][person] != night.reasons[person] == "paid"
    on_its_eve = mshi("rerun", MONTH, "--known-at", night.day, "--law-as-of", "2026-11-07")
    assert json.loads((on_its_eve.folder / "manifest.json").read_text())["law_as_of"] == "2026-11-07"
    assert parquet_hashes(on_its_eve.folder) == night.hashes
    assert mshi("rerun", MONTH, "--known-at", night.day, "--law-as-of", "2026-11-07").folder == on_its_eve.folder
    told = json.loads(mshi("diff", by_today.folder.name, on_its_eve.folder.name, "--format", "json").out)["people"]
    assert [(row["iin"], row["cause"]) for row in told] == [(PERSON, "rule_value")]
    assert mshi("rerun", "--snapshot", on_its_eve.folder.name).folder == on_its_eve.folder
    after = mshi("rerun", MONTH, "--known-at", night.day, "--law-as-of", "2026-11-08")
    assert "came in" not in after.out and "accepted" not in after.out and "events" not in after.out
    assert parquet_hashes(after.folder) == parquet_hashes(by_today.folder)


def test_rules_that_are_nowhere_are_named(history, mshi, home):
    sha256 = json.loads((home / "snapshots" / MONTH / history[0].name / "manifest.json").read_text())["rules_sha256"]
    (home / "archive" / sha256[:2] / sha256).unlink()
    told = mshi("rerun", "--snapshot", history[0].name)
    assert told.status == 1 and f"its rules {sha256[:12]} are neither today's" in told.err


def test_analysts_get_no_answer_to_an_auditors_question(history, mshi, home):
    """Another law is tried for the newest day; the analysts' database keeps what that night published."""
    assert mshi("rerun", MONTH, "--law-as-of", "2020-03-01").status == 0
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        assert con.sql("SELECT snapshot_id FROM months").fetchall() == [(history[4].name,)]


@pytest.mark.parametrize("day", ["2019-12-31", "2101-01-01", "yesterday"])
def test_a_law_of_no_day(mshi, day):
    told = mshi("rerun", MONTH, "--known-at", DAYS[0], "--law-as-of", day)
    assert told.status == 2 and "--law-as-of" in told.err


def test_many_months_at_once(history, mshi):
    told = mshi("backfill", "2026-08", "2026-10", "--known-at", DAYS[1], "--law-as-of", DAYS[1])
    folders = [Path(line) for line in told.out.splitlines() if line.startswith("/")]
    assert told.status == 0 and [folder.parent.name for folder in folders] == ["2026-08", "2026-09", "2026-10"]
    alone = mshi("rerun", "2026-08", "--known-at", DAYS[1], "--law-as-of", DAYS[1])
    assert alone.folder == folders[0] and "the same bytes" in alone.out
    assert parquet_hashes(folders[2]) == history[1].hashes


def test_many_months_that_are_none(mshi):
    for first, last, said in (("2026-10", "2026-08", "earlier one first"), ("2026-10", "2027-02", "must lie between")):
        told = mshi("backfill", first, last)
        assert told.status == 2 and said in told.err and not told.out
