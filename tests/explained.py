"""What the tests of explanations share: homes of cases without a night, facts of the command, texts made comparable."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from case_files import Case
from case_home import days_of, put_in_inbox

from pipelines import follow, intake
from pipelines.explain.asked import asked
from pipelines.explain.facts import explanation
from pipelines.explain.keys import EXPLANATION
from pipelines.explain.text import as_lines
from pipelines.explain.words import LANGUAGES, words
from pipelines.home import Home
from pipelines.summary import tenge as shown_tenge
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


YEAR = [date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 11))]


def assert_languages_agree(facts: dict) -> None:
    """The three texts hold the same numbers, days, months and amounts; what matters most is in each."""
    texts = {language: "\n".join(as_lines(facts, words(language))) for language in LANGUAGES}
    assert numbers_in(texts["en"]) == numbers_in(texts["ru"]) == numbers_in(texts["kk"])
    for language, text in texts.items():
        told = [facts["known_at"], facts["verdict"]["conditional_until"]]
        told += [one["due_on"] for one in facts["missing"]]
        told += [option[key] for option in facts["advice"]["options"] for key in ("pay_on", "settled_on")]
        for day in told:
            assert day is None or words(language).day(day) in text
        amounts = [one["paid_tiyn"] for one in facts["payments"]] + [one["owed_tiyn"] for one in facts["missing"]]
        amounts += [option["total_tiyn"] for option in facts["advice"]["options"]]
        assert all(shown_tenge(amount) in text for amount in amounts)


def told_of(home: Home, iin: str, month: date | None = None) -> dict:
    """The facts, checked to be told alike in the three languages and under keys that are written down."""
    facts = explanation(asked(home, month, None, None), int(iin))
    assert_languages_agree(facts)
    assert paths_of(facts) <= set(EXPLANATION)
    return facts


def in_english(facts: dict) -> str:
    return "\n".join(as_lines(facts, words("en")))
