"""A home that whoever asks may read and not write, such as an auditor's copy: what only looks works, and writes nothing."""

import ctypes
import fcntl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from texts import PERSON, message

Asked = Callable[..., subprocess.CompletedProcess[str]]
_DROP_OF_THE_BOUND, _ANYWHERE = 24, (1, 2)  # PR_CAPBSET_DROP; CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def _as_anybody() -> None:
    """Rights of files hold for root too, from here on; who is not root has nothing to lose."""
    for right in _ANYWHERE:
        ctypes.CDLL(None).prctl(_DROP_OF_THE_BOUND, right, 0, 0, 0)


def _let(home: Path, write: bool) -> None:
    for path in [home, *home.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o200 if write else path.stat().st_mode & ~0o222)


@pytest.fixture
def ask(put, night, home, root) -> Iterator[Asked]:
    """The command in a process that may write nothing in the home of two nights."""
    put("bank/a.txt", message())
    night("2026-11-19")
    night("2026-11-20")
    _let(home, write=False)

    def asked(*words: str) -> subprocess.CompletedProcess[str]:
        call = [sys.executable, "-m", "pipelines.cli", *words, "--home", str(home)]
        return subprocess.run(call, cwd=root, capture_output=True, text=True, preexec_fn=_as_anybody)

    yield asked
    _let(home, write=True)


def _snapshots(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "snapshots").glob("*/*"))


def test_a_home_that_is_read_only_is_proved_and_asked(ask, home):
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    first, second = _snapshots(home)
    asked = [
        ask("verify"),
        ask("verify", second),
        ask("diff", first, second),
        ask("explain", PERSON),
        ask("sql", "FROM people_by_status"),
        ask("report"),
    ]
    assert [one.returncode for one in asked] == [0] * 6, [one.stderr for one in asked]
    assert "made again from the archive with the same bytes" in asked[0].stdout
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_what_is_altered_is_found_in_a_home_that_is_read_only(ask, home):
    files = [path for path in (home / "archive").rglob("*") if path.is_file()]
    [archived] = [path for path in files if path.read_bytes() == message().encode()]
    archived.chmod(0o600)
    archived.write_bytes(archived.read_bytes() + b"\n")
    archived.chmod(0o400)
    found = ask("verify")
    assert found.returncode == 1 and archived.name in found.stdout


def test_nobody_looks_while_a_run_is_at_work(ask, home):
    with open(home / ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = ask("verify")
    assert refused.returncode == 1 and "is at work" in refused.stderr


def test_what_changes_something_says_that_it_may_not_write(ask, home):
    refused = ask("run", "--as-of", "2026-11-21")
    assert refused.returncode == 1 and f"Permission denied: {home}" in refused.stderr
    assert len(_snapshots(home)) == 2


def test_a_folder_where_one_may_only_put_things_takes_a_file(ask, home, tmp_path):
    _let(home, write=True)
    drop = tmp_path / "drop"
    drop.mkdir(mode=0o300)
    put = ask("report", "--to", str(drop / "night.html"))
    drop.chmod(0o700)
    assert put.returncode == 0, put.stderr
    assert [path.name for path in drop.iterdir()] == ["night.html"]
