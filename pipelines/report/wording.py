"""The words of the report in one language: its own texts/*.yaml, and those of codes where they are told already.

Refusals, quarantine reasons, statuses, bases, categories and payer kinds are said as `mshi explain` says them, breaks
as schemas/breaks.py does. A key without words is a fault of ours and raises KeyError. Terms: rules.md section 6.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from pipelines.explain.words import LANGUAGES, Words, words
from pipelines.tenge import tenge
from schemas.breaks import BREAKS
from schemas.codes import REFUSALS

_SHARED = ("outside", "short_reason", "status", "basis", "category", "payer_kind")
_SCALES = (("trillion", 10**12), ("billion", 10**9), ("million", 10**6))
_NARROW = "\u00a0"  # numbers never break at the end of a line

__all__ = ["LANGUAGES", "Wording", "wording"]


@dataclass(frozen=True)
class Wording(Words):
    """Says a fact of the report; numbers with blanks between thousands."""

    def month(self, month: date) -> str:
        """A month by its name."""
        return self.of("format.month").format(name=self.told["months"][month.month - 1], year=month.year)

    def money(self, tiyn: int) -> str:
        """The exact money, in tenge."""
        return tenge(tiyn).replace(" ", _NARROW)

    def short_money(self, tiyn: int) -> str:
        """About how much money, cut and not rounded: 12,3 M; the exact sum stands in a table."""
        whole = abs(tiyn) // 100
        for name, unit in _SCALES:
            if whole >= unit:
                cut = whole * 100 // unit
                told = f"{cut // 100},{cut % 100:02d}" if cut < 10_000 else self.count(cut // 100)
                return ("−" if tiyn < 0 else "") + f"{told}{_NARROW}{self.of(f'scale.{name}')}"
        return ("−" if tiyn < 0 else "") + self.count(whole)

    def tenge(self, tiyn: int) -> str:
        """About how much money, with its sign."""
        return self.of("format.tenge").format(amount=self.short_money(tiyn)).replace(" ", _NARROW)

    def count(self, number: int) -> str:
        """A number of things."""
        return f"{number:,}".replace(",", _NARROW)

    def signed(self, number: int) -> str:
        """A change: +12, −3, 0."""
        return f"{'+' if number > 0 else '−' if number < 0 else ''}{self.count(abs(number))}"

    def share(self, part: int, whole: int) -> str:
        """Per cent, one decimal, cut and not rounded."""
        mille = 1000 * part // whole if whole else 0
        return f"{mille // 10},{mille % 10}{_NARROW}%"

    def _shown(self, name: str, fact: Any) -> Any:
        if isinstance(fact, int):
            return self.money(fact) if name.endswith("_tiyn") else self.count(fact)
        return super()._shown(name, fact)


@cache
def wording(language: str) -> Wording:
    """The words of a language of LANGUAGES."""
    own = yaml.safe_load(files(__package__).joinpath(f"texts/{language}.yaml").read_text(encoding="utf-8"))
    shared = {name: words(language).told[name] for name in _SHARED}
    sentence = {"en": "sentence", "ru": "russian", "kk": "kazakh"}[language]
    breaks = {code: getattr(told, sentence) for code, told in BREAKS.items()}
    if language == "en":
        steps = {code: told.next_step for code, told in BREAKS.items()}
    else:  # what is done about a refused document as such stands among the refusals
        refused = [code for code in BREAKS if code in REFUSALS]
        same = [code for code in refused if BREAKS[code].next_step == REFUSALS[code].next_step]
        steps = own["break_step"] | {code: shared["outside"][code]["next_step"] for code in same}
    return Wording(language, {**shared, **own, "break_step": steps, "break_sentence": breaks})
