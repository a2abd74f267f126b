"""Judge a batch of deliveries: which lines are accepted, which are not and why, as tables for the ledger.

The order of judgement: the file, its documents' controls, each line, repeated messages, repeated register ids.
Grain: a batch of deliveries in intake order in, the ledger's tables out. Reads no disk: what is known from before
comes in as `Known`. Source: contract.md section 3.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from pipelines.delivered import Delivered, declared
from pipelines.judged import ledger_tables
from pipelines.looked import looked_at, together
from pipelines.reconsider import kept_of
from schemas.codes import HARMLESS
from schemas.rules import Law
from transforms import controls, duplicates, verdicts
from transforms.facts import with_facts
from transforms.ids import among, id_hash, kept, repeated, shortened

SHRINK_FROM_ROWS = 1_000  # a register this large may not lose more than a tenth without its control file


@dataclass
class Known:
    """What the ledger knows from before: of these document keys, of these register ids, of the registers.

    `met` gives those of some hashes (transforms/ids.py, as they are kept) that are met in it.
    """

    documents: Callable[[pl.DataFrame], pl.DataFrame]
    lines: Callable[[pl.DataFrame], pl.DataFrame]
    met: Callable[[np.ndarray], np.ndarray]
    registers: dict[str, tuple[Any, ...]] = field(default_factory=dict)  # kind -> (received_on, name, sequence, rows)


def judge(batch: list[Delivered], known: Known, law: Law) -> dict[str, pl.DataFrame]:
    """The ledger's tables for a batch of deliveries."""
    looked = looked_at(batch, law) if all(one.apart is None for one in batch) else together(batch)
    (lines, faults), (rows, row_faults), (entries, entry_faults) = looked.values()
    found = [controls.found(frame) for frame in (lines, rows, entries)]
    documents = judged_documents(batch, senders(lines), pl.concat(found), sizes_of(batch), known)
    documents = duplicates.message_keys(documents, lines).join(
        _faulty(lines, faults), on=["sequence", "document_no"], how="left", maintain_order="left"
    )
    documents = documents.with_columns(sound_lines=pl.col("found_lines") - pl.col("faulty_lines").fill_null(0))
    documents = duplicates.judge_messages(documents, known.documents(documents))
    faults = pl.concat([faults, _faults_of_ids(lines, documents, faults, known)])
    lines = verdicts.with_verdicts(lines, documents, faults)
    rows = verdicts.with_verdicts(rows, documents, row_faults)
    entries = verdicts.with_verdicts(entries, documents, entry_faults)
    if batch[0].left is not None:
        documents, lines, rows, entries = kept_of(batch[0].left, documents, lines, rows, entries)
    tables = ledger_tables(batch, documents, lines, rows, entries)
    return with_facts(tables, agents_of(law))


def agents_of(law: Law) -> list[int]:
    """BINs that collect for people, whenever from."""
    return [int(agent) for agent in law.codes("agent")]


def needs_attention(tables: dict[str, pl.DataFrame]) -> bool:
    """Whether anything was refused or quarantined that is not harmless, or does not balance (exit status 3)."""
    reasons = tables["quarantine"]["reason"]
    return bool((~reasons.is_in(HARMLESS)).any() or not tables["statements"]["balances"].all())


def judged_documents(
    batch: list[Delivered], senders: pl.DataFrame, found: pl.DataFrame, sizes: dict[int, int], known: Known
) -> pl.DataFrame:
    """The batch's documents, those refused that are not as they declare, and registers that shrank."""
    documents = declared(batch).join(senders, on="sequence", how="left", maintain_order="left")
    documents = documents.with_columns(sender=pl.coalesce("sender", "sender_of_lines")).drop("sender_of_lines")
    return _refuse_shrunk(controls.held_against(documents, found), batch, sizes, known)


def sizes_of(batch: list[Delivered]) -> dict[int, int]:
    """How many rows of a register each delivery has, by sequence."""
    return {one.record.sequence: one.height("rows") for one in batch}


def senders(lines: pl.DataFrame) -> pl.DataFrame:
    """The sender of each file's lines, null where it is not one. Grain: a file that has lines."""
    if lines.height and lines["sequence"].min() == lines["sequence"].max():
        one = lines["sender"].n_unique() == 1
        return lines.head(1).select("sequence", sender_of_lines=pl.when(one).then("sender"))
    return lines.group_by("sequence").agg(
        sender_of_lines=pl.when(pl.col("sender").n_unique() == 1).then(pl.col("sender").first())
    )


def _faulty(lines: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    rows = lines.select("row", "sequence", "document_no").join(faults, on="row", how="semi")
    return rows.group_by("sequence", "document_no").agg(faulty_lines=pl.len().cast(pl.Int64))


def _faults_of_ids(lines: pl.DataFrame, documents: pl.DataFrame, faults: pl.DataFrame, known: Known) -> pl.DataFrame:
    """Lines without fault whose id was there before, in the batch or in the ledger. Grain: such a line."""
    named = lines.filter(pl.col("row_id").is_not_null())
    sound = verdicts.with_verdicts(named, documents, faults).filter(pl.col("verdict") == "accepted")
    hashes = id_hash(sound["id_scope"].fill_null(""), sound["row_id"])
    met = known.met(kept(hashes))
    again = sound.filter(pl.Series(among(hashes, repeated(hashes)) | among(shortened(hashes), met), dtype=pl.Boolean))
    if again.is_empty():
        return faults.clear()
    return duplicates.judge_ids(again.drop("verdict", "reason", "field"), known.lines(again))


def _refuse_shrunk(
    documents: pl.DataFrame, batch: list[Delivered], sizes: dict[int, int], known: Known
) -> pl.DataFrame:
    """documents -> documents, a register that lost over a tenth of its rows, not confirmed by a control file, refused.

    A control file that holds but declares no number of rows confirms none.
    """
    refused = set(documents.filter(pl.col("refused_reason").is_not_null())["sequence"])
    confirmed = set(documents.filter(pl.col("declared_lines").is_not_null())["sequence"])
    in_force = dict(known.registers)
    shrunk: dict[int, str] = {}  # what was expected of it, by sequence
    for one in batch:
        record, reading = one.record, one.reading
        if reading is None or record.folder != "registers" or record.sequence in refused:
            continue
        mine = (record.received_on, record.name, record.sequence, sizes[record.sequence])
        before = in_force.get(reading.format)
        rows_before = 0 if before is None else before[3]
        lost = rows_before >= SHRINK_FROM_ROWS and mine[3] * 10 < rows_before * 9
        if lost and record.sequence not in confirmed and not one.is_released(0):
            shrunk[record.sequence] = (
                f"at least {-(-rows_before * 9 // 10):,} rows, for {rows_before:,} are in force, or a control file "
                f"with the number of rows; found {mine[3]:,}"
            )
        elif before is None or mine[:3] > before[:3]:
            in_force[reading.format] = mine
    return documents.with_columns(
        refused_reason=pl.when(pl.col("sequence").is_in(list(shrunk)))
        .then(pl.lit("register_shrunk"))
        .otherwise("refused_reason"),
        expected=pl.col("sequence").replace_strict(shrunk, default=pl.col("expected"), return_dtype=pl.String),
    )
