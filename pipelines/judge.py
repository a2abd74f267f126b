"""Judge a batch of deliveries: which lines are accepted, which are not and why, as tables for the ledger.

The order of judgement: the file, its documents' controls, each line, repeated messages, repeated register ids.
Grain: a batch of deliveries in intake order in, the ledger's tables out. Reads no disk: what is known from before
comes in as `Known`. Source: contract.md section 3.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipelines.archive import Record
from pipelines.delivered import Delivered, declared
from schemas.codes import HARMLESS
from schemas.gate import first_faults
from schemas.ledger import LEDGER
from schemas.lines import RAW_LINE, RAW_ROW, REASON_ORDER, payment_line_schema, register_row_schema
from schemas.rules import Law
from transforms import controls, duplicates, verdicts
from transforms.controls import WHOLE_FILE
from transforms.lines import MT, Syntax, read_lines, read_rows
from transforms.links import bad_links

SHRINK_FROM_ROWS = 1_000  # a register this large may not lose more than a tenth without its control file


@dataclass
class Known:
    """What the ledger knows from before: of these document keys, of these register ids, of the registers."""

    documents: Callable[[pl.DataFrame], pl.DataFrame]
    lines: Callable[[pl.DataFrame], pl.DataFrame]
    registers: dict[str, tuple[Any, ...]] = field(default_factory=dict)  # kind -> (received_on, name, sequence, rows)


def judge(batch: list[Delivered], known: Known, law: Law) -> dict[str, pl.DataFrame]:
    """The ledger's tables for a batch of deliveries."""
    lines, rows = _lines(batch), _rows(batch)
    documents = controls.controlled(declared(batch), _amounts(lines, rows))
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
    return _tables(batch, documents, lines, rows)


def needs_attention(tables: dict[str, pl.DataFrame]) -> bool:
    """Whether anything was refused or quarantined for a reason that is not harmless (exit status 3)."""
    reasons = tables["quarantine"]["reason"]
    return bool((~reasons.is_in(HARMLESS)).any())


def _of(record: Record) -> list[pl.Expr]:
    return [
        pl.lit(record.sequence, dtype=pl.Int64).alias("sequence"),
        pl.lit(record.received_on).alias("received_on"),
        pl.lit(record.sha256).alias("file_sha256"),
    ]


def _lines(batch: list[Delivered]) -> pl.DataFrame:
    by_syntax: dict[Syntax, list[pl.DataFrame]] = {}
    for one in batch:
        if one.reading is not None:
            by_syntax.setdefault(one.reading.syntax, []).append(one.reading.lines.with_columns(_of(one.record)))
    empty = pl.DataFrame(schema=RAW_LINE | {"sequence": pl.Int64, "received_on": pl.Date, "file_sha256": pl.String})
    parts = [read_lines(pl.concat([empty, *frames]), syntax) for syntax, frames in by_syntax.items()]
    lines = pl.concat(parts) if parts else read_lines(empty, MT)
    lines = controls.within_reach(lines.sort("sequence", maintain_order=True))
    numbers = [
        pl.col("payer_text").cast(pl.UInt64, strict=False).alias("payer"),
        pl.col("person_text").cast(pl.UInt64, strict=False).alias("person"),
    ]
    return lines.with_columns(numbers).with_row_index("row")


def _rows(batch: list[Delivered]) -> pl.DataFrame:
    empty = pl.DataFrame(schema=RAW_ROW | {"sequence": pl.Int64, "received_on": pl.Date, "file_sha256": pl.String})
    frames = [one.reading.rows.with_columns(_of(one.record)) for one in batch if one.reading is not None]
    return (
        read_rows(pl.concat([empty, *frames]))
        .with_columns(
            person=pl.col("iin_text").cast(pl.UInt64, strict=False),
            current=pl.col("current_iin_text").cast(pl.UInt64, strict=False),
            knp=pl.lit(None, dtype=pl.String),
            amount_tiyn=pl.lit(0, dtype=pl.Int64),
        )
        .with_row_index("row")
    )


def _amounts(lines: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    columns = ["sequence", "document_no", "amount_tiyn"]
    return pl.concat([lines.select(columns), rows.select(columns)])


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
        if lost and one.sidecar is None:
            shrunk.append(record.sequence)
        elif before is None or mine[:3] > before[:3]:
            in_force[reading.format] = mine
    return documents.with_columns(
        refused_reason=pl.when(pl.col("sequence").is_in(shrunk))
        .then(pl.lit("register_shrunk"))
        .otherwise("refused_reason")
    )


def _tables(
    batch: list[Delivered], documents: pl.DataFrame, lines: pl.DataFrame, rows: pl.DataFrame
) -> dict[str, pl.DataFrame]:
    accepted = lines.filter(pl.col("verdict") == "accepted")
    good_rows = rows.filter(pl.col("verdict") == "accepted")
    told = ["sequence", "knp", "amount_tiyn", "verdict"]
    totals = verdicts.totals(pl.concat([lines.select(told), rows.select(told)]))
    quarantine = [verdicts.document_quarantine(documents).with_columns(field=pl.lit(None, dtype=pl.String))]
    quarantine += [verdicts.line_quarantine(lines), verdicts.line_quarantine(rows)]
    kept = list(LEDGER["quarantine"])
    by_file = pl.DataFrame(
        [(one.record.sequence, one.record.received_on, one.record.sha256) for one in batch],
        schema={"sequence": pl.Int64, "received_on": pl.Date, "file_sha256": pl.String},
        orient="row",
    )
    good = accepted.group_by("sequence", "document_no").agg(accepted_lines=pl.len())
    tables = {
        "deliveries": _deliveries(batch, documents, totals),
        "documents": documents.join(good, on=["sequence", "document_no"], how="left", maintain_order="left"),
        "payments": accepted.filter(pl.col("kind") == "payment"),
        "returns": accepted.filter(pl.col("kind") == "return"),
        "transfers": accepted.filter(pl.col("kind").is_in(["forwarding", "refund"])),
        "quarantine": pl.concat([part.select(kept) for part in quarantine]).sort(
            "sequence", "line_no", maintain_order=True
        ),
        "totals": totals.join(by_file, on="sequence", maintain_order="left"),
        "intervals": good_rows.filter(
            pl.col("code_text").is_not_null() & ~pl.col("register").is_in(_NO_INTERVAL)
        ).rename({"code_text": "code"}),
        "links": good_rows.filter(pl.col("register") == "iin_links"),
        "persons": good_rows.filter(pl.col("register") == "persons"),
    }
    return {name: table.select(pl.col(c).cast(t) for c, t in LEDGER[name].items()) for name, table in tables.items()}


_NO_INTERVAL = ["iin_links", "persons"]


def _deliveries(batch: list[Delivered], documents: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    """One row per delivery: a file is refused when it is refused as such, or when all its documents are."""
    whole = documents.filter((pl.col("document_no") == WHOLE_FILE) & pl.col("refused_reason").is_not_null())
    single = documents.filter(pl.col("document_no") != WHOLE_FILE)
    reason = single.group_by("sequence").agg(
        refused_reason=pl.when(pl.col("refused_reason").null_count() == 0).then(pl.col("refused_reason").first())
    )
    reasons = dict(reason.rows()) | dict(whole.select("sequence", "refused_reason").rows())
    rows = []
    for one in batch:
        record, is_register = one.record, one.record.folder == "registers"
        refused = reasons.get(record.sequence)
        form = one.reading.format if one.reading is not None else None
        register = form if is_register and refused is None else None
        rows.append(
            (record.sequence, record.sha256, record.name, record.folder, form, record.received_on, refused, register)
        )
    columns = ["sequence", "file_sha256", "file_name", "source", "format", "received_on", "refused_reason", "register"]
    frame = pl.DataFrame(rows, schema={name: LEDGER["deliveries"][name] for name in columns}, orient="row")
    sums = totals.group_by("sequence").agg(pl.exclude("knp").sum())
    sums = sums.rename({"received_lines": "lines", "received_tiyn": "sum_tiyn"})
    return frame.join(sums, on="sequence", how="left", maintain_order="left").with_columns(
        pl.col(pl.Int64).exclude("sequence").fill_null(0)
    )
