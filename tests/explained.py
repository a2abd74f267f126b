"""What the tests of explanations share: homes of cases without a night, facts of the command, texts made comparable."""

from __future__ import annotations

import re
from pathlib import Path

from case_files import Case
from case_home import days_of, put_in_inbox

from pipelines import follow, intake
from pipelines.home import Home
from schemas.rules import load_law


def taken_in(case: Case, root: Path) -> Home:
    """A home that took in what the case sends, day by day, and judged it; nothing is published."""
    home = Home(root)
    home.prepare()
    for day in days_of(case):
        put_in_inbox(case, day, root)
        intake.take_in(home, load_law(), day, lambda warning: None)
    follow.catch_up(home)
    return home


def paths_of(facts: object, path: str = "") -> set[str]:
    """The keys of a dict of facts, as pipelines/explain/keys.py writes them."""
    if isinstance(facts, dict):
        return {found for key, value in facts.items() for found in paths_of(value, f"{path}.{key}".lstrip("."))}
    if isinstance(facts, list):
        return {found for value in facts for found in paths_of(value, f"{path}[]")}
    return {path} if facts is not None else set()


def numbers_in(text: str) -> list[str]:
    """Every number, day, month and amount of a text, however its language writes them, sorted."""
    text = re.sub(r"\b(\d\d)\.(\d\d)\.(\d{4})\b", r"\3-\2-\1", text)
    text = re.sub(r"(?<![\d.])(\d\d)\.(\d{4})\b", r"\2-\1", text)
    return sorted(re.findall(r"\d+(?:-\d+)*", text))
