"""Make files of messages, and leave for later days what of them comes back or again.

Grain: one Paper per file. Messages are lists or packages, told by `is_package`; an item of a package is paid by its
person, whose account, name and number stand in own_account, own_name and own_number.
"""

from collections.abc import Iterator

import polars as pl

from pipelines.generate import messages as mt
from pipelines.generate.lines import as_period, return_days
from pipelines.generate.papers import Carry, Day, Paper

_RESENT = {"comes_again": "duplicate_document", "comes_changed": "document_differs"}


def with_messages(lines: pl.DataFrame, group: list[str], most: pl.Expr) -> pl.DataFrame:
    """lines in order -> lines with message (a number, rising) and message_part: at most so many lines of one group."""
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in group)
    place = pl.int_range(pl.len())
    parted = lines.with_columns(group_no=changed.cum_sum()).with_columns(
        message_part=(place - place.first()).over("group_no") // most
    )
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("group_no", "message_part"))
    return parted.with_columns(message=begins.cum_sum().cast(pl.Int64)).drop("group_no")


def message_papers(
    day: Day, lines: pl.DataFrame, messages: pl.DataFrame, prefix: str, carry: Carry, folder: str = "bank"
) -> Iterator[Paper]:
    """lines and messages of whole files -> the files; what comes back or again goes into carry.

    `messages` has `file`, and in declared_tiyn the total as it is written.
    """
    messages = messages.with_columns(period_text=pl.when("has_head_period").then(as_period("period")))
    told = messages.select(
        "message",
        "file",
        "is_package",
        "payer_bank",
        "payer_account",
        "payer_name",
        "beneficiary_account",
        "kind",
        "way",
        document_reference="reference",
        document_number="document_number",
        head_period="period_text",
    )
    lines = lines.join(told, on="message", maintain_order="left").with_columns(
        payer_account=pl.coalesce("payer_account", "own_account"),
        payer_name=pl.coalesce("payer_name", "own_name"),
        document_number=pl.coalesce("document_number", "own_number"),
        item_period=pl.when(pl.col("period_text").ne_missing(pl.col("head_period"))).then("period_text"),
        form=pl.when("is_package").then(pl.lit("package")).otherwise(pl.lit("list")),
        row_id=pl.lit(None, dtype=pl.String),
        id_scope=pl.lit(None, dtype=pl.String),
    )
    if prefix not in ("again", "returns"):
        lines = _left_for_later(day, lines, messages, carry)
    lines, messages = mt.with_line_numbers(lines, messages)
    if day.with_text:
        lines = mt.with_text(lines, messages)
    yield from _files(day, lines, messages, prefix, folder)


def messages_again(day: Day, carry: Carry) -> Iterator[Paper]:
    """The messages that come again on the day, in files of their own."""
    given = carry.messages[day.place]
    lines, messages, offset = [], [], 0
    for some_lines, some_messages in given:
        shifted = pl.col("message") + offset
        lines.append(some_lines.with_columns(message=shifted))
        messages.append(some_messages.with_columns(message=shifted))
        offset = messages[-1].select(pl.col("message").max()).item() or 0
    if not messages:
        return
    heads = pl.concat(messages)
    size = pl.concat(lines).group_by("message", maintain_order=True).len()["len"]
    heads = heads.with_columns(file=((size.cum_sum() - size) // day.nation.lines_a_file).cast(pl.Int64))
    yield from message_papers(day, pl.concat(lines), heads, "again", carry)


def _left_for_later(day: Day, lines: pl.DataFrame, messages: pl.DataFrame, carry: Carry) -> pl.DataFrame:
    """lines -> lines with back_place and back_halves: on which day (its place) how many halves of it come back."""
    wait, halves = return_days(lines, day)
    back = pl.Series(wait) + day.place
    lines = lines.with_columns(
        back_place=pl.select(pl.when(pl.Series(wait) > 0).then(back)).to_series(), back_halves=pl.Series(halves)
    )
    for place in lines["back_place"].unique(maintain_order=True).drop_nulls():
        carry.returns[place].append(lines.filter(pl.col("back_place") == place).select(RETURNABLE))
    for flag, reason in _RESENT.items():
        resent = messages.filter(pl.col(flag))
        if resent.height:
            carry.messages[day.place + 1].append(_resent(lines, resent, reason))
    return lines


def _resent(lines: pl.DataFrame, messages: pl.DataFrame, reason: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The messages as they come again: in the plain way; changed, they are paid for the month before."""
    verdict = "duplicate" if reason == "duplicate_document" else "refused"
    change = 0 if reason == "duplicate_document" else 1
    again = lines.join(messages.select("message"), on="message", how="semi", maintain_order="left")
    again = again.select(OF_LINE).with_columns(
        period=pl.col("period") - change,
        covers=pl.lit(False),
        fault=pl.lit(reason),
        verdict=pl.lit(verdict),
        reason=pl.lit(reason),
    )
    if change:
        again = again.with_columns(period_text=as_period("period"))
    return again, messages.with_columns(
        period=pl.col("period") - change, way=pl.lit(0, dtype=pl.Int64), refused_reason=pl.lit(reason)
    ).drop("period_text", "file")


def _files(day: Day, lines: pl.DataFrame, messages: pl.DataFrame, prefix: str, folder: str) -> Iterator[Paper]:
    messages = messages.with_columns(document_no=pl.int_range(pl.len()).over("file").cast(pl.Int32))
    lines = lines.join(messages.select("message", "document_no"), on="message", maintain_order="left")
    by_file = messages.partition_by("file", maintain_order=True)
    sizes = lines.group_by("file", maintain_order=True).len()["len"].to_list()
    begin = 0
    for heads, size in zip(by_file, sizes, strict=True):
        part = lines.slice(begin, size)
        begin += size
        content = None
        if day.with_text:
            content = mt.encoded(part["text"].str.join("").item(), heads["way"][0])
            part = part.drop("text")
        number = heads["file"][0]
        yield Paper(folder, f"{prefix}_{day.stamp}_{number:04d}.txt", content, part, heads, format="mt102")


# What a line carries before it stands in a file, and what must be known of it to send it back.
OF_LINE = ["message", "person_place", "iin", "person_text", "payer_text", "period", "period_text", "knp", "knp_text"]
OF_LINE += [
    "amount_tiyn",
    "value_date",
    "document_date",
    "surname",
    "name",
    "patronymic",
    "birth_text",
    "covers",
    "own",
]
OF_LINE += ["fault", "verdict", "reason", "own_account", "own_name", "own_number"]
RETURNABLE = [
    "person_place",
    "iin",
    "person_text",
    "payer_text",
    "payer_account",
    "payer_name",
    "period",
    "period_text",
]
RETURNABLE += ["knp", "knp_text", "amount_tiyn", "surname", "name", "patronymic", "birth_text", "document_reference"]
RETURNABLE += ["document_number", "back_halves", "own"]
