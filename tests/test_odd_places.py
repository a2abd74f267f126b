"""Where a home lies changes nothing: DuckDB takes a folder named `column=value` for a column of every file below it."""

import os
import shutil
import subprocess
import sys

import polars as pl
import pytest
from hashes import parquet_hashes

from pipelines.cli import main

ODD = "sequence=1/period=2026-11-01/person=1/iin=880101300017/knp=122/month=2026-01-01/row=1/it's 100 %"


@pytest.fixture
def odd(tmp_path, published):
    """The home of `published`, copied below such folders."""
    home = tmp_path / ODD / "home"
    shutil.copytree(published, home)
    return home


def snapshots(home):
    return {folder.name: parquet_hashes(folder) for folder in sorted((home / "snapshots").glob("*/*"))}


def test_a_month_made_there_is_the_same(published, tmp_path):
    """From the archive alone, so that nothing that was made elsewhere is taken over."""
    again = tmp_path / ODD / "home"
    shutil.copytree(published / "archive", again / "archive")
    assert main(["rerun", "2026-11", "--known-at", "2026-11-20", "--home", str(again)]) == 0
    [(name, hashes)] = snapshots(again).items()
    assert hashes == snapshots(published)[name]


def test_a_night_there_takes_over_what_the_last_one_kept(odd, published, tmp_path):
    """The next night of both homes, the odd one's with a spill folder of such a name too."""
    spill, elsewhere = tmp_path / "spill" / ODD, tmp_path / "home"
    spill.mkdir(parents=True)
    shutil.copytree(published, elsewhere)
    for home, more in ((odd, {"MSHI_SPILL": str(spill)}), (elsewhere, {})):
        call = [sys.executable, "-m", "pipelines.cli", "run", "--as-of", "2026-11-21", "--home", str(home)]
        ran = subprocess.run(call, env=os.environ | more, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
    assert snapshots(odd) == snapshots(elsewhere)


def test_every_answer_is_the_same(odd, published, tmp_path, capsys):
    person = pl.read_parquet(
        next((published / "snapshots/2026-11").glob("2026-11_2026-11-20*")) / "insured_status.parquet"
    )
    iin = person.filter(pl.col("arrears_tiyn") > 0)["iin"].drop_nulls()[0]
    ids = sorted(folder.name for folder in (published / "snapshots/2026-11").iterdir())[:2]
    calls = [
        ["explain", iin],
        ["diff", *ids],
        ["sql", "SELECT status, count(*) FROM insured_status GROUP BY ALL ORDER BY ALL"],
        ["export", "payments", "--month", "2026-10", "--real-ids", "--to"],
        ["export", "grace_ending", "--month", "2026-11", "--to"],
        ["verify"],
    ]
    for call in calls:
        told = []
        for home in (published, odd):
            target = tmp_path / f"{len(told)}.csv"
            more = [str(target)] if call[-1] == "--to" else []
            assert main([*call, *more, "--home", str(home)]) == 0, capsys.readouterr().err
            told.append(target.read_bytes() if more else capsys.readouterr().out.replace(str(home), "HOME"))
            capsys.readouterr()
        assert told[0] == told[1], call
