"""Tie every return line to the one payment line that it cancels, in full or in part.

Grain in:  payments and returns, a row per line, with current ids (iin, payer_now).
Grain out: one row per return line (sequence, line_no).
Money is tiyn. All that is known on the day counts, whatever came first. Source: contract.md section 3, "Returns".
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.ledger import LEDGER
from transforms.ids import Among, among, distinct, repeated

# What a return and its payment must share; ids are current ones.
KEY = ["payer_now", "iin", "period", "knp"]
_PAYMENT = ["payment_sequence", "payment_line"]
_LINE = ["sequence", "line_no"]
_OF_BOTH = [*_LINE, "value_date", "received_on", "amount_tiyn", "document_reference", "document_number"]
OF_RETURN = [*_OF_BOTH, *KEY]
_OF_LINE = [*_OF_BOTH, "payer", "person", "period", "knp"]
_MIXED = ["person", "period"]  # looked at in every line; the rest of a key only where these are those of one
_MIX = np.array(  # odd: all bits count
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F], dtype=np.uint64
)
_FOLD = np.uint64(32)
_AT_ONCE = 1 << 13  # rows that are mixed within the processor's own memory


def could_be_returned(payments: Iterable[pl.LazyFrame], keys: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """payments in parts, keys (payer, person, period, knp) -> lines that have one of the keys, and maybe others.

    Grain: a payment line, in as many parts and an empty one. One number is looked up for each line, and only what has
    it is read any further; another one for each of these.
    """
    near, whole = (Among(distinct(np.sort(mixed))) for mixed in (_mixed(keys.select(_MIXED)), _mixed_key(keys)))

    def likely(columns: Sequence[pl.Series]) -> pl.Series:
        return pl.Series(near.could_hold(_mixed(columns)))

    asked = pl.map_batches(_MIXED, likely, return_dtype=pl.Boolean, is_elementwise=True)
    yield pl.DataFrame(schema={name: LEDGER["payments"][name] for name in _OF_LINE})
    for part in payments:
        lines = part.filter(asked).select(_OF_LINE).collect()
        yield lines.filter(pl.Series(whole.could_hold(_mixed_key(lines))))


def match_returns(returns: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """returns (`OF_RETURN`), payments -> payment_sequence, payment_line (null if unmatched), outcome and true_on.

    outcome is matched, return_exceeds_payment (more than is left of every fitting payment) or
    return_without_payment (nothing fits, or without a reference more than one does). true_on is the day since which
    it is so: what came after the return may be why.
    """
    waiting = _in_turn(returns.select(OF_RETURN).sort("value_date", *_LINE))
    rest = payments.select(
        *KEY,
        reference=pl.col("document_reference").fill_null(""),
        number=_number("document_number"),
        whole_tiyn="amount_tiyn",
        left_tiyn="amount_tiyn",
        paid_on="received_on",
        taken_on=pl.lit(None, dtype=pl.Date),  # the day of the last return that took of it
        payment_sequence="sequence",
        payment_line="line_no",
    ).sort(_PAYMENT)
    by_turn = waiting.partition_by("turn", as_dict=True)
    turns = [by_turn[(turn,)] for turn in range(len(by_turn))] or [waiting]
    done = [_one_round(turns[0], rest)]
    for turn in turns[1:]:
        rest = rest.join(turn, on=KEY, how="semi", maintain_order="left")  # the others are settled
        took = done[-1].filter(pl.col("outcome") == "matched")
        taken = took.select(*_PAYMENT, taken_tiyn="amount_tiyn", back_on="received_on")
        rest = rest.join(taken, on=_PAYMENT, how="left", maintain_order="left").select(
            pl.all().exclude("taken_tiyn", "left_tiyn", "back_on", "taken_on"),
            left_tiyn=pl.col("left_tiyn") - pl.col("taken_tiyn").fill_null(0),
            taken_on=pl.max_horizontal("taken_on", "back_on"),
        )
        done.append(_one_round(turn, rest))
    return pl.concat(done).select(*_LINE, "outcome", "true_on", *_PAYMENT).sort(_LINE)


def _in_turn(returns: pl.DataFrame) -> pl.DataFrame:
    """returns in order -> the same with `turn`: the how-manieth return of its key each is, from 0. Grain: a return."""
    mixed = _mixed([returns[name] for name in ("iin", "payer_now", "period")])
    several = pl.Series(among(mixed, repeated(mixed)))  # hardly any key has a second one
    turn = pl.int_range(pl.len()).over(KEY)
    alone = returns.filter(~several).with_columns(turn=pl.lit(0, dtype=pl.Int64))
    return pl.concat([alone, returns.filter(several).with_columns(turn=turn)])


def _one_round(turn: pl.DataFrame, rest: pl.DataFrame) -> pl.DataFrame:
    """Judge at most one return per key, so that none of them competes with another."""
    reference = pl.col("document_reference").fill_null("")
    pairs = turn.select(*_LINE, *KEY, "amount_tiyn", wanted=reference, wanted_number=_number("document_number"))
    pairs = pairs.join(rest, on=KEY)
    fitting = _told_of(pairs.filter((pl.col("wanted") == "") | _same_document()).sort(*_LINE, *_PAYMENT))
    return (
        turn.join(fitting, on=_LINE, how="left", maintain_order="left")
        .with_columns(_outcome(), _true_on())
        .with_columns(pl.when(pl.col("outcome") == "matched").then(c).alias(c) for c in _PAYMENT)
        .drop("named", "enough", "first_on", "second_on", "spent_on")
    )


def _same_document() -> pl.Expr:
    number = (pl.col("wanted_number") == "") | (pl.col("wanted_number") == pl.col("number"))
    return (pl.col("wanted") == pl.col("reference")) & number


def _told_of(pairs: pl.DataFrame) -> pl.DataFrame:
    """What a verdict rests on, of each return with a payment that it could mean. Sorted pairs in; grain: a return."""
    named, bears = pl.col("wanted") != "", pl.col("left_tiyn") >= pl.col("amount_tiyn")
    spent = ~bears & (pl.col("whole_tiyn") >= pl.col("amount_tiyn"))
    pairs = pairs.select(
        *_LINE,
        *_PAYMENT,
        "paid_on",
        bears=bears,
        named=named,
        spent_on=pl.when(spent).then("taken_on"),
        several=pl.struct(_LINE).is_duplicated(),
    )
    # hardly any return could mean several payments, and only for those is a group made
    alone = pairs.filter(~pl.col("several")).select(
        *_LINE,
        "named",
        "spent_on",
        enough=pl.col("bears").cast(pl.UInt32),
        first_on="paid_on",
        second_on=pl.lit(None, dtype=pl.Date),
        **{name: pl.when("bears").then(name) for name in _PAYMENT},
    )
    among_several = (
        pairs.filter("several")
        .group_by(_LINE, maintain_order=True)
        .agg(
            pl.col("named").first(),
            enough=pl.col("bears").sum(),
            first_on=pl.col("paid_on").min(),
            second_on=pl.col("paid_on").filter("bears").sort().slice(1, 1).first(),
            spent_on=pl.col("spent_on").max(),
            **{name: pl.col(name).filter("bears").first() for name in _PAYMENT},
        )
    )
    return pl.concat([alone, among_several.select(alone.columns)])


def _mixed_key(rows: pl.DataFrame) -> npt.NDArray[np.uint64]:
    """A number that rows share whose whole key is alike, and others by chance only."""
    knp = pl.col("knp").cast(pl.UInt64, strict=False).fill_null(0)
    return _mixed(rows.select(*_MIXED, "payer", knp))


def _mixed(columns: Iterable[pl.Series]) -> npt.NDArray[np.uint64]:
    """Up to four columns -> a number that rows share which are alike in them, and others by chance only."""
    told = [column.to_physical().to_numpy() for column in columns]
    mixed = np.empty(len(told[0]), dtype=np.uint64)
    for first in range(0, len(mixed), _AT_ONCE):
        here = mixed[first : first + _AT_ONCE]
        here.fill(0)
        for numbers, factor in zip(told, _MIX, strict=False):
            here ^= numbers[first : first + _AT_ONCE].astype(np.uint64, copy=False) * factor
        here ^= here >> _FOLD
    return mixed


def _outcome() -> pl.Expr:
    return (
        pl.when((pl.col("enough") == 1) | (pl.col("named") & (pl.col("enough") > 0)))
        .then(pl.lit("matched"))
        .when(pl.col("enough") == 0)
        .then(pl.lit("return_exceeds_payment"))
        .otherwise(pl.lit("return_without_payment"))
        .fill_null("return_without_payment")
        .alias("outcome")
    )


def _true_on() -> pl.Expr:
    """Too large since there is a payment that could be meant and its rest was spent; ambiguous since the second."""
    since = pl.when(pl.col("enough") == 0).then(pl.max_horizontal("first_on", "spent_on")).otherwise("second_on")
    return pl.max_horizontal("received_on", since).alias("true_on")


def _number(column: str) -> pl.Expr:
    """A document number without padding."""
    return pl.col(column).fill_null("").str.strip_chars().str.strip_chars_start("0")
