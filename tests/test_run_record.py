"""The run record: who ran what, when and with which result; append-only, chained, pinned by every manifest."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime

import pytest
from crash import Stop, call
from statement_texts import sha_of
from texts import OTHER, PERSON, bank_register, bank_row, message

from pipelines.archive import file_hash
from pipelines.home import Home
from pipelines.options import call_of
from pipelines.run_record import held, running

pytestmark = pytest.mark.usefixtures("no_database")


def lines_of(home) -> list[dict]:
    return [json.loads(line) for line in (home / "runs.jsonl").read_text().splitlines()]


def test_a_night_leaves_who_what_when_and_the_result(put, night, home):
    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p2", amount="x")))
    ran = night()
    begun, ended = lines_of(home)
    assert (begun["event"], begun["command"], begun["run"]) == ("begun", "run", 1)
    assert begun["options"] == {"as_of": "2026-11-20"} and begun["by"] and begun["host"] and begun["pid"]
    assert begun["versions"] == json.loads((ran.folder / "manifest.json").read_text())["versions"]
    assert (ended["event"], ended["run"], ended["exit_status"]) == ("ended", 1, 3)
    assert ended["result"]["snapshot"] == ran.folder.name and ended["result"]["new"]
    assert ended["result"]["manifest_sha256"] == file_hash(ran.folder / "manifest.json")
    assert ended["result"]["intake_sha256"] == file_hash(home / "archive/intake.jsonl")
    assert datetime.fromisoformat(begun["at"]) <= datetime.fromisoformat(ended["at"])
    assert (home / "runs.jsonl").stat().st_mode & 0o777 == 0o600


def test_every_command_that_changes_something_leaves_its_lines(put, night, mshi, home):
    put("bank/a.txt", message(total="1,00"))
    put("bank/b.txt", message(reference="B"))
    ran = night("2026-11-18")
    off, good = sha_of(ran, "a.txt"), sha_of(ran, "b.txt")
    for given in (
        ("accept", off, "--reason", "confirmed", "--as-of", "2026-11-19"),
        ("withdraw", good, "--reason", "recalled", "--as-of", "2026-11-19"),
        ("replay", "--as-of", "2026-11-19"),
        ("rerun", "2026-11"),
        ("backfill", "2026-10", "2026-11"),
    ):
        assert mshi(*given).status == 0, given
    told = lines_of(home)
    commands = [line["command"] for line in told if line["event"] == "begun"]
    assert commands == ["run", "accept", "withdraw", "replay", "rerun", "backfill"]
    assert [line["result"].get("records") for line in told if line["event"] == "ended"][1:4] == [[3], [4], []]
    for quiet in (("quarantine",), ("dictionary",), ("check", str(home / "key"))):
        mshi(*quiet)
    assert len(lines_of(home)) == len(told)


def test_lines_and_manifests_are_one_chain(night, home):
    folders = [night(day).folder for day in ("2026-11-18", "2026-11-19", "2026-11-20")]
    raw = (home / "runs.jsonl").read_bytes().splitlines()
    hashes = [hashlib.sha256(line).hexdigest() for line in raw]
    assert [json.loads(line)["previous"] for line in raw] == [None, *hashes[:-1]]
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in folders]
    assert [manifest["runs"] for manifest in manifests] == hashes[::2]
    before = [None, *(file_hash(folder / "manifest.json") for folder in folders[:-1])]
    assert [manifest["previous"] for manifest in manifests] == before


def test_a_run_that_fails_is_recorded_without_personal_data(put, night, mshi, home, monkeypatch):
    put("bank/a.csv", bank_register(bank_row("p1")))
    night("2026-11-19")
    assert night("2026-11-18").status == 2
    assert mshi("accept", PERSON, "--reason", PERSON).status == 2
    from pipelines import night as job

    def fail(*_):
        raise ValueError(PERSON)

    monkeypatch.setattr(job, "month_tables", fail)
    assert night("2026-11-20").status == 1
    ended = [line for line in lines_of(home) if line["event"] == "ended"]
    assert [line["exit_status"] for line in ended] == [0, 2, 2, 1]
    assert "lies before" in ended[1]["result"]["message"] and ended[3]["result"]["error"] == "ValueError"
    assert ended[3]["result"].keys() == {"error", "intake_sha256"}
    assert PERSON not in (home / "runs.jsonl").read_text()


def test_a_second_run_refuses_and_names_the_first(home, night):
    with running(Home(home), call_of("run", as_of="2026-11-20")):
        told = night()
    assert told.status == 1 and "mshi run (run 1, pid " in told.err and "is at work in" in told.err
    assert night().status == 0 and len(lines_of(home)) == 4


def test_a_command_without_a_record_is_not_taken_for_a_run_that_died(home, night):
    with running(Home(home), call_of("run", as_of="2026-11-20")):
        pass
    begun = json.loads((home / "runs.jsonl").read_text().splitlines()[0])
    last = hashlib.sha256((home / "runs.jsonl").read_bytes().splitlines()[-1]).hexdigest()
    with (home / "runs.jsonl").open("a") as file:
        file.write(json.dumps({**begun, "run": 3, "pid": 1, "previous": last}) + "\n")
    with held(Home(home)):
        told = night()
    assert told.status == 1 and f"another command (pid {os.getpid()}) is at work in" in told.err


def test_a_dead_owner_holds_nothing_and_is_told_of_once(home, night):
    ran = call(["run", "--as-of", "2026-11-20"], str(home), Stop(40, "kill"))
    assert ran.status == -9
    first, second = night(), night()
    assert first.status == second.status == 0
    assert "mshi run (run 1, pid " in first.err and "died before its end" in first.err and not second.err
    assert lines_of(home)[1]["died"] == [1]


@pytest.mark.parametrize("broken", ['{"run": 1}', "{", "[]"])
def test_a_record_that_cannot_be_read_is_named(home, night, broken):
    night()
    path = home / "runs.jsonl"
    path.write_text(path.read_text() + broken + "\n")
    told = night()
    assert told.status == 1 and "runs.jsonl line 3" in told.err


def test_two_writers_at_once_lose_no_line(home):
    """A line that is no run's own is written while a run holds the home; each names the one before."""
    code = (
        "import sys; from pathlib import Path; from pipelines.home import Home; from pipelines.options import call_of; "
        "from pipelines.run_record import note\n"
        "for n in range(20): note(Home(Path(sys.argv[1])), call_of('explain'), {'line': n})"
    )
    home.mkdir(parents=True)
    given = [sys.executable, "-c", code, str(home)]
    for process in [subprocess.Popen(given) for _ in range(3)]:
        assert process.wait() == 0
    raw = (home / "runs.jsonl").read_bytes().splitlines()
    hashes = [hashlib.sha256(line).hexdigest() for line in raw]
    assert len(raw) == 60 and [json.loads(line)["previous"] for line in raw] == [None, *hashes[:-1]]
    assert [json.loads(line)["run"] for line in raw] == list(range(1, 61))


@pytest.mark.parametrize("lost", ["archive", "archive/intake.jsonl", "a day"])
def test_a_home_that_lost_what_the_last_run_left_is_not_gone_on_with(put, night, mshi, home, tmp_path, lost):
    """Without its archive a home knows nobody, and everybody would be uninsured."""
    put("bank/a.csv", bank_register(bank_row()))
    assert night("2026-11-19").status == 0
    put("bank/b.csv", bank_register(bank_row("p2", person=OTHER, payer=OTHER)))
    before = night("2026-11-20")
    shutil.copytree(home, tmp_path / "backup")
    intake = home / "archive/intake.jsonl"
    if lost == "a day":
        intake.write_text(intake.read_text().replace("2026-11-19", "2026-11-18"))
    else:
        (home / lost).rename(tmp_path / "elsewhere")
    put("bank/c.csv", bank_register(bank_row("p3")))
    asked = [("rerun", "2026-11"), ("accept", "0" * 64, "--reason", "confirmed")]
    asked += [("explain", PERSON), ("letter", "person", PERSON)]  # else they would say that nobody knows a known person
    for ran in (night("2026-11-21"), *(mshi(*one) for one in asked)):
        assert ran.status == 1 and "does not hold what run 3 left" in ran.err and "restore archive from" in ran.err
    assert (home / "inbox/bank/c.csv").exists() and len(list(home.glob("snapshots/*/2026-11_2026-11-21*"))) == 0
    shutil.rmtree(home / "archive", ignore_errors=True)
    shutil.copytree(tmp_path / "backup/archive", home / "archive")
    after = night("2026-11-21")
    assert after.status == 0 and after.table("payments").height == before.table("payments").height + 1


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_chain_that_is_gone_or_older_is_made_again(put, night, mshi, home, kept):
    """Else no proof would ever hold again: a run on a new chain, and then the old one from the backup, lose a link."""
    put("bank/a.csv", bank_register(bank_row()))
    night("2026-11-18")
    assert mshi("backfill", "2026-09", "2026-10", "--known-at", "2026-11-18").status == 0
    chain = home / "snapshots/chain.jsonl"
    whole = chain.read_bytes()
    chain.write_bytes(b"".join(whole.splitlines(keepends=True)[:kept]))
    ran = night("2026-11-20")
    assert ran.status == 0 and f"chain.jsonl: lacked {3 - kept} published snapshots, made again" in ran.err
    assert chain.read_bytes().startswith(whole) and len(chain.read_bytes().splitlines()) == 4
    assert "lacked" not in night("2026-11-21").err and mshi("verify").status == 0


def test_a_chain_that_cannot_be_made_again_is_told_of(put, night, home):
    put("bank/a.csv", bank_register(bank_row()))
    first = night("2026-11-19")
    (home / "snapshots/chain.jsonl").unlink()
    manifest = first.folder / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_bytes(manifest.read_bytes() + b" ")
    ran = night("2026-11-20")
    assert ran.status == 0 and f"chain.jsonl does not hold {first.folder.name}" in ran.err
    assert "chain.jsonl does not hold" not in night("2026-11-21").err


def test_a_home_that_a_run_makes_of_nothing_is_told_of_once(put, night, home):
    """A mistyped --home would be a night without files, every night."""
    assert f"{home} held nothing: a new home is made there" in night("2026-11-19").err
    assert "held nothing" not in night("2026-11-20").err
    shutil.rmtree(home)
    put("bank/a.csv", bank_register(bank_row()))
    assert "held nothing" not in night("2026-11-19").err


def test_a_lost_run_record_is_told_of_once(night, home):
    night("2026-11-19")
    (home / "runs.jsonl").unlink()
    told = night("2026-11-20")
    assert told.status == 0 and "runs.jsonl is gone, and snapshots/chain.jsonl tells of 1 snapshots" in told.err
    assert "is gone" not in night("2026-11-21").err
