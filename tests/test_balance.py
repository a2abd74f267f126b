"""Totals that are off by one tiyn stop the publication with the figures; honest ones balance, in every table."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.cli import main
from transforms.balance import OutOfBalance, check_balance

TABLES = ("files", "totals", "daily_totals", "payments", "statements", "statement_entries")
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
def accepted(published) -> pl.DataFrame:
    """The accepted lines that each total counts, made from the totals themselves."""
    totals = pl.read_parquet(published / "totals.parquet").filter(pl.col("accepted_lines") > 0)
    return totals.select("sequence", "knp", lines="accepted_lines", tiyn="accepted_tiyn")


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
    capsys.readouterr()
    assert main(["run", "--as-of", "2026-11-21", "--home", str(home)]) == 1
    told = capsys.readouterr()
    assert "totals do not balance, nothing was published" in told.err and "tiyn" in told.err
    assert (home / "snapshots" / "chain.jsonl").read_bytes() == chain
