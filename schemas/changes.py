"""What `mshi diff` tells: every row with its kind, and the columns that a row of each kind fills.

Grain: a change (person, payment, break), or a total of changes. As CSV all columns stand in every row; as JSON a row
has those of its kind. Money is BIGINT tiyn. It is no table of a snapshot. Source: contract.md section 1.
"""

from typing import Final

import polars as pl

from schemas.breaks import BREAKS
from schemas.codes import CAUSES, PAYER_KINDS, PAYMENT_STATES, STATUS_REASONS, STATUSES
from schemas.table import Column, Table

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "person": ("change", "cause", "iin", "before", "before_reason", "after", "after_reason"),
    "payment": (
        *("change", "cause", "iin", "before_iin", "period", "before", "after", "before_kind", "after_kind"),
        *("before_returned_tiyn", "after_returned_tiyn", "amount_tiyn", "file_sha256", "line_no"),
    ),
    "break": ("change", "code", "iin", "payer_id", "period", "amount_tiyn", "file_sha256", "line_no"),
    "person_total": ("change", "cause", "before", "after", "rows"),
    "payment_total": ("change", "cause", "rows", "amount_tiyn"),
    "break_total": ("change", "code", "rows", "amount_tiyn"),
}

_TEXT, _DAY, _TIYN = pl.String(), pl.Date(), pl.Int64()
_STATES = tuple(PAYMENT_STATES)

CHANGES: Final = Table(
    "changes",
    "one row per change between snapshots A and B, then one per total; people by iin, payments by file and line, "
    "breaks as in their table (written by mshi diff, not part of a snapshot)",
    (),
    {
        "what": Column(_TEXT, "person, payment or break, or the total of such rows", values=tuple(KINDS)),
        "change": Column(_TEXT, "came: not in A; went: not in B; changed: in both", values=("came", "went", "changed")),
        "cause": Column(_TEXT, "why; breaks have none", True, tuple(CAUSES)),
        "code": Column(_TEXT, "kind of break", True, tuple(BREAKS)),
        "iin": Column(_TEXT, "current IIN of the person, in B where it is known there", True, personal=True),
        "before_iin": Column(_TEXT, "of a payment: current IIN of the person in A", True, personal=True),
        "payer_id": Column(_TEXT, "IIN or BIN of the payer of a break", True, personal=True),
        "period": Column(_DAY, "month paid for, its first day", True),
        "before": Column(_TEXT, "status of the person or state of the payment in A", True, (*STATUSES, *_STATES)),
        "before_reason": Column(_TEXT, "reason of the status in A", True, tuple(STATUS_REASONS)),
        "after": Column(_TEXT, "status of the person or state of the payment in B", True, (*STATUSES, *_STATES)),
        "after_reason": Column(_TEXT, "reason of the status in B", True, tuple(STATUS_REASONS)),
        "before_kind": Column(_TEXT, "payer kind of the payment in A", True, tuple(PAYER_KINDS)),
        "after_kind": Column(_TEXT, "payer kind of the payment in B", True, tuple(PAYER_KINDS)),
        "before_returned_tiyn": Column(_TIYN, "of the payment returned in A, tiyn", True),
        "after_returned_tiyn": Column(_TIYN, "of the payment returned in B, tiyn", True),
        "rows": Column(pl.Int64(), "how many changes a total counts", True),
        "amount_tiyn": Column(_TIYN, "money of the payment or break, or of all that a total counts, tiyn", True),
        "file_sha256": Column(_TEXT, "sha256 of the file's bytes, its name in the archive", True),
        "line_no": Column(pl.Int64(), "1-based physical line in the file, 0 for a whole file", True),
    },
)
