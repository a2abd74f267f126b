"""Leave out of two Parquet files of one table what both hold in the same bytes, for it differs in nothing.

Payments lie in intake order, so most of what last night wrote stands at the same place tonight.
Grain: a row group. The same rows are left out on both sides, so all that came, went or changed is left.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

from pipelines.engine import stored_in


def unlike(one: Path, other: Path) -> tuple[str, str]:
    """SQL of the rows of either file, but for row groups that are the same at the same place. OSError if unreadable."""
    first, second = (pq.read_metadata(path) for path in (one, other))
    alike = set[int]()
    if first.schema.equals(second.schema):
        with one.open("rb") as of_one, other.open("rb") as of_other:
            for place in range(min(first.num_row_groups, second.num_row_groups)):
                pairs = zip(_columns(first, place, of_one), _columns(second, place, of_other), strict=True)
                if all(mine == theirs for mine, theirs in pairs):
                    alike.add(place)
    return _rows(one, first, alike), _rows(other, second, alike)


def _columns(told: pq.FileMetaData, place: int, file: BinaryIO) -> Iterator[tuple[object, ...]]:
    """The columns of a row group: how each is written, and its bytes."""
    for number in range(told.num_columns):
        column = told.row_group(place).column(number)
        begin = column.dictionary_page_offset or column.data_page_offset
        file.seek(begin)
        written = column.num_values, column.compression, column.encodings, column.data_page_offset - begin
        yield *written, file.read(column.total_compressed_size)


def _rows(path: Path, told: pq.FileMetaData, alike: Collection[int]) -> str:
    """SQL of the rows of a file that are in no such row group."""
    if not alike:
        return f"FROM {stored_in([path])}"
    begin, ranges = 0, list[tuple[int, int]]()
    for place in range(told.num_row_groups):
        end = begin + told.row_group(place).num_rows
        if place not in alike:
            since = ranges.pop()[0] if ranges and ranges[-1][1] == begin else begin
            ranges.append((since, end))
        begin = end
    numbered = stored_in([path], "file_row_number = true")
    kept = " OR ".join(f"(file_row_number >= {since} AND file_row_number < {end})" for since, end in ranges)
    return f"SELECT * EXCLUDE file_row_number FROM {numbered} WHERE {kept or 'false'}"
