"""What a run that died left behind: found, named, and removed or taken up, before the next run begins.

Everything is written beside its place, fsynced and renamed, or appended as whole lines; so what is left behind is
half-written (removed), a torn last line (cut off), or done but not yet told of (taken up). What was published is
never touched. Deliveries that were recorded and not judged are judged by pipelines/follow.py.
"""

import shutil
from collections import Counter
from pathlib import Path

from pipelines import chain
from pipelines.home import Home, append_lines, is_torn

# behind .tmp DuckDB's own name of a log may stand
_HALF_WRITTEN = tuple(
    f"{folder}.*.tmp*" for folder in ("", "archive/", "archive/??/", "ledger/", "snapshots/", "snapshots/*/")
)


def recover(home: Home, recorded: dict[str, str], after_failure: bool) -> list[str]:
    """Clear up and take up; gives a sentence for each kind of thing found. RunFailed if a record cannot be read.

    `recorded`: manifests of snapshots that the run record tells of, the last published last (pipelines/lost.py).
    """
    told = []
    half = sorted(path for pattern in _HALF_WRITTEN for path in home.root.glob(pattern))
    for path in half:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for place, count in sorted(Counter(_place(home, path) for path in half).items()):
        told.append(f"{place}: {count} half-written, removed")
    for path in (home.intake, home.chain):
        if is_torn(path):
            append_lines(path, [])
            told.append(f"{path.relative_to(home.root)}: its last line was torn, cut off")
    if after_failure or chain.lacks_last(home, recorded):
        taken = chain.adopt(home, recorded)
        told += [f"{name}: was complete but not in the chain yet; it is now" for name in taken if name not in recorded]
        if again := [name for name in taken if name in recorded]:
            told.append(f"snapshots/chain.jsonl: lacked {len(again):,} published snapshots, made again from manifests")
    return told


def _place(home: Home, path: Path) -> str:
    return "home" if path.parent == home.root else path.relative_to(home.root).parts[0]
