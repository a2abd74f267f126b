"""A month with every break planted yields exactly the planted breaks, in every shuffle of files, names and lines."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from conftest import Ran
from planted import AS_OF, planted_month
from planted_files import Written, text_of, write_month
from planted_month import Month
from planted_papers import BEFORE, EARLY

from schemas.breaks import BREAKS

pytestmark = pytest.mark.usefixtures("no_database")

COLUMNS = ["code", "iin", "payer_id", "period", "amount_tiyn", "file_name"]
# How the line begins on which a break stands; a break without one of these is of a whole file.
PLACE = re.compile(
    r"(:20:|:21:|\s*СЕКЦИЯ(ДОКУМЕНТ|РАСЧСЧЕТ)\b|\s*<(Stmt|Ntry|TxDtls)>|(app|back|file|post)-\d|\d+;R)", re.I
)


@pytest.fixture(scope="module")
def month() -> Month:
    return planted_month()


def test_every_code_is_planted(month):
    assert {row.code for row in month.expected} == set(BREAKS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_month_yields_exactly_the_planted_breaks(month, seed, home: Path, night: Callable[..., Ran]):
    files = write_month(month, seed)
    for day in (BEFORE, EARLY, AS_OF):
        for file in files:
            if file.received == day:
                file.put(home)
        told = night(day)
        assert told.status in (0, 3), told.err
    found = told.table("breaks")
    names = {hashlib.sha256(file.data).hexdigest(): file for file in files}
    same(found, month, names)
    for row in found.iter_rows(named=True):
        assert (row["severity"], row["message"]) == _words(row["code"])
        assert_stands(row, names)


def same(found: pl.DataFrame, month: Month, names: dict[str, Written]) -> None:
    """The breaks are those expected: none missing, none more."""
    where = {key: file.name for file in names.values() for key in file.keys}
    wanted = Counter(
        (row.code, row.iin, row.payer_id, row.period, row.amount_tiyn, where[row.at] if row.at else None)
        for row in month.expected
    )
    told = found.with_columns(
        file_name=pl.col("file_sha256").replace_strict({sha: file.name for sha, file in names.items()}, default=None)
    )
    given = Counter(told.select(COLUMNS).rows())
    assert {
        "missing": sorted(map(str, (wanted - given).elements())),
        "more": sorted(map(str, (given - wanted).elements())),
    } == {
        "missing": [],
        "more": [],
    }


def _words(code: str) -> tuple[str, str]:
    return BREAKS[code].severity, f"{BREAKS[code].sentence} {BREAKS[code].next_step}"


def assert_stands(row: dict, names: dict[str, Written]) -> None:
    """A break of a file names one of its lines, that of the document, row, entry or statement; 0 for the whole."""
    if row["file_sha256"] is None:
        assert row["line_no"] is None
        return
    data = names[row["file_sha256"]].data
    lines = text_of(data).splitlines()
    assert 0 <= row["line_no"] <= len(lines), row
    whole = names[row["file_sha256"]].folder == "kazpost" and lines[0][0] != "O"
    assert PLACE.match(lines[row["line_no"] - 1]) if row["line_no"] else whole, row
