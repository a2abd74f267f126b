"""Of whom not always the same is said: what is found without a group for each person is what groups would tell."""

import datetime

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.ledger import NO_BIRTH_DATE
from transforms import sayings
from transforms.sayings import Sayings, born_otherwise, what_is_said
from transforms.sql import query

PEOPLE = st.integers(1, 12) | st.integers(800101000000, 800101000012) | st.just(10**12 - 1)
TEXTS = st.none() | st.sampled_from(["", "А", "Б"])
DAYS = st.none() | st.sampled_from([datetime.date(1880, 1, 1), datetime.date(1970, 1, 1)])
LINES = st.lists(st.tuples(PEOPLE, TEXTS, TEXTS, DAYS), max_size=60)


def numbers(texts):
    meant = sorted({text for text in texts if text is not None})
    places = [None if text is None else meant.index(text) for text in texts]
    return pl.Series(places, dtype=pl.Int32), pl.Series(meant, dtype=pl.String)


def said(lines):
    columns = [[line[place] for line in lines] for place in range(4)]
    told = what_is_said([numbers(columns[1]), numbers(columns[2])], pl.Series(columns[3], dtype=pl.Date))
    return np.array(columns[0], dtype=np.uint64), told


@given(LINES, st.integers(1, 60))
def test_who_is_said_to_be_otherwise(lines, at_once):
    persons, told = said(lines)
    assert [bool(one) for one in told] == [any(part is not None for part in line[1:]) for line in lines]
    found = Sayings(len(lines))
    for first in range(0, len(lines), at_once):
        found.add(persons[first : first + at_once], told[first : first + at_once])
    people = {line[0] for line in lines}
    differing = [who for who in sorted(people) if len({line[1:] for line in lines if line[0] == who}) > 1]
    assert found.differing().to_list() == differing


@given(LINES)
def test_everything_said_is_looked_at_once_at_least(lines):
    persons, told = said(lines)
    new = Sayings(len(lines)).add(persons, told)
    assert {(persons[place], told[place]) for place in new} == set(zip(persons, told, strict=True))


def test_people_whose_place_is_taken(monkeypatch):
    monkeypatch.setattr(sayings, "_LEAST_BITS", 1)
    monkeypatch.setattr(sayings, "_WAITING", 10)
    persons = np.repeat(np.arange(1, 2000, dtype=np.uint64), 3)
    told = persons * np.uint64(0x9E3779B97F4A7C15)
    told[3 * 1000] += np.uint64(1 << 20)
    found = Sayings(0)
    found.add(persons, told)
    found.add(persons[::-1], told[::-1])
    assert found.differing().to_list() == [1001]


@pytest.mark.parametrize(
    ("person", "born", "off"),
    [
        (800101100001, "1880-01-01", False),
        (800101200001, "1880-01-01", False),
        (800101000001, "1880-01-01", False),  # no century told
        (800101000001, "1980-01-01", False),
        (800101300001, "1980-01-01", False),
        (800101600001, "2080-01-01", False),
        (800101100001, "1880-01-02", True),
        (800101100001, "1880-02-01", True),
        (800101100001, "1980-01-01", True),
        (800101300001, "1880-01-01", True),
        (800101900001, "1880-01-01", True),
        (800101100001, "0180-01-01", True),
        (800101100001, None, False),
    ],
)
def test_birth_date_and_digits(person, born, off):
    day = pl.Series([born and datetime.date.fromisoformat(born)], dtype=pl.Date)
    assert born_otherwise(np.array([person], dtype=np.uint64), day).tolist() == ([person] if off else [])
    assert breaks_of_births((person, 1, born, "2026-11-02")) == ([(1, datetime.date(2026, 11, 2))] if off else [])


def breaks_of_births(*named):
    """Lines (person, iin, birth date, day) -> whom the break is told of, and the day on which it became true."""
    days = [pl.col(name).str.to_date() for name in ("birth_date", "received_on")]
    schema = {"person": pl.UInt64, "iin": pl.UInt64, "birth_date": pl.String, "received_on": pl.String}
    with duckdb.connect() as con:
        con.register("named", pl.DataFrame(list(named), schema=schema, orient="row").with_columns(days))
        return con.sql(query("breaks_of_births")).select("iin, true_on").order("iin").fetchall()


def test_birth_dates_that_disagree_among_themselves_or_are_none():
    """Of an IIN that tells no century; old and current IIN are not held against each other, and the last day counts."""
    untold, other = 800101000001, 800102000001
    first, last = "2026-11-02", "2026-11-09"
    assert breaks_of_births((untold, 1, "1880-01-01", first), (untold, 1, "1880-01-01", last)) == []
    assert breaks_of_births((untold, 1, "1880-01-01", first), (other, 1, "1880-01-02", last)) == []
    told = (untold, 1, "1880-01-01", last), (untold, 1, "1980-01-01", first), (other, 2, "1880-01-02", last)
    assert breaks_of_births(*told) == [(1, datetime.date(2026, 11, 9))]
    assert len(breaks_of_births((10101000001, 1, f"{NO_BIRTH_DATE}", first))) == 1  # its digits are those of the IIN
