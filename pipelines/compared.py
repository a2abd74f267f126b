"""One of the two snapshots that are compared: found by id or folder, held against its manifest and the archive.

Nothing is written and nothing of the home is locked. Errors: UsageError for no such snapshot, RunFailed where it, the
archive or the ledger is not what it was when it was published.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines import archive, ledger
from pipelines.archive import Record
from pipelines.engine import Cut
from pipelines.errors import RunFailed
from pipelines.home import Home
from pipelines.snapshot import ID, again_by, cut_of, found_folder, input_of, load_manifest
from schemas.codes import STATUSES
from schemas.rules import Law, RuleError, law_of

TABLES = ("insured_status", "payments", "breaks", "files")


@dataclass(frozen=True)
class Side:
    """A published snapshot with what it was computed from; `people` are counted by status."""

    name: str
    folder: Path
    cut: Cut
    law: Law
    people: dict[str, int]
    rows: dict[str, int]

    @property
    def age(self) -> tuple[int, date, date, str]:
        """What tells the older of two: how much had come in, the day, the month."""
        return self.cut.sequence, self.cut.known_at, self.cut.month, self.name

    def table(self, name: str) -> Path:
        """The Parquet file of a table."""
        return self.folder / f"{name}.parquet"


def side_of(home: Home, wanted: str, records: list[Record]) -> Side:
    """The snapshot of that id or folder, after a look that it is whole and that its inputs are records of this home."""
    folder = found_folder(home, wanted)
    told = load_manifest(folder)
    try:
        cut = cut_of(told)
        people = {status: int(told["people"][status]) for status in STATUSES}
        rows = {name: int(told["tables"][name]["rows"]) for name in TABLES}
        hashes = {name: str(told["tables"][name]["sha256"]) for name in TABLES}
        name, rules = str(told["id"]), str(told["rules_sha256"])
        if not ID.fullmatch(name):
            raise ValueError
    except (KeyError, ValueError, TypeError):
        raise RunFailed(f"{folder}/manifest.json is no manifest of a snapshot; restore it from the backup") from None
    _check_inputs(name, told["inputs"], records)
    _check_ledger(home, name, cut)
    for table, sha256 in hashes.items():
        path = folder / f"{table}.parquet"
        if not path.is_file() or archive.file_hash(path) != sha256:
            raise RunFailed(
                f"{path} is missing or not what its manifest tells: remove it, then {again_by(name)} makes it again"
            )
    return Side(name, folder, cut, _law(home, name, rules, cut), people, rows)


def _check_inputs(name: str, inputs: list[Any], records: list[Record]) -> None:
    for place, told in enumerate(inputs):
        ours = input_of(records[place]) if place < len(records) else None
        if ours != told:
            raise RunFailed(
                f"{name}: its intake record {place + 1} is another or missing in this home; expected a snapshot made "
                "from this archive: name the home with --home, or restore archive/intake.jsonl from the backup"
            )


def _check_ledger(home: Home, name: str, cut: Cut) -> None:
    done = ledger.last_sequence(home)
    if done < cut.sequence:
        raise RunFailed(
            f"{name}: made from {cut.sequence} intake records, the ledger holds {done}; bring it up to date with mshi "
            f"rerun {cut.month:%Y-%m} --known-at {cut.known_at} and compare again"
        )


def _law(home: Home, name: str, sha256: str, cut: Cut) -> Law:
    try:
        law = law_of(archive.verified(home, sha256).read_bytes())
    except RuleError as error:
        raise RunFailed(f"{name}: the rules that it was computed by cannot be read: {error}") from None
    return law if cut.law_as_of is None else law.published_by(cut.law_as_of)
