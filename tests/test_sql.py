"""`mshi sql`: it reaches nothing but the file, ends in time, prints what was asked, and says what to do where it cannot."""

import csv
import io
import json
import subprocess
import sys
import threading
import time

import pytest

from pipelines.cli import main

HOSTILE = (
    "FROM read_csv('/etc/passwd')",
    "FROM '/etc/passwd'",
    "FROM read_text('{home}/key')",
    "FROM glob('/*')",
    "FROM sniff_csv('/etc/passwd')",
    "FROM read_parquet('{home}/snapshots/*/*/*.parquet')",
    "COPY (SELECT 1) TO '{home}/out.csv'",
    "COPY months TO '{home}/out.parquet'",
    "ATTACH '{home}/out.duckdb'",
    "ATTACH ':memory:' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '{home}/x.duckdb_extension'",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET VARIABLE x = 1",
    "RESET memory_limit",
    "PRAGMA memory_limit = '9GB'",
    "PRAGMA enable_profiling",
    "EXPORT DATABASE '{home}/out'",
    "IMPORT DATABASE '{home}/out'",
    "SELECT getenv('HOME')",
    "FROM duckdb_secrets()",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "DELETE FROM months",
    "UPDATE months SET insured = 0",
    "DROP TABLE months",
    "VACUUM",
    "CHECKPOINT",
    "USE memory",
    "PREPARE x AS SELECT 1",
    "CALL pragma_version()",
    "SELECT 1; SELECT 2",
    "FROM query('COPY months TO ''{home}/out.csv''')",
    "EXPLAIN ANALYZE COPY months TO '{home}/out.csv'",
    "EXPLAIN ANALYZE DELETE FROM months",
    "FROM published",  # a variable of this program, not a table
    "",
    ";",
    "SELECT 12 AS",
    "FROM nosuch",
)


@pytest.mark.parametrize("query", HOSTILE)
def test_sql_reaches_nothing_but_the_file(ask, published, query):
    before = sorted(path.name for path in published.iterdir())
    told = ask("sql", query.format(home=published))
    assert told.status == 2 and told.out == ""
    assert told.err.startswith("mshi: ") and "Traceback" not in told.err and len(told.err.splitlines()) == 2
    assert sorted(path.name for path in published.iterdir()) == before


def test_sql_ends_in_time_and_within_its_memory(ask):
    begun = time.monotonic()
    told = ask(
        "sql",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
        "--seconds",
        "1",
    )
    assert told.status == 1 and "--seconds" in told.err and time.monotonic() - begun < 20
    told = ask(
        "sql", "SELECT list(n ORDER BY n::VARCHAR) FROM range(40000000) t(n)", "--memory", "100MB", "--seconds", "60"
    )
    assert told.status == 1 and "--memory" in told.err


def test_sql_leaves_nothing_at_work_that_holds_the_engine(ask, monkeypatch):
    """What did was told on standard error as leaked, now and then, at the end of the process."""
    made = []

    class Slow(threading.Timer):
        def run(self) -> None:
            made.append(self)
            super().run()
            time.sleep(0.2)

    monkeypatch.setattr("pipelines.sql_command.Timer", Slow)
    assert ask("sql", "FROM months").status == 0
    assert [timer.is_alive() for timer in made] == [False]


def test_sql_prints_tables_csv_and_json(ask, monkeypatch):
    question = "SELECT coverage_months, missing_months, arrears_tiyn, arrears_tiyn * 0.01::DECIMAL(3, 2) AS tenge FROM insured_status WHERE len(missing_months) > 1 AND coverage_months LIKE '-%' ORDER BY iin LIMIT 1"
    rows = json.loads(ask("sql", question, "--format", "json").out)
    assert rows[0]["missing_months"][0].startswith("202") and rows[0]["tenge"].endswith(".00")
    (told,) = csv.DictReader(io.StringIO(ask("sql", question, "--format", "csv").out))
    assert told["coverage_months"] == "'" + rows[0]["coverage_months"] and told["arrears_tiyn"] == str(
        rows[0]["arrears_tiyn"]
    )
    monkeypatch.setattr("sys.stdin", io.StringIO("SELECT NULL AS nothing, true AS yes, 'а\x1b[2J' AS text"))
    assert ask("sql", "-").out.split("\n")[2].split() == ["-", "yes", "а?[2J"]
    nobody = "FROM months WHERE insured < 0"
    assert ask("sql", nobody, "--format", "json").out == "[]\n"
    assert ask("sql", nobody, "--format", "csv").out.startswith("month,snapshot_id")


def test_sql_without_a_database_says_what_to_do(tmp_path, capsys):
    assert main(["sql", "SELECT 1", "--home", str(tmp_path)]) == 2
    assert "mshi run makes it" in capsys.readouterr().err
    (tmp_path / "mshi.duckdb").write_text("no database")
    assert main(["sql", "SELECT 1", "--home", str(tmp_path)]) == 1
    assert main(["sql", "SELECT 1", "--memory", "much", "--home", str(tmp_path)]) in (1, 2)


def test_sql_tells_a_database_that_is_open_for_writing_from_none(published, tmp_path, capsys):
    copy = tmp_path / "copy.duckdb"
    for content, status in ((None, 2), ("no database", 1)):
        if content is not None:
            copy.write_text(content)
        assert main(["sql", "SELECT 1", "--database", str(copy), "--home", str(published)]) == status
        told = capsys.readouterr().err
        assert "mshi publish makes such a copy" in told and "mshi run" not in told
    copy.write_bytes((published / "mshi.duckdb").read_bytes())
    writer = f"import duckdb; con = duckdb.connect({str(copy)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", writer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert main(["sql", "SELECT 1", "--database", str(copy), "--home", str(published)]) == 1
        process.communicate(b"\n")
    told = capsys.readouterr().err
    assert "is open for writing elsewhere: close that client" in told and "no database" not in told
