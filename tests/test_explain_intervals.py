"""What `mshi explain` says of the ends of a register's intervals: as far as the law knows the code, on any calendar day."""

from datetime import date
from hashlib import sha256

import pytest
from texts import OTHER, PERSON, THIRD, register

from pipelines.cli import main
from pipelines.explain.asked import asked
from pipelines.explain.facts import explanation
from pipelines.explain.touched import touched
from pipelines.home import Home
from schemas.calendar import add_months

pytestmark = pytest.mark.usefixtures("no_database")

CATEGORIES = register(
    "iin,category,from,to",
    f"{PERSON},unemployed,2025-01-01,2025-10-10",
    f"{PERSON},social_crisis,2025-11-01,2026-06-30",  # in force from 2026-01 on
    f"{OTHER},awarded_mother,0001-01-01,9999-12-30",
    f"{OTHER},pension,2025-08-01,2026-06-30",
    f"{THIRD},unemployed,2025-01-01,2025-10-31",
    f"{THIRD},student,2025-11-30,2025-12-10",
    f"{THIRD},social_crisis,2025-12-15,2025-12-20",
    f"{THIRD},pension,2026-02-01,2026-06-30",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    """Known on 2025-09-15."""
    root = tmp_path_factory.mktemp("intervals") / "home"
    path = root / "inbox" / "registers" / "categories.csv"
    path.parent.mkdir(parents=True)
    path.write_text(CATEGORIES, encoding="utf-8")
    assert main(["run", "--as-of", "2025-09-15", "--home", str(root)]) == 0
    return Home(root)


@pytest.mark.parametrize(
    ("person", "end"),
    [(PERSON, date(2025, 10, 10)), (OTHER, date(9999, 12, 30)), (THIRD, date(2025, 12, 10))],
    ids=["a code that is not in force covers nothing", "in the last month of all", "up to the first gap"],
)
def test_intervals_end_where_the_next_month_is_not_covered(home, person, end):
    advice = explanation(asked(home, None, None, None), int(person))["advice"]
    assert (advice["interval_ends_on"], advice["interval_is_open"]) == (end, False)
    following = [advice["next"]] if advice["next"] else [part for one in advice["options"] for part in one["months"]]
    if end.year < 9999:
        assert add_months(end, 1) in [one["month"] for one in following]
    else:
        assert not following


def test_an_interval_from_the_first_day_of_all_touches_months_since_2020(home):
    line = CATEGORIES.splitlines().index(f"{OTHER},awarded_mother,0001-01-01,9999-12-30") + 1
    told = touched(asked(home, None, None, None), sha256(CATEGORIES.encode()).hexdigest(), line)
    assert told["first_month"] == date(2020, 1, 1)
    moved = [row["month"] for row in told["months"] if row["with"]["status"] != (row["without"] or {}).get("status")]
    # until 2020-06 everybody is insured; from 2025-08 on another category covers
    assert (moved[0], moved[-1]) == (date(2020, 7, 1), date(2025, 7, 1))
