"""The dictionary inside the analysts' file: its tables `dictionary` and `codes`, told from the schemas and the texts.

Grain: as their schemas say. English is that of the closed lists; Russian and Kazakh are those of the breaks, of the
explanations and of the report, where they have the code.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from pipelines.explain.words import LANGUAGES, words
from pipelines.report.wording import wording
from schemas import codes
from schemas.analysts import ADDED, VIEWS
from schemas.breaks import BREAKS, SEVERITIES
from schemas.statements import DIRECTIONS, MATCH_RULES, MATCHES
from schemas.table import Table
from schemas.tables import TABLES

_Row = dict[str, Any]
_TYPES = {"String": "VARCHAR", "Date": "DATE", "Int64": "BIGINT", "Boolean": "BOOLEAN", "List(Date)": "DATE[]"}
_SENTENCES = {
    "status": codes.STATUSES,
    "reason": codes.STATUS_REASONS,
    "basis": codes.BASES,
    "payer_kind": codes.PAYER_KINDS,
    "state": codes.PAYMENT_STATES,
    "severity": SEVERITIES,
    "event": codes.EVENTS,
    "direction": DIRECTIONS,
    "match": MATCHES,
    "match_rule": MATCH_RULES,
}
_WORDS = ("category", "exemption", "reversal", "entrepreneur")  # a word each, in all three languages


def dictionary_table() -> pl.DataFrame:
    """Every table and view of the analysts' file, then its columns."""
    kinds = {"table": (*TABLES.values(), *ADDED.values()), "view": VIEWS.values()}
    rows = [row for kind, tables in kinds.items() for table in tables for row in _of_table(kind, table)]
    return pl.DataFrame(rows, schema=ADDED["dictionary"].types())


def codes_table() -> pl.DataFrame:
    """Every code of every list with its sentence, and what to do."""
    rows = [*_outside(), *_breaks(), *_lists()]
    return pl.DataFrame(rows, schema=ADDED["codes"].types())


def _of_table(kind: str, table: Table) -> Iterator[_Row]:
    named = {"table_name": table.name, "kind": kind}
    yield named | {"meaning": table.grain}
    for name, column in table.columns.items():
        told: _Row = {"column_name": name, "column_type": _TYPES.get(str(column.type), "DECIMAL(20,2)")}
        told |= {"meaning": column.about, "may_be_null": column.nullable, "codes": ", ".join(column.values) or None}
        yield named | told


def _outside() -> Iterator[_Row]:
    told = {language: words(language).told["outside"] for language in LANGUAGES}
    for code, one in (codes.REFUSALS | codes.QUARANTINE).items():
        yield {
            "list": "outside",
            "code": code,
            "english": one.sentence,
            "russian": told["ru"][code]["sentence"],
            "kazakh": told["kk"][code]["sentence"],
            "next_step": one.next_step,
            "next_step_russian": told["ru"][code]["next_step"],
            "next_step_kazakh": told["kk"][code]["next_step"],
        }


def _breaks() -> Iterator[_Row]:
    steps = {language: wording(language).told["break_step"] for language in ("ru", "kk")}
    for code, one in BREAKS.items():
        told = {"english": one.sentence, "russian": one.russian, "kazakh": one.kazakh, "next_step": one.next_step}
        told |= {"next_step_russian": steps["ru"][code], "next_step_kazakh": steps["kk"][code]}
        yield {"list": "break", "code": code, "severity": one.severity} | told


def _lists() -> Iterator[_Row]:
    russian, kazakh = ({**wording(language).told, **words(language).told} for language in ("ru", "kk"))
    for name, sentences in _SENTENCES.items():
        for code, sentence in sentences.items():
            others = {"russian": russian.get(name, {}).get(code), "kazakh": kazakh.get(name, {}).get(code)}
            yield {"list": name, "code": code, "english": sentence} | others
    for name in _WORDS:
        for code, word in words("en").told[name].items():
            yield {"list": name, "code": code, "english": word, "russian": russian[name][code]} | {
                "kazakh": kazakh[name][code]
            }
