"""Make documents of the heads that `mt_lines` gathered, and the lines of single messages.

Grain: one document a head; one line a head without items, made by `mt` itself, which tells what the values mean.
"""

import polars as pl

from pipelines.readers import DOCUMENT, Document, documents_frame, mt
from pipelines.readers.mt_lines import Heads, each, each_total
from pipelines.readers.mt_shapes import Values


def documents_of(heads: Heads, others: list[Document]) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    """The documents of the heads and the others, in their order, and the lines of single messages.

    What a message says of itself is told by `mt.document_of`; here it is told of all heads at once.
    """
    if not len(heads):
        return documents_frame(others), []
    told, said = heads.all_told(), heads.values.column
    written = said("32A")
    documents = told.select(
        "document_no",
        "line_no",
        *_problems(told["kind"], written.is_not_null()),
        said("20").alias("reference"),
        said("70/NUM").alias("number"),
        said("70/DATE").alias("document_date_text"),
        said("50/IDN").alias("payer_text"),
        each(said("52B"), mt.bic).alias("payer_bank"),
        each_total(written, written.str.slice(9), mt.total_of).alias("total_text"),
        _with_further_lines(heads.values, "70/ASSIGN").alias("purpose"),
        is_message=pl.lit(True),
        total_expected=pl.lit(True),
        partial=pl.lit(False),
        count_text=pl.lit(None, dtype=pl.String),
    ).select(*DOCUMENT)
    if others:
        documents = pl.concat([documents, documents_frame(others)]).sort("document_no")
    return documents, _single_lines(heads.values, told)


def _problems(kinds: pl.Series, have_total: pl.Series) -> list[pl.Series]:
    """Problem and expectation of each head, as `mt.problem_of` tells them; alike ones are asked once."""
    asked = pl.DataFrame([kinds.alias("kind"), have_total.alias("has_total")])
    alike = asked.unique()
    told = [
        mt.problem_of(mt.Message(0, kind, mt.Part(0, {"32A": ""} if has_total else {}), ended=True))
        for kind, has_total in alike.rows()
    ]
    named = pl.DataFrame(told, schema={"problem": pl.String, "expected": pl.String}, orient="row")
    found = asked.join(alike.hstack(named), on=asked.columns, how="left", maintain_order="left")
    return found.select("problem", "expected").get_columns()


def _single_lines(values: Values, told: pl.DataFrame) -> list[dict[str, object]]:
    """The lines of the heads without items, which `mt` makes of each."""
    single = ~told["listed"]
    if not single.any():
        return []
    names = sorted({name.partition("+")[0] for name in values.names})
    texts = [_with_further_lines(values, name).alias(name) for name in names]
    heads = told.select("document_no", "line_no", "first_line", "kind", *texts).filter(single)
    rows = []
    for no, line_no, first_line, kind, *head in heads.iter_rows():
        said = {name: text for name, text in zip(names, head, strict=True) if text is not None}
        rows += mt.lines_of(mt.Message(line_no, kind, mt.Part(first_line, said), ended=True), no)
    return rows


def _with_further_lines(values: Values, name: str) -> pl.Series:
    """A value with the lines that go on with it, in their order."""
    further = sorted((one for one in values.names if one.startswith(f"{name}+")), key=lambda one: (len(one), one))
    whole = values.column(name)
    for one in further:
        whole += values.column(one).fill_null("")
    return whole
