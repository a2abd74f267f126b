"""A delivery as read, and what its documents and its control file declare of themselves.

Grain: one row per document; document_no -1 stands for a whole file. Money is tiyn. Source: contract.md section 3.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl

from pipelines.archive import Record
from pipelines.readers import DOCUMENT, Document, Reading, Unreadable, documents_frame
from pipelines.reconsider import Open
from transforms.controls import WHOLE_FILE
from transforms.lines import MT, Syntax, tiyn

DELIVERY = {"sequence": pl.Int64(), "received_on": pl.Date(), "file_sha256": pl.String()}


def of_record(record: Record) -> list[pl.Expr]:
    """What every line carries of its delivery."""
    return [
        pl.lit(record.sequence, dtype=pl.Int64).alias("sequence"),
        pl.lit(record.received_on).alias("received_on"),
        pl.lit(record.sha256).alias("file_sha256"),
    ]


class Told(NamedTuple):
    """Lines as read, each with a `row` to name it by, and those with a fault: row, reason, field."""

    lines: pl.DataFrame
    faults: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Apart:
    """Lines of some deliveries that were read together on another machine, by kind, with reason and field of faults."""

    lines: dict[str, pl.DataFrame]

    @cached_property
    def heights(self) -> dict[str, dict[int, int]]:
        """How many lines of each kind each delivery has, by sequence."""
        return {kind: dict(lines.group_by("sequence").len().iter_rows()) for kind, lines in self.lines.items()}


@dataclass
class Delivered:
    """A delivery as read, or the reason why it could not be; `sidecar` is the text of its control file.

    `left` is what an event judges again. What was read on another machine (pipelines/read_apart.py) has its lines
    `apart`, and not in the reading.
    """

    record: Record
    reading: Reading | None = None
    problem: Unreadable | None = None
    sidecar: bytes | None = None
    left: Open | None = None
    apart: Apart | None = None

    def height(self, kind: str) -> int:
        """How many lines, rows or entries were read."""
        if self.apart is not None:
            return self.apart.heights[kind].get(self.record.sequence, 0)
        return 0 if self.reading is None else getattr(self.reading, kind).height

    @property
    def size(self) -> int:
        """How many lines, rows and entries were read together."""
        return sum(self.height(kind) for kind in ("lines", "rows", "entries"))

    @property
    def in_parts(self) -> bool:
        """Whether it is read and judged part by part."""
        return self.reading is not None and self.reading.parts is not None

    def is_released(self, line_no: int) -> bool:
        """Whether a person takes the document that begins there although its controls are off or it differs."""
        return self.left is not None and self.left.by_person and line_no in self.left.documents


def typed(
    batch: list[Delivered],
    part: Callable[[Reading], pl.DataFrame],
    raw: dict[str, pl.DataType],
    read: Callable[[pl.DataFrame, Syntax], pl.DataFrame],
) -> pl.DataFrame:
    """One part of every reading (of columns `raw`), with its delivery, read as it writes values; in intake order."""
    by_syntax: dict[Syntax, list[pl.DataFrame]] = {}
    for one in batch:
        if one.reading is not None and part(one.reading).height:
            by_syntax.setdefault(one.reading.syntax, []).append(part(one.reading).with_columns(of_record(one.record)))
    found = [read(pl.concat(frames), syntax) for syntax, frames in by_syntax.items()]
    if len(found) < 2:  # in order as they are
        return found[0] if found else read(pl.DataFrame(schema=raw | DELIVERY), MT)
    return pl.concat(found).sort("sequence", maintain_order=True)


def declared(batch: list[Delivered]) -> pl.DataFrame:
    """Documents of the batch with what they declare, and one (-1) for each file that is judged as a whole."""
    told = [_said(one) for one in batch]
    records = [one.record for one in batch]
    columns = {
        "sequence": [record.sequence for record in records],
        "received_on": [record.received_on for record in records],
        "file_sha256": [record.sha256 for record in records],
        "decimal": [one.reading.syntax.decimal if one.reading else "." for one in batch],
    }
    owners = np.repeat(np.arange(len(batch)), [documents.height for documents in told])
    documents = pl.DataFrame(columns, schema=DELIVERY | {"decimal": pl.String()})[owners]
    documents = documents.hstack(pl.concat([pl.DataFrame(schema=DOCUMENT), *told], rechunk=True))
    of_file, left = pl.col("document_no") == WHOLE_FILE, batch[0].left if batch else None  # an event is judged alone
    let_in = left.documents if left is not None and left.by_person else set()
    documents = documents.with_columns(
        decimal=pl.when(of_file).then(pl.lit(".")).otherwise("decimal"),
        released=~of_file & pl.col("line_no").is_in(let_in),
    )
    marks = documents["decimal"].unique().sort().to_list() or ["."]  # an amount with another mark is slow to read
    return documents.with_columns(
        declared_tiyn=pl.coalesce(pl.when(pl.col("decimal") == mark).then(tiyn("total_text", mark)) for mark in marks),
        declared_lines=pl.col("count_text").cast(pl.Int64, strict=False),
        total_expected=pl.col("total_expected") & ~pl.col("released"),
        count_expected=pl.col("count_text").is_not_null() & ~pl.col("released"),
        refused_reason="problem",
        sender="payer_bank",
    )


def _said(one: Delivered) -> pl.DataFrame:
    """What stands for the whole file, if anything does, and its documents. Grain: a document, as DOCUMENT."""
    if one.problem is not None:
        return documents_frame([Document(WHOLE_FILE, 0, problem=one.problem.reason, expected=one.problem.expected)])
    assert one.reading is not None
    if one.sidecar is None or one.is_released(0):
        return one.reading.documents
    return pl.concat([documents_frame([_declared_beside(one.sidecar)]), one.reading.documents])


def _declared_beside(content: bytes) -> Document:
    """What a control file says; one that says nothing readable refuses its file."""
    try:
        told = json.loads(content, parse_float=str, parse_int=str)
        rows, total = told.get("rows"), told.get("sum")
        if not (rows or total) or not all(value is None or isinstance(value, str) for value in (rows, total)):
            raise ValueError
        f"{rows}{total}".encode()  # half a surrogate pair is no text
    except (ValueError, AttributeError, RecursionError):
        expected = 'a control file like {"rows": 2, "sum": "8500.00"}'
        return Document(WHOLE_FILE, 0, problem="control_total", expected=expected)
    return Document(WHOLE_FILE, 0, total_text=total, total_expected=total is not None, count_text=rows)
