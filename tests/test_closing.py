"""The monthly close: on the first banking day after the 25th and three banking days, holidays included."""

from datetime import date, timedelta

import pytest
import yaml
from texts import bank_register, bank_row

from pipelines import again as again_jobs
from pipelines.errors import RunFailed
from schemas.rules import load_law
from transforms.closing import closes_on, month_to_close


@pytest.mark.parametrize(
    ("month", "day"),
    [
        ("2026-10-01", "2026-12-01"),  # 25.11 is a Wednesday: 26, 27, 30 settle it, then the 1st
        (
            "2026-09-01",
            "2026-10-30",
        ),  # 25.10 is Republic Day and a Sunday, observed on Monday: 27, 28, 29, then the 30th
        ("2026-11-01", "2026-12-31"),
        ("2025-11-01", "2025-12-31"),
        ("2025-03-01", "2025-05-02"),  # 28, 29, 30 April, 1 May is a holiday
        ("2026-02-01", "2026-03-31"),  # after Nauryz
    ],
)
def test_closing_days(month, day):
    law = load_law()
    closing = date.fromisoformat(day)
    assert closes_on(law, date.fromisoformat(month)) == closing
    assert month_to_close(law, closing) == date.fromisoformat(month)
    assert month_to_close(law, closing - timedelta(days=1)) < date.fromisoformat(month)


def test_every_closing_day_lies_in_the_window_of_the_schedule_with_days_left_to_make_up_for_it(root):
    close = next(
        one for one in yaml.safe_load((root / "flows.yaml").read_text())["deployments"] if one["name"] == "close"
    )
    days = close["schedules"][0]["cron"].split()[2]
    window = {day for part in days.split(",") for day in range(int(part.split("-")[0]), int(part.split("-")[-1]) + 1)}
    law = load_law()
    for number in range(12 * 16):
        closing = closes_on(law, date(2020 + number // 12, number % 12 + 1, 1))
        assert all((closing + timedelta(days=more)).day in window for more in range(5)), closing


def test_a_month_is_closed_once_on_its_day_or_when_somebody_comes_to_it(put, night, mshi, no_database):
    put("bank/a.csv", bank_register(bank_row(period="102026")))
    night("2026-11-25")
    early = mshi("close", "--as-of", "2026-11-30")
    assert early.status == 0 and "nothing to close: nothing had come in by 2026-10-30" in early.out
    assert "2026-10 closes on 2026-12-01" in early.out
    made_up_for = mshi("close", "--as-of", "2026-12-02")  # nothing ran on the first
    assert made_up_for.status == 0 and made_up_for.folder.name.startswith("2026-10_2026-12-02_")
    assert "closed 2026-10 as known on 2026-12-02; 2026-11 closes on 2026-12-31" in made_up_for.out
    again = mshi("close", "--as-of", "2026-12-03")
    assert again.status == 0 and "2026-10 was closed by run 3" in again.out
    assert mshi("verify").status == 0


def test_a_close_that_fails_is_made_up_for(put, night, mshi, no_database, monkeypatch):
    put("bank/a.csv", bank_register(bank_row(period="102026")))
    night("2026-11-25")
    monkeypatch.setattr(again_jobs, "compute_and_publish", lambda *_: (_ for _ in ()).throw(RunFailed("no balance")))
    assert mshi("close", "--as-of", "2026-12-01").status == 1
    monkeypatch.undo()
    assert mshi("close", "--as-of", "2026-12-01").folder.name.startswith("2026-10_2026-12-01_")


def test_a_month_is_not_passed_over_because_the_archive_is_not_there(put, night, mshi, home, tmp_path, no_database):
    put("bank/a.csv", bank_register(bank_row(period="102026")))
    night("2026-11-25")
    (home / "archive/intake.jsonl").rename(tmp_path / "unmounted")
    told = mshi("close", "--as-of", "2026-12-02")
    assert told.status == 1 and "or its disk is not mounted" in told.err
    (tmp_path / "unmounted").rename(home / "archive/intake.jsonl")
    assert "closed 2026-10" in mshi("close", "--as-of", "2026-12-02").out
