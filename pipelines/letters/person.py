"""A person's statement of payments and status: what came in, what covers the last twelve months, what is missing.

Tells what `mshi explain` found (pipelines/explain/facts.py) in the words of a letter: no files, lines or other people.
"""

from collections.abc import Iterator
from typing import Any

from pipelines.explain.words import words
from pipelines.letters.render import Letter, Section, heads, sentence
from schemas.calendar import add_months
from schemas.codes import BASIS_LETTERS, UNCOVERED_LETTER

_LETTERS = (*BASIS_LETTERS.values(), UNCOVERED_LETTER)  # in the order of their names in texts/*.yaml


def person_letter(facts: dict[str, Any], language: str) -> Letter:
    """The statement for the facts of an explanation."""
    verdict, said = facts["verdict"], words(language)
    told = {"iin": facts["iin"], "month": facts["month"], "known_at": facts["known_at"], **verdict}
    told |= {"status_word": said.of(f"status.{verdict['status']}"), "reason": said.of(f"reason.{verdict['reason']}")}

    def say(key: str, **more: object) -> str:
        return sentence(language, f"person.{key}", **{**told, **more})

    opening = [say("about"), say("verdict")]
    opening += [say(key) for key in ("conditional_until", "last_paid_month") if verdict[key] is not None]
    sections = [_months(facts, language), *_payments(facts, language), *_missing(facts, language)]
    closing = [say("arrears") if verdict["missing_months"] else say("no_arrears"), say("complete"), say("signature")]
    return Letter(language, say("title"), opening, sections, closing)


def _months(facts: dict[str, Any], language: str) -> Section:
    letters = facts["verdict"]["coverage_months"]
    months = [add_months(facts["month"], place - len(letters) + 1) for place in range(len(letters))]
    basis = heads(language, "person.basis_names")
    named = dict(zip(_LETTERS, basis, strict=True))
    rows = [[words(language).month(month), named[letter]] for month, letter in zip(months, letters, strict=True)]
    return Section(sentence(language, "person.months.heading"), heads(language, "person.months.columns"), rows)


def _payments(facts: dict[str, Any], language: str) -> Iterator[Section]:
    said = words(language)
    rows = [
        [
            said.day(row["value_date"]),
            said.month(row["period"]),
            row["knp"],
            said.of(f"payer_kind.{row['payer_kind']}"),
            sentence(language, "person.money", tiyn=row["paid_tiyn"]),
            sentence(language, "person.money", tiyn=row["returned_tiyn"]),
            said.of(f"state.{row['state']}"),
        ]
        for row in sorted(facts["payments"], key=lambda row: (row["value_date"], row["period"]))
    ]
    if rows:
        names = heads(language, "person.payments.columns")
        yield Section(sentence(language, "person.payments.heading"), names, rows, right=(4, 5))


def _missing(facts: dict[str, Any], language: str) -> Iterator[Section]:
    said = words(language)
    rows = [
        [said.month(row["month"]), said.day(row["due_on"]), sentence(language, "person.money", tiyn=row["owed_tiyn"])]
        for row in facts["missing"]
    ]
    if rows:
        names = heads(language, "person.missing.columns")
        yield Section(sentence(language, "person.missing.heading"), names, rows, right=(2,))
