"""Judge one large register part by part, so that it need not fit in memory: the same rows as judged at once.

What is accepted of a part is written into the segment at once; all else is small or a sum. Two things are known at the
end only: whether the document stands (its controls), and which lines repeat ids of the ledger. If it does not stand,
what was written is taken back; parts in which the ledger's ids are met are judged again, knowing them. How a part is
judged: pipelines/judge_part.py.
Grain: one delivery in, the ledger's tables out (accepted lines are in the segment). Source: contract.md section 3.
"""

import polars as pl

from pipelines import ledger
from pipelines.delivered import Delivered
from pipelines.judge import Known, judged_documents
from pipelines.judge_part import Judging, Part
from pipelines.judged import as_kept, deliveries, files
from schemas.ledger import LEDGER
from schemas.rules import Law
from transforms import controls, duplicates, verdicts
from transforms.orders import of_sums


def judge_in_parts(one: Delivered, known: Known, law: Law, segment: ledger.Segment) -> dict[str, pl.DataFrame]:
    """The ledger's tables for a large delivery; what is accepted of it is in the segment."""
    judged = Judging(one, known, law, segment)
    parts = judged.all_parts(readable=True)
    if sum(part.size for part in parts) > controls.MOST_OF_A_FILE:
        segment.clear()
        parts = judged.all_parts(readable=False)
    found = pl.concat([part.found for part in parts])
    documents = judged_documents(
        [one], _one_sender(parts), found, {one.record.sequence: sum(part.rows for part in parts)}, known
    )
    documents = duplicates.message_keys(documents, pl.DataFrame()).with_columns(sound_lines=pl.lit(0, dtype=pl.Int64))
    documents = duplicates.judge_messages(documents, known.documents(documents))
    return _tables(one, documents, parts, segment)


def _tables(
    one: Delivered, documents: pl.DataFrame, parts: list[Part], segment: ledger.Segment
) -> dict[str, pl.DataFrame]:
    totals = verdicts.added_up([part.totals for part in parts])
    quarantine = verdicts.document_quarantine(documents).with_columns(field=pl.lit(None, dtype=pl.String))
    outside = [quarantine.select(list(LEDGER["quarantine"]))]
    orders, accepted = _orders(parts), sum(part.accepted for part in parts)
    if documents["refused_reason"].null_count() < documents.height:  # its lines go with it, whatever they are
        segment.clear()
        totals, orders, accepted = _refused(totals), orders.clear(), 0
        if one.left is not None:  # an event that releases nothing repeats nothing either
            totals, documents, outside = totals.clear(), documents.clear(), [outside[0].clear()]
    else:
        outside += [part.quarantine for part in parts]
        if documents["partial"].any():
            orders = orders.clear()
    counted = pl.when(pl.col("document_no") == 0).then(pl.lit(accepted if accepted else None, dtype=pl.Int64))
    tables = {
        "deliveries": deliveries([one], documents, totals),
        "documents": documents.with_columns(accepted_lines=counted),
        "orders": orders,
        "quarantine": pl.concat(outside).sort("sequence", "line_no", maintain_order=True),
        "totals": totals.join(files([one]), on="sequence", maintain_order="left"),
    }
    return {name: as_kept(name, frame) for name, frame in tables.items()} | {
        "statements": pl.DataFrame(schema=LEDGER["statements"])
    }


def _orders(parts: list[Part]) -> pl.DataFrame:
    """The orders of all parts; what an order is called is told by the first of its lines in the file."""
    sums = pl.concat([part.orders for part in parts])
    return of_sums([sums.sort("sequence", "at", maintain_order=True)])


def _refused(totals: pl.DataFrame) -> pl.DataFrame:
    """totals -> totals, all of it refused."""
    nothing = [
        pl.lit(0, dtype=pl.Int64).alias(f"{verdict}_{unit}")
        for verdict in ("accepted", "quarantined", "duplicate")
        for unit in ("lines", "tiyn")
    ]
    return totals.with_columns(*nothing, refused_lines="received_lines", refused_tiyn="received_tiyn")


def _one_sender(parts: list[Part]) -> pl.DataFrame:
    """The sender of the file's lines, null where it is not one."""
    told = pl.concat([part.senders for part in parts])
    return told.group_by("sequence").agg(
        sender_of_lines=pl.when(pl.col("sender_of_lines").n_unique() == 1).then(pl.col("sender_of_lines").first())
    )
