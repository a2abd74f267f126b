"""Lists that leave the home on request and are no table of a snapshot or of the analysts' file."""

from typing import Final

import polars as pl

from schemas.table import Column, Table

GRACE_ENDING: Final = Table(
    "grace_ending",
    "one row per person whose conditional status ends next month if nothing more comes (the Fund's SMS list), by iin",
    ("iin",),
    {
        "iin": Column(pl.String(), "current IIN of the person, links followed", personal=True),
        "last_day": Column(pl.Date(), "last day of the conditional status"),
        "pay_by": Column(pl.Date(), "last day of payment whose money still counts on the last day"),
        "missing_months": Column(pl.List(pl.Date()), "months to pay for, each by a payment of its own"),
        "to_pay_tiyn": Column(pl.Int64(), "what covers them if paid on the day of the snapshot, tiyn"),
        "to_pay_tenge": Column(pl.Decimal(20, 2), "the same in tenge"),
        "message": Column(pl.String(), "the text to send"),
    },
)
