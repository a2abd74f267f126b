"""Prove that nothing was altered: archive, ledger, snapshots, chain, intake record and run record of a home.

Nothing in the home is changed, nothing is trusted but sha256, the chain's end and, if there is one, the public key.
A finding does not end the proof. Source: contract.md sections 1 and 2.
"""

from collections.abc import Callable
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.run_record import held
from pipelines.verify import snapshots
from pipelines.verify.intake import prove_archive, prove_inputs, prove_intake
from pipelines.verify.ledger import prove_ledger
from pipelines.verify.proof import Proof, named
from pipelines.verify.run_record import prove_runs

Step = Callable[[str], None]


def verify_home(home: Home, public_key: str | None, step: Step) -> Proof:
    """Everything in the home. RunFailed while a run is at work; UsageError where there is no home."""
    proof = Proof(public_key, step)
    with held(home):
        links = snapshots.links_of(home, proof)
        published = snapshots.prove_snapshots(home, links, proof)
        records, manifests = prove_intake(home, published, {link.snapshot for link in links}, proof)
        step("archive")
        prove_archive(home, records, manifests, proof)
        prove_runs(home, links, manifests, proof)
        prove_ledger(home, records, proof)
    return proof


def verify_snapshot(home: Home, snapshot: str, public_key: str | None, step: Step) -> Proof:
    """One published snapshot of the home, its link in the chain and the archived files it was made from."""
    proof = Proof(public_key, step)
    with held(home):
        links = snapshots.links_of(home, proof)
        found = [link for link in links if link.snapshot == snapshot]
        if not found:
            raise UsageError(f"no snapshot {snapshot} in {home.snapshots}; see chain.jsonl there")
        manifest = snapshots.prove_link(home, found[0], proof)
        if manifest is not None:
            prove_inputs(home, manifest, proof)
    return proof


def verify_folder(folder: Path, public_key: str | None, step: Step) -> Proof:
    """A snapshot's folder wherever it lies, without a home: by its manifest, and that by its signature."""
    proof = Proof(public_key, step)
    step("snapshot")
    manifest = snapshots.prove_folder(folder, named(folder, folder.parent), proof)
    proof.proved["snapshots"] += manifest is not None and not proof.findings
    return proof
