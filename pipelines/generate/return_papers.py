"""Files of what comes back on a day: MT102 lists from the State Corporation's account, and returns registers.

Grain: one Paper per file. A list names no original, for it has a reference of its own; a row of the register does. A
few rows name nothing that was paid, more than was paid, or come twice: they cancel nothing.
Source: contract.md section 3, "Returns".
"""

from collections.abc import Iterator

import polars as pl

from pipelines.generate import messages as mt
from pipelines.generate.draw import happens
from pipelines.generate.message_papers import message_papers, with_messages
from pipelines.generate.papers import Carry, Day, Paper
from pipelines.generate.register_papers import register_papers
from schemas.codes import MEDS_ACCOUNT

_ODD = 16  # one row in so many of a returns register has an odd one behind it


def return_papers(day: Day, carry: Carry) -> Iterator[Paper]:
    """The files of the day in which money comes back."""
    given = carry.returns[day.place]
    if not given:
        return
    lines = pl.concat(given).with_columns(
        amount_tiyn=pl.when(pl.col("back_halves") == 1).then(pl.col("amount_tiyn") // 2).otherwise("amount_tiyn"),
        value_date=pl.lit(day.day),
        document_date=pl.lit(day.day),
        kind=pl.lit("return"),
        covers=pl.lit(False),
        verdict=pl.lit("accepted"),
        reason=pl.lit(""),
        fault=pl.lit(None, dtype=pl.String),
        outcome=pl.lit("matched"),
    )
    by_message = pl.Series(happens(5_000, day.nation.seed, "back by message", lines["person_place"].to_numpy()))
    yield from _registers(day, lines.filter(~by_message), carry)
    yield from _messages(day, lines.filter(by_message), carry)


def _registers(day: Day, lines: pl.DataFrame, carry: Carry) -> Iterator[Paper]:
    place = pl.int_range(pl.len())
    row_id = pl.concat_str(pl.lit(f"B{day.place}-"), place.cast(pl.String))
    rows = lines.with_columns(
        order=place * 2, row_id=row_id, form=pl.lit("returns_register"), id_scope=pl.lit("returns_register|"),
        payer_bank=pl.lit(None, dtype=pl.String), document_date=pl.lit(None, dtype=pl.Date),
    )  # fmt: skip
    few = rows.filter((pl.col("order") // 2 + day.place) % _ODD == 0)
    which = (pl.col("order") // 2 // _ODD + day.place) % 3
    odd = few.with_columns(
        which=which,
        order=pl.col("order") + 1,
        row_id=pl.when(which == 2).then("row_id").otherwise(pl.concat_str("row_id", pl.lit("X"))),
        document_reference=pl.when(which == 0).then(pl.lit("NOTHING-LIKE-IT")).otherwise("document_reference"),
        amount_tiyn=pl.col("amount_tiyn") * pl.when(which == 1).then(3).otherwise(1),
        verdict=pl.when(which == 2).then(pl.lit("duplicate")).otherwise(pl.lit("accepted")),
        reason=pl.when(which == 2).then(pl.lit("duplicate_payment")).otherwise(pl.lit("")),
        outcome=pl.when(which == 0)
        .then(pl.lit("return_without_payment"))
        .when(which == 1)
        .then(pl.lit("return_exceeds_payment")),
        fault=pl.when(which == 2).then(pl.lit("same id")).otherwise("fault"),
    )
    whole = pl.concat([rows, odd.drop("which")]).sort("order")
    yield from register_papers(day, whole, "returns_register", carry)


def _messages(day: Day, lines: pl.DataFrame, carry: Carry) -> Iterator[Paper]:
    if lines.is_empty():
        return
    lines = lines.sort("payer_text", "knp", "person_place", "period", maintain_order=True)
    lines = with_messages(lines, ["payer_text", "knp"], pl.lit(100))
    heads = lines.group_by("message", maintain_order=True).agg(
        pl.col("payer_text", "payer_account", "payer_name", "knp_text").first(),
        declared_tiyn=pl.col("amount_tiyn").sum(),
        size=pl.len(),
    )
    number = pl.int_range(1, pl.len() + 1)
    size = pl.col("size").cast(pl.Int64)
    none = pl.lit(None, dtype=pl.String)
    heads = heads.with_columns(
        file=(size.cum_sum() - size) // day.nation.lines_a_file,
        way=pl.lit(0, dtype=pl.Int64),
        is_package=pl.lit(False),
        is_cut=pl.lit(False),
        reference=pl.concat_str(pl.lit(f"V{day.place:04d}"), number.cast(pl.String).str.zfill(8)),
        payer_bank=pl.lit(mt.STATE_BIC),
        beneficiary_account="payer_account",
        beneficiary_name="payer_name",
        beneficiary_text="payer_text",
        payer_account=pl.lit(MEDS_ACCOUNT),
        payer_name=pl.lit(mt.STATE_NAME),
        sender_text=pl.lit(mt.STATE_BIN),
        document_number=number.cast(pl.String),
        document_date=pl.lit(day.day),
        value_date=pl.lit(day.day),
        period=pl.lit(None, dtype=pl.Int64),
        has_head_period=pl.lit(False),
        purpose=pl.lit("Возврат ошибочно перечисленных средств"),
        kind=pl.lit("return"),
        refused_reason=none,
    )
    lines = lines.drop("payer_account", "payer_name", "document_reference", "document_number", "kind")
    lines = lines.with_columns(own_account=none, own_name=none, own_number=none)
    yield from message_papers(day, lines, heads, "returns", carry, "returns")
