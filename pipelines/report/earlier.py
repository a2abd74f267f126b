"""Which published snapshots a report is held against: the night before, the month before, the months before that.

Only those that were published before it, known by the same day and by the law as it stands, so that the report of an
old snapshot does not change when newer ones are published.
"""

from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from pipelines import chain
from pipelines.errors import RunFailed
from pipelines.home import Home
from pipelines.snapshot import cut_of, folder_of, load_manifest
from schemas.calendar import add_months
from schemas.codes import STATUSES

MOST_MONTHS = 6  # months whose arrivals say what is usual


@dataclass(frozen=True)
class Published:
    """A snapshot by its manifest: its tables lie in the folder, its people are counted by status."""

    name: str
    folder: Path
    month: date
    known_at: date
    people: dict[str, int]
    law_as_of: date | None = None

    def table(self, name: str) -> Path:
        """The Parquet file of a table."""
        return self.folder / f"{name}.parquet"


@dataclass(frozen=True)
class Earlier:
    """The night before in the same month, the month right before, and the months before, the newest first.

    told_until: the day up to which that night told of what came in. People are held against none under another law.
    """

    night: Published | None
    month: Published | None
    months: list[Published]
    told_until: date | None = None


def published(folder: Path, manifest: dict[str, Any]) -> Published:
    """A snapshot as its manifest tells it; RunFailed if it is no manifest."""
    try:
        cut = cut_of(manifest)
        people = {status: int(manifest["people"][status]) for status in STATUSES}
        return Published(str(manifest["id"]), folder, cut.month, cut.known_at, people, cut.law_as_of)
    except (KeyError, ValueError, TypeError):
        raise RunFailed(f"{folder}/manifest.json is no manifest of a snapshot; restore it from the backup") from None


def earlier_of(home: Home, snapshot: Published) -> Earlier:
    """What a snapshot is held against. One that cannot be read is passed over; `mshi verify` names it."""
    newest: dict[date, tuple[str, str]] = {}
    for link in takewhile(lambda link: link["snapshot"] != snapshot.name, chain.links(home)):
        month, known_at = date.fromisoformat(f"{link['snapshot'][:7]}-01"), link["snapshot"][8:18]
        before = known_at < str(snapshot.known_at) if month == snapshot.month else known_at <= str(snapshot.known_at)
        if link["law_as_of"] is None and before and known_at >= newest.get(month, ("", ""))[0]:
            newest[month] = (known_at, link["snapshot"])
    months = [add_months(snapshot.month, -back) for back in range(1, MOST_MONTHS + 1)]
    held = {month: _read(home, newest[month][1]) for month in [snapshot.month, *months] if month in newest}
    night, before = held.get(snapshot.month), [one for month in months if (one := held.get(month))]
    told_until = date.fromisoformat(newest[snapshot.month][0]) if snapshot.month in newest else None
    if snapshot.law_as_of is not None:
        return Earlier(None, None, before, told_until)
    return Earlier(night, held.get(months[0]), before, told_until)


def _read(home: Home, name: str) -> Published | None:
    folder = folder_of(home, name)
    if not all((folder / f"{table}.parquet").exists() for table in ("files", "insured_status")):
        return None  # a home restored from its archive has manifests of old snapshots without tables
    try:
        return published(folder, load_manifest(folder))
    except RunFailed:
        return None
