"""Say a letter in a language and show it: the one use of Jinja2 for what is sent to people.

A `Letter` knows neither markup nor language: paragraphs and tables of texts. Days, months, money and the words of
statuses are those of the explanations (pipelines/explain/words.py). What is shown as HTML is escaped.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from pipelines.explain.words import words
from pipelines.tenge import tenge

_TEMPLATES = {"text": "letter.txt.j2", "html": "letter.html.j2"}


@dataclass(frozen=True)
class Section:
    """A table of a letter; `right` are the places of columns that hold money."""

    heading: str
    columns: list[str]
    rows: list[list[str]]
    right: tuple[int, ...] = ()

    def lines(self) -> list[str]:
        """The table in letters of one width."""
        whole = [self.columns, *self.rows]
        widths = [max(len(row[place]) for row in whole) for place in range(len(self.columns))]
        padded = [
            [
                cell.rjust(width) if place in self.right else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            for row in whole
        ]
        return ["  ".join(row).rstrip() for row in (padded[0], ["-" * width for width in widths], *padded[1:])]


@dataclass(frozen=True)
class Letter:
    """What a letter says, in its language."""

    language: str
    title: str
    opening: list[str]
    sections: list[Section] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)


def shown(letter: Letter, form: str) -> str:
    """The letter as text or as a page of HTML."""
    return _environment(letter.language).get_template(_TEMPLATES[form]).render(letter=letter)


def sentence(language: str, key: str, **facts: Any) -> str:
    """The sentence under a dotted key with these facts in it; a missing fact or sentence is a fault of ours."""
    return _sentence(language, key).render(**facts)


def heads(language: str, key: str) -> list[str]:
    """The names of the columns of a table."""
    return [str(name) for name in _told(language, key)]


@cache
def _sentence(language: str, key: str) -> Template:
    return _environment(language).from_string(str(_told(language, key)))


def _told(language: str, key: str) -> Any:
    found: Any = _texts(language)
    for part in key.split("."):
        found = found[part]
    return found


@cache
def _texts(language: str) -> Any:
    return yaml.safe_load(files(__package__).joinpath(f"texts/{language}.yaml").read_text(encoding="utf-8"))


@cache
def _environment(language: str) -> Environment:
    """Jinja2 with the days, months and money of the language; sentences are text, pages are escaped."""
    escaped = select_autoescape(enabled_extensions=("html.j2",), default_for_string=False, default=False)
    found = Environment(
        loader=PackageLoader("pipelines.letters"),
        autoescape=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    say = words(language)
    found.filters |= {"day": say.day, "month": say.month, "tenge": tenge}
    return found
