"""Read delimited text: payment and returns registers through a layout, and the six CSV registers by their name.

Every physical line after the header becomes a row, whatever it holds, so that line numbers are those of the file
and nothing is lost; blank lines are passed over. A quoted field may not run over several lines. What is larger than
a part is read part by part, when it is judged. Source: contract.md section 3, formats.md section 5.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial

import polars as pl

from pipelines.readers import PART_BYTES, Document, Parts, Reading, Unreadable, documents_frame, mt
from pipelines.readers.layouts import Layout
from pipelines.readers.rows import BLANKS, Place, Source, Table, cells, first_line, last_line
from schemas.lines import RAW_LINE, RAW_ROW, REGISTERS
from transforms.lines import ISO_CSV, given_text

_FORM = {"payment": "payment_register", "return": "returns_register"}
_RENAMED = {"old_iin": "iin", "category": "code", "kind": "code", "reason": "code", "from": "from_day", "to": "to_day"}
_AS_TEXT = ("amount", "value_date", "document_date", "period", "knp", "payer", "person", "birth_date")
_READ_LATER = set(_AS_TEXT) - {"birth_date"}  # stripped where they are read as values: transforms/lines.py
_NAMES_DOCUMENT = ("row_id", "document_reference", "document_number")
_ID = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_WHOLE = ("iin_links",)  # a link is judged by all others of its delivery


def register_kind(file_name: str) -> str | None:
    """The register whose name the file's name begins with."""
    return next((kind for kind in REGISTERS if file_name.startswith(kind)), None)


def read_register(source: Source, kind: str, part_bytes: int = PART_BYTES) -> Reading:
    """A delivery of one of the six registers: one document, one row per line."""
    header = first_line(source, Place(source.begin, 1))
    if header is None:
        raise Unreadable("empty_file", "some content")
    names = cells(header[0], ",")
    places = _places(names, dict(zip(REGISTERS[kind], REGISTERS[kind], strict=True)))
    texts = {name if name in RAW_ROW else f"{_RENAMED.get(name, name)}_text": name for name in places}
    table = Table(source, header[1], source.end, ",", len(names))

    def rows(part: pl.DataFrame) -> pl.DataFrame:
        told = {name: pl.col(field).str.strip_chars() for name, field in texts.items()}
        return _with_all(part, RAW_ROW, register=pl.lit(kind), **told)

    if kind in _WHOLE:
        part_bytes = table.size
    parts = _parts(table, places, rows, part_bytes)
    reading = Reading(kind, ISO_CSV, documents_frame([Document(0, 0)]), part_count=-(-table.size // max(part_bytes, 1)))
    return _reading(reading, parts, "rows", RAW_ROW, table.size > part_bytes)


def read_layout(source: Source, layout: Layout, part_bytes: int = PART_BYTES) -> Reading:
    """A payment or returns register: one document with what its first line and trailer say."""
    document, said, begin, end = Document(0, 0), {}, Place(source.begin, 1), source.end
    if layout.first_line_begins is not None:
        first = first_line(source, begin)
        if first is None:
            raise Unreadable("empty_file", "some content")
        told, begin = cells(first[0], layout.delimiter), first[1]
        said = {name: told[place - 1].strip() for name, place in layout.first_line.items() if place <= len(told)}
        said |= {name: mt.bic(text) or "" for name, text in said.items() if name == "payer_bank"}
    if layout.trailer is not None:
        end = _take_trailer(document, Source(source.open, source.encoding, begin.offset, end), layout)
    header = first_line(Source(source.open, source.encoding, source.begin, end), begin)
    if header is None:
        raise Unreadable("missing_columns", f"a header with {', '.join(layout.columns.values())}", "header")
    names = cells(header[0], layout.delimiter)
    places = _places(names, layout.columns)
    table = Table(source, header[1], end, layout.delimiter, len(names))
    texts = _texts(places, said) | {"form": pl.lit(_FORM[layout.kind]), "id_scope": _id_scope(layout, places, said)}
    clean = [_cleaned(name) for name in places if name not in _READ_LATER]

    def lines(part: pl.DataFrame) -> pl.DataFrame:
        return _with_all(part.with_columns(clean), RAW_LINE, **texts)

    parts = _parts(table, places, lines, part_bytes)
    documents = documents_frame([document])
    reading = Reading(layout.name, layout.syntax, documents, part_count=-(-table.size // max(part_bytes, 1)))
    return _reading(reading, parts, "lines", RAW_LINE, table.size > part_bytes)


def _parts(
    table: Table, places: dict[str, int], told: Callable[[pl.DataFrame], pl.DataFrame], part_bytes: int
) -> Parts:
    def made(part: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        return told(part())

    def parts() -> Iterator[Callable[[], pl.DataFrame]]:
        for part in table.parts(places, max(part_bytes, 1)):
            yield partial(made, part)

    return parts


def _reading(reading: Reading, parts: Parts, what: str, schema: dict[str, pl.DataType], in_parts: bool) -> Reading:
    """The reading with its rows, or, where they are too many, with the way to read them part by part."""
    if in_parts:
        reading.parts, reading.in_parts = parts, what
    else:
        setattr(reading, what, pl.concat([pl.DataFrame(schema=schema), *(part() for part in parts())]))
    return reading


def _texts(places: dict[str, int], said: dict[str, str]) -> dict[str, pl.Expr]:
    """Raw line columns from the fields of a layout; a register's own id doubles as the document's reference."""
    found = {name: pl.lit(value) for name, value in said.items()} | {name: pl.col(name) for name in places}
    texts = {f"{name}_text" if name in _AS_TEXT else name: cell for name, cell in found.items()}
    texts.setdefault("payer_bank", texts.get("channel", pl.lit(None, dtype=pl.String)))
    texts.pop("channel", None)
    if "row_id" in texts:
        texts.setdefault("document_reference", texts["row_id"])
    return texts


def _id_scope(layout: Layout, places: dict[str, int], said: dict[str, str]) -> pl.Expr:
    """What a register's ids are unique in: the layout, and the bank or channel."""
    if layout.id_scope in places:
        return pl.concat_str(pl.lit(layout.name + "|"), pl.col(layout.id_scope).fill_null(""))
    return pl.lit(f"{layout.name}|{said.get(layout.id_scope or '', '')}")


def _places(header: list[str], columns: dict[str, str]) -> dict[str, int]:
    """Where each wanted column stands; missing_columns if one is absent or stands twice, or it is no header alone."""
    names = [cell.strip().lower() for cell in header]
    if any(_ID.search(name) for name in names):  # all on one line, it would be a register without rows
        raise Unreadable("missing_columns", "a header on a line of its own; rows stand in it", "header")
    wrong = [column for column in columns.values() if names.count(column.lower()) != 1]
    if wrong:
        raise Unreadable("missing_columns", f"each of these columns once: {', '.join(wrong)}", "header")
    return {name: names.index(column.lower()) for name, column in columns.items()}


def _take_trailer(document: Document, source: Source, layout: Layout) -> int:
    """Where the trailer begins, whose total and count go into the document; the end where there is none."""
    trailer = layout.trailer or {}
    text, begin = last_line(source) or ("", source.end)
    document.total_expected = True
    if not text.strip(BLANKS).startswith(str(trailer["starts_with"])):
        document.problem, document.expected = "truncated", f"a last line that begins with {trailer['starts_with']}"
        return source.end
    told = [cell.strip() for cell in cells(text, layout.delimiter)] + [""] * 16
    document.count_text, document.total_text = told[int(trailer["rows"]) - 1], told[int(trailer["sum"]) - 1]
    return begin


def _cleaned(name: str) -> pl.Expr:
    """A cell without blanks around it; a bank without its padding, and no id or reference where it is a lone '-'."""
    if name in _NAMES_DOCUMENT:
        return given_text(name)
    if name == "payer_bank":
        return pl.col(name).map_batches(_bics, return_dtype=pl.String, is_elementwise=True)
    return pl.col(name).str.strip_chars()


def _bics(written: pl.Series) -> pl.Series:
    alike = written.unique().to_list()
    return written.replace_strict(alike, [mt.bic(one) for one in alike], return_dtype=pl.String)


def _with_all(part: pl.DataFrame, schema: dict[str, pl.DataType], **told: pl.Expr) -> pl.DataFrame:
    """The raw columns of a part: of document 0, as told, the rest null."""
    told = {"document_no": pl.lit(0), "line_no": pl.col("line_no"), "row_fault": pl.col("row_fault")} | told
    return part.select(told.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema.items())
