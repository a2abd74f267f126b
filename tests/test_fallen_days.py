"""A verdict that fell keeps the day on which it fell, whatever comes later."""

from datetime import date

import pytest
from texts import OTHER, PERSON, register

pytestmark = pytest.mark.usefixtures("no_database")


def test_a_verdict_fell_on_the_day_on_which_the_next_one_came(put, night):
    """A register of each day with a bad row, and a letter that is sent again and again."""
    found = {}
    for day in (3, 4, 20):
        rows = f"{PERSON},pension,2020-01-{day:02d},", f"{OTHER},nonsense,2020-01-01,"
        put("registers/categories.csv", register("iin,category,from,to", *rows))
        put("bank/x.txt", "Дорогие коллеги")
        quarantine = night(f"2026-11-{day:02d}").table("quarantine").filter(received_on=date(2026, 11, 3))
        found[day] = dict(quarantine.select("reason", "released_on").rows())
    assert found[4] == dict.fromkeys(["unknown_code", "unrecognised"], date(2026, 11, 4))
    assert found[20] == found[4]
