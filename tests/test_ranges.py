"""IINs cut into ranges, and what of a file of facts lies about them: nobody is left out, and nobody stands in two."""

from itertools import combinations, pairwise
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipelines import limits, ranges
from pipelines.ranges import Range

PERSONS = [1, 1, 2, 5, 5, 5, 7, 9]
IDS = sorted(set(PERSONS))
WANTED = [None, *(list(some) for count in range(3) for some in combinations(IDS, count))]


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Facts that lie by person, in small row groups; a person may stand in two of them."""
    path = tmp_path / "facts.parquet"
    rows = pl.DataFrame({"person": PERSONS, "row": range(len(PERSONS))}, schema={"person": pl.UInt64, "row": pl.Int64})
    first = 0
    with pq.ParquetWriter(path, rows.to_arrow().schema) as writer:
        for size in (1, 3, 2, 2):
            writer.write_table(rows.slice(first, size).to_arrow(), row_group_size=size)
            first += size
    return str(path)


def test_no_row_about_a_range_or_its_people_is_left_out(file):
    groups = ranges.groups_of(file)
    assert len(groups) > 3
    for low, high in combinations(range(12), 2):
        part = Range(low, high)
        for people in WANTED:
            some = None if people is None else pl.Series(people, dtype=pl.UInt64)
            found = ranges.rows_about(file, groups, part, some).filter(part.holds("person")).collect()["person"]
            about = [one for one in found.to_list() if people is None or one in people]
            assert about == [one for one in PERSONS if low <= one < high and (people is None or one in people)]


def test_ids_among_a_range_are_those_that_it_holds():
    ids = pl.Series(IDS, dtype=pl.UInt64)
    for low, high in combinations(range(12), 2):
        part = Range(low, high)
        told = part.among(ids).to_list()
        assert told == ids.to_frame("iin").filter(part.holds("iin"))["iin"].to_list()
        assert told == [one for one in IDS if low <= one < high]


@pytest.mark.parametrize("at_once", [1, 2, 3, 5, 100])
def test_a_file_in_stretches_is_the_whole_file(file, monkeypatch, at_once):
    monkeypatch.setattr(ranges, "_STRETCH", at_once)
    parts = [part.collect()["row"].to_list() for part in ranges.in_stretches(file)]
    assert [row for part in parts for row in part] == list(range(len(PERSONS)))
    assert len(parts) == {1: 4, 2: 4, 3: 4, 5: 2, 100: 1}[at_once]


@pytest.mark.parametrize("most", range(1, 10))
def test_every_id_lies_in_one_range(file, monkeypatch, most):
    monkeypatch.setattr(limits, "lines_a_range", lambda taken_over: most)
    parts = ranges.ranges([file, file])
    assert (parts[0].low, parts[-1].high) == (0, 10**12)
    assert all(one.high == other.low for one, other in pairwise(parts))
    assert all(part.low < part.high for part in parts)
