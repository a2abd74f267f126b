"""Cut a file down to what an acceptance or a replay judges again: what its first verdicts left outside.

Documents and lines that got in before are left out; a document of which only lines are judged again has no controls
and no numbers to be known by. Grain: one delivery. Source: contract.md section 1.
"""

from dataclasses import dataclass, replace

import polars as pl

from pipelines.readers import Reading
from schemas.codes import HARMLESS, QUARANTINE, REFUSALS
from transforms.controls import WHOLE_FILE

_DOCUMENT = ["sequence", "document_no"]
_LINES = ("payments", "returns", "transfers", "intervals", "links", "persons")
ACCEPTABLE = ("register_shrunk", "control_total", "control_count", "document_differs")  # what a person may release


@dataclass(frozen=True)
class Open:
    """First verdicts of a file that are looked at again: places (place, reason) of documents, lines and entries.

    Place 0 is the whole file. `by_person` when somebody takes them although their controls are off or they differ;
    `outside` are the places of all that stands outside of the file, looked at again or not.
    """

    verdicts: pl.DataFrame
    by_person: bool = False
    outside: frozenset[int] = frozenset()

    @property
    def whole_file(self) -> bool:
        """Whether nothing of the file got in, so that all of it is judged again."""
        return 0 in self.documents

    @property
    def documents(self) -> set[int]:
        """First lines of refused documents."""
        return set(self.verdicts.filter(pl.col("reason").is_in(list(REFUSALS)))["place"])

    @property
    def lines(self) -> set[int]:
        """Quarantined lines, or entries of a statement."""
        return set(self.verdicts.filter(pl.col("reason").is_in(list(QUARANTINE)))["place"])


def in_question(verdicts: pl.DataFrame, event: str, reason: str | None) -> pl.DataFrame:
    """Open verdicts of one file (place, reason) -> those that the event looks at again."""
    if event == "accept":
        return verdicts.filter(pl.col("reason").is_in(ACCEPTABLE))
    harmful = verdicts.filter(~pl.col("reason").is_in(HARMLESS))
    return harmful if reason is None else harmful.filter(pl.col("reason") == reason)


def cut_down(reading: Reading, left: Open) -> Reading:
    """The reading with only those documents and lines that are judged again."""
    if left.whole_file:
        return reading
    reading = reading.whole()
    if reading.rows.height:  # a register is put in force as a whole
        return replace(reading, documents=reading.documents.with_columns(partial=pl.lit(True)))
    whole = reading.documents.filter(pl.col("line_no").is_in(left.documents))["document_no"].to_list()
    of_whole, again = pl.col("document_no").is_in(whole), sorted(left.lines)
    lines = reading.lines.filter(of_whole | pl.col("line_no").is_in(again))
    entries = reading.entries.filter(of_whole | pl.col("entry_no").is_in(again))
    kept = set(whole) | set(lines["document_no"]) | set(entries["document_no"])
    # Of a message of which a line got in the numbers are known; of any other they may have come again since, and count.
    got_in = set(reading.lines.filter(~pl.col("line_no").is_in(left.outside))["document_no"])
    documents = reading.documents.filter(pl.col("document_no").is_in(kept)).with_columns(
        is_message=pl.col("is_message") & (of_whole | ~pl.col("document_no").is_in(got_in)),
        total_expected=pl.col("total_expected") & of_whole,
        count_text=pl.when(of_whole).then("count_text"),
        partial=~of_whole,
    )
    return replace(reading, documents=documents, lines=lines, entries=entries, sections=reading.sections.clear())


def released(left: Open, tables: dict[str, pl.DataFrame]) -> list[int]:
    """Places of the first verdicts that the new judgement takes back, by its ledger tables."""
    if left.whole_file:
        return [0] if tables["documents"].height else []
    standing = tables["documents"].filter(pl.col("refused_reason").is_null())
    places = [tables[name].select(place="line_no") for name in _LINES] + [tables["entries"].select(place="entry_no")]
    return sorted(left.documents & set(standing["line_no"]) | left.lines & set(pl.concat(places)["place"]))


def kept_of(
    left: Open, documents: pl.DataFrame, lines: pl.DataFrame, rows: pl.DataFrame, entries: pl.DataFrame
) -> list[pl.DataFrame]:
    """Judged documents, lines, rows and entries of an event without what only repeats a first verdict.

    Rows of a register repeat none: it comes into force as a whole, and what was said of the one before it falls.
    """
    refused, frames = pl.col("refused_reason").is_not_null(), (lines, rows, entries)
    if documents.filter((pl.col("document_no") == WHOLE_FILE) & refused).height:
        return [frame.clear() for frame in (documents, *frames)]
    if left.whole_file:
        # Nothing was said of its documents and lines yet; a register is one document and refused as a whole.
        repeats = documents.filter(refused & (pl.col("line_no") == 0))
        kept = [frame.join(repeats, on=_DOCUMENT, how="anti", maintain_order="left") for frame in (documents, *frames)]
        return kept
    standing = documents.filter(~refused)
    partial = pl.col("document_no").is_in(standing.filter("partial")["document_no"].implode())
    of_standing = pl.col("document_no").is_in(standing["document_no"].implode())
    new = of_standing & (~partial | (pl.col("verdict") == "accepted"))
    lines, entries = (frame.filter(new) for frame in (lines, entries))
    return [standing, lines, rows.filter(of_standing), entries]
