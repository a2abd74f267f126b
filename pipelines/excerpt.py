"""An excerpt of the ledger about some people: all that their coverage and status rest on, whatever the day and month.

Shape: a frame a table of the ledger, for `engine(home, cut, excerpt)`. With it the queries and transforms of the
month run unchanged for a few people, and give what they give for everybody. Facts lie person by person, and tell in
which deliveries the lines of a few people are; so it takes no longer of a nation than of a town.
Not for matching, controls or breaks of documents: statements, orders and documents are left out.
"""

from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl

from pipelines import ledger, limits
from pipelines.engine import bounded, load, session, stored_in
from pipelines.home import Home
from schemas.ledger import LEDGER
from transforms.links import connected

_OF_PERSONS = ("payments", "wages", "others", "returns", "persons")
_WHOLE = ("deliveries", "links")
_ORDER = ("sequence", "line_no", "person", "period", "value_date")
_FEW = 1_000


def excerpt(home: Home, people: pl.Series, untold: Collection[str] = ()) -> dict[str, pl.DataFrame]:
    """The rows of these people (UInt64), under every IIN that a link ever tied to them, of all deliveries.

    Intervals are those of their payers too, who count as entrepreneurs or not. Columns of payments that are `untold`
    are null: of many people they take half the time. Grain: as the ledger's tables.
    """
    found = {table: ledger.scan(home, table).collect() for table in _WHOLE}
    wanted = connected(people, found["links"])
    with session() as con:
        found |= {table: _rows(con, home, table, person=wanted) for table in ("returns", "persons")}
        if len(wanted) > _FEW:  # so many have lines in every delivery
            found["payments"] = _rows_of_many(home, "payments", wanted, untold)
        else:
            told = [_rows(con, home, table, person=wanted)["sequence"] for table in ("wages", "others")]
            deliveries = pl.concat(told).unique().sort()
            found["payments"] = _rows(con, home, "payments", sequence=deliveries, person=wanted)
        payers = connected(found["payments"]["payer"].unique(), found["links"])
        found["intervals"] = _rows(con, home, "intervals", person=pl.concat([wanted, payers]).unique())
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
        bounded(con, folder, limits.engine_bytes())
        load(con, "wanted", connected(people, links).to_frame("person"))
        for table in _OF_PERSONS:
            _copy(con, home, table, segment)
        payers = ledger.scan(small, "payments").select(pl.col("payer").unique()).collect()["payer"]
        load(con, "payers", connected(payers, links).to_frame("person"))
        con.execute("INSERT INTO wanted FROM payers")
        _copy(con, home, "intervals", segment)
    return small


def _copy(con: duckdb.DuckDBPyConnection, home: Home, table: str, segment: Path) -> None:
    files, target = ledger.files_of(home, table), str(segment / f"{table}.parquet").replace("'", "''")
    if files:
        order = ", ".join(name for name in ("person", "sequence", "line_no") if name in LEDGER[table])
        rows = f"FROM {stored_in(files)} SEMI JOIN wanted USING (person) ORDER BY {order}"
        con.execute(f"COPY ({rows}) TO '{target}' (ROW_GROUP_SIZE 65536)")


def _rows(con: duckdb.DuckDBPyConnection, home: Home, table: str, **wanted: pl.Series) -> pl.DataFrame:
    """Rows of a table in which each of these columns has one of its wanted values."""
    files = ledger.files_of(home, table)
    if not files:
        return ledger.scan(home, table).collect()
    if len(wanted["person"]) > _FEW:
        return _rows_of_many(home, table, wanted["person"])
    kept = []
    for column, values in wanted.items():
        if len(values) <= _FEW:  # named in the query they spare the row groups that cannot hold them
            told = ", ".join(map(str, values)) or "0"  # 0 is nobody and nothing; of one alone the reader skips more
            kept.append(f"{column} IN ({told})")
        else:
            con.register(f"wanted_{column}", values.to_frame("wanted"))
            kept.append(f"{column} IN (FROM wanted_{column})")
    rows = f"FROM {stored_in(files)} WHERE {' AND '.join(kept)} ORDER BY {', '.join(_order(table))}"
    return con.sql(rows).pl()


def _rows_of_many(home: Home, table: str, people: pl.Series, untold: Collection[str] = ()) -> pl.DataFrame:
    """Rows of a table about so many people that they lie everywhere: Polars reads of a file no more than theirs."""
    absent = [pl.lit(None, dtype=LEDGER[table][name]).alias(name) for name in untold]
    rows = ledger.scan(home, table).filter(pl.col("person").is_in(people.implode())).with_columns(absent)
    return rows.sort(_order(table)).collect(engine="streaming")


def _order(table: str) -> list[str]:
    return [name for name in _ORDER if name in LEDGER[table]]
