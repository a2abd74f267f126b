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
            if type(link["inputs"]) is not int:
                raise TypeError
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


def lacks_last(home: Home, recorded: dict[str, str]) -> bool:
    """Whether the snapshot that was published last by the run record has no link."""
    return bool(recorded) and list(recorded)[-1] not in {link["snapshot"] for link in links(home)}


def adopt(home: Home, recorded: dict[str, str]) -> list[str]:
    """Link the snapshots of which the chain lacks the link, one after the other; gives their names.

    Only one that names the end of the chain as the one before it, and of whose manifest the run record tells (sha256 by
    snapshot: `recorded`), or that holds the bytes of its manifest: a run published it whole before it died or failed.
    """
    known = {link["snapshot"] for link in links(home)}
    folders = [path.parent for path in sorted(home.snapshots.glob("[0-9]*/*/manifest.json"))]
    left = [(folder, manifest) for folder in folders if folder.name not in known and (manifest := _manifest(folder))]
    left.sort(key=lambda one: one[0].name not in recorded)
    taken = []
    while following := next((one for one in left if _is_next(home, *one, recorded)), None):
        left.remove(following)
        append(home, following[0])
        taken.append(following[0].name)
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


def _manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a snapshot of that name; None where there is none."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        return manifest if manifest["id"] == folder.name and "previous" in manifest else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_next(home: Home, folder: Path, manifest: dict[str, Any], recorded: dict[str, str]) -> bool:
    """Whether it follows the end of the chain, and the run record or all its files agree with its manifest."""
    if manifest["previous"] != head(home):
        return False
    try:
        if folder.name in recorded:
            return file_hash(folder / "manifest.json") == recorded[folder.name]
        if "report_sha256" in manifest and file_hash(folder / "report.html") != manifest["report_sha256"]:
            return False
        tables = manifest["tables"].items()
        return all(file_hash(folder / f"{name}.parquet") == table["sha256"] for name, table in tables)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
