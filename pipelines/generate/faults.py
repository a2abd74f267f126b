"""Plant faults in lines and messages, each with the verdict that it must get, which is known because it was planted.

Grain: a line in, a line out; a message in, a message out. Which line or message is at fault depends on its place and
month alone; every kind comes again and again. Money is tiyn. Source of the reasons: contract.md section 3.
"""

import polars as pl

from pipelines.generate.draw import Places
from pipelines.generate.nation import Nation

FOREIGN_ACCOUNT = "KZ47009ESP0163609911"  # of the single aggregate payment, abolished (formats.md section 7)
_MOST_SPACED = 331  # one line in 331, where there are enough of them for every kind
_MOST_SPACED_MESSAGES = 1_499

_WRONG_DIGIT = ((pl.col("iin") // 10 * 10) + (pl.col("iin") + 1) % 10).cast(pl.String)
_ZERO = {"amount_tiyn": pl.lit(0, dtype=pl.Int64)}
# kind of fault -> its reason, and what is written instead
LINE_FAULTS: dict[str, tuple[str, dict[str, pl.Expr]]] = {
    "wrong check digit": ("bad_iin", {"person_text": _WRONG_DIGIT}),
    "organisation as person": ("bad_iin", {"person_text": pl.lit("310140000007")}),
    "nobody": ("missing_field", {"person_text": pl.lit("-")}),
    "nothing paid": ("bad_amount", _ZERO),
    "less than nothing": ("bad_amount", {"amount_tiyn": -pl.col("amount_tiyn")}),
    "no such month": ("bad_period", {"period_text": pl.lit("132025")}),
    "far month": ("bad_period", {"period_text": pl.lit("012099")}),
    "commission": ("commission_line", {"surname": pl.lit("КОМИССИЯ"), "name": pl.lit("БАНКА")}),
    "other purpose": ("unsupported_knp", {"knp_text": pl.lit("010")}),
    "no purpose": ("missing_field", {"knp_text": pl.lit("")}),
    "far day": ("bad_date", {"value_date": pl.col("value_date").dt.offset_by("40d")}),
    "wrong payer": ("bad_payer_id", {"payer_text": pl.lit("310140000001")}),
}
# the field in which each shows; of a package's item with nobody in it, that of its payer
FIELDS = {"wrong check digit": "person_text", "organisation as person": "person_text", "nobody": "person_text"}
FIELDS |= {"nothing paid": "amount_tiyn", "less than nothing": "amount_tiyn", "no such month": "period"}
FIELDS |= {"far month": "period", "commission": "surname", "other purpose": "knp", "no purpose": "knp_text"}
FIELDS |= {"far day": "value_date", "wrong payer": "payer_text", "other account": "kind", "same id": "row_id"}
FIELDS |= {"same id, other amount": "row_id"}
OF_LISTS = tuple(LINE_FAULTS)[:8]
OF_PACKAGES = ("wrong check digit", "nobody", "nothing paid", "no such month", "other purpose")
OF_REGISTERS: tuple[str, ...] = ("wrong check digit", "nobody", "nothing paid", "less than nothing", "far month")
OF_REGISTERS += ("other purpose", "no purpose", "far day", "wrong payer", "commission")

# kind of fault of all messages of a payer in a month -> verdict and reason of their lines
MESSAGE_FAULTS: dict[str, tuple[str, str]] = {
    "wrong total": ("refused", "control_total"),
    "no end": ("refused", "truncated"),
    "other account": ("quarantined", "wrong_beneficiary"),
    "comes again changed": ("accepted", ""),
}


def with_line_faults(lines: pl.DataFrame, kinds: tuple[str, ...], nation: Nation, month: int) -> pl.DataFrame:
    """lines, none at fault yet -> lines with fault, verdict and reason, some spoiled. Not where `whole` is true."""
    people = nation.employees + len(nation.payers)
    spaced = max(3, min(_MOST_SPACED, people * nation.months // (len(kinds) * 40)))
    place = lines["person_place"].to_numpy()
    turn: Places = place // spaced + month
    hit = ((place + month * 7) % spaced == 0) & lines["whole"].to_numpy()
    which = pl.Series(kinds, dtype=pl.String).gather((turn + lines["part"].to_numpy()) % len(kinds))
    fault = pl.when(pl.Series(hit)).then(which)
    spoiled = lines.with_columns(
        fault=fault, verdict=pl.when(pl.Series(hit)).then(pl.lit("quarantined")).otherwise(pl.lit("accepted"))
    )
    changed: dict[str, pl.Expr] = {}
    for kind in kinds:
        for column, written in LINE_FAULTS[kind][1].items():
            before = changed.get(column, pl.col(column))
            changed[column] = pl.when(pl.col("fault") == kind).then(written).otherwise(before)
    reasons = {kind: reason for kind, (reason, _) in LINE_FAULTS.items()}
    return spoiled.with_columns(
        **changed, reason=pl.col("fault").replace_strict(reasons, default="", return_dtype=pl.String).fill_null("")
    )


def message_faults(nation: Nation, employers: Places, month: int) -> pl.Series:
    """The kind of fault of all messages of each employer in the month, null for most."""
    spaced = max(5, min(_MOST_SPACED_MESSAGES, nation.employers * nation.months // (len(MESSAGE_FAULTS) * 4)))
    kinds = pl.Series(tuple(MESSAGE_FAULTS)).gather((employers // spaced + month) % len(MESSAGE_FAULTS))
    hit = pl.Series((employers + month * 11) % spaced == 0)
    return pl.select(pl.when(hit).then(kinds)).to_series()
