"""Judge a batch of deliveries: which lines are accepted, which are not and why, as tables for the ledger.

The order of judgement: the file, its documents' controls, each line, repeated messages, repeated register ids.
Grain: a batch of deliveries in intake order in, the ledger's tables out. Reads no disk: what is known from before
comes in as `Known`. Source: contract.md section 3.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipelines.delivered import DELIVERY, Delivered, declared, of_record, typed
from pipelines.judged import ledger_tables
from pipelines.reconsider import kept_of
from schemas.codes import HARMLESS
from schemas.gate import first_faults
from schemas.lines import RAW_LINE, RAW_ROW, REASON_ORDER, payment_line_schema, register_row_schema
from schemas.rules import Law
from schemas.statements import RAW_ENTRY, entry_schema
from transforms import controls, duplicates, verdicts
from transforms.facts import with_facts
from transforms.lines import read_lines, read_rows
from transforms.links import bad_links
from transforms.statements import read_entries

SHRINK_FROM_ROWS = 1_000  # a register this large may not lose more than a tenth without its control file


@dataclass
class Known:
    """What the ledger knows from before: of these document keys, of these register ids, of the registers."""

    documents: Callable[[pl.DataFrame], pl.DataFrame]
    lines: Callable[[pl.DataFrame], pl.DataFrame]
    registers: dict[str, tuple[Any, ...]] = field(default_factory=dict)  # kind -> (received_on, name, sequence, rows)


def judge(batch: list[Delivered], known: Known, law: Law) -> dict[str, pl.DataFrame]:
    """The ledger's tables for a batch of deliveries."""
    lines, rows, entries = _lines(batch), _rows(batch), _entries(batch)
    documents = controls.controlled(_with_senders(declared(batch), lines), _amounts(lines, rows, entries))
    documents = _refuse_shrunk(documents, batch, known)
    row_faults = _row_faults(rows, law)
    faults = first_faults(lines, payment_line_schema(), REASON_ORDER)
    sound = lines.join(faults, on="row", how="anti", maintain_order="left")
    documents = duplicates.message_keys(documents, lines).join(
        sound.group_by("sequence", "document_no").agg(sound_lines=pl.len()),
        on=["sequence", "document_no"],
        how="left",
        maintain_order="left",
    )
    documents = duplicates.judge_messages(documents, known.documents(documents))
    sound = verdicts.with_verdicts(sound, documents, faults.clear()).filter(pl.col("verdict") == "accepted")
    sound = sound.drop("verdict", "reason", "field")
    faults = pl.concat([faults, duplicates.judge_ids(sound, known.lines(sound))])
    lines = verdicts.with_verdicts(lines, documents, faults)
    rows = verdicts.with_verdicts(rows, documents, row_faults)
    entries = verdicts.with_verdicts(entries, documents, first_faults(entries, entry_schema(), REASON_ORDER))
    if batch[0].left is not None:
        documents, lines, rows, entries = kept_of(batch[0].left, documents, lines, rows, entries)
    tables = ledger_tables(batch, documents, lines, rows, entries)
    return with_facts(tables, [int(agent) for agent in law.codes("agent")])


def needs_attention(tables: dict[str, pl.DataFrame]) -> bool:
    """Whether anything was refused or quarantined that is not harmless, or does not balance (exit status 3)."""
    reasons = tables["quarantine"]["reason"]
    return bool((~reasons.is_in(HARMLESS)).any() or not tables["statements"]["balances"].all())


def _lines(batch: list[Delivered]) -> pl.DataFrame:
    lines = controls.within_reach(typed(batch, lambda reading: reading.lines, RAW_LINE, read_lines))
    numbers = [
        pl.col("payer_text").cast(pl.UInt64, strict=False).alias("payer"),
        pl.col("person_text").cast(pl.UInt64, strict=False).alias("person"),
        pl.col("payer_bank").alias("sender"),
    ]
    return lines.with_columns(numbers).with_row_index("row")


def _rows(batch: list[Delivered]) -> pl.DataFrame:
    empty = pl.DataFrame(schema=RAW_ROW | DELIVERY)
    frames = [one.reading.rows.with_columns(of_record(one.record)) for one in batch if one.reading is not None]
    return (
        read_rows(pl.concat([empty, *frames]))
        .with_columns(
            person=pl.col("iin_text").cast(pl.UInt64, strict=False),
            current=pl.col("current_iin_text").cast(pl.UInt64, strict=False),
            knp=pl.lit(None, dtype=pl.String),
            amount_tiyn=pl.lit(0, dtype=pl.Int64),
            sender=pl.lit(None, dtype=pl.String),
        )
        .with_row_index("row")
    )


def _entries(batch: list[Delivered]) -> pl.DataFrame:
    entries = controls.within_reach(typed(batch, lambda reading: reading.entries, RAW_ENTRY, read_entries))
    return entries.with_columns(sender=pl.lit(None, dtype=pl.String)).with_row_index("row")


def _with_senders(documents: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """documents with the sender of their file's lines, where it is one and they do not tell it themselves."""
    of_file = lines.group_by("sequence").agg(
        sender_of_lines=pl.when(pl.col("sender").n_unique() == 1).then(pl.col("sender").first())
    )
    joined = documents.join(of_file, on="sequence", how="left", maintain_order="left")
    return joined.with_columns(sender=pl.coalesce("sender", "sender_of_lines")).drop("sender_of_lines")


def _amounts(*frames: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame.select("sequence", "document_no", "amount_tiyn") for frame in frames])


def _row_faults(rows: pl.DataFrame, law: Law) -> pl.DataFrame:
    faults = first_faults(rows, register_row_schema(list(law.codes("category"))), REASON_ORDER)
    links = rows.filter(pl.col("register") == "iin_links").join(faults, on="row", how="anti", maintain_order="left")
    bad = bad_links(links.select("row", "sequence", "person", "current"))
    return pl.concat([faults, bad.select("row", reason=pl.lit("bad_link"), field=pl.lit("iin_text"))])


def _refuse_shrunk(documents: pl.DataFrame, batch: list[Delivered], known: Known) -> pl.DataFrame:
    """documents -> documents, a register that lost over a tenth of its rows without a control file refused."""
    refused = set(documents.filter(pl.col("refused_reason").is_not_null())["sequence"])
    in_force, shrunk = dict(known.registers), []
    for one in batch:
        record, reading = one.record, one.reading
        if reading is None or record.folder != "registers" or record.sequence in refused:
            continue
        mine = (record.received_on, record.name, record.sequence, reading.rows.height)
        before = in_force.get(reading.format)
        lost = before is not None and before[3] >= SHRINK_FROM_ROWS and mine[3] * 10 < before[3] * 9
        if lost and one.sidecar is None and not one.is_released(0):
            shrunk.append(record.sequence)
        elif before is None or mine[:3] > before[:3]:
            in_force[reading.format] = mine
    return documents.with_columns(
        refused_reason=pl.when(pl.col("sequence").is_in(shrunk))
        .then(pl.lit("register_shrunk"))
        .otherwise("refused_reason")
    )
