"""The command `mshi sql`: a question in SQL to the analysts' file, for those who have no client of their own.

cli.py makes it a command of `mshi`. The engine reads that one file and nothing else: no other file, no network, no
extension, no setting, and no more time and memory than allowed. Heavy libraries are imported inside.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from pipelines.errors import RunFailed, UsageError, hide_numbers
from pipelines.options import HomeOption, home_of

if TYPE_CHECKING:
    import duckdb

_SHOWN_ROWS = 1000
_LOCKED: dict[str, Any] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",  # else a name in the query might be a variable of this program
    "temp_directory": "",
}


def sql(
    query: Annotated[str, Parameter(help="One SELECT; - reads it from standard input.", allow_leading_hyphen=True)],
    /,
    *,
    form: Annotated[Literal["table", "csv", "json"], Parameter(name="--format", help="How to print it.")] = "table",
    database: Annotated[Path | None, Parameter(help="A published copy; else mshi.duckdb of the home.")] = None,
    seconds: Annotated[int, Parameter(help="Most time that it may take.")] = 120,
    memory: Annotated[str, Parameter(help="Most memory that it may take, such as 500MB or 4GB.")] = "2GB",
    home: HomeOption = None,
) -> int:
    """Ask the analysts' database in SQL. Its tables: mshi sql "FROM dictionary"; questions: docs/questions.md."""
    text = sys.stdin.read() if query == "-" else query
    path = database or home_of(home).database
    remedy = "mshi run makes it, --database names a copy" if database is None else "mshi publish makes such a copy"
    if not path.is_file():
        raise UsageError(f"{hide_numbers(str(path))} is not there: {remedy}")
    if seconds < 1:
        raise UsageError(f"--seconds: expected 1 or more, found {seconds}")
    with _opened(path, memory, remedy) as con:
        statement, timer = _one(con, text), Timer(seconds, con.interrupt)
        timer.daemon = True
        timer.start()
        try:
            _show(con, statement, form)
        except Exception as error:
            raise _told(error, seconds, memory) from None
        finally:
            timer.cancel()
            timer.join()  # its hold on the engine would be told as a leak at the end of the process
    return 0


@contextmanager
def _opened(path: Path, memory: str, remedy: str) -> Iterator["duckdb.DuckDBPyConnection"]:
    """The file, read only, in an engine that can be turned to nothing else."""
    import duckdb

    try:
        con = duckdb.connect(str(path), read_only=True, config=_LOCKED)
    except duckdb.Error as error:
        found, next_step = "is no database that can be opened", remedy
        if "Could not set lock" in str(error):
            found = "is open for writing elsewhere"
            next_step = "close that client and ask again, or ask a copy of the file with --database"
        raise RunFailed(f"{hide_numbers(str(path))} {found}: {next_step}") from None
    with con:
        con.execute("SET enable_progress_bar = false")
        try:
            con.execute("SET memory_limit = ?", [memory])
        except duckdb.Error:
            raise UsageError(f"--memory: expected a size like 500MB or 4GB, found {memory!r}") from None
        con.execute("SET lock_configuration = true")
        yield con


def _one(con: "duckdb.DuckDBPyConnection", text: str) -> "duckdb.Statement":
    """The one question that was asked; UsageError for anything else."""
    import duckdb

    try:
        found = con.extract_statements(text)
    except duckdb.Error as error:
        raise _told(error, 0, "") from None
    if len(found) != 1 or found[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise UsageError(
            "expected one question: SELECT, FROM, WITH, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN; the file is read only "
            "and no other file, extension or setting can be reached"
        )
    return found[0]


def _show(con: "duckdb.DuckDBPyConnection", statement: "duckdb.Statement", form: str) -> None:
    import duckdb

    if statement.type == duckdb.StatementType.EXPLAIN:
        print("\n".join(row[1] for row in con.execute(statement).fetchall()))
        return
    if form == "table":
        from pipelines.table_output import table_text

        con.execute(statement)
        names = [column[0] for column in con.description or []]
        rows = con.fetchmany(_SHOWN_ROWS + 1)
        print(table_text(names, rows[:_SHOWN_ROWS]))
        if len(rows) > _SHOWN_ROWS:
            print(f"mshi: the first {_SHOWN_ROWS:,} rows; --format csv gives all", file=sys.stderr)
        return
    import polars as pl

    told, first = con.sql(statement), True
    for batch in told.to_arrow_reader(100_000):
        part = pl.DataFrame(batch)
        sys.stdout.write(_csv(part, first) if form == "csv" else _json(part, first))
        first = False
    if form == "json":
        sys.stdout.write("[]\n" if first else "\n]\n")
    elif first:
        sys.stdout.write(_csv(pl.DataFrame(schema=told.columns), True))


def _csv(part: Any, first: bool) -> str:
    from pipelines.csv_output import csv_text

    return csv_text(part, header=first)


def _json(part: Any, first: bool) -> str:
    rows = [json.dumps(row, ensure_ascii=False, default=_plain) for row in part.iter_rows(named=True)]
    return ("[\n " if first else ",\n ") + ",\n ".join(rows) if rows else ""


def _plain(value: object) -> str:
    """Days as ISO text, money as the exact digits."""
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal) else repr(value)


def _told(error: Exception, seconds: int, memory: str) -> Exception:
    """What went wrong in a line, and what to do."""
    import duckdb

    if isinstance(error, duckdb.InterruptException):
        return RunFailed(f"stopped after {seconds} seconds: narrow the question, or allow more with --seconds")
    if isinstance(error, duckdb.OutOfMemoryException):
        return RunFailed(f"needs more than {memory} of memory: narrow the question, or allow more with --memory")
    if isinstance(error, duckdb.PermissionException):
        return UsageError("no file, folder or address can be reached from here: ask only what is in this database")
    if isinstance(error, duckdb.Error):
        found = [line.strip() for line in str(error).split("\n\nLINE")[0].splitlines() if line.strip()]
        return UsageError(f'{hide_numbers(" ".join(found))}; mshi sql "FROM dictionary" lists tables and columns')
    return error
