"""Rows as a table for the screen: names above, numbers to the right, nothing cut off."""

from datetime import date
from decimal import Decimal
from typing import Any


def table_text(names: list[str], rows: list[tuple[Any, ...]]) -> str:
    """The rows under their names, then how many they are. Null is shown as -."""
    cells = [[_shown(value) for value in row] for row in rows]
    widths = [max([len(name), *(len(row[place]) for row in cells)]) for place, name in enumerate(names)]
    right = [any(isinstance(row[place], int | Decimal) for row in rows) for place in range(len(names))]

    def line(values: list[str]) -> str:
        padded = zip(values, widths, right, strict=True)
        return "  ".join(value.rjust(width) if to_right else value.ljust(width) for value, width, to_right in padded)

    head = [line(names).rstrip(), "  ".join("-" * width for width in widths)]
    return "\n".join([*head, *(line(row).rstrip() for row in cells), f"({len(rows):,} rows)"])


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | Decimal):
        return f"{value:,}"
    if isinstance(value, list):
        return " ".join(_shown(one) for one in value)
    if isinstance(value, date):
        return value.isoformat()
    return "-" if value is None else "".join(sign if sign.isprintable() else "?" for sign in str(value))
