"""The dated law as small tables that queries can join: requirements, months, settlement days, agents.

Grain and units in each function. Values come from schemas.rules, days from schemas.calendar.
"""

from datetime import date, timedelta

import polars as pl

from schemas.calendar import FIRST_MONTH, add_months
from schemas.lines import DAYS_AHEAD, FIRST_DAY
from schemas.rules import Law

CAPPED = ("deduction", "contribution")
OWN_KINDS = ("sole_proprietor", "independent")


def requirements(law: Law, last: date) -> pl.DataFrame:
    """What own money must reach, tiyn. Grain: (payer_kind, year), from 2020 on."""
    rows = [
        (kind, year, law.required_tiyn(kind, year))
        for kind in OWN_KINDS
        for year in range(FIRST_MONTH.year, last.year + 4)
    ]
    schema = {"payer_kind": pl.String, "year": pl.Int64, "required_tiyn": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def months(law: Law, last: date) -> pl.DataFrame:
    """Due dates, tolerance and caps (tiyn), advance limit of every month that a payment may name. Grain: a period.

    The caps are the largest deductions of an employer and the largest withheld contributions of a person; none before
    2020-01. `wage_due_from` is the day from which a missing wage payment is a break.
    """
    rows = []
    period = FIRST_DAY
    while period <= add_months(last, 26):
        known = max(period, FIRST_MONTH)  # the law's first value speaks for the months before it
        rows.append(
            (
                period,
                law.due_on("employer", period),
                law.due_on("independent", period),
                law.tiyn("amount_tolerance", known),
                law.number("advance_limit_months", known),
                law.due_from("employer", period),
                *(law.cap_tiyn(name, period) if period >= FIRST_MONTH else None for name in CAPPED),
            )
        )
        period = add_months(period, 1)
    columns = ["period", "wage_due_on", "independent_due_on", "tolerance_tiyn", "advance_limit_months", "wage_due_from"]
    columns += [f"{name}_cap_tiyn" for name in CAPPED]
    return pl.DataFrame(rows, schema=columns, orient="row", infer_schema_length=None)


def settlement(law: Law, day: date) -> pl.DataFrame:
    """From which day money counts. Grain: a value date, up to the latest that a file of the day may state."""
    count = (day - FIRST_DAY).days + DAYS_AHEAD + 1
    days = [FIRST_DAY + timedelta(days=place) for place in range(count)]
    return pl.DataFrame({"value_date": days, "settled_on": law.all_settled_on(days)})


def agents(law: Law) -> pl.DataFrame:
    """Banks and Kazpost that collect for people. Grain: a BIN."""
    rows = [(int(bin_text), valid_from) for bin_text, valid_from in law.codes("agent").items()]
    return pl.DataFrame(rows, schema={"payer": pl.UInt64, "valid_from": pl.Date}, orient="row")


def rules_table(law: Law, month: date) -> pl.DataFrame:
    """The values in force in the month. Grain: a rule, ordered by name."""
    rows = [(row.name, row.valid_from, row.value, row.unit, row.published, row.law) for row in law.in_force(month)]
    schema = {
        "name": pl.String,
        "valid_from": pl.Date,
        "rule_value": pl.String,
        "unit": pl.String,
        "published": pl.Date,
        "law": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("name")
