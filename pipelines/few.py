"""A few people in an engine over an excerpt: what their status rests on, and what is known of them.

Everybody's is found from facts (pipelines/people.py); a test holds the two side by side. Apart from the month's wiring,
so that a question about one person does not wait until all that computes a nation is imported.
"""

from datetime import date

import duckdb

from pipelines.engine import fetch
from pipelines.month_inputs import load_bases, load_law, load_links, load_money, load_returns
from schemas.rules import Law
from transforms.covered_months import Known
from transforms.masks import Masks
from transforms.returns import could_be_returned
from transforms.sql import query


def load_facts(con: duckdb.DuckDBPyConnection, law: Law, known_at: date) -> None:
    """What a status rests on, as tables of an engine about a few people: registers, law, returns, money, own_months."""
    load_registers(con, law, known_at)
    load_paid(con)


def load_registers(con: duckdb.DuckDBPyConnection, law: Law, known_at: date) -> None:
    """What does not depend on any payment: registers in force, and the law as far as days up to this one ask for it.

    Where nothing was returned, that too.
    """
    load_links(con)
    load_bases(con, law, few=True)
    load_law(con, law, known_at)
    if not _has_returns(con):
        load_returns(con, lambda keys: could_be_returned([], keys))


def load_paid(con: duckdb.DuckDBPyConnection) -> None:
    """What payments and returns come to on the day that the engine looks at, after `load_registers`."""
    if _has_returns(con):
        payments = fetch(con, "FROM ledger_payments").lazy()
        load_returns(con, lambda keys: could_be_returned([payments], keys))
    load_money(con)


def _has_returns(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(fetch(con, "SELECT EXISTS (FROM ledger_returns)").item())


def known_of(con: duckdb.DuckDBPyConnection) -> Known:
    """What is known of a few people for the month that the engine looks at, after `load_facts`."""
    people = fetch(con, query("people"))
    masks = Masks.of(people, fetch(con, query("register_masks")), fetch(con, "SELECT getvariable('last_month')").item())
    masks.add(fetch(con, query("paid_masks")))
    return Known(
        people=people,
        masks=masks,
        prepaid=fetch(con, query("prepaid")),
        partly_paid=fetch(con, query("partly_paid")),
        proprietors=fetch(con, "FROM entrepreneur_months ORDER BY iin, from_month"),
    )
