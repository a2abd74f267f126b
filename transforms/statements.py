"""Read the entries of account statements, and hold every statement against its own balances.

Grain in:  entries and sections as written. Grain out: one row per entry; one row per statement (sequence, document_no).
Money is tiyn. Nothing is refused here: a statement that does not balance is still matched entry by entry.
Source: formats.md sections 3 and 4, contract.md section 4.
"""

import polars as pl

from schemas.lines import FIRST_DAY
from schemas.statements import is_booked
from transforms.lines import Syntax, day, given_text, tiyn

_STATEMENT = ["sequence", "document_no"]
_TURNOVERS = ("credits", "debits", "moved", "net")


def read_entries(raw: pl.DataFrame, syntax: Syntax) -> pl.DataFrame:
    """raw entries -> entries with amount_tiyn, booked_on, document_date, knp and counterparty. Grain: an entry."""
    texts = ["amount_text", "booked_on_text", "document_date_text", "counterparty_text", "knp_text", "status_text"]
    return raw.with_columns(given_text(column) for column in texts).with_columns(
        amount_tiyn=tiyn("amount_text", syntax.decimal),
        batch_tiyn=tiyn("batch_text", syntax.decimal),
        booked_on=day("booked_on_text", syntax.day),
        document_date=day("document_date_text", syntax.day),
        knp=pl.when(pl.col("knp_text").str.contains(r"^[0-9]{3}$")).then("knp_text"),
        counterparty=pl.when(pl.col("counterparty_text").str.contains(r"^[0-9]{12}$"))
        .then("counterparty_text")
        .cast(pl.UInt64),
    )


def read_sections(raw: pl.DataFrame, syntax: Syntax) -> pl.DataFrame:
    """raw sections -> sections with days, balances and turnovers read; null where unreadable. Grain: a section."""
    money = ["opening", "closing", "credits", "debits", "moved", "net"]
    return raw.with_columns(given_text(f"{name}_text") for name in money).with_columns(
        *(tiyn(f"{name}_text", syntax.decimal).alias(f"{name}_tiyn") for name in money),
        opened_on=day("opened_on_text", syntax.day),
        closed_on=day("closed_on_text", syntax.day),
    )


def statement_balances(sections: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """sections, entries -> statements with their balances, sums and difference_tiyn. Grain: a statement.

    `difference_tiyn` is the closing balance less what opening balance and entries give, null where a balance is
    missing; `balances` says whether that is nought and turnovers, the sections and batches agree too.
    What is not booked is no part of the balances; turnovers may count it or not.
    """
    first, last = {"opened_on": pl.min, "opening_tiyn": pl.first}, {"closed_on": pl.max, "closing_tiyn": pl.last}
    after, before = pl.col("opening_tiyn").slice(1), pl.col("closing_tiyn").slice(0, pl.len() - 1)
    statements = sections.group_by(_STATEMENT, maintain_order=True).agg(
        pl.col("line_no", "account").first(),
        *(of(name) for name, of in (first | last).items()),
        joined=(after.eq_missing(before)).all(),
        **{f"{name}_told": pl.col(f"{name}_tiyn").sum() for name in _TURNOVERS},
        **{f"{name}_known": pl.col(f"{name}_text").is_not_null().all() for name in _TURNOVERS},
        sections=_section_agrees().all(),
    )
    is_side = {"credits": pl.col("direction") == "credit", "debits": pl.col("direction") == "debit"}
    amount = pl.col("amount_tiyn").fill_null(0)
    sums = entries.group_by(_STATEMENT).agg(
        **{f"{side}_tiyn": amount.filter(of_side & is_booked()).sum() for side, of_side in is_side.items()},
        **{f"{side}_entered": amount.filter(of_side).sum() for side, of_side in is_side.items()},
        announced=(~is_booked()).any(),
        first_booked_on=pl.col("booked_on").filter(is_booked()).min(),
        last_booked_on=pl.col("booked_on").filter(is_booked()).max(),
    )
    whole = pl.col("closing_tiyn") - pl.col("opening_tiyn") - pl.col("credits_tiyn") + pl.col("debits_tiyn")
    return (
        statements.join(sums, on=_STATEMENT, how="left", maintain_order="left")
        .join(_batches_off(entries), on=_STATEMENT, how="left", maintain_order="left")
        .with_columns(
            pl.col("credits_tiyn", "debits_tiyn", "credits_entered", "debits_entered").fill_null(0),
            opened_on=pl.when(pl.col("opened_on") >= FIRST_DAY).then("opened_on").otherwise("first_booked_on"),
            closed_on=pl.coalesce("closed_on", "last_booked_on"),
        )
        .with_columns(difference_tiyn=whole)
        .with_columns(
            balances=(pl.col("difference_tiyn") == 0).fill_null(False)
            & (_turnovers_agree("tiyn") | _turnovers_agree("entered"))
            & pl.col("joined")
            & (pl.col("sections") | pl.col("announced").fill_null(False))
            & pl.col("batches_off").is_null()
        )
    )


def _turnovers_agree(sums: str) -> pl.Expr:
    """Whether what a statement tells of its turnovers is what these sums of its entries give."""
    found = {name: pl.col(f"{name}_{sums}") for name in ("credits", "debits")}
    found |= {"moved": found["credits"] + found["debits"], "net": found["credits"] - found["debits"]}
    return pl.all_horizontal(~pl.col(f"{name}_known") | (pl.col(f"{name}_told") == found[name]) for name in _TURNOVERS)


def _section_agrees() -> pl.Expr:
    """Whether a section's own turnovers lead from its opening to its closing balance; it need not tell them."""
    told = pl.all_horizontal(pl.col(f"{name}_text").is_not_null() for name in ("credits", "debits"))
    moved = pl.col("credits_tiyn") - pl.col("debits_tiyn")
    return ~told | (pl.col("closing_tiyn") - pl.col("opening_tiyn") == moved).fill_null(False)


def _batches_off(entries: pl.DataFrame) -> pl.DataFrame:
    """Statements in which a batch is not the sum of its parts, those against its direction taken off."""
    signed = pl.when(pl.col("direction") == "debit").then(-pl.col("amount_tiyn")).otherwise("amount_tiyn")
    return (
        entries.filter(pl.col("batch_no").is_not_null())
        .group_by(*_STATEMENT, "batch_no")
        .agg(whole=pl.col("batch_tiyn").first(), parts=signed.fill_null(0).sum().abs())
        .filter(pl.col("whole").ne_missing(pl.col("parts")))
        .group_by(_STATEMENT)
        .agg(batches_off=pl.len())
    )
