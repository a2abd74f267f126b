"""Build the analysts' database: the tables of the newest month's latest snapshot inside one DuckDB file, with views.

Every id of a natural person stands as a keyed pseudonym under the same column name; file names and messages are
masked. The auditor's file is the same without pseudonyms and masks. A file is built beside and renamed over, so
readers keep what they have open. Source: contract.md section 2; what is added: schemas/analysts.py.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import duckdb
import polars as pl

from pipelines import chain, limits, snapshot
from pipelines.archive import file_hash
from pipelines.codebook import codes_table, dictionary_table
from pipelines.database_table import keep, load
from pipelines.engine import bounded, session, stored_in
from pipelines.errors import RunFailed
from pipelines.home import Home, sync
from pipelines.key import key_of
from pipelines.spill import spill
from schemas.analysts import ADDED, COMPARISONS, VIEWS
from schemas.calendar import add_months
from schemas.table import Table
from schemas.tables import TABLES
from transforms.sql import query

T = TypeVar("T")
_LARGEST = (1 << 63) - 1  # what a BIGINT holds
_MONTHS_COUNTED = 13


@dataclass(frozen=True)
class _Source:
    """What a file is made from: the snapshot, the newest ones of all months, the key (None: as it is, for auditors)."""

    home: Home
    name: str
    latest: dict[str, str]
    key: str | None

    def stored(self, snapshot_id: str, table: str) -> str:
        """A table of a snapshot as SQL."""
        return stored_in([self._path(snapshot_id, table)])

    def holds(self, snapshot_id: str, table: str) -> bool:
        """Whether the table is there; a home restored from its archive has old snapshots without tables.

        RunFailed if it is not what was published: what is told of changes must be no change of a disk.
        """
        path = self._path(snapshot_id, table)
        if not path.exists():
            return False
        if file_hash(path) != snapshot.load_manifest(path.parent)["tables"][table]["sha256"]:
            raise RunFailed(
                f"{path} is not what its manifest tells, and mshi.duckdb, still the one before, compares with it: "
                f"remove it, then {snapshot.again_by(snapshot_id)} makes it again, then run again"
            )
        return True

    def _path(self, snapshot_id: str, table: str) -> Path:
        return snapshot.folder_of(self.home, snapshot_id) / f"{table}.parquet"


def rebuild(home: Home) -> None:
    """Write mshi.duckdb anew from what is published; without a snapshot there is none."""
    latest = chain.latest_of_months(home)
    if latest:
        write_database(home, home.database, latest[max(latest)], key_of(home))


def shown_in(database: Path) -> list[str]:
    """The snapshots that the file shows, month by month; none where it is not there or lacks what is made today."""
    if not database.is_file():
        return []
    try:
        with duckdb.connect(str(database), read_only=True) as con:
            shown = con.execute(
                "SELECT snapshot_id FROM months WHERE EXISTS (FROM dictionary) ORDER BY month"
            ).fetchall()
    except duckdb.Error:
        return []
    return [snapshot_id for (snapshot_id,) in shown]


def shows_another(home: Home, month: date) -> list[str]:
    """What to say where mshi.duckdb does not show the month that was published, for a newer one is."""
    newest = chain.latest_of_months(home).popitem()[1]
    if newest.startswith(f"{month:%Y-%m}"):
        return []
    shown = " as known on ".join(newest.split("_")[:2])
    return [f"mshi.duckdb shows {shown}, the newest month published, and not {month:%Y-%m}"]


def write_database(home: Home, target: Path, name: str, key: str | None) -> None:
    """The file of a snapshot, whole or not at all, for its owner alone; without a key as it is, for auditors."""
    source = _Source(home, name, chain.latest_of_months(home), key)
    beside = target.with_name(f".{target.name}.tmp")
    remove(beside)
    try:
        # Of two threads that fill one table each leaves row groups half full, and the checkpoint writes them all a
        # second time: so a table is filled by one thread, and two tables at once.
        with spill() as work, session(threads=1) as con:
            bounded(con, work, limits.engine_bytes())
            # A row group is written as soon as it is full, a checkpoint at the end alone.
            con.execute("SET write_buffer_row_group_count = 1; SET checkpoint_threshold = '1TB'")
            # Version 1.2 can be opened by every DuckDB since.
            con.execute(f"ATTACH '{_quoted(beside)}' AS published (STORAGE_VERSION 'v1.2.0')")
            beside.chmod(0o600)
            _fill(con, source, work)
            con.execute("DETACH published")
        sync(beside)
        # of a client that wrote and died: it would be replayed onto the new file
        _log_of(target).unlink(missing_ok=True)
        beside.replace(target)
        sync(target.parent)
    finally:
        remove(beside)


def remove(beside: Path) -> None:
    """Take away a file that was never finished and its log, which the next one would replay."""
    for left in (beside, _log_of(beside)):
        left.unlink(missing_ok=True)


def _log_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.wal")


def _fill(con: duckdb.DuckDBPyConnection, source: _Source, work: Path) -> None:
    folder = snapshot.folder_of(source.home, source.name)

    def filled(table: Table) -> None:
        _apart(con, lambda own: load(own, table, [folder / f"{table.name}.parquet"], source.key))

    with ThreadPoolExecutor(limits.at_once()) as pool:
        tables = pool.map(filled, TABLES.values())
        compared = pool.submit(_apart, con, lambda own: _changes(own, source, work))
        list(tables)  # what went wrong in one is told here
    added = {
        "months": _months(source),
        "comparisons": compared.result(),
        "coverage_counts": _coverage_counts(con, source),
        "dictionary": dictionary_table(),
        "codes": codes_table(),
    }
    _apart(con, lambda own: _round_off(own, added))


def _apart(con: duckdb.DuckDBPyConnection, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """Do work on the file by a connection of its own, as each thread needs one."""
    with con.cursor() as own:
        own.execute("USE published")
        return work(own)


def _round_off(con: duckdb.DuckDBPyConnection, added: dict[str, pl.DataFrame]) -> None:
    """Add the small tables, the views, and what everything means."""
    con.execute("BEGIN")
    for name, frame in added.items():
        keep(con, ADDED[name], frame)
    for name in VIEWS:
        con.execute(f"CREATE VIEW {name} AS {query(f'view_{name}')}")
    for table in (*TABLES.values(), *ADDED.values()):
        _comment(con, "TABLE", table)
    for view in VIEWS.values():
        _comment(con, "VIEW", view)
    con.execute("COMMIT")


def _comment(con: duckdb.DuckDBPyConnection, kind: str, table: Table) -> None:
    comments = [f"COMMENT ON {kind} {table.name} IS '{_quoted(table.grain)}'"]
    for name, column in table.columns.items():
        comments.append(f"COMMENT ON COLUMN {table.name}.{name} IS '{_quoted(column.about)}'")
    con.execute(";\n".join(comments))


def _months(source: _Source) -> pl.DataFrame:
    """months: a row per published month, from its latest snapshot: people by status, money received."""
    rows = []
    for name in source.latest.values():
        told = snapshot.load_manifest(snapshot.folder_of(source.home, name))
        cut, money = snapshot.cut_of(told), ("received_tiyn", "accepted_tiyn")
        row = {"month": cut.month, "snapshot_id": told["id"], "known_at": cut.known_at, **told["people"]}
        rows.append(row | {key: min(told["totals"][key], _LARGEST) for key in money})
    return pl.DataFrame(rows, schema=ADDED["months"].types())


def _changes(con: duckdb.DuckDBPyConnection, source: _Source, work: Path) -> pl.DataFrame:
    """Makes status_changes, against the night before and the month before, by way of `work`; gives comparisons."""
    paths, rows = [], []
    for comparison, before in _befores(source).items():
        for age, one in (("older", before), ("newer", source.name)):
            stored = source.stored(one, "insured_status")
            con.execute(f"CREATE OR REPLACE TEMP VIEW {age}_insured_status AS FROM {stored}")
        paths.append(work / f"{comparison}.parquet")
        told = (
            f"SELECT '{comparison}' AS comparison, lpad(iin::VARCHAR, 12, '0') AS iin, older AS before, older_reason "
            f"AS before_reason, newer AS after, newer_reason AS after_reason FROM ({query('changed_people')})"
        )
        changed = con.execute(f"COPY ({told}) TO '{_quoted(paths[-1])}' (FORMAT parquet)").fetchall()[0][0]
        cut = snapshot.cut_of(snapshot.load_manifest(snapshot.folder_of(source.home, before)))
        rows.append((comparison, before, cut.month, cut.known_at, changed))
    load(con, ADDED["status_changes"], paths, source.key)
    return pl.DataFrame(rows, schema=ADDED["comparisons"].types(), orient="row")


def _befores(source: _Source) -> dict[str, str]:
    """The snapshots to compare with, by comparison; what an auditor asked by the law of another day is none."""
    month = source.name[:7]
    nights = [link["snapshot"] for link in chain.links(source.home) if link["law_as_of"] is None]
    earlier = [name for name in nights if name[:7] == month and name[:18] < source.name[:18]]
    year, number = map(int, month.split("-"))
    month_before = source.latest.get(f"{add_months(date(year, number, 1), -1):%Y-%m}")
    # Of one day the last published stands: max takes the first of equals.
    found = (max(reversed(earlier), key=lambda name: name[:18], default=None), month_before)
    told = zip(COMPARISONS, found, strict=True)
    return {comparison: name for comparison, name in told if name is not None and source.holds(name, "insured_status")}


def _coverage_counts(con: duckdb.DuckDBPyConnection, source: _Source) -> pl.DataFrame:
    """coverage_counts: people and money by basis and payer kind, of each of the last months' newest snapshots."""
    counted = [
        con.sql(
            f"SELECT period AS month, DATE '{name.split('_')[1]}' AS known_at, basis, payer_kind, count(*) AS people, "
            f"least(sum(deductions_tiyn), {_LARGEST})::BIGINT AS deductions_tiyn, "
            f"least(sum(contributions_tiyn), {_LARGEST})::BIGINT AS contributions_tiyn "
            f"FROM {source.stored(name, 'coverage')} GROUP BY ALL"
        ).pl()
        for name in list(source.latest.values())[-_MONTHS_COUNTED:]
        if source.holds(name, "coverage")
    ]
    return pl.concat(counted).cast(ADDED["coverage_counts"].types()).sort("month", "basis", "payer_kind")


def _quoted(text: str | Path) -> str:
    return str(text).replace("'", "''")
