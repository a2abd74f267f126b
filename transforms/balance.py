"""Hold the tables of a snapshot against each other: rows and tiyn in = out, both ways, or nothing is published.

Grain in: files, totals, payments, returns, transfers of the same deliveries. Money is tiyn.
"""

import polars as pl

from transforms.verdicts import VERDICTS


class OutOfBalance(ValueError):
    """Totals do not balance: says which and by how much."""


def check_balance(files: pl.DataFrame, totals: pl.DataFrame, accepted: pl.DataFrame) -> None:
    """OutOfBalance unless every file's received = accepted + quarantined + refused + duplicate, by file and by KNP.

    `accepted` has one row per accepted line of any kind (sequence, knp, amount_tiyn), counted anew from the lines.
    """
    faults = [_parts(totals, "received", "totals"), _parts(files, None, "files")]
    summed = totals.group_by("sequence").agg(pl.col(pl.Int64).sum())
    columns = {f"{name}_{unit}": f"{name}_{unit}" for name in VERDICTS for unit in ("lines", "tiyn")}
    columns |= {"received_lines": "lines", "received_tiyn": "sum_tiyn"}
    joined = files.join(summed, on="sequence", how="left", suffix="_summed").fill_null(0)
    for ours, theirs in columns.items():
        other = f"{theirs}_summed" if theirs in summed.columns else ours
        faults.append(_differs(joined, theirs, other, f"files.{theirs} against the sum of totals"))
    lines = accepted.group_by("sequence", "knp").agg(lines=pl.len().cast(pl.Int64), tiyn=pl.col("amount_tiyn").sum())
    counted = totals.join(lines, on=["sequence", "knp"], how="full", nulls_equal=True, coalesce=True).fill_null(0)
    for unit in ("lines", "tiyn"):
        faults.append(_differs(counted, f"accepted_{unit}", unit, f"accepted {unit} against the lines themselves"))
    told = [fault for fault in faults if fault]
    if told:
        raise OutOfBalance("; ".join(told))


def _parts(frame: pl.DataFrame, whole: str | None, table: str) -> str | None:
    for unit in ("lines", "tiyn"):
        name = f"{whole}_{unit}" if whole else {"lines": "lines", "tiyn": "sum_tiyn"}[unit]
        parts = frame.select("sequence", name, parts=pl.sum_horizontal(f"{verdict}_{unit}" for verdict in VERDICTS))
        fault = _differs(parts, name, "parts", f"{table}.{name} against its parts")
        if fault:
            return fault
    return None


def _differs(frame: pl.DataFrame, left: str, right: str, what: str) -> str | None:
    off = frame.filter(pl.col(left) != pl.col(right))
    if off.is_empty():
        return None
    row = off.row(0, named=True)
    return f"{what}: delivery {row['sequence']}: {row[left]} and {row[right]} ({off.height} rows differ)"
