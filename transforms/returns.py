"""Tie every return line to the one payment line that it cancels, in full or in part.

Grain in:  payments and returns, a row per line, with current ids (iin, payer_now).
Grain out: one row per return line (sequence, line_no).
Money is tiyn. All that is known on the day counts, whatever came first. Source: contract.md section 3, "Returns".
"""

from collections.abc import Iterable

import polars as pl

from schemas.ledger import LEDGER

# What a return and its payment must share; ids are current ones.
KEY = ["payer_now", "iin", "period", "knp"]
_PAYMENT = ["payment_sequence", "payment_line"]
_LINE = ["sequence", "line_no"]
_OF_BOTH = [*_LINE, "value_date", "received_on", "amount_tiyn", "document_reference", "document_number"]
OF_RETURN = [*_OF_BOTH, *KEY]
_OF_LINE = [*_OF_BOTH, "payer", "person", "period", "knp"]
# odd numbers whose products spread over all 64 bits
_MIX = {
    "person": 0x9E3779B97F4A7C15,
    "payer": 0xC2B2AE3D27D4EB4F,
    "period": 0xD6E8FEB86659FD93,
    "knp": 0xA0761D6478BD642F,
}


def could_be_returned(payments: Iterable[pl.LazyFrame], keys: pl.DataFrame) -> pl.DataFrame:
    """payments in parts, keys (payer, person, period, knp) -> lines that have one of the keys, and hardly any others.

    Grain: a payment line. One number is looked up for each line, and only what has it is read any further.
    """
    wanted = keys.select(_mixed()).to_series().unique().implode()
    found = [part.filter(_mixed().is_in(wanted)).select(_OF_LINE).collect() for part in payments]
    return pl.concat([pl.DataFrame(schema={name: LEDGER["payments"][name] for name in _OF_LINE}), *found])


def match_returns(returns: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """returns (`OF_RETURN`), payments -> payment_sequence, payment_line (null if unmatched), outcome and true_on.

    outcome is matched, return_exceeds_payment (more than is left of every fitting payment) or
    return_without_payment (nothing fits, or without a reference more than one does). true_on is the day since which
    it is so: what came after the return may be why.
    """
    waiting = (
        returns.select(OF_RETURN)
        .sort("value_date", *_LINE)
        .with_columns(turn=pl.int_range(pl.len()).over(KEY))  # the how-manieth return of its key
    )
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
    done = []
    by_turn = waiting.partition_by("turn", as_dict=True)
    for turn in range(waiting["turn"].n_unique()):
        rest = rest.join(by_turn[(turn,)], on=KEY, how="semi", maintain_order="left")  # the others are settled
        judged = _one_round(by_turn[(turn,)], rest)
        took = judged.filter(pl.col("outcome") == "matched")
        taken = took.select(*_PAYMENT, taken_tiyn="amount_tiyn", back_on="received_on")
        rest = rest.join(taken, on=_PAYMENT, how="left", maintain_order="left").select(
            pl.all().exclude("taken_tiyn", "left_tiyn", "back_on", "taken_on"),
            left_tiyn=pl.col("left_tiyn") - pl.col("taken_tiyn").fill_null(0),
            taken_on=pl.max_horizontal("taken_on", "back_on"),
        )
        done.append(judged)
    judged = pl.concat(done) if done else _one_round(waiting, rest)
    return judged.select(*_LINE, "outcome", "true_on", *_PAYMENT).sort(_LINE)


def returned_sums(matched: pl.DataFrame) -> pl.DataFrame:
    """matched returns -> returned_tiyn and returned_on (the last day). Grain: one row per payment line."""
    return (
        matched.filter(pl.col("outcome") == "matched")
        .group_by("payment_sequence", "payment_line")
        .agg(returned_tiyn=pl.col("amount_tiyn").sum(), returned_on=pl.col("received_on").max())
        .sort("payment_sequence", "payment_line")
    )


def _one_round(turn: pl.DataFrame, rest: pl.DataFrame) -> pl.DataFrame:
    """Judge at most one return per key, so that none of them competes with another."""
    reference = pl.col("document_reference").fill_null("")
    pairs = turn.select(
        "sequence", "line_no", *KEY, "amount_tiyn", wanted=reference, wanted_number=_number("document_number")
    ).join(rest, on=KEY)
    named = pl.col("wanted") != ""
    same_document = (pl.col("wanted") == pl.col("reference")) & (
        (pl.col("wanted_number") == "") | (pl.col("wanted_number") == pl.col("number"))
    )
    bears = pl.col("left_tiyn") >= pl.col("amount_tiyn")
    fitting = (
        pairs.filter(~named | same_document)
        .sort("sequence", "line_no", *_PAYMENT)
        .group_by("sequence", "line_no", maintain_order=True)
        .agg(
            named=pl.col("wanted").first() != "",
            enough=bears.sum(),
            first_on=pl.col("paid_on").min(),
            second_on=pl.col("paid_on").filter(bears).sort().slice(1, 1).first(),
            spent_on=pl.col("taken_on").filter(~bears & (pl.col("whole_tiyn") >= pl.col("amount_tiyn"))).max(),
            **{c: pl.col(c).filter(bears).first() for c in _PAYMENT},
        )
    )
    return (
        turn.join(fitting, on=["sequence", "line_no"], how="left", maintain_order="left")
        .with_columns(_outcome(), _true_on())
        .with_columns(pl.when(pl.col("outcome") == "matched").then(c).alias(c) for c in _PAYMENT)
        .drop("named", "enough", "first_on", "second_on", "spent_on")
    )


def _mixed() -> pl.Expr:
    """A number that lines of one key share, and others by chance only."""
    numbers = {
        "person": pl.col("person"),
        "payer": pl.col("payer"),
        "period": pl.col("period").to_physical().cast(pl.UInt64),
        "knp": (pl.col("knp") == "121").cast(pl.UInt64),
    }
    told = [number * pl.lit(_MIX[name], dtype=pl.UInt64) for name, number in numbers.items()]
    return (told[0] ^ told[1] ^ told[2] ^ told[3]).alias("mixed")


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
