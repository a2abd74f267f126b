"""Few rows among many: what is found in sorted rows is what a look at each row finds."""

import datetime

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from transforms.by_person import only, repeated_months, rows_of, without

PERSONS = st.lists(st.integers(1, 40), max_size=60).map(sorted)
PEOPLE = st.lists(st.integers(1, 45), max_size=12, unique=True).map(sorted)


@given(PERSONS, PEOPLE)
def test_rows_of_few_people(persons, people):
    rows = pl.DataFrame(
        {"person": persons, "place": range(len(persons))}, schema={"person": pl.UInt64, "place": pl.Int64}
    )
    wanted = pl.Series(people, dtype=pl.UInt64)
    of_them = [person in people for person in persons]
    assert_frame_equal(only(rows, wanted), rows.filter(pl.Series(of_them, dtype=pl.Boolean)))
    assert_frame_equal(without(rows, wanted), rows.filter(~pl.Series(of_them, dtype=pl.Boolean)))
    found = rows_of(rows["person"].to_numpy(), wanted.to_numpy())
    assert found.tolist() == np.flatnonzero(of_them).tolist()


@given(st.lists(st.tuples(st.integers(1, 3) | st.just(10**12 - 1), st.dates()), max_size=30))
def test_months_that_several_lines_have(lines):
    told = pl.DataFrame(lines, schema={"iin": pl.UInt64, "period": pl.Date}, orient="row")
    found = repeated_months(told["iin"], told["period"])
    assert set(found.rows()) == {line for line in lines if lines.count(line) > 1}
    assert found.height == len(set(found.rows()))


def test_the_earliest_and_the_latest_day_keep_apart():
    days = [datetime.date.min, datetime.date.max]
    told = pl.DataFrame({"iin": [1, 1, 2, 2], "period": [*days, *days]}, schema={"iin": pl.UInt64, "period": pl.Date})
    assert repeated_months(told["iin"], told["period"]).is_empty()
