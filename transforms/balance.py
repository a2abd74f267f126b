"""Hold the tables of a snapshot against each other: rows and tiyn in = out, both ways, or nothing is published.

Grain in: files, totals, daily_totals, payments, returns, statements, statement_entries of one month. Money is tiyn.
"""

import polars as pl

from schemas.statements import MATCHES
from transforms.verdicts import VERDICTS

OF_PAYMENTS = ("knp", "paid_tiyn", "returned_tiyn", "state")
_LARGEST = (1 << 63) - 1  # what a BIGINT holds


class OutOfBalance(ValueError):
    """Totals do not balance: says which and by how much."""


def check_balance(tables: dict[str, pl.DataFrame], accepted: pl.DataFrame) -> None:
    """OutOfBalance with the figures unless every total of the month agrees with its parts and with its lines.

    Of payments the columns OF_PAYMENTS will do. `accepted` counts accepted lines anew from the ledger, a row per
    (sequence, knp, kind: payment, return or other) with lines and tiyn.
    """
    files, totals, daily = tables["files"], tables["totals"], tables["daily_totals"]
    faults = [
        _parts(totals, "received", "totals"),
        _parts(files, None, "files"),
        _parts(daily, "received", "daily_totals"),
    ]
    summed = totals.group_by("sequence").agg(pl.col(pl.Int64).sum())
    columns = {f"{name}_{unit}": f"{name}_{unit}" for name in VERDICTS for unit in ("lines", "tiyn")}
    columns |= {"received_lines": "lines", "received_tiyn": "sum_tiyn"}
    joined = files.join(summed, on="sequence", how="left", suffix="_summed").fill_null(0)
    for ours, theirs in columns.items():
        other = f"{theirs}_summed" if theirs in summed.columns else ours
        faults.append(_differs(joined, theirs, other, f"files.{theirs} against the sum of totals"))
        faults.append(_whole(totals, daily, ours, f"totals.{ours} against the sum of daily_totals"))
    lines = accepted.group_by("sequence", "knp").agg(pl.col("lines", "tiyn").sum())
    counted = totals.join(lines, on=["sequence", "knp"], how="full", nulls_equal=True, coalesce=True).fill_null(0)
    for unit in ("lines", "tiyn"):
        faults.append(_differs(counted, f"accepted_{unit}", unit, f"accepted {unit} against the lines themselves"))
    faults += [
        *_payments(tables["payments"], daily),
        *_none_lost("payments", tables["payments"].select("knp", tiyn="paid_tiyn"), accepted, "payment"),
        *_none_lost("returns", tables["returns"].select("knp", tiyn="returned_tiyn"), accepted, "return"),
        *_statements(files, tables["statements"], tables["statement_entries"]),
    ]
    told = [fault for fault in faults if fault]
    if told:
        raise OutOfBalance("; ".join(told))


def _payments(payments: pl.DataFrame, daily: pl.DataFrame) -> list[str | None]:
    """paid = returned + unreturned settled + unreturned pending, by day and against the payments themselves."""
    left = pl.col("paid_tiyn") - pl.col("returned_tiyn")
    by_state = payments.with_columns(
        settled_tiyn=pl.when(pl.col("state") != "pending").then(left).otherwise(0),
        pending_tiyn=pl.when(pl.col("state") == "pending").then(left).otherwise(0),
    )
    parts = daily.with_row_index("sequence").with_columns(
        parts=pl.sum_horizontal("returned_tiyn", "settled_tiyn", "pending_tiyn")
    )
    return [
        _differs(_countable(parts), "paid_tiyn", "parts", "daily_totals.paid_tiyn against its parts"),
        *(
            _whole(by_state, daily, name, f"payments.{name} against the sum of daily_totals")
            for name in ("paid_tiyn", "returned_tiyn", "settled_tiyn", "pending_tiyn")
        ),
        _differs(
            payments.with_row_index("sequence").filter(pl.col("returned_tiyn") > pl.col("paid_tiyn")),
            "returned_tiyn",
            "paid_tiyn",
            "payments.returned_tiyn above paid_tiyn",
        ),
    ]


def _none_lost(table: str, rows: pl.DataFrame, accepted: pl.DataFrame, kind: str) -> list[str | None]:
    """Rows of a table = accepted lines of its kind, by KNP: no join with links, settlement or returns lost one."""
    lines = accepted.filter(pl.col("kind") == kind).group_by("knp").agg(pl.col("lines", "tiyn").sum())
    counted = [rows.group_by("knp").agg(pl.len().cast(pl.Int64).alias("lines"), pl.col("tiyn").sum()), lines]
    both = counted[0].join(counted[1], on="knp", how="full", coalesce=True, suffix="_accepted").fill_null(0)
    what = f"{table} against the accepted lines"
    return [_differs(both.sort("knp"), unit, f"{unit}_accepted", what, "knp") for unit in ("lines", "tiyn")]


def _statements(files: pl.DataFrame, statements: pl.DataFrame, entries: pl.DataFrame) -> list[str | None]:
    """Credits of the entries = matched + refunds + penalties + other + unmatched; all entries = what was accepted."""
    by_match = pl.sum_horizontal(f"{name}_credits_tiyn" for name in MATCHES)
    credits = entries.filter(pl.col("direction") == "credit").group_by("sequence").agg(tiyn=pl.col("amount_tiyn").sum())
    told = statements.group_by("sequence").agg(by_match.sum().alias("by_match"))
    joined = told.join(credits, on="sequence", how="left").fill_null(0)
    moved = entries.group_by("sequence").agg(tiyn=pl.col("amount_tiyn").sum())
    # An entry that was released alone has no statement of its own.
    shown = pl.concat([frame.select("sequence") for frame in (statements, entries)])
    taken = files.join(shown, on="sequence", how="semi").join(moved, on="sequence", how="left").fill_null(0)
    return [
        _differs(joined, "tiyn", "by_match", "credits of the statement's entries against the sum by match"),
        _differs(taken, "accepted_tiyn", "tiyn", "files.accepted_tiyn against the statement's entries"),
    ]


def _countable(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose money a BIGINT can hold; sums of amounts that nobody can have paid stand at its end."""
    return frame.filter(pl.max_horizontal(pl.col("^.*_tiyn$")) < _LARGEST)


def _whole(left: pl.DataFrame, right: pl.DataFrame, column: str, what: str) -> str | None:
    sums = [frame[column].fill_null(0).cast(pl.Int128).sum() for frame in (left, right)]
    if sums[0] == sums[1] or _countable(right).height < right.height:
        return None
    return f"{what}: {sums[0]} and {sums[1]}"


def _parts(frame: pl.DataFrame, whole: str | None, table: str) -> str | None:
    for unit in ("lines", "tiyn"):
        name = f"{whole}_{unit}" if whole else {"lines": "lines", "tiyn": "sum_tiyn"}[unit]
        frame = frame if "sequence" in frame.columns else _countable(frame).with_row_index("sequence")
        parts = frame.select("sequence", name, parts=pl.sum_horizontal(f"{verdict}_{unit}" for verdict in VERDICTS))
        fault = _differs(parts, name, "parts", f"{table}.{name} against its parts")
        if fault:
            return fault
    return None


def _differs(frame: pl.DataFrame, left: str, right: str, what: str, of: str = "sequence") -> str | None:
    off = frame.filter(pl.col(left) != pl.col(right))
    if off.is_empty():
        return None
    row = off.row(0, named=True)
    where = f"{'delivery' if of == 'sequence' else of} {row[of]}"
    return f"{what}: {where}: {row[left]} and {row[right]} ({off.height} rows differ)"
