"""What made a result: hashes of our own code and the versions of the libraries that bytes and verdicts depend on."""

import hashlib
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

LIBRARIES = ("duckdb", "holidays", "lxml", "numpy", "pandera", "polars", "pyarrow")
_OURS = (".py", ".sql", ".j2", ".css", ".js")
_ROOT = Path(__file__).parent.parent
_ALL = ("pipelines/**/*", "schemas/**/*", "transforms/**/*")
# What decides the verdict on a line; the ledger is judged anew when any of it changes.
JUDGING: tuple[str, ...] = ("schemas/*.py", "schemas/rules/*.py", "pipelines/readers/*", "pipelines/layouts/*")
JUDGING += ("pipelines/judge.py", "pipelines/delivered.py", "pipelines/follow.py", "pipelines/ledger.py")
JUDGING += ("pipelines/judged.py", "pipelines/reconsider.py", "pipelines/known.py", "pipelines/compaction.py")
JUDGING += ("pipelines/judge_part.py", "pipelines/judge_parts.py", "pipelines/parquet.py")
JUDGING += ("pipelines/looked.py", "pipelines/read_one.py", "pipelines/read_apart.py")
_JUDGED_BY: tuple[str, ...] = ("controls", "duplicates", "facts", "ids", "lines", "links", "orders", "statements")
_JUDGED_BY += ("verdicts",)
JUDGING += tuple(f"transforms/{name}.py" for name in _JUDGED_BY)


def versions() -> dict[str, str]:
    """Python, mshi, a hash of all our code, and the libraries."""
    told = {"python": ".".join(map(str, sys.version_info[:3])), "mshi": version("mshi"), "code": code_hash()}
    return told | {name: version(name) for name in LIBRARIES}


@cache
def code_hash(patterns: tuple[str, ...] = _ALL) -> str:
    """Hash of the code, queries, layouts and templates as they run; the rules have a hash of their own."""
    return code_on_disk(patterns)


def code_on_disk(patterns: tuple[str, ...] = _ALL) -> str:
    """The same as it lies there now: what a long process has not loaded yet may have been altered since it began."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in _ROOT.glob(pattern)}):
        if path.suffix in _OURS or (path.suffix == ".yaml" and path.parent.name != "rules"):
            digest.update(str(path.relative_to(_ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache  # a night asks several times, and to find a library's version takes a millisecond
def version(library: str) -> str:
    """The version of an installed library."""
    return metadata.version(library)


def judging_hash() -> str:
    """Hash of the code that decides a verdict; rules and layouts are kept with each delivery."""
    told = [code_hash(JUDGING), *(version(name) for name in ("lxml", "polars", "pandera", "pyarrow"))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
