"""The bytes of published tables, for tests that expect the same ones; and those of the ledger, altered with their hashes."""

import json
from pathlib import Path

from pipelines.archive import file_hash
from pipelines.ledger import HASHES


def parquet_hashes(folder: Path) -> dict[str, str]:
    return {path.name: file_hash(path) for path in sorted(folder.glob("*.parquet"))}


def seal(segment: Path) -> None:
    """Write the hashes of a segment's files anew, as whoever alters them with care would."""
    hashes = {path.name: file_hash(path) for path in segment.iterdir() if path.name != HASHES}
    (segment / HASHES).write_text(json.dumps(hashes))
