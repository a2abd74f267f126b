"""Whose pseudonym it is: the people of the newest snapshots, each put through the key again until they are found.

There is no list of pseudonyms anywhere; without the key nobody can be found. Grain: a pseudonym. What is found is for
the screen; the run record keeps who asked for which pseudonym and why, and never the answer.
"""

import re
from collections.abc import Iterator

import polars as pl

from pipelines import chain, snapshot
from pipelines.errors import UsageError, hide_numbers
from pipelines.home import Home
from pipelines.key import known_key
from pipelines.pseudonyms import LENGTH, pseudonym
from pipelines.run_record import Call, note
from schemas.tables import TABLES

_SHAPE = re.compile(rf"[0-9a-f]{{{LENGTH}}}")


def reidentify(home: Home, call: Call, wanted: list[str], reason: str) -> dict[str, str]:
    """The ids by pseudonym of those that are found; UsageError for what is no pseudonym, RunFailed without the key."""
    if not wanted or not all(_SHAPE.fullmatch(one) for one in wanted):
        raise UsageError(f"expected pseudonyms of {LENGTH} digits (0 to 9, a to f), as they stand in mshi.duckdb")
    home.expect()
    key, left = known_key(home), set(wanted)
    found: dict[str, str] = {}
    for ids in _known(home):
        told = pseudonym("id", key).alias("pseudonym")
        rows = ids.select("id", told).filter(pl.col("pseudonym").is_in(sorted(left))).unique()
        found |= {row[1]: row[0] for row in rows.collect(engine="streaming").rows()}
        left -= set(found)
        if not left:
            break
    asked = {"pseudonyms": sorted(set(wanted)), "reason": hide_numbers(reason), "found": len(found)}
    note(home, call, asked)
    return found


def _known(home: Home) -> Iterator[pl.LazyFrame]:
    """Ids of persons and payers, newest month first, and of a month the table of everybody first."""
    tables = sorted(TABLES.values(), key=lambda table: table.name != "insured_status")
    for name in reversed(chain.latest_of_months(home).values()):
        folder = snapshot.folder_of(home, name)
        for table in tables:
            for column in (column for column, told in table.columns.items() if told.personal):
                yield pl.scan_parquet(folder / f"{table.name}.parquet").select(pl.col(column).alias("id")).drop_nulls()
