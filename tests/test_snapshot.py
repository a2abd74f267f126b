"""A published snapshot: the same bytes for the same inputs, atomic, chained, balanced, never changed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hashes import parquet_hashes, seal
from statement_texts import camt
from test_signing import private_pem
from texts import EMPLOYER, OTHER, THIRD, bank_register, bank_row, item, message, register, returns_register

from pipelines import chain as chains
from pipelines import month_inputs
from pipelines.cli import main
from pipelines.home import Home
from pipelines.parquet import write_table
from pipelines.snapshot import file_hash
from schemas.tables import TABLES


@pytest.fixture
def filled(put):
    """A home with something in every table."""
    put("bank/a.csv", bank_register(*(bank_row(f"p{n}", period=f"{n:02d}2026") for n in range(1, 12))))
    put("bank/b.txt", message(item(1), item(2, person=OTHER), total="3870,00"))
    put("bank/bad.txt", message(reference="X", total="1,00"))
    put("statements/s.xml", camt())
    put("returns/r.csv", returns_register(f"t1,2026-11-12,REF-1,15,{EMPLOYER},{OTHER},121,102026,100.00,mistake"))
    put("registers/categories.csv", register("iin,category,from,to", f"{THIRD},pension,2020-01-01,"))


def test_every_table_and_column_is_there(filled, night):
    ran = night()
    manifest = json.loads((ran.folder / "manifest.json").read_text())
    assert set(manifest["tables"]) == set(TABLES)
    for name, table in TABLES.items():
        frame = ran.table(name)
        assert dict(frame.schema) == table.types(), name
        assert manifest["tables"][name]["rows"] == frame.height > 0, name
        assert manifest["tables"][name]["sha256"] == file_hash(ran.folder / f"{name}.parquet")
        for column, dtype in frame.schema.items():
            assert not dtype.is_float() and (not column.endswith("_tiyn") or dtype == pl.Int64), column
    assert manifest["month"] == "2026-11" and manifest["known_at"] == "2026-11-20"
    assert [entry["name"] for entry in manifest["inputs"]] and manifest["rules_sha256"]
    assert manifest["totals"]["received_tiyn"] == ran.table("totals")["received_tiyn"].sum()


def test_rerun_gives_the_same_bytes_with_one_thread_and_with_two(filled, night, home, mshi):
    first = night()
    hashes = parquet_hashes(first.folder)
    for threads in ("1", "2"):
        environment = {**os.environ, "MSHI_THREADS": threads, "POLARS_MAX_THREADS": threads, "MSHI_HOME": str(home)}
        code = "import sys; from pipelines.cli import main; sys.exit(main(['rerun', '2026-11', '--known-at', '2026-11-20']))"
        ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        assert Path(ran.stdout.splitlines()[-1]) == first.folder
        assert "the same bytes" in ran.stdout
    assert parquet_hashes(first.folder) == hashes


def test_little_money_in_memory_and_much_behind_a_view_give_the_same_bytes(filled, night, mshi, monkeypatch):
    first = night()
    monkeypatch.setattr(month_inputs, "FEW_LINES", 0)
    again = mshi("rerun", "2026-11")
    assert again.status == 0 and again.folder == first.folder and "the same bytes" in again.out


def test_a_home_rebuilt_from_its_archive_gives_the_same_tables(filled, night, home, tmp_path, capsys):
    first = night()
    rebuilt = tmp_path / "rebuilt"
    rebuilt.mkdir()
    (home / "archive").rename(rebuilt / "archive")
    assert main(["rerun", "2026-11", "--known-at", "2026-11-20", "--home", str(rebuilt)]) == 0
    folder = Path(capsys.readouterr().out.splitlines()[-1])
    assert folder != first.folder and folder.name == first.folder.name
    assert parquet_hashes(folder) == parquet_hashes(first.folder)


def test_rerun_notices_that_a_published_table_was_altered(filled, night, mshi):
    ran = night()
    path = ran.folder / "insured_status.parquet"
    altered = bytearray(path.read_bytes())
    altered[len(altered) // 2] ^= 1
    path.write_bytes(bytes(altered))
    again = mshi("rerun", "2026-11")
    assert again.status == 1 and "insured_status" in again.err
    assert path.read_bytes() == bytes(altered)


def test_rerun_of_a_snapshot_uses_its_own_inputs(put, night, mshi):
    put("bank/a.csv", bank_register(bank_row("p1")))
    first = night()
    put("bank/b.csv", bank_register(bank_row("p2", person=OTHER)))
    second = night()
    assert first.folder != second.folder
    for ran, people in ((first, 1), (second, 2)):
        again = mshi("rerun", "--snapshot", ran.folder.name)
        assert (again.status, again.folder) == (0, ran.folder)
        assert again.table("insured_status").height == people
    assert mshi("rerun", "2026-11").folder == second.folder
    assert mshi("rerun", "--snapshot", str(first.folder)).folder == first.folder


def test_rerun_of_a_snapshot_says_what_differs(filled, night, mshi, home):
    ran = night()
    path = ran.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["versions"]["duckdb"] = "1.0.0"
    path.write_text(json.dumps(manifest))
    again = mshi("rerun", "--snapshot", ran.folder.name)
    assert again.status == 1 and "duckdb was 1.0.0" in again.err


def test_chain_names_the_manifest_before(filled, night, home):
    first, second = night("2026-11-19"), night("2026-11-20")
    lines = [json.loads(line) for line in (home / "snapshots" / "chain.jsonl").read_text().splitlines()]
    assert [line["snapshot"] for line in lines] == [first.folder.name, second.folder.name]
    assert lines[0]["previous"] is None and lines[1]["previous"] == lines[0]["manifest_sha256"]
    assert lines[1]["manifest_sha256"] == file_hash(second.folder / "manifest.json")


def test_a_run_with_nothing_new_publishes_the_same(filled, night):
    first, second = night(), night()
    assert (second.status, second.folder) == (0, first.folder)


def test_a_snapshot_whose_link_could_not_be_written_is_linked_by_the_next_run(filled, night, mshi, home, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(chains, "append_lines", full)
        assert night("2026-11-20").status == 1
    orphan = next(home.glob("snapshots/*/*/manifest.json")).parent.name
    told = night("2026-11-21")
    assert f"{orphan}: was complete but not in the chain yet; it is now" in told.err
    assert [link["snapshot"] for link in chains.links(Home(home))] == [orphan, told.folder.name]
    assert mshi("verify").status == 0


def test_what_is_told_of_an_altered_table_mends_it(filled, night, mshi):
    before, folder = night("2026-11-19").folder, night("2026-11-20").folder
    path = folder / "breaks.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:50] + b"x" + content[51:])
    remedy = f"remove it, then mshi rerun --snapshot {folder.name} makes it again"
    told = mshi("verify")
    assert told.status == 1 and remedy in told.out
    told = mshi("diff", before.name, folder.name)
    assert told.status == 1 and remedy in told.err
    path.unlink()
    assert mshi("rerun", "--snapshot", folder.name).status == 0 and path.read_bytes() == content
    assert mshi("verify").status == 0


def test_changes_are_told_against_what_was_published(filled, night, mshi, home):
    """A readable table of the night before with another status would be a change that nobody made."""
    path = night("2026-11-19").folder / "insured_status.parquet"
    content = path.read_bytes()
    write_table(
        path,
        pl.read_parquet(path).with_columns(status=pl.lit("uninsured", dtype=pl.read_parquet(path).schema["status"])),
    )
    told = night("2026-11-20")
    assert told.status == 1 and f"{path} is not what its manifest tells" in told.err
    assert f"remove it, then mshi rerun --snapshot {path.parent.name} makes it again, then run again" in told.err
    path.unlink()
    assert mshi("rerun", "--snapshot", path.parent.name).status == 0 and path.read_bytes() == content
    assert night("2026-11-20").status == 0
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        assert con.sql("FROM status_changes WHERE comparison = 'night_before'").fetchall() == []


def test_a_month_whose_tables_are_gone_is_named_with_what_makes_them_again(filled, night, mshi, tmp_path):
    night()
    october = mshi("rerun", "2026-10").folder
    for name in ("coverage", "breaks"):
        (october / f"{name}.parquet").unlink()
    asked = ("export", "months", "--month", "2026-10", "--to", str(tmp_path / "months.csv"))
    told = mshi(*asked)
    assert told.status == 1 and "coverage.parquet, breaks.parquet not there" in told.err
    assert f"make them again with mshi rerun --snapshot {october.name}" in told.err
    assert mshi("rerun", "--snapshot", october.name).status == 0
    assert mshi(*asked).status == 0


@pytest.mark.parametrize("again", [("run", "--as-of", "2026-11-20"), ("rerun", "2026-11", "--known-at", "2026-11-20")])
def test_a_lost_folder_is_made_again_as_the_chain_has_it(filled, night, mshi, home, again):
    """One id has one manifest: what was published since, also of an earlier day, changes neither it nor its report."""
    night("2026-11-19")
    lost = night("2026-11-20").folder
    before = {path.name: path.read_bytes() for path in lost.iterdir()}
    chain = (home / "snapshots/chain.jsonl").read_text()
    assert mshi("rerun", "2026-10", "--known-at", "2026-11-20").status == 0
    longer = (home / "snapshots/chain.jsonl").read_text()
    shutil.rmtree(lost)
    told = mshi(*again)
    assert (told.status, told.folder) == (0, lost), told.err
    assert {path.name: path.read_bytes() for path in lost.iterdir()} == before and "report.html" in before
    assert (home / "snapshots/chain.jsonl").read_text() == longer and longer.startswith(chain)
    told = mshi("verify")
    assert told.status == 0, told.out


def test_a_lost_folder_that_cannot_be_made_again_is_not_published_twice(filled, night, mshi, home, monkeypatch):
    """Signed by nobody then, signed now: another manifest under the same id would break the chain for good."""
    lost = night("2026-11-19").folder
    shutil.rmtree(lost)
    chain = (home / "snapshots/chain.jsonl").read_text()
    with monkeypatch.context() as patched:
        patched.setenv("MSHI_SIGNING_KEY", private_pem(Ed25519PrivateKey.generate()))
        told = mshi("rerun", "2026-11", "--known-at", "2026-11-19")
    assert told.status == 1 and "its manifest.json is enough" in told.err and not lost.exists()
    assert (home / "snapshots/chain.jsonl").read_text() == chain
    assert mshi("rerun", "2026-11", "--known-at", "2026-11-19").status == 0 and mshi("verify").status == 0


def test_an_empty_home_publishes(night):
    ran = night()
    assert ran.status == 0
    assert ran.table("insured_status").height == 0 and ran.table("rules").height > 30


def test_a_broken_balance_stops_the_publication(filled, night, home):
    """One tiyn lost between the ledger's totals and its lines: nothing is published, the figures are told."""
    before = night("2026-11-19")
    path = next((home / "ledger").glob("*/totals.parquet"))
    totals = pl.read_parquet(path)
    totals.with_columns(accepted_tiyn=pl.col("accepted_tiyn") + (pl.col("knp") == "121")).write_parquet(path)
    seal(path.parent)
    ran = night("2026-11-20")
    assert ran.status == 1
    assert "do not balance" in ran.err and "193500 and 193501" in ran.err
    assert [folder.name for folder in before.folder.parent.iterdir()] == [before.folder.name]
    assert len((home / "snapshots" / "chain.jsonl").read_text().splitlines()) == 1


def test_a_lost_line_stops_the_publication(filled, night, home):
    night("2026-11-19")
    path = next((home / "ledger").glob("*/payments.parquet"))
    pl.read_parquet(path).head(-1).write_parquet(path)
    seal(path.parent)
    ran = night("2026-11-20")
    assert ran.status == 1 and "against the lines themselves" in ran.err


def test_files_are_private(filled, night, home):
    ran = night()
    assert home.stat().st_mode & 0o777 == 0o700
    for path in [*ran.folder.iterdir(), home / "mshi.duckdb", home / "key"]:
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_database_holds_the_newest_months_latest_snapshot(filled, night, home, mshi):
    ran = night()
    mshi("rerun", "2026-10", "--known-at", "2026-11-20")
    mshi("rerun", "2026-11", "--known-at", "2026-11-19")
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        assert con.sql("SELECT DISTINCT month FROM insured_status").fetchall()[0][0].month == 11
        months = con.sql("SELECT snapshot_id, insured + conditional + uninsured FROM months ORDER BY month").fetchall()
        counts = {name: con.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in TABLES}
    assert months[1] == (ran.folder.name, ran.table("insured_status").height) and len(months) == 2
    assert counts == {name: ran.table(name).height for name in TABLES}


def test_database_stays_readable_while_the_next_run_publishes(filled, night, home):
    night("2026-11-19")
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        before = con.sql("SELECT * FROM insured_status").fetchall()
        night("2026-11-20")
        assert con.sql("SELECT * FROM insured_status").fetchall() == before


def test_a_second_run_refuses_while_the_first_is_at_work(home, night):
    from pipelines.home import Home

    with Home(home).locked():
        ran = night()
    assert ran.status == 1 and f"another command (pid {os.getpid()}) is at work" in ran.err
    assert night().status == 0
