"""The payment lines that a month's coverage and wage pairs rest on, found by one look at all lines of the ledger.

Needs links, law, returns and the macro money_of (pipelines/month_inputs.py).
"""

import duckdb

from transforms.sql import query

# columns of ledger_payments that nothing asks of recent lines: null in the view, and not kept
_UNTOLD = ("document_no", "document_date", "file_sha256", "document_reference", "document_number", "payer_bank")


def load_recent(con: duckdb.DuckDBPyConnection) -> None:
    """Views lines_since and recent_lines, tables lines_gone, counts_again and earlier_wages, as their queries tell."""
    for name in ("lines_gone", "counts_again", "lines_again"):
        con.execute(f"CREATE TEMP TABLE {name} AS {query(name)}")
    con.execute(f"CREATE TEMP VIEW lines_since AS {query('lines_since')}")
    due = "SELECT min(period) FROM months WHERE date_trunc('month', wage_due_from) = getvariable('month')"
    con.execute(f"SET VARIABLE recent_from = least(({due}), (getvariable('month') - INTERVAL 1 MONTH)::DATE)")
    con.execute(f"CREATE TEMP TABLE earlier_wages AS {query('earlier_wages')}")
    heard = "SELECT min(first_period) FROM earlier_wages"
    con.execute(f"SET VARIABLE heard_from = least(({heard}), getvariable('recent_from'))")
    con.execute(f"CREATE TEMP TABLE picked_lines AS {query('recent_lines')}")
    untold = ", ".join(f"NULL AS {name}" for name in _UNTOLD)
    con.execute(f"CREATE TEMP VIEW recent_lines AS SELECT *, {untold} FROM picked_lines")


def drop_recent(con: duckdb.DuckDBPyConnection) -> None:
    """Give back the memory of recent_lines, once nothing asks for them any more."""
    con.execute("DROP VIEW recent_lines; DROP TABLE picked_lines")
