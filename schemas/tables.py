"""The tables of a snapshot, each told once: grain, order, columns with type, unit and meaning.

The data dictionary, the gate before publishing and the analysts' database use these. Money is BIGINT tiyn in
columns ending `_tiyn`; IINs, BINs and KNP are strings. Source: contract.md section 4.
"""

from typing import Final

import polars as pl

from schemas.breaks import BREAKS, SEVERITIES
from schemas.codes import BASES, EVENTS, PAYER_KINDS, PAYMENT_STATES, QUARANTINE, REFUSALS, STATUS_REASONS, STATUSES
from schemas.statements import DIRECTIONS, MATCH_RULES, MATCHES
from schemas.table import Column, Table

_TEXT, _DAY, _TIYN, _COUNT = pl.String(), pl.Date(), pl.Int64(), pl.Int64()
_FILE = Column(_TEXT, "sha256 of the file's bytes, its name in the archive")
_LINE = Column(_COUNT, "1-based physical line in the file, 0 for a whole file")
_KNP = Column(_TEXT, "payment purpose code: 121 deductions, 122 contributions, 123 and 124 penalties")
_PERIOD = Column(_DAY, "month paid for, its first day")
_IIN = Column(_TEXT, "current IIN of the person, links followed", personal=True)
_ACCOUNT = Column(_TEXT, "account of the statement")
_SENDER = Column(_TEXT, "BIC of the payer's bank, or the channel of a register; null where not told", True, free=True)
_COUNTED = {
    "received": "all lines that came in",
    "accepted": "lines that count",
    "quarantined": "lines with a fault of their own",
    "refused": "lines refused with their document or file",
    "duplicate": "lines that came before",
}


def _or_null(column: Column, about: str | None = None) -> Column:
    return Column(column.type, about or column.about, True, column.values, column.personal, column.hidden, column.free)


def _counts(names: tuple[str, ...]) -> dict[str, Column]:
    columns = {}
    for name in names:
        columns[f"{name}_lines"] = Column(_COUNT, f"{_COUNTED[name]}: how many")
        columns[f"{name}_tiyn"] = Column(_TIYN, f"{_COUNTED[name]}: their readable amounts as written, tiyn")
    return columns


_TABLES = (
    Table(
        "files",
        "one row per delivery received in the month up to known-at, in intake order",
        ("sequence",),
        {
            "sequence": Column(_COUNT, "place in the order of intake"),
            "file_sha256": _FILE,
            "file_name": Column(_TEXT, "name under which the file came", hidden=True),
            "source": Column(_TEXT, "folder of the inbox in which it lay"),
            "event": Column(_TEXT, "how it came in: from the inbox, or released later", values=tuple(EVENTS)),
            "format": Column(_TEXT, "format that it was read as; null if none", nullable=True),
            "received_on": Column(_DAY, "day of the run that took it in"),
            "refused_reason": Column(_TEXT, "why the whole file was refused, else null", True, tuple(REFUSALS)),
            "lines": Column(_COUNT, "lines as written"),
            "sum_tiyn": Column(_TIYN, "sum of the readable amounts as written, tiyn"),
            **_counts(("accepted", "quarantined", "refused", "duplicate")),
        },
    ),
    Table(
        "payments",
        "one row per accepted payment line of a file received in the month, in intake order",
        ("payment_id",),
        {
            "payment_id": Column(_TEXT, "opaque id of the line, the same in every rebuild"),
            "file_sha256": _FILE,
            "line_no": _LINE,
            "document_reference": Column(
                _TEXT, ":20: of the message, or the payment_id or receipt of a register", True, free=True
            ),
            "document_number": Column(_TEXT, "number of the payment document", True, free=True),
            "document_date": Column(_DAY, "date of the payment document", True),
            "value_date": Column(_DAY, "day of the payment: :32A:, PAY_DATE or pay_date"),
            "settled_on": Column(_DAY, "value date and three banking days: from this day the money counts"),
            "knp": _KNP,
            "payer_id": Column(_TEXT, "IIN or BIN of the payer as written", personal=True),
            "payer_kind": Column(
                _TEXT, "payer kind on the day; null for penalties and 121 for oneself", True, tuple(PAYER_KINDS)
            ),
            "payer_bank": Column(_TEXT, "BIC of the payer's bank, or the channel of a register", True, free=True),
            "person_iin": Column(_TEXT, "IIN of the person as written", personal=True),
            "iin": _IIN,
            "period": _PERIOD,
            "paid_tiyn": Column(_TIYN, "money of the line, tiyn"),
            "returned_tiyn": Column(_TIYN, "of it returned as known on the day, tiyn"),
            "state": Column(
                _TEXT,
                "returned when nothing is left, else settled or pending",
                False,
                tuple(PAYMENT_STATES),
            ),
        },
    ),
    Table(
        "quarantine",
        "one row per quarantined line, refused or duplicate document or file, in intake order",
        (),
        {
            "file_sha256": _FILE,
            "line_no": _LINE,
            "reason": Column(_TEXT, "first reason that fits", values=(*REFUSALS, *QUARANTINE)),
            "field": Column(_TEXT, "field in which it shows; null for documents and files", True),
            "message": Column(_TEXT, "what was found and expected, what was done, what to do next", hidden=True),
            "amount_tiyn": Column(_TIYN, "money of the line or document as written, null if unreadable, tiyn", True),
            "sender": _SENDER,
            "received_on": Column(_DAY, "day of the delivery, or of the replay or accept, that left it outside"),
            "released_on": Column(
                _DAY,
                "day on which it was released, read anew, or a newer register replaced it; null while it stands",
                True,
            ),
        },
    ),
    Table(
        "returns",
        "one row per accepted return line of a file received in the month, in intake order",
        ("file_sha256", "line_no"),
        {
            "file_sha256": _FILE,
            "line_no": _LINE,
            "payment_id": Column(_TEXT, "payment line that it cancels in full or in part; null when unmatched", True),
            "iin": _IIN,
            "period": _PERIOD,
            "knp": _KNP,
            "returned_tiyn": Column(_TIYN, "money of the return, tiyn"),
        },
    ),
    Table(
        "statement_entries",
        "one row per entry of an account statement received in the month, in intake order",
        ("sequence", "entry_no"),
        {
            "sequence": Column(_COUNT, "place of the file in the order of intake"),
            "file_sha256": _FILE,
            "entry_no": Column(_COUNT, "1-based place of the entry in the file"),
            "line_no": _LINE,
            "account": _or_null(_ACCOUNT),
            "booked_on": Column(_DAY, "day on which the entry was booked"),
            "direction": Column(_TEXT, "credit: money came; debit: money left", values=tuple(DIRECTIONS)),
            "amount_tiyn": Column(_TIYN, "money of the entry, always positive, tiyn"),
            "counterparty_id": Column(
                _TEXT, "IIN or BIN of the payer of a credit, of the beneficiary of a debit", True, personal=True
            ),
            "document_number": Column(_TEXT, "number of the payment document, or the reference", True, free=True),
            "document_date": Column(_DAY, "date of the payment document", True),
            "knp": _or_null(_KNP),
            "match": Column(_TEXT, "what the entry turned out to be", values=tuple(MATCHES)),
            "match_rule": Column(
                _TEXT, "rule that found the payment document; null without one", True, tuple(MATCH_RULES)
            ),
            "matched_sha256": _or_null(_FILE, "sha256 of the file of the payment document"),
            "matched_line": _or_null(_LINE, "line of the payment document in its file"),
        },
    ),
    Table(
        "statements",
        "one row per account statement received in the month, in intake order",
        ("sequence", "statement_no"),
        {
            "sequence": Column(_COUNT, "place of the file in the order of intake"),
            "file_sha256": _FILE,
            "statement_no": Column(_COUNT, "place of the statement in the file, from 0"),
            "line_no": _LINE,
            "account": _or_null(_ACCOUNT),
            "opened_on": Column(_DAY, "first day of the statement, else of its entries", True),
            "closed_on": Column(_DAY, "last day of the statement, else of its entries", True),
            "opening_tiyn": Column(_TIYN, "balance before the first entry, tiyn", True),
            "credits_tiyn": Column(_TIYN, "sum of the readable credits, tiyn"),
            "debits_tiyn": Column(_TIYN, "sum of the readable debits, tiyn"),
            "closing_tiyn": Column(_TIYN, "balance after the last entry, tiyn", True),
            "difference_tiyn": Column(_TIYN, "closing - (opening + credits - debits), tiyn", True),
            "balances": Column(pl.Boolean(), "whether balances, turnovers and batches all agree with the entries"),
            **{f"{name}_credits_tiyn": Column(_TIYN, f"accepted credits by match: {name}, tiyn") for name in MATCHES},
        },
    ),
    Table(
        "coverage",
        "one row per person with a basis in the month, ordered by iin",
        ("iin",),
        {
            "iin": _IIN,
            "period": Column(_DAY, "the month of the snapshot, its first day"),
            "basis": Column(_TEXT, "what covers the month", values=tuple(BASES)),
            "category": Column(
                _TEXT, "category of a preferential month, of several the first by name; else null", True
            ),
            "payer_kind": Column(
                _TEXT,
                "of the covering kinds the one due last, then alphabetical; null unless paid",
                True,
                tuple(PAYER_KINDS),
            ),
            "deductions_tiyn": Column(_TIYN, "settled, unreturned deductions (121) that count for the month, tiyn"),
            "contributions_tiyn": Column(_TIYN, "settled, unreturned contributions (122) for the month, tiyn"),
            "required_tiyn": Column(_TIYN, "what own money must reach, tiyn; null without own money", True),
            "covered_on": Column(_DAY, "value date that reached the requirement; null unless paid", True),
        },
    ),
    Table(
        "insured_status",
        "one row per person known on the day, ordered by iin",
        ("iin",),
        {
            "iin": _IIN,
            "month": Column(_DAY, "the month of the snapshot, its first day"),
            "status": Column(_TEXT, "insured, conditional or uninsured", values=tuple(STATUSES)),
            "reason": Column(_TEXT, "the branch of the law that decided", values=tuple(STATUS_REASONS)),
            "coverage_months": Column(
                _TEXT, "12 letters, month-11 to month: S preferential, E exempt, P paid, R reversed, - uncovered"
            ),
            "missing_months": Column(pl.List(pl.Date()), "uncovered months of the twelve that are due on the day"),
            "arrears_tiyn": Column(_TIYN, "what would cover the missing months if paid on the day, tiyn"),
            "last_paid_month": Column(_DAY, "last month up to the snapshot's with basis paid", True),
            "conditional_until": Column(_DAY, "last day of the last conditional month; null unless conditional", True),
        },
    ),
    Table(
        "breaks",
        "one row per break that stands in the month, ordered by code, iin, payer, period, file and line",
        (),
        {
            "code": Column(_TEXT, "kind of disagreement", values=tuple(BREAKS)),
            "severity": Column(_TEXT, "how grave it is", values=tuple(SEVERITIES)),
            "iin": _or_null(_IIN),
            "payer_id": Column(_TEXT, "IIN or BIN of the payer as written", True, personal=True),
            "period": _or_null(_PERIOD),
            "amount_tiyn": Column(_TIYN, "the money that the message names, tiyn", True),
            "file_sha256": _or_null(_FILE),
            "line_no": _or_null(_LINE),
            "message": Column(_TEXT, "the code's sentence and what to do next", hidden=True),
        },
    ),
    Table(
        "totals",
        "one row per delivery and KNP (null where unreadable), in intake order",
        ("sequence", "knp"),
        {
            "sequence": Column(_COUNT, "place in the order of intake"),
            "file_sha256": _FILE,
            "knp": _or_null(_KNP),
            **_counts(("received", "accepted", "quarantined", "refused", "duplicate")),
        },
    ),
    Table(
        "daily_totals",
        "one row per day of receipt, sender and KNP in the month, both sides of the money",
        ("received_on", "sender", "knp"),
        {
            "received_on": Column(_DAY, "day on which the lines came in"),
            "sender": _SENDER,
            "knp": _or_null(_KNP),
            **_counts(("received", "accepted", "quarantined", "refused", "duplicate")),
            "paid_tiyn": Column(_TIYN, "accepted payment lines, tiyn"),
            "returned_tiyn": Column(_TIYN, "of them returned as known on the day, tiyn"),
            "settled_tiyn": Column(_TIYN, "of them unreturned and settled on the day, tiyn"),
            "pending_tiyn": Column(_TIYN, "of them unreturned and not yet settled, tiyn"),
        },
    ),
    Table(
        "rules",
        "one row per rule that has a value in the month, ordered by name",
        ("name",),
        {
            "name": Column(_TEXT, "name of the rule, or list and code"),
            "valid_from": Column(_DAY, "first month of the value"),
            "rule_value": Column(_TEXT, "the value as the rules file has it"),
            "unit": Column(_TEXT, "unit of the value"),
            "published": Column(_DAY, "day on which it was made public, null where our sources do not tell", True),
            "law": Column(_TEXT, "article of the law"),
        },
    ),
)

TABLES: Final[dict[str, Table]] = {table.name: table for table in _TABLES}
