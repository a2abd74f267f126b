"""What the report tells as left outside: as it stands, and of the night itself only what it took in."""

import html
import re
import shutil

import polars as pl
import pytest
from texts import item, message

from pipelines.errors import RunFailed
from pipelines.home import Home
from pipelines.report.earlier import earlier_of, published
from pipelines.report.figures import figures_of
from pipelines.report.page import page, report_of
from pipelines.snapshot import load_manifest

pytestmark = pytest.mark.usefixtures("no_database")


@pytest.fixture
def page_of(home, tmp_path):
    """The text of the report of what a run published, in all languages."""

    def told(ran) -> str:
        snapshot = published(ran.folder, load_manifest(ran.folder))
        made = page(report_of(figures_of(snapshot, earlier_of(Home(home), snapshot), tmp_path / ran.folder.name)))
        return html.unescape(re.sub(r"<[^>]+>", "", made))

    return told


def failing(*_, **__):
    raise RunFailed("the power went")


def test_what_an_earlier_night_left_outside_is_not_tonights(put, night, mshi, home, tmp_path):
    bad_line = message(item(1), item(2, person="-"), total="3870,00")
    put("bank/two.txt", bad_line + message(item(1), reference="T", number="2", total="1,00"))
    put("bank/same.txt", message(item(1), reference="S", number="3", total="1,00"))
    first = night("2026-11-18")
    sha = first.table("files").filter(file_name="two.txt")["file_sha256"].item()
    mshi("accept", sha, "--reason", "confirmed", "--as-of", "2026-11-19")
    put("bank/same.txt", message(item(1), reference="S", number="3", total="1,00"))
    later = night("2026-11-19")
    for ran, lines, files in (
        (first, {"control_total": (2, 2), "missing_field": (1, 1)}, ["same.txt", "two.txt", "two.txt"]),
        (later, {"control_total": (1, 1), "missing_field": (1, 0)}, ["same.txt"]),
    ):
        snapshot = published(ran.folder, load_manifest(ran.folder))
        rows = figures_of(snapshot, earlier_of(Home(home), snapshot), tmp_path).rows
        assert {row["reason"]: (row["rows"], row["tonight_rows"]) for row in rows["outside"]} == lines
        assert sorted(row["file_name"] for row in rows["outside_files"]) == files


def test_what_a_night_that_failed_took_in_is_told_by_the_next(put, night, page_of, monkeypatch):
    put("bank/good.txt", message(item(1)))
    assert "All is well" in page_of(night("2026-11-17"))
    for day in ("2026-11-18", "2026-11-19"):
        put(f"bank/{day}.txt", message(item(1), item(2, person="-"), reference=day, number="9", total="3870,00"))
        with monkeypatch.context() as patched:
            patched.setattr("pipelines.night.compute_and_publish", failing)
            assert night(day).status == 1
    put("bank/more.txt", message(item(3), reference="M", number="7"))
    told = page_of(night("2026-11-20"))
    assert "2 lines that came in before the day, of which no report told, are in quarantine" in told
    assert "All is well" not in told
    assert "of which no report told" not in page_of(night("2026-11-21"))


def test_a_report_by_another_law_says_so_and_compares_with_none(put, night, mshi, page_of):
    put("bank/good.txt", message(item(1)))
    night("2026-11-18")
    night("2026-11-19")
    ran = mshi("rerun", "2026-11", "--law-as-of", "2026-01-31")
    told = page_of(ran)
    assert "by the law as published on 2026-01-31" in told and "Not compared with others" in told
    assert "fewer than the night before" not in told and "against 2026-11" not in told


@pytest.mark.parametrize(("table", "column"), [("coverage", "category"), ("quarantine", "received_on")])
def test_a_snapshot_from_before_a_column_has_figures(put, night, home, tmp_path, table, column):
    put("bank/a.txt", message(item(1), item(2, person="-"), total="3870,00"))
    folder = tmp_path / "copy"
    shutil.copytree(night("2026-11-18").folder, folder)
    path = folder / f"{table}.parquet"
    pl.read_parquet(path).drop(column).write_parquet(path)
    snapshot = published(folder, load_manifest(folder))
    rows = figures_of(snapshot, earlier_of(Home(home), snapshot), tmp_path / "work").rows
    assert [(row["reason"], row["rows"]) for row in rows["outside"]] == [("missing_field", 1)]
