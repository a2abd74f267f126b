"""What is taken in comes in once, whatever happens to a run between the record and the removal of a file."""

import os
from datetime import date
from pathlib import Path

import pytest
from test_layouts import ASCII, ASCII_ROWS, lay
from texts import OTHER, PERSON, THIRD, bank_register, bank_row, message, register

from pipelines import archive, follow, intake
from pipelines.home import Home

pytestmark = pytest.mark.usefixtures("no_database")


def people(ran) -> list[str]:
    return sorted(ran.table("payments")["iin"])


def test_a_run_that_died_after_recording_is_told_by_the_next(put, night, monkeypatch):
    """Its files are still in the inbox: they are that delivery, not a second one, and their faults are told."""
    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p2", amount="x")))

    class Died(BaseException):
        pass

    def die(*_):
        raise Died

    monkeypatch.setattr(Path, "unlink", die)
    with pytest.raises(Died):
        night("2026-11-18")
    monkeypatch.undo()
    monkeypatch.setattr(follow, "judge", die)
    with pytest.raises(Died):
        night("2026-11-19")
    monkeypatch.undo()
    ran = night("2026-11-20")
    assert ran.status == 3 and "bad_amount" in ran.err and "1 files" in ran.out
    assert ran.table("files").select("received_on", "lines").rows() == [(date(2026, 11, 18), 2)]
    assert night("2026-11-20").status == 0 and not list((ran.folder.parents[2] / "inbox/bank").iterdir())


@pytest.fixture
def dies_before_removal(put, night, monkeypatch):
    """A night that recorded its files and died before it took them out of the inbox."""

    class Died(BaseException):
        pass

    def die(path, **_):
        if "inbox" in path.parts:
            raise Died

    def call(day: str) -> None:
        with monkeypatch.context() as patched, pytest.raises(Died):
            patched.setattr(Path, "unlink", die)
            night(day)

    return call


@pytest.mark.parametrize(
    "then", [["quarantine"], ["rerun", "2026-11"], ["replay", "--as-of", "2026-11-18"]], ids=lambda told: told[0]
)
def test_what_a_dead_run_recorded_is_one_delivery_whoever_comes_next(put, mshi, night, home, dies_before_removal, then):
    put("bank/off.txt", message(reference="OFF", total="1,00"))
    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p2", amount="x")))
    put("bank/a.csv.control.json", '{"rows": 2}')
    dies_before_removal("2026-11-18")
    mshi(*then)
    put("bank/b.csv", bank_register(bank_row("p3", person=OTHER)))
    dies_before_removal("2026-11-19")
    ran = night("2026-11-20")
    told = [("off.txt", date(2026, 11, 18)), ("a.csv", date(2026, 11, 18)), ("b.csv", date(2026, 11, 19))]
    records = archive.records(Home(home))
    assert sorted((one.name, one.received_on) for one in records if one.event == "delivery") == sorted(told)
    assert not [*home.glob("inbox/*/*")] and not (home / ".taken.json").exists()
    assert ran.table("files").height == 3 and night("2026-11-21").status == 0


def test_a_file_of_the_same_name_and_bytes_is_a_delivery_after_a_dead_run_too(put, night, home, monkeypatch):
    """The register of the 18th comes again on the 20th and is the one in force; it was taken for the dead run's."""
    text = register("iin,category,from,to", f"{PERSON},pension,2020-01-01,")
    put("registers/categories.csv", text)
    put("registers/categories_b.csv", register("iin,category,from,to", f"{OTHER},pension,2020-01-01,"))

    class Died(BaseException):
        pass

    def die(*_):
        raise Died

    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(follow, "judge", die)
        night("2026-11-19")
    put("registers/categories.csv", text)
    ran = night("2026-11-20")
    assert ran.table("files").height == 3
    assert ran.table("insured_status").select("iin", "status").rows() == [(PERSON, "insured")]


def test_a_file_that_cannot_be_removed_comes_in_once(put, night, home, monkeypatch):
    """A sticky inbox with another owner: the file is named each night, counts once, and stops nobody."""
    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p2", amount="x")))
    put("bank/a.csv.control.json", '{"rows": 2}')
    unlink = Path.unlink

    def refused(path, *given, **named):
        if path.parent.name == "bank":
            raise PermissionError(1, "Operation not permitted", str(path))
        unlink(path, *given, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        assert [night("2026-11-18").status, night("2026-11-19").status] == [3, 0]
        put("bank/b.csv", bank_register(bank_row("p3", person=OTHER)))
        ran = night("2026-11-20")
    assert ran.status == 0 and "inbox/bank/a.csv: taken in, and cannot be removed (Operation not permitted)" in ran.err
    assert sorted(one.name for one in archive.records(Home(home))) == ["a.csv", "b.csv"]
    (home / "inbox/bank/a.csv").unlink()
    put("bank/a.csv", bank_register(bank_row("p4", person=OTHER)))
    ran = night("2026-11-21")
    assert sorted(ran.table("files")["file_name"]) == ["a.csv", "a.csv", "b.csv"]
    assert not [*home.glob("inbox/*/*")] and not (home / ".taken.json").exists()


@pytest.fixture
def at_once(monkeypatch):
    """Do something once, right before (or after) a function of the product is called; it is as ever afterwards."""

    def plan(of, name: str, act, after: bool = False) -> None:
        work, waits = getattr(of, name), [act]

        def called(*given, **named):
            if not after and waits:
                waits.pop()()
            found = work(*given, **named)
            if after and waits:
                waits.pop()()
            return found

        monkeypatch.setattr(of, name, called)

    return plan


def renamed_over(path: Path, content: str) -> None:
    other = path.with_name(".other")
    other.write_text(content)
    other.rename(path)


def test_a_file_replaced_after_it_was_taken_in_comes_in_too_with_its_control_file(put, night, at_once):
    path = put("bank/a.csv", bank_register(bank_row("p1")))
    put("bank/a.csv.control.json", '{"rows": 1}')
    at_once(archive, "append", lambda: renamed_over(path, bank_register(bank_row("p2", person=OTHER))), after=True)
    ran = night()
    assert people(ran) == [PERSON]
    assert "bank/a.csv: taken in as it was read; what lies there since comes in with the next run" in ran.err
    ran = night()
    assert people(ran) == sorted([PERSON, OTHER])
    assert archive.records(Home(ran.folder.parents[2]))[-1].sidecar is not None


def test_a_file_that_is_still_being_written_is_not_taken_in_half(put, night, mshi, at_once, home):
    """Read at half its length, and whole when all files are copied: half of it must count for nothing."""
    whole = bank_register(bank_row("p1"), bank_row("p2", person=OTHER))
    path = put("bank/a.csv", whole[:-20])
    put("bank/b.csv", bank_register(bank_row("p3", person=THIRD)))
    at_once(archive, "is_still", lambda: path.write_text(whole))
    ran = night()
    assert people(ran) == [THIRD] and "bank/a.csv: changed while it was read; left for the next run" in ran.err
    assert people(night()) == sorted([PERSON, OTHER, THIRD])
    assert [one.name for one in archive.records(Home(home))] == ["b.csv", "a.csv"]
    assert mshi("verify").status == 0  # nothing of the half is kept


@pytest.mark.parametrize("other", ["gone", "link", "folder", "pipe"])
@pytest.mark.parametrize("moment", ["waiting", "store"])
def test_what_is_no_file_any_more_stops_nobody(put, night, at_once, home, other, moment):
    path = put("bank/a.csv", bank_register(bank_row("p1")))
    put("bank/b.csv", bank_register(bank_row("p2", person=OTHER)))

    def change():
        path.unlink()
        if other == "link":
            path.symlink_to(home)
        elif other == "folder":
            path.mkdir()
        elif other == "pipe":
            os.mkfifo(path)

    at_once(*((intake, "waiting") if moment == "waiting" else (archive, "store")), change)
    ran = night()
    assert ran.status == 0 and people(ran) == [OTHER]
    assert ("bank/a.csv: " in ran.err) == (other != "gone" or moment == "store")


def test_a_layout_that_is_saved_while_it_is_read_is_used_as_it_was_read(put, night, at_once, home):
    lay(home, ASCII)
    at_once(archive, "store_content", lambda: lay(home, ASCII + "# saved\n"))
    put("bank/a.txt", ASCII_ROWS.encode("cp866"))
    assert [night(day).status for day in ("2026-11-18", "2026-11-19")] == [0, 0]


@pytest.mark.parametrize("missing", ["bank/a.csv", "bank/a.csv.control.json"])
@pytest.mark.parametrize("ending", ["", ".part"])
def test_a_file_and_its_control_file_wait_for_each_other(put, night, home, missing, ending):
    put("bank/b.csv", bank_register(bank_row("other")))
    both = {"bank/a.csv": bank_register(bank_row()), "bank/a.csv.control.json": '{"rows": 2}'}
    paths = {name: put(name, text) for name, text in both.items()}
    paths[missing].unlink()
    unread = paths[missing].with_name(paths[missing].name + ending)
    unread.symlink_to(home)
    first = night("2026-11-19")
    assert first.status == 0 and first.table("files")["file_name"].to_list() == ["b.csv"]
    assert (ending == ".part" and missing == "bank/a.csv") or "left where it is" in first.err
    unread.unlink()
    put(missing, both[missing])
    refused = night("2026-11-20").table("files").filter(file_name="a.csv")
    assert refused["refused_reason"].to_list() == ["control_count"]
    assert not list((home / "inbox" / "bank").iterdir())
