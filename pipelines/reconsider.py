"""Cut a file down to what an acceptance or a replay judges again: what its first verdicts left outside.

Documents and lines that got in before are left out; a document of which only lines are judged again has no controls
and no numbers to be known by. Grain: one delivery. Source: contract.md section 1.
"""

from dataclasses import dataclass, replace

import polars as pl

from pipelines.readers import Reading
from schemas.codes import HARMLESS, QUARANTINE, REFUSALS
from transforms.controls import WHOLE_FILE

_LINES = ("payments", "returns", "transfers", "entries", "intervals", "links", "persons")
ACCEPTABLE = ("register_shrunk", "control_total", "control_count", "document_differs")  # what a person may release


@dataclass(frozen=True)
class Open:
    """First verdicts of a file that stand: places (line_no, reason) of refused documents and quarantined lines.

    Line 0 is the whole file.
    """

    verdicts: pl.DataFrame

    @property
    def whole_file(self) -> bool:
        """Whether nothing of the file got in, so that all of it is judged again."""
        return 0 in self.documents

    @property
    def documents(self) -> set[int]:
        """First lines of refused documents."""
        return set(self.verdicts.filter(pl.col("reason").is_in(list(REFUSALS)))["line_no"])

    @property
    def lines(self) -> set[int]:
        """Quarantined lines."""
        return set(self.verdicts.filter(pl.col("reason").is_in(list(QUARANTINE)))["line_no"])


def in_question(verdicts: pl.DataFrame, event: str, reason: str | None) -> pl.DataFrame:
    """Open verdicts of one file (line_no, reason) -> those that the event looks at again."""
    if event == "accept":
        return verdicts.filter(pl.col("reason").is_in(ACCEPTABLE))
    harmful = verdicts.filter(~pl.col("reason").is_in(HARMLESS))
    return harmful if reason is None else harmful.filter(pl.col("reason") == reason)


def cut_down(reading: Reading, left: Open) -> Reading:
    """The reading with only those documents and lines that are judged again."""
    if left.whole_file:
        return reading
    if reading.rows.height:  # a register is put in force as a whole
        return replace(reading, documents=[replace(one, partial=True) for one in reading.documents])
    whole = [one.document_no for one in reading.documents if one.line_no in left.documents]
    wanted = pl.col("document_no").is_in(whole) | pl.col("line_no").is_in(sorted(left.lines))
    lines, entries = reading.lines.filter(wanted), reading.entries.filter(wanted)
    kept = set(whole) | set(lines["document_no"]) | set(entries["document_no"])
    documents = [
        one
        if one.document_no in whole
        else replace(one, is_message=False, total_expected=False, count_text=None, partial=True)
        for one in reading.documents
        if one.document_no in kept
    ]
    return replace(reading, documents=documents, lines=lines, entries=entries, sections=reading.sections.clear())


def released(left: Open, tables: dict[str, pl.DataFrame]) -> list[int]:
    """Places of the first verdicts that the new judgement takes back, by its ledger tables."""
    if left.whole_file:
        return [0] if tables["documents"].height else []
    standing = tables["documents"].filter(pl.col("refused_reason").is_null())
    accepted = pl.concat([tables[name].select("line_no") for name in _LINES])
    return sorted(left.documents & set(standing["line_no"]) | left.lines & set(accepted["line_no"]))


def kept_of(documents: pl.DataFrame, *frames: pl.DataFrame) -> list[pl.DataFrame]:
    """Judged documents and lines of an event without what only repeats a first verdict."""
    standing = documents.filter(pl.col("refused_reason").is_null())
    refused_whole = documents.filter((pl.col("document_no") == WHOLE_FILE) & pl.col("refused_reason").is_not_null())
    partial = standing.filter("partial")["document_no"]
    said_before = pl.col("document_no").is_in(partial.implode())
    kept = [
        frame.filter(pl.col("document_no").is_in(standing["document_no"].implode()))
        .filter(~said_before | (pl.col("verdict") == "accepted"))
        .filter(pl.lit(refused_whole.is_empty()))
        for frame in frames
    ]
    return [standing if refused_whole.is_empty() else standing.clear(), *kept]
