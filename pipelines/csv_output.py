"""CSV as the product writes it, for people and programs outside: RFC 4180, UTF-8, no cell that a spreadsheet runs.

The one place where CSV is written (a generated nation and the sample aside). Grain: the rows as given. Ids keep their
digits; who opens the file in a spreadsheet takes xlsx instead, where they are text. Lists become texts with blanks.
"""

import polars as pl

# What begins a formula, in the signs of East Asian keyboards too, or makes the next sign begin one.
_BEGINS = "^[=+\\-@\t\r\n＝＋－＠]"


def csv_text(frame: pl.DataFrame, header: bool = False) -> str:
    """The rows as lines of CSV, with the names of the columns in front if asked for."""
    return flat(frame).with_columns(_defused(frame)).write_csv(include_header=header, line_terminator="\r\n")


def flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists of days as one text each, for what knows no lists."""
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    return frame.with_columns(pl.col(name).cast(pl.List(pl.String)).list.join(" ") for name in lists)


def _defused(frame: pl.DataFrame) -> list[pl.Expr]:
    """An apostrophe before every text that begins like a formula: a spreadsheet then shows it and does not run it."""
    texts = [pl.col(name) for name, dtype in frame.schema.items() if dtype == pl.String]
    return [pl.when(text.str.contains(_BEGINS)).then("'" + text).otherwise(text).name.keep() for text in texts]
