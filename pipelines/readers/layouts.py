"""Layouts: the short YAML files that say how a register looks, the product's own and a site's.

A layout names encoding, delimiter, decimal mark, date format, the column of each canonical field and the trailer.
Source: formats.md section 5.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from transforms.lines import Syntax

FOLDER = Path(__file__).parent.parent / "layouts"
FIELDS = ["row_id", "value_date", "document_date", "payer", "person", "surname", "name", "patronymic", "birth_date"]
FIELDS += ["knp", "period", "amount", "channel", "payer_bank", "document_reference", "document_number"]
_DAY = re.compile(r"^(%[dmYy]|[./-])+$")
_REQUIRED = ("value_date", "payer", "person", "knp", "period", "amount")
_KEYS = {"layout", "kind", "recognised_by", "encoding", "delimiter", "decimal", "day", "month"}
_KEYS |= {"first_line", "columns", "id_scope", "trailer"}
_KEYS |= {"other_columns"}  # columns that are there and not read: told for whoever reads the layout


class LayoutError(ValueError):
    """A layout file is wrong: says which key and what was expected."""


@dataclass(frozen=True)
class Layout:
    """A register's form. `columns` maps a canonical field to the header's name, compared without case."""

    name: str
    kind: str  # payment or return
    sha256: str
    delimiter: str
    syntax: Syntax
    columns: dict[str, str]
    first_line_begins: str | None
    recognised_columns: tuple[str, ...]
    encoding: str | None
    first_line: dict[str, int]  # canonical field -> 1-based place in the first line
    id_scope: str | None
    trailer: dict[str, str | int] | None

    def recognises(self, text: str) -> bool:
        """The first line begins, or the header holds the columns, as the layout says."""
        if self.first_line_begins is not None:
            return text.lstrip().startswith(self.first_line_begins)
        header = {cell.strip().strip('"').lower() for cell in text.lstrip().split("\n", 1)[0].split(self.delimiter)}
        return all(column.lower() in header for column in self.recognised_columns)


@cache
def built_in() -> tuple[Layout, ...]:
    """The layouts that come with the product."""
    return tuple(parse(path.read_bytes()) for path in sorted(FOLDER.glob("*.yaml")))


def parse(content: bytes) -> Layout:
    """A layout from the bytes of its file; LayoutError says what is wrong with it."""
    try:
        told = yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise LayoutError(f"not YAML{line}: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise LayoutError(f"not YAML: {(str(error).splitlines() or ['too deep'])[0]}") from None
    if not isinstance(told, dict):
        raise LayoutError("expected keys and values")
    unknown = set(told) - _KEYS
    if unknown:
        raise LayoutError(f"unknown keys: {', '.join(sorted(map(str, unknown)))}")
    _check(told)
    known_by = told["recognised_by"]
    return Layout(
        name=told["layout"],
        kind=told["kind"],
        sha256=hashlib.sha256(content).hexdigest(),
        delimiter=told["delimiter"],
        syntax=Syntax(told["decimal"], told["day"], told.get("month", "%m%Y")),
        columns=dict(told["columns"]),
        first_line_begins=known_by.get("first_line"),
        recognised_columns=tuple(known_by.get("columns", ())),
        encoding=told.get("encoding"),
        first_line=dict(told.get("first_line", {})),
        id_scope=told.get("id_scope"),
        trailer=told.get("trailer"),
    )


def _check(told: dict[str, object]) -> None:
    def need(holds: bool, what: str) -> None:
        if not holds:
            raise LayoutError(f"expected {what}")

    texts = ("layout", "kind", "delimiter", "decimal", "day")
    need(all(isinstance(told.get(key), str) and told[key] for key in texts), f"texts for {', '.join(texts)}")
    need(told["kind"] in ("payment", "return"), "kind: payment or return")
    need(told["decimal"] in (",", "."), "decimal: a comma or a point")
    need(len(str(told["delimiter"])) == 1, "delimiter: one character")
    need(told.get("encoding") in (None, "utf-8", "kz1048", "cp866"), "encoding: utf-8, kz1048 or cp866")
    columns = told.get("columns")
    need(isinstance(columns, dict) and all(isinstance(v, str) for v in columns.values()), "columns: field: name")
    assert isinstance(columns, dict)
    need(set(columns) <= set(FIELDS), f"only the fields {', '.join(FIELDS)}")
    need(set(_REQUIRED) <= set(columns), f"the fields {', '.join(_REQUIRED)}")
    known_by = told.get("recognised_by")
    need(isinstance(known_by, dict), "recognised_by: first_line or columns")
    assert isinstance(known_by, dict)
    begins, header = known_by.get("first_line"), known_by.get("columns")
    by_line = isinstance(begins, str) and bool(begins.strip())
    by_header = isinstance(header, list) and bool(header) and all(isinstance(name, str) and name for name in header)
    need(by_line or (begins is None and by_header), "recognised_by: first_line: text, or columns: names")
    need(len(set(map(str.lower, columns.values()))) == len(columns), "each column for one field")
    others = told.get("other_columns", [])
    need(isinstance(others, list) and all(isinstance(name, str) for name in others), "other_columns: names")
    first_line = told.get("first_line", {})
    need(isinstance(first_line, dict) and set(first_line) <= set(FIELDS), "first_line: field: place")
    assert isinstance(first_line, dict)
    need(all(isinstance(place, int) and place > 0 for place in first_line.values()), "first_line: places from 1")
    need(all(_DAY.match(str(told.get(key, "%m%Y"))) for key in ("day", "month")), "days of %d %m %Y %y . - /")
    scope = told.get("id_scope")
    need(
        scope is None or (isinstance(scope, str) and scope in {*columns, *first_line}),
        "id_scope: a field of columns or first_line",
    )
    trailer = told.get("trailer")
    if trailer is not None:
        need(isinstance(trailer, dict) and isinstance(trailer.get("starts_with"), str), "trailer: starts_with: text")
        assert isinstance(trailer, dict)
        places = [trailer.get(key) for key in ("rows", "sum")]
        need(all(isinstance(place, int) and 0 < place <= 16 for place in places), "trailer: rows and sum: places")
