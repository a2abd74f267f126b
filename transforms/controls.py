"""Hold every document against what it declares of itself: total and count, both ways, over all its lines.

Grain in and out: one row per document (sequence, document_no); document_no -1 stands for a whole file. Money is tiyn.
An unreadable amount is no amount: under a control total its document is refused. Source: contract.md section 3.
"""

import polars as pl

from transforms.lines import MOST_TIYN

WHOLE_FILE = -1
MOST_OF_A_FILE = 10 * MOST_TIYN  # so that no sum of files overflows a BIGINT


def within_reach(lines: pl.DataFrame) -> pl.DataFrame:
    """lines -> lines, the amounts of a file that adds up to more than can exist made unreadable. Grain: a line."""
    beyond = sizes(lines).filter(pl.col("size") > MOST_OF_A_FILE)["sequence"]
    if beyond.is_empty():
        return lines
    return lines.with_columns(
        amount_tiyn=pl.when(~pl.col("sequence").is_in(beyond.implode())).then("amount_tiyn").otherwise(None)
    )


def sizes(lines: pl.DataFrame) -> pl.DataFrame:
    """lines -> size, about what the amounts of each file add up to without their signs. Grain: a file."""
    return lines.group_by("sequence").agg(size=pl.col("amount_tiyn").abs().cast(pl.Float64).sum())


def found(lines: pl.DataFrame) -> pl.DataFrame:
    """lines -> found_tiyn, unreadable_lines, found_lines. Grain: a document that has lines."""
    sums = [
        pl.col("amount_tiyn").sum().alias("found_tiyn"),
        pl.col("amount_tiyn").null_count().cast(pl.Int64).alias("unreadable_lines"),
        pl.len().cast(pl.Int64).alias("found_lines"),
    ]
    keys = lines.select("sequence", "document_no")
    if lines.height and keys.min().equals(keys.max()):  # of one document, as a register is
        return keys.head(1).hstack(lines.select(sums))
    return lines.group_by("sequence", "document_no").agg(sums)


def held_against(documents: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """documents, `found` -> documents with found_tiyn, found_lines, difference_tiyn, refused_reason and field.

    `documents` declares by declared_tiyn, declared_lines and the flags total_expected, count_expected (a declared
    value that is expected but null was unreadable), and may already carry a refused_reason. `found` has a row for each
    document, or several of parts of it. Grain: a document.
    """
    by_document = found.group_by("sequence", "document_no").agg(pl.all().sum())
    by_file = found.drop("document_no").group_by("sequence").agg(pl.all().sum())
    by_file = by_file.with_columns(document_no=pl.lit(WHOLE_FILE, dtype=pl.Int32))
    found = pl.concat([by_document, by_file.select(by_document.columns)])
    joined = documents.join(found, on=["sequence", "document_no"], how="left", maintain_order="left").with_columns(
        pl.col("found_tiyn", "found_lines", "unreadable_lines").fill_null(0)
    )
    total_off = pl.col("total_expected") & (
        (pl.col("declared_tiyn") != pl.col("found_tiyn")).fill_null(True) | (pl.col("unreadable_lines") > 0)
    )
    count_off = pl.col("count_expected") & (pl.col("declared_lines") != pl.col("found_lines")).fill_null(True)
    reason = (
        pl.when(pl.col("refused_reason").is_not_null())
        .then("refused_reason")
        .when(total_off)
        .then(pl.lit("control_total"))
        .when(count_off)
        .then(pl.lit("control_count"))
    )
    return joined.with_columns(
        refused_reason=reason, difference_tiyn=pl.col("declared_tiyn") - pl.col("found_tiyn")
    ).drop("unreadable_lines")
