"""What a planted month is made of: papers, orders, entries of the account, and the breaks expected of them.

A paper is what no shuffle cuts: a message, a row of a register, a register with its own end. Amounts are texts in
tenge with a point ("4250.00"), days and months ISO texts. The writers of all formats are those of the sample.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "data" / "sample"))

from sample_statements import Entry
from sample_writers import Party

BEFORE, EARLY, LATE = "2026-10-22", "2026-11-18", "2026-11-30"  # the days on which files come in
STATE = Party("160440007161", "НАО Государственная корпорация", "KZ92009MEDS368609103", "GCVPKZ2A", "1")
FUND = Party("160940025485", "НАО Фонд социального медицинского страхования", "KZ33125KZT1001313313", "NBRKKZKX", "1")
PURPOSE = "Платежи на обязательное социальное медицинское страхование за работников согласно ведомости, без НДС"


@dataclass(frozen=True)
class Expected:
    """A break as the rules give it; `at` is the key of the paper, entry or statement in whose file it stands."""

    code: str
    iin: str | None = None
    payer_id: str | None = None
    period: date | None = None
    amount_tiyn: int | None = None
    at: str | None = None


@dataclass(frozen=True)
class Paper:
    """What stands together in every shuffle. `received` None: on either day of the month."""

    key: str
    kind: str  # message, bank, returns: several share a file; alone: a file of its own
    received: str | None
    write: Callable[[Random], Any]


@dataclass(frozen=True)
class Order:
    """A paper that moves money as one sum, with what a statement says of it."""

    key: str
    payer: Party
    beneficiary: Party
    reference: str
    number: str
    day: str
    knp: str
    tenge: str


@dataclass(frozen=True)
class Booked:
    """An entry; `where` says which statements may show it: any, those with a KNP, camt ones, or a statement's key."""

    key: str
    entry: Entry
    where: str = "any"


def comma(tenge: str) -> str:
    """An amount as messages write it."""
    return f"{Decimal(tenge):.2f}".replace(".", ",")


def yymmdd(day: str) -> str:
    """A day as messages write it."""
    return f"{date.fromisoformat(day):%y%m%d}"


def mmyyyy(period: str) -> str:
    """A month as all papers write it."""
    year, month = period.split("-")
    return month + year
