"""The analysts' database: what is told of every column, views held against the Parquet tables, questions."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from statement_texts import camt, camt_entry, camt_statement
from texts import EMPLOYER, PERSON, bank_register, bank_row

from pipelines import analysts
from pipelines.errors import RunFailed
from schemas.analysts import ADDED, VIEWS
from schemas.tables import TABLES

QUESTIONS = Path(__file__).parent.parent / "docs" / "questions.md"


@pytest.fixture(scope="module")
def con(published, tmp_path_factory):
    copy = tmp_path_factory.mktemp("copy") / "analysts.duckdb"  # one process opens one file in one way only
    copy.write_bytes((published / "mshi.duckdb").read_bytes())
    with duckdb.connect(str(copy), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def stored(published):
    """A table of a snapshot as its Parquet has it."""

    def read(table: str, begins: str = "2026-11_2026-11-20") -> pl.DataFrame:
        (path,) = published.glob(f"snapshots/*/{begins}*/{table}.parquet")
        return pl.read_parquet(path)

    return read


def test_every_table_view_and_column_says_what_it_is(con):
    told = {**TABLES, **ADDED, **VIEWS}
    found = dict(con.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
    found |= dict(con.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall())
    assert found == {name: table.grain for name, table in told.items()}
    columns = con.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal ORDER BY column_index"
    ).fetchall()
    for name, table in told.items():
        mine = [(column, about) for owner, column, about in columns if owner == name]
        assert mine == [(column, one.about) for column, one in table.columns.items()], name


def test_columns_have_the_types_that_are_told(con):
    for name, table in {**TABLES, **ADDED, **VIEWS}.items():
        assert dict(con.sql(f"FROM {name} LIMIT 0").pl().schema) == table.types(), name


def test_a_row_of_a_view_is_what_its_key_says_and_codes_are_closed(con):
    for name, view in {**ADDED, **VIEWS}.items():
        rows = con.sql(f"FROM {name}").pl()
        assert rows.height, name
        assert not rows.select(view.key).is_duplicated().any(), name
        for column, told in view.columns.items():
            assert told.nullable or not rows[column].null_count(), (name, column)
            assert not told.values or set(rows[column].drop_nulls()) <= set(told.values), (name, column)


def test_the_dictionary_inside_names_everything(con):
    named = con.sql("SELECT table_name, column_name FROM dictionary WHERE column_name IS NOT NULL").fetchall()
    there = con.sql("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    assert sorted(named) == sorted(there)
    for table, column in (("breaks", "code"), ("insured_status", "reason"), ("quarantine", "reason")):
        listed = {"code": "break", "reason": "reason" if table == "insured_status" else "outside"}[column]
        missing = con.sql(
            f"SELECT DISTINCT {column} FROM {table} EXCEPT SELECT code FROM codes WHERE list = '{listed}'"
        )
        assert missing.fetchall() == []
    listed = ("outside", "break", "reason", "status", "category", "state", "severity", "direction", "match")
    languages = con.sql(f"SELECT * FROM codes WHERE list IN {listed}").pl()
    assert set(languages["list"]) == set(listed)
    assert languages.select("english", "russian", "kazakh").null_count().row(0) == (0, 0, 0)
    steps = con.sql("SELECT COLUMNS('next_step.*') FROM codes WHERE list IN ('outside', 'break')").pl()
    assert steps.null_count().row(0) == (0, 0, 0)


def test_arrears_by_age(con, stored):
    people = stored("insured_status").filter(pl.col("missing_months").list.len() > 0)
    oldest = people["missing_months"].list.min()
    ages = [(2026 - day.year) * 12 + 11 - day.month for day in oldest]
    expected = (
        people.with_columns(age_months=pl.Series(ages))
        .group_by("age_months")
        .agg(
            pl.len().cast(pl.Int64).alias("people"),
            pl.col("missing_months").list.len().cast(pl.Int64).sum(),
            pl.col("arrears_tiyn").sum(),
        )
        .sort("age_months")
    )
    found = con.sql("SELECT age_months, people, missing_months, arrears_tiyn FROM arrears_by_age").pl()
    assert found.rows() == expected.rows() and found.height > 1
    assert con.execute("SELECT bool_and(arrears_tenge * 100 = arrears_tiyn) FROM arrears_by_age").fetchall()[0] == (
        True,
    )


def test_receipts_arrivals_and_coverage_add_up_to_the_tables(con, stored):
    payments, coverage = stored("payments"), stored("coverage")
    whole = (payments.height, payments["paid_tiyn"].sum())
    assert con.execute("SELECT sum(lines), sum(paid_tiyn) FROM receipts_by_bank_and_knp").fetchall()[0] == whole
    assert con.execute("SELECT sum(lines), sum(paid_tiyn) FROM arrivals_by_delay").fetchall()[0] == whole
    pending = payments.filter(state="pending").select(pl.col("paid_tiyn") - pl.col("returned_tiyn")).sum().item()
    assert con.execute("SELECT sum(pending_tiyn) FROM receipts_by_bank_and_knp").fetchall()[0] == (pending,)
    found = con.sql(
        "SELECT basis, payer_kind, people FROM coverage_by_month WHERE month = DATE '2026-11-01'"
    ).fetchall()
    assert sorted(found, key=str) == sorted(coverage.group_by("basis", "payer_kind").len().rows(), key=str)
    assert con.sql("SELECT DISTINCT month FROM coverage_by_month ORDER BY 1").fetchall() == [
        (date(2026, 10, 1),),
        (date(2026, 11, 1),),
    ]
    letters = stored("insured_status")["coverage_months"].str.slice(-2, 1)
    paid = con.execute(
        "SELECT people FROM covered_people_by_month WHERE month = DATE '2026-10-01' AND basis = 'paid'"
    ).fetchall()[0]
    assert paid == ((letters == "P").sum(),)


@pytest.mark.parametrize(
    ("comparison", "begins"), [("night_before", "2026-11_2026-11-19"), ("month_before", "2026-10_")]
)
def test_status_changes_against_the_night_and_the_month_before(con, stored, comparison, begins):
    statuses = ["iin", "status", "reason"]
    before, after = stored("insured_status", begins).select(statuses), stored("insured_status").select(statuses)
    joined = before.join(after, on="iin", how="full", coalesce=True)
    changed = joined.filter(pl.col("status").ne_missing(pl.col("status_right")))
    expected = changed.drop("iin").rows()
    found = con.sql(
        f"SELECT before, before_reason, after, after_reason FROM status_changes WHERE comparison = '{comparison}'"
    ).fetchall()
    assert sorted(found, key=str) == sorted(expected, key=str) and found
    told = con.execute(
        f"SELECT before_snapshot, people_changed FROM comparisons WHERE comparison = '{comparison}'"
    ).fetchall()[0]
    assert told[0].startswith(begins) and told[1] == len(found)
    people = con.sql("SELECT iin FROM insured_status").pl()["iin"].to_list()
    assert all(row[0] in people for row in con.sql("SELECT iin FROM status_changes WHERE after IS NOT NULL").fetchall())


def test_no_order_tells_who_was_born_when(con):
    for table, order in (
        ("insured_status", "iin"),
        ("coverage", "iin"),
        ("breaks", "code, iin"),
        ("status_changes", "comparison, iin"),
    ):
        rows = con.sql(f"SELECT {order} FROM {table}").fetchall()
        assert [str(row) for row in rows] == [
            str(row) for row in con.sql(f"SELECT {order} FROM {table} ORDER BY {order}").fetchall()
        ], table


def questions() -> list[str]:
    return re.findall(r"```sql\n(.*?)```", QUESTIONS.read_text(encoding="utf-8"), re.DOTALL)


def test_every_worked_question_has_an_answer(ask):
    assert len(questions()) > 20
    for question in questions():
        told = ask("sql", question)
        assert told.status == 0 and not told.err, (question, told.err)
        empty = told.out.endswith("(0 rows)\n")  # in the sample nobody lost the status since October, every bank sent
        assert not empty or "after <> 'insured'" in question or "HAVING" in question, question
    shown = re.findall(r"^mshi sql \"(.*?)\"", QUESTIONS.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(shown) == 2 and all(ask("sql", one).status == 0 for one in shown)


def test_every_view_is_in_a_question():
    assert [name for name in VIEWS if not any(name in question for question in questions())] == []


def test_what_a_client_wrote_into_the_file_of_the_night_before_is_gone_with_it(put, night, mshi, home):
    put("bank/a.csv", bank_register(bank_row()))
    night("2026-11-19")
    writes = "con.execute('UPDATE insured_status SET status = NULL'); os._exit(9)"
    client = f"import duckdb, os; con = duckdb.connect({str(home / 'mshi.duckdb')!r}); {writes}"
    subprocess.run([sys.executable, "-c", client], check=False)
    assert (home / "mshi.duckdb.wal").exists()
    night("2026-11-20")
    assert not (home / "mshi.duckdb.wal").exists()
    told = mshi("sql", "SELECT status IS NULL AS changed FROM insured_status", "--format", "csv")
    assert told.out.split() == ["changed", "false"]


def test_a_month_to_come_hides_no_night(put, night, mshi):
    """The analysts' file shows the newest month (contract), which is told; report, letters and exports the night's."""
    put("bank/a.csv", bank_register(bank_row()))
    assert "mshi.duckdb shows" not in night("2026-11-19").err
    assert mshi("rerun", "2026-12").status == 0
    ran = night("2026-11-20")
    assert "mshi.duckdb shows 2026-12 as known on 2026-11-19, the newest month published, and not 2026-11" in ran.err
    assert mshi("report").folder == ran.folder / "report.html"
    assert ran.folder.name in mshi("letter", "employer", EMPLOYER).err
    assert "2026-12" in mshi("report", mshi("rerun", "2026-12").folder.name).out


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), RunFailed("no readable manifest.json")], ids=["disk", "manifest"]
)
@pytest.mark.parametrize("words", [("run", "--as-of", "2026-11-20"), ("rerun", "2026-11")], ids=["run", "rerun"])
def test_a_database_that_fails_leaves_the_snapshot_and_is_made_by_the_next_call(
    put, night, mshi, home, monkeypatch, error, words
):
    put("bank/a.csv", bank_register(bank_row("p1")))

    def fail(_):
        raise error

    monkeypatch.setattr(analysts, "rebuild", fail)
    ran = night()
    assert ran.status == 1 and "is published, but mshi.duckdb is still the one before" in ran.err
    monkeypatch.undo()
    assert mshi(*words).status == 0 and (home / "mshi.duckdb").exists()


def test_an_iin_in_a_senders_own_text_does_not_reach_the_analysts(put, night, home):
    put(
        "bank/a.csv",
        bank_register(bank_row(f"{PERSON}", channel=f"till {PERSON}"), bank_row("x", amount="0", channel=PERSON)),
    )
    put("statements/s.xml", camt(camt_statement(camt_entry(number=PERSON, reference=PERSON))))
    night()
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        tables = [row[0] for row in con.execute("SELECT table_name FROM information_schema.tables").fetchall()]
        for table in tables:
            assert PERSON not in str(con.execute(f"FROM {table}").fetchall()), table
