"""Tell the same money sent twice from honest twins and from corrected resends.

A message is known again by its numbers and is a duplicate when its lines are the same, else it differs. A register
line is known again by its id. Only what was accepted is an original; the first is the first by intake sequence,
then position. Equal lines of one message, or of messages with other numbers, are separate payments.
Source: contract.md section 3, "The same money twice".
"""

import polars as pl
import polars_hash

from transforms.controls import WHOLE_FILE

_DOCUMENT = ["sequence", "document_no"]
_LINE_CONTENT = ["amount_tiyn", "knp", "period", "payer_text", "person_text"]
_LINE_CONTENT += ["surname", "name", "patronymic", "birth_date_text"]
ID_CONTENT = ["amount_tiyn", "value_date", "knp", "period", "payer", "person", "surname", "name", "patronymic"]
REGISTER_ID = ["id_scope", "row_id"]
_ORIGINAL = ["document_reference", "document_number"]  # what a return says of the payment it cancels
ID_COLUMNS = [*REGISTER_ID, *ID_CONTENT, *_ORIGINAL, "kind"]


def message_keys(documents: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """documents, lines -> documents with document_key and content_sha256, null where it is no message."""
    number = pl.col("number").str.strip_chars().str.strip_chars_start("0")
    key = pl.concat_str(
        [
            pl.col(column).fill_null("") if isinstance(column, str) else column.fill_null("")
            for column in (
                "payer_bank",
                "reference",
                number,
                "document_date_text",
                pl.col("declared_tiyn").cast(pl.String),
                "payer_text",
            )
        ],
        separator="|",
    )
    messages = documents.filter("is_message").select(_DOCUMENT)
    if messages.is_empty():
        return documents.with_columns(
            document_key=pl.lit(None, dtype=pl.String), content_sha256=pl.lit(None, dtype=pl.String)
        )
    if messages.height < documents.height:
        lines = lines.join(messages, on=_DOCUMENT, how="semi")
    # what is passed on to the Fund in one sum may have the numbers and the total of its only list
    sums = lines.filter((pl.col("kind") == "forwarding") & (pl.col("form") == "single"))
    if sums.height:
        one_sum = pl.struct(_DOCUMENT).is_in(sums.select(pl.struct(_DOCUMENT)).to_series().implode())
        key = pl.when(one_sum).then(key + "|consolidated").otherwise(key)
    return documents.with_columns(document_key=pl.when("is_message").then(key)).join(
        _contents(lines), on=_DOCUMENT, how="left", maintain_order="left"
    )


def _contents(lines: pl.DataFrame) -> pl.DataFrame:
    """lines -> sequence, document_no, content_sha256: the hash of a document's lines, in whatever order they stand."""
    months = lines["period"].unique()  # few, and a day takes long to write
    written = {"period": pl.col("period").replace_strict(months, months.cast(pl.String), return_dtype=pl.String)}
    texts = [written.get(column, pl.col(column).cast(pl.String)).fill_null("") for column in _LINE_CONTENT]
    return (
        lines.select(*_DOCUMENT, content=pl.concat_str(texts, separator="|"))
        .group_by(_DOCUMENT, maintain_order=True)
        .agg("content")
        .with_columns(content=pl.col("content").list.sort().list.join("\n"))
        .select(*_DOCUMENT, content_sha256=polars_hash.col("content").chash.sha2_256())
    )


def judge_messages(documents: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """documents in intake order, known (document_key, content_sha256) -> documents, repeated ones refused.

    A document can be an original when it is not refused and has a line without fault (`sound_lines` > 0).
    """
    order = pl.int_range(pl.len(), dtype=pl.Int64)
    file_refused = ((pl.col("document_no") == WHOLE_FILE) & pl.col("refused_reason").is_not_null()).any()
    standing = pl.col("refused_reason").is_null() & ~file_refused.over("sequence")
    numbered = documents.with_columns(place=order, standing=standing)
    able = numbered.filter(pl.col("document_key").is_not_null() & pl.col("standing") & (pl.col("sound_lines") > 0))
    told = ["document_key", "content_sha256", "place"]
    before = known.with_columns(place=pl.lit(-1, dtype=pl.Int64)).select(told)
    first = pl.concat([before, able.select(told)]).group_by("document_key").agg(first_place=pl.col("place").min())
    # Whoever comes after the first of its key is refused, and so nobody's original, unless a person takes it.
    taken = able.join(first, on="document_key").filter(pl.col("released") | (pl.col("place") == pl.col("first_place")))
    originals = pl.concat([before, taken.select(told)])
    alike = originals.group_by("document_key", "content_sha256").agg(same_place=pl.col("place").min())
    joined = numbered.join(first, on="document_key", how="left", maintain_order="left").join(
        alike, on=["document_key", "content_sha256"], how="left", maintain_order="left"
    )
    # Both of two documents that differ may have been accepted, the second one by a person.
    same, other = pl.col("same_place") < pl.col("place"), pl.col("first_place") < pl.col("place")
    reason = (
        pl.when(pl.col("standing") & same)
        .then(pl.lit("duplicate_document"))
        .when(pl.col("standing") & other & ~pl.col("released"))
        .then(pl.lit("document_differs"))
        .otherwise("refused_reason")
    )
    return joined.with_columns(refused_reason=reason).drop("place", "standing", "first_place", "same_place")


def judge_ids(lines: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """sound lines in intake order, known accepted lines -> row, reason of lines whose id was there before."""
    with_id = lines.filter(pl.col("row_id").is_not_null())
    candidates = pl.concat(
        [
            known.select(*ID_COLUMNS, pl.lit(-1, dtype=pl.Int64).alias("row")),
            with_id.select(*ID_COLUMNS, pl.col("row").cast(pl.Int64)),
        ]
    )
    first = candidates.group_by(REGISTER_ID).agg(pl.all().sort_by("row").first())
    joined = with_id.with_columns(pl.col("row").cast(pl.Int64)).join(first, on=REGISTER_ID, suffix="_first")

    def equal(columns: list[str]) -> pl.Expr:
        return pl.all_horizontal(pl.col(column).eq_missing(pl.col(f"{column}_first")) for column in columns)

    same = equal(ID_CONTENT) & (equal(_ORIGINAL) | (pl.col("kind") != "return"))
    return joined.filter(pl.col("row_first") < pl.col("row")).select(
        pl.col("row").cast(pl.UInt32),
        reason=pl.when(same).then(pl.lit("duplicate_payment")).otherwise(pl.lit("id_conflict")),
        field=pl.lit("row_id"),
    )
