"""Say why something differs between two states of knowledge: go from the older to the newer, one cause after another.

First what was known is looked at with the newer month and day (time passing), then the law is changed, then what came
since is added kind by kind, last what was recalled is taken away. The cause is the step at which a thing last became
what it is in the newer state, so every change has exactly one, and the same one when the two are exchanged.
Grain and units in each function. Source: schemas.codes.CAUSES, in this order.
"""

from collections.abc import Collection, Mapping
from itertools import pairwise

import polars as pl

from schemas.changes import CHANGES, KINDS
from schemas.codes import CAUSES, STATUSES
from schemas.identifiers import as_text
from transforms.links import connected

PROGRAM = "program"
STEPS = tuple(cause for cause in CAUSES if cause != PROGRAM)
_LINE = ["file_sha256", "line_no"]
_KEY = ["payer", "person", "period", "knp"]  # what a return and its payment share but for ids that changed
_COMES_AS = {
    "links": "link",
    "intervals": "register",
    "persons": "register",
    "returns": "return",
    "payments": "late_file",
}  # by what the rows of a new delivery are told, unless an event brought them


def with_causes(table: str, rows: pl.DataFrame, deliveries: pl.DataFrame) -> pl.DataFrame:
    """rows of a table of the ledger, deliveries -> rows with the `cause` that they are once known. Grain: a row."""
    told = deliveries.select("sequence", happened="event", kind="register")
    joined = rows.join(told, on="sequence", how="left", maintain_order="left")
    by_kind = pl.when(pl.col("kind") == "iin_links").then(pl.lit("link")).otherwise(pl.lit("register"))
    usual = pl.lit(_COMES_AS[table]) if table in _COMES_AS else by_kind
    by_event = pl.col("happened").is_in(["accept", "replay"])
    return joined.with_columns(cause=pl.when(by_event).then("happened").otherwise(usual)).drop("happened", "kind")


def payments_to_look_at(
    payments: pl.DataFrame, returns: pl.DataFrame, links: pl.DataFrame, people: pl.Series, lines: pl.DataFrame
) -> pl.DataFrame:
    """payments, returns, links of any day -> payments that decide the status of these people or the state of `lines`.

    A status rests on every payment of the person. The state of a line (file_sha256, line_no) rests on itself and what
    its returns could mean instead: those with a return's key. Where a link tells of an id, keys change: all are kept.
    Grain: a payment line, in the order that they had.
    """
    tied = pl.concat([links["person"], links["current"]]).unique()
    whole = connected(people, links)
    keys = returns.select(*_KEY, meant=True).unique()
    joined = payments.join(keys, on=_KEY, how="left", maintain_order="left").join(
        lines.select(*_LINE, asked=True).unique(), on=_LINE, how="left", maintain_order="left"
    )
    kept = (
        pl.col("person").is_in(whole.implode())
        | pl.any_horizontal(pl.col("meant", "asked").is_not_null())
        | pl.any_horizontal(pl.col("person", "payer").is_in(tied.implode()))
    )
    return joined.filter(kept).drop("meant", "asked")


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
    """changes by older and newer -> the same by A and B: came, went or changed, before and after. Grain: a row.

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


def in_order(totals: pl.DataFrame) -> pl.DataFrame:
    """totals as rows of the changes -> the same, people first, causes in their order. Grain: a total."""
    kinds = [kind for kind in KINDS if kind.endswith("_total")]
    ranks = [pl.col(name).cast(pl.Enum(values)) for name, values in (("what", kinds), ("cause", list(CAUSES)))]
    return totals.sort(*ranks, "code", "change", "before", "after", nulls_last=True)


def out_of_count(totals: pl.DataFrame, before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """totals, what A and B count by themselves -> what does not add up, in words.

    Counted are people by status and, where the two can be held against each other, the rows of `payments` and `breaks`.
    """
    found = []
    for name in before:
        if name in STATUSES:
            moved = [
                totals.filter((pl.col("what") == "person_total") & (pl.col(side) == name))
                for side in ("after", "before")
            ]
        else:
            of_table = pl.col("what") == f"{name.removesuffix('s')}_total"
            moved = [totals.filter(of_table & (pl.col("change") == change)) for change in ("came", "went")]
        came, went = (int(rows["rows"].sum()) for rows in moved)
        if before[name] + came - went != after[name]:
            found.append(f"{name}: {before[name]} + {came} - {went} is not {after[name]}")
    return found
