"""How a job ended, in one line and some counts: for the notification hook and Prefect's pages. Never personal data."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.summary import Summary

WELL, FAILED, LOOK = 0, 1, 3  # exit statuses of contract.md section 1
_MOST_REASONS = 3  # named in the one line; all of them stand in the counts
_WORDS = {WELL: "all is well", FAILED: "failed", LOOK: "needs a look"}


@dataclass(frozen=True)
class Outcome:
    """A job (`run`, `close`, `arrivals`, `verify`, `rerun`) of a day: exit status, sentence, counts, snapshot."""

    job: str
    day: date
    exit_status: int
    sentence: str
    counts: dict[str, int] = field(default_factory=dict)
    snapshot: Path | None = None

    @property
    def verdict(self) -> str:
        """The one line: job, day, whether it is all right, and why not."""
        return f"mshi {self.job} of {self.day}: {_WORDS[self.exit_status]}: {self.sentence}"

    @property
    def report(self) -> Path | None:
        """The night's report, where the snapshot has one."""
        path = self.snapshot / "report.html" if self.snapshot is not None else None
        return path if path is not None and path.exists() else None

    def told(self) -> dict[str, Any]:
        """The same as plain values, for JSON; `text` is what chat programs show of a webhook."""
        return {
            "product": "mshi",
            "job": self.job,
            "day": str(self.day),
            "exit_status": self.exit_status,
            "text": self.verdict,
            "counts": self.counts,
            "snapshot": self.snapshot.name if self.snapshot is not None else None,
            "report": str(self.report) if self.report is not None else None,
        }


def outcome_of(job: str, day: date, folder: Path, summary: Summary) -> Outcome:
    """The outcome of a job that published a snapshot."""
    counts = {**summary.counts, **{f"outside_{reason}": count for reason, count in summary.reasons.items()}}
    if summary.needs_attention:
        return Outcome(job, day, LOOK, _what_to_look_at(dict(summary.reasons)), counts, folder)
    people = {name.removeprefix("people_"): n for name, n in summary.counts.items() if name.startswith("people_")}
    sentence = ", ".join(f"{count:,} {status}" for status, count in people.items()) or "nobody is known yet"
    return Outcome(job, day, WELL, sentence, counts, folder)


def _what_to_look_at(reasons: dict[str, int]) -> str:
    """How much stands outside, its most frequent reasons, and how many statements do not balance."""
    off = reasons.pop("statement_balance", 0)
    most = sorted(reasons.items(), key=lambda told: (-told[1], told[0]))
    named = [f"{reason} {count:,}" for reason, count in most[:_MOST_REASONS]]
    more = [f"{len(most) - _MOST_REASONS} more reasons"] if len(most) > _MOST_REASONS else []
    outside = [f"{sum(reasons.values()):,} outside ({', '.join([*named, *more])})"] if reasons else []
    return "; ".join([*outside, *([f"statements that do not balance: {off:,}"] if off else [])])
