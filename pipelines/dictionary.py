"""The data dictionary as text, from the schemas and the closed lists: nothing is told a second time."""

from collections.abc import Iterator

from pipelines.explain.words import words
from schemas import codes
from schemas.analysts import ADDED, VIEWS
from schemas.breaks import BREAKS, SEVERITIES
from schemas.changes import CHANGES
from schemas.statements import DIRECTIONS, MATCH_RULES, MATCHES
from schemas.tables import TABLES


def dictionary_text() -> str:
    """Markdown: every table with its grain, columns, types and meaning, then every code with its sentence."""
    return "\n".join([*_tables(), *_codes()])


def _tables() -> Iterator[str]:
    yield "# Data dictionary\n\nMoney is whole tiyn (1 tenge = 100 tiyn). Months are their first day."
    for table in (*TABLES.values(), CHANGES, *ADDED.values(), *VIEWS.values()):
        of_analysts = " (mshi.duckdb)" if table.name in ADDED | VIEWS else ""
        yield f"\n## {table.name}{of_analysts}\n\n{table.grain[0].upper()}{table.grain[1:]}.\n"
        yield "| column | type | empty | meaning |\n|---|---|---|---|"
        for name, column in table.columns.items():
            yield f"| {name} | {column.type} | {'yes' if column.nullable else 'no'} | {column.about} |"


def _codes() -> Iterator[str]:
    yield "\n## Why a file or document is refused\n"
    yield from (f"- `{code}`: {told.sentence} {told.next_step}" for code, told in codes.REFUSALS.items())
    yield "\n## Why a line is quarantined (the first that fits)\n"
    yield from (f"- `{code}`: {told.sentence} {told.next_step}" for code, told in codes.QUARANTINE.items())
    yield "\n## Breaks\n"
    for code, told in BREAKS.items():
        yield f"- `{code}` ({told.severity}): {told.sentence} {told.next_step}"
        yield f"  - ru: {told.russian}\n  - kk: {told.kazakh}"
    lists = {
        "What covers a month": codes.BASES,
        "Payer kinds": codes.PAYER_KINDS,
        "States of a payment": codes.PAYMENT_STATES,
        "Statuses": codes.STATUSES,
        "Reasons of a status": codes.STATUS_REASONS,
        "How a file came in": codes.EVENTS,
        "Why two snapshots differ (the last that made it so, in this order)": codes.CAUSES,
        "What an entry of a statement turned out to be": MATCHES,
        "Which way the money of an entry went": DIRECTIONS,
        "How grave a break is": SEVERITIES,
        "Preferential categories": words("en").told["category"],
        "Kinds of exemptions": words("en").told["exemption"],
        "Reasons of reversals of debt": words("en").told["reversal"],
        "Kinds of entrepreneurs": words("en").told["entrepreneur"],
        "By which rule an entry found its document (the first that fits)": MATCH_RULES,
    }
    for title, sentences in lists.items():
        yield f"\n## {title}\n"
        yield from (f"- `{code}`: {sentence}" for code, sentence in sentences.items())
