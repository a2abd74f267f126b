"""Say from two verdicts alone why a status turned: a short cause, for counting. Grain: a kind of turn with its people.

The causes of single persons, found by computing them again, are `mshi diff`'s (transforms/changes.py); these are read
off the branches of the law that decided before and after. Source: rules.md section 4.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.codes import STATUSES

WHY = ("money", "register", "due", "grace_ended", "interval_ended", "money_gone", "law", "new_person", "unknown_now")
_REGISTERS = ("preferential", "exempt")
_OUTSIDE = ("gap", "never_covered")
_PAID = ("paid", "prepaid", "not_yet_due")


def why(before_reason: str | None, after_reason: str | None) -> str:
    """The cause, of WHY, of a status that turned; None where somebody was or is not known."""
    if before_reason is None:
        return "new_person"
    if after_reason is None:
        return "unknown_now"
    if after_reason in _REGISTERS:
        return "register"
    if after_reason in _PAID:
        return "money"
    if "transitional" in (before_reason, after_reason):
        return "law"
    if before_reason in _REGISTERS:
        return "interval_ended"
    if after_reason == "grace":  # out of a gap only money leads there
        return "money" if before_reason in _OUTSIDE else "due"
    return "grace_ended" if before_reason == "grace" and after_reason == "gap" else "money_gone"


def turned(turns: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """turns by reasons -> before, after, why, people, the most people first. Grain: (before, after, why)."""
    counted: dict[tuple[str | None, str | None, str], int] = {}
    for row in turns:
        kind = (row["before"], row["after"], why(row["before_reason"], row["after_reason"]))
        counted[kind] = counted.get(kind, 0) + row["people"]
    order = sorted(counted, key=lambda kind: (-counted[kind], WHY.index(kind[2]), str(kind)))
    return [{"before": one[0], "after": one[1], "why": one[2], "people": counted[one]} for one in order]


def net(turns: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """turns -> by how many people each status grew; together with the earlier counts they give the later ones."""
    change = dict.fromkeys(STATUSES, 0)
    for row in turns:
        for side, sign in (("after", 1), ("before", -1)):
            if row[side] is not None:
                change[row[side]] += sign * row["people"]
    return change
