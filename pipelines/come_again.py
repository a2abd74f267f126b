"""Tell which documents outside seem to have come again: one that counts has their numbers, whatever total it declares.

By the contract the total is one of the numbers, so a message mended in its total is another one, and nothing keeps the
first from being accepted besides it. Grain: a document of a delivery.
"""

import polars as pl

from pipelines import ledger
from pipelines.errors import hide_numbers
from pipelines.home import Home

_TOTAL = 4  # its place in a document_key: transforms/duplicates.py


def counting_besides(home: Home, documents: pl.DataFrame) -> pl.DataFrame:
    """documents -> sequence, line_no and `where` (file and day) of the first that counts with these numbers."""
    asked = documents.filter(pl.col("document_key").is_not_null()).select("sequence", "line_no", numbers=_numbers())
    counts = pl.col("refused_reason").is_null() & (pl.col("accepted_lines") > 0)
    told = ledger.standing(home, "deliveries").select("sequence", "source", "file_name")
    found = (
        ledger.standing(home, "documents")
        .filter(counts)
        .with_columns(numbers=_numbers())
        .join(asked.lazy().select("numbers").unique(), on="numbers", how="semi")
        .join(told, on="sequence")
        .select("numbers", "received_on", "source", "file_name", counts_in="sequence")
        .collect()
    )
    alike = asked.join(found, on="numbers").filter(pl.col("counts_in") != pl.col("sequence")).sort("counts_in")
    where = [
        f"{hide_numbers(f'{source}/{name}')} of {day}"
        for source, name, day in alike.select("source", "file_name", "received_on").rows()
    ]
    named = alike.select("sequence", "line_no", where=pl.Series(where, dtype=pl.String))
    return named.unique(["sequence", "line_no"], keep="first", maintain_order=True)


def _numbers() -> pl.Expr:
    parts = pl.col("document_key").str.split("|")
    return pl.concat_list(parts.list.head(_TOTAL), parts.list.slice(_TOTAL + 1)).list.join("|")
