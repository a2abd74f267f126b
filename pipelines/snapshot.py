"""Publish a month: Parquet tables and a manifest in a folder that never changes again, and the chain of manifests.

A table's bytes depend on its rows alone. The id of a snapshot is its month, its day and a hash of everything that
went in: intake records, rules, layouts, code and library versions. Source: contract.md section 4.
"""

import hashlib
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.archive import Record, file_hash
from pipelines.engine import Cut
from pipelines.errors import RunFailed
from pipelines.home import Home, append_lines, read_lines, sync, write_private
from pipelines.logical_hash import logical_hash
from pipelines.readers.layouts import built_in
from pipelines.signing import signature_of
from pipelines.versions import versions
from schemas.codes import STATUSES
from schemas.rules import Law

_ROW_GROUP = 1 << 18
_NOT_OF_THE_ID = ("id", "tables", "totals", "people", "previous", "runs", "signature")


def publish(
    home: Home, cut: Cut, records: list[Record], law: Law, tables: dict[str, pl.DataFrame]
) -> tuple[Path, bool]:
    """Write the snapshot of these tables; gives its folder and whether it is new.

    A snapshot of the same id is left as it is: RunFailed if its tables are not the same bytes as these.
    """
    manifest = _manifest(cut, records, law)
    folder = home.snapshots / f"{cut.month:%Y-%m}" / manifest["id"]
    beside = folder.parent / f".{folder.name}.tmp"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    manifest["tables"] = {name: _write_table(beside, name, frame) for name, frame in tables.items()}
    manifest["totals"] = _money(tables)
    manifest["people"] = _people(tables["insured_status"])
    if folder.exists():
        shutil.rmtree(beside)
        _compare(folder, manifest)
        new = all(link["snapshot"] != folder.name for link in chain(home))
    else:
        manifest |= signature_of(manifest_bytes(manifest))
        write_private(beside / "manifest.json", manifest_bytes(manifest))
        beside.rename(folder)
        sync(folder.parent)
        new = True
    if new:
        _append_chain(home, folder, len(records))
    return folder, new


def load_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a published snapshot."""
    try:
        return dict(json.loads((folder / "manifest.json").read_text()))
    except (OSError, ValueError) as error:
        raise RunFailed(
            f"{folder}: no readable manifest.json ({type(error).__name__}); restore it from the backup"
        ) from None


def differences(told: dict[str, Any], cut: Cut, records: list[Record], law: Law) -> list[str]:
    """What of a manifest's inputs, rules, layouts, code and versions is not so today."""
    today = _manifest(cut, records, law)
    found = []
    for key in ("rules_sha256", "layouts"):
        if told[key] != today[key]:
            found.append(f"{key.replace('_sha256', '')} changed")
    for name, value in told["versions"].items():
        if today["versions"].get(name) != value:
            found.append(f"{name} was {value[:12]}, is {str(today['versions'].get(name))[:12]}")
    for place, record in enumerate(told["inputs"]):
        if place >= len(today["inputs"]) or today["inputs"][place] != record:
            found.append(f"intake record {record['sequence']} is another or missing")
    return found


def chain(home: Home) -> list[dict[str, Any]]:
    """Published snapshots in the order of publication; RunFailed names a line that cannot be read."""
    found = []
    for number, line in enumerate(read_lines(home.chain), start=1):
        try:
            told = json.loads(line)
            found.append({key: told[key] for key in ("snapshot", "manifest_sha256", "previous", "inputs")})
        except (ValueError, KeyError, TypeError):
            raise RunFailed(f"{home.chain} line {number} is no link of the chain; restore it from the backup") from None
    return found


def folder_of(home: Home, snapshot: str) -> Path:
    """The folder of a snapshot by its id."""
    return home.snapshots / snapshot[:7] / snapshot


def told_before(home: Home) -> int:
    """The last intake sequence that a published snapshot has told of."""
    return max((link["inputs"] for link in chain(home)), default=0)


def latest_of_months(home: Home) -> dict[str, str]:
    """By month (YYYY-MM) the id of its snapshot with the greatest day, of those the last published."""
    latest: dict[str, tuple[str, str]] = {}
    for link in chain(home):
        month, known_at, _ = link["snapshot"].split("_")
        if known_at >= latest.get(month, ("", ""))[0]:
            latest[month] = (known_at, link["snapshot"])
    return {month: snapshot for month, (_, snapshot) in sorted(latest.items())}


def _manifest(cut: Cut, records: list[Record], law: Law) -> dict[str, Any]:
    inputs = [
        {**asdict(record), "received_on": str(record.received_on), "layouts": list(record.layouts)}
        for record in records
    ]
    told = {
        "month": f"{cut.month:%Y-%m}",
        "known_at": str(cut.known_at),
        "versions": versions(),
        "rules_sha256": law.sha256,
        "layouts": {layout.name: layout.sha256 for layout in built_in()},
        "inputs": inputs,
    }
    return {"id": id_of(told), **told}


def _write_table(folder: Path, name: str, frame: pl.DataFrame) -> dict[str, Any]:
    path = folder / f"{name}.parquet"
    frame.rechunk().write_parquet(
        path, compression="zstd", compression_level=3, row_group_size=_ROW_GROUP, statistics=True
    )
    path.chmod(0o600)
    sync(path)
    return {"rows": frame.height, "sha256": file_hash(path), "logical_sha256": logical_hash(frame)}


def _money(tables: dict[str, pl.DataFrame]) -> dict[str, int]:
    totals = tables["totals"]
    return {name: sum(totals[name].to_list()) for name in totals.columns if name.endswith(("_lines", "_tiyn"))}


def _people(status: pl.DataFrame) -> dict[str, int]:
    counted = dict(status.group_by("status").len().rows())
    return {name: int(counted.get(name, 0)) for name in STATUSES}


def _compare(folder: Path, manifest: dict[str, Any]) -> None:
    published = load_manifest(folder)
    off = [
        name
        for name, table in manifest["tables"].items()
        if published["tables"].get(name) != table or file_hash(folder / f"{name}.parquet") != table["sha256"]
    ]
    if off:
        raise RunFailed(
            f"snapshot {folder.name} is published with other bytes in {', '.join(off)}: nothing was changed; "
            "compare the folder with its manifest and the backup"
        )


def _append_chain(home: Home, folder: Path, inputs: int) -> None:
    before = chain(home)
    line = {
        "snapshot": folder.name,
        "manifest_sha256": file_hash(folder / "manifest.json"),
        "previous": before[-1]["manifest_sha256"] if before else None,
        "inputs": inputs,
    }
    append_lines(home.chain, [json.dumps(line)])


def id_of(manifest: dict[str, Any]) -> str:
    """The id of a snapshot: its month, its day and a hash of what went into it, not of what came out."""
    went_in = {key: value for key, value in manifest.items() if key not in _NOT_OF_THE_ID}
    return f"{manifest['month']}_{manifest['known_at']}_{hashlib.sha256(manifest_bytes(went_in)).hexdigest()[:12]}"


def manifest_bytes(told: dict[str, Any]) -> bytes:
    """A manifest as it is written; one content has one form."""
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
