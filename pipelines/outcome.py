"""How a job ended, in one line and some counts: for the notification hook and Prefect's pages. Never personal data."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.summary import Summary

WELL, FAILED, LOOK = 0, 1, 3  # exit statuses of contract.md section 1
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
    if summary.needs_attention:
        sentence = ", ".join(f"{reason} {count:,}" for reason, count in summary.reasons.items())
    else:
        people = {name.removeprefix("people_"): n for name, n in summary.counts.items() if name.startswith("people_")}
        sentence = ", ".join(f"{count:,} {status}" for status, count in people.items()) or "nobody is known yet"
    status = LOOK if summary.needs_attention else WELL
    return Outcome(job, day, status, sentence, summary.counts, folder)
