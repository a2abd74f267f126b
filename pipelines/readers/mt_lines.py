"""Gather the heads and items that `mt_shapes` read, and make raw lines of them.

Grain: one line an item. What an item does not say of the payment its head does. What the values mean is told by `mt`;
what heads say as documents: mt_documents.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.readers import lines_frame, mt
from pipelines.readers.mt_shapes import Shape, Text, Values
from pipelines.readers.text_views import Numbers
from schemas.codes import FUND_ACCOUNT, MEDS_ACCOUNT
from schemas.lines import RAW_LINE

# What an item or a head says, and the column that it fills.
_COLUMNS = {
    "32B": "amount_text",
    "50/D": "payer_account",
    "50/IDN": "payer_text",
    "59": "beneficiary_account",
    "59/IDN": "beneficiary_text",
    "70/NUM": "document_number",
    "70/DATE": "document_date_text",
    "70/KNP": "knp_text",
    "70/PERIOD": "period_text",
    "70/IDN": "person_text",
    "70/FM": "surname",
    "70/NM": "name",
    "70/FT": "patronymic",
    "70/DT": "birth_date_text",
}
_OWN = {"32B", "70/IDN", "70/FM", "70/NM", "70/FT", "70/DT"}  # what a line has of its item, never of its head
_EMPTY_IS_NONE = {"70/FM", "70/NM", "70/FT", "70/DT"}
_TOLD = {"document_no": pl.Int32(), "line_no": pl.Int64(), "first_line": pl.Int64(), "kind": pl.String()}
_TOLD |= {"listed": pl.Boolean(), "package": pl.Boolean()}  # whether it has items, and whether they pay for themselves
_USUAL_TOTAL = "^[0-9]{6}KZT[0-9,.]+$"
_OF_HEAD = {*_COLUMNS, "20", "32A", "52B", "70/ASSIGN", *mt.NAMES_PERSON}


@dataclass
class Heads:
    """The heads of a file: a row each, with its document, and the values that any head says."""

    values: Values = field(default_factory=Values)
    kinds: set[str] = field(default_factory=set)
    told: list[pl.DataFrame] = field(default_factory=list)  # a piece's heads, as _TOLD

    def __len__(self) -> int:
        return sum(part.height for part in self.told)

    def all_told(self) -> pl.DataFrame:
        """What is told of all heads besides their values (columns _TOLD). Grain: a head."""
        return pl.concat([pl.DataFrame(schema=_TOLD), *self.told], rechunk=True)

    def add(
        self,
        text: Text,
        fits: list[tuple[Shape, Numbers]],
        begins: Numbers,
        rows: Numbers,
        line_no: int,
        document_no: Numbers,
        has_items: npt.NDArray[np.bool_],
        packages: npt.NDArray[np.bool_],
    ) -> None:
        """Add the heads of a piece that begins with this line: of each shape, as places in the other vectors."""
        if not fits:
            return
        before = len(self)
        fitting = [(shape, begins[places], rows[places] - before) for shape, places in fits]
        shapes = [shape for shape, _ in fits]
        heads = np.sort(np.concatenate([places for _, places in fits]))  # as their rows
        of_shape = np.empty(len(begins), dtype=np.int64)
        for number, (_, places) in enumerate(fits):
            of_shape[places] = number
        first_line = begins[heads] + line_no
        told = {
            "document_no": document_no[heads].astype(np.int32),
            "line_no": first_line + np.array([shape.reference for shape in shapes])[of_shape[heads]],
            "first_line": first_line,
            "kind": pl.Series([shape.kind for shape in shapes]).gather(of_shape[heads]),
            "listed": has_items[heads],
            "package": packages[heads],
        }
        self.kinds.update(shape.kind for shape in shapes)
        self.told.append(pl.DataFrame(told))
        self.values.add(text, len(heads), fitting, _OF_HEAD)

    def add_total(self, text: Text, lines: Numbers, rows: Numbers) -> None:
        """Add sequence C of these rows, which stands on these lines of the last piece."""
        if len(rows):
            first = len(self) - self.values.last_size
            self.values.add_to_last(text, "32A", b":32A:", lines, rows - first)


@dataclass
class Items:
    """The items of a file: a row each, with its line and its head."""

    values: Values = field(default_factory=Values)
    head_of: list[Numbers] = field(default_factory=list)
    line_no: list[Numbers] = field(default_factory=list)
    unnamed: list[npt.NDArray[np.bool_]] = field(default_factory=list)  # of a package, and names nobody

    def add(
        self,
        text: Text,
        items: Numbers,
        line_no: int,
        head_of: Numbers,
        kept: npt.NDArray[np.bool_],
        fits: list[tuple[Shape, Numbers]],
    ) -> None:
        """Add the items that are kept, by their first lines in a piece that begins with this line of the file."""
        rows, size = np.cumsum(kept) - 1, int(kept.sum())
        unnamed = np.zeros(size, dtype=np.bool_)
        fitting = []
        for shape, places in fits:
            own = places if size == len(items) else places[kept[places]]
            fitting.append((shape, items[own], rows[own]))
            unnamed[rows[own]] = shape.has_payer and not shape.names_person
        self.values.add(text, size, fitting, set(_COLUMNS))
        self.head_of.append(head_of[kept])
        self.line_no.append(items[kept] + line_no)
        self.unnamed.append(unnamed)


def frame_of(heads: Heads, items: Items) -> pl.DataFrame:
    """The lines of all items, with what their heads say of the payment."""
    if not items.head_of:
        return lines_frame([])
    head_of = pl.Series(np.concatenate(items.head_of).astype(np.uint32))

    def repeated(of_heads: pl.Series) -> pl.Series:
        return of_heads.gather(head_of)

    told, written = heads.all_told(), heads.values.column("32A")
    form = told.select(pl.when("package").then(pl.lit("package")).otherwise(pl.lit("list"))).to_series()
    columns: dict[str, pl.Series] = {
        "document_no": repeated(told["document_no"]),
        "line_no": pl.Series(np.concatenate(items.line_no)),
        "form": repeated(form),
        "document_reference": repeated(heads.values.column("20")),
        "value_date_text": repeated(each_total(written, written.str.slice(0, 6), mt.value_date)),
        "payer_bank": repeated(each(heads.values.column("52B"), mt.bic)),
    }
    said_by_items, said_by_heads = items.values.names, heads.values.names
    for name, column in _COLUMNS.items():
        own = items.values.column(name, name in _EMPTY_IS_NONE) if name in said_by_items else None
        if name in said_by_heads and name not in _OWN and (own is None or own.null_count()):
            of_head = repeated(heads.values.column(name))
            account = mt.ACCOUNT_OF.get(name)
            if account in said_by_items and account in said_by_heads:
                other = _account(items.values.column(account)) != _account(repeated(heads.values.column(account)))
                of_head = of_head.set(other.fill_null(False), None)
            own = of_head if own is None else own.zip_with(own.is_not_null(), of_head)
        if own is not None:
            columns[column] = own
    nothing = pl.repeat(None, len(head_of), dtype=pl.String, eager=True)
    lines = pl.DataFrame([columns.get(column, nothing).alias(column) for column in RAW_LINE])
    unnamed = np.concatenate(items.unnamed)
    if not unnamed.any():
        return lines
    # Who pays in a package and names nobody pays for himself; as mt._payer_as_person tells it.
    from_meds, to_fund = (
        _account(lines[f"{side}_account"]) == account
        for side, account in (("payer", MEDS_ACCOUNT), ("beneficiary", FUND_ACCOUNT))
    )
    back = pl.when(from_meds.fill_null(False)).then("beneficiary_text").otherwise("payer_text")
    payer = pl.when(to_fund).then(None).otherwise(back)
    return lines.with_columns(person_text=pl.when(pl.Series(unnamed)).then(payer).otherwise("person_text"))


def _account(written: pl.Series) -> pl.Series:
    """Accounts as mt.account_of gives them."""
    return written.str.strip_chars().str.strip_prefix("/").str.to_uppercase()


def put_between(lines: pl.DataFrame, few: pl.DataFrame) -> pl.DataFrame:
    """The lines of both, each sorted by document, in the order of their documents; none has lines in both."""
    places, firsts = np.unique(lines["document_no"].search_sorted(few["document_no"]).to_numpy(), return_index=True)
    parts = [lines[: places[0]]]
    for (first, last), (begin, end) in zip(
        pairwise([*firsts.tolist(), few.height]), pairwise([*places.tolist(), lines.height]), strict=True
    ):
        parts += [few[first:last], lines[begin:end]]
    return pl.concat(parts, rechunk=True)


def each(texts: pl.Series, meaning: Callable[[str | None], str | None]) -> pl.Series:
    """What each text means; alike ones are asked once."""
    alike = texts.unique().to_list()
    return texts.replace_strict(alike, [meaning(one) for one in alike], return_dtype=pl.String)


def each_total(written: pl.Series, usual: pl.Series, meaning: Callable[[str | None], str | None]) -> pl.Series:
    """What each :32A: means: `usual` where it has the usual shape, the others are asked."""
    is_usual = written.str.contains(_USUAL_TOTAL).fill_null(False)
    return usual if is_usual.all() else usual.zip_with(is_usual, each(written.set(is_usual, None), meaning))
