"""What can be told of the lines of files without any other file: their values read, and the first fault of each.

Grain: a line of money, row of a register or entry of a statement. A file's lines can be looked at beside those of other
files or alone, on whatever machine: what is told of them is the same. What rests on the order of files, or on the
ledger, is judged in pipelines/judge.py. Source: contract.md section 3.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from pipelines.delivered import DELIVERY, Apart, Delivered, Told, of_record, typed
from schemas.gate import all_hold, first_faults
from schemas.lines import RAW_LINE, RAW_ROW, REASON_ORDER, payment_line_schema, register_row_schema
from schemas.rules import Law
from schemas.statements import RAW_ENTRY, entry_schema
from transforms import controls
from transforms.lines import read_lines, read_rows
from transforms.links import bad_links
from transforms.statements import read_entries

KINDS = ("lines", "rows", "entries")
SOUND = "sound"


def looked_at(batch: list[Delivered], law: Law) -> dict[str, Told]:
    """The lines, rows and entries of deliveries of one law, in intake order."""
    lines, rows, entries = controls.within_reach(typed_lines(batch)), typed_rows(batch), typed_entries(batch)
    told = (
        Told(lines, first_faults(lines, payment_line_schema(), REASON_ORDER)),
        Told(rows, _faults_of_rows(rows, law)),
        Told(entries, first_faults(entries, entry_schema(), REASON_ORDER)),
    )
    return dict(zip(KINDS, told, strict=True))


def looked_at_parts(one: Delivered, law: Law) -> Iterator[pl.DataFrame]:
    """The lines, or rows, of a large file part by part, each with whether it is `sound`: passes its checks."""
    assert one.reading is not None and one.reading.parts is not None
    schema = schema_of_parts(one, law)
    for raw in one.reading.parts():
        lines = typed_part(one, raw())
        yield lines.with_columns(all_hold(lines, schema).alias(SOUND))


def typed_part(one: Delivered, raw: pl.DataFrame) -> pl.DataFrame:
    """The lines, or rows, of one part of a large file."""
    assert one.reading is not None
    part: dict[str, Any] = {one.reading.in_parts: raw}
    batch = [replace(one, reading=replace(one.reading, parts=None, **part))]
    return typed_lines(batch) if one.reading.in_parts == "lines" else typed_rows(batch)


def schema_of_parts(one: Delivered, law: Law):  # type: ignore[no-untyped-def]
    """The checks of the lines, or rows, of a large file."""
    assert one.reading is not None
    of_lines = one.reading.in_parts == "lines"
    return payment_line_schema() if of_lines else register_row_schema(list(law.codes("category")))


def with_faults(told: Told) -> pl.DataFrame:
    """Lines with reason and field of their fault, null where they have none: as they are laid down."""
    return told.lines.join(told.faults, on="row", how="left", maintain_order="left")


def together(batch: list[Delivered]) -> dict[str, Told]:
    """What `looked_at` gives, of deliveries whose lines were looked at apart from each other."""
    looked = [one for one in batch if one.apart is not None]
    mine = {one.record.sequence for one in looked}  # not those of the same parts that were accepted before
    parts = dict.fromkeys(one.apart for one in looked if one.apart is not None)
    return {kind: _of_all([_of_some(part, kind, mine) for part in parts]) for kind in KINDS}


def _of_some(part: Apart, kind: str, sequences: set[int]) -> pl.DataFrame:
    lines = part.lines[kind].drop("row")
    return lines if part.heights[kind].keys() <= sequences else lines.filter(pl.col("sequence").is_in(sequences))


def _of_all(lines: list[pl.DataFrame]) -> Told:
    # in one piece: Polars 2.1 panics at some expressions over columns that are cut at different places
    numbered = pl.concat(lines, rechunk=True).with_row_index("row")
    faults = numbered.filter(pl.col("reason").is_not_null()).select("row", "reason", "field")
    return Told(numbered.drop("reason", "field"), faults)


def typed_lines(batch: list[Delivered]) -> pl.DataFrame:
    """The lines of money of a batch as read, with ids as numbers and a `row` to name each by. Grain: a line."""
    lines = typed(batch, lambda reading: reading.lines, RAW_LINE, read_lines)
    numbers = [
        pl.col("payer_text").cast(pl.UInt64, strict=False).alias("payer"),
        pl.col("person_text").cast(pl.UInt64, strict=False).alias("person"),
        pl.col("payer_bank").alias("sender"),
    ]
    return lines.with_columns(numbers).with_row_index("row")


def typed_rows(batch: list[Delivered]) -> pl.DataFrame:
    """The rows of registers of a batch as read, in the same way. Grain: a row."""
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


def typed_entries(batch: list[Delivered]) -> pl.DataFrame:
    """The entries of statements of a batch as read, in the same way. Grain: an entry."""
    entries = controls.within_reach(typed(batch, lambda reading: reading.entries, RAW_ENTRY, read_entries))
    return entries.with_columns(sender=pl.lit(None, dtype=pl.String)).with_row_index("row")


def _faults_of_rows(rows: pl.DataFrame, law: Law) -> pl.DataFrame:
    """Rows of registers that fail a check, with their first reason. Grain: a row with a fault."""
    if rows.is_empty():
        return pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String, "field": pl.String})
    faults = first_faults(rows, register_row_schema(list(law.codes("category"))), REASON_ORDER)
    links = rows.filter(pl.col("register") == "iin_links")
    if links.is_empty():
        return faults
    links = links.join(faults, on="row", how="anti", maintain_order="left")
    bad = bad_links(links.select("row", "sequence", "person", "current"))
    return pl.concat([faults, bad.select("row", reason=pl.lit("bad_link"), field=pl.lit("iin_text"))])
