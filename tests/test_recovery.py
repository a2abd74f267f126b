"""What a run that died, a lost ledger, changed rules or altered bytes leave behind, and that the next run mends or names it."""

import errno
import os
import re
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hashes import parquet_hashes, seal
from texts import OTHER, PERSON, THIRD, bank_register, bank_row, message, register

from pipelines import archive, events, follow
from pipelines import night as job
from pipelines.archive import path_of
from pipelines.home import Home
from pipelines.parquet import write_table
from schemas.rules import FOLDER, load_law

pytestmark = pytest.mark.usefixtures("no_database")


@pytest.fixture
def two_nights(put, night, home):
    put("bank/a.csv", bank_register(bank_row("p1")))
    night("2026-11-18")
    put("bank/b.csv", bank_register(bank_row("p2", person=OTHER)))
    night("2026-11-19")
    return home


def sha_of_last(home) -> str:
    return archive.records(Home(home))[-1].sha256


def people(ran) -> list[str]:
    return sorted(ran.table("payments")["iin"])


@pytest.mark.parametrize("lost", ["*", "000000001-*", "000000002-*"])
def test_a_lost_segment_of_the_ledger_is_made_again(two_nights, night, lost):
    for segment in (two_nights / "ledger").glob(lost if lost != "*" else "0*"):
        shutil.rmtree(segment)
    ran = night("2026-11-20")
    assert ran.status == 0 and people(ran) == sorted([PERSON, OTHER])


def test_what_a_night_found_in_a_damaged_ledger_goes_with_it(two_nights, night, put):
    """A segment of other lines, with hashes to fit; when it is made again, nothing of it is left in what is kept."""
    segment = next((two_nights / "ledger").glob("*-000000002"))
    other = pl.col("person").replace_strict({int(OTHER): int(THIRD)}, default=pl.col("person"))
    for name in ("others", "payments"):
        path = segment / f"{name}.parquet"
        write_table(path, pl.read_parquet(path).with_columns(other.cast(pl.UInt64)))
    seal(segment)
    shutil.rmtree(two_nights / "kept")
    wrong = night("2026-11-20")
    assert int(THIRD) in wrong.table("coverage")["iin"].cast(pl.UInt64).to_list()
    shutil.rmtree(segment)
    put("bank/c.csv", bank_register(bank_row("p3", person=PERSON, period="102026")))
    ran = night("2026-11-21")
    assert sorted(ran.table("coverage")["iin"].unique()) == sorted([PERSON, OTHER])


def test_a_ledger_of_other_files_than_the_archive_is_made_again(two_nights, night, put, withdraw):
    """An older archive from the backup under a newer ledger: what comes next has the number of what is gone."""
    gone = archive.records(Home(two_nights))[1]
    lines = (two_nights / "archive/intake.jsonl").read_text().splitlines(keepends=True)
    (two_nights / "archive/intake.jsonl").write_text(lines[0])
    (two_nights / "runs.jsonl").unlink()
    shutil.rmtree(two_nights / "snapshots")
    assert people(night("2026-11-19")) == [PERSON]
    put("bank/c.csv", bank_register(bank_row("p3", person=THIRD)))
    assert people(night("2026-11-20")) == sorted([PERSON, THIRD])
    assert gone.sha256 not in night("2026-11-20").table("files")["file_sha256"]
    newer = (two_nights / "archive/intake.jsonl").read_text()
    (two_nights / "archive/intake.jsonl").write_text("".join(lines))
    (two_nights / "runs.jsonl").unlink()
    shutil.rmtree(two_nights / "snapshots")
    assert newer != "".join(lines) and people(night("2026-11-21")) == sorted([PERSON, OTHER])


def test_a_withdrawal_of_another_file_than_the_ledger_knows_is_followed(two_nights, night, withdraw):
    """The archive of a home that had the same files, and in which another one was recalled."""
    first, second = archive.records(Home(two_nights))
    assert withdraw(first.sha256, "2026-11-20").status == 0
    assert people(night("2026-11-20")) == [OTHER]
    intake = two_nights / "archive/intake.jsonl"
    *before, recalled = intake.read_text().splitlines(keepends=True)
    intake.write_text("".join([*before, recalled.replace(first.sha256, second.sha256)]))
    (two_nights / "runs.jsonl").unlink()
    shutil.rmtree(two_nights / "snapshots")
    assert people(night("2026-11-20")) == [PERSON]


def test_an_archive_older_than_a_failed_run_left_it_is_named(two_nights, night, put, monkeypatch):
    lines = (two_nights / "archive/intake.jsonl").read_text()
    put("bank/c.csv", bank_register(bank_row("p3", person=THIRD)))

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(follow, "judge", full)
        assert night("2026-11-20").status == 1
    (two_nights / "archive/intake.jsonl").write_text(lines)
    ran = night("2026-11-21")
    assert ran.status == 1 and "does not hold what run 5 left" in ran.err


def test_archive_and_run_record_of_an_older_backup_than_the_snapshots_are_named(two_nights, night, mshi, tmp_path):
    """Else those whose money came since would be uninsured from that night on."""
    backup = tmp_path / "backup"
    shutil.copytree(two_nights / "archive", backup / "archive")
    shutil.copy(two_nights / "runs.jsonl", backup)
    assert mshi("withdraw", sha_of_last(two_nights), "--reason", "sent by mistake", "--as-of", "2026-11-20").status == 0
    published = night("2026-11-20").folder.name
    for name in ("archive", "runs.jsonl"):
        (two_nights / name).rename(tmp_path / name)
        (backup / name).rename(two_nights / name)
    ran = night("2026-11-21")
    assert ran.status == 1 and f"holds 2 deliveries and events, and {published} was published of 3" in ran.err
    shutil.rmtree(two_nights / "snapshots")
    (two_nights / "runs.jsonl").unlink()
    assert night("2026-11-21").status == 0


def test_snapshots_older_than_the_run_record_get_their_manifest_again(two_nights, night, put, mshi, tmp_path):
    """One id has one manifest, so that the newer snapshots can still be restored."""
    shutil.copytree(two_nights / "snapshots", tmp_path / "older")
    put("bank/c.csv", bank_register(bank_row("p3", person=THIRD)))
    folder = night("2026-11-20").folder
    manifest = (folder / "manifest.json").read_bytes()
    shutil.rmtree(two_nights / "snapshots")
    shutil.copytree(tmp_path / "older", two_nights / "snapshots")
    again = night("2026-11-20")
    assert again.folder == folder and f"does not hold {folder.name}" in again.err
    assert (folder / "manifest.json").read_bytes() == manifest
    assert mshi("verify").status == 0


def test_a_half_written_segment_is_made_again(put, night, home):
    put("bank/a.csv", bank_register(bank_row("p1")))
    (home / "ledger/.000000001-000000001.tmp").mkdir(parents=True)
    assert people(night()) == [PERSON]
    assert [path.name for path in (home / "ledger").glob("*-*")] == ["000000001-000000001"]


def test_rules_that_change_later_touch_no_old_verdict(put, night, home, mshi, monkeypatch):
    """A delivery is judged by the rules of its own day, also when the ledger is made again; a replay judges it anew."""
    put("registers/categories.csv", register("iin,category,from,to", f"{PERSON},war_veteran,2020-01-01,"))
    first = night("2026-11-18")
    assert first.table("insured_status").height == 0
    rules = home / "rules"
    shutil.copytree(FOLDER, rules)
    path = rules / "categories.yaml"
    student = path.read_text().split("category.student:")[1].split("category.")[0]
    path.write_text(f"{path.read_text()}category.war_veteran:{student}")
    for module in (job, events):
        monkeypatch.setattr(module, "load_law", lambda: load_law(rules))
    shutil.rmtree(home / "ledger")
    assert night("2026-11-18").table("insured_status").height == 0
    assert "1 lines" in mshi("replay", "--as-of", "2026-11-19").out
    assert night("2026-11-19").table("insured_status")["reason"].to_list() == ["preferential"]
    assert night("2026-11-19").table("quarantine").select("reason", "released_on").rows() == [
        ("unknown_code", date(2026, 11, 19))
    ]


def test_other_code_judges_the_ledger_anew(put, night, home):
    """The snapshot's id names the code, so the verdicts in it must be its, not those of an older program."""
    put("bank/a.csv", bank_register(bank_row("p1")))
    night("2026-11-18")
    segment = next((home / "ledger").glob("*-*"))
    pl.read_parquet(segment / "payments.parquet").clear().write_parquet(segment / "payments.parquet")
    (home / "ledger" / "judged_by").write_text("an older program")
    assert people(night("2026-11-19")) == [PERSON]


def test_altered_archive_bytes_are_named(two_nights, night):
    record = archive.records(Home(two_nights))[0]
    path = path_of(Home(two_nights), record.sha256)
    path.write_bytes(path.read_bytes().replace(b"4250", b"9250"))
    shutil.rmtree(two_nights / "ledger")
    ran = night("2026-11-20")
    assert ran.status == 1 and record.sha256 in ran.err and "backup" in ran.err


def test_torn_last_lines_are_cut(put, night, home):
    put("bank/a.csv", bank_register(bank_row("p1")))
    first = night("2026-11-18")
    for path in (home / "archive/intake.jsonl", home / "snapshots/chain.jsonl"):
        with path.open("a") as file:
            file.write('{"sequence": 2, "sha')
    put("bank/b.csv", bank_register(bank_row("p2", person=OTHER)))
    ran = night("2026-11-19")
    assert ran.status == 0 and people(ran) == sorted([PERSON, OTHER])
    assert len((home / "snapshots/chain.jsonl").read_text().splitlines()) == 2
    assert first.folder.is_dir()


@pytest.mark.parametrize(
    "altered", [lambda link: "{}\n", lambda link: re.sub(r'"inputs": (\d+)', r'"inputs": "\1"', link)]
)
def test_a_chain_that_cannot_be_read_is_named(put, night, home, altered):
    night()
    chain = home / "snapshots/chain.jsonl"
    chain.write_text(altered(chain.read_text()))
    ran = night()
    assert ran.status == 1 and "chain.jsonl line 1" in ran.err


def test_an_empty_mshi_home_is_none(tmp_path, monkeypatch, capsys):
    from pipelines.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MSHI_HOME", "")
    mode = tmp_path.stat().st_mode
    assert main(["run", "--as-of", "2026-11-20"]) == 0
    assert (tmp_path / "home").is_dir() and tmp_path.stat().st_mode == mode


def test_messages_of_a_refused_file_are_nobodys_originals(put, night):
    """Both ways, in one run: the file refused by its control file stands first or second."""
    for n, text in enumerate([message(reference="A"), message(reference="B")]):
        put(f"bank/{n}.txt", text)
        put(f"bank/{n}.txt.control.json", '{"rows": 7}')
        for spare in range(3):
            put(f"bank/{n}{spare}.txt", text + "\n" * (spare + 1))
    ran = night()
    assert sorted(ran.table("payments")["document_reference"]) == ["A", "B"]
    reasons = ran.table("files")["refused_reason"].drop_nulls().to_list()
    assert sorted(reasons) == ["control_count"] * 2 + ["duplicate_document"] * 4


@pytest.mark.parametrize("said", ["No space left on device (os error 28)", "Invalid thrift: transport error"])
def test_a_full_disk_is_named_where_polars_does_not_say_why_too(monkeypatch, said):
    def fails(*_, **__):
        raise pl.exceptions.ComputeError(said)

    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", fails)
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        write_table(Path("/dev/full"), pl.DataFrame({"a": [1]}))


@pytest.mark.parametrize("damage", ["bit", "bytes", "cut"])
@pytest.mark.parametrize("table", ["payments", "deliveries", "others"])
def test_a_damaged_ledger_is_named_and_made_again(two_nights, night, damage, table):
    before = parquet_hashes(night("2026-11-20").folder)
    path = next(two_nights.glob(f"ledger/*/{table}.parquet"))
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[:-20]
    elif damage == "bit":
        content[len(content) // 2] ^= 1
    else:
        content[10:60] = bytes(50)
    path.write_bytes(content)
    shutil.rmtree(two_nights / "kept", ignore_errors=True)
    ran = night("2026-11-20")
    assert ran.status == 1 and f"{path.parent.name}/{table}.parquet: not what was written there" in ran.err
    assert "remove ledger/" in ran.err
    shutil.rmtree(path.parent)
    again = night("2026-11-20")
    assert again.status in (0, 3) and parquet_hashes(again.folder) == before


@pytest.mark.parametrize(
    ("table", "asked"),
    [
        ("payments", ("explain", PERSON)),
        ("payments", ("letter", "person", PERSON)),
        ("quarantine", ("quarantine",)),
        ("deliveries", ("acknowledge", "--source", "bank", "--month", "2026-11", "--to", "told.csv")),
        ("deliveries", ("arrivals", "--as-of", "2026-11-19")),
    ],
)
def test_what_only_reads_names_a_damaged_ledger_too(two_nights, night, mshi, tmp_path, monkeypatch, table, asked):
    monkeypatch.chdir(tmp_path)
    (two_nights / "inbox/bank/c.csv").write_text(bank_register(bank_row("p3", amount="x")))
    night("2026-11-19")
    for path in two_nights.glob(f"ledger/*/{table}.parquet"):
        path.write_bytes(path.read_bytes()[:-20])
    ran = mshi(*asked)
    assert ran.status == 1 and f"/{table}.parquet" in ran.err and "not what was written there" in ran.err


@pytest.mark.parametrize(
    "asked", [("quarantine",), ("acknowledge", "--source", "bank", "--month", "2026-11", "--to", "told.csv")]
)
def test_what_judges_on_the_way_looks_for_damage_first(two_nights, night, put, mshi, tmp_path, monkeypatch, asked):
    """One bit of amounts, which Polars reads without an error: laid together with others it would have had good hashes."""
    monkeypatch.chdir(tmp_path)
    path = next((two_nights / "ledger").glob("000000001-*/payments.parquet"))
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    ran = mshi(*asked)
    assert ran.status == 1 and "/payments.parquet: not what was written there" in ran.err


@pytest.mark.parametrize(
    "asked", [("quarantine",), ("acknowledge", "--source", "bank", "--month", "2026-11", "--to", "told.csv")]
)
def test_an_archive_that_is_not_there_is_not_an_empty_one(two_nights, mshi, tmp_path, monkeypatch, asked):
    monkeypatch.chdir(tmp_path)
    (two_nights / "archive").rename(tmp_path / "unmounted")
    ran = mshi(*asked)
    assert ran.status == 1 and "or its disk is not mounted" in ran.err and not (two_nights / "archive").exists()


@pytest.mark.parametrize("name", ["runs.jsonl", "snapshots/chain.jsonl"])
def test_a_record_that_is_no_text_is_named(two_nights, night, name):
    path = two_nights / name
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"\xff" + lines[1][1:], *lines[2:]]))
    ran = night("2026-11-20")
    assert ran.status == 1 and f"{path.name} line 2 is no l" in ran.err and "fault" not in ran.err


def test_a_mark_of_the_judging_code_that_is_no_text_is_another(two_nights, night):
    (two_nights / "ledger/judged_by").write_bytes(b"\xff\xfe")
    assert night("2026-11-20").status == 0


def test_a_ledger_on_a_disk_that_is_not_mounted_is_named(two_nights, night, mshi, tmp_path):
    (two_nights / "ledger").rename(tmp_path / "share")
    (two_nights / "ledger").symlink_to(tmp_path / "share")
    assert night("2026-11-20").status == 0
    (tmp_path / "share").rename(tmp_path / "away")
    for told in (night("2026-11-21"), mshi("quarantine")):
        assert told.status == 1 and "ledger is a link to what is not there, or its disk is not mounted" in told.err
    (tmp_path / "away").rename(tmp_path / "share")
    assert night("2026-11-21").status == 0


def test_a_home_on_a_disk_that_is_not_mounted_is_named(night, put, home):
    put("bank/a.csv", bank_register(bank_row("p1")))
    assert night("2026-11-18").status == 0
    home.rename(home.with_name("share"))
    home.symlink_to(home.with_name("share"))
    assert night("2026-11-19").status == 0
    home.with_name("share").rename(home.with_name("away"))
    told = night("2026-11-20")
    assert told.status == 1 and f"{home} is a link to what is not there, or its disk is not mounted" in told.err


def test_a_ledger_that_may_not_be_read_is_not_told_as_altered(two_nights, night, monkeypatch):
    def forbidden(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("pipelines.damage.file_hash", forbidden)
    told = night("2026-11-20")
    assert told.status == 1 and "Permission denied" in told.err and ".parquet" in told.err
    assert "not what was written" not in told.err and "remove" not in told.err
