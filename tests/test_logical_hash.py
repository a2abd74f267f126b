"""The logical hash follows the values: every difference shows, chunks and empty places do not."""

from datetime import date

import polars as pl
import pytest

from pipelines.logical_hash import logical_hash

TABLE = pl.DataFrame(
    {
        "text": ["ab", None, "", "c"],
        "money_tiyn": [1, None, 0, -5],
        "day": [date(2026, 11, 1), None, date(1970, 1, 1), date(1880, 1, 1)],
        "months": [[date(2026, 1, 1), date(2026, 2, 1)], [], [date(2026, 3, 1)], []],
        "flag": [True, False, None, True],
    }
)


def test_known_value_for_ever():
    """A hash once published must mean the same in every later version."""
    assert logical_hash(TABLE) == "a946a82b295e72d76e302d686991b898834e92cdf0a87790b73d3424590b5611"


def test_chunks_do_not_show():
    assert logical_hash(pl.concat([TABLE.head(1), TABLE.tail(3)], rechunk=False)) == logical_hash(TABLE)


@pytest.mark.parametrize(
    "change",
    [
        pl.Series("text", ["a", None, "b", "c"]),
        pl.Series("text", ["ab", "", None, "c"]),
        pl.Series("text", ["ab", None, "c", ""]),
        pl.Series("money_tiyn", [1, 0, None, -5]),
        pl.Series("day", [date(2026, 11, 2), None, date(1970, 1, 1), date(1880, 1, 1)]),
        pl.Series("months", [[date(2026, 1, 1)], [date(2026, 2, 1)], [date(2026, 3, 1)], []]),
        pl.Series("flag", [True, None, False, True]),
        pl.Series("money_tiyn", [1, None, 0, -5], dtype=pl.Int32),
    ],
)
def test_every_difference_shows(change):
    assert logical_hash(TABLE.with_columns(change)) != logical_hash(TABLE)


def test_names_and_order_of_rows_show():
    assert logical_hash(TABLE.rename({"flag": "flags"})) != logical_hash(TABLE)
    assert logical_hash(TABLE.reverse()) != logical_hash(TABLE)
