"""Read and validate files without taking them in: what a run would say of them, judged by themselves.

A file in a folder `registers`, or one that no reader knows and whose name begins with the kind of a register, is
read as that register. Nothing is compared with what was accepted before. All faults are told, for there is no table
to look them up in.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.archive import Record, file_hash
from pipelines.delivered import Delivered
from pipelines.errors import UsageError, hide_numbers, readable
from pipelines.home import Home
from pipelines.intake import usable_layouts
from pipelines.judge import Known, judge, needs_attention
from pipelines.readers import Unreadable
from pipelines.readers.delimited import register_kind
from pipelines.readers.layouts import Layout
from pipelines.readers.recognise import SIDECAR, read_file
from pipelines.summary import told_balances, told_faults
from pipelines.tenge import tenge
from schemas.ledger import LEDGER
from schemas.rules import load_law
from transforms.duplicates import ID_COLUMNS
from transforms.verdicts import WAS_DONE

_WOULD_BE = {  # nothing is done by a check
    WAS_DONE: "Nothing of it would count.",
    "The line is quarantined, the rest goes on.": "The line would be quarantined.",
    "The line is a duplicate, the rest goes on.": "The line would be a duplicate.",
}


def check_files(home: Home, files: list[Path], as_of: date, warn: Callable[[str], None]) -> tuple[list[str], bool]:
    """What to print, and whether anything was refused or quarantined; UsageError for a path that is no file."""
    layouts = tuple(usable_layouts(home, warn).values())
    wanted = [
        path
        for path in files
        if not path.name.endswith(SIDECAR) or path.with_name(path.name[: -len(SIDECAR)]) not in files
    ]
    batch = [_delivered(path, place, as_of, layouts) for place, path in enumerate(wanted, start=1)]
    tables = judge(batch, Known(_no_documents, _no_lines, lambda hashes: hashes[:0]), load_law())
    deliveries = tables["deliveries"]
    faults = tables["quarantine"].with_columns(pl.col("message").str.replace_many(_WOULD_BE))
    lines = told_faults(faults.join(deliveries, on="sequence", maintain_order="left"))
    lines += told_balances(tables["statements"].join(deliveries, on="sequence", maintain_order="left"))
    for row in deliveries.iter_rows(named=True):
        lines.append(
            f"{hide_numbers(row['file_name'])}: {row['format'] or 'no format'}, {row['lines']} lines, "
            f"{tenge(row['sum_tiyn'])} tenge; {row['accepted_lines']} would be accepted"
            + (f"; refused whole: {row['refused_reason']}" if row["refused_reason"] else "")
        )
    return lines, needs_attention(tables)


def _delivered(path: Path, sequence: int, as_of: date, layouts: tuple[Layout, ...]) -> Delivered:
    try:
        is_file = path.is_file()
    except OSError:
        is_file = False
    if not is_file:
        raise UsageError(f"{hide_numbers(str(path))}: not a file")
    record = Record(sequence, file_hash(path), readable(path.name), readable(path.absolute().parent.name), as_of)
    one = Delivered(record)
    sidecar = path.with_name(path.name + SIDECAR)
    if sidecar.is_file():
        one.sidecar = sidecar.read_bytes()
    try:
        one.reading = read_file(path, path.name, record.folder == "registers", layouts).whole()
    except Unreadable as problem:
        one.problem = problem
        if problem.reason == "unrecognised" and register_kind(path.name) and record.folder != "registers":
            return _as_register(one, path)
    return one


def _as_register(one: Delivered, path: Path) -> Delivered:
    """The file as the register that its name tells."""
    one.problem = None
    try:
        one.reading = read_file(path, path.name, is_register=True).whole()
    except Unreadable as problem:
        one.problem = problem
    return one


def _no_documents(_: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(schema={name: LEDGER["documents"][name] for name in ("document_key", "content_sha256")})


def _no_lines(_: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(schema={name: LEDGER["payments"][name] for name in ID_COLUMNS})
