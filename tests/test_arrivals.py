"""The morning check: whose files usually are there by this banking day and are not, and whether the night ended."""

from datetime import date

import pytest
from texts import bank_register, bank_row, register

from schemas.calendar import banking_days_between
from transforms.rhythm import expected_senders

BANK = ("bank", "HSBKKZKX")
TODAY = date(2026, 11, 20)  # a Friday, the 15th banking day of the month


def told(days: list[date], day: date = TODAY) -> tuple | None:
    found = expected_senders({BANK: days}, day)
    return (found[0].rhythm, found[0].by, found[0].last_on, found[0].has_sent) if found else None


def every_banking_day(first: date, last: date) -> list[date]:
    return banking_days_between(first, last)


def test_a_daily_sender_is_late_from_the_first_day_without_a_file():
    days = every_banking_day(date(2026, 10, 1), date(2026, 11, 19))
    assert told(days) == ("daily", 15, date(2026, 11, 19), False)
    assert told([*days, TODAY]) == ("daily", 15, TODAY, True)


def test_a_sender_that_misses_one_day_of_five_is_still_daily_and_one_that_misses_two_is_not():
    days = every_banking_day(date(2026, 10, 1), date(2026, 11, 19))
    assert told([day for day in days if day.weekday() != 2]) is not None
    assert told([day for day in days if day.weekday() not in (1, 2)]) is None


def test_friday_comes_in_on_saturday_and_monday_has_it():
    nights = [day for day in every_banking_day(date(2026, 10, 1), date(2026, 11, 20)) if day.weekday() != 0]
    saturdays = [date(2026, 10, day) for day in (3, 10, 17, 24, 31)] + [date(2026, 11, 14)]
    monday = date(2026, 11, 23)
    assert told([*nights, *saturdays], monday) == ("daily", 16, date(2026, 11, 20), False)
    assert told([*nights, *saturdays, date(2026, 11, 21)], monday) == ("daily", 16, date(2026, 11, 21), True)


def test_a_new_sender_and_one_that_has_left_are_not_expected_every_day():
    assert told(every_banking_day(date(2026, 11, 16), date(2026, 11, 19))) is None
    gone = every_banking_day(date(2026, 8, 3), date(2026, 10, 21))
    assert told(gone, date(2026, 11, 19)) == ("daily", 14, date(2026, 10, 21), False)  # 20 banking days later
    assert told(gone) == ("monthly", 1, date(2026, 10, 21), False)
    assert told(gone, date(2027, 1, 22)) is None


def test_a_register_of_every_month_is_late_after_its_latest_usual_banking_day():
    days = [date(2026, 8, 4), date(2026, 9, 3), date(2026, 9, 28), date(2026, 10, 7)]  # banking days 2, 2 and 5
    assert told(days, date(2026, 11, 5)) is None  # the fourth banking day
    assert told(days, date(2026, 11, 6)) == ("monthly", 5, date(2026, 10, 7), False)
    assert told([*days, date(2026, 11, 3)]) == ("monthly", 5, date(2026, 11, 3), True)
    assert told(days[1:]) is None  # not in each of the last three months


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(2026, 10, 26)], ids=["Saturday", "Monday after Republic Day"])
def test_nothing_is_expected_on_a_day_that_is_no_banking_day(day):
    days = every_banking_day(date(2026, 8, 3), date(2026, 11, 19))
    assert told(days, day) is None


def test_the_duty_officer_reads_who_is_late(put, night, mshi, home, no_database):
    for day in (10, 11, 12, 16):
        put("bank/app.csv", bank_register(bank_row(f"p{day}", day="2026-11-05")))
        if day < 12:
            put(
                "registers/categories.csv",
                register("iin,category,from,to", "830312200419,pension,2020-01-01,") + "\n" * day,
            )
        assert night(f"2026-11-{day:02d}").status in (0, 3)
    assert mshi("arrivals", "--as-of", "2026-11-16").status == 0
    ran = mshi("arrivals", "--as-of", "2026-11-17")
    assert ran.status == 1 and "no night of 2026-11-17 has ended" in ran.out
    night("2026-11-17")
    put("bank/later.csv", bank_register(bank_row("p99")))
    ran = mshi("arrivals", "--as-of", "2026-11-17")
    assert ran.status == 3, ran.out + ran.err
    assert "waiting       1 file in the inbox" in ran.out
    late = [line.split()[1:3] for line in ran.out.splitlines() if line.startswith("late")]
    assert late == [["bank", "app"]] and "the last came on 2026-11-16" in ran.out and "mshi run" in ran.out
    assert "830312200419" not in ran.out


def test_an_empty_home_is_no_home(mshi):
    assert mshi("arrivals", "--as-of", "2026-11-17").status == 2
