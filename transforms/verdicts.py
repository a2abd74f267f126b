"""Give every line its verdict, once, and write down what did not get in and what the money adds up to.

Verdicts: accepted, quarantined (a line's own fault), refused (with its document or file), duplicate.
Grain: a line in, a line out. Money is tiyn. Source: contract.md section 3.
"""

import polars as pl

from schemas.codes import QUARANTINE, REFUSALS
from transforms.controls import WHOLE_FILE

VERDICTS = ("accepted", "quarantined", "refused", "duplicate")
WAS_DONE = "Its bytes are kept, nothing of it counts, the rest goes on."  # with a document or file


def with_verdicts(lines: pl.DataFrame, documents: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    """lines (with row), judged documents, faults (row, reason, field) -> lines with verdict, reason and field."""
    refused = documents.filter(pl.col("refused_reason").is_not_null())
    whole = refused.filter(pl.col("document_no") == WHOLE_FILE).select("sequence", file_reason="refused_reason")
    single = refused.select("sequence", "document_no", document_reason="refused_reason")
    joined = (
        lines.pipe(_joined, whole.unique("sequence"), ["sequence"])
        .pipe(_joined, single, ["sequence", "document_no"])
        .pipe(_with_faults, faults)
        .with_columns(document_reason=pl.coalesce("file_reason", "document_reason"))
    )
    verdict = (
        pl.when((pl.col("document_reason") == "duplicate_document") | (pl.col("reason") == "duplicate_payment"))
        .then(pl.lit("duplicate"))
        .when(pl.col("reason").is_not_null())
        .then(pl.lit("quarantined"))
        .otherwise(pl.lit("accepted"))
    )
    return joined.with_columns(
        verdict=pl.when(pl.col("document_reason").is_not_null() & (pl.col("document_reason") != "duplicate_document"))
        .then(pl.lit("refused"))
        .otherwise(verdict),
    ).drop("file_reason", "document_reason")


def _joined(lines: pl.DataFrame, told: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """lines with what is told of some of them, once each; nothing is looked up where nothing is told."""
    if told.height:  # a join of whole lines would copy them all
        return lines.hstack(lines.select(on).join(told, on=on, how="left", maintain_order="left").drop(on))
    return lines.with_columns(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in told.schema.items() if name not in on
    )


def _with_faults(lines: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    """lines in the order of their row, with reason and field of those that have a fault; a join would copy them all."""
    if faults.is_empty():
        return lines.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in ("reason", "field"))
    mine = faults.join(lines.select("row"), on="row", how="semi")
    places = lines["row"].search_sorted(mine["row"])
    told = [pl.repeat(None, lines.height, dtype=pl.String, eager=True).alias(name) for name in ("reason", "field")]
    return lines.with_columns(one.scatter(places, mine[one.name]) for one in told)


def line_quarantine(lines: pl.DataFrame) -> pl.DataFrame:
    """lines with verdicts -> rows of `quarantine` for lines with a fault of their own. Grain: a line."""
    by_itself = lines.filter(
        (pl.col("verdict") == "quarantined")
        | ((pl.col("verdict") == "duplicate") & (pl.col("reason") == "duplicate_payment"))
    )
    field = pl.col("field").str.strip_suffix("_text").str.strip_suffix("_tiyn")
    shown = [name for name in _FOUND if _written(name) in lines.columns]
    found = pl.coalesce([pl.when(field == name).then(masked(name)) for name in shown])
    sentences = {reason: told.sentence for reason, told in QUARANTINE.items()}
    steps = {reason: told.next_step for reason, told in QUARANTINE.items()}
    return by_itself.with_columns(
        place="entry_no" if "entry_no" in lines.columns else "line_no",
        reference=next((name for name in _REFERENCES if name in lines.columns), pl.lit(None, dtype=pl.String)),
        field=field.replace(_TOLD_AS),
        message=pl.concat_str(
            pl.col("reason").replace_strict(sentences, return_dtype=pl.String),
            pl.concat_str(pl.lit(" Found '"), found, pl.lit("'.")).fill_null(""),
            pl.lit(" The line is "),
            pl.when(pl.col("verdict") == "duplicate").then(pl.lit("a duplicate")).otherwise(pl.lit("quarantined")),
            pl.lit(", the rest goes on. "),
            pl.col("reason").replace_strict(steps, return_dtype=pl.String),
        ),
    )


def document_quarantine(documents: pl.DataFrame) -> pl.DataFrame:
    """judged documents -> rows of `quarantine` for refused and duplicate ones. Grain: a document or file."""
    # Bytes seen before leave their row in `files`, nothing else.
    refused = documents.filter(pl.col("refused_reason") != "seen_before")
    whole = refused.filter(pl.col("document_no") == WHOLE_FILE).select("sequence")
    single = refused.filter(pl.col("document_no") != WHOLE_FILE).join(whole, on="sequence", how="anti")
    sentences = {reason: told.sentence for reason, told in REFUSALS.items()}
    steps = {reason: told.next_step for reason, told in REFUSALS.items()}
    uncounted = pl.when("count_expected").then(pl.lit(" in an unreadable number of lines")).otherwise(pl.lit(""))
    counted = pl.coalesce(_in_lines("declared_lines"), uncounted)
    figures = pl.concat_str(
        pl.lit(" Declared "),
        _with_money(_tenge("declared_tiyn").fill_null("nothing readable"), counted),
        pl.lit(", found "),
        _with_money(_tenge("found_tiyn"), _in_lines("found_lines")),
        pl.lit("."),
    )
    rows = pl.concat([refused.filter(pl.col("document_no") == WHOLE_FILE), single]).sort("sequence", "line_no")
    return rows.with_columns(
        place="line_no",
        reason="refused_reason",
        amount_tiyn=pl.when(pl.col("found_lines") > 0).then("found_tiyn"),
        message=pl.concat_str(
            pl.col("refused_reason").replace_strict(sentences, return_dtype=pl.String),
            pl.concat_str(pl.lit(" Expected "), "expected", pl.lit(".")).fill_null(""),
            pl.when(pl.col("refused_reason").str.starts_with("control")).then(figures).otherwise(pl.lit("")),
            pl.lit(f" {WAS_DONE} "),
            pl.col("refused_reason").replace_strict(steps, return_dtype=pl.String),
        ),
    )


def _with_money(money: pl.Expr, in_lines: pl.Expr) -> pl.Expr:
    """A sum in so many lines; the lines alone where nothing but their number is declared."""
    only_lines = ~pl.col("total_expected") & pl.col("declared_tiyn").is_null() & pl.col("count_expected")
    return pl.when(only_lines).then(in_lines.str.strip_prefix(" in ")).otherwise(money + in_lines)


def _tenge(tiyn: str) -> pl.Expr:
    """The money as people read it, as in every sum on the screen: 1 234,05 tenge."""
    size = pl.col(tiyn).abs()
    thousands = (size // 100).cast(pl.String).str.reverse().str.replace_all(r"(\d{3})", "$1 ").str.strip_chars_end(" ")
    sign = pl.when(pl.col(tiyn) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    cents = (size % 100).cast(pl.String).str.zfill(2)
    return pl.concat_str(sign, thousands.str.reverse(), pl.lit(","), cents, pl.lit(" tenge"))


def _in_lines(count: str) -> pl.Expr:
    unit = pl.when(pl.col(count) == 1).then(pl.lit(" line")).otherwise(pl.lit(" lines"))
    return pl.concat_str(pl.lit(" in "), count, unit)


def totals(lines: pl.DataFrame) -> pl.DataFrame:
    """lines with verdicts -> received, accepted, quarantined, refused and duplicate lines and tiyn.

    Grain: one row per (sequence, sender, knp); sender and knp are null where they could not be read.
    """
    sums = [pl.len().cast(pl.Int64).alias("lines"), pl.col("amount_tiyn").sum().alias("tiyn")]
    told = lines.select("sequence", "sender", "knp", "verdict", "amount_tiyn")
    keys = told.select("sequence", "verdict")
    if told.height and keys.min().equals(keys.max()) and not told["verdict"].has_nulls():
        # Of one delivery and verdict, as nearly all of a large one are: two keys less to group by.
        by_verdict = told.group_by("sender", "knp").agg(sums).join(keys.head(1), how="cross")
    else:
        by_verdict = told.group_by("sequence", "sender", "knp", "verdict").agg(sums)
    sums = [pl.col(unit).sum().alias(f"received_{unit}") for unit in ("lines", "tiyn")]
    for verdict in VERDICTS:
        such = pl.col("verdict") == verdict
        sums += [pl.col(unit).filter(such).sum().alias(f"{verdict}_{unit}") for unit in ("lines", "tiyn")]
    return by_verdict.group_by("sequence", "sender", "knp").agg(sums).sort("sequence", "sender", "knp", nulls_last=True)


def added_up(totals: list[pl.DataFrame]) -> pl.DataFrame:
    """totals of parts of files -> totals. Grain: as of `totals`."""
    keys = ["sequence", "sender", "knp"]
    return pl.concat(totals).group_by(keys).agg(pl.all().sum()).sort(keys, nulls_last=True)


_REFERENCES = ("document_reference", "document_number")  # how a sender knows a line, or an entry, again
_FOUND = ["amount", "value_date", "document_date", "booked_on", "period", "knp", "payer", "person"]
_FOUND += ["iin", "current_iin", "code", "from_day", "to_day", "birth_date", "row_fault"]
_TOLD_AS = {"row_fault": "row", "row_id": "id", "kind": "beneficiary"}
_MOST_SHOWN = {"payer": 4, "person": 4, "iin": 4, "current_iin": 4, "birth_date": 4, "knp": 6, "period": 6}
_MOST_DIGITS = 8  # of a day or an amount; more of them, in one piece or in groups, may be an IIN or an account


def masked(name: str) -> pl.Expr:
    """What was found in a field, fit for a message: letters hidden, of long numbers the last four digits, 24 signs."""
    text = pl.col(_written(name)).str.slice(0, 200)
    if name == "row_fault":
        return text
    digits = text.str.replace_all(r"\D", "")
    return (
        pl.when(digits.str.len_chars() > _MOST_SHOWN.get(name, _MOST_DIGITS))
        .then(pl.concat_str(pl.lit("…"), digits.str.slice(-4)))
        .otherwise(text.str.replace_all(r"\p{L}", "*").str.slice(0, 24))
    )


def _written(name: str) -> str:
    return name if name == "row_fault" else f"{name}_text"
