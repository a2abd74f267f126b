"""The stage of matching: 1 million statement entries find 1 million orders, against a bare DuckDB hash join of the tables.

The same at any size of the nation, for a generated nation has no account statements. Both sides have everything read before
the clock begins. Only the ratio is to be quoted.
"""

from datetime import date, timedelta
from pathlib import Path

from nation_data import Data
from stage import Stage, Work

SIZE = 1_000_000
MEDS = "KZ92009MEDS368609103"
JOIN = """
    CREATE TABLE joined AS
    SELECT e.*, o.sequence, o.document_no
    FROM entries e JOIN orders o
    ON e.account = o.beneficiary_account AND e.document_number = o.number AND e.document_date = o.document_date
    AND e.amount_tiyn = o.amount_tiyn AND e.counterparty = o.payer
"""


def make(folder: Path) -> None:
    """Orders, and their entries in another order: a tenth known by reference only, one in a hundred of another amount."""
    import numpy as np
    import polars as pl

    rng = np.random.default_rng(1)
    payers = rng.integers(30_0140_000000, 39_1240_999999, SIZE // 7)
    days = [date(2026, 11, 1) + timedelta(days=place) for place in range(20)]
    orders = pl.DataFrame(
        {
            "sequence": np.arange(SIZE) // 1000 + 1,
            "document_no": (np.arange(SIZE) % 1000).astype(np.int32),
            "line_no": np.arange(SIZE) % 1000 * 50 + 4,
            "number": [f"{number:09d}" for number in np.arange(SIZE) % 99_999 + 1],
            "payer": payers[rng.integers(0, len(payers), SIZE)].astype(np.uint64),
            "amount_tiyn": rng.integers(100_00, 9_999_999_00, SIZE),
            "document_date": pl.Series(days)[rng.integers(0, len(days), SIZE)],
            "reference": [f"REF-{place:012d}" for place in range(SIZE)],
            "payer_account": [f"KZ{place % 150_000:018d}" for place in range(SIZE)],
        }
    ).with_columns(
        received_on="document_date",
        value_date="document_date",
        file_sha256=pl.lit("ab" * 32),
        kind=pl.lit("payment"),
        knp=pl.lit("121"),
        form=pl.lit("list"),
        beneficiary_account=pl.lit(MEDS),
    )
    place = pl.int_range(pl.len())
    by_reference = place % 10 == 0
    entries = orders.sample(fraction=1, shuffle=True, seed=2).select(
        "document_date",
        "received_on",
        account=pl.lit(MEDS),
        direction=pl.lit("credit"),
        booked_on="value_date",
        amount_tiyn=pl.when(place % 100 == 1).then(pl.col("amount_tiyn") + 100).otherwise("amount_tiyn"),
        document_number=pl.when(by_reference).then(pl.lit("бн")).otherwise("number"),
        counterparty="payer",
        counterparty_account="payer_account",
        knp=pl.lit("121"),
        references=pl.when(by_reference).then(pl.concat_list("reference")).otherwise(pl.lit([], pl.List(pl.String))),
    )
    orders.write_parquet(folder / "orders.parquet")
    entries.write_parquet(folder / "entries.parquet")


def _matched(data: Data, work: Path) -> Work:
    """Our matching, with everything read."""
    import polars as pl

    from transforms.matching import match_entries

    entries, orders = (pl.read_parquet(data.piece("matching") / f"{name}.parquet") for name in ("entries", "orders"))
    return lambda: f"{match_entries(entries, orders).height:,} matches"


def _joined(data: Data, work: Path) -> Work:
    """DuckDB's join of the two tables, with everything read."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    for name in ("entries", "orders"):
        con.execute(f"CREATE TABLE {name} AS FROM read_parquet('{data.piece('matching')}/{name}.parquet')")
    return lambda: con.execute(JOIN).fetchall()


STAGES = [
    Stage(
        name="matching",
        what="1 million statement entries find 1 million orders",
        against="a bare DuckDB hash join of the two tables in memory",
        ours=_matched,
        yardstick=_joined,
        needs=("matching",),
    )
]
