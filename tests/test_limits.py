"""How much a run may take: read from options and environment, and nothing of it shows in a result."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import pytest

from pipelines import everybody, limits
from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.generate.nation import Nation
from pipelines.generate.straight import write_months
from pipelines.home import Home
from pipelines.spill import spill

# `make test-long` takes a tenth of the nation; always, what fits into seconds
PERSONS, DAYS, MEMORY = (1_650_000, None, 1 << 30) if "MSHI_LONG" in os.environ else (20_000, 2, 768 << 20)


@pytest.mark.parametrize("told", ["0", "-1", "abc", "", "1.5", "9999", "٢"])
def test_threads_that_no_engine_can_have_are_wrong_usage(monkeypatch, mshi, told):
    monkeypatch.setenv("MSHI_THREADS", told)
    ran = mshi("dictionary")
    assert ran.status == 2 and f"MSHI_THREADS {told!r}: expected a whole number from 1 to " in ran.err


@pytest.mark.parametrize(
    ("told", "size"),
    [("1GiB", 1 << 30), ("1500MB", 1_500_000_000), ("2 gib", 2 << 30), ("1073741824", 1 << 30), ("1.5GiB", 3 << 29)],
)
def test_memory_is_read_as_people_write_it(monkeypatch, told, size):
    monkeypatch.setenv("MSHI_MEMORY", told)
    assert limits.memory_bytes() == size


@pytest.mark.parametrize("told", ["", "much", "0", "10MB", "4TB", "1,5GiB"])
def test_memory_that_says_nothing_is_wrong_usage(night, monkeypatch, told):
    monkeypatch.setenv("MSHI_MEMORY", "1GiB")
    ran = night("2026-11-20", "--memory", told)
    assert ran.status == 2 and "MiB or more" in ran.err


def test_a_spill_folder_must_exist(night, tmp_path, monkeypatch):
    monkeypatch.setenv("MSHI_SPILL", str(tmp_path))
    ran = night("2026-11-20", "--spill", str(tmp_path / "nowhere"))
    assert ran.status == 2 and "expected a folder that exists" in ran.err


@pytest.mark.parametrize("named", ["MSHI_SPILL", "TMPDIR"])
def test_a_spill_folder_that_an_engine_takes_for_many_is_refused_first(night, home, tmp_path, monkeypatch, named):
    place = tmp_path / "t[1]"
    place.mkdir()
    monkeypatch.setenv(named, str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)  # what Python found before
    ran = night()
    assert ran.status == 2 and "must not hold any of the signs" in ran.err and not home.exists()


def test_nothing_is_left_in_the_spill_folder(night, tmp_path, home, monkeypatch):
    place = tmp_path / "spill"
    place.mkdir()
    monkeypatch.setenv("MSHI_SPILL", str(place))
    with spill() as work:
        assert work.parent == place
    main(["sample", str(home / "inbox")])
    assert night().status == 3 and not list(place.iterdir())


_KILLED = """
import os, signal
from pipelines.spill import spill
with spill() as work:
    (work / "lines").write_text("1")
    print(work, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_removed_by_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setenv("MSHI_SPILL", str(tmp_path))
    (tmp_path / "mshi-of-another-tool").mkdir()
    with spill() as mine:
        killed = subprocess.run([sys.executable, "-c", _KILLED], capture_output=True, text=True, check=False)
        left = Path(killed.stdout.strip())
        assert killed.returncode == -9 and left.parent == tmp_path and (left / "lines").exists()
        with spill() as other:
            assert not left.exists() and mine.exists() and other.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["mshi-of-another-tool"]


def test_ranges_do_not_show_in_the_bytes(mshi, night, home, monkeypatch):
    """The sample in ranges of few facts gives the bytes that it gives in one."""
    main(["sample", str(home / "inbox")])
    folder = night().folder
    cut = []
    ranges = everybody.ranges
    monkeypatch.setattr(limits, "lines_a_range", lambda taken_over: 30)
    monkeypatch.setattr(
        everybody, "ranges", lambda *asked, **known: cut.extend(ranges(*asked, **known)) or ranges(*asked)
    )
    before = _bytes(folder)
    again = mshi("rerun", "2026-11", "--known-at", "2026-11-20")
    assert again.status == 0, again.err
    assert len(cut) > 10 and _bytes(again.folder) == before


def _bytes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.parquet")}


def test_a_size_in_the_environment_is_refused_before_anything_is_done(monkeypatch):
    monkeypatch.setenv("MSHI_MEMORY", "nonsense")
    with pytest.raises(UsageError):
        limits.memory_bytes()


_MONTH = """
import json, sys
from datetime import date
from pathlib import Path
from pipelines import archive
from pipelines.engine import Cut
from pipelines.home import Home
from pipelines.logical_hash import logical_hash
from pipelines.month import month_tables
from pipelines.spill import spill
from schemas.rules import load_law

home, day = Home(Path(sys.argv[1])), date.fromisoformat(sys.argv[2])
with spill() as work:
    tables = month_tables(home, Cut(day.replace(day=1), day, len(archive.records(home))), load_law(), work)
    # what getrusage tells begins with the memory of the process that called this one
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) << 10
    told = {name: logical_hash(parts.scan()) for name, parts in tables.items()}
print(json.dumps({"peak": peak, "people": tables["insured_status"].height, "tables": told}))
"""


def test_a_month_stays_within_its_memory_and_tells_the_same(tmp_path, root):
    """All tables of a month from thirteen months of the generated nation."""
    home, day = Home(tmp_path / "home"), date(2026, 11, 26)
    nation = Nation(PERSONS, 13, day, 1, DAYS)
    write_months(home, nation, nation.first, nation.last, with_files=False)

    def told(memory: int) -> dict:
        environment = os.environ | {"MSHI_MEMORY": str(memory), "TMPDIR": str(tmp_path)}
        call = [sys.executable, "-c", _MONTH, str(home.root), str(day)]
        return json.loads(subprocess.run(call, env=environment, cwd=root, capture_output=True, check=True).stdout)

    little, plenty = told(MEMORY), told(4 << 30)
    assert little["people"] > PERSONS * 0.9 and little["tables"] == plenty["tables"]
    assert little["peak"] <= MEMORY
