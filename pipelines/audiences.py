"""Who gets which database: analysts keyed pseudonyms and no names, auditors the snapshot's tables as they are.

A copy leaves the home whole or not at all, and not before the run record keeps what leaves, for whom and where to.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Literal

from pipelines import chain
from pipelines.analysts import shown_in, write_database
from pipelines.errors import RunFailed, UsageError
from pipelines.home import Home
from pipelines.key import same_key
from pipelines.outgoing import whole
from pipelines.run_record import Call, key_mark, note, runs
from pipelines.snapshot import again_by, folder_of, gone_tables
from pipelines.spill import spill

Audience = Literal["analyst", "auditor"]


def snapshot_of(home: Home, month: date | None) -> str:
    """The newest snapshot of a month, else the one to show (pipelines/chain.py); UsageError where there is none."""
    home.expect()
    name = chain.latest_of_months(home).get(f"{month:%Y-%m}") if month else chain.shown(home)
    if name is None:
        told = f"{month:%Y-%m} is not" if month else "nothing is"
        raise UsageError(f"{told} published in {home.snapshots}; see chain.jsonl there")
    return name


@contextmanager
def database_of(home: Home, audience: Audience, month: date | None) -> Iterator[tuple[str, Path]]:
    """The snapshot and its database for an audience: mshi.duckdb where that is it, else one made for the while."""
    name = snapshot_of(home, month)
    if audience == "analyst" and shown_in(home.database)[-1:] == [name]:
        yield name, home.database
        return
    _expect_tables(home, name)
    key = same_key(home, key_mark(runs(home))) if audience == "analyst" else None
    with spill() as work:
        path = work / "mshi.duckdb"
        write_database(home, path, name, key)
        yield name, path


def _expect_tables(home: Home, name: str) -> None:
    """RunFailed where tables of a snapshot are gone, as on a home that was rebuilt from its archive."""
    if gone := gone_tables(home, name):
        told = ", ".join(f"{table}.parquet" for table in gone)
        raise RunFailed(f"{folder_of(home, name)}: {told} not there; make them again with {again_by(name)}")


def publish(home: Home, call: Call, audience: Audience, target: Path, mode: int, month: date | None) -> str:
    """Copy a database out for an audience; gives the snapshot that it shows."""
    with database_of(home, audience, month) as (name, path), open(path, "rb") as source:
        digest = hashlib.sha256()
        with whole(target, mode) as copy:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                copy.write(chunk)
            note(home, call, {"audience": audience, "snapshot": name, "sha256": digest.hexdigest()})
    return name


def mode_of(text: str | None, audience: Audience) -> int:
    """The mode of a copy: 0640 for analysts unless told otherwise, always 0600 for auditors. UsageError for others."""
    if text is None:
        return 0o600 if audience == "auditor" else 0o640
    if text.lstrip("0") not in ("600", "640", "644", "660", "664"):
        raise UsageError(f"--mode: expected 0600, 0640, 0644, 0660 or 0664, found {text!r}")
    mode = int(text, 8)
    if audience == "auditor" and mode != 0o600:
        raise UsageError("--mode: the auditor's file names people and is always 0600")
    return mode
