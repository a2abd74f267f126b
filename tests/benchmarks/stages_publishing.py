"""The stage of publishing: the tables of a month, made and checked, as a snapshot and the analysts' database.

Ours writes Parquet whose bytes depend on the rows alone, hashes every table twice (bytes and values), and builds mshi.duckdb
with keyed pseudonyms. The yardstick copies the same tables to Parquet (zstd) with DuckDB, and makes no database file.
"""

import pickle
from pathlib import Path

from nation_data import Data, clone, snapshots
from stage import Stage, Work


def _unpublished(data: Data, work: Path) -> None:
    clone(data.piece("published"), work / "home", without=("snapshots", "ledger", "mshi.duckdb"))


def _published(data: Data, work: Path) -> Work:
    from pipelines import analysts, archive, snapshot
    from pipelines.home import Home
    from schemas.rules import load_law

    home, law = Home(work / "home"), load_law()
    tables = pickle.loads((data.piece("tables") / "tables.pickle").read_bytes())
    cut = snapshot.cut_of(snapshot.load_manifest(snapshots(data)[1]))

    def run() -> str:
        folder, is_new = snapshot.publish(
            home, cut, archive.records(home)[: cut.sequence], law, tables, lambda *_: None
        )
        analysts.rebuild(home)
        assert is_new
        size = sum(path.stat().st_size for path in [*folder.iterdir(), home.database])
        return f"{sum(parts.height for parts in tables.values()):,} rows, {size / 2**20:.0f} MiB"

    return run


def _copied(data: Data, work: Path) -> Work:
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")

    def run() -> str:
        for path in sorted(snapshots(data)[1].glob("*.parquet")):
            con.execute(f"COPY (FROM read_parquet('{path}')) TO '{work / path.name}' (COMPRESSION zstd)")
        return f"{sum(path.stat().st_size for path in work.glob('*.parquet')) / 2**20:.0f} MiB"

    return run


STAGES = [
    Stage(
        name="publishing",
        what="the snapshot's Parquet tables with their hashes, and mshi.duckdb",
        against="DuckDB COPY of the same tables to Parquet",
        ours=_published,
        yardstick=_copied,
        goal=2.0,
        reach=1.3,
        needs=("tables",),
        prepare=_unpublished,
        note="without the night's report",
    )
]
