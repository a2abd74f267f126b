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
    with home.intake.open("a") as file:
        file.write("{}\n")
    with pytest.raises(RunFailed, match="line 4 is no intake record"):
        archive.records(home)
