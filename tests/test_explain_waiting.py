"""What `mshi explain` says to whom money is on its way, months are paid ahead, or a long grace holds."""

from __future__ import annotations

from datetime import date

import pytest
from case_files import PEOPLE
from explained import YEAR, in_english, told_of
from texts import bank_register, bank_row

from pipelines.cli import main
from pipelines.explain.text import as_lines
from pipelines.explain.words import LANGUAGES, words
from pipelines.home import Home
from schemas.calendar import add_months

pytestmark = pytest.mark.usefixtures("no_database")

FUTURE, AHEAD, BEHIND, LONG = (PEOPLE[name] for name in ("relative", "self", "other", "proprietor"))


@pytest.fixture(scope="module")
def waiting(tmp_path_factory) -> Home:
    """Known on 2026-11-20: money of which the day is yet to come, only months ahead, and arrears on their way."""
    home = tmp_path_factory.mktemp("waiting") / "home"
    rows = []

    def pay(person: str, months: list[date], day: str = "") -> None:
        for month in months:
            paid_on = day or f"{month:%Y-%m}-10"
            row_id = f"r{len(rows)}"
            rows.append(bank_row(row_id, paid_on, payer=person, person=person, period=f"{month:%m%Y}"))

    pay(FUTURE, YEAR)
    pay(FUTURE, [date(2026, 11, 1)], "2026-11-28")
    pay(AHEAD, [date(2026, 12, 1), *(date(2027, month, 1) for month in range(1, 12))], "2026-11-03")
    pay(BEHIND, [date(2025, month, 1) for month in (9, 10, 11)] + YEAR[:9])
    pay(BEHIND, YEAR[9:], "2026-11-19")
    pay(LONG, [add_months(date(2021, 7, 1), later) for later in range(60)])
    path = home / "inbox" / "bank" / "rows.csv"
    path.parent.mkdir(parents=True)
    path.write_text(bank_register(*rows), encoding="utf-8")
    assert main(["run", "--as-of", "2026-11-20", "--home", str(home)]) == 0
    return Home(home)


def test_the_long_grace_is_told_with_what_it_rests_on(waiting):
    facts = told_of(waiting, BEHIND)
    run = facts["decision"]["last_run"]
    assert (run["long_history"], run["paid_streak"], run["long_grace_after_months"]) == (False, 12, 60)
    text = "The long grace does not apply: 12 of 60 paid months in a row, the last of them 2026-08."
    assert text in in_english(facts)


def test_a_long_grace_that_holds_names_the_first_and_the_last_month_of_its_history(waiting):
    facts = told_of(waiting, LONG)
    assert (facts["verdict"]["reason"], facts["decision"]["last_run"]["long_history"]) == ("grace", True)
    text = "The long grace applies: 60 months in a row were paid, from 2021-07 to 2026-06; it takes 60."
    assert text in in_english(facts)
    assert "long grace" not in in_english(told_of(waiting, LONG, date(2021, 1, 1))).split("Values of the law")[0]


def test_who_has_money_of_a_later_day_on_its_way_is_not_told_to_pay_again(waiting):
    facts = told_of(waiting, FUTURE)
    assert facts["verdict"]["status"] == "uninsured"
    (option,) = facts["advice"]["options"]
    assert (option["way"], option["reason"], option["total_tiyn"]) == ("wait", "paid", 0)
    assert option["settled_on"] == date(2026, 12, 2)  # of Saturday the 28th of November


def test_waiting_names_the_day_of_the_money_on_its_way_and_what_is_to_be_paid_next(waiting):
    facts = told_of(waiting, BEHIND)
    assert facts["verdict"]["status"] == "conditional"
    (option,) = facts["advice"]["options"]
    assert (option["way"], option["reason"]) == ("wait", "not_yet_due")
    assert option["settled_on"] == date(2026, 11, 24)  # a payment of the 20th would count from the 25th on
    following = facts["advice"]["next"]
    assert (following["month"], following["due_on"]) == (date(2026, 11, 1), date(2026, 11, 30))
    assert following["if_paid"]["status"] == "insured" != following["if_not"]["status"]


def test_months_paid_in_advance_are_listed_and_the_cheapest_way_begins_with_them(waiting):
    facts = told_of(waiting, AHEAD)
    assert facts["verdict"]["reason"] == "never_covered"
    assert [row["period"] for row in facts["payments"]][::11] == [date(2026, 12, 1), date(2027, 11, 1)]
    text = in_english(facts)
    assert "Payments for later months" in text and "tenge for 2027-11" in text
    assert "Payments for these months" not in text
    (option,) = facts["advice"]["options"]
    assert ([part["month"] for part in option["months"]], option["total_tiyn"]) == ([date(2026, 11, 1)], 425000)
    begins = facts["advice"]["insured_from"]
    assert (begins["month"], begins["status"], begins["reason"]) == (date(2026, 12, 1), "insured", "prepaid")
    assert "With nothing more paid, 2026-12, as known on 2026-11-20, is: insured (paid in advance)." in text


def test_a_person_who_is_not_insured_is_never_told_that_nothing_is_missing(waiting):
    """FUTURE's only uncovered month is not due yet: there are no arrears, and still something is missing."""
    facts = told_of(waiting, FUTURE)
    assert (facts["verdict"]["status"], facts["missing"]) == ("uninsured", [])
    texts = {language: "\n".join(as_lines(facts, words(language))) for language in LANGUAGES}
    assert "No month that is due by now is uncovered." in texts["en"] and "Nothing is missing" not in texts["en"]
    assert "Непокрытых месяцев, срок уплаты за которые уже наступил, нет." in texts["ru"]
    assert "Всё уплачено" not in texts["ru"] and "Бәрі төленген" not in texts["kk"]


def test_no_way_names_the_day_that_was_asked_about(waiting):
    found = told_of(waiting, FUTURE)
    advice = {**found["advice"], "next": None, "options": [], "insured_from": None}
    facts = {**found, "known_at": date(2025, 3, 4), "advice": advice}
    for language, told in {
        "en": "No payment of 2025-03-04 makes this month insured.",
        "ru": "Никакой платёж от 04.03.2025 не сделает",
        "kk": "04.03.2025 күнгі ешбір төлем",
    }.items():
        assert told in "\n".join(as_lines(facts, words(language)))
