"""Own money of the many months that one plain line pays, without a query; every other line is left to the queries.

A plain line is a contribution for oneself, under one's only IIN, settled, of which nothing came back, and the only line
that the range has for the month. What it covers rests on the line, its day and the payer's months as an entrepreneur.
Grain in:  `others` (transforms/facts.py) of a range, with `iin`; a row per line. Money is tiyn.
Grain out: months as transforms/sql/own_months.sql tells them; and what prepaid.sql and partly_paid.sql tell of these.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import FIRST_MONTH
from schemas.rules import Law
from transforms import law_tables
from transforms.by_person import month_keys
from transforms.ids import Among, among, repeated
from transforms.masks import Flags, Masks

_PROPRIETOR, _INDEPENDENT = law_tables.OWN_KINDS
_SOURCES = {_PROPRIETOR: "paid_25th", _INDEPENDENT: "paid_independent"}
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd: lines of one file keep apart, and those of two but by chance


@dataclass(frozen=True)
class OwnMoneyLaw:
    """What the law asks of own money on a day. Days are places: days since `first`; the last place is any other day.

    settled_on: days since 1970, of a value date whose money counts, else 0. tolerance_tiyn: of the first day of a month
    that a payment may name, else -1. year: of a day. required_tiyn: by kind, and by years since 2020.
    """

    first: int
    settled_on: npt.NDArray[np.int32]
    tolerance_tiyn: npt.NDArray[np.int64]
    year: npt.NDArray[np.int32]
    required_tiyn: npt.NDArray[np.int64]

    @classmethod
    def of(cls, law: Law, settlement: pl.DataFrame, known_at: date) -> "OwnMoneyLaw":
        """As known on the day; `settlement` as transforms/law_tables.py gives it."""
        months = law_tables.months(law, known_at).select("period", "tolerance_tiyn")
        first, last = settlement["value_date"][0], months["period"][-1]
        days = pl.DataFrame({"day": [first + timedelta(days=place) for place in range((last - first).days + 1)]})
        counts = settlement.filter(pl.col("settled_on") <= known_at)
        days = days.join(counts, left_on="day", right_on="value_date", how="left", maintain_order="left")
        days = days.join(months, left_on="day", right_on="period", how="left", maintain_order="left")
        required = law_tables.requirements(law, known_at).sort("year")
        by_kind = required.partition_by("payer_kind", as_dict=True)
        return cls(
            first=int(days["day"].to_physical()[0]),
            settled_on=np.append(days["settled_on"].to_physical().fill_null(0).to_numpy(), np.int32(0)),
            tolerance_tiyn=np.append(days["tolerance_tiyn"].fill_null(-1).to_numpy(), -1),
            year=np.append(days["day"].dt.year().to_numpy(), np.int32(0)),
            required_tiyn=np.array([by_kind[(kind,)]["required_tiyn"].to_list() for kind in law_tables.OWN_KINDS]),
        )

    def places(self, days: pl.Series) -> npt.NDArray[np.int32]:
        """The place of each day."""
        place: npt.NDArray[np.int32] = days.to_physical().to_numpy() - np.int32(self.first)
        place[(place < 0) | (place >= len(self.year))] = len(self.year) - 1
        return place


def plain_months(
    lines: pl.DataFrame, returned: pl.DataFrame, proprietors: pl.DataFrame, asked: OwnMoneyLaw
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """lines, returned (payment_sequence, payment_line), entrepreneur_months -> own months of plain lines; the rest.

    The months are sorted by iin and period.
    """
    for_oneself = lines.select(
        (pl.col("knp") == "122")
        & (pl.col("payer") == pl.col("person"))
        & (pl.col("person") == pl.col("iin"))
        & (pl.col("amount_tiyn") > 0)
    ).to_series()
    paid_on, period = asked.places(lines["value_date"]), asked.places(lines["period"])
    plain = for_oneself.to_numpy() & (asked.settled_on[paid_on] > 0) & (asked.tolerance_tiyn[period] >= 0)
    keys = month_keys(lines["iin"], lines["period"])
    plain &= ~among(keys, repeated(keys)) & ~_came_back(lines, returned)
    places = np.flatnonzero(plain)
    places = places[np.argsort(keys[places])]
    rest = lines.filter(~pl.Series(plain, dtype=pl.Boolean))
    return _months(lines[places], paid_on[places], period[places], proprietors, asked), rest


def put_covered(months: pl.DataFrame, masks: Masks) -> None:
    """Put the months that own money covers to the masks of their people."""
    for kind, source in _SOURCES.items():
        covered = months.filter(pl.col("covers") & (pl.col("payer_kind") == kind))
        index = covered.select(_months_to("period", FIRST_MONTH)).to_series().to_numpy()
        masks.put_spans(source, covered["iin"].to_numpy(), index, index)


def covered_in_advance(months: pl.DataFrame, last_month: date) -> pl.DataFrame:
    """iin, back, lead of months that own money covered before they began. Grain: (iin, back)."""
    early = months.filter(
        pl.col("covers")
        & (pl.col("covered_on") < pl.col("period"))
        & pl.col("period").is_between(FIRST_MONTH, last_month)
    )
    return early.select("iin", back=-_months_to("period", last_month), lead=_months_to("period", pl.col("covered_on")))


def paid_in_part(months: pl.DataFrame) -> pl.DataFrame:
    """iin, period, own_tiyn, first_year of months whose own money is below the requirement. Grain: (iin, period)."""
    return months.filter(~pl.col("covers")).select("iin", "period", "own_tiyn", first_year=pl.col("first_on").dt.year())


def _months(
    lines: pl.DataFrame,
    paid_on: npt.NDArray[np.int32],
    period: npt.NDArray[np.int32],
    proprietors: pl.DataFrame,
    asked: OwnMoneyLaw,
) -> pl.DataFrame:
    """Plain lines and the places of their days -> their months, line by line."""
    active = _active(lines, proprietors)
    years = np.maximum(np.minimum(asked.year[paid_on], asked.year[period]) - FIRST_MONTH.year, 0)
    required = asked.required_tiyn[np.where(active, 0, 1), years]
    tolerance = asked.tolerance_tiyn[period]
    settled_on = pl.Series(asked.settled_on[paid_on], dtype=pl.Int32).cast(pl.Date)
    amount, covers = pl.col("amount_tiyn"), pl.col("covers")
    kind = pl.when(pl.Series(active)).then(pl.lit(_PROPRIETOR)).otherwise(pl.lit(_INDEPENDENT))
    asks = lines.with_columns(required_tiyn=pl.Series(required), tolerance_tiyn=pl.Series(tolerance), payer_kind=kind)
    return asks.with_columns(covers=amount >= pl.col("required_tiyn") - pl.col("tolerance_tiyn")).select(
        "iin",
        "period",
        "payer_kind",
        own_tiyn=amount,
        first_on="value_date",
        last_on="value_date",
        largest_tiyn=amount,
        known_on=pl.max_horizontal("received_on", settled_on),
        required_tiyn="required_tiyn",
        tolerance_tiyn="tolerance_tiyn",
        covers=covers,
        covered_on=pl.when(covers).then("value_date"),
    )


def _active(lines: pl.DataFrame, proprietors: pl.DataFrame) -> Flags:
    """Whether the person of each line is an active entrepreneur in its period; stretches are sorted, none overlap."""
    if proprietors.is_empty():
        return np.zeros(lines.height, dtype=bool)
    starts = month_keys(proprietors["iin"], proprietors["from_month"])
    place = np.searchsorted(starts, month_keys(lines["iin"], lines["period"]), side="right") - 1
    iins, ends = (proprietors[name].to_physical().to_numpy()[place] for name in ("iin", "to_month"))
    active: Flags = (
        (place >= 0) & (iins == lines["iin"].to_numpy()) & (lines["period"].to_physical().to_numpy() <= ends)
    )
    return active


def _came_back(lines: pl.DataFrame, returned: pl.DataFrame) -> Flags:
    """Whether anything came back of each line; by chance also true of a line whose number is that of another one."""

    def numbers(sequence: pl.Series, line: pl.Series) -> npt.NDArray[np.uint64]:
        of_file: npt.NDArray[np.uint64] = sequence.to_numpy().astype(np.uint64) * _SPREAD
        of_file ^= line.to_numpy().astype(np.uint64)
        return of_file

    back = np.sort(numbers(returned["payment_sequence"], returned["payment_line"]))
    told: Flags = Among(back).holds(numbers(lines["sequence"], lines["line_no"]))
    return told


def _months_to(column: str, since: date | pl.Expr) -> pl.Expr:
    """How many months a column's month is after that of another day."""
    other = pl.lit(since) if isinstance(since, date) else since
    years, months = (pl.col(column).dt.year() - other.dt.year()), pl.col(column).dt.month() - other.dt.month()
    return years * 12 + months.cast(pl.Int32)
