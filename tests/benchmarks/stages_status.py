"""Stages of status: who is insured, of everybody, from the facts of the ledger on the full history.

Ours makes the finished and checked table insured_status from nothing but the disk. The yardstick is the least that any way
through the same lines must do: one GROUP BY person over the payment lines of all months.
"""

from datetime import date
from pathlib import Path

from nation_data import AS_OF, Data, clone, lay
from stage import Stage, Work


def _cloned(data: Data, work: Path) -> None:
    clone(data.piece("home"), work / "home")


def with_night(data: Data, work: Path) -> None:
    """The home as the night before left it, with the last day's files in its inbox."""
    lay(data.piece("night"), clone(data.piece("eve"), work / "home"))


def _after_the_eve(data: Data, work: Path) -> None:
    """The home as the night before left it; nothing came in since, money became settled."""
    clone(data.piece("eve"), work / "home")


def cold(data: Data, work: Path) -> Work:
    """Everybody's status from the facts."""
    return _status(work, data.eve, from_the_eve=False)


def _warm(data: Data, work: Path) -> Work:
    """Everybody's status with the months that the night before kept as masks."""
    return _status(work, AS_OF, from_the_eve=True)


def _status(work: Path, day: date, from_the_eve: bool) -> Work:
    from pipelines import archive
    from pipelines.engine import Cut
    from pipelines.home import Home
    from pipelines.kept import kept_of
    from pipelines.month import status_table
    from schemas.calendar import month_of
    from schemas.rules import load_law

    home, law = Home(work / "home"), load_law()

    def run() -> str:
        cut = Cut(month_of(day), day, len(archive.records(home)))
        base = kept_of(home, cut, law) if from_the_eve else None
        assert (base is not None) == from_the_eve, "the eve was made by other code: delete the piece"
        return f"{status_table(home, cut, law, work, base).height:,} people"

    return run


def grouped(data: Data, work: Path) -> Work:
    """DuckDB's sum of every person over all payment lines."""
    return _grouped(work, "")


def _grouped_recent(data: Data, work: Path) -> Work:
    """The same over the lines of twelve months."""
    return _grouped(work, f"WHERE period >= DATE '{AS_OF:%Y-%m}-01' - INTERVAL 11 MONTH")


def _grouped(work: Path, where: str) -> Work:
    import duckdb

    from pipelines import ledger
    from pipelines.engine import stored_in
    from pipelines.home import Home

    lines = stored_in(ledger.files_of(Home(work / "home"), "payments"))
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    told = f"SELECT person, sum(amount_tiyn)::BIGINT AS tiyn, count(*) AS lines FROM {lines} {where} GROUP BY person"

    def run() -> str:
        con.execute(f"CREATE TABLE sums AS {told}")
        people, lines = con.execute("SELECT count(*), sum(lines) FROM sums").fetchone() or (0, 0)
        return f"{people:,} people in {lines:,} lines"

    return run


def _night(data: Data, work: Path) -> Work:
    """The inbox of the day to the table insured_status on the disk, with what the night before published."""
    return _nightly(work, from_the_eve=True)


def _anew(data: Data, work: Path) -> Work:
    """The same with everybody computed from the facts."""
    return _nightly(work, from_the_eve=False)


def _nightly(work: Path, from_the_eve: bool) -> Work:
    from pipelines import archive, follow, intake
    from pipelines.engine import Cut
    from pipelines.home import Home
    from pipelines.kept import kept_of
    from pipelines.month import status_table
    from pipelines.parquet import write_table
    from schemas.calendar import month_of
    from schemas.rules import load_law

    home, law, warnings = Home(work / "home"), load_law(), list[str]()

    def run() -> str:
        taken = intake.take_in(home, law, AS_OF, warnings.append)
        follow.catch_up(home)
        cut = Cut(month_of(AS_OF), AS_OF, len(archive.records(home)))
        base = kept_of(home, cut, law) if from_the_eve else None
        assert (base is not None) == from_the_eve, "the eve was made by other code: delete the piece"
        table = status_table(home, cut, law, work, base, keep=True)
        write_table(work / "insured_status.parquet", table.scan())
        return f"{len(taken)} files, {table.height:,} people"

    return run


_GROUP_BY = "DuckDB GROUP BY person over the payment lines of all months"

STAGES = [
    Stage(
        name="status, cold",
        what="everybody's status from the facts of the ledger, to the checked table",
        against=_GROUP_BY,
        ours=cold,
        yardstick=grouped,
        goal=3.0,
        reach=2.0,
        peak=7.0,
        needs=("home",),
        prepare=_cloned,
    ),
    Stage(
        name="status, cold, in 1.5 GiB",
        what="the same with MSHI_MEMORY=1.5GiB, range of IINs by range",
        against=_GROUP_BY,
        ours=cold,
        yardstick=grouped,
        goal=4.0,
        reach=3.0,
        peak=1.5,
        needs=("home",),
        prepare=_cloned,
        environment={"MSHI_MEMORY": "1.5GiB"},
    ),
    Stage(
        name="status, warm",
        what="everybody's status with what the night before kept, months as masks; nothing came in since, money settled",
        against="the same GROUP BY over the lines of twelve months",
        ours=_warm,
        yardstick=_grouped_recent,
        goal=2.0,
        reach=1.0,
        peak=7.0,
        needs=("eve",),
        prepare=_after_the_eve,
    ),
    Stage(
        name="night",
        what="a day's files on the full history, registers unchanged, to the finished status table",
        against="the same with everybody computed anew from all facts",
        ours=_night,
        yardstick=_anew,
        goal=0.3,
        reach=0.15,
        peak=4.0,
        needs=("eve", "night"),
        prepare=with_night,
    ),
]
