"""A run that is killed or whose disk is full at any point: the next one says so and ends as if nothing had been.

In CI a few points of each kind; `make test-long` tries every change of the home and many random moments.
"""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from crash import Called, Stop, call
from hashes import parquet_hashes
from statement_texts import camt
from texts import EMPLOYER, OTHER, PERSON, THIRD, bank_register, bank_row, item, message, register, returns_register

LONG = "MSHI_LONG" in os.environ
SECONDS = 60 if LONG else 2  # how many random moments
NIGHT = ["run", "--as-of", "2026-11-19"]
RANDOM = random.Random(20261122)


def lay(home: Path, name: str, text: str) -> None:
    path = home / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    """A home with one night behind it and every kind of file in the inbox for the next."""
    home = tmp_path_factory.mktemp("crash") / "home"
    lay(home, "bank/a.csv", bank_register(bank_row("p1"), bank_row("p2", person=OTHER)))
    lay(home, "bank/off.txt", message(reference="OFF", total="1,00"))
    lay(home, "registers/categories.csv", register("iin,category,from,to", f"{THIRD},pension,2020-01-01,"))
    assert call(["run", "--as-of", "2026-11-18"], str(home)).status == 3
    lay(home, "bank/b.csv", bank_register(bank_row("p3", period="102026"), bank_row("p4", amount="x")))
    lay(home, "bank/b.csv.control.json", '{"rows": 2}')
    lay(home, "bank/c.txt", message(item(1), item(2, person=OTHER), total="3870,00"))
    lay(home, "bank/d.txt", message(item(1), item(2, person=OTHER), total="3870,00") + "\n")
    lay(home, "statements/s.xml", camt())
    lay(home, "returns/r.csv", returns_register(f"t1,2026-11-12,REF-1,15,{EMPLOYER},{OTHER},121,102026,100.00,mistake"))
    lay(home, "registers/categories.csv", register("iin,category,from,to", f"{PERSON},student,2020-01-01,"))
    return home


@pytest.fixture(scope="module")
def undisturbed(before, tmp_path_factory) -> tuple[int, dict]:
    """How many changes the night makes, and what it leaves."""
    home = Path(shutil.copytree(before, tmp_path_factory.mktemp("undisturbed") / "home"))
    ran = call(NIGHT, str(home))
    assert ran.status == 3, ran.told
    return ran.changes, left_in(home)


def left_in(home: Path) -> dict:
    """Everything that a night leaves but for the times of its run: bytes of tables, ledger and archive, the chain."""
    links = (home / "snapshots/chain.jsonl").read_text().splitlines()
    folders = {path.parent.name: parquet_hashes(path.parent) for path in home.glob("snapshots/*/*/manifest.json")}
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        people = con.sql("SELECT snapshot_id, insured, conditional, uninsured FROM months").fetchall()
    half = [path for path in home.rglob("*") if ".tmp" in path.name]
    return {
        "snapshots": folders,
        "chain": [link.split(",")[0] for link in links],
        "intake": (home / "archive/intake.jsonl").read_text(),
        "archive": sorted(path.name for path in home.glob("archive/??/*")),
        "ledger": {path.name: parquet_hashes(path) for path in home.glob("ledger/*-*")},
        "inbox": [path.name for path in home.glob("inbox/*/*")],
        "months": people,
        "half": half,
    }


def points(changes: int) -> list[int]:
    """All points of a call that makes so many changes; in CI a few of them, spread over all."""
    return list(range(1, changes + 1)) if LONG else sorted(RANDOM.sample(range(1, changes + 1), 3))


def broken_off(before: Path, folder: Path, stop: Callable[[str], Called]) -> tuple[Path, Called]:
    """A copy of the home on which the night was stopped; what was published before is untouched and can be read."""
    home = Path(shutil.copytree(before, folder / "home"))
    ran = stop(str(home))
    for path in before.glob("snapshots/*/*/*"):
        assert (home / path.relative_to(before)).read_bytes() == path.read_bytes()
    chain = (before / "snapshots/chain.jsonl").read_text()
    assert (home / "snapshots/chain.jsonl").read_text().startswith(chain)
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        assert con.sql("FROM insured_status").fetchall()
    return home, ran


def test_killed_before_any_change_of_the_home(before, undisturbed, tmp_path):
    changes, whole = undisturbed
    for at in points(changes):
        home, ran = broken_off(before, tmp_path / str(at), lambda home, at=at: call(NIGHT, home, Stop(at, "kill")))
        assert ran.status == -9
        begun = len((home / "runs.jsonl").read_text().splitlines()) == 3
        again = call(NIGHT, str(home))
        assert again.status in (0, 3) and ("died before its end" in again.told) == begun, (at, again.told)
        assert left_in(home) == whole, at
        shutil.rmtree(home)


def test_killed_at_any_moment(before, undisturbed, tmp_path):
    whole, killed = undisturbed[1], 0
    for number in range(SECONDS):
        seconds = RANDOM.uniform(0, 1)
        home, ran = broken_off(before, tmp_path / str(number), lambda home, s=seconds: call(NIGHT, home, seconds=s))
        killed += ran.status == -9
        again = call(NIGHT, str(home))
        assert again.status in (0, 3), again.told
        assert left_in(home) == whole, seconds
        shutil.rmtree(home)
    assert killed


def test_a_log_that_a_dead_rebuild_left_is_not_replayed(before, undisturbed, tmp_path):
    home = Path(shutil.copytree(before, tmp_path / "home"))
    (home / ".mshi.duckdb.tmp").write_bytes(b"half")
    (home / ".mshi.duckdb.tmp.wal").write_bytes(b"a log of another database")
    again = call(NIGHT, str(home))
    assert again.status == 3 and "home: 2 half-written, removed" in again.told
    assert left_in(home) == undisturbed[1]


def test_killed_twice(before, undisturbed, tmp_path):
    changes, whole = undisturbed
    for number in range(SECONDS // 2):
        first, second = (RANDOM.randint(1, changes) for _ in range(2))
        home, _ = broken_off(before, tmp_path / str(number), lambda home, at=first: call(NIGHT, home, Stop(at, "kill")))
        call(NIGHT, str(home), Stop(second, "kill"))
        call(NIGHT, str(home))
        assert left_in(home) == whole, (first, second)
        shutil.rmtree(home)


@pytest.mark.parametrize("how", ["full", "bytes"])
def test_a_full_disk_at_any_change(before, undisturbed, tmp_path, how):
    changes, whole = undisturbed
    for at in points(changes):
        home, ran = broken_off(before, tmp_path / str(at), lambda home, at=at: call(NIGHT, home, Stop(at, how)))
        if how == "bytes" and ran.changes == changes:  # it was done: what is left to do writes nothing
            assert ran.status in (0, 3) and left_in(home) == whole, (at, ran)
        else:
            assert ran.status == 1 and "fault of mshi" not in ran.told, (at, ran)
        again = call(NIGHT, str(home))
        assert again.status in (0, 3), again.told
        assert left_in(home) == whole, at
        shutil.rmtree(home)


@pytest.mark.parametrize("command", ["accept", "withdraw", "replay"])
def test_an_event_that_is_killed_and_given_again(before, tmp_path, command):
    """The event is there once: whole from the first call, or from the second."""
    off = next(line for line in (before / "archive/intake.jsonl").read_text().splitlines() if "off.txt" in line)
    sha = off.split('"sha256": "')[1][:64]
    given = [command, *([sha, "--reason", "the bank confirmed it"] if command != "replay" else [])]
    given += ["--as-of", "2026-11-18", "--by", "Officer"]
    home = Path(shutil.copytree(before, tmp_path / "whole"))
    changes = call(given, str(home)).changes
    call(NIGHT, str(home))
    whole = left_in(home)
    for at in range(1, changes + 1) if LONG else RANDOM.sample(range(1, changes + 1), 1):
        home, ran = broken_off(before, tmp_path / str(at), lambda home, at=at: call(given, home, Stop(at, "kill")))
        assert ran.status == -9
        assert call(given, str(home)).status in (0, 2)  # 2: the first call had come far enough
        call(NIGHT, str(home))
        assert left_in(home) == whole, at
        shutil.rmtree(home)
