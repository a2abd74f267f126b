"""Make files of registers: of apps and terminals, of Kazpost, of returns; and leave for later days what comes back.

Grain: one Paper per file. A row that comes again with the same id is a duplicate, with another amount a conflict; both
are known because the first came the day before. Source: formats.md section 5.
"""

import json
from collections.abc import Iterator

import polars as pl

from pipelines.generate.lines import payer_account, return_days
from pipelines.generate.message_papers import RETURNABLE
from pipelines.generate.messages import as_amount
from pipelines.generate.papers import Carry, Day, Paper

FOLDERS = {"bank_register": "bank", "kazpost_register": "kazpost", "returns_register": "returns"}
_HEADERS = {
    "bank_register": "payment_id,pay_date,payer_iin,iin,surname,name,patronymic,knp,period,amount,channel\n",
    "kazpost_register": "N;RECEIPT;PAY_DATE;PAYER_IIN;IIN;SURNAME;NAME;PATRONYMIC;KNP;PERIOD;AMOUNT;POST_OFFICE\n",
    "returns_register": "return_id,return_date,document_reference,document_number,payer_id,iin,knp,period,amount,"
    "reason\n",
}
_PERSON = ["surname", "name", "patronymic", "knp_text", "period_text"]
_CONFLICTS = 4  # one in so many rows that come again has another amount


def register_papers(day: Day, lines: pl.DataFrame, form: str, carry: Carry) -> Iterator[Paper]:
    """rows of a kind of register -> its files of the day, with the rows that come again from the day before."""
    if form == "returns_register":
        rows = lines
    else:
        rows = _left_for_later(day, with_origin(lines, day, form), carry)
        rows = pl.concat([rows, *(one for one in carry.rows[day.place] if one["form"][0] == form)], how="diagonal")
    for number in range(0, rows.height, day.nation.lines_a_file):
        part = rows.slice(number, day.nation.lines_a_file)
        yield register_paper(day, part, form, number // day.nation.lines_a_file)


def with_origin(lines: pl.DataFrame, day: Day, form: str) -> pl.DataFrame:
    """rows -> rows with what they have from their register: id scope, kind, reference, number. Grain: a row."""
    scope = pl.col("payer_bank") if form == "bank_register" else pl.lit("KPSTKZKA")
    return lines.with_columns(
        form=pl.lit(form),
        kind=pl.lit("payment"),
        document_reference="row_id",
        id_scope=pl.concat_str(pl.lit(form + "|"), scope),
        payer_account=payer_account("payer_place"),
        payer_name=pl.concat_str("surname", pl.lit(" "), "name"),
        document_number=_number(day, form),
        document_date=pl.lit(day.day if form == "kazpost_register" else None, dtype=pl.Date),
    )


def _number(day: Day, form: str) -> pl.Expr:
    """The number of the register in which a row stands; only Kazpost's has one."""
    part = pl.int_range(pl.len()) // day.nation.lines_a_file
    numbered = pl.concat_str(pl.lit(f"{day.place + 1}"), part.cast(pl.String).str.zfill(4))
    return numbered if form == "kazpost_register" else pl.lit(None, dtype=pl.String)


def _left_for_later(day: Day, rows: pl.DataFrame, carry: Carry) -> pl.DataFrame:
    wait, halves = return_days(rows, day)
    back = pl.Series(wait) + day.place
    rows = rows.with_columns(
        back_place=pl.select(pl.when(pl.Series(wait) > 0).then(back)).to_series(), back_halves=pl.Series(halves)
    )
    for place in rows["back_place"].unique(maintain_order=True).drop_nulls():
        carry.returns[place].append(rows.filter(pl.col("back_place") == place).select(RETURNABLE))
    again = rows.filter("comes_again")
    if again.height:
        conflict = pl.col("person_place") // 7 % _CONFLICTS == 0
        carry.rows[day.place + 1].append(
            again.with_columns(
                covers=pl.lit(False),
                amount_tiyn=pl.col("amount_tiyn") + pl.when(conflict).then(100).otherwise(0),
                verdict=pl.when(conflict).then(pl.lit("quarantined")).otherwise(pl.lit("duplicate")),
                reason=pl.when(conflict).then(pl.lit("id_conflict")).otherwise(pl.lit("duplicate_payment")),
                fault=pl.when(conflict).then(pl.lit("same id, other amount")).otherwise(pl.lit("same id")),
                back_place=pl.lit(None, dtype=pl.Int64),
                back_halves=pl.lit(0, dtype=pl.Int64),
            )
        )
    return rows


def register_paper(day: Day, rows: pl.DataFrame, form: str, number: int) -> Paper:
    """One file of these rows, the how-manieth of its kind and day, with its control totals."""
    head_lines = 2 if form == "kazpost_register" else 1
    rows = rows.with_columns(line_no=pl.int_range(pl.len()) + head_lines + 1, document_no=pl.lit(0, dtype=pl.Int32))
    if form == "kazpost_register":
        stated = f"{day.place + 1}{number:04d}"
        rows = rows.with_columns(document_number=pl.lit(stated), document_date=pl.lit(day.day))
    name = f"{form}_{day.stamp}_{number:04d}.csv"
    total = int(rows["amount_tiyn"].sum())
    stated_sum = f"{'-' if total < 0 else ''}{abs(total) // 100}.{abs(total) % 100:02d}"
    control = {"rows": rows.height, "sum": stated_sum}
    sidecar = None if form == "kazpost_register" else json.dumps(control).encode()
    content = None
    if day.with_text:
        text = rows.select(_row(form).str.join("")).item()
        if form == "kazpost_register":
            first = f"KAZPOST;REESTR;{stated};{day.day:%d.%m.%Y};KPSTKZKA\n"
            text = f"{first}{_HEADERS[form]}{text}ITOGO;{rows.height};{stated_sum.replace('.', ',')}\n"
            content = text.encode("kz1048") if number % 2 else text.encode()
        else:
            content = (_HEADERS[form] + text).encode()
    return Paper(FOLDERS[form], name, content, rows, sidecar=sidecar, format=form)


def _row(form: str) -> pl.Expr:
    point, comma = as_amount("amount_tiyn", "."), as_amount("amount_tiyn", ",")
    if form == "bank_register":
        cells = ["row_id", pl.col("value_date").dt.strftime("%Y-%m-%d"), "payer_text", "person_text", *_PERSON]
        return pl.concat_str(pl.concat_str([*cells, point, "payer_bank"], separator=","), pl.lit("\n"))
    if form == "kazpost_register":
        order, day = pl.int_range(1, pl.len() + 1).cast(pl.String), pl.col("value_date").dt.strftime("%d.%m.%Y")
        cells = [order, "row_id", day, "payer_text", "person_text", *_PERSON, comma, pl.lit("050000")]
        return pl.concat_str(pl.concat_str(cells, separator=";"), pl.lit("\n"))
    named = [pl.col(name).fill_null("") for name in ("document_reference", "document_number")]
    cells = ["row_id", pl.col("value_date").dt.strftime("%Y-%m-%d"), *named, "payer_text", "person_text"]
    cells += ["knp_text", "period_text", point, pl.lit("неверные реквизиты")]
    return pl.concat_str(pl.concat_str(cells, separator=","), pl.lit("\n"))
