"""That nobody reads what is told changes neither what was done nor the exit status."""

import errno
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from texts import PERSON, bank_register, bank_row

from pipelines.cli import main


class Gone(io.StringIO):
    """A stream that nobody reads any more, or whose disk is full."""

    def write(self, _):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_night_that_nobody_reads_is_a_night(put, home, night, monkeypatch, stream):
    """Its exit status too: what a dead run left is told first, and that nobody hears it must not end the next."""
    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p2", amount="x")))
    begun = {
        "run": 1,
        "event": "begun",
        "command": "run",
        "at": "?",
        "by": "?",
        "host": "?",
        "pid": 1,
        "previous": None,
    }
    (home / "runs.jsonl").write_text(json.dumps(begun) + "\n")
    with monkeypatch.context() as patched:
        patched.setattr(sys, stream, Gone())
        assert main(["run", "--as-of", "2026-11-20", "--home", str(home)]) == 3
    assert len([*home.glob("snapshots/*/*/manifest.json")]) == 1
    with monkeypatch.context() as patched:
        patched.setattr(sys, stream, Gone())
        assert main(["run", "--as-of", "x", "--home", str(home)]) == 2


def test_a_finding_that_nobody_reads_is_one(put, home, night, mshi, monkeypatch):
    put("bank/a.csv", bank_register(bank_row("p1")))
    (night().folder / "breaks.parquet").unlink()
    put("bank/b.csv", bank_register(bank_row("p2", amount="x")))
    told = {
        ("verify",): 1,
        ("check", str(home / "inbox/bank/b.csv")): 3,
        ("reidentify", "0" * 24, "--reason", "asked"): 1,
    }
    for given, status in told.items():
        assert mshi(*given).status == status
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", Gone())
            assert main([*given, "--home", str(home)]) == status


@pytest.mark.parametrize(
    ("words", "status"),
    [("letter person {} >&-", 0), ("explain - <&-", 2), ("explain {} 2>&-", 0), ("explain 1 2>&- >&-", 2)],
)
def test_a_closed_stream_is_no_fault(put, night, home, words, status):
    put("bank/a.csv", bank_register(bank_row()))
    night()
    command = f"{Path(sys.executable).parent / 'mshi'} {words.format(PERSON)} --home {home}"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert ran.returncode == status and "fault of mshi" not in ran.stderr
