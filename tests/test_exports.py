"""Exports: Excel keeps ids and runs nothing, large tables are split, what names people stays with its owner."""

import csv
import errno
import gc
import io
import json
import re
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from pipelines import audiences, exports, xlsx_output
from pipelines.csv_output import csv_text
from pipelines.outgoing import whole
from schemas.analysts import VIEWS

PACKAGES = Path(__file__).parent.parent / "pipelines"


@pytest.fixture
def exported(ask, tmp_path):
    """Export a table; gives what was told and the file."""

    def call(table: str, form: str = "csv", *more: str):
        target = tmp_path / f"out.{form}"
        told = ask("export", table, "--format", form, "--to", str(target), *more)
        return told, target

    return call


def stored(published, table: str, begins: str = "2026-11_2026-11-20") -> pl.DataFrame:
    (path,) = published.glob(f"snapshots/*/{begins}*/{table}.parquet")
    return pl.read_parquet(path)


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.open(encoding="utf-8", newline="")))


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_a_table_leaves_under_pseudonyms_for_its_owner_alone(exported, published, form):
    told, target = exported("payments", form)
    expected = stored(published, "payments")
    assert told.status == 0 and told.out.splitlines() == [f"{expected.height:,} rows", str(target)]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    found = {
        "csv": lambda: pl.read_csv(target, infer_schema=False),
        "xlsx": lambda: pl.DataFrame(
            list(openpyxl.load_workbook(target)["payments"].values)[1:],
            schema=expected.columns,
            orient="row",
            infer_schema_length=None,
        ),
        "parquet": lambda: pl.read_parquet(target),
    }[form]()
    assert found["paid_tiyn"].cast(pl.Int64).to_list() == expected["paid_tiyn"].to_list()
    assert all(re.fullmatch("[0-9a-f]{24}", one) for one in found["iin"])
    assert not set(expected["person_iin"]) & set(found["person_iin"]) and not list(target.parent.glob(".*"))
    line = json.loads((published / "runs.jsonl").read_text().splitlines()[-1])
    assert line["command"] == "export" and line["result"]["real_ids"] is False


@pytest.mark.parametrize(
    ("name", "given", "begins"),
    [
        ("i.xlsx", (), b"PK"),
        ("i.PARQUET", (), b"PAR1"),
        ("i.csv", (), b"payment_id,"),
        ("i", (), b"payment_id,"),
        ("i.xlsx", ("--format", "csv"), b"payment_id,"),
    ],
)
def test_the_name_of_the_file_tells_the_format_unless_it_is_given(ask, tmp_path, name, given, begins):
    assert ask("export", "payments", "--to", str(tmp_path / name), *given).status == 0
    assert (tmp_path / name).read_bytes().removeprefix(b"\xef\xbb\xbf").startswith(begins)


def test_real_ids_keep_their_noughts_and_money_is_exact(exported, published):
    expected = stored(published, "insured_status")
    told, target = exported("insured_status", "xlsx", "--real-ids")
    book = openpyxl.load_workbook(target)
    header, *rows = book["insured_status"].values
    found = pl.DataFrame(rows, schema=header, orient="row", infer_schema_length=None)
    assert found["iin"].to_list() == expected["iin"].to_list()
    assert found["arrears_tiyn"].to_list() == expected["arrears_tiyn"].to_list()
    assert found["month"].dtype == pl.Datetime and book["insured_status"].freeze_panes == "A2"
    assert [row[0] for row in book["columns"].values][1:] == list(header)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert json.loads((published / "runs.jsonl").read_text().splitlines()[-1])["result"]["real_ids"] is True
    _, target = exported("insured_status", "csv", "--real-ids", "--month", "2026-10")
    assert [row["iin"] for row in rows_of(target)] == stored(published, "insured_status", "2026-10")["iin"].to_list()
    assert told.err == "" and not any(iin in told.out for iin in expected["iin"])


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_more_rows_than_a_sheet_takes_are_split(exported, published, monkeypatch, form):
    expected = stored(published, "payments")["paid_tiyn"].to_list()
    monkeypatch.setattr(exports, "SHEET_ROWS", 100)
    monkeypatch.setattr(xlsx_output, "SHEET_ROWS", 100)
    told, target = exported("payments", form)
    if form == "csv":
        paths = [Path(line) for line in told.out.splitlines()[1:]]
        assert paths[:2] == [target, target.with_name("out_2.csv")]
        pieces = [[int(row["paid_tiyn"]) for row in rows_of(path)] for path in paths]
    else:
        book = openpyxl.load_workbook(target)
        assert book.sheetnames[:2] == ["payments", "payments 2"]
        pieces = [[row[15] for row in list(sheet.values)[1:]] for sheet in book if sheet.title != "columns"]
    assert [len(piece) for piece in pieces[:-1]] == [100] * (len(pieces) - 1) and len(pieces[-1]) <= 100
    assert sum(pieces, []) == expected


def test_parts_of_a_longer_export_are_told_of(exported, monkeypatch):
    monkeypatch.setattr(exports, "SHEET_ROWS", 40)
    longer, _ = exported("payments")
    monkeypatch.setattr(exports, "SHEET_ROWS", 100)
    told, target = exported("payments")
    assert len(longer.out.splitlines()) > len(paths := told.out.splitlines()[1:])
    assert longer.err == "" and str(target.with_stem(f"out_{len(paths) + 1}")) in told.err


def test_parts_of_two_exports_never_stand_under_one_name(exported, monkeypatch):
    """The first one is gone until all the others have their names."""
    monkeypatch.setattr(exports, "SHEET_ROWS", 100)
    _, target = exported("payments")
    replace = Path.replace

    def at_the_second(path, to):
        if Path(to).name == "out_2.csv":
            raise OSError(errno.EIO, "Input/output error")
        return replace(path, to)

    monkeypatch.setattr(Path, "replace", at_the_second)
    told, target = exported("payments")
    assert told.status == 1 and not target.exists()


def test_a_workbook_that_is_broken_off_prints_nothing_of_its_own(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, content):
            if self.tell() > 1000:
                self.close()
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(content)

    printed = []
    monkeypatch.setattr(sys, "unraisablehook", printed.append)
    view = VIEWS["people_by_status"]
    rows = pl.DataFrame({name: [None] * 200 for name in view.columns}, schema=view.types())
    with pytest.raises(Exception, match="No space left"):
        xlsx_output.write_xlsx(Full(), iter([rows]), view, list(view.columns), tmp_path)
    gc.collect()
    assert not printed


def test_an_export_that_breaks_off_leaves_nothing(exported, monkeypatch):
    monkeypatch.setattr(exports, "SHEET_ROWS", 100)
    broken = iter([True, True, True])
    monkeypatch.setattr(
        exports, "csv_text", lambda part, header=False: csv_text(part, header) if next(broken, None) else 1 / 0
    )
    told, target = exported("payments")
    assert told.status == 1 and list(target.parent.iterdir()) == []


def test_no_cell_is_a_formula_and_nothing_else_is_changed():
    hostile = ["=HYPERLINK(1)", "+1", "-1", "@cmd", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"]
    harmless = ["012", "", None, "a=b", '"quoted", text', "1e5"]
    frame = pl.DataFrame({"text": hostile + harmless, "money": [-5] * 17})
    rows = list(csv.reader(io.StringIO(csv_text(frame, header=True), newline="")))
    assert [row[0] for row in rows[1:12]] == ["'" + one for one in hostile]
    assert [row[0] for row in rows[12:]] == [one or "" for one in harmless]
    assert {row[1] for row in rows[1:]} == {"-5"}


def test_excel_gets_texts_and_not_formulas(tmp_path):
    money = [Decimal("1234567890123.45"), Decimal("12345678901234.56"), Decimal("-5.00"), None]
    frame = pl.DataFrame(
        {"payer_bank": ["=1+1", "http://a.b", "007", "a\x01b"], "days": [10**15, 10**17 + 1, 5, None], "tenge": money}
    )
    with open(tmp_path / "x.xlsx", "wb") as file:
        xlsx_output.write_xlsx(file, iter([frame]), VIEWS["arrivals_by_delay"], frame.columns, tmp_path)
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["arrivals_by_delay"]
    cells = [[(cell.value, cell.data_type) for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [row[0] for row in cells[:3]] == [("=1+1", "s"), ("http://a.b", "s"), ("007", "s")]
    assert [row[1][0] for row in cells] == [str(10**15), str(10**17 + 1), 5, None]
    assert [row[2][0] for row in cells] == [1234567890123.45, "12345678901234.56", -5, None]


def test_csv_is_written_in_one_place():
    """So that no cell of any CSV can be a formula; inputs of a generated nation are no CSV for people."""
    for path in PACKAGES.rglob("*.py"):
        if path.name != "csv_output.py" and "generate" not in path.parts:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"write_csv|csv\.writer|DictWriter|FORMAT csv|to_csv|sink_csv", text), path


def test_small_cells_are_kept_back_but_not_from_the_auditor(exported):
    rows = rows_of(exported("receipts_by_bank_and_knp")[1])
    kept = [row for row in rows if row["kept_back"] == "true"]
    assert kept and all(row["people"] == row["lines"] == row["paid_tenge"] == "" and row["payer_bank"] for row in kept)
    assert all(int(row["people"]) >= 5 for row in rows if row["kept_back"] == "false")
    rows = rows_of(exported("receipts_by_bank_and_knp", "csv", "--real-ids")[1])
    assert "kept_back" not in rows[0] and any(0 < int(row["people"]) < 5 for row in rows)


def test_the_sms_list_names_who_must_pay_what_by_when(exported, published):
    people = stored(published, "insured_status")
    wanted = stored(published, "breaks").filter(code="grace_ending")["iin"]
    told, target = exported("grace_ending", "csv", "--lang", "ru")
    rows = rows_of(target)
    assert [row["iin"] for row in rows] == sorted(wanted) and rows and stat.S_IMODE(target.stat().st_mode) == 0o600
    for row in rows:
        person = people.row(by_predicate=pl.col("iin") == row["iin"], named=True)
        assert row["last_day"] == str(person["conditional_until"]) and row["to_pay_tiyn"] == str(person["arrears_tiyn"])
        assert row["missing_months"].split() == [str(month) for month in person["missing_months"]]
        assert row["pay_by"] == "2026-11-25"  # settled on Monday the 30th: three banking days
        assert "30.11.2026" in row["message"] and "25.11.2026" in row["message"] and row["iin"] not in told.out
    header, *found = openpyxl.load_workbook(exported("grace_ending", "xlsx")[1])["grace_ending"].values
    assert [row[0] for row in found] == [row["iin"] for row in rows]


def test_nothing_leaves_that_the_run_record_does_not_keep(exported, ask, published, monkeypatch, tmp_path):
    """Not even where its disk is full at the end."""

    def full(*_):
        raise OSError(28, "No space left on device", str(published / "runs.jsonl"))

    for module in (exports, audiences):
        monkeypatch.setattr(module, "note", full)
    for form in ("csv", "xlsx", "parquet"):
        told, _ = exported("payments", form, "--real-ids")
        assert told.status == 1 and list(tmp_path.iterdir()) == []
    told = ask("publish", "--audience", "auditor", "--to", str(tmp_path / "x.duckdb"))
    assert told.status == 1 and list(tmp_path.iterdir()) == []


def test_of_two_commands_that_write_one_file_the_last_to_end_is_there_whole(exported):
    told, target = exported("payments")
    before = target.read_bytes()
    with whole(target) as file:
        file.write(b"half")
        other, _ = exported("payments")
        assert (told.status, other.status) == (0, 0) and target.read_bytes() == before
        file.write(b" and half")
    assert target.read_bytes() == b"half and half" and list(target.parent.iterdir()) == [target]


def test_what_a_killed_command_left_is_removed_and_never_written_again(tmp_path):
    """Somebody may have it open, if it was to be read by others."""
    target = tmp_path / f"{'x' * 250}.csv"
    code = "import os, sys; from pathlib import Path; from pipelines.outgoing import whole\n"
    code += "with whole(Path(sys.argv[1]), 0o644) as file: file.write(b'pseudonyms'); file.flush(); os._exit(9)"
    subprocess.run([sys.executable, "-c", code, str(target)])
    (left,) = tmp_path.iterdir()
    with left.open("rb") as seen, whole(target) as file:
        assert [path.name != left.name for path in tmp_path.iterdir()] == [True]
        file.write(b"real ids")
        file.flush()
        assert seen.read() == b"pseudonyms"
    assert list(tmp_path.iterdir()) == [target] and stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_share_without_locks_is_written_to_all_the_same(exported, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("pipelines.home.fcntl.flock", no_locks)
    with whole(exported("nosuch")[1]) as file:
        file.write(b"whole")
    assert exported("nosuch")[1].read_bytes() == b"whole"


@pytest.mark.parametrize(
    "arguments",
    [
        ("nosuch",),
        ("payments", "--format", "pdf"),
        ("payments", "--month", "2026-01"),
        ("payments", "--to", "no/folder/x"),
        ("payments", "--to", "/dev/null"),
        ("payments", "--to", "/dev/stdout"),
    ],
    ids=" ".join,
)
def test_wrong_ways_to_export(ask, tmp_path, arguments):
    to = () if "--to" in arguments else ("--to", str(tmp_path / "x"))
    assert ask("export", *arguments, *to).status == 2 and list(tmp_path.iterdir()) == []
