"""Stages of answers: how long a person waits for `mshi explain` and `mshi diff`, with the start of Python in it.

There is no yardstick; goals are seconds of the whole command. Explained are an employee, one who pays for oneself and one
for whom the state pays, and a line of a file; compared are the snapshots before and after a night.
"""

import os
from contextlib import redirect_stdout
from pathlib import Path

from nation_data import Data, clone, snapshots
from stage import Stage, Work

_ROW = b"880101100000,pension,2025-01-01,2026-12\n"


def _called(*call: str) -> Work:
    """A command of mshi, its output thrown away."""

    def run() -> str:
        from pipelines.cli import main

        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            status = main(list(call))
        assert status == 0, f"{call[0]} ended with {status}"
        return call[0]

    return run


def _people(data: Data) -> dict[str, int]:
    """The IIN of each who is explained."""
    import numpy as np

    from pipelines.generate.numbers import iins

    nation = data.nation()
    places = {"employee": nation.employees // 2, "payer": nation.payers.start + len(nation.payers) // 2}
    places["other"] = nation.others.start + len(nation.others) // 2
    return {name: int(iins(np.array([place]))[0]) for name, place in places.items()}


def _with_files(data: Data, work: Path) -> None:
    """The home, and in its archive the files from which these people are explained.

    History has no files, so each gets as many lines as it must have, of a usual length: explaining looks for lines by
    number and does not read them.
    """
    import polars as pl

    from pipelines import archive, ledger

    home, people = clone(data.piece("home"), work / "home"), list(_people(data).values())
    paid = ledger.scan(home, "payments")
    of_people = paid.filter(pl.col("person").is_in(people)).select("sequence").unique().collect()
    lines = paid.join(of_people.lazy(), on="sequence").group_by("file_sha256").agg(pl.col("line_no").max()).collect()
    told = dict(lines.rows())
    registers = ledger.scan(home, "deliveries").filter(pl.col("register").is_not_null())
    told |= dict(registers.select("file_sha256", "lines").collect().rows())
    for sha256, count in told.items():
        place = archive.path_of(home, sha256)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(_ROW * (count + 50))


def _employee(data: Data, work: Path) -> Work:
    return _explained(data, work, "employee")


def _payer(data: Data, work: Path) -> Work:
    return _explained(data, work, "payer")


def _other(data: Data, work: Path) -> Work:
    return _explained(data, work, "other")


def _explained(data: Data, work: Path, name: str) -> Work:
    return _called("explain", str(_people(data)[name]), "--json", "--home", str(work / "home"))


def _line(data: Data, work: Path) -> Work:
    """The last accepted line of the night's largest file."""
    import polars as pl

    from pipelines import ledger
    from pipelines.home import Home

    home = Home(data.piece("published"))
    night = max(one.stat().st_size for one in data.piece("night").rglob("wages_*"))
    largest = next(one.name for one in data.piece("night").rglob("wages_*") if one.stat().st_size == night)
    told = ledger.scan(home, "deliveries").filter(pl.col("file_name") == largest).select("sequence", "file_sha256")
    sequence, sha = told.collect().row(-1)
    last = ledger.scan(home, "payments").filter(pl.col("sequence") == sequence).select(pl.col("line_no").max())
    return _called("explain", "--file", sha, "--line", str(last.collect().item()), "--home", str(home.root))


def _diff(data: Data, work: Path) -> Work:
    before, after = (str(folder) for folder in snapshots(data))
    told = ["--format", "json", "--to", str(work / "told"), "--home", str(data.piece("published"))]
    return _called("diff", before, after, *told)


STAGES = [
    *(
        Stage(f"explain, {name}", what, side, goal=3, reach=1, needs=("home",), prepare=_with_files)
        for name, what, side in (
            ("employee", "one person on the full home", _employee),
            ("own money", "one who pays for oneself", _payer),
            ("by the state", "one for whom the state pays", _other),
        )
    ),
    Stage("explain, line", "a line of a file of the night", _line, goal=3, reach=1, needs=("published",)),
    Stage(
        name="diff",
        what="two full snapshots, before and after a night, as JSON",
        ours=_diff,
        goal=30,
        reach=15,
        peak=4.0,
        needs=("published",),
    ),
]
