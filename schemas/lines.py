"""What a line of a payment file or register is, as written and as read, and every check of a line, told once.

Grain: one row per line, in the order of the files. Money is tiyn. `*_text` columns hold what was written,
their namesakes what could be read (null where nothing could). Not for checks that look at other lines: those
are in transforms/duplicates.py and transforms/links.py. Source: contract.md section 3, formats.md sections 2 and 5.
"""

import functools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from schemas.codes import ENTREPRENEURS, EXEMPTIONS, QUARANTINE, REVERSALS
from schemas.gate import must
from schemas.identifiers import valid_iin, valid_payer
from schemas.views import first_four, views

if TYPE_CHECKING:  # Pandera takes longer to load than many a command runs
    import pandera.polars as pa

FIRST_DAY: Final = date(2017, 7, 1)  # when MSHI payments began
DAYS_AHEAD: Final = 10  # a date may lie this many days after the file was received
PERIOD_MONTHS_AHEAD: Final = 24
SUPPORTED_KNP: Final = ("121", "122", "123", "124")
REASON_ORDER: Final = list(QUARANTINE)

# What a reader gives for a line of money: texts as written; names, references and ids stripped.
RAW_LINE: Final[dict[str, pl.DataType]] = {
    "document_no": pl.Int32(),  # which document of the file
    "line_no": pl.Int64(),
    "form": pl.String(),  # list, package, single, payment_register, returns_register
    "payer_account": pl.String(),
    "beneficiary_account": pl.String(),
    "beneficiary_text": pl.String(),  # the beneficiary's id: the payer of an MT return
    "amount_text": pl.String(),
    "value_date_text": pl.String(),
    "document_date_text": pl.String(),
    "period_text": pl.String(),
    "knp_text": pl.String(),
    "payer_text": pl.String(),
    "person_text": pl.String(),
    "surname": pl.String(),
    "name": pl.String(),
    "patronymic": pl.String(),
    "birth_date_text": pl.String(),
    "document_reference": pl.String(),
    "document_number": pl.String(),
    "payer_bank": pl.String(),
    "row_id": pl.String(),  # a register's own id of the line
    "id_scope": pl.String(),  # what the id is unique in: layout and bank or channel
    "row_fault": pl.String(),  # set when the row itself could not be cut into fields
}

# What a reader gives for a row of one of the six CSV registers.
RAW_ROW: Final[dict[str, pl.DataType]] = {
    "document_no": pl.Int32(),
    "line_no": pl.Int64(),
    "register": pl.String(),
    "iin_text": pl.String(),
    "code_text": pl.String(),
    "current_iin_text": pl.String(),
    "from_day_text": pl.String(),
    "to_day_text": pl.String(),
    "surname": pl.String(),
    "name": pl.String(),
    "patronymic": pl.String(),
    "birth_date_text": pl.String(),
    "row_fault": pl.String(),
}

REGISTERS: Final[dict[str, tuple[str, ...]]] = {
    "categories": ("iin", "category", "from", "to"),
    "exemptions": ("iin", "kind", "from", "to"),
    "reversals": ("iin", "reason", "from", "to"),
    "iin_links": ("old_iin", "current_iin"),
    "entrepreneurs": ("iin", "kind", "from", "to"),
    "persons": ("iin", "surname", "name", "patronymic", "birth_date"),
}

_FIXED_CODES = {"exemptions": EXEMPTIONS, "reversals": REVERSALS, "entrepreneurs": ENTREPRENEURS}
_LOOK_ALIKES = {"A": "А", "K": "К", "O": "О", "M": "М", "C": "С", "B": "В", "H": "Н"}


@functools.cache
def payment_line_schema() -> "pa.DataFrameSchema":
    """The checks of a line of money. A forwarding or refund line need not name person and period."""
    day_low, day_high = pl.lit(FIRST_DAY), pl.col("received_on") + timedelta(days=DAYS_AHEAD)
    names_nobody = pl.col("kind").is_in(["forwarding", "refund"]).fill_null(False)
    # A period is the first of its month, so it need not be held against the first of that month.
    latest_period = pl.col("value_date").dt.offset_by(f"{PERIOD_MONTHS_AHEAD}mo")
    person, payer = pl.col("person_text"), pl.col("payer_text")
    return _schema(
        "payment line",
        {
            "row_fault": [("missing_field", pl.col("row_fault").is_null())],
            "surname": [("commission_line", ~_commission())],
            "amount_text": [("missing_field", _given("amount_text"))],
            "value_date_text": [("missing_field", _given("value_date_text"))],
            "knp_text": [("missing_field", _given("knp_text"))],
            "period_text": [("missing_field", _given("period_text") | names_nobody)],
            "payer_text": [
                ("missing_field", _given("payer_text") | names_nobody),
                ("bad_payer_id", payer.is_null() | payer.map_batches(valid_payer, return_dtype=pl.Boolean)),
            ],
            "person_text": [
                ("missing_field", _given("person_text") | names_nobody),
                ("bad_iin", person.is_null() | person.map_batches(valid_iin, return_dtype=pl.Boolean)),
            ],
            "amount_tiyn": [("bad_amount", _true(pl.col("amount_tiyn") > 0))],
            "value_date": [("bad_date", _true(pl.col("value_date").is_between(day_low, day_high)))],
            "document_date": [
                (
                    "bad_date",
                    pl.col("document_date_text").is_null()
                    | _true(pl.col("document_date").is_between(day_low, day_high)),
                )
            ],
            "period": [
                (
                    "bad_period",
                    pl.col("period_text").is_null()
                    | _true(pl.col("period") >= FIRST_DAY)
                    & (pl.col("value_date").is_null() | _true(pl.col("period") <= latest_period)),
                )
            ],
            "knp": [("unsupported_knp", _true(pl.col("knp").is_in(SUPPORTED_KNP)))],
            "kind": [("wrong_beneficiary", pl.col("kind").is_not_null())],
        },
    )


def register_row_schema(categories: list[str]) -> "pa.DataFrameSchema":
    """The checks of a row of a CSV register; the codes of `categories` come from the rules."""
    interval = pl.col("register").is_in(["categories", *_FIXED_CODES])
    link, iin, current = pl.col("register") == "iin_links", pl.col("iin_text"), pl.col("current_iin_text")
    known_code = (pl.col("register") == "categories") & pl.col("code_text").is_in(categories)
    for register, codes in _FIXED_CODES.items():
        known_code |= (pl.col("register") == register) & pl.col("code_text").is_in(codes)

    def read(column: str) -> pl.Expr:
        return pl.col(f"{column}_text").is_null() | pl.col(column).is_not_null()

    return _schema(
        "register row",
        {
            "row_fault": [("missing_field", pl.col("row_fault").is_null())],
            "iin_text": [
                ("missing_field", _given("iin_text")),
                ("bad_iin", iin.is_null() | iin.map_batches(valid_iin, return_dtype=pl.Boolean)),
            ],
            "current_iin_text": [
                ("missing_field", _given("current_iin_text") | ~link),
                ("bad_iin", ~link | current.is_null() | current.map_batches(valid_iin, return_dtype=pl.Boolean)),
            ],
            "code_text": [
                ("missing_field", _given("code_text") | ~interval),
                ("unknown_code", ~interval | pl.col("code_text").is_null() | _true(known_code)),
            ],
            "from_day_text": [("missing_field", _given("from_day_text") | ~interval)],
            "from_day": [("bad_date", read("from_day"))],
            "to_day": [
                ("bad_date", read("to_day")),
                ("bad_date", ~_true(pl.col("from_day") > pl.col("to_day"))),
            ],
            "birth_date": [("bad_date", read("birth_date"))],
        },
    )


def _given(column: str) -> pl.Expr:
    return pl.col(column).is_not_null()


def _true(expression: pl.Expr) -> pl.Expr:
    return expression.fill_null(False)


def _commission() -> pl.Expr:
    """A bank's commission posing as a person (formats.md, trap 10), look-alike Latin letters read as Cyrillic."""
    return pl.map_batches(["surname", "name"], _is_commission, return_dtype=pl.Boolean)


def _is_commission(names: Sequence[pl.Series]) -> pl.Series:
    surname, name = (one.rename(told) for one, told in zip(names, ("surname", "name"), strict=True))
    found = pl.repeat(False, surname.len(), dtype=pl.Boolean, eager=True)
    # Names that begin with other letters, nearly all, need no closer look.
    near = _begins_like_commission(surname)
    none_told = (surname.str.len_bytes().fill_null(0) <= 1).to_numpy()  # nothing, or a lone sign such as `-`
    if none_told.any():
        near |= none_told & _begins_like_commission(name)
    if not near.any():
        return found
    written = (
        pl.concat_str("surname", "name", separator=" ", ignore_nulls=True)
        .str.strip_chars_start(" -")
        .str.to_uppercase()
    )
    is_one = _true(written.str.replace_many(_LOOK_ALIKES).str.contains(r"^КОМИССИ[ЯИ]\b"))
    places = pl.Series(np.flatnonzero(near))
    return found.scatter(places, pl.DataFrame([surname.gather(places), name.gather(places)]).select(is_one).to_series())


def _begins_like_commission(texts: pl.Series) -> np.ndarray:
    """Where a text may begin with "КО"; where it is null, anything."""
    first = first_four(views(texts))
    letter, next_letter = first & 0xFFFF, first >> 16
    in_cyrillic = _either(letter, "Кк") & (_either(next_letter, "Оо") | _either(next_letter & 0xFF, "Oo"))
    return in_cyrillic | _either(first & 0xFF, "Kk")


def _either(codes: np.ndarray, letters: str) -> np.ndarray:
    one, other = (int.from_bytes(letter.encode(), "little") for letter in letters)
    return (codes == one) | (codes == other)


def _schema(name: str, checks: dict[str, list[tuple[str, pl.Expr]]]) -> "pa.DataFrameSchema":
    import pandera.polars as pa

    columns = {
        column: pa.Column(nullable=True, checks=[must(reason, holds) for reason, holds in told])
        for column, told in checks.items()
    }
    return pa.DataFrameSchema(columns, name=name)
