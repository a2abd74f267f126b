"""What the analysts' file holds beside the tables of the snapshot: further tables, and views for the questions asked.

The builder, the comments in the file, its dictionary and `mshi dictionary` use these. The SELECT of a view is
transforms/sql/view_<name>.sql. Of an aggregate the key names the cells, and `people` is how many people stand in one:
an export keeps cells of few people back (pipelines/small_cells.py). Money: `_tiyn` whole tiyn, `_tenge` two decimals.
"""

from typing import Final

import polars as pl

from schemas.breaks import BREAKS, SEVERITIES
from schemas.codes import BASES, PAYER_KINDS, QUARANTINE, REFUSALS, STATUS_REASONS, STATUSES
from schemas.table import Column, Table

_TEXT, _DAY, _TIYN, _COUNT, _TENGE = pl.String(), pl.Date(), pl.Int64(), pl.Int64(), pl.Decimal(20, 2)
_PEOPLE = Column(_COUNT, "how many people")
_STATUS = Column(_TEXT, "insured, conditional or uninsured", values=tuple(STATUSES))
_KIND = Column(_TEXT, "payer kind; null unless paid", True, tuple(PAYER_KINDS))
_BASIS = Column(_TEXT, "what covers the month", values=tuple(BASES))
# whom the two tables of covered people count
_COVERED = {
    "month": Column(_DAY, "the month, its first day"),
    "known_at": Column(_DAY, "day whose knowledge it shows"),
    "basis": _BASIS,
    "payer_kind": _KIND,
    "people": _PEOPLE,
}
COMPARISONS: Final = ("night_before", "month_before")
_COMPARISON = Column(
    _TEXT,
    "night_before: the snapshot of the same month with the greatest known-at before; month_before: the newest snapshot "
    "of the month before",
    values=COMPARISONS,
)
_BEFORE = Column(_TEXT, "status before; null if the person was not known then", True, tuple(STATUSES))
_AFTER = Column(_TEXT, "status now; null if the person is not known any more", True, tuple(STATUSES))


def _money(name: str, about: str) -> dict[str, Column]:
    """The same money twice: to count with, and to read."""
    return {f"{name}_tiyn": Column(_TIYN, f"{about}, tiyn"), f"{name}_tenge": Column(_TENGE, f"{about}, tenge")}


_TABLES = (
    Table(
        "months",
        "one row per published month, told from its newest snapshot",
        ("month",),
        {
            "month": Column(_DAY, "the month, its first day"),
            "snapshot_id": Column(_TEXT, "id of the snapshot"),
            "known_at": Column(_DAY, "day whose knowledge it shows"),
            "insured": Column(_COUNT, "people insured"),
            "conditional": Column(_COUNT, "people conditionally insured"),
            "uninsured": Column(_COUNT, "people not insured"),
            "received_tiyn": Column(
                _TIYN, "money of all lines received in the month, those of account statements and returns too, tiyn"
            ),
            "accepted_tiyn": Column(_TIYN, "of it in accepted lines, tiyn"),
        },
    ),
    Table(
        "comparisons",
        "one row per snapshot with which this one is compared in status_changes; none where there is no such snapshot",
        ("comparison",),
        {
            "comparison": _COMPARISON,
            "before_snapshot": Column(_TEXT, "id of the snapshot before"),
            "before_month": Column(_DAY, "its month, the first day"),
            "before_known_at": Column(_DAY, "day whose knowledge it shows"),
            "people_changed": Column(_COUNT, "rows of the comparison in status_changes"),
        },
    ),
    Table(
        "status_changes",
        "one row per comparison and person whose status is another, or who is known on one side only, ordered by "
        "comparison and iin",
        ("comparison", "iin"),
        {
            "comparison": _COMPARISON,
            "iin": Column(_TEXT, "current IIN of the person, links followed", personal=True),
            "before": _BEFORE,
            "before_reason": Column(_TEXT, "reason of the status before", True, tuple(STATUS_REASONS)),
            "after": _AFTER,
            "after_reason": Column(_TEXT, "reason of the status now", True, tuple(STATUS_REASONS)),
        },
    ),
    Table(
        "coverage_counts",
        "one row per published month (the last thirteen), basis and payer kind, from the month's newest snapshot",
        ("month", "basis", "payer_kind"),
        {
            **_COVERED,
            "deductions_tiyn": Column(_TIYN, "settled, unreturned deductions (121) for the month, tiyn"),
            "contributions_tiyn": Column(_TIYN, "settled, unreturned contributions (122) for the month, tiyn"),
        },
    ),
    Table(
        "dictionary",
        "one row per table or view of this file, then one per column of it",
        ("table_name", "column_name"),
        {
            "table_name": Column(_TEXT, "name of the table or view"),
            "kind": Column(_TEXT, "table or view", values=("table", "view")),
            "column_name": Column(_TEXT, "name of the column; null in the row of the table itself", True),
            "column_type": Column(_TEXT, "type of the column", True),
            "meaning": Column(_TEXT, "what a row of the table is, or what the column says"),
            "may_be_null": Column(pl.Boolean(), "whether the column may be null", True),
            "codes": Column(_TEXT, "the values that it may have, see the table codes", True),
        },
    ),
    Table(
        "codes",
        "one row per list and code, in the order in which the list is tried where it has one",
        ("list", "code"),
        {
            "list": Column(_TEXT, "which list: status, basis, break and so on"),
            "code": Column(_TEXT, "the code as it stands in the tables"),
            "severity": Column(_TEXT, "how grave a break is", True),
            "english": Column(_TEXT, "sentence or word in English"),
            "russian": Column(_TEXT, "its sentence in Russian, or the word for it; null where there is none", True),
            "kazakh": Column(_TEXT, "its sentence in Kazakh, or the word for it; null where there is none", True),
            "next_step": Column(_TEXT, "what to do, in English", True),
            "next_step_russian": Column(_TEXT, "what to do, in Russian", True),
            "next_step_kazakh": Column(_TEXT, "what to do, in Kazakh", True),
        },
    ),
)

_VIEWS = (
    Table(
        "people_by_status",
        "one row per status and reason of the month",
        ("status", "reason"),
        {
            "status": _STATUS,
            "reason": Column(_TEXT, "the branch of the law that decided", values=tuple(STATUS_REASONS)),
            "people": _PEOPLE,
            **_money("arrears", "what would cover their missing months"),
        },
    ),
    Table(
        "coverage_by_month",
        "one row per published month (the last thirteen), basis and payer kind, each as its newest snapshot knew it",
        ("month", "basis", "payer_kind"),
        {
            **_COVERED,
            **_money("deductions", "settled, unreturned deductions (121)"),
            **_money("contributions", "settled, unreturned contributions (122)"),
        },
    ),
    Table(
        "covered_people_by_month",
        "one row per month of the last twelve and basis, all as known today",
        ("month", "basis"),
        {
            "month": Column(_DAY, "the month, its first day"),
            "basis": Column(_TEXT, "what covers it, or uncovered", values=(*BASES, "uncovered")),
            "people": _PEOPLE,
        },
    ),
    Table(
        "receipts_by_bank_and_knp",
        "one row per bank or channel and KNP of the payment lines received in the month",
        ("payer_bank", "knp"),
        {
            "payer_bank": Column(_TEXT, "BIC of the payer's bank, or the channel; null where not told", True),
            "knp": Column(_TEXT, "payment purpose code"),
            "people": Column(_COUNT, "how many people the lines are for"),
            "lines": Column(_COUNT, "accepted payment lines"),
            **_money("paid", "money of the lines"),
            **_money("returned", "of it returned as known on the day"),
            **_money("pending", "of it unreturned and not yet settled"),
        },
    ),
    Table(
        "arrears_by_age",
        "one row per age of arrears; the age is how many months before the snapshot's month the oldest missing month "
        "of a person lies (0 to 11), a person stands in one row",
        ("age_months",),
        {
            "age_months": Column(_COUNT, "months from the oldest missing month to the month of the snapshot"),
            "people": Column(_COUNT, "people whose oldest missing month is that old"),
            "uninsured": Column(_COUNT, "of them not insured"),
            "missing_months": Column(_COUNT, "all their missing months"),
            **_money("arrears", "what would cover all of them if paid on the day"),
        },
    ),
    Table(
        "employers_with_missing_pairs",
        "one row per payer and month paid for in which deductions (121) or contributions (122) lack the other",
        ("payer_id", "period"),
        {
            "payer_id": Column(_TEXT, "BIN of the payer; an entrepreneur under a pseudonym", personal=True),
            "period": Column(_DAY, "month paid for, its first day"),
            "people": Column(_COUNT, "people for whom one of the two is missing"),
            "missing_contributions": Column(_COUNT, "of them contributions (122)"),
            "missing_deductions": Column(_COUNT, "of them deductions (121)"),
        },
    ),
    Table(
        "status_changes_by_kind",
        "one row per comparison, status before and status now",
        ("comparison", "before", "after"),
        {"comparison": _COMPARISON, "before": _BEFORE, "after": _AFTER, "people": _PEOPLE},
    ),
    Table(
        "arrivals_by_delay",
        "one row per bank or channel and days from the value date to the day on which the file came in; a file that "
        "was released later counts from the first delivery in the month of which lines were accepted",
        ("payer_bank", "days"),
        {
            "payer_bank": Column(_TEXT, "BIC of the payer's bank, or the channel; null where not told", True),
            "days": Column(_COUNT, "calendar days from the value date to the receipt; below 0 if it came before"),
            "people": Column(_COUNT, "how many people the lines are for"),
            "lines": Column(_COUNT, "accepted payment lines"),
            **_money("paid", "money of the lines"),
        },
    ),
    Table(
        "breaks_by_code",
        "one row per kind of break that stands in the month",
        ("code",),
        {
            "code": Column(_TEXT, "kind of disagreement", values=tuple(BREAKS)),
            "severity": Column(_TEXT, "how grave it is", values=tuple(SEVERITIES)),
            "rows": Column(_COUNT, "how many breaks"),
            "people": Column(_COUNT, "how many people they name"),
            **_money("amount", "the money that they name"),
            "meaning": Column(_TEXT, "the code's sentence"),
            "next_step": Column(_TEXT, "what to do"),
        },
    ),
    Table(
        "quarantine_by_reason",
        "one row per reason and sender of what stands outside, files received in the month",
        ("reason", "sender"),
        {
            "reason": Column(_TEXT, "why", values=(*REFUSALS, *QUARANTINE)),
            "sender": Column(_TEXT, "BIC of the payer's bank, or the channel; null where not told", True),
            "rows": Column(_COUNT, "lines, documents or files"),
            **_money("amount", "their readable amounts as written"),
            "meaning": Column(_TEXT, "the reason's sentence"),
            "next_step": Column(_TEXT, "what to do"),
        },
    ),
)

ADDED: Final[dict[str, Table]] = {table.name: table for table in _TABLES}
VIEWS: Final[dict[str, Table]] = {view.name: view for view in _VIEWS}
