"""The chain of published snapshots: each link holds the hash of its manifest and that of the one before.

`snapshots/chain.jsonl`, append-only. Grain: a snapshot, in the order of publication. On a home rebuilt from its
archive alone the chain begins anew; the intake records name the snapshots that were published before.
Source: contract.md section 2.
"""

import json
from pathlib import Path
from typing import Any

from pipelines.archive import file_hash
from pipelines.errors import RunFailed
from pipelines.home import Home, append_lines, read_lines


def links(home: Home) -> list[dict[str, Any]]:
    """Published snapshots in the order of publication; RunFailed names a line that cannot be read."""
    found = []
    for number, line in enumerate(read_lines(home.chain), start=1):
        try:
            told = json.loads(line)
            link = {key: told[key] for key in ("snapshot", "manifest_sha256", "previous", "inputs")}
            found.append(link | {"law_as_of": told.get("law_as_of")})
        except (ValueError, KeyError, TypeError):
            raise RunFailed(f"{home.chain} line {number} is no link of the chain; restore it from the backup") from None
    return found


def head(home: Home) -> str | None:
    """Hash of the manifest published last; None where nothing was."""
    before = links(home)
    return before[-1]["manifest_sha256"] if before else None


def last(home: Home) -> str | None:
    """The snapshot published last; None where nothing was."""
    before = links(home)
    return before[-1]["snapshot"] if before else None


def link_of(home: Home, snapshot: str) -> dict[str, Any] | None:
    """The link of a snapshot; None where it was not published."""
    return next((link for link in links(home) if link["snapshot"] == snapshot), None)


def append(home: Home, folder: Path) -> None:
    """A link for a published snapshot."""
    manifest = json.loads((folder / "manifest.json").read_text())
    link = {
        "snapshot": folder.name,
        "manifest_sha256": file_hash(folder / "manifest.json"),
        "previous": head(home),
        "inputs": len(manifest["inputs"]),
        "law_as_of": manifest["law_as_of"],
    }
    append_lines(home.chain, [json.dumps(link)])


def adopt(home: Home) -> list[str]:
    """Link snapshots that a run published whole before it died or failed; gives their names.

    Only one that names the end of the chain as the one before it and holds the bytes that its manifest tells.
    """
    known = {link["snapshot"] for link in links(home)}
    taken = []
    for path in sorted(home.snapshots.glob("[0-9]*/*/manifest.json")):
        if path.parent.name not in known and _is_next(home, path.parent):
            append(home, path.parent)
            taken.append(path.parent.name)
    return taken


def latest_of_months(home: Home) -> dict[str, str]:
    """By month (YYYY-MM) the id of its snapshot with the greatest day, of those the last published.

    What was computed by the law of another day is an auditor's question and passed over.
    """
    latest: dict[str, tuple[str, str]] = {}
    for link in [link for link in links(home) if link["law_as_of"] is None]:
        month, known_at, _ = link["snapshot"].split("_")
        if known_at >= latest.get(month, ("", ""))[0]:
            latest[month] = (known_at, link["snapshot"])
    return {month: snapshot for month, (_, snapshot) in sorted(latest.items())}


def shown(home: Home) -> str | None:
    """The snapshot to show where no month is asked for: of the newest month that had begun by the last day known.

    A month to come may have been asked for once, and nights do not publish it; it is shown where there is no other.
    """
    latest = latest_of_months(home)
    if not latest:
        return None
    known = max(snapshot.split("_")[1] for snapshot in latest.values())
    return latest[max([month for month in latest if month <= known[:7]] or latest)]


def _is_next(home: Home, folder: Path) -> bool:
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        whole = manifest["id"] == folder.name and manifest["previous"] == head(home)
        if "report_sha256" in manifest:
            whole = whole and file_hash(folder / "report.html") == manifest["report_sha256"]
        return whole and all(
            file_hash(folder / f"{name}.parquet") == table["sha256"] for name, table in manifest["tables"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
