"""Read the dated rules: every value of the law with its source, the month it holds from and the day it was published.

A value holds from its month until the next row; the last row holds for all later months. A law that changes a month
afterwards is a further row of that month with its day of publication. The loader refuses a value without a source, a
gap at the beginning, a wrong order, an unquoted number, a duplicate key, and what cannot be computed by (values.py).
"""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from itertools import groupby, pairwise
from pathlib import Path

import yaml

from schemas.calendar import banking_days_after, due_date
from schemas.rules.values import complaint

FOLDER = Path(__file__).parent
_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")
_RULE_KEYS = {"unit", "about", "values", "since"}
_VALUE_KEYS = {"valid_from", "value", "published", "law", "source"}


class RuleError(ValueError):
    """A rules file is wrong: says file, rule, what was found and what was expected."""


@dataclass(frozen=True)
class RuleValue:
    """One dated value. Grain: (name, valid_from, published): a later law may give a month another value."""

    name: str
    valid_from: date
    value: str
    unit: str
    published: date | None
    law: str
    source: str
    about: str

    @property
    def known_from(self) -> date:
        """The day from which the value counts as known: of its publication, else the first of its month."""
        return self.published or self.valid_from


# libyaml reads a file in a tenth of the time that PyYAML's own parser takes.
Loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


class _StrictLoader(Loader):  # type: ignore[misc, valid-type]
    """A safe loader that refuses a key that stands twice and leaves every scalar a text."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[str, object]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    twice = {str(key) for key in keys if keys.count(key) > 1}
    if twice:
        raise RuleError(f"key stands twice: {', '.join(sorted(twice))} (line {node.start_mark.line + 1})")
    return {str(key): value for key, value in loader.construct_mapping(node, deep=True).items()}


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


@dataclass(frozen=True)
class Law:
    """All dated values, ordered by name and month, and the questions the transforms ask of them."""

    values: tuple[RuleValue, ...]
    sha256: str
    bundle: bytes  # the rules files themselves, their hash is `sha256`

    def at(self, name: str, month: date) -> RuleValue:
        """The value in force in the month; LookupError where the rule has none yet."""
        for row in reversed(self._by_name.get(name, ())):
            if row.valid_from <= month:
                return row
        raise LookupError(f"rule {name} has no value in {month:%Y-%m}")

    def number(self, name: str, month: date) -> int:
        """A whole number, such as a count of months."""
        return int(self.at(name, month).value)

    def tiyn(self, name: str, month: date) -> int:
        """An amount of tenge as whole tiyn."""
        return int(Decimal(self.at(name, month).value) * 100)

    def is_on(self, name: str, month: date) -> bool:
        """A yes-or-no rule."""
        return self.at(name, month).value == "yes"

    def in_force(self, month: date) -> list[RuleValue]:
        """One row per rule that has a value in the month."""
        rows = {row.name: row for row in self.values if row.valid_from <= month}
        return list(rows.values())

    def codes(self, prefix: str) -> dict[str, date]:
        """Codes of a dated list (`category`, `agent`) with the month each is in force from."""
        rows = [row for row in self.values if row.name.startswith(f"{prefix}.")]
        return {row.name.removeprefix(f"{prefix}."): row.valid_from for row in rows}

    def required_tiyn(self, kind: str, year: int) -> int:
        """The fixed monthly amount of own money (`sole_proprietor`, `independent`) of a year, never before 2020."""
        return self.tiyn(f"{kind}_amount", date(max(year, 2020), 1, 1))

    def cap_tiyn(self, name: str, month: date) -> int:
        """The largest monthly `deduction` or `contribution`: the rate on the largest base."""
        rate, base = (Decimal(self.at(f"{name}_{part}", month).value) for part in ("rate", "base_cap"))
        return int(rate * base * Decimal(self.at("minimum_wage", month).value))  # per cent of tenge is tiyn

    def due_on(self, kind: str, month: date) -> date:
        """Until when the month is to be paid: the 25th of the next month, or the month's last day if independent."""
        if kind == "independent":
            return due_date(None, month)
        return due_date(self.number("wage_due_day", max(month, date(2020, 1, 1))), month)

    def due_from(self, kind: str, month: date) -> date:
        """The first day on which the month is due: its due date and the banking days of settlement."""
        return self.settled_on(self.due_on(kind, month))

    def settled_on(self, day: date) -> date:
        """The first day on which money of this value date counts."""
        return self.all_settled_on([day])[0]

    def all_settled_on(self, days: list[date]) -> list[date]:
        """The same for many value dates in rising order."""
        found = []
        for (year, month), part in groupby(days, lambda day: (day.year, day.month)):
            count = self.number("settlement_banking_days", max(date(year, month, 1), date(2020, 1, 1)))
            found += banking_days_after(list(part), count)
        return found

    def published_by(self, day: date) -> "Law":
        """The law as it was published on the day: a value without a day of publication counts from its month on."""
        return replace(self, values=tuple(row for row in self.values if row.known_from <= day))

    @cached_property
    def _by_name(self) -> dict[str, list[RuleValue]]:
        rows: dict[str, list[RuleValue]] = {}
        for row in self.values:
            rows.setdefault(row.name, []).append(row)
        return rows


@cache
def load_law(folder: Path = FOLDER) -> Law:
    """Read every rules file of the folder; RuleError says which file and rule is wrong."""
    return _law({path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yaml"))})


@lru_cache(maxsize=16)
def law_of(bundle: bytes) -> Law:
    """The law from the bytes of `Law.bundle`, as it was kept beside what it judged."""
    return _law(json.loads(bundle))


def _law(texts: dict[str, str]) -> Law:
    bundle = json.dumps(texts, ensure_ascii=False, sort_keys=True).encode()
    by_file = {name: _rules_of(name, text.encode()) for name, text in sorted(texts.items())}
    rows = [row for rows in by_file.values() for row in rows]
    files = [(row.name, name) for name, rows in by_file.items() for row in rows]
    if len({name for name, _ in files}) != len(set(files)):
        raise RuleError("a rule stands in two files")
    digest = hashlib.sha256(bundle).hexdigest()
    return Law(tuple(sorted(rows, key=lambda row: (row.name, row.valid_from, row.known_from))), digest, bundle)


def _rules_of(file: str, content: bytes) -> list[RuleValue]:
    try:
        rules = yaml.load(content, _StrictLoader)  # noqa: S506 - a SafeLoader
    except RuleError as error:
        raise RuleError(f"{file}: {error}") from None
    except yaml.YAMLError as error:
        raise RuleError(f"{file}: not YAML: {error}") from None
    if not isinstance(rules, dict):
        raise RuleError(f"{file}: expected rules by name")
    return [row for name, rule in rules.items() for row in _values_of(file, str(name), rule)]


def _values_of(file: str, name: str, rule: object) -> list[RuleValue]:
    where = f"{file}: rule {name}"
    if not isinstance(rule, dict) or not {"unit", "about", "values"} <= set(rule) <= _RULE_KEYS:
        raise RuleError(f"{where}: expected unit, about, values and perhaps since")
    if not isinstance(rule["values"], list):
        raise RuleError(f"{where}: expected a list of values")
    rows = [_value_of(where, name, rule, value) for value in rule["values"]]
    for one, after in pairwise(rows):
        again = one.valid_from == after.valid_from and after.published is not None and one.known_from < after.published
        if not (again or one.valid_from < after.valid_from):
            raise RuleError(f"{where}: months, and of one month the days of publication, are not in rising order")
    if said := complaint(name, str(rule["unit"]), [row.value for row in rows]):
        raise RuleError(f"{where}: {said}")
    since = _month(where, rule.get("since", "2020-01"))
    if not rows or rows[0].valid_from != since:
        raise RuleError(f"{where}: gap: no value from {since:%Y-%m}")
    return rows


def _value_of(where: str, name: str, rule: dict[str, object], value: object) -> RuleValue:
    if not isinstance(value, dict) or set(value) != _VALUE_KEYS:
        raise RuleError(f"{where}: each value has exactly {', '.join(sorted(_VALUE_KEYS))}")
    for key in ("value", "law", "source"):
        if not isinstance(value[key], str) or not value[key].strip():
            raise RuleError(f"{where}: {key} must be a quoted text that is not empty, found {value[key]!r}")
    published = value["published"]
    if published is not None and not (isinstance(published, str) and re.match(r"^\d{4}-\d\d-\d\d$", published)):
        raise RuleError(f"{where}: published must be a quoted day or null, found {published!r}")
    return RuleValue(
        name=name,
        valid_from=_month(where, value["valid_from"]),
        value=value["value"],
        unit=str(rule["unit"]),
        published=date.fromisoformat(published) if published else None,
        law=value["law"],
        source=value["source"],
        about=str(rule["about"]),
    )


def _month(where: str, text: object) -> date:
    if not isinstance(text, str) or not _MONTH.match(text):
        raise RuleError(f'{where}: a month must be quoted like "2026-01", found {text!r}')
    return date.fromisoformat(f"{text}-01")
