"""Which files of the inbox were taken in and still lie there: of a run that died, or that could not remove them.

Written before the records are, and gone when the inbox is: so that very file, whoever comes to it next and when, is not
another delivery, and any other file is one, of the same name and bytes too. Grain: a file. Shape of home/.taken.json: a
list of folder, name, sequence of its delivery, and identity.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from pipelines.archive import Identity, Record
from pipelines.home import Home, write_private

Taken = dict[Path, tuple[int, Identity]]  # file -> sequence of its delivery, and which file it is


def taken(home: Home) -> Taken:
    """What was noted last; nothing where nothing was, or it cannot be read."""
    try:
        told = json.loads(_file(home).read_bytes())
        return {home.inbox / folder / name: (sequence, tuple(which)) for folder, name, sequence, which in told}
    except (OSError, ValueError, TypeError):
        return {}


def note(home: Home, files: Taken) -> None:
    """Note the files that are taken in and lie in the inbox; no note is left of none."""
    told = [[path.parent.name, path.name, *more] for path, more in sorted(files.items())]
    if told:
        write_private(_file(home), json.dumps(told).encode())
    else:
        _file(home).unlink(missing_ok=True)


def still_there(noted: Taken, found: dict[Path, tuple[str, Identity]], records: list[Record]) -> Iterable[Path]:
    """Those of the files found (sha256, which) that were noted and recorded, as a delivery or as its control file."""
    for path, (sha256, which) in found.items():
        sequence, noted_as = noted.get(path, (0, None))
        record = records[sequence - 1] if 0 < sequence <= len(records) else None
        if record is not None and noted_as == which and sha256 in (record.sha256, record.sidecar):
            yield path


def _file(home: Home) -> Path:
    return home.root / ".taken.json"
