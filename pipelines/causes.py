"""Find the cause of changed statuses and payments: what was known of these people, computed step by step.

Every step is the month's own queries and transforms on an excerpt of the ledger; steps that change nothing for these
people are left out. In memory lies what is known of the people of one call, so callers bring them in parts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from pipelines import ledger, limits
from pipelines.ahead import made_ahead
from pipelines.compared import Side
from pipelines.engine import Cut, engine, fetch
from pipelines.excerpt import excerpt
from pipelines.few import known_of, load_facts
from pipelines.home import Home
from schemas.rules import Law
from transforms.changes import STEPS, known_after, last_change, payments_to_look_at, with_causes
from transforms.sql import query
from transforms.status import insured_status

_BEGINNING = "beginning"
_PAYMENT = ["file_sha256", "line_no"]
# of a payment line, nothing that decides a status or a state
_UNTOLD = ("document_date", "payer_bank", "surname", "name", "patronymic", "birth_date", "row_id", "id_scope")
_LINE_STATE = ("iin", "payer_kind", "state", "settled_on", "returned_tiyn")


@dataclass(frozen=True)
class Way:
    """From the older snapshot to the newer, by the ledger of a home (or of an excerpt of it)."""

    home: Home
    older: Side
    newer: Side


def causes(way: Way, people: pl.Series, changed: pl.DataFrame, lines: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """The cause of each of these changed people and payment lines, in their order.

    `people` (UInt64) are all that they are about. `changed` has iin and the older and newer status, `lines` the older
    and newer state of payment lines that stand in both snapshots.
    """
    of_people, of_lines = {}, {}
    rows = _known_of(way, people, changed, lines)
    found = made_ahead(lambda step: (step.name, step.states(changed, lines)), _steps(way, rows), limits.at_once())
    for name, told in found:
        of_people[name], of_lines[name] = told
    statuses = changed.select(state="older"), changed.select(state="newer")
    states = lines.select(_line_state("older")), lines.select(_line_state("newer"))
    return last_change(of_people, statuses), last_change(of_lines, states)


def _line_state(side: str) -> pl.Expr:
    told = (f"{side}_iin", f"{side}_kind", side, f"{side}_settled_on", f"{side}_returned_tiyn")
    parts = (pl.col(name).alias(known_as) for name, known_as in zip(told, _LINE_STATE, strict=True))
    return pl.struct(parts).alias("state")


@dataclass(frozen=True)
class _Step:
    """What is known after a step: the rows of the ledger about the people, the cut and law by which they are asked."""

    name: str
    home: Home
    rows: dict[str, pl.DataFrame]
    recalled_by: int
    cut: Cut
    law: Law

    def states(self, changed: pl.DataFrame, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The status of each changed person, and the state of each line, in their order."""
        with engine(self.home, self.cut, self.rows, self.recalled_by) as con:
            load_facts(con, self.law, self.cut.known_at)
            status = insured_status(known_of(con), self.cut.month, self.cut.known_at, self.law)
            con.register("wanted_lines", lines.select(_PAYMENT))
            payments = f"WITH asked_money AS (FROM money) {query('month_payments')}"
            told = fetch(con, f"FROM ({payments}) SEMI JOIN wanted_lines USING (file_sha256, line_no)")
        status, told = status.select("iin", state="status"), told.select(*_PAYMENT, state=pl.struct(_LINE_STATE))
        of_people = changed.select("iin").join(status, on="iin", how="left", maintain_order="left")
        return of_people, lines.select(_PAYMENT).join(told, on=_PAYMENT, how="left", maintain_order="left")


def _known_of(way: Way, people: pl.Series, changed: pl.DataFrame, lines: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """What is ever known of these people that could decide what is asked, by table of the ledger, with its cause."""
    told = excerpt(way.home, people, _UNTOLD)
    paid = payments_to_look_at(told["payments"], told["returns"], told["links"], changed["iin"], lines)
    rows = {table: with_causes(table, frame, told["deliveries"]) for table, frame in {**told, "payments": paid}.items()}
    rows["deliveries"] = rows["deliveries"].filter(pl.col("register").is_not_null())  # no other says anything of people
    return rows


def _steps(way: Way, rows: dict[str, pl.DataFrame]) -> Iterator[_Step]:
    """The beginning, then every step that changes something for the people whom the rows tell of."""
    older, newer = way.older.cut.sequence, way.newer.cut.sequence
    needed = set(_differences(way, rows))
    passed: list[str] = []
    for step in (_BEGINNING, *(step for step in STEPS if step in needed)):
        passed.append(step)
        at = way.newer.cut if "time_passing" in passed else way.older.cut
        law = way.newer.law if "rule_value" in passed else way.older.law
        known = {table: known_after(frame, passed, older, newer) for table, frame in rows.items()}
        recalled_by = newer if "withdrawal" in passed else older
        yield _Step(step, way.home, known, recalled_by, replace(at, sequence=newer), law)


def _differences(way: Way, known: dict[str, pl.DataFrame]) -> Iterator[str]:
    """The steps that change anything."""
    older, newer = way.older, way.newer
    if (older.cut.month, older.cut.known_at) != (newer.cut.month, newer.cut.known_at):
        yield "time_passing"
    if older.law.values != newer.law.values:
        yield "rule_value"
    new = pl.col("sequence").is_between(older.cut.sequence, newer.cut.sequence, closed="right")
    for rows in known.values():
        yield from rows.filter(new)["cause"].unique()
    recalled = [ledger.withdrawn(way.home, side.cut.sequence) for side in (older, newer)]
    if not recalled[0].equals(recalled[1]):
        yield "withdrawal"
