"""The data of the benchmark: a home of 13 months of a generated nation, and files of a month, made once and kept.

Pieces, by name: `home`, twelve months and the last one without its last day, straight into the ledger without files;
`night`, the files of that last day; `register`, a month's lines as one register of an app; `lists`, a month's lists of
employers in some 40 files and the same lines as CSV; `eve`, the home with a snapshot before the night; `published`, with
one before and one after it; `tables`, the second snapshot's tables as the product holds them before it publishes;
`matching`, statement entries and orders. What a piece was made by (columns of the ledger, code of the generator) is kept
beside it: a change makes it anew. Heavy imports stand inside the functions.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

AS_OF, MONTHS, SEED = date(2026, 11, 26), 13, 1
NATION = 16_500_000
LIST_FILES = 40
_CODE = Path(__file__).parents[2]
_OF_A_NIGHT = ("eve", "published", "tables")


@dataclass(frozen=True)
class Data:
    """The data of a nation of so many people below a folder; `days` limits its delivery days a month."""

    root: Path
    persons: int
    days: int | None = None

    @property
    def size(self) -> float:
        """Its part of the nation."""
        return self.persons / NATION

    def piece(self, name: str) -> Path:
        """Where a piece lies."""
        return self.root / name

    def has(self, name: str) -> bool:
        """Whether a piece is there, whole, and as today's code would make it."""
        mark = self.root / f"{name}.made_by"
        return mark.exists() and mark.read_text() == made_by(name)

    def make(self, name: str) -> None:
        """Make a piece anew."""
        shutil.rmtree(self.piece(name), ignore_errors=True)
        self.piece(name).mkdir(parents=True)
        PIECES[name](self)
        (self.root / f"{name}.made_by").write_text(made_by(name))

    def nation(self, **other: Any) -> Any:
        """The nation whose months these are (pipelines.generate.nation.Nation)."""
        from pipelines.generate.nation import Nation

        return Nation(
            **{"persons": self.persons, "months": MONTHS, "as_of": AS_OF, "seed": SEED, "days": self.days} | other
        )

    @property
    def eve(self) -> date:
        """The last delivery day in the home, the one before the night."""
        return self.nation().all_days[-2]


def made_by(name: str) -> str:
    """A hash of the code that decides what a piece holds; after another change here, delete the piece.

    What a night left is taken over by nights of the same code only.
    """
    if name in _OF_A_NIGHT:
        from pipelines.versions import code_hash

        return code_hash()
    if name == "matching":
        return hashlib.sha256((Path(__file__).parent / "stages_matching.py").read_bytes()).hexdigest()
    sources = [*sorted((_CODE / "pipelines" / "generate").glob("*.py"))]
    sources += [_CODE / "schemas" / "ledger.py", _CODE / "transforms" / "facts.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def clone(home: Path, target: Path, without: tuple[str, ...] = ()) -> Any:
    """A home that may be changed: what never changes is linked, the rest copied. Gives the Home.

    Without files in the archive the ledger could not be judged again, so it is marked as judged by today's code.
    """
    from pipelines.home import Home, write_private
    from pipelines.versions import judging_hash

    for path in sorted(home.rglob("*")):
        there = target / path.relative_to(home)
        if path.relative_to(home).parts[0] in without or not path.is_file():
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".parquet", "") and path.name != "judged_by":
            os.link(path, there)
        else:
            shutil.copy2(path, there)
    made = Home(target)
    made.prepare()
    write_private(made.ledger / "judged_by", judging_hash().encode())
    return made


def lay(folder: Path, home: Any) -> None:
    """Copy a folder's files into the inbox, folder by folder: a link's would leave the page cache when it is taken in."""
    for path in folder.rglob("*"):
        if path.is_file():
            shutil.copyfile(path, home.inbox / path.parent.name / path.name)


def _home(data: Data) -> None:
    from pipelines.generate.straight import write_months
    from pipelines.home import Home

    nation = data.nation()
    write_months(Home(data.piece("home")), nation, nation.first, nation.last, with_files=False, until=data.eve)


def _night(data: Data) -> None:
    from pipelines.generate.days import papers
    from pipelines.generate.write import put

    nation = data.nation()
    for _, made in papers(nation, nation.last, nation.last, since=AS_OF):
        for paper in made:
            put(data.piece("night"), paper)


# A month's accepted lines as rows of an app's register; one in 1,000 has a wrong check digit, one in 1,000 comes twice.
_REGISTER = """
    WITH line AS (
        SELECT row_number() OVER () AS number, * FROM {files}
        WHERE received_on BETWEEN DATE '2026-10-01' AND DATE '2026-10-31'
    )
    SELECT 'P2610-' || number AS payment_id, value_date AS pay_date, printf('%012d', payer) AS payer_iin,
        CASE WHEN number % 1000 = 7 THEN person // 10 * 10 + (person + 1) % 10 ELSE person END AS iin,
        coalesce(surname, 'АБЕНОВ') AS surname, coalesce(name, 'АЙДОС') AS name, coalesce(patronymic, '-') AS patronymic,
        knp, strftime(period, '%m%Y') AS period, (amount_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(18, 2) AS amount,
        ['kaspi', 'halyk', 'bcc', 'kassa24'][1 + number % 4] AS channel
    FROM line, range(2) twice(place) WHERE place = 0 OR number % 1000 = 9
"""


def _register(data: Data) -> None:
    import duckdb

    from pipelines import ledger
    from pipelines.engine import stored_in
    from pipelines.home import Home

    files = stored_in(ledger.files_of(Home(data.piece("home")), "payments"))
    with duckdb.connect() as con:
        con.execute(f"COPY ({_REGISTER.format(files=files)}) TO '{data.piece('register')}/register.csv' (HEADER)")


def _lists(data: Data) -> None:
    import polars as pl

    from pipelines.generate.papers import Carry, days_of
    from pipelines.generate.wage_papers import wage_papers
    from pipelines.generate.write import put

    nation = data.nation(days=1, lines_a_file=max(10, int(data.nation().employees * 1.98) // (LIST_FILES - 6)))
    folder = data.piece("lists")
    columns = ["document_reference", "value_date", "payer_text", "payer_bank", "person_text", "surname", "name"]
    columns += ["patronymic", "birth_text", "knp_text", "period_text", "amount"]
    with (folder / "lines.csv").open("wb") as file:
        file.write((",".join(columns) + "\n").encode())
        for paper in wage_papers([*days_of(nation)][-1], Carry()):
            put(folder / "files", paper)
            told = paper.lines.with_columns(
                pl.when(pl.col("person_text") != "-").then("person_text").alias("person_text"),
                amount=(pl.col("amount_tiyn") / 100).round(2),
            )
            told.select(columns).write_csv(file, include_header=False)


def _eve(data: Data) -> None:
    _run(clone(data.piece("home"), data.piece("eve")), data.eve)


def _published(data: Data) -> None:
    home = clone(data.piece("eve"), data.piece("published"))
    lay(data.piece("night"), home)
    _run(home, AS_OF)


def _run(home: Any, day: date) -> None:
    from pipelines.cli import main

    assert main(["run", "--home", str(home.root), "--as-of", str(day)]) in (0, 3)


def _tables(data: Data) -> None:
    import pickle

    import polars as pl

    from pipelines.parts import Parts
    from schemas.tables import TABLES

    folder, rows = data.piece("tables"), 1_000_000
    told = {name: Parts(folder, name) for name in TABLES}
    for name, parts in told.items():
        scanned = pl.scan_parquet(snapshots(data)[1] / f"{name}.parquet")
        for first in range(0, max(1, scanned.select(pl.len()).collect().item()), rows):
            parts.add(scanned.slice(first, rows).collect())
    (folder / "tables.pickle").write_bytes(pickle.dumps(told))


def _matching(data: Data) -> None:
    from stages_matching import make

    make(data.piece("matching"))


def snapshots(data: Data) -> list[Path]:
    """The folders of the snapshots before and after the night."""
    return [
        next((data.piece("published") / "snapshots" / f"{AS_OF:%Y-%m}").glob(f"*_{day}_*")) for day in (data.eve, AS_OF)
    ]


# In the order in which one is made of the other.
PIECES = {
    "home": _home,
    "night": _night,
    "register": _register,
    "lists": _lists,
    "eve": _eve,
    "published": _published,
    "tables": _tables,
    "matching": _matching,
}
NEED = {"register": ("home",), "eve": ("home",), "published": ("eve", "night"), "tables": ("published",)}
