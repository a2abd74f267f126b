"""A month as known on a day: the wiring from the ledger to the tables of a snapshot.

Nothing is decided here; each step is a transform or a query. A table may be larger than memory, so each is made and
checked in parts (pipelines/parts.py); what is told of people goes by ranges of IINs (pipelines/people.py).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines import ledger, limits
from pipelines.engine import Cut, bounded, engine, fetch, fetch_parts, load
from pipelines.everybody import Everybody, everybody
from pipelines.home import Home
from pipelines.parts import Parts
from pipelines.reuse import Base
from schemas.breaks import BREAKS
from schemas.gate import checked
from schemas.identifiers import as_text
from schemas.rules import Law
from schemas.tables import TABLES
from transforms import law_tables
from transforms.balance import OF_PAYMENTS, check_balance
from transforms.coverage import coverage
from transforms.covered_months import Known
from transforms.links import current_ids
from transforms.masks import Masks
from transforms.matching import entries_left_alone, orders_left_alone, with_matches
from transforms.names import name_mismatches
from transforms.registers import basis_intervals, entrepreneur_months, with_current
from transforms.returns import match_returns, returned_sums
from transforms.sql import query

FEW_LINES = 200_000  # of money, which then lie in memory


def month_tables(home: Home, cut: Cut, law: Law, work: Path, base: Base | None = None) -> dict[str, Parts]:
    """Every table of the snapshot, checked and balanced, in parts below the folder `work`.

    With a base (pipelines/reuse.py) the rows of people whom nothing touched since are taken over from it.
    """
    tables = {name: Parts(work, name) for name in TABLES}
    with engine(home, cut) as con:
        bounded(con, work, limits.engine_bytes())
        links = _load_registers(con, law)
        _load_law(con, law, cut.known_at)
        _load_returns(con, links)
        _load_matches(con)
        people = everybody(con, home, cut, law, work, base)
        _load_money(con, people.own_months)
        _fill(tables["payments"], "payments", fetch_parts(con, query("month_payments")))
        held = {name: fetch(con, query(f"month_{name}")) for name in _OF_THE_MONTH}
        check_balance(held | {"payments": tables["payments"].collect(OF_PAYMENTS)}, fetch(con, query("accepted_lines")))
        for name, frame in held.items():
            _fill(tables[name], name, [frame])
        _fill_of_people(tables["coverage"], "coverage", people, _coverage(con, people, cut.month))
        _fill_of_people(tables["insured_status"], "insured_status", people, people.statuses())
        _fill(tables["breaks"], "breaks", _breaks(con, people))
    _fill(tables["rules"], "rules", [law_tables.rules_table(law, cut.month)])
    return tables


def status_table(home: Home, cut: Cut, law: Law, work: Path, base: Base | None = None) -> Parts:
    """insured_status alone, checked, as `month_tables` gives it; in parts below the folder `work`."""
    table = Parts(work, "insured_status")
    with engine(home, cut) as con:
        bounded(con, work, limits.engine_bytes())
        links = _load_registers(con, law)
        _load_law(con, law, cut.known_at)
        _load_returns(con, links)
        people = everybody(con, home, cut, law, work, base)
        _fill_of_people(table, "insured_status", people, people.statuses())
    return table


def load_facts(con: duckdb.DuckDBPyConnection, law: Law, known_at: date) -> None:
    """What a status rests on, as tables of an engine about a few people: registers, law, returns, money, own_months."""
    links = _load_registers(con, law)
    _load_law(con, law, known_at)
    _load_returns(con, links)
    _load_money(con, None)


def known_of(con: duckdb.DuckDBPyConnection) -> Known:
    """What is known of a few people for the month that the engine looks at, after `load_facts`.

    Everybody's is found from facts (pipelines/people.py), and a test holds the two side by side.
    """
    people = fetch(con, query("people"))
    masks = Masks.of(people, fetch(con, query("register_masks")), fetch(con, "SELECT getvariable('last_month')").item())
    masks.add(fetch(con, query("paid_masks")))
    return Known(
        people=people,
        masks=masks,
        prepaid=fetch(con, query("prepaid")),
        partly_paid=fetch(con, query("partly_paid")),
        proprietors=fetch(con, "FROM entrepreneur_months ORDER BY iin, from_month"),
    )


def _load_registers(con: duckdb.DuckDBPyConnection, law: Law) -> pl.DataFrame:
    """Tables links, basis_intervals, entrepreneur_months and known_persons from the registers in force; gives links."""
    deliveries = fetch(con, "FROM ledger_deliveries WHERE register IS NOT NULL").lazy()
    load(con, "in_force", ledger.registers_in_force(deliveries).select("sequence").collect())

    def rows(table: str) -> pl.DataFrame:
        return fetch(con, f"FROM ledger_{table} SEMI JOIN in_force USING (sequence) ORDER BY sequence, line_no")

    links, intervals = current_ids(rows("links")), rows("intervals")
    load(con, "links", links)
    load(con, "basis_intervals", basis_intervals(intervals, links, law))
    load(con, "entrepreneur_months", entrepreneur_months(intervals, links))
    load(con, "known_persons", rows("persons"))
    return links


def _load_law(con: duckdb.DuckDBPyConnection, law: Law, known_at: date) -> None:
    load(con, "requirements", law_tables.requirements(law, known_at))
    load(con, "months", law_tables.months(law, known_at))
    load(con, "settlement", law_tables.settlement(law, known_at))
    load(con, "agents", law_tables.agents(law))
    first = "SELECT min(value_date) FROM settlement WHERE settled_on >= getvariable('month')"
    con.execute(f"SET VARIABLE first_settling = ({first})")


def _load_returns(con: duckdb.DuckDBPyConnection, links: pl.DataFrame) -> None:
    """Tables returnable, matched_returns and returned: which payment line every return cancels, as known on the day."""
    returns = with_current(fetch(con, "FROM ledger_returns ORDER BY sequence, line_no"), links)
    payers = links.rename({"person": "payer", "current": "payer_now"})
    returns = returns.join(payers, on="payer", how="left", maintain_order="left").with_columns(
        payer_now=pl.coalesce("payer_now", "payer")
    )
    load(con, "returnable", fetch(con, query("returnable")))
    matched = match_returns(returns, fetch(con, "FROM returnable"))
    load(con, "matched_returns", matched)
    load(con, "returned", returned_sums(matched))


def _load_money(con: duckdb.DuckDBPyConnection, own_months: str | None) -> None:
    """Views released and money, and own_months: from its Parquet files where they are made already."""
    con.execute(f"CREATE TEMP VIEW released AS {query('released')}")
    # A dozen queries ask for the money: where it is little, it is planned and computed once.
    lines = fetch(con, "SELECT count(*) FROM ledger_payments").item()
    con.execute(f"CREATE TEMP {'TABLE' if lines <= FEW_LINES else 'VIEW'} money AS {query('money')}")
    con.execute(f"CREATE TEMP TABLE own_months AS {own_months or query('own_months')}")


def _load_matches(con: duckdb.DuckDBPyConnection) -> None:
    """Tables matched_entries and orders: what shows what, and since when a counterpart is recalled."""
    entries = fetch(con, "FROM ledger_entries ORDER BY sequence, entry_no")
    orders = fetch(con, query("standing_orders"))
    gone = "FROM recorded_{} JOIN withdrawn USING (sequence) ORDER BY ALL"
    gone_entries, gone_orders = fetch(con, gone.format("entries")), fetch(con, gone.format("orders"))
    matched = with_matches(entries, orders)
    load(con, "matched_entries", entries_left_alone(matched, gone_orders))
    load(con, "orders", orders_left_alone(orders, matched, gone_entries))


def _coverage(con: duckdb.DuckDBPyConnection, people: Everybody, month: date) -> Iterator[pl.DataFrame]:
    """The coverage of the month, range of IINs by range."""
    con.execute(f"CREATE TEMP TABLE money_of_month AS {query('month_money')}")
    for bases in people.bases():
        low, high = bases["iin"].min(), bases["iin"].max()
        money = fetch(con, f"FROM money_of_month WHERE iin BETWEEN {low or 0} AND {high or 0}")
        yield coverage(bases, money, month)


def _breaks(con: duckdb.DuckDBPyConnection, people: Everybody) -> Iterator[pl.DataFrame]:
    """The breaks that stand in the month, with severity and message of their code. Grain: a break."""
    con.execute(f"CREATE TEMP TABLE named AS {query('named')}")
    con.execute(f"CREATE TEMP TABLE withdrawn_lines AS {query('withdrawn_lines')}")
    load(con, "breaks_of_names", name_mismatches(fetch(con, query("named_differently"))))
    load(con, "breaks_of_graces", people.graces_ending())
    for name in _BREAKS:
        con.execute(f"CREATE TEMP VIEW {name} AS {query(name)}")
    severity = {code: told.severity for code, told in BREAKS.items()}
    message = {code: f"{told.sentence} {told.next_step}" for code, told in BREAKS.items()}
    for part in fetch_parts(con, query("breaks")):
        yield part.with_columns(
            severity=pl.col("code").replace_strict(severity, return_dtype=pl.String),
            message=pl.col("code").replace_strict(message, return_dtype=pl.String),
        )


_OF_THE_MONTH = ("files", "totals", "daily_totals", "quarantine", "returns", "statement_entries", "statements")
_BREAKS = ("breaks_of_lines", "breaks_of_months", "breaks_of_wages", "breaks_of_documents", "breaks_of_statements")
_BREAKS += ("breaks_of_births",)


def _fill(parts: Parts, table: str, frames: Iterator[pl.DataFrame] | list[pl.DataFrame]) -> None:
    """The table from frames of its rows, each held against its schema."""
    schema = TABLES[table].schema()
    for frame in frames:
        parts.add(checked(_with_text_ids(frame, table), schema))


def _fill_of_people(parts: Parts, table: str, people: Everybody, frames: Iterator[pl.DataFrame]) -> None:
    """The table from frames of those who were looked at, range by range, and the rows of everybody else."""
    published = (_with_text_ids(frame, table) for frame in frames)
    _fill(parts, table, people.completed(table, published))


def _with_text_ids(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Ids as 12-digit texts under the names and types of the table's schema."""
    renamed = frame.rename({old: new for old, new in _PUBLISHED_AS.items() if old in frame.columns})
    ids = [name for name in renamed.columns if renamed.schema[name] == pl.UInt64]
    return renamed.with_columns(as_text(name).alias(name) for name in ids).cast(
        {name: dtype for name, dtype in TABLES[table].types().items() if name in renamed.columns}
    )


_PUBLISHED_AS = {"payer": "payer_id", "person": "person_iin", "counterparty": "counterparty_id"}
