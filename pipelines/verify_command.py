"""The command `mshi verify`: prove that nothing in the home was altered, or that a snapshot is what was published.

cli.py makes it a command of `mshi`. Heavy libraries are imported inside. Source: contract.md section 1.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from pipelines.options import HomeOption, call_of, home_of, today
from pipelines.screen import say

if TYPE_CHECKING:
    from pipelines.home import Home
    from pipelines.verify.proof import Proof

LookedAt = Literal["home", "snapshot", "folder"]


def verify(
    snapshot: Annotated[str | None, Parameter(help="Id of one snapshot, or a folder with one, wherever it is.")] = None,
    /,
    *,
    public_key: Annotated[Path | None, Parameter(help="PEM file of the key that signed every manifest.")] = None,
    home: HomeOption = None,
) -> int:
    """Prove archive, ledger, snapshots, chain and records by their hashes; name every file that was altered.

    With a snapshot: that one alone. A folder outside of a home needs no home. Ends 1 if anything is found.
    """
    from rich.console import Console

    from pipelines import schedule
    from pipelines.signing import public_key_of
    from pipelines.verify import verify_folder, verify_snapshot

    key = public_key_of(public_key) if public_key is not None else None
    home_folder = home_of(home)
    folder = _elsewhere(snapshot, home_folder)
    with Console(stderr=True).status("proving ...") as shown:

        def step(text: str) -> None:
            shown.update(f"proving {text} ...")

        if snapshot is None:
            proof, _ = schedule.prove(home_folder, call_of("verify"), today(), key, step)
        elif folder is not None:
            proof = verify_folder(folder, key, step)
        else:
            proof = verify_snapshot(home_folder, Path(snapshot).name, key, step)
    for note in proof.notes:
        say(f"mshi: {note}")
    looked_at: LookedAt = "home" if snapshot is None else "snapshot" if folder is None else "folder"
    say(*proof.findings, *proved(proof, looked_at), on_screen=True)
    return 1 if proof.findings else 0


def _elsewhere(snapshot: str | None, home: "Home") -> Path | None:
    """The folder of a snapshot that lies outside of the home."""
    folder = Path(snapshot).resolve() if snapshot is not None else None
    inside = folder is None or not folder.is_dir() or home.snapshots.resolve() in folder.parents
    return None if inside else folder


def proved(proof: "Proof", looked_at: LookedAt = "home") -> list[str]:
    """What was proved of what was looked at, by whom it is signed, and how the chain ends."""
    files = f"{proof.proved['files']:,} files of their sha256"
    counts = {
        "archive": f"{files}, {proof.proved['records']:,} intake records" if looked_at == "home" else files,
        "ledger": f"{proof.proved['segments']:,} segments, made again from the archive with the same bytes",
        "snapshots": f"{proof.proved['snapshots']:,}, with {proof.proved['tables']:,} tables",
        "chain": f"{proof.proved['links']:,} links" + (f", the last of manifest {proof.head}" if proof.head else ""),
        "run record": f"{proof.proved['lines']:,} lines",
        "signed": _signed(proof),
        "findings": f"{len(proof.findings):,}" if proof.findings else "none",
    }
    if looked_at == "snapshot":
        counts = {name: counts[name] for name in ("archive", "snapshots", "chain", "signed", "findings")}
    if looked_at == "folder":
        counts = {name: counts[name] for name in ("snapshots", "signed", "findings")}
        if proof.public_key is None:
            whose = "whose key that is must be known: --public-key FILE; " if any(proof.signers) else ""
            counts["proved by"] = f"{whose}this proves only that the tables are those of the manifest beside them"
    return [f"{name:<14}{told}" for name, told in counts.items()]


def _signed(proof: "Proof") -> str:
    by = [f"{count:,} by the key {key[:16]}" for key, count in proof.signers.items() if key is not None]
    unsigned = proof.signers[None]
    return ", ".join([*by, *([f"{unsigned:,} by nobody"] if unsigned else [])]) or "nothing"
