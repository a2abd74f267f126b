"""Write MT102 messages, lists and packages, as vectorised text, and say on which physical line everything stands.

Grain in: lines in order, messages. Grain out: the lines with their text and line_no, the messages with line_no.
Banks write in three ways: the period in the message or in each item, one slash or two, UTF-8 with LF, UTF-8 with CRLF
or KZ-1048. Source: formats.md section 2.
"""

import polars as pl

from schemas.codes import MEDS_ACCOUNT

STATE_NAME, STATE_BIN, STATE_BIC = "НАО ГК ПРАВИТЕЛЬСТВО ДЛЯ ГРАЖДАН", "160440007161", "GCVPKZ2A"
WAYS = 3  # plain; period in the item and KZ-1048; two slashes and CRLF
_BLOCKS = "{1:F01K054700000000001000001}{2:I102SGROSS000000U3003}\n{4:\n"
_BEFORE_REFERENCE = 2  # lines before :20:


def as_amount(column: str, mark: str) -> pl.Expr:
    """Tiyn as tenge with two decimals."""
    size = pl.col(column).abs()
    cents = (size % 100).cast(pl.String).str.zfill(2)
    sign = pl.when(pl.col(column) < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    return pl.concat_str(sign, (size // 100).cast(pl.String), pl.lit(mark), cents)


def with_line_numbers(lines: pl.DataFrame, messages: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """lines (file, message, in order), messages -> both with line_no in their file; lines with first, last, item."""
    told = messages.select("message", has_period=pl.col("period_text").is_not_null(), cut="is_cut")
    height = pl.when("is_package").then(12).otherwise(8 + pl.col("item_period").is_not_null().cast(pl.Int64))
    head = pl.when("is_package").then(6).otherwise(25 + pl.col("has_period").cast(pl.Int64))
    tail = pl.when("cut").then(1).otherwise(2)
    counted = (
        lines.join(told, on="message", how="left", maintain_order="left")
        .with_columns(first=pl.col("message").ne_missing(pl.col("message").shift(1)))
        .with_columns(last=pl.col("message").ne_missing(pl.col("message").shift(-1)))
        .with_columns(
            item=(pl.int_range(pl.len()) - pl.int_range(pl.len()).filter("first").first().over("message")) + 1,
            head=pl.when("first").then(head).otherwise(0),
        )
        .with_columns(size=pl.col("head") + height + pl.when("last").then(tail).otherwise(0))
        .with_columns(before=(pl.col("size").cum_sum() - pl.col("size")).cast(pl.Int64))
        .with_columns(before=pl.col("before") - pl.col("before").first().over("file"))
    )
    of_message = counted.filter("first").select("message", line_no=pl.col("before") + _BEFORE_REFERENCE + 1)
    placed = counted.with_columns(line_no=pl.col("before") + pl.col("head") + 1)
    kept = placed.drop("size", "before", "head", "has_period", "cut")
    return kept, messages.join(of_message, on="message", how="left", maintain_order="left")


def with_text(lines: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """numbered lines, messages -> lines with `text`: all that stands between two items; a file is its lines joined."""
    heads = messages.select("message", _head().alias("head"), _tail().alias("tail"))
    joined = lines.join(heads, on="message", how="left", maintain_order="left")
    body = pl.when("is_package").then(_package_item()).otherwise(_list_item())
    head, tail = pl.when("first").then("head").otherwise(pl.lit("")), pl.when("last").then("tail").otherwise(pl.lit(""))
    return joined.with_columns(text=pl.concat_str(head, body, tail)).drop("head", "tail")


def encoded(text: str, way: int) -> bytes:
    """The bytes of a file as its bank writes it."""
    if way == 1:
        return text.encode("kz1048")
    return text.replace("\n", "\r\n").encode() if way == 2 else text.encode()


def _head() -> pl.Expr:
    period = pl.concat_str(pl.lit("/PERIOD/"), "period_text", pl.lit("\n")).fill_null("")
    reference = pl.concat_str(pl.lit(_BLOCKS + ":20:"), "reference")
    bank = pl.concat_str(pl.lit("\n:52B:"), "payer_bank", pl.lit(f"\n:57B:{STATE_BIC}\n"))
    day = pl.col("document_date").dt.strftime("%y%m%d")
    package = pl.concat_str(reference, bank, pl.lit(":70:/DATE/"), day, pl.lit("\n"))
    payer = pl.concat_str(
        pl.lit("\n:50:/D/"), "payer_account", pl.lit("\n/NAME/"), "payer_name", pl.lit("\n/IDN/"), "sender_text",
        pl.lit("\n/CHIEF/АБЕНОВ А\n/MAINBK/БЕКЕТОВА Б\n/IRS/1\n/SECO/7"),
    )  # fmt: skip
    beneficiary = pl.concat_str(
        pl.lit(":59:"), "beneficiary_account", pl.lit("\n/NAME/"), "beneficiary_name", pl.lit("\n/IDN/"),
        "beneficiary_text", pl.lit("\n/IRS/1\n/SECO/1\n"),
    )  # fmt: skip
    order = pl.concat_str(
        pl.lit(":70:/NUM/"), "document_number", pl.lit("\n/DATE/"), day, pl.lit("\n/SEND/07\n/VO/01\n/KNP/"),
        "knp_text", pl.lit("\n/PSO/01\n/PRT/50\n"), period, pl.lit("/ASSIGN/"), "purpose", pl.lit("\n"),
    )  # fmt: skip
    return pl.when("is_package").then(package).otherwise(pl.concat_str(reference, payer, bank, beneficiary, order))


def _tail() -> pl.Expr:
    day = pl.col("value_date").dt.strftime("%y%m%d")
    end = pl.when("is_cut").then(pl.lit("\n")).otherwise(pl.lit("\n-}\n"))
    return pl.concat_str(pl.lit(":32A:"), day, pl.lit("KZT"), as_amount("declared_tiyn", ","), end)


def _list_item() -> pl.Expr:
    slash = pl.when(pl.col("way") == 2).then(pl.lit("/")).otherwise(pl.lit(""))

    def key(name: str, column: str) -> list[pl.Expr]:
        return [pl.lit("\n"), slash, pl.lit(f"/{name}/"), pl.col(column)]

    period = pl.concat_str(pl.lit("\n/PERIOD/"), "item_period").fill_null("")
    return pl.concat_str(
        pl.lit(":21:"), pl.col("item").cast(pl.String), pl.lit("\n:32B:KZT"), as_amount("amount_tiyn", ","),
        pl.lit("\n:70:/OPV/C"), *key("FM", "surname"), *key("NM", "name"), *key("FT", "patronymic"),
        *key("DT", "birth_text"), *key("IDN", "person_text"), period, pl.lit("\n"),
    )  # fmt: skip


def _package_item() -> pl.Expr:
    return pl.concat_str(
        pl.lit(":21:"), pl.col("item").cast(pl.String), pl.lit("\n:32B:KZT"), as_amount("amount_tiyn", ","),
        pl.lit("\n:50:/D/"), "payer_account", pl.lit("\n/NAME/"), "payer_name",
        pl.lit("\n/IDN/"), "person_text",
        pl.lit(f"\n:59:{MEDS_ACCOUNT}\n/NAME/{STATE_NAME}\n/IDN/{STATE_BIN}\n:70:/NUM/"), "document_number",
        pl.lit("\n/KNP/"), "knp_text", pl.lit("\n/PERIOD/"), "period_text",
        pl.lit("\n/ASSIGN/Взносы на обязательное социальное медицинское страхование\n"),
    )  # fmt: skip
