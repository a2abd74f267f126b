"""Publish a month: Parquet tables, the report and a manifest in a folder that never changes again.

A table's bytes depend on its rows alone. The id of a snapshot is its month, its day and a hash of everything that
went in: intake records, rules, layouts, code and library versions. The manifest names the one before it and the last
line of the run record; the rules it was made by are kept in the archive. Source: contract.md section 4.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from pipelines import archive, chain, limits, lost, run_record
from pipelines.archive import Record, file_hash
from pipelines.engine import Cut
from pipelines.errors import RunFailed, UsageError
from pipelines.home import Home, sync, write_private
from pipelines.logical_hash import logical_hash
from pipelines.parquet import write_table
from pipelines.parts import Parts
from pipelines.progress import each, took
from pipelines.readers.layouts import built_in
from pipelines.signing import signature_of
from pipelines.versions import versions
from schemas.codes import STATUSES
from schemas.rules import Law
from schemas.tables import TABLES

ID = re.compile(r"\d{4}-\d\d_\d{4}-\d\d-\d\d_[0-9a-f]{12}")
REPORT = "report.html"
Reporter = Callable[[Path, dict[str, Any]], bytes | None]  # folder with the tables, manifest -> the report

_NOT_OF_THE_ID = ("id", "tables", "totals", "people", "report_sha256", "previous", "runs", "signature")


def publish(
    home: Home, cut: Cut, records: list[Record], law: Law, tables: dict[str, Parts], reporter: Reporter
) -> tuple[Path, bool]:
    """Write the snapshot of these tables; gives its folder and whether it is new.

    A snapshot of the same id is left as it is: RunFailed if its tables are not the same bytes as these. If `reporter`
    gives no report it is published all the same.
    """
    manifest = _manifest(cut, records, law)
    archive.store_content(home, law.bundle)
    folder = home.snapshots / f"{cut.month:%Y-%m}" / manifest["id"]
    beside = folder.parent / f".{folder.name}.tmp"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    with took("write"):
        manifest["tables"] = _write_tables(beside, tables)
    manifest["totals"] = _money(beside)
    manifest["people"] = _people(beside)
    before = chain.link_of(home, folder.name)
    if folder.exists():
        _fill(folder, beside, manifest)
        shutil.rmtree(beside)
        _compare(folder, manifest)
    else:
        with took("report"):
            report = reporter(beside, manifest)
        if report is not None:
            write_private(beside / REPORT, report)
            manifest["report_sha256"] = file_hash(beside / REPORT)
        content = _as_before(home, beside, manifest, before) if before else _as_recorded(home, manifest)
        write_private(beside / "manifest.json", content)
        beside.rename(folder)
        sync(folder.parent)
    if before is None:
        chain.append(home, folder)
    return folder, before is None


def signed(manifest: dict[str, Any]) -> bytes:
    """The bytes of a whole manifest, with a signature where a key is set."""
    content = manifest_bytes(manifest)
    signature = signature_of(content)
    return manifest_bytes(manifest | signature) if signature else content


def _as_before(home: Home, beside: Path, manifest: dict[str, Any], link: dict[str, Any]) -> bytes:
    """The manifest of a published snapshot whose folder is gone, as its link in the chain tells; RunFailed if it cannot
    be made: one id has one manifest for ever. Only the chain and the run record say when it was published.
    """
    content = _with_hash(home, manifest | {"previous": link["previous"]}, link["manifest_sha256"])
    if content is not None:
        return content
    shutil.rmtree(beside)
    raise RunFailed(
        f"{manifest['id']} is published, but its folder is gone, and its manifest cannot be made again with the hash "
        f"in snapshots/chain.jsonl: nothing was published; if older ones are gone too make those again first, else "
        f"restore snapshots/{manifest['month']}/{manifest['id']} from the backup (its manifest.json is enough)"
    )


def _as_recorded(home: Home, manifest: dict[str, Any]) -> bytes:
    """The manifest of a snapshot that the chain does not tell of: the one of the run record, where it follows the
    chain's last (for snapshots were restored that are older than the run record), else a new one.
    """
    following = manifest | {"previous": chain.head(home)}
    sha256 = lost.recorded(run_record.runs(home)).get(manifest["id"])
    before = None if sha256 is None else _with_hash(home, following, sha256)
    return before or signed(following | {"runs": run_record.head(home)})


def _with_hash(home: Home, manifest: dict[str, Any], sha256: str) -> bytes | None:
    """The manifest at the time of some line of the run record, with this hash."""
    for runs in run_record.heads(home):
        content = signed(manifest | {"runs": runs})
        if hashlib.sha256(content).hexdigest() == sha256:
            return content
    return None


def load_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a published snapshot."""
    try:
        return dict(json.loads((folder / "manifest.json").read_text()))
    except (OSError, ValueError) as error:
        raise RunFailed(
            f"{folder}: no readable manifest.json ({type(error).__name__}); restore it from the backup"
        ) from None


def again_by(name: str) -> str:
    """What makes a table of a published snapshot again that is gone; a backup need not hold tables."""
    return f"mshi rerun --snapshot {name}"


def cut_of(manifest: dict[str, Any]) -> Cut:
    """What a manifest's snapshot was computed as. KeyError, ValueError or TypeError if it is no manifest."""
    law_as_of = manifest.get("law_as_of")
    return Cut(
        date.fromisoformat(f"{manifest['month']}-01"),
        date.fromisoformat(manifest["known_at"]),
        len(manifest["inputs"]),
        date.fromisoformat(law_as_of) if law_as_of else None,
    )


def differences(told: dict[str, Any], cut: Cut, records: list[Record], law: Law) -> list[str]:
    """What of a manifest's inputs, rules, layouts, code and versions is not so today."""
    return _differences(told, _manifest(cut, records, law))


def _differences(told: dict[str, Any], today: dict[str, Any]) -> list[str]:
    """What went into one manifest and did not go into another."""
    found = []
    for key in ("rules_sha256", "layouts", "law_as_of"):
        if told.get(key) != today[key]:
            was, now = (str(one.get(key))[:12] if key != "layouts" else "" for one in (told, today))
            found.append(
                f"{key.replace('_sha256', '').replace('_', ' ')} changed" + (f" ({was}, now {now})" if was else "")
            )
    for name, value in told["versions"].items():
        if today["versions"].get(name) != value:
            found.append(f"{name} was {value[:12]}, is {str(today['versions'].get(name))[:12]}")
    longest = max(len(told["inputs"]), len(today["inputs"]))
    off = [place for place in range(longest) if told["inputs"][place : place + 1] != today["inputs"][place : place + 1]]
    if off:
        found.append(f"{len(off)} intake records are others or missing, the first is record {off[0] + 1}")
    return found


def published_of(home: Home, cut: Cut) -> list[str]:
    """Names of the snapshots of the same month and day, in the order of publication."""
    begins = f"{cut.month:%Y-%m}_{cut.known_at}_"
    return [link["snapshot"] for link in chain.links(home) if link["snapshot"].startswith(begins)]


def compared(home: Home, folder: Path, other: str) -> str:
    """In which tables, and why, a snapshot differs from another one of the same month and day."""
    mine, its = load_manifest(folder), load_manifest(folder_of(home, other))
    off = [name for name, table in mine["tables"].items() if its["tables"].get(name) != table]
    why = _differences(its, mine)
    return f"against {other}: {'; '.join(why)}; tables that differ: {', '.join(off) or 'none'}"


def folder_of(home: Home, snapshot: str) -> Path:
    """The folder of a snapshot by its id."""
    return home.snapshots / snapshot[:7] / snapshot


def gone_tables(home: Home, snapshot: str) -> list[str]:
    """Names of its tables that are not there, as on a home that was restored from its archive."""
    return [name for name in TABLES if not (folder_of(home, snapshot) / f"{name}.parquet").exists()]


def found_folder(home: Home, wanted: str) -> Path:
    """The folder of a snapshot that somebody names by its id or as a folder; UsageError where there is none."""
    folder = folder_of(home, wanted) if ID.fullmatch(wanted) else Path(wanted)
    if not wanted.strip() or not folder.is_dir():
        if ID.fullmatch(wanted):
            home.expect()
        raise UsageError(f"no snapshot {wanted} in {home.snapshots}, and no such folder; see chain.jsonl there")
    return folder


def _manifest(cut: Cut, records: list[Record], law: Law) -> dict[str, Any]:
    told = went_into(cut, records, law)
    return {"id": id_of(told), **told}


def went_into(cut: Cut, records: list[Record], law: Law) -> dict[str, Any]:
    """What decides the tables of a cut: the question, versions and code, rules, layouts, intake records."""
    return {
        "month": f"{cut.month:%Y-%m}",
        "known_at": str(cut.known_at),
        "law_as_of": str(cut.law_as_of) if cut.law_as_of else None,
        "versions": versions(),
        "rules_sha256": law.sha256,
        "layouts": {layout.name: layout.sha256 for layout in built_in()},
        "inputs": [input_of(record) for record in records],
    }


def input_of(record: Record) -> dict[str, Any]:
    """A record as an input; what was published before it came in (`after`) changes no table and is left out."""
    told = {**vars(record), "received_on": str(record.received_on), "layouts": list(record.layouts)}
    del told["after"]
    return told


def _write_tables(folder: Path, tables: dict[str, Parts]) -> dict[str, Any]:
    """What the manifest tells of each table; while one is hashed another is written."""
    with ThreadPoolExecutor(limits.at_once()) as pool:
        written = pool.map(lambda name: _write_table(folder, name, tables[name]), tables)
        return dict(zip(each("tables", list(tables)), written, strict=True))


def _write_table(folder: Path, name: str, rows: Parts) -> dict[str, Any]:
    path = folder / f"{name}.parquet"
    write_table(path, rows.scan())
    return {"rows": rows.height, "sha256": file_hash(path), "logical_sha256": logical_hash(pl.scan_parquet(path))}


def _money(folder: Path) -> dict[str, int]:
    totals = pl.read_parquet(folder / "totals.parquet")
    return {name: sum(totals[name].to_list()) for name in totals.columns if name.endswith(("_lines", "_tiyn"))}


def _people(folder: Path) -> dict[str, int]:
    statuses = pl.read_parquet(folder / "insured_status.parquet", columns=["status"])
    counted = dict(statuses.group_by("status").len().rows())
    return {name: int(counted.get(name, 0)) for name in STATUSES}


def _fill(folder: Path, beside: Path, manifest: dict[str, Any]) -> None:
    """Put back tables that a published snapshot lacks, of the bytes its manifest tells: a backup keeps manifests."""
    published = load_manifest(folder)["tables"]
    lacking = [name for name in published if not (folder / f"{name}.parquet").exists()]
    for name in lacking:
        if published[name] == manifest["tables"].get(name):
            (beside / f"{name}.parquet").rename(folder / f"{name}.parquet")
    if lacking:
        sync(folder)


def _compare(folder: Path, manifest: dict[str, Any]) -> None:
    published = load_manifest(folder)
    off = [
        name
        for name, table in manifest["tables"].items()
        if published["tables"].get(name) != table
        or not (path := folder / f"{name}.parquet").exists()
        or file_hash(path) != table["sha256"]
    ]
    if off:
        raise RunFailed(
            f"snapshot {folder.name} is published with other bytes in {', '.join(off)}: nothing was changed; "
            "compare the folder with its manifest and the backup"
        )


def id_of(manifest: dict[str, Any]) -> str:
    """The id of a snapshot: its month, its day and a hash of what went into it, not of what came out."""
    went_in = {key: value for key, value in manifest.items() if key not in _NOT_OF_THE_ID}
    return f"{manifest['month']}_{manifest['known_at']}_{hashlib.sha256(manifest_bytes(went_in)).hexdigest()[:12]}"


def manifest_bytes(told: dict[str, Any]) -> bytes:
    """A manifest as it is written; one content has one form."""
    return json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
