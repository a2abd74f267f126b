"""Own money of plain lines is told as the month's queries tell it, and hardly a line is left to these."""

from datetime import date
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.engine import fetch, load, look_at, session
from schemas.calendar import add_months
from schemas.ledger import LEDGER
from schemas.rules import load_law
from transforms import law_tables
from transforms.masks import Masks
from transforms.own_money import OwnMoneyLaw, covered_in_advance, paid_in_part, plain_months, put_covered
from transforms.sql import query

KNOWN_AT, LAST_MONTH = date(2026, 3, 12), date(2027, 8, 1)
LAW = load_law()
SETTLEMENT = law_tables.settlement(LAW, KNOWN_AT)
PERSONS = range(850101000001, 850101000301)
OTHER_PAYERS = (850101000001, 850140000001)  # an entrepreneur, an organisation
ENOUGH = LAW.required_tiyn("sole_proprietor", 2025)
PERIODS = [date(2015, 1, 1), date(2019, 12, 1), *(add_months(date(2025, 11, 1), place) for place in range(7))]
PAID_ON = [date(2016, 2, 3), date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 5), date(2026, 3, 10), KNOWN_AT]

OF_A_LINE = {
    "person": PERSONS,
    "payer": (None, None, None, *OTHER_PAYERS),
    "moved": (False, False, False, True),
    "received_on": PAID_ON,
    "value_date": PAID_ON,
    "knp": ("122", "122", "122", "121", "123"),
    "period": PERIODS,
    "amount_tiyn": (1, ENOUGH - 200, ENOUGH - 1, ENOUGH, 2 * ENOUGH),
    "returned": (False, False, False, True),
}


def lines_of(told: list[dict]) -> pl.DataFrame:
    """The lines as facts with `iin`: whoever moved is the next person by now."""
    rows = [
        {
            **{name: line[name] for name in ("person", "received_on", "value_date", "knp", "period", "amount_tiyn")},
            "payer": line["payer"] or line["person"],
            "iin": line["person"] + 1 if line["moved"] else line["person"],
            "sequence": 1 + place % 2,
            "line_no": place,
            "document_no": 1,
        }
        for place, line in enumerate(told)
    ]
    return pl.DataFrame(rows, schema={**LEDGER["others"], "iin": pl.UInt64})


def by_queries(lines: pl.DataFrame, returned: pl.DataFrame, proprietors: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What the queries of the month tell of the lines."""
    absent = set(LEDGER["payments"]) - set(lines.columns)
    with session() as con:
        look_at(con, add_months(LAST_MONTH, -17), KNOWN_AT)
        given_lines = lines.drop("person").rename({"iin": "person"})
        no_value = [pl.lit(None, dtype=LEDGER["payments"][name]).alias(name) for name in sorted(absent)]
        con.register("ledger_payments", given_lines.with_columns(no_value))
        load(con, "links", pl.DataFrame(schema={"person": pl.UInt64, "current": pl.UInt64}))
        load(con, "entrepreneur_months", proprietors)
        load(con, "returned", returned)
        load(con, "agents", law_tables.agents(LAW))
        load(con, "settlement", SETTLEMENT)
        load(con, "requirements", law_tables.requirements(LAW, KNOWN_AT))
        load(con, "months", law_tables.months(LAW, KNOWN_AT))
        con.execute(f"CREATE TEMP MACRO money_of(lines) AS TABLE {query('money')}")
        con.execute("CREATE TEMP VIEW money AS FROM money_of('ledger_payments')")
        con.execute(f"CREATE TEMP TABLE repeated_months AS {query('repeated_months')}")
        con.execute(f"CREATE TEMP TABLE own_months AS {query('own_months')}")
        asked = {name: fetch(con, query(name)) for name in ("paid_masks", "prepaid", "partly_paid")}
        return {"own_months": fetch(con, "FROM own_months"), **asked}


@pytest.mark.parametrize("seed", range(4))
def test_plain_lines_and_queries_of_the_rest_tell_what_queries_of_all_do(seed):
    random = Random(seed)
    told = [{name: random.choice(values) for name, values in OF_A_LINE.items()} for _ in range(1500)]
    lines = lines_of(told)
    back = [line["returned"] for line in told]
    returned = lines.filter(pl.Series(back, dtype=pl.Boolean)).select(
        payment_sequence="sequence",
        payment_line="line_no",
        returned_tiyn=pl.col("amount_tiyn") // 2,
        returned_on=pl.lit(KNOWN_AT),
    )
    rows = [(person, since := random.choice(PERIODS[:6]), add_months(since, 2)) for person in PERSONS[::2]]
    proprietors = pl.DataFrame(
        rows, schema={"iin": pl.UInt64, "from_month": pl.Date, "to_month": pl.Date}, orient="row"
    )
    plain, rest = plain_months(lines, returned, proprietors, OwnMoneyLaw.of(LAW, SETTLEMENT, KNOWN_AT))
    assert plain.height > 50 and rest.height > 50 and plain["covers"].n_unique() == plain["payer_kind"].n_unique() == 2
    of_all, of_rest = (by_queries(some, returned, proprietors) for some in (lines, rest))
    early, part = covered_in_advance(plain, LAST_MONTH), paid_in_part(plain)
    mine = {
        "own_months": pl.concat([of_rest["own_months"], plain]),
        "prepaid": pl.concat([of_rest["prepaid"], early]),
        "partly_paid": pl.concat([of_rest["partly_paid"], part]),
    }
    # a month paid in advance by a wage and by own money is told twice, and whoever reads it takes the farther one
    mine["prepaid"] = mine["prepaid"].group_by("iin", "back").agg(pl.col("lead").max())
    for name, frame in mine.items():
        assert_frame_equal(frame, of_all[name], check_row_order=False)
    people = pl.DataFrame({"iin": lines["iin"].unique().sort()})
    masks, whole = (Masks.of(people, one["paid_masks"], LAST_MONTH) for one in (of_rest, of_all))
    put_covered(plain, masks)
    for source, words in whole.words.items():
        assert (masks.words[source] == words).all(), source


def test_what_an_ordinary_payer_pays_needs_no_query():
    ordinary = {"payer": None, "moved": False, "knp": "122", "amount_tiyn": ENOUGH}
    told = [
        {**ordinary, "person": person, "period": period, "received_on": PAID_ON[4], "value_date": PAID_ON[3]}
        for person in PERSONS
        for period in PERIODS[1:]  # money is nowhere known of the first
    ]
    nothing = pl.DataFrame(schema={"payment_sequence": pl.Int64, "payment_line": pl.Int64})
    nobody = pl.DataFrame(schema={"iin": pl.UInt64, "from_month": pl.Date, "to_month": pl.Date})
    plain, rest = plain_months(lines_of(told), nothing, nobody, OwnMoneyLaw.of(LAW, SETTLEMENT, KNOWN_AT))
    assert plain.height == len(told) and rest.is_empty()
