"""A delivery as read, and what its documents and its control file declare of themselves.

Grain: one row per document; document_no -1 stands for a whole file. Money is tiyn. Source: contract.md section 3.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import polars as pl

from pipelines.archive import Record
from pipelines.readers import Document, Reading, Unreadable
from pipelines.reconsider import Open
from transforms.controls import WHOLE_FILE
from transforms.lines import MT, Syntax, tiyn

DELIVERY = {"sequence": pl.Int64(), "received_on": pl.Date(), "file_sha256": pl.String()}
_TEXTS = ["reference", "number", "document_date_text", "payer_bank", "payer_text", "total_text", "count_text"]
_TEXTS += ["purpose", "problem", "expected"]
_SAID = {"document_no": pl.Int32(), "line_no": pl.Int64()}
_SAID |= dict.fromkeys(["is_message", "total_expected", "partial"], pl.Boolean()) | dict.fromkeys(_TEXTS, pl.String())
_DECLARED = {**DELIVERY, "decimal": pl.String(), "released": pl.Boolean(), **_SAID}


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
    told: list[Document] = []
    owners: list[Delivered] = []
    for one in batch:
        if one.problem is not None:
            told.append(Document(WHOLE_FILE, 0, problem=one.problem.reason, expected=one.problem.expected))
        else:
            if one.sidecar is not None and not one.is_released(0):
                told.append(_declared_beside(one.sidecar))
            assert one.reading is not None
            told += one.reading.documents
        owners += [one] * (len(told) - len(owners))
    pairs = [(None if said.document_no == WHOLE_FILE else one, said) for one, said in zip(owners, told, strict=True)]
    columns = {
        "sequence": [one.record.sequence for one in owners],
        "received_on": [one.record.received_on for one in owners],
        "file_sha256": [one.record.sha256 for one in owners],
        "decimal": [one.reading.syntax.decimal if one and one.reading else "." for one, _ in pairs],
        "released": [one is not None and one.is_released(said.line_no) for one, said in pairs],
        **{name: [getattr(said, name) for said in told] for name in _SAID},
    }
    marks = sorted(set(columns["decimal"])) or ["."]  # an amount with another mark is slow to read
    return pl.DataFrame(columns, schema=_DECLARED).with_columns(
        declared_tiyn=pl.coalesce(pl.when(pl.col("decimal") == mark).then(tiyn("total_text", mark)) for mark in marks),
        declared_lines=pl.col("count_text").cast(pl.Int64, strict=False),
        total_expected=pl.col("total_expected") & ~pl.col("released"),
        count_expected=pl.col("count_text").is_not_null() & ~pl.col("released"),
        refused_reason="problem",
        sender="payer_bank",
    )


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
