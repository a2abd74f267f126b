"""Is it all right: one of three words for the night, and what speaks for it, the gravest first.

`act`: something is lost or wrong until a person acts. `look`: published, but somebody should look today. `good`:
neither.
Grain: a finding. It is a reading for people; the exit status of the run is told by the run itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pipelines.report.figures import Figures, Rows
from schemas.calendar import banking_days_after, month_of
from schemas.codes import HARMLESS, REFUSALS
from transforms.arrivals import Arrival

LEVELS = ("act", "look", "good")
_FALL = 100  # one in so many insured people fewer than the night before is no ordinary night


@dataclass(frozen=True)
class Finding:
    """What speaks for a level: the key of its sentence, what stands in it, and the section that tells more."""

    level: str
    key: str
    section: str
    facts: dict[str, Any] = field(default_factory=dict)


def findings(figures: Figures, senders: list[Arrival]) -> list[Finding]:
    """All that somebody should know first, the gravest first; none where all is well."""
    found = [*_came(figures), *_outside(figures), *_errors(figures), *_people(figures)]
    late = [one.sender for one in senders if one.state == "late"]
    if late:
        found.append(Finding("look", "late", "arrivals", {"senders": late, "count": len(late)}))
    return sorted(found, key=lambda one: LEVELS.index(one.level))


def level_of(found: list[Finding]) -> str:
    """The level of the gravest."""
    return min((one.level for one in found), key=LEVELS.index, default="good")


def _came(figures: Figures) -> Iterator[Finding]:
    day, month = figures.snapshot.known_at, month_of(figures.snapshot.known_at)
    if month != figures.snapshot.month:  # whose tables tell nothing of the day
        yield Finding("good", "elsewhere", "came", {"day": day, "month": month})
        return
    is_banking_day = banking_days_after([day - timedelta(days=1)], 1) == [day]
    if is_banking_day and not any(row["tonight"] for row in figures.rows["files"]):
        yield Finding("look", "nothing_came", "came", {"day": day})


def _outside(figures: Figures) -> Iterator[Finding]:
    """What came on the day, or before it and no night told of it, and stands outside, documents and lines apart."""
    rows = [row for row in figures.rows["outside"] if row["reason"] not in HARMLESS]
    for level, key, told in (
        ("act", "refused", [row for row in rows if row["reason"] in REFUSALS]),
        ("look", "quarantined", [row for row in rows if row["reason"] not in REFUSALS]),
    ):
        for when, sentence in (("tonight", key), ("untold", f"{key}_before")):
            count, tiyn = (sum(row[f"{when}_{name}"] for row in told) for name in ("rows", "tiyn"))
            if count:
                yield Finding(level, sentence, "outside", {"count": count, "money_tiyn": tiyn})


def _errors(figures: Figures) -> Iterator[Finding]:
    """Breaks that are errors: those that the night before did not know are graver than those that stand longer."""
    now = _error_rows(figures.rows["breaks"])
    if figures.snapshot.law_as_of is not None and now:  # held against no night
        yield Finding("look", "errors_stand", "breaks", {"count": sum(now.values())})
        return
    before = _error_rows(figures.night.breaks) if figures.night else {}
    new = sum(max(0, rows - before.get(code, 0)) for code, rows in now.items())
    old = sum(now.values()) - new
    if new:
        yield Finding("act", "new_errors", "breaks", {"count": new})
    if old:
        yield Finding("look", "old_errors", "breaks", {"count": old})


def _error_rows(breaks: Rows) -> dict[str, int]:
    return {row["code"]: row["rows"] for row in breaks if row["severity"] == "error"}


def _people(figures: Figures) -> Iterator[Finding]:
    if figures.night is None:
        return
    before, now = figures.night.snapshot.people["insured"], figures.snapshot.people["insured"]
    if (before - now) * _FALL > before:
        yield Finding("act", "fell", "people", {"count": before - now})
