"""A flipped digit in any amount of a statement, a document or a return always shows, as a break or a refusal.

A small faultless home holds a file of every kind. In each amount of each of them a digit becomes another one, and the
night must tell of it: an error, a warning, or something refused or quarantined. Not flipped: the turnovers of Kazpost's
statement, which formats.md holds for untrustworthy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from conftest import Ran
from planted_documents import post_register
from planted_files import DIALECTS, statement_file
from planted_month import Month
from planted_papers import FUND, STATE, Order
from sample_statements import Statement
from sample_writers import RETURNS_REGISTER, bank_register, control, table

AS_OF = "2026-11-30"
EXTRA = 6  # flips at random places, beside one in every amount
AMOUNTS = {  # in files whose name begins so
    "mt": r"^:32[AB]:(?:\d{6})?KZT([\d,]+)",
    "camt": r"<(?:Amt|TtlAmt|Sum)(?: Ccy=\"KZT\")?>([\d.]+)<",
    "kazpost": r"^ *(?:НачальныйОстаток|КонечныйОстаток|СуммаПриход|СуммаРасход)=([\d.]+)",
    "register": r"[;,](\d+[.,]\d\d)(?=;05000\d$|,app$|,Неверные|$)|\"sum\": \"([\d.]+)\"",
    "": r"^ *(?:НачальныйОстаток|КонечныйОстаток|ВсегоПоступило|ВсегоСписано|Сумма\w*)=([\d.]+)",
}


def faultless() -> dict[str, bytes]:
    """The files of a home in which nothing is wrong: everything that moved on the account has its document."""
    month, rng = Month(Random(32)), Random(33)
    firm, (one, two, three, four) = month.employer(), [month.person() for _ in range(4)]

    def kept(*orders: Order) -> str:
        """The messages of these orders."""
        keys = {order.key for order in orders}
        return "".join(paper.write(rng) for paper in month.papers if paper.key in keys)

    def wages(where: str, tenge: str, **other: str) -> Order:
        order = month.wages(firm, "121", {one: tenge, two: "5000"}, "2026-11-10", booked=False)
        month.book(order, where=where, **other)
        return order
    return {}
