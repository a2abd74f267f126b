"""Say what covers the month for every person, and with how much money.

Grain in:  month_money, one row per iin with settled, unreturned money; masks of all bases; month_categories, one row
           per iin with a category in force.
Grain out: one row per iin with a basis in the month, ordered by iin.
Money is tiyn. Source: rules.md section 3.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from schemas.calendar import month_index
from transforms.masks import Masks

_FIRST_THAT_FITS = ("preferential", "exempt", "paid", "reversed")


def bases(masks: Masks, month: date) -> pl.DataFrame:
    """masks -> iin, basis of the month, sorted by iin. Grain: one row per iin with a basis."""
    index = month_index(month)
    by_money = masks.bit("paid_25th", index) | masks.bit("paid_independent", index)
    holds = {basis: by_money if basis == "paid" else masks.bit(basis, index) for basis in _FIRST_THAT_FITS}
    place = np.select(list(holds.values()), list(range(len(holds))), default=-1)
    names = dict(enumerate(_FIRST_THAT_FITS))
    basis = pl.Series(place).replace_strict(names, default=None, return_dtype=pl.String)
    return pl.DataFrame({"iin": masks.ids, "basis": basis}).filter(pl.col("basis").is_not_null())


def coverage(
    basis: pl.DataFrame, money: pl.DataFrame, categories: pl.DataFrame, month: date, codes: Sequence[str]
) -> pl.DataFrame:
    """bases, month_money, month_categories -> coverage of the month, sorted by iin. Grain: an iin with a basis.

    `codes` are the categories by name, by their place.
    """
    paid = pl.col("basis") == "paid"
    names = dict(enumerate(codes))
    return (
        basis.join(money, on="iin", how="left")
        .join(categories, on="iin", how="left")
        .sort("iin")
        .select(
            "iin",
            pl.lit(month).alias("period"),
            "basis",
            pl.when(pl.col("basis") == "preferential")
            .then(pl.col("place").replace_strict(names, default=None, return_dtype=pl.String))
            .alias("category"),
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
