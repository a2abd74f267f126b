"""What all tests share: a home, the command called in process, files put into the inbox, tables read back."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipelines import analysts, report
from pipelines.cli import main
from schemas.rules import FOLDER, load_law

DAY = "2026-11-20"


@dataclass
class Ran:
    """What a call of the command gave."""

    status: int
    out: str
    err: str

    @property
    def folder(self) -> Path:
        """The snapshot folder: the last line of standard output."""
        return Path(self.out.rstrip("\n").rsplit("\n", 1)[-1])

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / f"{name}.parquet")


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return Path(__file__).parent.parent


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def put(home: Path) -> Callable[[str, str | bytes], Path]:
    """Lay a file into the inbox: put("bank/a.csv", text)."""

    def lay(name: str, content: str | bytes) -> Path:
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return lay


def calling(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command on a home, with what it told."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        status = main([*arguments, "--home", str(home)])
        told = capsys.readouterr()
        return Ran(status, told.out, told.err)

    return call


@pytest.fixture
def mshi(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Call the command on the home."""

    return calling(home, capsys)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two nights of the sample, the second with a register more, and October; for tests that only read it."""
    home = tmp_path_factory.mktemp("published") / "home"
    held = ("register_app.csv", "register_app.csv.control.json")
    assert main(["sample", str(home / "inbox")]) == 0
    beside = home.parent / "held"
    beside.mkdir()
    for name in held:
        (home / "inbox/bank" / name).rename(beside / name)
    assert main(["run", "--as-of", "2026-11-19", "--home", str(home)]) == 3
    assert main(["rerun", "2026-10", "--home", str(home)]) == 0
    for name in held:
        (beside / name).rename(home / "inbox/bank" / name)
    assert main(["run", "--as-of", "2026-11-20", "--home", str(home)]) == 0
    return home


@pytest.fixture
def ask(published: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Call the command on the published sample."""

    return calling(published, capsys)


@pytest.fixture
def night(mshi: Callable[..., Ran]) -> Callable[..., Ran]:
    """The nightly run of a day."""

    def call(day: str = DAY, *more: str) -> Ran:
        return mshi("run", "--as-of", day, *more)

    return call


@pytest.fixture
def withdraw(mshi):
    """Withdraw a file on a day."""
    return lambda sha, day="2026-11-20": mshi("withdraw", sha, "--reason", "sent by mistake", "--as-of", day)


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nights that build no mshi.duckdb and no report, for tests that ask hundreds of nights for tables."""
    monkeypatch.setattr(analysts, "rebuild", lambda _: None)
    monkeypatch.setattr(report, "of_tables", lambda *_: None)
    monkeypatch.setattr(report, "lacking", lambda _: [])


@pytest.fixture
def new_categories(tmp_path, monkeypatch):
    """Rules that know these categories more, from the call on."""

    def add(*names: str) -> None:
        rules = tmp_path / "-".join(["rules", *names])
        shutil.copytree(FOLDER, rules)
        path = rules / "categories.yaml"
        student = path.read_text().split("category.student:")[1].split("category.")[0]
        path.write_text(path.read_text() + "".join(f"category.{name}:{student}" for name in names))
        law = load_law(rules)
        for module in ("events", "night"):
            monkeypatch.setattr(f"pipelines.{module}.load_law", lambda: law)

    return add
