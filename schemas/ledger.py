"""The columns of the ledger: what is kept of every delivery for good. Grain of each table in its comment.

Ids of persons and payers are numbers (UInt64), 12 digits without leading zeros; money is tiyn; `sequence` is the
intake sequence of the delivery. What changes later (current IIN, payer kind, settlement, returns) is not here:
it is computed for a day.
"""

from datetime import date
from typing import Final

import polars as pl

NO_BIRTH_DATE: Final = date(1, 1, 1)  # of a payment line: something is stated as the birth date that is no day
_COUNTS = ("accepted", "quarantined", "refused", "duplicate")

_MONEY_LINE: dict[str, pl.DataType] = {
    "sequence": pl.Int64(),
    "document_no": pl.Int32(),
    "line_no": pl.Int64(),
    "received_on": pl.Date(),
    "file_sha256": pl.String(),
    "kind": pl.String(),
    "document_reference": pl.String(),
    "document_number": pl.String(),
    "document_date": pl.Date(),
    "value_date": pl.Date(),
    "knp": pl.String(),
    "payer": pl.UInt64(),
    "payer_bank": pl.String(),
    "person": pl.UInt64(),
    "period": pl.Date(),
    "amount_tiyn": pl.Int64(),
    "surname": pl.String(),
    "name": pl.String(),
    "patronymic": pl.String(),
    "birth_date": pl.Date(),  # NO_BIRTH_DATE where what is stated is no day
    "row_id": pl.String(),
    "id_scope": pl.String(),
}

LEDGER: Final[dict[str, dict[str, pl.DataType]]] = {
    # one row per delivery; `register` is the kind of register that it puts in force, `rows` its size
    "deliveries": {
        "sequence": pl.Int64(),
        "file_sha256": pl.String(),
        "file_name": pl.String(),
        "source": pl.String(),
        "event": pl.String(),
        "format": pl.String(),
        "received_on": pl.Date(),
        "refused_reason": pl.String(),
        "register": pl.String(),
        "lines": pl.Int64(),
        "sum_tiyn": pl.Int64(),
        **{f"{count}_{unit}": pl.Int64() for count in _COUNTS for unit in ("lines", "tiyn")},
    },
    # one row per document of a delivery; document_no -1 is the whole file, where the file as such was judged
    "documents": {
        "sequence": pl.Int64(),
        "document_no": pl.Int32(),
        "line_no": pl.Int64(),
        "received_on": pl.Date(),
        "file_sha256": pl.String(),
        "document_key": pl.String(),
        "content_sha256": pl.String(),
        "accepted_lines": pl.Int64(),
        "refused_reason": pl.String(),
        "sender": pl.String(),
        "found_tiyn": pl.Int64(),
        "difference_tiyn": pl.Int64(),  # declared - found
    },
    "payments": _MONEY_LINE,  # one row per accepted payment line
    # the same payment lines as facts about people, sorted by person: transforms/facts.py
    "wages": {
        "person": pl.UInt64(),
        "period": pl.Date(),
        "value_date": pl.Date(),
        "sequence": pl.Int64(),
        "lines": pl.UInt32(),
    },
    "others": {
        name: _MONEY_LINE[name]
        for name in (
            *("person", "sequence", "document_no", "line_no", "received_on"),
            *("value_date", "knp", "payer", "period", "amount_tiyn"),
        )
    },
    "returns": _MONEY_LINE,  # one row per accepted return line
    "transfers": _MONEY_LINE,  # one row per accepted forwarding or refund line
    # one row per payment order, what moves as one sum on an account: transforms/orders.py
    "orders": {
        "sequence": pl.Int64(),
        "document_no": pl.Int32(),
        "line_no": pl.Int64(),
        "received_on": pl.Date(),
        "file_sha256": pl.String(),
        "kind": pl.String(),
        "form": pl.String(),
        "payer_account": pl.String(),
        "beneficiary_account": pl.String(),
        "reference": pl.String(),
        "number": pl.String(),
        "document_date": pl.Date(),
        "value_date": pl.Date(),
        "knp": pl.String(),
        "payer": pl.UInt64(),
        "amount_tiyn": pl.Int64(),
        "lines": pl.Int64(),
        "people": pl.Int64(),
        "people_told": pl.Int64(),  # control counts in the purpose of a consolidated message
        "documents_told": pl.Int64(),
    },
    # one row per accepted entry of an account statement
    "entries": {
        "sequence": pl.Int64(),
        "document_no": pl.Int32(),
        "entry_no": pl.Int64(),
        "line_no": pl.Int64(),
        "received_on": pl.Date(),
        "file_sha256": pl.String(),
        "account": pl.String(),
        "direction": pl.String(),
        "booked_on": pl.Date(),
        "amount_tiyn": pl.Int64(),
        "counterparty": pl.UInt64(),
        "counterparty_account": pl.String(),
        "document_number": pl.String(),
        "document_date": pl.Date(),
        "knp": pl.String(),
        "references": pl.List(pl.String()),
    },
    # one row per account statement of a delivery
    "statements": {
        "sequence": pl.Int64(),
        "document_no": pl.Int32(),
        "line_no": pl.Int64(),
        "received_on": pl.Date(),
        "file_sha256": pl.String(),
        "account": pl.String(),
        "opened_on": pl.Date(),
        "closed_on": pl.Date(),
        "opening_tiyn": pl.Int64(),
        "credits_tiyn": pl.Int64(),
        "debits_tiyn": pl.Int64(),
        "closing_tiyn": pl.Int64(),
        "difference_tiyn": pl.Int64(),
        "balances": pl.Boolean(),
    },
    # one row per delivery that a sender recalled; `sequence` is the withdrawal's, `withdrawn` the delivery's
    "withdrawals": {"sequence": pl.Int64(), "received_on": pl.Date(), "withdrawn": pl.Int64()},
    # one row per first verdict that an acceptance or a replay released
    "releases": {
        "sequence": pl.Int64(),
        "received_on": pl.Date(),
        "file_sha256": pl.String(),
        "place": pl.Int64(),
    },
    # one row per quarantined line, refused or duplicate document or file
    "quarantine": {
        "sequence": pl.Int64(),
        "place": pl.Int64(),  # entry_no of a statement's entry, for several may stand in one line; else line_no
        "line_no": pl.Int64(),
        "received_on": pl.Date(),
        "file_sha256": pl.String(),
        "sender": pl.String(),  # the payer's bank or channel, null where it is not known
        "reference": pl.String(),  # the sender's own: of the document, or a register's id of the line
        "reason": pl.String(),
        "field": pl.String(),
        "message": pl.String(),
        "amount_tiyn": pl.Int64(),
    },
    # one row per delivery, sender and knp
    "totals": {
        "sequence": pl.Int64(),
        "received_on": pl.Date(),
        "file_sha256": pl.String(),
        "sender": pl.String(),
        "knp": pl.String(),
        **{f"{count}_{unit}": pl.Int64() for count in ("received", *_COUNTS) for unit in ("lines", "tiyn")},
    },
    # one row per accepted row of categories, exemptions, reversals and entrepreneurs
    "intervals": {
        "sequence": pl.Int64(),
        "line_no": pl.Int64(),
        "register": pl.String(),
        "person": pl.UInt64(),
        "code": pl.String(),
        "from_day": pl.Date(),
        "to_day": pl.Date(),
    },
    # one row per accepted row of iin_links
    "links": {"sequence": pl.Int64(), "line_no": pl.Int64(), "person": pl.UInt64(), "current": pl.UInt64()},
    # one row per accepted row of persons
    "persons": {
        "sequence": pl.Int64(),
        "line_no": pl.Int64(),
        "person": pl.UInt64(),
        "surname": pl.String(),
        "name": pl.String(),
        "patronymic": pl.String(),
        "birth_date": pl.Date(),
    },
}
