"""The one gate for frames: `checked` lets a frame pass or names the columns and counts that break its schema.

`first_faults` is the same gate for lines that come from outside: it tells each bad row its first reason.
Neither ever says a value, for values may be personal.
"""

from threading import Lock
from typing import cast

import polars as pl

_ONE_AT_A_TIME = Lock()  # nobody promises that Pandera validates in two threads at once


def must(reason: str, holds: pl.Expr):  # type: ignore[no-untyped-def]  # -> pandera Check
    """A Pandera check named by its reason; the expression may look at every column of the row."""
    import pandera.polars as pa

    check = pa.Check(lambda given: given.lazyframe.select(holds), name=reason, error=reason)
    check.holds = holds  # type: ignore[attr-defined]
    return check


class SchemaBreach(ValueError):
    """A table of ours breaks its own schema: a fault of the program, nothing is published."""


def checked(frame: pl.DataFrame, schema) -> pl.DataFrame:  # type: ignore[no-untyped-def]
    """The frame with the schema's columns in their order; SchemaBreach with columns and counts otherwise.

    What the schema asks is looked at in one expression first, and only what fails there goes through Pandera.
    """
    frame = frame.select(list(schema.columns))
    if passes(frame, schema):
        return frame
    failures = _failures(frame, schema)
    if failures is not None:
        counts = failures.group_by("column", "check").len().sort("column", "check").rows()
        told = "; ".join(f"{column}: {check} ({count} rows)" for column, check, count in counts)
        raise SchemaBreach(f"table {schema.name} breaks its schema: {told}")
    return frame


def passes(frame: pl.DataFrame, schema) -> bool:  # type: ignore[no-untyped-def]
    """Whether types, nulls, closed lists and the key are as the schema says; False too for a check of another kind."""
    columns = schema.columns.items()
    checks = [(name, check) for name, column in columns for check in column.checks]
    if any(check.name != "isin" for _, check in checks) or schema.checks:
        return False
    if dict(frame.schema) != {name: column.dtype.type for name, column in columns}:
        return False
    full = [pl.col(name).null_count() == 0 for name, column in columns if not column.nullable]
    listed = [pl.col(name).is_in(list(check.statistics["allowed_values"])).all() for name, check in checks]
    if frame.is_empty():
        return True
    holds = bool(frame.select(pl.all_horizontal(pl.lit(True), *full, *listed)).item())
    return holds and (not schema.unique or _are_unique(frame.select(schema.unique)))


def _are_unique(keys: pl.DataFrame) -> bool:
    """Whether no row is there twice: most tables lie by their key, and only others are hashed."""
    rising = pl.lit(False)
    for name in reversed(keys.columns):
        here, before = pl.col(name), pl.col(name).shift(1)
        rising = (here > before) | ((here == before) & rising)
    if keys.select(rising.slice(1).all(ignore_nulls=False)).item():
        return True
    return keys.select(pl.struct(pl.all()).n_unique()).item() == keys.height


def first_faults(frame: pl.DataFrame, schema, order: list[str]) -> pl.DataFrame:  # type: ignore[no-untyped-def]
    """Bad rows of a frame with the first reason in the order. Grain: one row per bad row (row, reason, field).

    The schema's checks look at one row at a time. So all of them are asked in one expression which rows are bad, and
    those one by one which it is; Pandera, asked the same, judges all rows alike (a test proves it).
    """
    absent = set(schema.columns) - set(frame.columns)
    if absent:
        raise SchemaBreach(f"lines do not have the form of {schema.name}: {', '.join(sorted(absent))}")
    holds = all_hold(frame, schema)
    if holds.all():
        return pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String, "field": pl.String})
    told = [
        (order.index(check.name), number, place, name, check)
        for place, (name, column) in enumerate(schema.columns.items())
        for number, check in enumerate(column.checks)
    ]
    told.sort(key=lambda one: one[:3])
    broken = [(~check.holds.fill_null(True)).alias(str(place)) for place, (*_, check) in enumerate(told)]
    flags = frame.filter(~holds).select("row", *broken)

    def first(values: list[str]) -> pl.Expr:
        return pl.coalesce(pl.when(pl.col(str(place))).then(pl.lit(value)) for place, value in enumerate(values))

    return flags.select("row", reason=first([one[4].name for one in told]), field=first([one[3] for one in told]))


def all_hold(frame: pl.DataFrame, schema) -> pl.Series:  # type: ignore[no-untyped-def]
    """Which rows of a frame pass every check of the schema."""
    checks = [check.holds.fill_null(True) for column in schema.columns.values() for check in column.checks]
    return frame.select(pl.all_horizontal(checks)).to_series()


def _failures(frame: pl.DataFrame, schema) -> pl.DataFrame | None:  # type: ignore[no-untyped-def]
    from pandera.errors import SchemaErrors

    try:
        with _ONE_AT_A_TIME:
            schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        return cast(pl.DataFrame, error.failure_cases)
    return None
