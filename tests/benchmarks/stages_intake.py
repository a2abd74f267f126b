"""Stages of intake: a month of lines from the inbox into the ledger, against DuckDB putting them into Parquet.

Ours is what a night does before it computes: archive, record, parse, validate, duplicates, ledger and facts, into a home
that is empty but for the inbox. The yardstick reads the same lines with types given and writes Parquet (zstd).
"""

import shutil
from datetime import date
from pathlib import Path

from nation_data import AS_OF, Data, lay
from stage import Stage, Work

_MONTH_END = date(2026, 10, 30)  # of the lines in the register
_NAMED = {name: "VARCHAR" for name in ("surname", "name", "patronymic")}
_REGISTER = {"payment_id": "VARCHAR", "pay_date": "DATE", "payer_iin": "UBIGINT", "iin": "UBIGINT", **_NAMED}
_REGISTER |= {"knp": "VARCHAR", "period": "VARCHAR", "amount": "DECIMAL(18,2)", "channel": "VARCHAR"}
_LISTS = {"document_reference": "VARCHAR", "value_date": "DATE", "payer": "UBIGINT", "payer_bank": "VARCHAR"}
_LISTS |= {"person": "UBIGINT", **_NAMED, "birth_date": "VARCHAR", "knp": "VARCHAR", "period": "VARCHAR"}
_LISTS |= {"amount": "DECIMAL(18,2)"}


def _laid_register(data: Data, work: Path) -> None:
    from pipelines.home import Home

    home = Home(work / "home")
    home.prepare()
    shutil.copyfile(data.piece("register") / "register.csv", home.inbox / "bank" / "register.csv")


def _laid_lists(data: Data, work: Path) -> None:
    from pipelines.home import Home

    home = Home(work / "home")
    home.prepare()
    lay(data.piece("lists") / "files", home)


def _taken_in(day: date, work: Path) -> Work:
    """Everything in the inbox taken in and judged; tells what became of the lines."""
    import polars as pl

    from pipelines import follow, intake, ledger
    from pipelines.home import Home
    from schemas.rules import load_law

    home, law, warnings = Home(work / "home"), load_law(), list[str]()

    def run() -> str:
        intake.take_in(home, law, day, warnings.append)
        follow.catch_up(home)
        sums = pl.col("lines", "accepted_lines", "quarantined_lines", "duplicate_lines", "refused_lines").sum()
        told = ledger.scan(home, "deliveries").select(sums).collect().row(0, named=True)
        assert told["accepted_lines"] > 0 and not warnings
        return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in told.items())

    return run


def _register(data: Data, work: Path) -> Work:
    return _taken_in(_MONTH_END, work)


def _lists(data: Data, work: Path) -> Work:
    return _taken_in(AS_OF, work)


def _copied(source: Path, columns: dict[str, str], work: Path) -> Work:
    """DuckDB's own way from the CSV to Parquet."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    read = f"SELECT * FROM read_csv('{source}', header = true, auto_detect = false, columns = {columns})"
    return lambda: con.execute(f"COPY ({read}) TO '{work}/lines.parquet' (COMPRESSION zstd)").fetchall()


STAGES = [
    Stage(
        name="register intake",
        what="a month's lines as one CSV register: archive, parse, validate, check digits, duplicates, ledger, facts",
        against="DuckDB COPY of read_csv with types to Parquet",
        ours=_register,
        yardstick=lambda data, work: _copied(data.piece("register") / "register.csv", _REGISTER, work),
        goal=1.6,
        reach=1.2,
        peak=1.5,
        needs=("register",),
        prepare=_laid_register,
    ),
    Stage(
        name="MT102 intake",
        what="a month's lists of employers in some 40 MT102 files, the same way",
        against="the same lines as CSV through DuckDB COPY",
        ours=_lists,
        yardstick=lambda data, work: _copied(data.piece("lists") / "lines.csv", _LISTS, work),
        goal=3.5,
        reach=2.0,
        peak=1.5,
        needs=("lists",),
        prepare=_laid_lists,
    ),
]
