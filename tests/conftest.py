"""What all tests share: a home, the command called in process, files put into the inbox, tables read back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipelines import analysts
from pipelines.cli import main

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


@pytest.fixture
def mshi(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Call the command on the home."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        status = main([*arguments, "--home", str(home)])
        told = capsys.readouterr()
        return Ran(status, told.out, told.err)

    return call


@pytest.fixture
def night(mshi: Callable[..., Ran]) -> Callable[..., Ran]:
    """The nightly run of a day."""

    def call(day: str = DAY, *more: str) -> Ran:
        return mshi("run", "--as-of", day, *more)

    return call


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nights that build no mshi.duckdb, an eighth of their time, for tests that ask hundreds of nights for tables."""
    monkeypatch.setattr(analysts, "rebuild", lambda _: None)
