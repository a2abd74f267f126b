"""Totals that are off by one tiyn stop the publication with the figures; honest ones balance, in every table."""

from pathlib import Path

import polars as pl
import pytest
from hashes import seal

from pipelines.cli import main
from transforms.balance import OutOfBalance, check_balance

pytestmark = pytest.mark.usefixtures("no_database")

TABLES = ("files", "totals", "daily_totals", "payments", "returns", "statements", "statement_entries")
# Each of these alone off by one must be noticed: table, column, which rows.
OFF_BY_ONE = [
    *(
        (table, f"{part}_{unit}")
        for table in ("files", "totals", "daily_totals")
        for part in ("accepted", "quarantined", "refused", "duplicate")
        for unit in ("lines", "tiyn")
    ),
    *((table, f"received_{unit}") for table in ("totals", "daily_totals") for unit in ("lines", "tiyn")),
    ("files", "lines"),
    ("files", "sum_tiyn"),
    *(("daily_totals", f"{name}_tiyn") for name in ("paid", "returned", "settled", "pending")),
    ("payments", "paid_tiyn"),
    ("payments", "returned_tiyn"),
    ("returns", "returned_tiyn"),
    *(("statements", f"{name}_credits_tiyn") for name in ("matched", "unmatched", "refund", "penalty", "other")),
    ("statement_entries", "amount_tiyn"),
]


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> Path:
    """The snapshot of the sample."""
    home = tmp_path_factory.mktemp("balance") / "home"
    main(["sample", str(home / "inbox")])
    main(["run", "--as-of", "2026-11-20", "--home", str(home)])
    return next((home / "snapshots" / "2026-11").iterdir())


@pytest.fixture
def tables(published) -> dict[str, pl.DataFrame]:
    return {name: pl.read_parquet(published / f"{name}.parquet") for name in TABLES}


@pytest.fixture
def accepted(published, tables) -> pl.DataFrame:
    """Every payment and return, and for what else each total counts the rest, counted by delivery, KNP and kind."""
    files = tables["files"].filter(pl.col("accepted_lines") > 0).select("sequence", "file_sha256")
    grain = ["sequence", "knp", "kind"]
    counts = [pl.len().cast(pl.Int64).alias("lines"), pl.col("tiyn").sum()]
    payments = tables["payments"].with_columns(tiyn="paid_tiyn", kind=pl.lit("payment"))
    returns = tables["returns"].with_columns(tiyn="returned_tiyn", kind=pl.lit("return"))
    money = pl.concat(
        [
            table.join(files, on="file_sha256").group_by(grain).agg(counts)
            for table in (
                payments.select("file_sha256", "knp", "kind", "tiyn"),
                returns.select("file_sha256", "knp", "kind", "tiyn"),
            )
        ]
    )
    known = money.group_by("sequence", "knp").agg(pl.col("lines", "tiyn").sum())
    other = (
        tables["totals"]
        .join(known, on=["sequence", "knp"], how="left", nulls_equal=True)
        .select(
            "sequence",
            "knp",
            kind=pl.lit("other"),
            lines=pl.col("accepted_lines") - pl.col("lines").fill_null(0),
            tiyn=pl.col("accepted_tiyn") - pl.col("tiyn").fill_null(0),
        )
    )
    return pl.concat([money, other.filter(pl.col("lines") > 0)])


def test_honest_tables_balance(tables, accepted):
    check_balance(tables, accepted)


@pytest.mark.parametrize(("table", "column"), OFF_BY_ONE, ids=lambda value: value)
def test_one_off_is_noticed(table, column, tables, accepted):
    row = tables[table].with_row_index("place")[column].arg_max()
    here = pl.int_range(pl.len()) == row
    tables[table] = tables[table].with_columns(pl.when(here).then(pl.col(column) + 1).otherwise(column).alias(column))
    with pytest.raises(OutOfBalance, match=r"\d"):
        check_balance(tables, accepted)


def test_a_lost_line_is_noticed(tables, accepted):
    with pytest.raises(OutOfBalance, match="accepted lines against the lines themselves"):
        check_balance(tables, accepted.with_columns(lines=pl.col("lines") - 1))


def test_a_line_of_a_knp_of_which_no_total_tells_is_noticed(tables, accepted):
    line = pl.DataFrame([{**accepted.row(0, named=True), "knp": "999", "kind": "other"}], schema=accepted.schema)
    with pytest.raises(OutOfBalance, match="accepted lines against the lines themselves"):
        check_balance(tables, pl.concat([accepted, line]))


def test_a_table_that_lost_all_of_a_knp_is_noticed(tables, accepted):
    tables["returns"] = tables["returns"].clear()
    with pytest.raises(OutOfBalance, match="returns against the accepted lines"):
        check_balance(tables, accepted)


@pytest.mark.parametrize("table", ["payments", "returns"])
def test_a_row_lost_on_the_way_from_the_ledger_is_noticed(table, tables, accepted):
    """In its table and in the sums of its day alike, so that these agree with each other."""
    lost = tables[table].row(0, named=True)
    tables[table] = tables[table].slice(1)
    if table == "payments":
        day = tables["files"].filter(pl.col("file_sha256") == lost["file_sha256"])["received_on"][0]
        left = lost["paid_tiyn"] - lost["returned_tiyn"]
        gone = {"paid": lost["paid_tiyn"], "returned": lost["returned_tiyn"]}
        gone["pending" if lost["state"] == "pending" else "settled"] = left
        keys = {"received_on": day, "sender": lost["payer_bank"], "knp": lost["knp"]}
        here = pl.all_horizontal(pl.col(name).eq_missing(pl.lit(value)) for name, value in keys.items())
        tables["daily_totals"] = tables["daily_totals"].with_columns(
            pl.when(here).then(pl.col(f"{name}_tiyn") - tiyn).otherwise(f"{name}_tiyn").alias(f"{name}_tiyn")
            for name, tiyn in gone.items()
        )
    with pytest.raises(OutOfBalance, match=f"{table} against the accepted lines"):
        check_balance(tables, accepted)


@pytest.mark.parametrize("table", ["payments", "returns", "transfers", "entries"])
def test_an_altered_ledger_publishes_nothing_and_tells_the_figures(table, tmp_path, capsys):
    home = tmp_path / "home"
    main(["sample", str(home / "inbox")])
    main(["run", "--as-of", "2026-11-20", "--home", str(home)])
    chain = (home / "snapshots" / "chain.jsonl").read_bytes()
    path = next((home / "ledger").glob(f"*/{table}.parquet"))
    rows = pl.read_parquet(path)
    rows.with_columns(amount_tiyn=pl.col("amount_tiyn") + (pl.int_range(pl.len()) == 0).cast(pl.Int64)).write_parquet(
        path
    )
    seal(path.parent)
    capsys.readouterr()
    assert main(["run", "--as-of", "2026-11-21", "--home", str(home)]) == 1
    told = capsys.readouterr()
    assert "totals do not balance, nothing was published" in told.err and "tiyn" in told.err
    assert (home / "snapshots" / "chain.jsonl").read_bytes() == chain
