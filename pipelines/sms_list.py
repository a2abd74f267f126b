"""The Fund's SMS list: who loses the conditional status next month, until when it lasts, what to pay by when.

Names people by their IIN, for nobody can be written to under a pseudonym. Grain: schemas/exports.py. Money is tiyn.
"""

from datetime import date
from typing import Any

import polars as pl

from pipelines import snapshot
from pipelines.audiences import snapshot_of
from pipelines.explain.trial import last_in_time
from pipelines.home import Home
from pipelines.letters.render import sentence
from schemas.calendar import add_months, month_of
from schemas.codes import BASIS_LETTERS, UNCOVERED_LETTER
from schemas.exports import GRACE_ENDING
from schemas.rules import Law, load_law


def grace_ending(home: Home, month: date | None, language: str) -> tuple[str, pl.DataFrame]:
    """The snapshot and the list of its month, by IIN."""
    name, law = snapshot_of(home, month), load_law()
    folder = snapshot.folder_of(home, name)
    told = pl.scan_parquet(folder / "breaks.parquet").filter(code="grace_ending").select("iin")
    statuses = pl.scan_parquet(folder / "insured_status.parquet")
    people = statuses.join(told, on="iin", how="semi").sort("iin").collect()
    days = people["conditional_until"].unique().to_list()
    rows = people.select(
        "iin",
        last_day="conditional_until",
        pay_by=pl.col("conditional_until").replace_strict({day: last_in_time(day, law) for day in days}, default=None),
        missing_months="missing_months",
        to_pay_tiyn="arrears_tiyn",
        to_pay_tenge=pl.col("arrears_tiyn").cast(pl.Decimal(20, 2)) / 100,
    )
    known_at = snapshot.cut_of(snapshot.load_manifest(folder)).known_at
    texts = [
        _message(language, row, letters, _when(row, known_at, law), _each(row, law))
        for row, letters in zip(rows.iter_rows(named=True), people["coverage_months"], strict=True)
    ]
    rows = rows.with_columns(message=pl.Series(texts, dtype=pl.String))
    return name, rows.cast(GRACE_ENDING.types()).select(list(GRACE_ENDING.columns))


def _when(row: dict[str, Any], known_at: date, law: Law) -> str:
    """Whether what is paid on the day still counts in time; else whether, when it counts, a month after is due too."""
    if row["pay_by"] >= known_at:
        return "in_time"
    following = add_months(month_of(row["last_day"]), 1)
    return "over" if law.due_from("independent", following) <= law.settled_on(known_at) else "late"


def _each(row: dict[str, Any], law: Law) -> int | None:
    """What each of several missing months costs, where their sum is that of whole months of one price; else None."""
    months = row["missing_months"]
    each, rest = divmod(row["to_pay_tiyn"], max(len(months), 1))
    for kind in ("independent", "sole_proprietor"):
        if len(months) > 1 and not rest and {law.required_tiyn(kind, month.year) for month in months} == {each}:
            return each
    return None


def _message(language: str, row: dict[str, Any], letters: str, when: str, each: int | None) -> str:
    """What to pay by when. Where no month that is due is missing (they are reversed, say, or a category covered them),
    the run ends at the last month once that is paid and no month before it is uncovered. Where some are missing, these
    months are named besides: they are due soon, and a long grace may not outlast what is paid late.
    """
    last = month_of(row["last_day"])
    twelve = [add_months(last, place + 1 - len(letters)) for place in range(len(letters))]
    reversed_last = [last] if letters[-1] == BASIS_LETTERS["reversed"] else []  # a reversal never insures by itself
    uncovered = [month for month, letter in zip(twelve, letters, strict=True) if letter == UNCOVERED_LETTER]
    months = [month for month in uncovered + reversed_last if month not in row["missing_months"]]
    owing = "" if row["missing_months"] else "nothing_due_"
    return sentence(language, f"sms.{owing}{when}", months=months, each=each, **row)
