"""Ctrl-C in the middle of a query, of which DuckDB makes an error of its own: the command ends, and no fault is told."""

import json
import subprocess
import sys

import pytest
from texts import bank_register, bank_row

CODE = """
import os, signal, sys, threading
from importlib import import_module
import duckdb
from pipelines import cli

def slow(*_, **__):
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    duckdb.sql("SELECT sum(a.range * b.range % 7) FROM range(40000) a, range(40000) b").fetchall()

module, name = sys.argv.pop(1), sys.argv.pop(1)
setattr(import_module(module), name, slow)
cli.console()
"""


@pytest.mark.parametrize(
    ("module", "name", "published"),
    [
        ("pipelines.night", "month_tables", False),
        ("pipelines.report", "figures_of", False),
        ("pipelines.analysts", "rebuild", True),
    ],
)
def test_a_query_that_is_ended_ends_the_run_and_is_no_fault(put, home, mshi, module, name, published):
    put("bank/a.csv", bank_register(bank_row()))
    call = [sys.executable, "-c", CODE, module, name, "run", "--home", str(home), "--as-of", "2026-11-20"]
    ran = subprocess.run(call, capture_output=True, text=True, timeout=120)
    assert (ran.returncode, ran.stdout) == (130, "")
    assert "fault of mshi" not in ran.stderr and "published" not in ran.stderr and "Traceback" not in ran.stderr
    assert len(list(home.glob("snapshots/*/2026*"))) == published
    ended = json.loads((home / "runs.jsonl").read_text().splitlines()[-1])
    assert ended["exit_status"] == 1 and ended["result"]["error"] == "KeyboardInterrupt"
    assert mshi("run", "--as-of", "2026-11-20").status == 0
