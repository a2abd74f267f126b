"""How long 1 million statement entries take to find 1 million orders, against a bare DuckDB hash join of the same tables.

`make bench` runs it: pairs of one process each, in turn, and prints the medians of the pairwise ratios and the peak
memory of each side. Not a test: figures depend on the machine, only the ratios are to be quoted.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

SIZE, PAIRS = 1_000_000, 5
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


def ours(folder: Path) -> Callable[[], object]:
    """Our matching, with everything read."""
    from transforms.matching import match_entries

    entries, orders = (pl.read_parquet(folder / f"{name}.parquet") for name in ("entries", "orders"))
    return lambda: match_entries(entries, orders)


def yardstick(folder: Path) -> Callable[[], object]:
    """DuckDB's join of the two tables, with everything read."""
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    for name in ("entries", "orders"):
        con.execute(f"CREATE TABLE {name} AS FROM read_parquet('{folder}/{name}.parquet')")
    return lambda: con.execute(JOIN)


def measured(side: str, folder: Path) -> dict[str, float]:
    """Wall and CPU seconds and peak memory of one side in a process of its own."""
    ran = subprocess.run([sys.executable, __file__, side, str(folder)], capture_output=True, text=True, check=True)
    return dict(json.loads(ran.stdout))


def main() -> None:
    """Measure both sides in turn; with a side and a folder as arguments, be that side."""
    if len(sys.argv) == 3:
        work = {"ours": ours, "yardstick": yardstick}[sys.argv[1]](Path(sys.argv[2]))
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        told = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        print(json.dumps(told | {"gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
        return
    with tempfile.TemporaryDirectory() as name:
        make(Path(name))
        pairs = [(measured("ours", Path(name)), measured("yardstick", Path(name))) for _ in range(PAIRS)]
    print(f"{SIZE:,} entries against {SIZE:,} orders, {PAIRS} pairs, ours against a bare DuckDB hash join")
    for unit in ("wall", "cpu"):
        ratio = statistics.median(left[unit] / right[unit] for left, right in pairs)
        seconds = [statistics.median(pair[side][unit] for pair in pairs) for side in (0, 1)]
        print(f"  {unit:<5} {ratio:5.1f} times ({seconds[0]:.2f} s against {seconds[1]:.2f} s)")
    print(
        f"  peak  {max(pair[0]['gib'] for pair in pairs):5.2f} GiB, yardstick {max(p[1]['gib'] for p in pairs):.2f} GiB"
    )


if __name__ == "__main__":
    main()
