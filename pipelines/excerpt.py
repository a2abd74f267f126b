"""An excerpt of the ledger about some people: all that their coverage and status rest on, whatever the day and month.

Shape: a frame a table of the ledger, for `engine(home, cut, excerpt)`. With it the queries and transforms of the
month run unchanged for a few people, and give what they give for everybody. Not for matching, controls or breaks of
documents: statements, orders and documents are left out.
"""

from pathlib import Path

import duckdb
import polars as pl

from pipelines import ledger
from pipelines.engine import bounded, listed, load, session
from pipelines.home import Home
from transforms.links import connected

_OF_PERSONS = ("payments", "returns", "persons")
_WHOLE = ("deliveries", "links")


def excerpt(home: Home, people: pl.Series) -> dict[str, pl.DataFrame]:
    """The rows of these people (UInt64), under every IIN that a link ever tied to them, of all deliveries.

    Intervals are those of their payers too, who count as entrepreneurs or not. Grain: as the ledger's tables.
    """
    found = {table: ledger.scan(home, table).collect() for table in _WHOLE}
    with session() as con:
        load(con, "wanted", connected(people, found["links"]).to_frame("person"))
        found |= {table: _rows(con, home, table) for table in _OF_PERSONS}
        payers = connected(found["payments"]["payer"].unique(), found["links"])
        load(con, "payers", payers.to_frame("person"))
        con.execute("INSERT INTO wanted FROM payers")
        found["intervals"] = _rows(con, home, "intervals")
    return found


def narrowed(home: Home, people: pl.Series, folder: Path) -> Home:
    """A home in the folder whose ledger holds what an excerpt about any of these people takes, people side by side.

    For many people asked about in parts, so that the whole ledger is read once and not for every part.
    """
    small = Home(folder)
    segment = small.ledger / f"{1:09d}-{ledger.last_sequence(home):09d}"
    segment.mkdir(parents=True)
    for table in (*_WHOLE, "withdrawals"):
        ledger.scan(home, table).sink_parquet(segment / f"{table}.parquet")
    links = ledger.scan(home, "links").collect()
    with session() as con:
        bounded(con, str(folder))
        load(con, "wanted", connected(people, links).to_frame("person"))
        for table in _OF_PERSONS:
            _copy(con, home, table, segment)
        payers = ledger.scan(small, "payments").select(pl.col("payer").unique()).collect()["payer"]
        load(con, "payers", connected(payers, links).to_frame("person"))
        con.execute("INSERT INTO wanted FROM payers")
        _copy(con, home, "intervals", segment)
    return small


def _copy(con: duckdb.DuckDBPyConnection, home: Home, table: str, segment: Path) -> None:
    files, target = ledger.files_of(home, table), segment / f"{table}.parquet"
    if files:
        rows = f"FROM read_parquet({listed(files)}) SEMI JOIN wanted USING (person) ORDER BY person, sequence, line_no"
        con.execute(f"COPY ({rows}) TO '{target}' (ROW_GROUP_SIZE 65536)")


def _rows(con: duckdb.DuckDBPyConnection, home: Home, table: str) -> pl.DataFrame:
    files = ledger.files_of(home, table)
    if not files:
        return ledger.scan(home, table).collect()
    ordered = "ORDER BY sequence, line_no"
    return con.sql(f"FROM read_parquet({listed(files)}) SEMI JOIN wanted USING (person) {ordered}").pl()
