"""Files of MT102 lists in which employers pay for their employees, and what of them comes back or again later.

Grain: one Paper per file, chunk by chunk of whole files, so that memory does not grow with the nation.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipelines.generate import messages as mt
from pipelines.generate.draw import Places, below
from pipelines.generate.faults import FOREIGN_ACCOUNT, MESSAGE_FAULTS, OF_LISTS, message_faults, with_line_faults
from pipelines.generate.lines import payer_account, with_people
from pipelines.generate.message_papers import OF_LINE, message_papers, with_messages
from pipelines.generate.nation import BICS, Nation
from pipelines.generate.numbers import bins
from pipelines.generate.papers import Carry, Day, Paper
from pipelines.generate.wages import employers_of_day, files_of_employers, wage_lines
from schemas.codes import MEDS_ACCOUNT

CHUNK_LINES = 300_000
_PURPOSE = "Отчисления и взносы на обязательное социальное медицинское"


def wage_papers(day: Day, carry: Carry) -> Iterator[Paper]:
    """The files of the employers who pay on the day."""
    nation = day.nation
    employers = employers_of_day(nation, day.month, day.of_month)
    if not len(employers):
        return
    files = files_of_employers(nation, employers)
    size = (nation.starts[1:] - nation.starts[:-1])[employers] * 2
    chunk = (np.cumsum(size) // CHUNK_LINES)[np.searchsorted(files, files)]  # that of the first of its file
    for one in np.unique(chunk):
        here = chunk == one
        lines, told = _composed(day, employers[here], files[here])
        yield from message_papers(day, lines, told, "wages", carry)


def _composed(day: Day, employers: Places, files: Places) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines and messages of some employers."""
    nation = day.nation
    lines = _with_penalties(wage_lines(nation, day.month, employers), employers, day.month)
    told = _employers(nation, employers, files, day.month)
    lines = lines.join(told.select("employer", "file", "most", "kept"), on="employer", maintain_order="left")
    lines = lines.with_columns(
        period=pl.lit(day.month - 1, dtype=pl.Int64),
        part=pl.col("knp") - 121,
        whole="kept",
        covers=pl.col("knp") <= 122,
        own=pl.lit(False),
        **{name: pl.lit(None, dtype=pl.String) for name in ("own_account", "own_name", "own_number")},
    )
    lines = with_messages(with_people(lines, day), ["employer", "knp"], pl.col("most"))
    lines = lines.join(told.select("employer", "payer_text"), on="employer", maintain_order="left")
    lines = with_line_faults(lines, OF_LISTS, nation, day.month)
    heads = lines.group_by("message", maintain_order=True).agg(
        pl.col("employer", "file", "knp", "message_part").first(), declared_tiyn=pl.col("amount_tiyn").sum()
    )
    lines = lines.select(OF_LINE)
    return _judged(lines, _with_heads(day, heads.join(told.drop("file"), on="employer", maintain_order="left")))


def _with_penalties(lines: pl.DataFrame, employers: Places, month: int) -> pl.DataFrame:
    """Some employers pay a penalty (123) for their first employee, which covers nothing."""
    late = employers[(employers + month * 3) % 97 == 0]
    few = lines.filter(pl.col("employer").is_in(late)).unique("employer", keep="first", maintain_order=True)
    few = few.with_columns(knp=pl.lit(123, dtype=pl.Int64), amount_tiyn=pl.lit(50_000, dtype=pl.Int64))
    order = pl.DataFrame({"employer": employers}).with_row_index("order")
    both = pl.concat([lines, few]).join(order, on="employer", maintain_order="left")
    return both.sort("order", "knp", maintain_order=True).drop("order")


def _employers(nation: Nation, employers: Places, files: Places, month: int) -> pl.DataFrame:
    """What an employer's messages have in common. Grain: an employer."""
    fault = message_faults(nation, employers, month)
    spaced = max(5, min(200, nation.employers * nation.months // 20))
    again = pl.Series((employers + month * 5) % spaced == 0) & fault.is_null()
    return pl.DataFrame(
        {
            "employer": employers,
            "file": files,
            "bank": nation.banks_of_employers[employers],
            "payer_text": pl.Series(bins(employers)).cast(pl.String),
            "most": np.array([50, 100, 150])[below(3, nation.seed, "message size", employers)],
            "message_fault": fault,
            "comes_again": again,
            "comes_changed": fault.eq_missing("comes again changed"),
            "kept": fault.is_null() & ~again,
        }
    )


def _with_heads(day: Day, heads: pl.DataFrame) -> pl.DataFrame:
    """messages with what stands in their head. Grain: a message."""
    kind, part = pl.col("knp") - 120, pl.col("message_part")
    number = day.month % 100 * 100_000 + part * 10 + kind
    abroad = pl.col("message_fault").eq_missing("other account")
    way = pl.col("bank") % mt.WAYS
    return heads.with_columns(
        way=way,
        is_package=pl.lit(False),
        is_cut=pl.col("message_fault").eq_missing("no end"),
        reference=pl.concat_str(
            pl.lit(f"T{day.month:05d}"),
            pl.col("employer").cast(pl.String).str.zfill(6),
            kind.cast(pl.String),
            part.cast(pl.String).str.zfill(3),
        ),
        payer_bank=pl.Series(BICS).gather(heads["bank"]),
        payer_account=payer_account("employer"),
        payer_name=pl.concat_str(pl.lit("ТОО СИНТЕТИКА "), pl.col("employer").cast(pl.String)),
        sender_text="payer_text",
        beneficiary_account=pl.when(abroad).then(pl.lit(FOREIGN_ACCOUNT)).otherwise(pl.lit(MEDS_ACCOUNT)),
        beneficiary_name=pl.lit(mt.STATE_NAME),
        beneficiary_text=pl.lit(mt.STATE_BIN),
        document_number=number.cast(pl.String),
        document_date=pl.lit(day.day),
        value_date=pl.lit(day.day),
        knp_text=pl.col("knp").cast(pl.String),
        period=pl.lit(day.month - 1, dtype=pl.Int64),
        has_head_period=way != 1,
        purpose=pl.lit(_PURPOSE),
        kind=pl.when(abroad).then(None).otherwise(pl.lit("payment")),
    )


def _judged(lines: pl.DataFrame, heads: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """lines, messages -> the same with the verdicts that the messages' faults give, the wrong totals written."""
    verdicts = {kind: verdict for kind, (verdict, _) in MESSAGE_FAULTS.items()}
    reasons = {kind: reason for kind, (_, reason) in MESSAGE_FAULTS.items()}
    fault = pl.col("message_fault")
    heads = heads.with_columns(
        message_verdict=fault.replace_strict(verdicts, default=None, return_dtype=pl.String),
        message_reason=fault.replace_strict(reasons, default=None, return_dtype=pl.String),
        declared_tiyn=pl.col("declared_tiyn") + pl.when(fault == "wrong total").then(10_000).otherwise(0),
    ).with_columns(refused_reason=pl.when(pl.col("message_verdict") == "refused").then("message_reason"))
    joined = lines.join(
        heads.select("message", "message_verdict", "message_reason"), on="message", maintain_order="left"
    )
    spoiled = pl.col("message_verdict").is_not_null()
    return joined.with_columns(
        verdict=pl.when(spoiled).then("message_verdict").otherwise("verdict"),
        reason=pl.when(spoiled).then("message_reason").otherwise("reason"),
    ).drop("message_verdict", "message_reason"), heads
