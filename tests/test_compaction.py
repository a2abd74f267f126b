"""Small segments of the ledger are laid together: fewer files, the same rows, the same results, still provable."""

import shutil
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal
from population import scenario
from statement_texts import camt, camt_entry, camt_statement, statement

from pipelines import archive, follow, ledger
from pipelines.cli import main
from pipelines.compaction import compact, laid_together
from pipelines.engine import Cut
from pipelines.home import Home
from pipelines.month import month_tables
from pipelines.versions import judging_hash
from schemas.ledger import LEDGER
from schemas.rules import load_law
from transforms.facts import BY_PERSON

pytestmark = pytest.mark.usefixtures("no_database")


@pytest.fixture(scope="module")
def fed(tmp_path_factory) -> Path:
    """A home of some nights of a random population, and one with statements."""
    root = tmp_path_factory.mktemp("fed") / "home"
    for delivery in scenario(3, people=80).deliveries:
        for file in delivery.files:
            file.put(root)
        assert main(["run", "--as-of", str(delivery.day), "--home", str(root)]) in (0, 3)
    for name, text in {"s.txt": statement(), "c.xml": camt(camt_statement(camt_entry()))}.items():
        (root / "inbox/statements" / name).write_text(text)
    assert main(["run", "--as-of", "2026-11-19", "--home", str(root)]) in (0, 3)
    return root


@pytest.fixture(scope="module")
def cut_up(fed, tmp_path_factory) -> Path:
    """The same home with a segment for every delivery; for tests that work on a copy."""
    home = Home(Path(shutil.copytree(fed, tmp_path_factory.mktemp("cut_up") / "home")))
    shutil.rmtree(home.ledger)
    home.ledger.mkdir()
    ledger.discard_unusable(home, judging_hash())
    with pytest.MonkeyPatch.context() as one_each:
        one_each.setattr(follow, "BATCH_FILES", 1)
        follow.judge_next(home, archive.records(home))
    assert len(ledger.segments(home)) > 16
    return home.root


@pytest.fixture
def apart(cut_up, tmp_path, monkeypatch) -> Home:
    monkeypatch.setattr(follow, "BATCH_FILES", 1)
    return Home(Path(shutil.copytree(cut_up, tmp_path / "home")))


def bytes_of(segment: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in segment.iterdir()}


def test_every_row_stays_with_its_sequence(apart):
    before = {table: ledger.scan(apart, table).collect() for table in LEDGER}
    hashes = ledger.hashes_of(ledger.segments(apart))
    compact(apart)
    assert len(ledger.segments(apart)) < 9
    for table, rows in before.items():
        now = ledger.scan(apart, table).collect()
        by_person = BY_PERSON.get(table)
        assert_frame_equal(now.sort(by_person), rows.sort(by_person)) if by_person else assert_frame_equal(now, rows)
    assert set(ledger.hashes_of(ledger.segments(apart))) == set(hashes) and len(hashes)
    assert before["entries"].height > 1 and before["payments"].height and before["wages"].height


def test_it_does_not_show_which_pieces_were_laid_together(apart, tmp_path):
    other = Home(apart.root, ledger_elsewhere=tmp_path / "other")
    shutil.copytree(apart.ledger, other.ledger)
    pieces = ledger.segments(apart)
    laid_together(apart, pieces)
    for few in (slice(0, 3), slice(1, 6), slice(-4, None)):
        laid_together(other, ledger.segments(other)[few])
    laid_together(other, ledger.segments(other))
    (one,), (two,) = ledger.segments(apart), ledger.segments(other)
    assert bytes_of(one) == bytes_of(two)


def test_it_does_not_show_how_many_rows_were_sorted_at_once(apart, tmp_path):
    other = Home(apart.root, ledger_elsewhere=tmp_path / "other")
    shutil.copytree(apart.ledger, other.ledger)
    laid_together(apart, ledger.segments(apart))
    laid_together(other, ledger.segments(other), at_once=40)
    (one,), (two,) = ledger.segments(apart), ledger.segments(other)
    assert bytes_of(one) == bytes_of(two) and ledger.scan(apart, "wages").collect().height > 400


def test_a_month_has_the_same_tables(apart, tmp_path):
    records = archive.records(apart)
    cut = Cut(records[-1].received_on.replace(day=1), records[-1].received_on, len(records))
    found = []
    for name in ("apart", "together"):
        (tmp_path / name).mkdir()
        tables = month_tables(apart, cut, load_law(), tmp_path / name)
        found.append({table: rows.collect() for table, rows in tables.items()})
        compact(apart)
    assert found[0].keys() == found[1].keys() and found[0]["insured_status"].height
    for table, rows in found[0].items():
        assert_frame_equal(rows, found[1][table])


def test_what_was_replaced_is_read_by_nobody_and_the_next_run_removes_it(apart):
    many = len(list(apart.ledger.glob("*-*")))
    compact(apart)
    few = len(ledger.segments(apart))
    assert len(list(apart.ledger.glob("*-*"))) > many > few
    follow.catch_up(apart)
    assert len(list(apart.ledger.glob("*-*"))) == few


def test_it_is_proved_against_the_archive(apart, capsys, monkeypatch):
    compact(apart)
    monkeypatch.undo()  # the archive is read again in larger batches than those that were laid together
    assert main(["verify", "--home", str(apart.root)]) == 0, capsys.readouterr().out
    altered = ledger.segments(apart)[0] / "wages.parquet"
    held = bytearray(altered.read_bytes())
    held[len(held) // 2] ^= 1
    altered.write_bytes(held)
    assert main(["verify", "--home", str(apart.root)]) == 1
    assert f"ledger/{altered.parent.name}/wages.parquet" in capsys.readouterr().out


def test_a_night_after_many_lays_them_together(fed):
    assert len(ledger.segments(Home(fed))) < 9
