"""Why nobody is known by an IIN on the day, and what to do: never in, recalled, or known as a payer alone.

The sentence goes to standard error: of the IIN it holds the last four digits.
"""

import duckdb
import polars as pl

from pipelines import ledger
from pipelines.engine import fetch
from pipelines.explain.asked import Asked, as_text
from transforms.links import connected

_TABLES = ("payments", "returns", "persons", "intervals")


def why_unknown(asked: Asked, con: duckdb.DuckDBPyConnection, iin: int) -> str:
    """What there is of the IIN under every number that a link ever tied to it, and the next step that fits."""
    known_at, shown = asked.cut.known_at, f"…{as_text(iin)[-4:]}"
    ids = connected(pl.Series([iin], dtype=pl.UInt64), asked.lines["links"])
    paid = ledger.scan(asked.home, "payments").filter(pl.col("sequence") <= asked.cut.sequence)
    paid_in = set(paid.filter(pl.col("payer").is_in(ids.implode())).select("sequence").unique().collect()["sequence"])
    recalled = set(ledger.withdrawn(asked.home, asked.cut.sequence)["sequence"])
    in_force = "ledger_intervals SEMI JOIN in_force USING (sequence)"
    if paid_in - recalled or _names(con, f"{in_force} WHERE register = 'entrepreneurs'", ids):
        return (
            f"this IIN ({shown}) is known by {known_at} only as a payer for others, or as an entrepreneur: no payment "
            "for the person and no category, exemption or reversal, so there is no status to explain; ask for the "
            "people paid for, or for a line of a file with --file and --line"
        )
    if _names(con, "ledger_returns", ids):
        return (
            f"only returns name this IIN ({shown}) by {known_at}, and no payment that they could lessen: nothing to "
            "explain; look at them in the table returns, and ask the bank which payment they are of"
        )
    if paid_in or any(_names(con, f"recorded_{table}", ids) for table in _TABLES):
        return (
            f"every line that names this IIN ({shown}) was recalled, or stands in a register that a later one "
            f"replaced, by {known_at}: nothing counts any more; name an earlier day with --known-at, or ask the "
            "sender for the file that is to count instead"
        )
    return (
        f"no payment, no interval and no row of the persons register names this IIN ({shown}) by {known_at}: nothing "
        "to explain; look whether the number is right, or name a later day with --known-at"
    )


def _names(con: duckdb.DuckDBPyConnection, source: str, ids: pl.Series) -> bool:
    """Whether a row of the source is about one of these people."""
    return not fetch(con, f"FROM {source}").filter(pl.col("person").is_in(ids.implode())).is_empty()
