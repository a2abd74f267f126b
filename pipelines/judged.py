"""Write down what was judged of a batch of deliveries, as tables for the ledger.

Grain: a batch of judged deliveries in, the ledger's tables out (schemas/ledger.py). Nothing is decided here.
"""

import polars as pl

from pipelines.delivered import DELIVERY, Delivered, typed
from schemas.ledger import LEDGER
from schemas.statements import RAW_SECTION
from transforms import verdicts
from transforms.controls import WHOLE_FILE
from transforms.orders import LINE_COLUMNS, orders
from transforms.statements import read_sections, statement_balances

_DOCUMENT = ["sequence", "document_no"]
_NO_INTERVAL = ["iin_links", "persons"]
_ACCEPTED = pl.col("verdict") == "accepted"
# What is looked at of a line, or row, that is accepted, wherever it goes.
KEPT = {column for table in ("payments", "intervals", "links", "persons") for column in LEDGER[table]}
KEPT |= {"register", "code_text", "verdict"}


def ledger_tables(
    batch: list[Delivered],
    documents: pl.DataFrame,
    lines: pl.DataFrame,
    rows: pl.DataFrame,
    entries: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """What the ledger keeps of judged deliveries, by table. `lines`, `rows` and `entries` carry their verdicts."""
    told = ["sequence", "sender", "knp", "amount_tiyn", "verdict"]
    totals = verdicts.totals(pl.concat([frame.select(told) for frame in (lines, rows, entries)]))
    quarantine = [verdicts.document_quarantine(documents).with_columns(field=pl.lit(None, dtype=pl.String))]
    quarantine += [verdicts.line_quarantine(frame) for frame in (lines, rows, entries)]
    kept = [part.select(list(LEDGER["quarantine"])) for part in quarantine]
    accepted = pl.concat([frame.select(*_DOCUMENT, "verdict") for frame in (lines, entries)])
    accepted = accepted.filter(_ACCEPTED).group_by(_DOCUMENT).agg(accepted_lines=pl.len())
    of_orders = _of_standing(lines.select(LINE_COLUMNS), documents)
    tables = {
        "deliveries": deliveries(batch, documents, totals),
        "documents": documents.join(accepted, on=_DOCUMENT, how="left", maintain_order="left"),
        **accepted_tables(lines, rows),
        "orders": orders(of_orders, _of_standing(documents.filter(~pl.col("partial")), documents)),
        "entries": entries.filter(_ACCEPTED),
        "statements": _statements(batch, documents, entries),
        "quarantine": pl.concat(kept).sort("sequence", "line_no", maintain_order=True),
        "totals": totals.join(files(batch), on="sequence", maintain_order="left"),
    }
    return {name: as_kept(name, table) for name, table in tables.items()}


def accepted_tables(lines: pl.DataFrame, rows: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Lines and rows that carry their verdicts -> the accepted ones by the table in which they are kept."""
    interval = pl.col("code_text").is_not_null() & ~pl.col("register").is_in(_NO_INTERVAL)
    lines, rows = (frame.select(name for name in frame.columns if name in KEPT) for frame in (lines, rows))
    return {
        "payments": _such(lines, pl.col("kind") == "payment"),
        "returns": _such(lines, pl.col("kind") == "return"),
        "transfers": _such(lines, pl.col("kind").is_in(["forwarding", "refund"])),
        "intervals": _such(rows, interval).rename({"code_text": "code"}),
        "links": _such(rows, pl.col("register") == "iin_links"),
        "persons": _such(rows, pl.col("register") == "persons"),
    }


def as_kept(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of a table of the ledger, in their order and types."""
    return frame.select(pl.col(column).cast(dtype) for column, dtype in LEDGER[table].items())


def _such(frame: pl.DataFrame, kind: pl.Expr) -> pl.DataFrame:
    """The accepted rows of that kind, copied once if at all: mostly they all are."""
    holds = frame.select((_ACCEPTED & kind).fill_null(False)).to_series()
    return frame if holds.all() else frame.filter(holds)


def files(batch: list[Delivered]) -> pl.DataFrame:
    """What every row of a delivery carries of it. Grain: a delivery."""
    told = [(one.record.sequence, one.record.received_on, one.record.sha256) for one in batch]
    return pl.DataFrame(told, schema=DELIVERY, orient="row")


def _of_standing(frame: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """Rows of documents that are not refused, by themselves or with their file."""
    refused = documents.filter(pl.col("refused_reason").is_not_null())
    if refused.is_empty():
        return frame
    files = refused.filter(pl.col("document_no") == WHOLE_FILE)["sequence"]
    stands = frame.select(_DOCUMENT).join(
        refused.select(*_DOCUMENT, refused=True), on=_DOCUMENT, how="left", maintain_order="left"
    )
    return frame.filter(
        stands.select(pl.col("refused").is_null() & ~pl.col("sequence").is_in(files.implode())).to_series()
    )


def _statements(batch: list[Delivered], documents: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Statements of files that are not refused, with their balances. Grain: a statement."""
    kept = _of_standing(typed(batch, lambda reading: reading.sections, RAW_SECTION, read_sections), documents)
    told = kept.select(*_DOCUMENT, "received_on", "file_sha256").unique(_DOCUMENT)
    return statement_balances(kept, entries).join(told, on=_DOCUMENT, maintain_order="left")


def deliveries(batch: list[Delivered], documents: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    """One row per delivery: a file is refused when it is refused as such, or when all its documents are."""
    whole = documents.filter((pl.col("document_no") == WHOLE_FILE) & pl.col("refused_reason").is_not_null())
    single = documents.filter(pl.col("document_no") != WHOLE_FILE)
    reason = single.group_by("sequence").agg(
        refused_reason=pl.when(pl.col("refused_reason").null_count() == 0).then(pl.col("refused_reason").first())
    )
    reasons = dict(reason.rows()) | dict(whole.select("sequence", "refused_reason").rows())
    rows = []
    for one in batch:
        record = one.record
        refused = reasons.get(record.sequence)
        form = one.reading.format if one.reading is not None else None
        rows.append(
            {
                "sequence": record.sequence,
                "file_sha256": record.sha256,
                "file_name": record.name,
                "source": record.folder,
                "event": record.event,
                "format": form,
                "received_on": record.received_on,
                "refused_reason": refused,
                "register": form if record.folder == "registers" and refused is None else None,
            }
        )
    frame = pl.DataFrame(rows, schema={name: LEDGER["deliveries"][name] for name in rows[0]})
    sums = totals.group_by("sequence").agg(pl.exclude("sender", "knp").sum())
    sums = sums.rename({"received_lines": "lines", "received_tiyn": "sum_tiyn"})
    return frame.join(sums, on="sequence", how="left", maintain_order="left").with_columns(
        pl.col(pl.Int64).exclude("sequence").fill_null(0)
    )
