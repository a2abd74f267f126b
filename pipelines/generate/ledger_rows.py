"""What the ledger keeps of generated files, made from their lines and verdicts without reading their text.

Grain: a batch of files in, the ledger's tables out (schemas/ledger.py), with `paper`, the file's place, in place of
sequence and file_sha256. The sentences of the quarantine are the product's own; no verdict is asked of it.
"""

import json
from datetime import date
from typing import Any

import polars as pl

from pipelines.generate.csv_papers import Register
from pipelines.generate.faults import FIELDS
from pipelines.generate.messages import as_amount
from pipelines.generate.papers import Paper
from pipelines.generate.register_rows import register_tables
from pipelines.generate.write import refused_of
from schemas.ledger import LEDGER
from transforms import duplicates, verdicts
from transforms.orders import orders

_FORMS = {"bank_register": "payment_register", "kazpost_register": "payment_register"}
_FORMS |= {"returns_register": "returns_register", "list": "list", "package": "package"}
_NAMES = ["surname", "name", "patronymic"]
_LINE = {
    "document_no": pl.Int32,
    "line_no": pl.Int64,
    "kind": pl.String,
    "form": pl.String,
    "document_reference": pl.String,
    "document_number": pl.String,
    "document_date": pl.Date,
    "value_date": pl.Date,
    "knp_text": pl.String,
    "payer_text": pl.String,
    "payer_bank": pl.String,
    "person_text": pl.String,
    "period_text": pl.String,
    "amount_tiyn": pl.Int64,
    "surname": pl.String,
    "name": pl.String,
    "patronymic": pl.String,
    "birth_text": pl.String,
    "row_id": pl.String,
    "id_scope": pl.String,
    "payer_account": pl.String,
    "beneficiary_account": pl.String,
    "verdict": pl.String,
    "reason": pl.String,
    "fault": pl.String,
    "field": pl.String,
    "amount_text": pl.String,
    "row_fault": pl.String,
}
_OF_ORDERS = ["sequence", "document_no", "line_no", "received_on", "file_sha256", "kind", "form", "document_number"]
_OF_ORDERS += ["value_date", "knp", "payer", "payer_account", "beneficiary_account", "amount_tiyn", "person_text"]
_OF_ORDERS += ["verdict", "reason", "document_date"]


def rows_of(batch: list[tuple[int, Paper]], day: date) -> dict[str, pl.DataFrame]:
    """The tables of some files of a day (place, file), by name."""
    registers = [register_tables(place, paper, day) for place, paper in batch if isinstance(paper, Register)]
    lines, documents = _lines(batch), _documents(batch)
    lines = lines.with_columns(received_on=pl.lit(day), file_sha256=pl.lit(""))
    documents = _controlled(documents, lines).with_columns(received_on=pl.lit(day), file_sha256=pl.lit(""))
    documents = duplicates.message_keys(documents, lines)
    good = lines.filter(pl.col("verdict") == "accepted")
    accepted = good.group_by("sequence", "document_no").agg(accepted_lines=pl.len())
    quarantine = [_document_rows(documents), _line_rows(lines)]
    quarantine += [told["quarantine"] for told in registers]
    totals = verdicts.totals(
        lines.select("sequence", sender="payer_bank", knp="knp", amount_tiyn="amount_tiyn", verdict="verdict")
    )
    totals = pl.concat([totals, *(told["totals"] for told in registers)])
    tables = {
        "deliveries": _deliveries(batch, totals, day),
        "documents": documents.join(accepted, on=["sequence", "document_no"], how="left", maintain_order="left"),
        "payments": good.filter(pl.col("kind") == "payment"),
        "returns": good.filter(pl.col("kind") == "return"),
        "orders": _orders(lines, documents),
        "quarantine": pl.concat(quarantine).sort("sequence", "line_no", maintain_order=True),
        "totals": totals.with_columns(received_on=pl.lit(day), file_sha256=pl.lit("")),
    }
    for name in ("intervals", "links", "persons"):
        tables[name] = pl.concat([pl.DataFrame(schema=LEDGER[name]), *(told[name] for told in registers)])
    return {name: table.select(pl.col(c).cast(t) for c, t in LEDGER[name].items()) for name, table in tables.items()}


def _lines(batch: list[tuple[int, Paper]]) -> pl.DataFrame:
    """The lines of money of all files, with what is read of their texts."""
    told = [pl.DataFrame(schema=_LINE | {"sequence": pl.Int64})]
    for place, paper in batch:
        if paper.lines.height:
            absent = [pl.lit(None, dtype=t).alias(c) for c, t in _LINE.items() if c not in paper.lines.columns]
            lines = paper.lines.with_columns(absent).select(pl.col(c).cast(t) for c, t in _LINE.items())
            told.append(lines.with_columns(sequence=pl.lit(place, dtype=pl.Int64)))
    form = pl.col("form").replace_strict(_FORMS, return_dtype=pl.String)
    by_message = (pl.col("kind") == "return") & (form == "list")
    nameless = pl.col("form").is_in(["package", "returns_register"])
    readable = pl.col("period_text").str.contains("^(0[1-9]|1[0-2])20[0-9]{2}$")
    return (
        pl.concat(told)
        .with_columns(
            *(pl.when(~nameless).then(name).alias(name) for name in _NAMES),
            form=form,
            document_reference=pl.when(by_message).then(None).otherwise("document_reference"),
            person_text=pl.when(pl.col("person_text") != "-").then("person_text"),
            payer_text=pl.when(pl.col("payer_text") != "-").then("payer_text"),
            birth_date_text=pl.when(pl.col("form") == "list").then("birth_text"),
            knp=pl.when(pl.col("knp_text") != "").then("knp_text"),
            period=pl.when(readable).then("01" + pl.col("period_text")).str.to_date("%d%m%Y"),
            payer_account=pl.when(form.is_in(["list", "package"])).then("payer_account"),
            comma=pl.col("form").is_in(["list", "package", "kazpost_register"]),
            is_post=pl.col("form") == "kazpost_register",
        )
        .with_columns(
            birth_date=pl.col("birth_date_text").str.to_date("%Y%m%d"),
            payer=pl.col("payer_text").cast(pl.UInt64, strict=False),
            person=pl.col("person_text").cast(pl.UInt64, strict=False),
        )
    )


def _documents(batch: list[tuple[int, Paper]]) -> pl.DataFrame:
    """Every message and register, and whole files (-1) with a control file or that nobody can read."""
    schema: dict[Any, Any] = {"sequence": pl.Int64, "document_no": pl.Int32, "line_no": pl.Int64}
    schema |= {"is_message": pl.Boolean}
    schema |= {name: pl.String for name in ("reference", "number", "document_date_text", "payer_bank", "payer_text")}
    schema |= {"purpose": pl.String, "refused_reason": pl.String, "expected": pl.String, "sender": pl.String}
    schema |= {"declared_tiyn": pl.Int64, "declared_lines": pl.Int64, "rows": pl.Int64}
    told, singles = [pl.DataFrame(schema=schema)], []
    for place, paper in batch:
        if paper.messages.height:
            cut = pl.col("refused_reason") == "truncated"
            told.append(
                paper.messages.select(
                    pl.lit(place, dtype=pl.Int64).alias("sequence"),
                    "document_no",
                    "line_no",
                    pl.lit(True).alias("is_message"),
                    "reference",
                    pl.col("document_number").alias("number"),
                    pl.col("document_date").dt.strftime("%y%m%d").alias("document_date_text"),
                    "payer_bank",
                    pl.when(~pl.col("is_package")).then("sender_text").alias("payer_text"),
                    "purpose",
                    "refused_reason",
                    pl.when(cut).then(pl.lit("a message that ends with a line -}")).alias("expected"),
                    pl.col("payer_bank").alias("sender"),
                    "declared_tiyn",
                    pl.lit(None, dtype=pl.Int64).alias("declared_lines"),
                    pl.lit(None, dtype=pl.Int64).alias("rows"),
                ).cast(schema)
            )
            continue
        singles += _single_documents(place, paper)
    rows = pl.DataFrame([{**dict.fromkeys(schema), "is_message": False, **one} for one in singles], schema=schema)
    order = ["sequence", "document_no"]
    return pl.concat([*told, rows]).sort(order, maintain_order=True)


def _single_documents(place: int, paper: Paper) -> list[dict[str, object]]:
    base: dict[str, object] = {"sequence": place, "line_no": 0}
    if paper.format is None:
        return [base | {"document_no": -1, "refused_reason": paper.refused, "expected": paper.expected}]
    told: list[dict[str, object]] = []
    if paper.sidecar is not None:
        said = json.loads(paper.sidecar)
        whole = base | {"document_no": -1, "declared_lines": said["rows"], "refused_reason": paper.refused}
        told.append(whole | {"declared_tiyn": int(said["sum"].replace(".", ""))})
    document = base | {"document_no": 0}
    if paper.sidecar is None:
        document |= {"refused_reason": paper.refused, "expected": paper.expected}
    if paper.format == "kazpost_register" and paper.refused is None:
        document |= {"declared_tiyn": int(paper.lines["amount_tiyn"].sum()), "declared_lines": paper.lines.height}
    if isinstance(paper, Register):
        document["rows"] = paper.height
    return [*told, document]


def _controlled(documents: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """documents with what was found in them, and the sender of their file's lines where it is one."""
    sums = [pl.col("amount_tiyn").sum().alias("found_tiyn"), pl.len().cast(pl.Int64).alias("found_lines")]
    by_document = lines.group_by("sequence", "document_no").agg(sums)
    whole = pl.lit(-1, dtype=pl.Int32)
    by_file = (
        lines.group_by("sequence").agg(sums).select("sequence", whole.alias("document_no"), "found_tiyn", "found_lines")
    )
    senders = lines.group_by("sequence").agg(
        sender_of_lines=pl.when(pl.col("payer_bank").n_unique() == 1).then(pl.col("payer_bank").first())
    )
    found = documents.join(
        pl.concat([by_document, by_file]), on=["sequence", "document_no"], how="left", maintain_order="left"
    )
    return (
        found.join(senders, on="sequence", how="left", maintain_order="left")
        .with_columns(
            sender=pl.coalesce("sender", "sender_of_lines"),
            found_tiyn=pl.col("found_tiyn").fill_null(0),
            found_lines=pl.coalesce("found_lines", "rows").fill_null(0),
        )
        .with_columns(difference_tiyn=pl.col("declared_tiyn") - pl.col("found_tiyn"))
    )


def _document_rows(documents: pl.DataFrame) -> pl.DataFrame:
    counts = {"count_expected": pl.col("declared_lines").is_not_null(), "total_expected": pl.lit(True)}
    counted = documents.with_columns(**counts)
    told = verdicts.document_quarantine(counted).with_columns(field=pl.lit(None, dtype=pl.String))
    return told.select(pl.col(c).cast(t) for c, t in LEDGER["quarantine"].items())


def _line_rows(lines: pl.DataFrame) -> pl.DataFrame:
    """Quarantined and repeated lines with the sentences of their reasons."""
    faulty = lines.filter((pl.col("verdict") == "quarantined") | (pl.col("reason") == "duplicate_payment"))
    in_package = (pl.col("form") == "package") & (pl.col("fault") == "nobody")
    by_fault = pl.col("fault").replace_strict(FIELDS, default=None, return_dtype=pl.String)
    other = pl.when(pl.col("reason") == "wrong_beneficiary").then(pl.lit("kind"))
    field = pl.when(in_package).then(pl.lit("payer_text")).otherwise(pl.coalesce("field", by_fault, other))
    amount = pl.when("comma").then(as_amount("amount_tiyn", ",")).otherwise(as_amount("amount_tiyn", "."))
    written = pl.col("value_date")
    day = pl.when("is_post").then(written.dt.strftime("%d.%m.%Y")).otherwise(written.dt.strftime("%Y-%m-%d"))
    told = faulty.with_columns(
        field=field,
        amount_text=pl.coalesce("amount_text", amount),
        value_date_text=day,
        sender="payer_bank",
        knp_text=pl.when(pl.col("knp_text") != "").then("knp_text"),
    )
    return verdicts.line_quarantine(told).select(pl.col(c).cast(t) for c, t in LEDGER["quarantine"].items())


def _orders(lines: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """The orders of what is not refused, which shows in the verdicts of the lines too."""
    refused = documents.filter(pl.col("refused_reason").is_not_null())
    whole = refused.filter(pl.col("document_no") == -1)
    kept = documents.join(whole, on="sequence", how="anti", maintain_order="left").join(
        refused, on=["sequence", "document_no"], how="anti", maintain_order="left"
    )
    gone = (pl.col("verdict") == "refused") | (pl.col("reason") == "duplicate_document")
    return orders(lines.select(_OF_ORDERS).filter(~gone), kept)


def _deliveries(batch: list[tuple[int, Paper]], totals: pl.DataFrame, day: date) -> pl.DataFrame:
    rows = []
    for place, paper in batch:
        refused = refused_of(paper)
        register = paper.format if paper.folder == "registers" and refused is None else None
        told = (place, "", paper.name, paper.folder, "delivery", paper.format, day, refused, register)
        rows.append(dict(zip(list(LEDGER["deliveries"])[:9], told, strict=True)))
    frame = pl.DataFrame(rows, schema=dict(list(LEDGER["deliveries"].items())[:9]))
    sums = totals.group_by("sequence").agg(pl.exclude("sender", "knp").sum())
    sums = sums.rename({"received_lines": "lines", "received_tiyn": "sum_tiyn"})
    return frame.join(sums, on="sequence", how="left", maintain_order="left").with_columns(
        pl.col(pl.Int64).exclude("sequence").fill_null(0)
    )
