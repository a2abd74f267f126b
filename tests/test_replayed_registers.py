"""A register that is replayed is put in force as a whole: what of it is still bad still stands outside."""

import hashlib

import polars as pl
import pytest
from texts import OTHER, PERSON, THIRD, register

pytestmark = pytest.mark.usefixtures("no_database")

CATEGORIES = "iin,category,from,to"


def test_a_row_that_is_still_bad_still_stands_outside_and_can_be_released_later(put, night, mshi, new_categories):
    rows = f"{PERSON},pension,2020-01-01,", f"{OTHER},war_veteran,2020-01-01,", f"{THIRD},orphan,2020-01-01,"
    put("registers/categories.csv", register(CATEGORIES, *rows))
    night("2026-11-18")
    new_categories("war_veteran")
    told = mshi("replay", "--as-of", "2026-11-19").out
    assert told.startswith("registers/categories.csv: 2 lines"), told
    ran = night("2026-11-19")
    standing = ran.table("quarantine").filter(pl.col("released_on").is_null())
    assert standing.select("line_no", "reason").rows() == [(4, "unknown_code")]
    assert "nothing is in quarantine" not in mshi("quarantine").out
    new_categories("war_veteran", "orphan")
    assert mshi("replay", "--as-of", "2026-11-20").status == 0
    assert set(night("2026-11-20").table("insured_status")["iin"]) == {PERSON, OTHER, THIRD}


@pytest.mark.parametrize("lesser_name_first", [True, False])
def test_the_lesser_name_of_a_day_is_replaced_whichever_bytes_came_first(
    put, night, mshi, new_categories, lesser_name_first
):
    """The greatest name of a day is in force (contract section 3); the order of a day's files is that of their sha256."""
    greater = register(CATEGORIES, f"{PERSON},pension,2020-01-01,")
    for day in range(1, 29):
        lesser = register(CATEGORIES, f"{OTHER},war_veteran,2020-01-{day:02d},")
        hashes = [hashlib.sha256(text.encode()).hexdigest() for text in (lesser, greater)]
        if (hashes[0] < hashes[1]) == lesser_name_first:
            break
    put("registers/categories_a.csv", lesser)
    put("registers/categories_b.csv", greater)
    ran = night("2026-11-18")
    assert ran.table("insured_status")["iin"].to_list() == [PERSON]
    assert ran.table("quarantine")["released_on"].null_count() == 0
    assert mshi("quarantine").out == "nothing is in quarantine\n"
    new_categories("war_veteran")
    assert mshi("replay", "--as-of", "2026-11-19").out == "released 0 lines, 0,00 tenge\n"
    assert night("2026-11-19").table("insured_status")["iin"].to_list() == [PERSON]
