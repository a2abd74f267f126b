"""What is taken in comes in once, whatever happens to a run between the record and the removal of a file."""

from datetime import date
from pathlib import Path

import pytest
from texts import OTHER, PERSON, bank_register, bank_row, message, register

from pipelines import archive, follow
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
    assert night("2026-11-20").status == 0


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


def test_a_file_changed_while_it_was_read_stays(put, night, monkeypatch):
    path = put("bank/a.csv", bank_register(bank_row("p1")))
    append = archive.append

    def late(home, new):
        append(home, new)
        other = path.with_name("other")
        other.write_text(bank_register(bank_row("p2", person=OTHER)))
        other.rename(path)

    monkeypatch.setattr(archive, "append", late)
    ran = night()
    assert "bank/a.csv: changed while it was read; left for the next run" in ran.err
    monkeypatch.undo()
    assert people(night()) == sorted([PERSON, OTHER])


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
