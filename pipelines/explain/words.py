"""The words of one language: texts/<language>.yaml, days, months and money as that language writes them.

The sentences of reasons and of what did not get in are in English those of schemas/codes.py. A key without words is a
fault of ours and raises KeyError. Terms: rules.md section 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pipelines.tenge import tenge
from schemas.codes import QUARANTINE, REFUSALS, STATUS_REASONS
from schemas.rules import Loader

LANGUAGES = ("en", "ru", "kk")
_MONTHS = {"month", "period", "since", "last_paid_month", "next_month", "grace_over_since", "status_month"}
_MONTHS |= {
    "checked_month",
    "valid_from",
    "first_month",
    "last_month",
    "first",
    "last",
    "streak_from",
    "registered_month",
}


@dataclass(frozen=True)
class Words:
    """Says a fact in a language."""

    language: str
    told: Mapping[str, Any]

    def say(self, key: str, **facts: Any) -> str:
        """The sentence under a dotted key with these facts in it."""
        return self.of(key).format(**{name: self._shown(name, fact) for name, fact in facts.items()})

    def of(self, key: str) -> str:
        """The text under a dotted key."""
        found: Any = self.told
        for part in key.split("."):
            found = found[part]
        return str(found)

    def day(self, day: date) -> str:
        """A day."""
        return day.strftime(self.of("format.day"))

    def month(self, month: date) -> str:
        """A month."""
        return month.strftime(self.of("format.month"))

    def _shown(self, name: str, fact: Any) -> Any:
        if isinstance(fact, date):
            return self.month(fact) if name in _MONTHS else self.day(fact)
        return tenge(fact) if name.endswith("_tiyn") and fact is not None else fact


@cache
def words(language: str) -> Words:
    """The words of a language of LANGUAGES."""
    text = files(__package__).joinpath(f"texts/{language}.yaml").read_text(encoding="utf-8")
    told = yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
    if language == "en":
        told["reason"] = STATUS_REASONS
        told["outside"] = {
            code: {"sentence": one.sentence, "next_step": one.next_step}
            for code, one in (REFUSALS | QUARANTINE).items()
        }
    return Words(language, told)
