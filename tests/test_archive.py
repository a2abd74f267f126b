"""The record of deliveries is read as it is now, however often it was read before."""

from datetime import date

import pytest

from pipelines import archive
from pipelines.archive import Record
from pipelines.errors import RunFailed
from pipelines.home import Home


def test_records_written_behind_others_are_read_and_altered_ones_noticed(tmp_path):
    home = Home(tmp_path / "home")
    home.prepare()
    three = [Record(no, f"{no:064x}", f"{no}.txt", "bank", date(2026, 11, 20)) for no in (1, 2, 3)]
    archive.append(home, three[:2])
    assert archive.records(home) == three[:2]
    archive.append(home, three[2:])
    assert archive.records(home) == three
    home.intake.write_text(home.intake.read_text().replace('"1.txt"', '"other.txt"'))
    assert [one.name for one in archive.records(home)] == ["other.txt", "2.txt", "3.txt"]
    home.intake.write_text(home.intake.read_text().replace('"sequence": 2', '"sequence": 4'))
    with pytest.raises(RunFailed, match="the sequence has a gap"):
        archive.records(home)
    home.intake.write_text(home.intake.read_text().replace('"sequence": 4', '"sequence": 2') + "{}\n")
    with pytest.raises(RunFailed, match="line 4 is no intake record"):
        archive.records(home)


def test_few_records_are_found_without_the_others(tmp_path):
    """The newest, the last of a day, those that name a file: as when all are read, and what was read must be whole."""
    home = Home(tmp_path / "home")
    assert archive.newest(home) is None
    home.prepare()
    days = [date(2026, 11, day) for day in (18, 18, 20, 20, 20, 23)]
    made = [Record(no, f"{no % 4:064x}", f"{no}.txt", "bank", day) for no, day in enumerate(days, start=1)]
    archive.append(home, made)
    assert archive.newest(home) == made[-1]
    for day in range(16, 26):
        known = [one for one in made if one.received_on.day <= day]
        assert archive.newest(home, date(2026, 11, day)) == (known[-1] if known else None)
    assert archive.records_with(home, f"{1:064x}") == [made[0], made[4]]
    assert archive.records_with(home, f"{1:064x}", until=4) == [made[0]]
    home.intake.write_text(home.intake.read_text().replace('"sequence": 5', '"sequence": 6'))
    with pytest.raises(RunFailed, match="the sequence has a gap"):
        archive.newest(home, date(2026, 11, 20))
    home.intake.write_bytes(home.intake.read_bytes().replace(b'"6.txt"', b'"\xff"'))
    with pytest.raises(RunFailed, match="line 6 is no intake record"):
        archive.newest(home)
