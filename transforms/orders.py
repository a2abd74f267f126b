"""Find what moves as one sum between two accounts: the payment orders that an account statement shows.

Grain in:  lines and judged documents. Grain out: one row per order: a list or single message, an item of a package, or
a register's lines of one document number. Money is tiyn, the sum of all lines as written, quarantined ones included.
A register without a document number is no order: nothing on the account could be told to be its money; nor is one whose
lines all came before.
Source: formats.md sections 1 and 2, contract.md section 4.
"""

import polars as pl

from schemas.codes import MEDS_ACCOUNT

_DOCUMENT = ["sequence", "document_no"]
_ORDER = [*_DOCUMENT, "item", "part"]
_OF_LINE = ["received_on", "file_sha256", "kind", "form", "payer_account", "beneficiary_account"]
_OF_LINE += ["number", "document_date"]
_FIRST = [*_OF_LINE, "reference", "people_told", "documents_told"]
# what is looked at of a line
LINE_COLUMNS = [*_DOCUMENT, "line_no", "received_on", "file_sha256", "kind", "form", "verdict", "amount_tiyn", "knp"]
LINE_COLUMNS += ["payer_account", "beneficiary_account", "document_number", "document_date", "value_date", "payer"]
LINE_COLUMNS += ["person_text"]
_PEOPLE = r"(?i)кол-?\s*во\s*потребителей\s*=\s*([0-9]+)"
_DOCUMENTS = r"(?i)кол-?\s*во\s*документов\s*=\s*([0-9]+)"


def orders(lines: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """lines (with verdicts), documents -> orders of documents that are not refused. Grain: an order."""
    return of_sums([order_sums(lines, documents)])


def order_sums(lines: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """lines (with verdicts), documents -> what these lines add to their orders. Grain: an order."""
    # What is passed on is told per KNP by the consolidated message.
    is_list = (pl.col("kind") == "forwarding") & (pl.col("form") != "single")
    is_item, is_register = pl.col("form") == "package", pl.col("form").str.ends_with("_register")
    of_order = ~is_register | ((pl.col("kind") == "payment") & pl.col("document_number").is_not_null())
    own_number = pl.col("document_number").str.strip_chars()
    sums = (
        lines.filter(pl.col("kind").is_not_null() & of_order)
        .with_columns(
            number=own_number,
            item=pl.when(is_item).then("line_no").otherwise(0),
            part=pl.when(is_register).then(own_number).when(is_list).then("knp"),
            beneficiary_account=pl.when(is_register).then(pl.lit(MEDS_ACCOUNT)).otherwise("beneficiary_account"),
        )
        .group_by(*_ORDER, maintain_order=True)
        .agg(
            pl.col(*_OF_LINE, "payer").first(),
            at=pl.col("line_no").first(),
            value_date=pl.col("value_date").max(),
            knp=pl.col("knp").unique(),
            amount_tiyn=pl.col("amount_tiyn").sum(),
            unreadable=pl.col("amount_tiyn").null_count(),
            lines=pl.len().cast(pl.Int64),
            people=pl.col("person_text").unique(),
            resent=(pl.col("verdict") == "duplicate").all(),
        )
    )
    told = sums.join(_told(documents), on=_DOCUMENT, maintain_order="left")
    return told.with_columns(
        number=pl.when(is_item | is_register).then("number").otherwise(pl.col("told_number").str.strip_chars()),
        line_no=pl.when(is_item).then("at").otherwise("told_line"),
        payer=pl.when(~is_register & (pl.col("kind") != "forwarding")).then("payer"),
        resent=is_register & pl.col("resent"),
    ).drop("told_number", "told_line")


def of_sums(sums: list[pl.DataFrame]) -> pl.DataFrame:
    """What parts of the lines, in their order, add to their orders -> orders. Grain: an order."""
    return (
        pl.concat(sums)
        .group_by(*_ORDER, maintain_order=True)
        .agg(
            pl.col(*_FIRST, "line_no", "payer").first(),
            value_date=pl.col("value_date").max(),
            knp=pl.when(pl.col("knp").explode().n_unique() == 1).then(pl.col("knp").explode().first()),
            amount_tiyn=pl.when(pl.col("unreadable").sum() == 0).then(pl.col("amount_tiyn").sum()),
            lines=pl.col("lines").sum(),
            people=pl.col("people").explode().n_unique().cast(pl.Int64),
            resent=pl.col("resent").all(),
        )
        .filter(~pl.col("resent"))
        .with_columns(
            pl.col(name).str.replace_all(" ", "").str.strip_prefix("/").str.to_uppercase()
            for name in ("payer_account", "beneficiary_account")
        )
    )


def _told(documents: pl.DataFrame) -> pl.DataFrame:
    """What documents say of themselves, with the control counts in their purpose. Grain: a document."""
    return documents.filter(pl.col("document_no") >= 0).select(
        *_DOCUMENT,
        "reference",
        pl.col("number").alias("told_number"),
        pl.col("line_no").alias("told_line"),
        people_told=_counted(_PEOPLE),
        documents_told=_counted(_DOCUMENTS),
    )


def _counted(shape: str) -> pl.Expr:
    """A control count of the purpose, with look-alike Latin letters read as Cyrillic."""
    text = pl.col("purpose").str.replace_many({"c": "с", "o": "о", "e": "е", "K": "К"})
    return text.str.extract(shape, 1).cast(pl.Int64, strict=False)
