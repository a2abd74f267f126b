"""What the month's queries ask for, as tables of its engine: registers in force, law, returns, matches, money.

Each function loads one thing and needs what its docstring names. What is large stays on the disk or in the engine.
"""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from pipelines import ledger, limits
from pipelines.engine import append, fetch, load, stored_in
from schemas.rules import Law
from transforms import law_tables
from transforms.links import current_ids
from transforms.matching import entries_left_alone, orders_left_alone, with_matches
from transforms.registers import SOURCES, categories, entrepreneur_months
from transforms.returns import KEY, OF_RETURN, match_returns
from transforms.sql import query

if TYPE_CHECKING:  # explain loads what it needs and no more
    from pipelines.kept import Kept

LinesOf = Callable[[pl.DataFrame], Iterator[pl.DataFrame]]
FEW_LINES = 200_000  # of money, which then lie in memory


def load_links(con: duckdb.DuckDBPyConnection) -> None:
    """Tables in_force, links and entrepreneur_months from the registers in force."""
    deliveries = fetch(con, "FROM ledger_deliveries WHERE register IS NOT NULL").lazy()
    load(con, "in_force", ledger.registers_in_force(deliveries).select("sequence").collect())

    def rows(of: str) -> pl.DataFrame:
        return fetch(con, f"FROM {of} SEMI JOIN in_force USING (sequence) ORDER BY sequence, line_no")

    links = current_ids(rows("ledger_links"))
    load(con, "links", links)
    entrepreneurs = rows("(FROM ledger_intervals WHERE register = 'entrepreneurs')")
    load(con, "entrepreneur_months", entrepreneur_months(entrepreneurs, links))


def load_bases(con: duckdb.DuckDBPyConnection, law: Law, few: bool = False) -> None:
    """Views basis_intervals and known_persons from the registers in force, of few people tables; after `load_links`."""
    kind = "TABLE" if few else "VIEW"
    load(con, "categories", categories(law))
    load(con, "sources", pl.DataFrame({"register": list(SOURCES), "source": list(SOURCES.values())}))
    con.execute(f"CREATE TEMP {kind} basis_intervals AS {query('basis_intervals')}")
    con.execute(f"CREATE TEMP {kind} known_persons AS FROM ledger_persons SEMI JOIN in_force USING (sequence)")


def load_law(con: duckdb.DuckDBPyConnection, law: Law, known_at: date) -> None:
    """Tables requirements, months, settlement, agents (transforms/law_tables.py), and the variable first_settling."""
    load(con, "requirements", law_tables.requirements(law, known_at))
    load(con, "months", law_tables.months(law, known_at))
    load(con, "settlement", law_tables.settlement(law, known_at))
    load(con, "agents", law_tables.agents(law))
    first = "SELECT min(value_date) FROM settlement WHERE settled_on >= getvariable('month')"
    con.execute(f"SET VARIABLE first_settling = ({first})")


def load_returns(con: duckdb.DuckDBPyConnection, lines_of: LinesOf, base: "Kept | None" = None) -> None:
    """Tables returnable, returned, view matched_returns: which payment line every return cancels, as known on the day;
    and the macro keys_as_written.

    `lines_of` gives payment lines that could have one of the keys (payer, person, period, knp), and maybe others, for
    the engine would read every column of all. With a base (pipelines/kept.py) only returns are matched whose key is
    again in question. After `load_links`.
    """
    con.execute(f"CREATE TEMP VIEW current_returns AS {query('current_returns')}")
    if base is not None:
        _put_in_question(con, base)
    again = "" if base is None else f"SEMI JOIN keys_again USING ({', '.join(KEY)})"
    con.execute(f"CREATE TEMP TABLE returns_to_match AS SELECT {', '.join(OF_RETURN)} FROM current_returns {again}")
    con.execute(f"CREATE TEMP MACRO keys_as_written(keys) AS TABLE {query('keys_as_written')}")
    con.execute("CREATE TEMP TABLE return_keys AS FROM keys_as_written('returns_to_match')")
    parts = lines_of(fetch(con, "FROM return_keys"))
    load(con, "likely_returned", next(parts))
    for lines in parts:
        append(con, "likely_returned", lines)
    con.execute(f"CREATE TEMP TABLE returnable AS {query('returnable')}")
    con.execute("DROP TABLE likely_returned")
    _match(con)
    if base is not None:
        con.execute("INSERT INTO found_returns FROM kept_returns ANTI JOIN returns_to_match USING (sequence, line_no)")
        con.execute(f"INSERT INTO returnable FROM kept_returnable ANTI JOIN keys_again USING ({', '.join(KEY)})")
    con.execute("CREATE TEMP VIEW matched_returns AS FROM current_returns JOIN found_returns USING (sequence, line_no)")
    con.execute(f"CREATE TEMP TABLE returned AS {query('returned')}")


def _match(con: duckdb.DuckDBPyConnection) -> None:
    """Table found_returns, of some people after the other: a return and its payment have one person."""
    count = 1 + fetch(con, "SELECT count(*) FROM returns_to_match").item() // limits.returns_at_once()
    for part in range(count):
        rows = f"WHERE iin % {count} = {part} ORDER BY sequence, line_no"
        found = match_returns(fetch(con, f"FROM returns_to_match {rows}"), fetch(con, f"FROM returnable {rows}"))
        if part == 0:
            load(con, "found_returns", found.clear())
        append(con, "found_returns", found)


def _put_in_question(con: duckdb.DuckDBPyConnection, base: "Kept") -> None:
    """Views of what a night kept of returns, and table keys_again."""
    con.execute(f"SET VARIABLE since = {base.cut.sequence}")
    for name, kept in {"kept_returns": "found_returns", "kept_returnable": "returnable"}.items():
        con.execute(f"CREATE TEMP VIEW {name} AS FROM {stored_in([base.file(kept)])}")
    con.execute(f"CREATE TEMP TABLE keys_again AS {query('keys_again')}")


def load_matches(con: duckdb.DuckDBPyConnection) -> None:
    """Table matched_entries and view orders: what shows what, and since when a counterpart is recalled.

    Only orders on the accounts of which there are statements leave the engine.
    """
    entries = fetch(con, "FROM ledger_entries ORDER BY sequence, entry_no")
    gone = "FROM recorded_{} JOIN withdrawn USING (sequence) ORDER BY ALL"
    gone_entries, gone_orders = fetch(con, gone.format("entries")), fetch(con, gone.format("orders"))
    load(con, "accounts", pl.concat([entries["account"], gone_entries["account"]]).unique().to_frame("account"))
    con.execute(f"CREATE TEMP TABLE standing_orders AS {query('standing_orders')}")
    shown = "beneficiary_account IN (FROM accounts) OR payer_account IN (FROM accounts)"
    orders = fetch(con, f"FROM standing_orders WHERE {shown} ORDER BY sequence, document_no, line_no")
    matched = with_matches(entries, orders)
    load(con, "matched_entries", entries_left_alone(matched, gone_orders))
    alone = orders_left_alone(orders, matched, gone_entries).filter(pl.col("withdrawn_on").is_not_null())
    load(con, "orders_left_alone", alone.select("sequence", "document_no", "line_no", "withdrawn_on"))
    key = "sequence, document_no, line_no"
    con.execute(f"CREATE TEMP VIEW orders AS FROM standing_orders LEFT JOIN orders_left_alone USING ({key})")


def load_money(con: duckdb.DuckDBPyConnection, own_months: str | None = None) -> None:
    """Macro money_of, views money and fallen, and table own_months: from its files where it is made already.

    After links, law and returns.
    """
    con.execute(f"CREATE TEMP VIEW fallen AS {query('fallen')}")
    con.execute(f"CREATE TEMP MACRO money_of(lines) AS TABLE {query('money')}")
    # A dozen queries ask for the money: where it is little, it is planned and computed once.
    lines = fetch(con, "SELECT count(*) FROM ledger_payments").item()
    con.execute(f"CREATE TEMP {'TABLE' if lines <= FEW_LINES else 'VIEW'} money AS FROM money_of('ledger_payments')")
    if own_months is None:
        con.execute(f"CREATE TEMP TABLE repeated_months AS {query('repeated_months')}")
    con.execute(f"CREATE TEMP TABLE own_months AS {own_months or query('own_months')}")
