"""What an entry and a section of an account statement are, as written and as read, and every check of an entry.

Grain: one row per entry, one per section, in the order of the file. Money is tiyn. Amounts are positive, `direction`
says which way the money went. Source: formats.md sections 3 and 4.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from schemas.gate import must
from schemas.lines import DAYS_AHEAD, FIRST_DAY

if TYPE_CHECKING:
    import pandera.polars as pa

DIRECTIONS: Final[dict[str, str]] = {
    "credit": "Money came to the account.",
    "debit": "Money left the account.",
}

MATCHES: Final[dict[str, str]] = {
    "matched": "A payment document explains the entry.",
    "unmatched": "No payment document explains the entry; a break from the third banking day on.",
    "refund": "A credit from the Fund: a refund on its way back to a payer, never a contribution.",
    "penalty": "Penalties (KNP 123 or 124), set apart.",
    "other": "Not MSHI money: another KNP, or an entry between two foreign accounts.",
}

# Strictest first: a rule is tried on what the rules before have left.
MATCH_RULES: Final[dict[str, str]] = {
    "number": "Same account, document number, document date, amount and payer.",
    "register": "Same account, register number, register date and amount.",
    "reference": "Same account, reference and amount.",
    "number_but_amount": "Same account, document number, document date and payer; the amounts differ.",
    "register_but_amount": "Same account, register number and register date; the amounts differ.",
    "reference_but_amount": "Same account and reference; the amounts differ.",
}

# What a reader gives for an entry: texts as written, stripped.
RAW_ENTRY: Final[dict[str, pl.DataType]] = {
    "document_no": pl.Int32(),  # which statement of the file
    "entry_no": pl.Int64(),
    "line_no": pl.Int64(),
    "account": pl.String(),
    "direction": pl.String(),  # null where the entry does not tell
    "amount_text": pl.String(),
    "booked_on_text": pl.String(),
    "document_date_text": pl.String(),
    "document_number": pl.String(),
    "counterparty_text": pl.String(),
    "counterparty_account": pl.String(),
    "knp_text": pl.String(),
    "references": pl.List(pl.String()),  # every reference it carries beside the number
    "status_text": pl.String(),  # whether it is booked, where the bank says so
    "batch_no": pl.Int64(),  # the batch that it is a part of, and what the batch says its amount is
    "batch_text": pl.String(),
}

# What a reader gives for a section: a stretch of days of one account with the balances and turnovers it declares.
RAW_SECTION: Final[dict[str, pl.DataType]] = {
    "document_no": pl.Int32(),
    "line_no": pl.Int64(),
    "account": pl.String(),
    "opened_on_text": pl.String(),
    "closed_on_text": pl.String(),
    "opening_text": pl.String(),
    "closing_text": pl.String(),
    "credits_text": pl.String(),  # turnovers; null where there are none, or none to be trusted
    "debits_text": pl.String(),
    "moved_text": pl.String(),  # credits and debits together
    "net_text": pl.String(),  # credits less debits
}


def is_booked() -> pl.Expr:
    """Whether an entry moved money: ISO 20022 also tells of pending ones (PDNG) and of those for information (INFO)."""
    return pl.col("status_text").is_null() | (pl.col("status_text") == "BOOK")


def entry_schema() -> "pa.DataFrameSchema":
    """The checks of an entry: an amount, a day and a direction; who and what for may be missing."""
    day_low, day_high = pl.lit(FIRST_DAY), pl.col("received_on") + timedelta(days=DAYS_AHEAD)

    def within(column: str) -> pl.Expr:
        return pl.col(f"{column}_text").is_null() | pl.col(column).is_between(day_low, day_high).fill_null(False)

    given = {name: pl.col(name).is_not_null() for name in ("amount_text", "booked_on_text", "direction")}
    columns = {
        "status_text": [must("not_booked", is_booked())],
        "amount_text": [must("missing_field", given["amount_text"])],
        "booked_on_text": [must("missing_field", given["booked_on_text"])],
        "direction": [must("missing_field", given["direction"])],
        "amount_tiyn": [must("bad_amount", (pl.col("amount_tiyn") > 0).fill_null(False))],
        "booked_on": [must("bad_date", within("booked_on"))],
        "document_date": [must("bad_date", within("document_date"))],
    }
    import pandera.polars as pa

    return pa.DataFrameSchema(
        {name: pa.Column(nullable=True, checks=checks) for name, checks in columns.items()}, name="statement entry"
    )
