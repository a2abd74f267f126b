"""What of a home cannot be made again and is no longer what the last run left: told of, or the run is refused.

Only the archive, the chain, the run record and the key (pipelines/key.py) are such; all else a run makes again.
`lines` are those of the run record, `records` those of the archive. A chain that is gone is made again of the manifests
(pipelines/recovery.py). Source: contract.md section 2.
"""

import hashlib
from typing import Any

from pipelines import chain
from pipelines.archive import Record, file_hash
from pipelines.errors import RunFailed
from pipelines.home import Home, read_lines, whole_lines


def expect_archive(home: Home, lines: list[dict[str, Any]]) -> None:
    """RunFailed where the intake record no longer begins with what the last run left, or holds less than was published:
    nobody must become uninsured because a disk is not mounted, or a backup is older than the other.
    """
    left = [line for line in lines if line.get("result", {}).get("intake_sha256")][-1:]
    for line in left:
        if not _begins_with(home, line["result"]["intake_sha256"]):
            raise RunFailed(
                f"archive/intake.jsonl of {home.root} does not hold what run {line['run']} left at {line['at']}: it is "
                "missing, older or altered, or its disk is not mounted; nothing was done: restore archive from the "
                "backup, then mshi verify"
            )
    held = len(read_lines(home.intake))
    for link in [link for link in chain.links(home) if link["inputs"] > held][-1:]:
        raise RunFailed(
            f"archive/intake.jsonl of {home.root} holds {held:,} deliveries and events, and {link['snapshot']} was "
            f"published of {link['inputs']:,}: archive and runs.jsonl are of an older backup than snapshots; nothing "
            "was done: restore them from the newest backup, then mshi verify; to go on without what came in since, "
            "move runs.jsonl and snapshots elsewhere"
        )


def recorded(lines: list[dict[str, Any]]) -> dict[str, str]:
    """The sha256 of the manifest of every snapshot that a run published, the last published last."""
    results = [line["result"] for line in lines if line["event"] == "ended"]
    told = [one for result in results for one in [result, *result.get("snapshots", [])] if one.get("manifest_sha256")]
    return {one["snapshot"]: one["manifest_sha256"] for one in told if one.get("new")}


def told_of(home: Home, records: list[Record]) -> list[str]:
    """What to say of a home in which nothing is, not the run record, or neither it nor the chain."""
    return [*_made_of_nothing(home), *_begins_anew(home, records), *_unrecorded(home)]


def unchained(home: Home, published: dict[str, str]) -> list[str]:
    """What to say where the chain, made again as far as can be, does not hold the snapshot `recorded` last."""
    if not chain.lacks_last(home, published):
        return []
    return [
        f"snapshots/chain.jsonl does not hold {list(published)[-1]}, which was published last; if that was not on "
        "purpose, restore snapshots from the backup, then mshi verify"
    ]


def _made_of_nothing(home: Home) -> list[str]:
    """What to say before a run makes a home where nobody laid a file: the path may be mistyped."""
    if home.inbox.exists() or home.archive.exists() or home.snapshots.exists():
        return []
    return [
        f"{home.root} held nothing: a new home is made there; if yours lies elsewhere, name it with --home or "
        "MSHI_HOME and remove this one"
    ]


def _begins_anew(home: Home, records: list[Record]) -> list[str]:
    """What to say where files came in before and neither the chain nor the run record tells of it."""
    if not records or home.runs.exists() or chain.links(home):
        return []
    named = [record.after for record in records if record.after]
    last = f"; the last snapshot before that the archive names is {named[-1]}" if named else ""
    return [
        f"snapshots/chain.jsonl and runs.jsonl begin anew, {len(records)} deliveries and events came in before{last}; "
        "if the home was not rebuilt on purpose, restore both from the backup"
    ]


def _unrecorded(home: Home) -> list[str]:
    """What to say where snapshots were published and the run record is gone: nothing tells what the last run left."""
    published = 0 if home.runs.exists() else len(chain.links(home))
    if not published:
        return []
    return [
        f"runs.jsonl is gone, and snapshots/chain.jsonl tells of {published:,} snapshots: it begins anew, and what "
        "earlier runs told is told again; if that was not on purpose, restore it from the backup, then mshi verify"
    ]


def intake_hash(home: Home) -> str | None:
    """The hash of the intake record as it is; None where there is none."""
    return file_hash(home.intake) if home.intake.exists() else None


def _begins_with(home: Home, sha256: str) -> bool:
    """Whether the intake record, or its first lines, have this hash."""
    if intake_hash(home) == sha256:
        return True
    digest = hashlib.sha256()
    for line in whole_lines(home.intake).splitlines(keepends=True):
        digest.update(line)
        if digest.copy().hexdigest() == sha256:
            return True
    return False
