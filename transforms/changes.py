"""Say why something differs between two states of knowledge: go from the older to the newer, one cause after another.

First what was known is looked at with the newer month and day (time passing), then the law is changed, then what came
since is added kind by kind, last what was recalled is taken away. The cause is the step at which a thing last became
what it is in the newer state, so every change has exactly one, and the same one when the two are exchanged.
Grain and units in each function. Source: schemas.codes.CAUSES, in this order.
"""

from collections.abc import Collection, Mapping
from itertools import pairwise

import polars as pl

from schemas.changes import CHANGES
from schemas.codes import CAUSES
from schemas.identifiers import as_text

PROGRAM = "program"
STEPS = tuple(cause for cause in CAUSES if cause != PROGRAM)
_COMES_AS = {
    "links": "link",
    "intervals": "register",
    "persons": "register",
    "returns": "return",
    "payments": "late_file",
}  # by what the rows of a new delivery are told, unless an event brought them
_TOTAL = ["what", "change", "cause", "code", "before", "after"]
_LARGEST = (1 << 63) - 1  # what a BIGINT holds


def with_causes(table: str, rows: pl.DataFrame, deliveries: pl.DataFrame) -> pl.DataFrame:
    """rows of a table of the ledger, deliveries -> rows with the `cause` that they are once known. Grain: a row."""
    told = deliveries.select("sequence", happened="event", kind="register")
    joined = rows.join(told, on="sequence", how="left", maintain_order="left")
    by_kind = pl.when(pl.col("kind") == "iin_links").then(pl.lit("link")).otherwise(pl.lit("register"))
    usual = pl.lit(_COMES_AS[table]) if table in _COMES_AS else by_kind
    by_event = pl.col("happened").is_in(["accept", "replay"])
    return joined.with_columns(cause=pl.when(by_event).then("happened").otherwise(usual)).drop("happened", "kind")


def known_after(rows: pl.DataFrame, come: Collection[str], older: int, newer: int) -> pl.DataFrame:
    """rows with sequence and cause -> those known once what has these causes has come. Grain: a row.

    `older` and `newer` are the last intake sequences of the two states.
    """
    last = pl.when(pl.col("cause").is_in(list(come))).then(newer).otherwise(older)
    return rows.filter(pl.col("sequence") <= last).drop("cause")


def last_change(walk: Mapping[str, pl.DataFrame], published: tuple[pl.DataFrame, pl.DataFrame]) -> pl.Series:
    """states by step, from the older to the newer, and the two published ones -> the cause of each. Grain: a key.

    All frames have the same keys in the same order and a column `state`. Where the way does not begin and end at what
    was published the cause is `program`.
    """
    states = [frame["state"] for frame in walk.values()]
    cause = pl.Series([None] * len(states[0]), dtype=pl.String)
    for step, (before, after) in zip(list(walk)[1:], pairwise(states), strict=True):
        cause = pl.select(pl.when(before.ne_missing(after)).then(pl.lit(step)).otherwise(cause)).to_series()
    off = published[0]["state"].ne_missing(states[0]) | published[1]["state"].ne_missing(states[-1])
    return pl.select(pl.when(off).then(None).otherwise(cause)).to_series().fill_null(PROGRAM).alias("cause")


def moving(
    deliveries: pl.DataFrame, recalled: tuple[pl.DataFrame, pl.DataFrame], older: int, newer: int
) -> pl.DataFrame:
    """deliveries, what either state knows as recalled (sequence) -> what came or went between. Grain: a delivery."""
    before, after = recalled
    came = deliveries.filter(pl.col("sequence").is_between(older, newer, closed="right"))
    came = with_causes("payments", came, deliveries).join(after, on="sequence", how="anti")
    went = deliveries.filter(pl.col("sequence") <= older).join(after, on="sequence", how="semi")
    went = went.join(before, on="sequence", how="anti").with_columns(cause=pl.lit("withdrawal"))
    return pl.concat([came, went]).select("sequence", "file_sha256", "cause")


def as_asked(rows: pl.DataFrame, older_first: bool) -> pl.DataFrame:
    """changes by older and newer -> rows of the changes by A and B: came, went or changed, before and after. Grain: a row.

    Ids become texts of 12 digits. With `older_first` A is the older one.
    """
    sides = {"older": "before", "newer": "after"} if older_first else {"older": "after", "newer": "before"}
    renamed = rows.rename(
        {
            name: name.replace(age, side)
            for age, side in sides.items()
            for name in rows.columns
            if name == age or name.startswith(f"{age}_")
        }
    )
    in_a, in_b = ("in_older", "in_newer") if older_first else ("in_newer", "in_older")
    change = pl.when(~pl.col(in_a)).then(pl.lit("came")).when(~pl.col(in_b)).then(pl.lit("went"))
    told = renamed.with_columns(change=change.otherwise(pl.lit("changed")))
    if "after_iin" in told.columns:
        told = told.with_columns(iin=pl.coalesce("after_iin", "before_iin"))
    ids = [as_text(name) for name in ("iin", "before_iin") if told.schema.get(name) == pl.UInt64]
    told = told.with_columns(ids)
    return told.select(
        (pl.col(name) if name in told.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in CHANGES.types().items()
    )


def counted(changes: pl.DataFrame) -> pl.DataFrame:
    """changes -> their totals: people by cause and statuses, payments by cause, breaks by code. Grain: a total."""
    of_people = pl.col("what") == "person"
    return _summed(
        changes.with_columns(
            pl.col("what") + "_total",
            pl.when(of_people).then("before").alias("before"),
            pl.when(of_people).then("after").alias("after"),
            rows=pl.lit(1, dtype=pl.Int64),
        )
    )


def totals(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """totals of parts -> totals of the whole as rows of the changes, people first, causes in their order. Grain: a total."""
    types = CHANGES.types()
    whole = _summed(pl.concat([pl.DataFrame(schema=types).select(*_TOTAL, "rows", "amount_tiyn"), *parts]))
    kinds = [f"{kind}_total" for kind in ("person", "payment", "break")]
    ranks = [pl.col(name).cast(pl.Enum(values)) for name, values in (("what", kinds), ("cause", list(CAUSES)))]
    absent = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in types.items() if name not in whole.columns]
    return whole.sort(*ranks, *_TOTAL, nulls_last=True).with_columns(absent).select(list(types))


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    """Sums beyond what a BIGINT holds stay at its end: no real money comes near."""
    wide = pl.col("amount_tiyn").cast(pl.Int128).sum().clip(-_LARGEST, _LARGEST).cast(pl.Int64)
    return rows.group_by(_TOTAL).agg(pl.col("rows").sum(), wide)


def out_of_count(totals: pl.DataFrame, before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """person totals against the people that either snapshot counts by status -> what does not add up, in words."""
    people = totals.filter(pl.col("what") == "person_total")
    found = []
    for status in before:
        came = int(people.filter(pl.col("after") == status)["rows"].sum())
        went = int(people.filter(pl.col("before") == status)["rows"].sum())
        if before[status] + came - went != after[status]:
            found.append(f"{status}: {before[status]} + {came} - {went} is not {after[status]}")
    return found
