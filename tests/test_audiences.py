"""What leaves the home, and for whom: nobody in the analysts' file, copies for audiences, small cells, pseudonyms."""

import hashlib
import io
import json
import re
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines import outgoing
from pipelines.small_cells import KEPT_BACK, without_small_cells
from schemas.analysts import VIEWS
from schemas.tables import TABLES

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
sys.path.insert(0, str(SAMPLE))

from sample_rows import MARRIED_NAME, PEOPLE  # noqa: E402


def secrets_of_the_sample() -> tuple[set[str], set[str]]:
    """Every number of a person and every surname and name that the sample holds."""
    text = b"".join(path.read_bytes() for path in SAMPLE.glob("inbox/*/*")).decode("utf-8", "replace")
    numbers = set(re.findall(r"(?<!\d)\d{4}[0-3]\d{7}(?!\d)", text)) | {person.number for person in PEOPLE.values()}
    names = {name for person in PEOPLE.values() for name in (person.surname, person.name, person.patronymic)}
    return numbers, (names | set(MARRIED_NAME.values())) - {"", "-"}


def columns_of(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()


def test_nobody_stands_in_the_analysts_file(published, tmp_path):
    numbers, names = secrets_of_the_sample()
    assert len(numbers) > 30 and len(names) > 10
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes((published / "mshi.duckdb").read_bytes())
    named = "|".join(map(re.escape, sorted(names)))
    words = re.compile("|".join(sorted(numbers)) + rf"|\b(?:{named})\b", re.IGNORECASE)
    whole = {int(number) for number in numbers}
    with duckdb.connect(str(copy), read_only=True) as con:
        for table, column in columns_of(con):
            for (value,) in con.execute(f'SELECT DISTINCT "{column}"::VARCHAR FROM "{table}"').fetchall():
                assert value is None or not words.search(value), (table, column)
                assert value is None or not value.isdigit() or int(value) not in whole, (table, column)
        catalog = con.execute("SELECT sql FROM duckdb_tables() UNION ALL SELECT sql FROM duckdb_views()").fetchall()
    assert not words.search(str(catalog))
    raw = copy.read_bytes()
    for secret in numbers | names:
        assert secret.encode() not in raw and secret.encode("utf-16-le") not in raw
    for number in whole:
        assert number.to_bytes(8, "little") not in raw and number.to_bytes(8, "big") not in raw


def test_the_auditors_copy_holds_the_tables_as_they_are_for_its_owner_alone(ask, published, tmp_path):
    target = tmp_path / "auditor.duckdb"
    told = ask("publish", "--audience", "auditor", "--to", str(target))
    assert told.status == 0 and told.out.endswith(f"{target}\n")
    assert target.stat().st_mode & 0o777 == 0o600
    (folder,) = published.glob("snapshots/2026-11/2026-11_2026-11-20*")
    with duckdb.connect(str(target), read_only=True) as con:
        for name in TABLES:
            assert con.sql(f"FROM {name}").pl().equals(pl.read_parquet(folder / f"{name}.parquet")), name
        assert con.sql("SELECT count(*) FROM status_changes ANTI JOIN insured_status USING (iin)").fetchall() == [(0,)]
    line = json.loads((published / "runs.jsonl").read_text().splitlines()[-1])
    assert line["command"] == "publish" and line["result"]["snapshot"] == folder.name
    assert line["result"]["audience"] == "auditor"
    assert line["result"]["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert [path.name for path in tmp_path.iterdir()] == ["auditor.duckdb"]


def test_the_analysts_copy_is_the_file_of_the_home(ask, published, tmp_path):
    target, old = tmp_path / "analyst.duckdb", tmp_path / "october.duckdb"
    assert ask("publish", "--audience", "analyst", "--to", str(target)).status == 0
    assert target.stat().st_mode & 0o777 == 0o640
    assert target.read_bytes() == (published / "mshi.duckdb").read_bytes()
    assert ask("publish", "--audience", "analyst", "--to", str(old), "--mode", "600", "--month", "2026-10").status == 0
    assert old.stat().st_mode & 0o777 == 0o600
    with duckdb.connect(str(target), read_only=True) as con:
        con.execute(f"ATTACH '{old}' AS october (READ_ONLY)")
        assert con.sql("SELECT DISTINCT month::VARCHAR FROM october.insured_status").fetchall() == [("2026-10-01",)]
        # pseudonyms are the same in every month, so a person can be followed
        both = con.sql("SELECT count(*) FROM insured_status JOIN october.insured_status o USING (iin)").fetchall()[0][0]
    assert both > 20


@pytest.mark.parametrize(
    "more",
    [
        ("--audience", "auditor", "--mode", "0640"),
        ("--audience", "auditor", "--mode", "0644"),
        ("--audience", "analyst", "--mode", "0666"),
        ("--audience", "analyst", "--mode", "rw"),
        ("--audience", "everybody"),
        ("--audience", "analyst", "--month", "2026-01"),
        ("--audience", "analyst", "--to", "no/such/folder/x.duckdb"),
    ],
    ids=" ".join,
)
def test_wrong_ways_to_publish(ask, tmp_path, more):
    to = () if "--to" in more else ("--to", str(tmp_path / "x.duckdb"))
    assert ask("publish", *more, *to).status == 2
    assert list(tmp_path.iterdir()) == []


def test_a_copy_that_cannot_be_finished_leaves_the_old_one(ask, tmp_path, monkeypatch):
    target = tmp_path / "x.duckdb"
    target.write_text("the copy of yesterday")
    monkeypatch.setattr(outgoing._Outgoing, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
    assert ask("publish", "--audience", "analyst", "--to", str(target)).status == 1
    assert target.read_text() == "the copy of yesterday" and len(list(tmp_path.iterdir())) == 1


def test_a_pseudonym_is_found_with_the_key_and_leaves_a_line(ask, published, monkeypatch):
    rows = json.loads(ask("sql", "SELECT iin FROM insured_status ORDER BY iin LIMIT 2", "--format", "json").out)
    wanted = [row["iin"] for row in rows]
    told = ask("reidentify", *wanted, "--reason", "a letter of 2026-11-20")
    found = dict(line.split("  ") for line in told.out.splitlines())
    assert told.status == 0 and list(found) == wanted and told.err == ""
    (folder,) = published.glob("snapshots/2026-11/2026-11_2026-11-20*")
    assert set(found.values()) <= set(pl.read_parquet(folder / "insured_status.parquet")["iin"])
    text = (published / "runs.jsonl").read_text().splitlines()[-1]
    line = json.loads(text)
    assert line["command"] == "reidentify" and line["by"] and line["at"].startswith("20")
    assert line["result"] == {"pseudonyms": sorted(wanted), "reason": "a letter of 2026-11-20", "found": 2}
    assert not any(iin in text for iin in found.values())
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{wanted[0]}\n{'0' * 24}\n"))
    told = ask("reidentify", "-", "--reason", "again")
    assert told.status == 1 and f"{'0' * 24}  not found" in told.out and found[wanted[0]] in told.out
    assert found[wanted[0]] not in told.err
    monkeypatch.setenv("MSHI_KEY", "another key")
    assert ask("reidentify", wanted[0], "--reason", "again").status == 1


def test_nobody_is_found_without_key_reason_or_pseudonym(ask, published):
    one = "0" * 24
    for given in ((one,), ("--reason", "x"), ("830312200419", "--reason", "x"), (one, "--reason", " ")):
        told = ask("reidentify", *given)
        assert told.status == 2 and "830312200419" not in told.err, given
    key = (published / "key").read_bytes()
    try:
        (published / "key").unlink()
        told = ask("reidentify", one, "--reason", "x")
        assert told.status == 1 and "no key" in told.err and not (published / "key").exists()
    finally:
        (published / "key").write_bytes(key)
        (published / "key").chmod(0o600)


def test_no_other_key_is_made_or_taken_without_a_word(ask, published, tmp_path, monkeypatch):
    """The pseudonyms of an older month must be those of the newest one."""
    words = ("export", "insured_status", "--month", "2026-10", "--to", str(tmp_path / "o.csv"))
    assert ask(*words).status == 0
    (tmp_path / "o.csv").unlink()
    monkeypatch.setenv("MSHI_KEY", "another than that of the nights")
    told = ask(*words)
    assert told.status == 1 and "the key (MSHI_KEY) is not that of mshi.duckdb" in told.err
    assert not (tmp_path / "o.csv").exists() and "another than" not in told.err
    monkeypatch.delenv("MSHI_KEY")
    key = (published / "key").read_bytes()
    try:
        (published / "key").unlink()
        told = ask(*words)
        assert told.status == 1 and "no key" in told.err and not (published / "key").exists()
    finally:
        (published / "key").write_bytes(key)
        (published / "key").chmod(0o600)


def cells(people: list[int], key: list[tuple[str, str]]) -> list[int | None]:
    view = VIEWS["receipts_by_bank_and_knp"]
    banks, knps = [one for one, _ in key], [two for _, two in key]
    schema = {"payer_bank": pl.String, "knp": pl.String, "people": pl.Int64, "lines": pl.Int64}
    rows = pl.DataFrame({"payer_bank": banks, "knp": knps, "people": people, "lines": people}, schema=schema)
    found = without_small_cells(rows, view)
    assert found["lines"].to_list() == found["people"].to_list()
    assert found[KEPT_BACK].to_list() == [count is None for count in found["people"]]
    return found["people"].to_list()


def test_a_small_cell_is_kept_back_and_cannot_be_reckoned_from_a_total():
    grid = [(bank, knp) for bank in "abc" for knp in ("121", "122", "123")]
    assert cells([10, 20, 30, 40, 50, 60, 70, 80, 90], grid) == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    found = cells([3, 20, 30, 40, 50, 60, 70, 80, 90], grid)
    gone = [place for place, count in enumerate(found) if count is None]
    assert 0 in gone
    for line in ([0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8]):
        assert len(set(line) & set(gone)) != 1, (line, found)  # a total less the rest would tell it
    assert cells([2, 2, 9], [("a", "121"), ("a", "122"), ("a", "123")]) == [None, None, None]  # 4 people are few too
    assert cells([0, 7], [("a", "121"), ("a", "122")]) == [0, 7]
    assert cells([5, 9], [("a", "121"), ("a", "122")]) == [5, 9]
    three = [("a", "121"), ("a", "122"), ("a", "123")]
    assert cells([30, 20, 3], three) == [30, None, None] and cells([0, 9, 3], three) == [0, None, None]
    assert cells([], []) == []


def test_which_of_cells_alike_is_kept_back_does_not_depend_on_their_order():
    """Two exports of one snapshot, side by side, must not tell the small one."""
    one, other, third = ("a", "121"), ("a", "122"), ("a", "123")
    assert cells([3, 6, 6], [one, other, third]) == [None, None, 6]
    assert cells([3, 6, 6], [one, third, other]) == [None, 6, None]
