"""Tries what a person may do: payments that are not there yet are added to the excerpt, and the month's own code says
which status they give on the day on which they would be settled.

Grain: a person, a month, a day. Money is tiyn. A trial knows all that the cut knows and nothing that came in later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from pipelines.explain.asked import Asked
from pipelines.explain.person import Person, Row, look
from schemas.ledger import LEDGER
from schemas.rules import Law


@dataclass(frozen=True)
class Payment:
    """A payment that is not there yet."""

    period: date
    value_date: date
    knp: str
    payer: int
    tiyn: int


def pending_days(person: Person) -> list[date]:
    """The days from which money counts that came in for the person and does not count yet, rising."""
    lines = person.lines["payments"]
    return sorted({row["settled_on"] for row in lines if row["net_tiyn"] and not row["settled"]})


def last_in_time(day: date, law: Law) -> date:
    """The last value date whose money counts on the day."""
    paid = day
    while law.settled_on(paid) > day:
        paid -= timedelta(days=1)
    return paid


def verdict(status: Row) -> Row:
    """The status and its reason, of a row of insured_status."""
    return {key: status[key] for key in ("status", "reason")}


def tried(
    asked: Asked,
    person: Person,
    month: date,
    day: date,
    priced_on: date | None = None,
    payments: Sequence[Payment] = (),
) -> Person:
    """The person on a later day, with these payments settled by then; prices are those of a payment on `priced_on`."""
    trial = _trial(asked, person, month, day, payments)
    with trial.facts() as con:
        found = look(trial, con, person.iin, priced_on)
    assert found is not None  # who is known on a day is known on every later one, by the same lines
    return found


def _trial(asked: Asked, person: Person, month: date, day: date, payments: Sequence[Payment]) -> Asked:
    """The same question about another month and a later day, with payments that are not there yet."""
    rows = [
        {
            "sequence": 0,
            "document_no": 0,
            "line_no": place,
            "received_on": one.value_date,
            "file_sha256": "",
            "kind": "payment",
            "value_date": one.value_date,
            "knp": one.knp,
            "payer": one.payer,
            "person": person.iin,
            "period": one.period,
            "amount_tiyn": one.tiyn,
        }
        for place, one in enumerate(payments, start=1)
    ]
    added = pl.concat([asked.lines["payments"], pl.DataFrame(rows, schema=LEDGER["payments"])])
    cut = replace(asked.cut, month=month, known_at=day)
    return replace(asked, cut=cut, lines={**asked.lines, "payments": added})
