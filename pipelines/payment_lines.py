"""Payment lines that returns could mean, read from the ledger: from all of it, or from where the facts say they are.

Grain: a payment line. Both give every line that has one of the keys, and maybe others (transforms/returns.py).
"""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipelines import ledger
from pipelines.home import Home
from transforms.returns import could_be_returned


def lines_of_all(home: Home, keys: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Lines that could have one of the keys (payer, person, period, knp), every line of the ledger looked at."""
    return could_be_returned(map(pl.scan_parquet, ledger.files_of(home, "payments")), keys)


def lines_by_facts(home: Home, keys: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The same for few keys: facts lie by person and tell the deliveries, and only stretches with these are read."""
    persons = keys["person"].unique().implode()
    asked = keys.select("person", "period").unique()
    deliveries = [
        pl.scan_parquet(file)
        .filter(pl.col("person").is_in(persons))
        .select("person", "period", "sequence")
        .collect()
        .join(asked, on=["person", "period"], how="semi")["sequence"]
        for table in ("wages", "others")
        for file in ledger.files_of(home, table)
    ]
    wanted = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(one.to_numpy() for one in deliveries)]))
    return could_be_returned(_stretches_with(home, wanted), keys)


def _stretches_with(home: Home, wanted: np.ndarray) -> Iterator[pl.LazyFrame]:
    """Row groups of the payments that may hold lines of one of these deliveries."""
    for file in ledger.files_of(home, "payments"):
        told = pq.read_metadata(file)
        place, first = told.schema.names.index("sequence"), 0
        for number in range(told.num_row_groups):
            group = told.row_group(number)
            held = group.column(place).statistics
            if np.searchsorted(wanted, held.min) < np.searchsorted(wanted, held.max, side="right"):
                yield pl.scan_parquet(file).slice(first, group.num_rows)
            first += group.num_rows
