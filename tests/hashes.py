"""The bytes of published tables, for tests that expect the same ones."""

from pathlib import Path

from pipelines.archive import file_hash


def parquet_hashes(folder: Path) -> dict[str, str]:
    return {path.name: file_hash(path) for path in sorted(folder.glob("*.parquet"))}
