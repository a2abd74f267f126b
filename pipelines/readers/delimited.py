"""Read delimited text: payment and returns registers through a layout, and the six CSV registers by their name.

Every physical line after the header becomes a row, whatever it holds, so that line numbers are those of the file
and nothing is lost; blank lines are passed over. A quoted field may not run over several lines.
Source: contract.md section 3, formats.md section 5.
"""

import csv

import polars as pl

from pipelines.readers import Document, Reading, Unreadable
from pipelines.readers.layouts import Layout
from schemas.lines import RAW_LINE, RAW_ROW, REGISTERS
from transforms.lines import ISO_CSV

csv.field_size_limit(1 << 20)  # as long as a line may be
_FORM = {"payment": "payment_register", "return": "returns_register"}
_RENAMED = {"old_iin": "iin", "category": "code", "kind": "code", "reason": "code", "from": "from_day", "to": "to_day"}


def register_kind(file_name: str) -> str | None:
    """The register whose name the file's name begins with."""
    return next((kind for kind in REGISTERS if file_name.startswith(kind)), None)


def read_register(text: str, kind: str) -> Reading:
    """A delivery of one of the six registers: one document, one row per line."""
    lines = _numbered(text)
    header = _cells(lines["text"][0], ",")
    places = _places(header, dict(zip(REGISTERS[kind], REGISTERS[kind], strict=True)))
    table = _table(lines.slice(1), ",", len(header))
    texts = {
        name if name in RAW_ROW else f"{_RENAMED.get(name, name)}_text": _cell(place) for name, place in places.items()
    }
    rows = table.select(
        pl.lit(0, dtype=pl.Int32).alias("document_no"),
        "line_no",
        pl.lit(kind).alias("register"),
        "row_fault",
        **texts,
    )
    return Reading(kind, ISO_CSV, [Document(0, 0)], rows=_with_all(rows, RAW_ROW))


def read_layout(text: str, layout: Layout) -> Reading:
    """A payment or returns register: one document with what its first line and trailer say."""
    lines = _numbered(text)
    document = Document(0, 0)
    said = {}
    if layout.first_line_begins is not None:
        first = _cells(lines["text"][0], layout.delimiter)
        said = {name: first[place - 1].strip() for name, place in layout.first_line.items() if place <= len(first)}
        lines = lines.slice(1)
    if layout.trailer is not None:
        lines = _take_trailer(document, lines, layout)
    if lines.is_empty():
        raise Unreadable("missing_columns", f"a header with {', '.join(layout.columns.values())}", "header")
    header = _cells(lines["text"][0], layout.delimiter)
    places = _places(header, layout.columns)
    table = _table(lines.slice(1), layout.delimiter, len(header))
    scope = pl.lit(said.get(layout.id_scope)) if layout.id_scope in said else pl.lit("")
    if layout.id_scope in places:
        scope = _cell(places[layout.id_scope])
    rows = table.select(
        pl.lit(0, dtype=pl.Int32).alias("document_no"),
        "line_no",
        pl.lit(_FORM[layout.kind]).alias("form"),
        "row_fault",
        pl.concat_str(pl.lit(layout.name + "|"), scope.fill_null("")).alias("id_scope"),
        **_texts(places, said),
    )
    return Reading(layout.name, layout.syntax, [document], lines=_with_all(rows, RAW_LINE))


def _texts(places: dict[str, int], said: dict[str, str]) -> dict[str, pl.Expr]:
    """Raw line columns from the fields of a layout; a register's own id doubles as the document's reference."""
    found = {name: _cell(place) for name, place in places.items()}
    found = {**{name: pl.lit(value) for name, value in said.items()}, **found}
    as_text = ("amount", "value_date", "document_date", "period", "knp", "payer", "person", "birth_date")
    texts = {f"{name}_text" if name in as_text else name: cell for name, cell in found.items()}
    texts.setdefault("payer_bank", texts.get("channel", pl.lit(None, dtype=pl.String)))
    texts.pop("channel", None)
    if "row_id" in texts:
        texts["row_id"] = pl.when(~texts["row_id"].is_in(["", "-"])).then(texts["row_id"])
        texts.setdefault("document_reference", texts["row_id"])
    return texts


def _numbered(text: str) -> pl.DataFrame:
    """Physical lines with their 1-based numbers, blank ones left out."""
    lines = pl.DataFrame({"text": text.split("\n")}, schema={"text": pl.String})
    numbered = (
        lines.with_row_index("line_no", offset=1)
        .with_columns(pl.col("line_no").cast(pl.Int64), pl.col("text").str.strip_chars_end("\r"))
        .filter(pl.col("text").str.strip_chars() != "")
    )
    if numbered.is_empty():
        raise Unreadable("empty_file", "some content")
    return numbered


def _cells(line: str, delimiter: str) -> list[str]:
    """The fields of a line; none where it cannot be cut into fields."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _places(header: list[str], columns: dict[str, str]) -> dict[str, int]:
    """Where each wanted column stands; missing_columns if one is absent or stands twice."""
    names = [cell.strip().lower() for cell in header]
    wrong = [column for column in columns.values() if names.count(column.lower()) != 1]
    if wrong:
        raise Unreadable("missing_columns", f"each of these columns once: {', '.join(wrong)}", "header")
    return {name: names.index(column.lower()) for name, column in columns.items()}


def _table(lines: pl.DataFrame, delimiter: str, width: int) -> pl.DataFrame:
    """line_no, cells (list) and row_fault: set where a row has not as many cells as the header."""
    quoted = pl.col("text").str.contains('"', literal=True)
    plain = lines.filter(~quoted).with_columns(cells=pl.col("text").str.split(delimiter))
    tables = [plain]
    if plain.height < lines.height:
        rest = lines.filter(quoted)
        cells = [_cells(line, delimiter) if line.count('"') % 2 == 0 else [] for line in rest["text"]]
        tables.append(rest.with_columns(cells=pl.Series(cells, dtype=pl.List(pl.String))))
    table = pl.concat(tables).sort("line_no")
    # One empty cell more than the header is a delimiter at the end of the row, seen in many exports.
    length = pl.col("cells").list.len()
    spare = (length == width + 1) & (pl.col("cells").list.last().str.strip_chars() == "")
    return table.with_columns(
        row_fault=pl.when((length != width) & ~spare).then(pl.format("{} fields", length)),
        cells=pl.when((length == width) | spare).then("cells"),
    ).drop("text")


def _take_trailer(document: Document, lines: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The lines without the trailer, whose total and count go into the document."""
    trailer = layout.trailer or {}
    last = lines["text"][-1] if lines.height else ""
    document.total_expected = True
    if not last.strip().startswith(str(trailer["starts_with"])):
        document.problem, document.expected = "truncated", f"a last line that begins with {trailer['starts_with']}"
        return lines
    cells = [cell.strip() for cell in _cells(last, layout.delimiter)]
    cells += [""] * 16
    document.count_text, document.total_text = cells[int(trailer["rows"]) - 1], cells[int(trailer["sum"]) - 1]
    return lines.head(lines.height - 1)


def _cell(place: int) -> pl.Expr:
    return pl.col("cells").list.get(place, null_on_oob=True).str.strip_chars()


def _with_all(rows: pl.DataFrame, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in schema.items() if name not in rows.columns]
    return rows.with_columns(missing).select(pl.col(name).cast(dtype) for name, dtype in schema.items())
