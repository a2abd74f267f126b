"""Prove the run record: each line names the hash of the one before, and tells of snapshots and records that are there.

Grain: a line of runs.jsonl. A run that began and has no end is told of, and is no finding.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from pipelines.home import Home
from pipelines.run_record import sealed
from pipelines.verify.proof import Proof
from pipelines.verify.snapshots import Link, Manifest

_PLACE = "runs.jsonl"
_CALLER = {"run", "previous", "at", "command", "options", "by", "host", "pid", "versions"}
_KEYS = {"begun": _CALLER, "done": _CALLER, "ended": {"run", "previous", "at", "exit_status", "result"}}


def prove_runs(home: Home, links: list[Link], manifests: list[Manifest], proof: Proof) -> None:
    """The run record by itself, against the chain, the intake record and the manifests."""
    lines = proof.lines_of(home.runs, _PLACE)
    seen = _Seen({link.snapshot: link.manifest_sha256 for link in links}, _states(home))
    previous: str | None = None
    for number, line in enumerate(lines, 1):
        place = f"{_PLACE} line {number}"
        told = _read(line)
        if told is None:
            proof.miss(place, "no line of the run record", "one")
        elif told["previous"] != previous:
            proof.miss(place, "a line that does not name the one before it", f"{previous or 'none'} as the one before")
        elif told["event"] != "ended" and told["run"] != number:
            proof.miss(place, f"run {told['run']}", f"run {number}, the place of its first line")
        elif _fits(told, place, seen, proof):
            proof.proved["lines"] += 1
        previous = hashlib.sha256(line).hexdigest()
    _prove_beginning(lines, manifests, proof)
    proof.notes += [f"{begun}: that run has no end: it has died, or is at work" for begun in seen.begun.values()]
    hashes = {hashlib.sha256(line).hexdigest() for line in lines}
    named = [manifest for manifest in manifests if manifest.told.get("runs") is not None]
    lost = [manifest for manifest in named if manifest.told["runs"] not in hashes]
    if lost:
        expected = f"the one that the manifest of {lost[0].id} names ({len(lost)} manifests name lost lines)"
        proof.miss(_PLACE, f"no line of sha256 {str(lost[0].told['runs'])[:64]}", expected)


def _prove_beginning(lines: list[bytes], manifests: list[Manifest], proof: Proof) -> None:
    """A home rebuilt from its archive: chain and run record begin after files came in that some run has published."""
    first = _read(lines[0]) if lines else None
    if first is not None and first.get("records") and all("runs" in manifest.told for manifest in manifests):
        found = f"a chain and a run record that begin after intake record {first['records']}"
        then = (
            "restore both from the backup, or, if the home was rebuilt from its archive, keep what is left of the old"
        )
        proof.miss(f"{_PLACE} line 1", found, "the runs and snapshots before it", then)


@dataclass
class _Seen:
    """What lines are held against: published snapshots, states of the intake record, runs without an end so far."""

    published: dict[str, str]
    states: set[str | None]
    begun: dict[int, str] = field(default_factory=dict)
    is_intake_off: bool = False


def _fits(told: dict[str, Any], place: str, seen: _Seen, proof: Proof) -> bool:
    """Whether a line tells of what is there; names what is not."""
    if told["event"] == "begun":
        for died in told.get("died", []):  # told of, and taken up, by this run
            seen.begun.pop(died, None)
        seen.begun[told["run"]] = place
    if told["event"] != "ended":
        return True
    if seen.begun.pop(told["run"], None) is None:
        proof.miss(place, "the end of a run", f"its beginning (run {told['run']}) before it")
        return False
    result = told["result"]
    for one in [result, *result.get("snapshots", [])]:
        snapshot = one.get("snapshot")
        if snapshot is not None and seen.published.get(snapshot, "") != one.get("manifest_sha256"):
            expected = f"{str(snapshot)[:40]} as {place} tells"
            proof.miss("snapshots/chain.jsonl", "no link of a published snapshot", expected)
            return False
    state = result.get("intake_sha256")
    if state not in seen.states and not seen.is_intake_off:
        seen.is_intake_off = True  # every later run tells of the same lines
        proof.miss("archive/intake.jsonl", "other records", f"those that had sha256 {str(state)[:64]} by {place}")
        return False
    return True


def _states(home: Home) -> set[str | None]:
    """The hashes that the intake record had, line by line."""
    digest = hashlib.sha256()
    found: set[str | None] = {None, digest.hexdigest()}
    for line in home.intake.read_bytes().splitlines(keepends=True) if home.intake.exists() else []:
        digest.update(line)
        found.add(digest.hexdigest())
    return found


def _read(line: bytes) -> dict[str, Any] | None:
    """A line of the run record that is as it was written; None for any other."""
    try:
        told = json.loads(line)
        whole = isinstance(told["run"], int) and _KEYS[told["event"]] <= told.keys()
        result = told.get("result", {})
        whole = whole and all(isinstance(one, dict) for one in [result, *result.get("snapshots", [])])
        own = {key: value for key, value in told.items() if key != "sha256"}
        return told if whole and sealed(own).encode() == line else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
