"""The one-SELECT SQL files, each named for the table that it gives."""

from functools import cache
from importlib.resources import files


@cache
def query(name: str) -> str:
    """The text of a query."""
    return files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
