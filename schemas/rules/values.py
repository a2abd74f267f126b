"""What a rule may say: a value that the code cannot compute by is refused when it is read, never read past.

Grain: one rule with its dated values. `unit` tells how a value is written; `rule` is a reading of the law of which the
code computes one, and `code` an entry of a list, in force from its month on.
"""

import re
from collections.abc import Sequence

LONGEST_GRACE = 6  # months after a run for which status is looked at (transforms/status.py)
LONGEST_WINDOW = 12  # months of a run, of which so many may be paid in advance
_LAST_DUE_DAY = 28  # which every month has
_AMOUNT = (r"\d{1,9}(\.\d{1,2})?", "an amount of tenge like 4250 or 4250.50")
_RATE = (r"\d{1,3}(\.\d{1,4})?", "a number like 2 or 1.7")
_COUNT = (r"[1-9]\d{0,3}", "a whole number above 0")
_UNITS = {
    "tenge": _AMOUNT,
    "tenge a month": _AMOUNT,
    "percent of income": _RATE,
    "percent of the average wage two years back": _RATE,
    "minimum wages": _RATE,
    "months": _COUNT,
    "banking days": _COUNT,
    "day of the next month": _COUNT,
    "yes or no": ("yes|no", "yes or no"),
    "code": ("in force", '"in force"'),
}
_READINGS = {"independent_due": "last_day_of_month", "coverage_requires": "any", "allocation": "as_stated"}
_MOST = {
    "grace_months": LONGEST_GRACE,
    "long_grace_months": LONGEST_GRACE,
    "window_months": LONGEST_WINDOW,
    "independent_window_months": LONGEST_WINDOW,
    "wage_due_day": _LAST_DUE_DAY,
}


def complaint(name: str, unit: str, values: Sequence[str]) -> str | None:
    """What is wrong with the values of a rule, in their order; None if the code computes by them."""
    if unit == "rule":
        if name not in _READINGS:
            return f"unit rule is for {', '.join(_READINGS)} alone"
        form, expected = re.escape(_READINGS[name]), f'"{_READINGS[name]}", for no other reading is computed'
    elif unit in _UNITS:
        form, expected = _UNITS[unit]
    else:
        return f"unit must be rule, {', '.join(_UNITS)}, found {unit!r}"
    if unit == "code" and len(values) > 1:
        return "a code is in force from one month on: expected one value"
    if name.startswith("agent.") and not re.fullmatch(r"agent\.\d{12}", name):
        return "an agent is named by the twelve digits of its BIN"
    for value in values:
        if not re.fullmatch(form, value, re.ASCII):
            return f"expected {expected}, found {value!r}"
        if name in _MOST and int(value) > _MOST[name]:
            return f"the code computes up to {_MOST[name]}, found {value!r}"
    return None
