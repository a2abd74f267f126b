"""Read the texts of lines as amounts, days, months and ids, and say by the accounts what each line is.

Grain in and out: one row per line, same order. Money is tiyn. What cannot be read becomes null beside its text,
never 0 or today; the schema then says why the line is refused. Source: contract.md section 3, formats.md.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from schemas.codes import FUND_ACCOUNT, MEDS_ACCOUNT
from schemas.ledger import NO_BIRTH_DATE
from schemas.views import INLINE, lengths, views

MOST_TIYN = 92_233_720_368_547_758  # 922337203685477,58: the largest amount a message can carry
_LONGEST_AMOUNT = 18  # 15 digits, the mark, two digits
_FEW = 1000  # days, months and codes differ little from line to line
_ALIKE = 8  # where so many lines on average say the same, each text is read once
_BLANK, _DELETE = 0x20, 0x7F  # signs of ASCII that are no blanks lie between them
_NOBODY, _OTHER, _MEDS, _FUND = range(4)  # whose account it is


@dataclass(frozen=True)
class Syntax:
    """How a format writes values: decimal mark, day and month (`%d %m %Y %y` parts only)."""

    decimal: str
    day: str
    month: str = "%m%Y"


MT = Syntax(decimal=",", day="%y%m%d")
ISO_CSV = Syntax(decimal=".", day="%Y-%m-%d")
BIRTH_DAY = {MT: "%Y%m%d"}  # where birth dates are written otherwise than the other days


def read_lines(raw: pl.DataFrame, syntax: Syntax) -> pl.DataFrame:
    """raw lines -> lines with amount_tiyn, value_date, document_date, period, knp and kind. Grain: a line."""
    texts = ["amount_text", "value_date_text", "document_date_text", "period_text", "knp_text", "person_text"]
    # A message that returns money names the original's payer as its beneficiary, and not the original itself: its
    # reference and number are its own, the one by which an account statement names it.
    message_back = ((pl.col("kind") == "return") & (pl.col("form") != "returns_register")).fill_null(False)
    lines = raw.with_columns(kind=_kinds(raw))
    if lines.select(message_back.any()).item():
        lines = lines.with_columns(
            payer_text=pl.when(message_back).then("beneficiary_text").otherwise("payer_text"),
            document_reference=pl.when(~message_back).then("document_reference"),
        )
    lines = lines.with_columns(given_text(column) for column in [*texts, "payer_text"]).with_columns(
        amount_tiyn=tiyn("amount_text", syntax.decimal),
        value_date=day("value_date_text", syntax.day),
        document_date=day("document_date_text", syntax.day),
        period=month("period_text", syntax.month),
        birth_date=day("birth_date_text", BIRTH_DAY.get(syntax, syntax.day)),
        knp=knp("knp_text"),
    )
    no_day = pl.col("birth_date").is_null() & pl.col("birth_date_text").is_not_null()
    if lines.select(no_day.any()).item():  # "-" says nothing
        no_day &= given_text("birth_date_text").is_not_null()
        lines = lines.with_columns(birth_date=pl.when(no_day).then(pl.lit(NO_BIRTH_DATE)).otherwise("birth_date"))
    return lines


def read_rows(raw: pl.DataFrame) -> pl.DataFrame:
    """raw register rows -> rows with from_day, to_day and birth_date read as ISO days. Grain: a row."""
    days = ["from_day", "to_day", "birth_date"]
    texts = ["iin_text", "code_text", "current_iin_text", *(f"{name}_text" for name in days)]
    return raw.with_columns(given_text(column) for column in texts).with_columns(
        day(f"{name}_text", ISO_CSV.day).alias(name) for name in days
    )


def given_text(column: str) -> pl.Expr:
    """The text without blanks around it; null where it is empty or a lone '-'."""

    def given(texts: pl.Series) -> pl.Series:
        if _is_bare(texts):
            return texts
        stripped = texts.str.strip_chars()
        nothing = (stripped == "") | (stripped == "-")
        return stripped.set(nothing, None) if nothing.any() else stripped

    return pl.col(column).map_batches(given, return_dtype=pl.String)


def _is_bare(texts: pl.Series) -> bool:
    """Whether all texts are short and begin and end with a sign of ASCII that is no blank, as nearly all columns do."""
    if texts.null_count():
        return texts.null_count() == texts.len()
    held = views(texts)
    size = lengths(held)
    if not len(held) or size.min() < 2 or size.max() > INLINE:
        return not len(held)
    first, last = held[:, 4], held.ravel()[np.arange(3, held.size, 16) + size]
    return bool(first.min() > _BLANK and last.min() > _BLANK and max(first.max(), last.max()) < _DELETE)


def tiyn(column: str, decimal: str) -> pl.Expr:
    """An amount text as tiyn: `,50` is 50 tiyn, a minus before or after keeps its sign; null if unreadable."""

    def read(texts: pl.Series) -> pl.Series:
        # Digits, the mark and two digits is what nearly all amounts are; the others are read by a shape of their own.
        size = texts.str.replace(decimal, "", literal=True).cast(pl.UInt64, strict=False)
        usual = (texts.str.find(decimal, literal=True) + 3 == texts.str.len_bytes()) & (texts >= "0") & (texts < ":")
        usual = (usual & (texts.str.len_bytes() <= _LONGEST_AMOUNT) & (size <= MOST_TIYN)).fill_null(False)
        found = size.set(~usual, None).cast(pl.Int64)
        odd = (~usual & texts.is_not_null()).arg_true()
        if odd.is_empty():
            return found
        return found.scatter(odd, _read(texts.gather(odd), lambda text: _any_tiyn(text, decimal)))

    return pl.col(column).map_batches(read, return_dtype=pl.Int64)


def _any_tiyn(text: pl.Expr, decimal: str) -> pl.Expr:
    mark = rf"\{decimal}"
    shape = rf"^(-?)([0-9]{{0,15}})(?:{mark}([0-9]{{0,2}}))?(-?)$"
    parts = text.str.extract_groups(shape)
    whole = parts.struct["2"].fill_null("")
    fraction = parts.struct["3"].fill_null("")
    minus = (parts.struct["1"] == "-") | (parts.struct["4"] == "-")
    size = ("0" + whole).cast(pl.Int64, strict=False) * 100 + fraction.str.pad_end(2, "0").cast(pl.Int64, strict=False)
    readable = (
        text.str.contains(shape) & text.str.contains(r"[0-9]") & ~text.str.contains(r"^-.*-$") & (size <= MOST_TIYN)
    )
    return pl.when(readable).then(pl.when(minus).then(-size).otherwise(size))


def day(column: str, written: str) -> pl.Expr:
    """A day text as a date, read strictly; null if it is no day."""
    return _each_once(column, lambda text: _strictly(text, written), pl.Date())


def month(column: str, written: str) -> pl.Expr:
    """A month text as the first of the month; null if it is no month."""
    return _each_once(column, lambda text: _strictly("01" + text, "%d" + written), pl.Date())


def knp(column: str) -> pl.Expr:
    """A payment purpose code of three digits; null if it is none."""
    shape = r"^[0-9]{3}$"
    return _each_once(column, lambda text: pl.when(text.str.contains(shape)).then(text), pl.String())


def _each_once(column: str, read: Callable[[pl.Expr], pl.Expr], dtype: pl.DataType) -> pl.Expr:
    """A column of texts read: once for lines in a row that say the same, and where few differ each of them once."""

    def read_all(texts: pl.Series) -> pl.Series:
        if texts.null_count() == texts.len():
            return _different(texts, read, dtype)
        begins = texts.ne_missing(texts.shift()).scatter(0, True)
        runs = texts.filter(begins)
        if runs.len() > texts.len() // _ALIKE:
            return _different(texts, read, dtype)
        return _different(runs, read, dtype).gather(begins.cast(pl.UInt32).cum_sum() - 1)

    return pl.col(column).map_batches(read_all, return_dtype=dtype)


def _different(texts: pl.Series, read: Callable[[pl.Expr], pl.Expr], dtype: pl.DataType) -> pl.Series:
    different = texts.unique()
    if different.len() > max(_FEW, texts.len() // _ALIKE):
        return _read(texts, read).cast(dtype)
    values = _read(different, read).cast(dtype)
    if different.len() < 2:
        return values.new_from_index(0, texts.len()) if texts.len() else values
    return texts.replace_strict(different, values, return_dtype=dtype)


def _read(texts: pl.Series, read: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    return texts.alias("text").to_frame().select(read(pl.col("text"))).to_series()


def _strictly(text: pl.Expr, written: str) -> pl.Expr:
    shape = written.replace(".", r"\.")
    for part, digits in {"%d": "[0-9]{2}", "%m": "[0-9]{2}", "%y": "[0-9]{2}", "%Y": "[0-9]{4}"}.items():
        shape = shape.replace(part, digits)
    read = pl.when(text.str.contains(f"^{shape}$")).then(text).str.to_date(written, strict=False)
    return pl.when(read.dt.year() > 0).then(read)


def _kinds(raw: pl.DataFrame) -> pl.Series:
    """payment, forwarding, return or refund: the accounts decide (contract.md section 3); null for anything else."""
    owners = raw.select("form", payer=_owner("payer_account"), beneficiary=_owner("beneficiary_account"))
    payer, beneficiary = pl.col("payer"), pl.col("beneficiary")
    kind = (
        pl.when(pl.col("form") == "payment_register")
        .then(pl.lit("payment"))
        .when(pl.col("form") == "returns_register")
        .then(pl.lit("return"))
        .when((payer == _MEDS) & (beneficiary == _FUND))
        .then(pl.lit("forwarding"))
        .when((payer == _MEDS) & beneficiary.is_in([_FUND, _OTHER]))
        .then(pl.lit("return"))
        .when((payer == _FUND) & (beneficiary == _MEDS))
        .then(pl.lit("refund"))
        .when((beneficiary == _MEDS) & (payer != _MEDS))
        .then(pl.lit("payment"))
    )
    return owners.select(kind=kind).to_series()


def _owner(column: str) -> pl.Expr:
    """Whose account it is. An employer's stands in all its lines, so each account is looked at once."""

    def owner(account: pl.Expr) -> pl.Expr:
        written = account.str.strip_chars().str.strip_prefix("/").str.to_uppercase()
        codes = {MEDS_ACCOUNT: _MEDS, FUND_ACCOUNT: _FUND, "": _NOBODY}
        return written.replace_strict(codes, default=_OTHER, return_dtype=pl.UInt8)

    return _each_once(column, owner, pl.UInt8()).fill_null(_NOBODY)
