"""Prove the published snapshots: every link of the chain, its manifest, its tables, its signature, and nothing else.

Grain: a link of snapshots/chain.jsonl; a snapshot's folder, which may also be a copy outside of any home.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.archive import Record, record_of
from pipelines.home import Home
from pipelines.signing import BadSignature, signer_of
from pipelines.snapshot import ID, REPORT, again_by, folder_of, id_of, manifest_bytes
from pipelines.verify.proof import SHA256, Proof, entries_below, is_leftover, is_plain_file, named

_CHAIN = "snapshots/chain.jsonl"
_MONTH = re.compile(r"\d{4}-\d\d")


@dataclass(frozen=True)
class Link:
    """A line of the chain."""

    number: int
    snapshot: str
    manifest_sha256: str
    previous: str | None
    inputs: int
    law_as_of: str | None


@dataclass(frozen=True)
class Manifest:
    """A manifest that could be read.

    `signer` is the public key (hex) of its signature, `runs` the hash of a line of the run record, and `previous`
    the manifest before it; older manifests tell neither.
    """

    id: str
    sha256: str
    signer: str | None
    rules_sha256: str
    inputs: Sequence[Record]
    told: dict[str, Any]  # of runs, previous and law_as_of what it tells


def links_of(home: Home, proof: Proof) -> list[Link]:
    """The links of the chain, each against the one before."""
    found: list[Link] = []
    previous: str | None = None
    for number, line in enumerate(proof.lines_of(home.chain, _CHAIN), 1):
        place = f"{_CHAIN} line {number}"
        link = _link(line, number)
        if link is None:
            proof.miss(place, "no link of the chain", "a snapshot, its manifest's hash and the one before")
            previous = ""
            continue
        if link.previous != previous and previous != "":
            proof.miss(place, _before(link.previous), _before(previous), f"restore {_CHAIN} from the backup")
        elif link.snapshot in {one.snapshot for one in found}:
            proof.miss(place, f"a second link of {link.snapshot}", "one", f"restore {_CHAIN} from the backup")
        else:
            proof.proved["links"] += 1
        found.append(link)
        previous = link.manifest_sha256
    proof.head = found[-1].manifest_sha256 if found else None
    return found


def prove_snapshots(home: Home, links: list[Link], proof: Proof) -> Iterator[Manifest]:
    """Every linked snapshot, and that there is no other; gives the manifests that are those of the chain.

    One after the other, for each holds all records up to its day.
    """
    signed = False
    for link in links:
        proof.step(f"snapshot {link.snapshot}")
        manifest = prove_link(home, link, proof)
        if manifest is None:
            continue
        if signed and manifest.signer is None and proof.public_key is None:
            proof.miss(_manifest_place(link), "no signature", "one, for a manifest before it is signed")
        signed = signed or manifest.signer is not None
        yield manifest
    _added(home, {link.snapshot for link in links}, proof)


def prove_link(home: Home, link: Link, proof: Proof) -> Manifest | None:
    """A linked snapshot; its manifest if that is the one of the link."""
    folder, place = folder_of(home, link.snapshot), _manifest_place(link)
    findings = len(proof.findings)
    if not folder.is_dir():
        proof.miss(named(folder, home.root), "no folder", f"the snapshot of {_CHAIN} line {link.number}")
        return None
    manifest = prove_folder(folder, named(folder, home.root), proof)
    if manifest is None:
        return None
    if manifest.sha256 != link.manifest_sha256:
        expected = f"{link.manifest_sha256} as in {_CHAIN} line {link.number}"
        proof.miss(place, f"sha256 {manifest.sha256}", expected)
        return None
    if manifest.id != link.snapshot:
        proof.miss(place, f"the manifest of {manifest.id[:40]}", f"that of {link.snapshot}")
    if manifest.told.get("previous", link.previous) != link.previous:
        proof.miss(place, _before(manifest.told["previous"]), f"{_before(link.previous)}, as in {_CHAIN}")
    if manifest.told.get("law_as_of") != link.law_as_of:
        found, expected = f"the law of {str(link.law_as_of)[:10]}", "that of the manifest"
        proof.miss(f"{_CHAIN} line {link.number}", found, expected)
    if len(manifest.inputs) != link.inputs:
        expected = f"the {len(manifest.inputs)} of the manifest"
        proof.miss(f"{_CHAIN} line {link.number}", f"{link.inputs} inputs", expected)
    proof.proved["snapshots"] += findings == len(proof.findings)
    return manifest


def prove_folder(folder: Path, place: str, proof: Proof) -> Manifest | None:
    """A snapshot's folder by its manifest alone: id, tables, nothing else, signature. None without a manifest."""
    path = folder / "manifest.json"
    try:
        content = path.read_bytes()
        told = json.loads(content)
        tables = {f"{name}.parquet": (table["rows"], table["sha256"]) for name, table in told["tables"].items()}
        computed, inputs = id_of(told), [record_of(one) for one in told["inputs"]]
        if not all(SHA256.fullmatch(sha256) for one in inputs for sha256 in one.archived()):
            raise ValueError
        reports = {REPORT: str(told["report_sha256"])} if "report_sha256" in told else {}  # older ones have none
        if any("/" in name for name in tables):
            raise ValueError
        if not SHA256.fullmatch(told["rules_sha256"]) or not ID.fullmatch(told["id"]):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        proof.miss(f"{place}/manifest.json", "no readable manifest", "one")
        return None
    if told["id"] != computed:
        proof.miss(f"{place}/manifest.json", "an id that is not of its content", computed)
    for name, (rows, sha256) in sorted(tables.items()):
        _prove_table(folder / name, f"{place}/{name}", rows, sha256, proof)
    for name, sha256 in reports.items():
        _prove_report(folder / name, f"{place}/{name}", sha256, proof)
    for entry in entries_below(folder):
        known = {"manifest.json", *tables, *reports}
        if not (entry.parent == folder and is_plain_file(entry) and entry.name in known):
            told_place = f"{place}/{named(entry, folder)}"
            proof.miss(told_place, "a file that the manifest does not tell", "none", "find out who put it there")
    signer = _signer(told, content, place, proof)
    kept = {key: told[key] for key in ("runs", "previous", "law_as_of") if key in told}
    return Manifest(told["id"], hashlib.sha256(content).hexdigest(), signer, told["rules_sha256"], inputs, kept)


def _prove_table(path: Path, place: str, rows: Any, sha256: Any, proof: Proof) -> None:
    again = f"{again_by(path.parent.name)} makes it again"
    if not is_plain_file(path):
        proof.miss(place, "no file", f"the table of {rows} rows that the manifest tells", again)
        return
    found = proof.hash_of(path, place)
    if found is None:
        return
    if found != sha256:
        proof.miss(place, f"sha256 {found}", f"{str(sha256)[:64]} as in the manifest", f"remove it, then {again}")
    elif (held := _rows_of(path)) is None:
        proof.miss(place, "no Parquet table", "the table that the manifest tells")
    elif held != rows:
        proof.miss(f"{place[: place.rfind('/')]}/manifest.json", f"{rows} rows of {path.name}", f"the {held} it holds")
    else:
        proof.proved["tables"] += 1


def _prove_report(path: Path, place: str, sha256: str, proof: Proof) -> None:
    if not is_plain_file(path):
        proof.miss(place, "no file", "the report that the manifest tells")
    elif (found := proof.hash_of(path, place)) is not None and found != sha256:
        proof.miss(place, f"sha256 {found}", f"{sha256[:64]} as in the manifest")


def _rows_of(path: Path) -> int | None:
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowException, OSError):
        return None


def _signer(told: dict[str, Any], content: bytes, place: str, proof: Proof) -> str | None:
    """Who signed the manifest, if anybody did; a signature that does not hold, or by another key, is named."""
    place = f"{place}/manifest.json"
    signer = None
    if "signature" in told:
        unsigned = {key: value for key, value in told.items() if key != "signature"}
        try:
            signer = signer_of(told["signature"], manifest_bytes(unsigned))
            if content != manifest_bytes(told):
                raise BadSignature("a signature of the same content in other bytes")
        except BadSignature as problem:
            proof.miss(place, str(problem), "an Ed25519 signature of this manifest")
    if proof.public_key is not None and signer != proof.public_key:
        found = "no signature that holds" if signer is None else f"the signature of the key {signer[:16]}"
        proof.miss(place, found, f"that of the key {proof.public_key[:16]}")
    proof.signers[signer] += 1
    return signer


def _added(home: Home, linked: set[str], proof: Proof) -> None:
    """What lies among the snapshots and is in no link; of a folder that is no linked snapshot only the folder."""
    told = set()
    for entry in entries_below(home.snapshots):
        parts = entry.relative_to(home.snapshots).parts
        top = home.snapshots.joinpath(*parts[:2])
        empty_month = entry.is_dir() and not entry.is_symlink() and _MONTH.fullmatch(parts[0]) and len(parts) == 1
        if (
            empty_month
            or entry == home.chain
            or top in told
            or (top.name in linked and top == folder_of(home, top.name))
        ):
            continue
        told.add(top)
        if is_leftover(top, home.snapshots):
            proof.miss(
                named(top, home.root), "a half-written snapshot", "none", "a run has died; the next run removes it"
            )
        elif ID.fullmatch(top.name) and top.is_dir():
            then = (
                f"if a run has died the next run links it; else restore {_CHAIN} from the backup, or find out who did"
            )
            proof.miss(named(top, home.root), "a snapshot in no link of the chain", "a link", then)
        else:
            proof.miss(named(top, home.root), "something that no run puts there", "nothing", "find out who did")


def _link(line: bytes, number: int) -> Link | None:
    try:
        told = json.loads(line)
        link = Link(number, **({"law_as_of": None} | told))  # older links do not tell it
        hashes = [link.manifest_sha256, *([link.previous] if link.previous is not None else [])]
        whole = ID.fullmatch(link.snapshot) and all(SHA256.fullmatch(sha256) for sha256 in hashes)
        return link if whole and json.dumps(told).encode() == line else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _before(previous: Any) -> str:
    return "no manifest before it" if previous is None else f"{str(previous)[:64]} as the manifest before it"


def _manifest_place(link: Link) -> str:
    return f"snapshots/{link.snapshot[:7]}/{link.snapshot}/manifest.json"
