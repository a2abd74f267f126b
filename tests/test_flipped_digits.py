"""A flipped digit in any amount of a statement, a document or a return always shows, as a break or a refusal.

A small faultless home holds a file of every kind. In each amount of each of them a digit becomes another one, and the
night must tell of it: an error, a warning, or something refused or quarantined. Not flipped: the turnovers of Kazpost's
statement, which contract and formats.md hold for untrustworthy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import polars as pl
import pytest
from conftest import Ran
from planted_documents import post_register
from planted_files import statement_file
from planted_month import Month
from planted_papers import FUND, STATE, Order
from sample_statements import Statement
from sample_writers import RETURNS_REGISTER, Item, bank_register, table

AS_OF = "2026-11-30"
EXTRA = 12  # flips beside one in every field of every file
AMOUNTS = {
    "mt": r"^:(32A|32B):(?:\d{6})?KZT(?P<amount>[\d,]+)",
    "1c": r"^\s*(НачальныйОстаток|КонечныйОстаток|ВсегоПоступило|ВсегоСписано|СуммаПриход|СуммаРасход|Сумма)=(?P<amount>[\d.]+)",
    "camt": r"<(Amt|TtlAmt|Sum)(?: Ccy=\"KZT\")?>(?P<amount>[\d.]+)<",
    "app": r",(?P<amount>[\d.]+),app$",
    "post": r"^(?:ITOGO;\d+;|.*;)(?P<amount>\d+,\d\d)(?:;05000\d)?$",
    "returns": r",(?P<amount>[\d.]+),Неверные реквизиты$",
    "control.json": r"\"sum\": \"(?P<amount>[\d.]+)\"",
}
