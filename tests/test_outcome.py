"""The one line of how a night ended: the most frequent reasons first, at most three, statements apart."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.outcome import outcome_of
from pipelines.summary import Summary

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ({"bad_iin": 2}, "2 outside (bad_iin 2)"),
        ({"bad_amount": 1, "bad_date": 1, "bad_iin": 1200}, "1,202 outside (bad_iin 1,200, bad_amount 1, bad_date 1)"),
        (
            {"bad_amount": 1, "bad_date": 5, "bad_iin": 5, "bad_period": 7, "control_total": 2},
            "20 outside (bad_period 7, bad_date 5, bad_iin 5, 2 more reasons)",
        ),
        ({"statement_balance": 2}, "statements that do not balance: 2"),
        ({"bad_iin": 2, "statement_balance": 1}, "2 outside (bad_iin 2); statements that do not balance: 1"),
    ],
)
def test_what_to_look_at(reasons, told):
    found = outcome_of("run", DAY, Path("x"), Summary([], [], True, {"files": 3}, reasons))
    assert found.verdict == f"mshi run of 2026-11-20: needs a look: {told}"
    assert found.counts == {"files": 3, **{f"outside_{reason}": count for reason, count in reasons.items()}}
