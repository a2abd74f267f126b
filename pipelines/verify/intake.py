"""Prove the intake record and the archive: every record is the one the snapshots were made from, every byte its name's.

Grain: an intake record; an archived file. Gives the records as they were published, also where the file of records
is altered, so that the ledger can still be proved.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.archive import Record, path_of, record_of
from pipelines.home import INBOX_FOLDERS, Home
from pipelines.readers.layouts import LayoutError, parse
from pipelines.verify.proof import RESTORE, SHA256, Proof, entries_below, is_leftover, is_plain_file, named
from pipelines.verify.snapshots import Manifest
from schemas.rules import law_of

_PLACE = "archive/intake.jsonl"
_LARGEST_TRIAL = 1 << 20  # no layout and no rules are larger


def prove_intake(
    home: Home, manifests: Iterable[Manifest], chain: set[str], proof: Proof
) -> tuple[list[Record], list[Manifest]]:
    """The records in intake order, up to the first that nobody can tell, and the manifests without their inputs."""
    lines = proof.lines_of(home.intake, _PLACE)
    read = {number: record for number, line in enumerate(lines, 1) if (record := _record(line, number, proof))}
    _after(lines, chain, proof)
    differing: dict[int, str] = {}
    longest: Sequence[Record] = []
    seen = []
    for manifest in manifests:
        for number, told in enumerate(manifest.inputs, 1):
            record = read.get(number)
            if record is not None and number not in differing and not _is_same(record, told):
                differing[number] = manifest.id
        longest = max(longest, manifest.inputs, key=len)
        seen.append(replace(manifest, inputs=()))
    for number, snapshot in sorted(differing.items()):
        proof.miss(f"{_PLACE} line {number}", "another record", f"the one in the manifest of {snapshot}")
    if len(longest) > len(lines):
        proof.miss(_PLACE, f"{len(lines)} records", f"the {len(longest)} that a snapshot was made from")
    proof.proved["records"] += len(read.keys() - differing.keys())
    behind = range(len(longest) + 1, len(lines) + 1)
    unread = next((number for number in behind if number not in read), len(lines) + 1)
    return [*longest, *(read[number] for number in behind if number < unread)], seen


def prove_archive(home: Home, records: Iterable[Record], manifests: Iterable[Manifest], proof: Proof) -> None:
    """Every archived file against its name, and against who names it."""
    expected = _names(records, manifests)
    found = set()
    for path in entries_below(home.archive):
        place = named(path, home.root)
        if path == home.intake or (path.is_dir() and re.fullmatch("[0-9a-f]{2}", path.name)):
            continue
        if is_leftover(path, home.archive):
            proof.miss(place, "a half-written file", "none", "a run has died; the next run removes it")
        elif not is_plain_file(path) or not SHA256.fullmatch(path.name) or path != path_of(home, path.name):
            proof.miss(place, "something that no run puts there", "files under their sha256 alone", "find out who did")
        elif (sha256 := proof.hash_of(path, place)) == path.name:
            found.add(sha256)
            proof.proved["files"] += 1
            if sha256 not in expected:
                _added(home, path, place, proof)
        else:
            found.add(path.name)
            if sha256 is not None:
                proof.miss(place, f"bytes of sha256 {sha256}", "those of its name")
    for sha256 in sorted(expected.keys() - found):
        proof.miss(f"archive/{sha256[:2]}/{sha256}", "no file", f"the bytes of {expected[sha256]}")


def prove_inputs(home: Home, manifest: Manifest, proof: Proof) -> None:
    """The archived files of one snapshot."""
    for sha256, who in sorted(_names(manifest.inputs, [manifest]).items()):
        path = path_of(home, sha256)
        place = named(path, home.root)
        if not is_plain_file(path):
            proof.miss(place, "no file", f"the bytes of {who}")
        elif (found := proof.hash_of(path, place)) == sha256:
            proof.proved["files"] += 1
        elif found is not None:
            proof.miss(place, f"bytes of sha256 {found}", "those of its name")


def _record(line: bytes, number: int, proof: Proof) -> Record | None:
    try:
        record = record_of(json.loads(line))
        if record.sequence == number and all(SHA256.fullmatch(sha256) for sha256 in record.archived()):
            return record
    except (ValueError, TypeError, RecursionError):
        pass
    proof.miss(f"{_PLACE} line {number}", "no such record", f"the intake record of sequence {number}")
    return None


def _after(lines: list[bytes], chain: set[str], proof: Proof) -> None:
    """A record names the snapshot that was the last when it was written; the chain may have begun anew since."""
    missing: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        try:
            after = json.loads(line).get("after")
        except (ValueError, AttributeError, RecursionError):
            continue
        if after is not None and after not in chain:
            missing.setdefault(str(after), number)
    for snapshot, number in missing.items():
        known = snapshot if len(snapshot) < 40 else "one"
        then = f"{RESTORE}, or, if the home was rebuilt from its archive, have that snapshot proved where it is kept"
        proof.miss("snapshots/chain.jsonl", f"no link of {known}", f"it, for {_PLACE} line {number} names it", then)


def _is_same(record: Record, told: Record) -> bool:
    """A manifest does not tell what was published before a record."""
    return {**vars(record), "after": None} == {**vars(told), "after": None}


def _names(records: Iterable[Record], manifests: Iterable[Manifest]) -> dict[str, str]:
    """By sha256 who names an archived file."""
    told = {manifest.rules_sha256: f"the rules of snapshot {manifest.id}" for manifest in manifests}
    for record in records:
        told |= dict.fromkeys(record.archived(), f"intake record {record.sequence}")
    return told


def _added(home: Home, path: Path, place: str, proof: Proof) -> None:
    """A file that nothing names: a run that died archived it, somebody tried a layout or rules, or it was put there."""
    if path.name in {proof.hash_of(one, "inbox") for one in _waiting(home, path.stat().st_size)}:
        proof.notes.append(f"{place}: no record names it yet; it lies in the inbox too, the next run takes it in")
    elif _is_trial(path):
        proof.notes.append(f"{place}: a layout or rules that were tried, by which nothing was judged")
    else:
        proof.miss(place, "a file that no record names", "none", "find out who put it there, then take it away")


def _waiting(home: Home, size: int) -> list[Path]:
    files = [path for folder in INBOX_FOLDERS for path in entries_below(home.inbox / folder)]
    return [path for path in files if is_plain_file(path) and path.stat().st_size == size]


def _is_trial(path: Path) -> bool:
    if path.stat().st_size > _LARGEST_TRIAL:
        return False
    content = path.read_bytes()
    try:
        parse(content)
        return True
    except LayoutError:
        pass
    try:
        return bool(law_of(content))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        return False
