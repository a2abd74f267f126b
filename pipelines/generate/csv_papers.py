"""The six CSV registers, whole at each delivery: on the first day of the first month and of the last.

Grain: one Paper per register, its rows made chunk by chunk of people. Behind the good rows stand rows at fault with the
reason that each must get. The population (persons) only where it is asked for. Source: contract.md section 3.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.generate.intervals import intervals, known_by
from pipelines.generate.names import with_names
from pipelines.generate.numbers import birth_dates, iins
from pipelines.generate.papers import Day, Paper, days_of
from pipelines.generate.wages import linked, old_place
from schemas.lines import REGISTERS

CHUNK_PEOPLE = 1_000_000
_FAULTS_EACH = 400_000  # so many people give one more set of rows at fault
_LEFT = 9  # rows of one that shrank
_SHRUNK = 1_000  # rows from which a register may not shrink (contract.md section 3)


@dataclass
class Register(Paper):
    """A delivery of a register: `chunks` gives its rows, with their verdicts, as often as it is asked."""

    day: Day | None = None
    kind: str = ""
    only: int | None = None  # a register that lost nearly all of its rows
    faulty: pl.DataFrame | None = None  # the rows at fault, once the chunks were gone through
    height: int = 0  # how many rows it has, then

    def chunks(self) -> Iterator[pl.DataFrame]:
        """Rows in order: line_no, the columns of the register as text, iin, code, current, verdict, reason, fault."""
        assert self.day is not None
        nation, line = self.day.nation, 2
        for low in range(0, nation.persons, CHUNK_PEOPLE):
            people = np.arange(low, min(low + CHUNK_PEOPLE, nation.persons))
            rows = _rows(self.day, self.kind, people)
            if self.only is not None:
                rows = rows.head(self.only).with_columns(verdict=pl.lit("refused"), reason=pl.lit("register_shrunk"))
            yield rows.with_columns(line_no=pl.int_range(pl.len()) + line)
            line += rows.height
            self.height = line - 2
            if self.only is not None:
                return
        self.faulty = _faulty(self.day, self.kind).with_columns(line_no=pl.int_range(pl.len()) + line)
        self.height += self.faulty.height
        yield self.faulty

    def texts(self) -> Iterator[bytes]:
        """The bytes of the file in parts."""
        yield (",".join(REGISTERS[self.kind]) + "\n").encode()
        for rows in self.chunks():
            yield rows.select(pl.concat_str("text", pl.lit("\n")).str.join("")).item().encode()


def csv_papers(day: Day, with_persons: bool = False) -> Iterator[Register]:
    """The registers that come on the day."""
    nation = day.nation
    if day.month in (nation.first, nation.last) and day.of_month == 0:
        for kind in REGISTERS:
            if kind != "persons" or with_persons:
                yield Register("registers", f"{kind}_{day.day}.csv", None, format=kind, day=day, kind=kind)
    if day.month == nation.last and day.of_month == 1 and len(nation.others) * 9 // 10 >= _SHRUNK:
        name = f"categories_{day.day}.csv"
        yield Register(
            "registers",
            name,
            None,
            format="categories",
            day=day,
            kind="categories",
            only=_LEFT,
            refused="register_shrunk",
            expected=_of_shrunk(day),
        )


def _of_shrunk(day: Day) -> str:
    """What is expected of the categories that shrink, behind those of the month's first day."""
    first = next(one for one in days_of(day.nation) if (one.month, one.of_month) == (day.month, 0))
    rows = sum(part.height for part in Register("", "", None, day=first, kind="categories").chunks())
    least = -(-rows * 9 // 10)
    return (
        f"at least {least:,} rows, for {rows:,} are in force, or a control file with the number of rows; found {_LEFT}"
    )


def _rows(day: Day, kind: str, people: np.ndarray) -> pl.DataFrame:
    nation = day.nation
    if kind == "persons":
        named = with_names(pl.DataFrame({"person_place": people, "iin": iins(people)}), nation.seed)
        born = birth_dates(pl.col("iin"))
        born = pl.concat_str(born.str.head(4), pl.lit("-"), born.str.slice(4, 2), pl.lit("-"), born.str.tail(2))
        rows = named.with_columns(code=pl.lit(None, dtype=pl.String), birth_date=born.str.to_date())
        text = [pl.col("iin").cast(pl.String), "surname", "name", "patronymic", born]
    elif kind == "iin_links":
        few = people[linked(nation, people)]
        rows = pl.DataFrame({"person_place": few, "iin": iins(old_place(nation, few)), "current": iins(few)})
        text = [pl.col("iin").cast(pl.String), pl.col("current").cast(pl.String)]
    else:
        found = intervals(nation, kind, people).filter(known_by(nation, day.month))
        rows = found.with_columns(iin=pl.Series(iins(found["person_place"].to_numpy())))
        text = [pl.col("iin").cast(pl.String), "code", pl.col("from_day").dt.strftime("%Y-%m-%d")]
        text.append(pl.col("to_day").dt.strftime("%Y-%m-%d").fill_null(""))
    return rows.with_columns(
        text=pl.concat_str(text, separator=","),
        verdict=pl.lit("accepted"),
        reason=pl.lit(""),
        fault=pl.lit(None, dtype=pl.String),
    )


def _faulty(day: Day, kind: str) -> pl.DataFrame:
    """Rows at fault, whose people are somebody's, but nobody is credited by them."""
    nation = day.nation
    told: list[tuple[str, str, str, str]] = []
    for turn in range(1 + nation.persons // _FAULTS_EACH):
        places = nation.others.start + np.arange(turn * 4, turn * 4 + 4)
        told += _faults_of(kind, [str(iin) for iin in iins(places)], CODES.get(kind, ""))
    schema = {"text": pl.String, "reason": pl.String, "field": pl.String, "fault": pl.String}
    return pl.DataFrame(told, schema=schema, orient="row").with_columns(verdict=pl.lit("quarantined"))


def _faults_of(kind: str, ids: list[str], code: str) -> list[tuple[str, str, str, str]]:
    """text, reason, field and kind of fault of a set of rows at fault."""
    a, b, c, _ = ids
    wrong = a[:-1] + str((int(a[-1]) + 1) % 10)
    if kind == "persons":
        return [
            (f"{wrong},АБЕНОВ,АЙДОС,-,1888-01-01", "bad_iin", "iin_text", "wrong check digit"),
            (f"{a},АБЕНОВ,АЙДОС,-,1888-02-30", "bad_date", "birth_date", "no such day"),
        ]
    if kind == "iin_links":
        return [
            (f"{a},{b}", "bad_link", "iin_text", "loop"),
            (f"{b},{a}", "bad_link", "iin_text", "loop"),
            (f"{c},{c}", "bad_link", "iin_text", "itself"),
            (f"{a},", "missing_field", "current_iin_text", "nobody"),
            (f"{wrong},{b}", "bad_iin", "iin_text", "wrong check digit"),
        ]
    return [
        (f"{wrong},{code},2025-01-01,", "bad_iin", "iin_text", "wrong check digit"),
        (f",{code},2025-01-01,", "missing_field", "iin_text", "nobody"),
        (f"{a},no_such_code,2025-01-01,", "unknown_code", "code_text", "no such code"),
        (f"{a},{code},2025-03-01,2025-02-28", "bad_date", "to_day", "ends before it begins"),
        (f"{a},{code},2025-02-30,", "bad_date", "from_day", "no such day"),
        (f"{a},{code},,", "missing_field", "from_day_text", "no beginning"),
        (f"{a},{code},2025-01-01", "missing_field", "row_fault", "a field too few"),
    ]


CODES = {"categories": "pension", "exemptions": "military", "reversals": "other", "entrepreneurs": "farm"}
