"""Files read ahead, each alone and on any machine in any order: the ledger has the bytes that one reader gives it."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from test_parts import DAY, FILES, _limits
from texts import bank_register, bank_row

from pipelines import archive, everybody, follow, ledger, on_worker, read_apart
from pipelines.archive import Record
from pipelines.cli import main
from pipelines.compaction import compact
from pipelines.delivered import Delivered
from pipelines.home import Home
from pipelines.read_one import read_one
from pipelines.readers import recognise
from pipelines.sample import write_sample
from pipelines.storage import SharedFolder
from pipelines.versions import judging_hash

NEXT = date(2026, 11, 21)


class Apart:
    """Machines that do their parts in any order, knowing nothing but what lies on the storage."""

    at_once = 3

    def __init__(self, root: Path) -> None:
        self.storage, self.parts = SharedFolder(root), 0

    def each(self, stage: str, work: Callable, given: read_apart.Files, count: int) -> Iterator[int]:
        asked = self.storage.lay(work, given, count)
        for place in random.Random(count).sample(range(count), count):
            assert on_worker.done(asked, place) == on_worker.done(asked, place)  # a worker died before it could tell
        self.parts += count if work is read_apart.read_in else 0
        return iter([self.storage.take(on_worker.done(asked, place), given.folder) for place in range(count)])


@pytest.fixture
def apart(tmp_path, monkeypatch) -> Apart:
    """Intake on such machines, every file a part, three of them ahead."""
    shared = tmp_path / "shared"
    shared.mkdir()
    workers = Apart(shared.resolve())

    @contextmanager
    def there(_: Home) -> Iterator[Apart]:
        yield workers

    monkeypatch.setattr(read_apart, "_LEAST", 1)
    monkeypatch.setattr(read_apart, "_ROUNDS", 1_000)
    monkeypatch.setattr(read_apart, "_AHEAD", 60_000)
    monkeypatch.setattr(read_apart.machines, "on_cluster", lambda: True)
    monkeypatch.setattr(read_apart.machines, "machines", there)
    monkeypatch.setattr(everybody, "machines", there)
    monkeypatch.setattr(read_apart.machines, "work_folder", lambda _: workers.storage.work_folder())
    return workers


def ledger_bytes(home: Home) -> dict[str, bytes]:
    """Every file of the ledger."""
    return {str(path.relative_to(home.ledger)): path.read_bytes() for path in home.ledger.rglob("*") if path.is_file()}


def judged_here(home: Home, elsewhere: Path) -> dict[str, bytes]:
    """The ledger's bytes as this process makes them of the same archive."""
    there = Home(home.root, elsewhere)
    there.ledger.mkdir()
    ledger.discard_unusable(there, judging_hash())
    follow.judge_next(there, archive.records(home))
    compact(there)
    return ledger_bytes(there)


@pytest.mark.parametrize("part_bytes", [200, 1000])
def test_files_in_parts_or_whole(tmp_path, monkeypatch, apart, part_bytes):
    home = Home(tmp_path / "home")
    home.prepare()
    records = []
    for files in FILES.values():
        for name, text, control in files:
            folder, _, file = name.partition("/")
            sidecar = archive.store_content(home, json.dumps(control).encode()) if control else None
            sha256 = archive.store_content(home, text.encode())
            records.append(Record(len(records) + 1, sha256, file, folder, DAY, sidecar))
    archive.append(home, records)
    monkeypatch.setattr(recognise.Limits, "__init__", _limits(part_bytes))
    follow.catch_up(home)
    assert apart.parts > 10 and not list(apart.storage.root.iterdir())
    assert ledger_bytes(home) == judged_here(home, tmp_path / "elsewhere")


@pytest.mark.usefixtures("no_database")
def test_the_sample_and_every_event(tmp_path, apart):
    """Bytes that were accepted, recalled and sent again are read although they are not read ahead."""
    root, home = tmp_path / "home", Home(tmp_path / "home")
    write_sample(root / "inbox")
    sent = (root / "inbox/kazpost/reestr_117.txt").read_bytes()

    def done(day: date, *call: str) -> int:
        return main([*call, "--home", str(root), "--as-of", str(day)])

    assert done(DAY, "run") == 3
    ahead = apart.parts
    assert ahead > 20
    (root / "inbox/kazpost/again.txt").write_bytes(sent)
    assert done(DAY, "run") == 0 and apart.parts == ahead  # seen before
    first = next(one for one in archive.records(home) if one.name == "reestr_117.txt").sha256
    assert done(NEXT, "withdraw", first, "--reason", "x") == 0
    (root / "inbox/kazpost/once more.txt").write_bytes(sent)
    (root / "inbox/bank/other.csv").write_text(bank_register(bank_row("p1")))
    assert done(NEXT, "run") == 3 and apart.parts == ahead + 2
    whole = ledger_bytes(home)
    for segment in ledger.segments(home)[-2:]:  # the withdrawal and what came after, as if the run had died
        shutil.rmtree(segment)
    follow.catch_up(home)
    assert apart.parts == ahead + 3 and ledger_bytes(home) == whole
    shutil.rmtree(home.ledger)
    home.prepare()
    follow.catch_up(home)
    assert ledger_bytes(home) == judged_here(home, tmp_path / "elsewhere")


def test_a_file_altered_on_its_way_stops_the_run(tmp_path, apart, monkeypatch, capsys):
    root = tmp_path / "home"
    write_sample(root / "inbox")
    monkeypatch.setattr("shutil.copyfile", lambda _, there: Path(there).write_bytes(b"other"))
    assert main(["run", "--home", str(root), "--as-of", str(DAY)]) == 1
    assert "is missing or altered" in capsys.readouterr().err
    assert not list(root.glob("snapshots/*/*"))


@pytest.mark.usefixtures("no_database")
def test_a_file_that_is_gone_from_the_archive_stops_the_run(tmp_path, capsys):
    root, home = tmp_path / "home", Home(tmp_path / "home")
    write_sample(root / "inbox")
    follow_up = ["run", "--home", str(root), "--as-of", str(DAY)]
    assert main(follow_up) == 3
    lost = archive.records(home)[2]
    archive.path_of(home, lost.sha256).unlink()
    shutil.rmtree(home.ledger)
    assert main(follow_up) == 1
    assert f"{lost.sha256} is missing or altered: restore it" in capsys.readouterr().err


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize("held", [1, 60_000])
def test_a_thread_of_this_process_reads_ahead_so_much_and_no_more(tmp_path, monkeypatch, held):
    root, home = tmp_path / "home", Home(tmp_path / "home")
    write_sample(root / "inbox")
    begun: list[int] = []

    def read(home: Home, record: Record) -> Delivered:
        begun.append(record.sequence)
        return read_one(home, record)

    monkeypatch.setattr(read_apart, "read_one", read)
    monkeypatch.setattr(read_apart, "_AHEAD_HERE", held)
    assert main(["run", "--home", str(root), "--as-of", str(DAY)]) == 3
    assert sorted(begun) == [one.sequence for one in archive.records(home)]
    assert ledger_bytes(home) == judged_here(home, tmp_path / "elsewhere")
    begun.clear()
    waiting = archive.records(home)
    with read_apart.reader(home, waiting, set) as take:
        take(waiting[0])
        sizes = [archive.path_of(home, one.sha256).stat().st_size for one in waiting]
        allowed = sum(sum(sizes[:last]) <= held for last in range(1, len(sizes) + 1))
    assert 1 <= len(begun) <= max(1, allowed)
