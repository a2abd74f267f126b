"""An excerpt of the ledger about some people: all that their coverage and status rest on, whatever the day and month.

Shape: a frame a table of the ledger, for `engine(home, cut, excerpt)`. With it the queries and transforms of the
month run unchanged for a few people, and give what they give for everybody. Not for matching, controls or breaks of
documents: statements, orders and documents are left out.
"""

import duckdb
import polars as pl

from pipelines import ledger
from pipelines.engine import listed, load, session
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


def _rows(con: duckdb.DuckDBPyConnection, home: Home, table: str) -> pl.DataFrame:
    files = ledger.files_of(home, table)
    if not files:
        return ledger.scan(home, table).collect()
    ordered = "ORDER BY sequence, line_no"
    return con.sql(f"FROM read_parquet({listed(files)}) SEMI JOIN wanted USING (person) {ordered}").pl()
