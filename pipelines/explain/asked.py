"""What an explanation is asked about: the home, what is known (a cut), the law, and the excerpt about the people.

Takes no lock and writes nothing. Errors: RunFailed when the ledger is behind the archive, or the archive is not what
the last run left.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl

from pipelines import archive, bounds, chain, ledger, lost
from pipelines.engine import Cut, engine, look_at
from pipelines.errors import RunFailed, UsageError
from pipelines.excerpt import excerpt
from pipelines.few import load_paid, load_registers
from pipelines.home import Home
from pipelines.run_record import runs
from pipelines.versions import judging_hash
from schemas.calendar import month_of
from schemas.rules import Law

FURTHEST = 5 * 366  # days after the cut's up to which advice looks for what it tries
_LAW_AHEAD = timedelta(days=FURTHEST + 366)  # for so long the law is laid out: what is tried is settled and due later


@dataclass(frozen=True)
class Asked:
    """One question: as known on the cut's day, under the law; `lines` is all that the ledger holds of the people."""

    home: Home
    cut: Cut
    law: Law
    lines: dict[str, pl.DataFrame]
    con: duckdb.DuckDBPyConnection | None = None  # its engine, for as long as that is open

    def about(self, people: pl.Series) -> "Asked":
        """The same question about these people (UInt64)."""
        return replace(self, lines=excerpt(self.home, people))

    @contextmanager
    def opened(self) -> Iterator["Asked"]:
        """The question with an engine that holds what does not change with what is paid: registers and law."""
        with engine(self.home, self.cut, self.lines) as con:
            load_registers(con, self.law, self.cut.known_at + _LAW_AHEAD)
            yield replace(self, con=con)

    @contextmanager
    def facts(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The open engine with the facts of the people, turned to the cut's month; at the end it is as before."""
        assert self.con is not None
        self.con.execute("BEGIN")
        try:
            look_at(self.con, self.cut.month, self.cut.known_at)
            self.con.register("excerpt_payments", self.lines["payments"])
            load_paid(self.con)
            yield self.con
        finally:
            self.con.execute("ROLLBACK")


def asked(home: Home, month: date | None, known_at: date | None, law_as_of: date | None) -> Asked:
    """The question as the command puts it: the day of the newest snapshot (else file), its month."""
    lost.expect_archive(home, runs(home))
    known_at = known_at or _newest_day(home)
    month = month or month_of(known_at)
    bounds.check_month(month, known_at)
    last = archive.newest(home, known_at)
    sequence = last.sequence if last is not None else 0
    if sequence and (ledger.last_sequence(home) < sequence or not ledger.is_judged_by(home, judging_hash())):
        raise RunFailed(
            f"the ledger does not hold all {sequence} deliveries and events of the archive up to {known_at}, judged "
            f"by the code of today: nothing was explained; run mshi rerun {month:%Y-%m} --known-at {known_at}, then "
            "ask again"
        )
    law = bounds.law_as_of(law_as_of)
    return Asked(home, Cut(month, known_at, sequence, law_as_of), law, {})


def as_text(iin: int) -> str:
    """The number as the 12 digits of an IIN or BIN."""
    return f"{iin:012d}"


def plain(found: Any) -> Any:
    """Facts fit for JSON: days as ISO text."""
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items()}
    if isinstance(found, list):
        return [plain(value) for value in found]
    return found.isoformat() if isinstance(found, date) else found


def _newest_day(home: Home) -> date:
    published = [link["snapshot"].split("_")[1] for link in chain.links(home)]
    if published:
        return date.fromisoformat(max(published))
    last = archive.newest(home)
    if last is None:
        raise UsageError(f"nothing was ever taken in at {home.root}: there is nobody to explain")
    return last.received_on
