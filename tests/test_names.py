"""Spellings of one name against names of two people: what a letter lost on the way may look like, and what it may not."""

from datetime import date

import polars as pl
import pytest
from statement_texts import by_file  # noqa: F401 - pytest finds nothing in it
from texts import OTHER, PERSON, THIRD, bank_register, bank_row, item, message, register

from transforms.names import name_mismatches
