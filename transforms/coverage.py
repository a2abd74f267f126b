"""Say what covers the month for every person, and with how much money.

Grain in:  month_money, one row per iin with settled, unreturned money; masks, a row per (source, iin, word).
Grain out: one row per iin with a basis in the month, ordered by iin.
Money is tiyn. Source: rules.md section 3.
"""

from datetime import date

import polars as pl

from transforms.covered_months import LOOK_AHEAD, WORD_BITS

_FIRST_THAT_FITS = ("preferential", "exempt", "paid", "reversed")


def bases(masks: pl.DataFrame, back: int = LOOK_AHEAD) -> pl.DataFrame:
    """masks (source, iin, word, mask) -> iin, basis of the month `back` before the masks' last, sorted by iin.

    Grain: one row per iin with a basis.
    """
    word, bit = divmod(back, WORD_BITS)
    here = masks.filter((pl.col("word") == word) & ((pl.col("mask") // (1 << bit)) % 2 == 1)).select(
        "iin", basis=pl.col("source").replace({"paid_25th": "paid", "paid_independent": "paid"})
    )
    rank = {basis: place for place, basis in enumerate(_FIRST_THAT_FITS)}
    return (
        here.with_columns(rank=pl.col("basis").replace_strict(rank, return_dtype=pl.Int8))
        .group_by("iin")
        .agg(pl.col("basis").sort_by("rank").first())
        .sort("iin")
    )


def coverage(basis: pl.DataFrame, money: pl.DataFrame, month: date) -> pl.DataFrame:
    """bases, month_money -> coverage of the month, sorted by iin. Grain: one row per iin with a basis."""
    paid = pl.col("basis") == "paid"
    return (
        basis.join(money, on="iin", how="left")
        .sort("iin")
        .select(
            "iin",
            pl.lit(month).alias("period"),
            "basis",
            pl.when(paid).then(_payer_kind()).alias("payer_kind"),
            pl.col("deductions_tiyn", "contributions_tiyn").fill_null(0),
            "required_tiyn",
            pl.when(paid).then("covered_on").alias("covered_on"),
        )
    )


def _payer_kind() -> pl.Expr:
    """Of the covering kinds the one due last: all but `independent` are due on one day, among them alphabetical."""
    return (
        pl.when("by_employer")
        .then(pl.lit("employer"))
        .when(pl.col("own_covers") & (pl.col("own_kind") == "sole_proprietor"))
        .then(pl.lit("sole_proprietor"))
        .when("by_withheld")
        .then(pl.lit("withheld"))
        .otherwise(pl.lit("independent"))
    )
