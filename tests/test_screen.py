"""That nobody reads what is told changes neither what was done nor the exit status."""

import errno
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from statement_texts import records, sha_of
from texts import PERSON, bank_register, bank_row, message

from pipelines.cli import main


class Gone(io.StringIO):
    """A stream that nobody reads any more, or whose disk is full."""

    def write(self, _):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


class Full(Gone):
    def write(self, _):
        raise OSError(errno.ENOSPC, "No space left on device")


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


def test_what_was_done_is_done_though_nobody_reads_it(put, home, night, tmp_path, monkeypatch):
    """Else somebody would do it a second time, and a file with real ids would lie where nobody looks for it."""
    put("bank/a.txt", message(total="1,00"))
    put("bank/b.csv", bank_register(bank_row("p1")))
    sha = sha_of(night(), "a.txt")
    given = [
        ("accept", sha, "--reason", "x"),
        ("withdraw", sha, "--reason", "x"),
        ("replay",),
        ("acknowledge", "--source", "bank", "--month", "2026-11", "--to", "a.csv"),
        ("export", "payments", "--to", "payments.csv"),
        ("letter", "person", PERSON, "--to", "letter.txt"),
        ("publish", "--audience", "analyst", "--to", "copy.duckdb"),
        ("report", "--to", "night.html"),
        ("sample", "inbox"),
    ]
    monkeypatch.chdir(tmp_path)
    for words in given:
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", Full())
            assert main([*words, "--home", str(home)]) == 0, words
    assert {path.name for path in tmp_path.iterdir()} == {"home", *(words[-1] for words in given[3:])}
    assert [line["event"] for line in records(home)][-2:] == ["accept", "withdraw"]


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
