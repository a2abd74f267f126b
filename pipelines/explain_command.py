"""The auditors' command `explain`: why a person has a status, down to the lines of files and the values of the law.

cli.py makes it a command of `mshi`. Takes no lock; writes nothing but, into the run record, who was shown lines of
files. Standard output is for the auditor and may show IINs; what goes to standard error never does. Heavy libraries
are imported inside. Source: contract.md section 1.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from pipelines.errors import UsageError
from pipelines.options import HomeOption, call_of, day_if, home_of, iin_of, month_of

if TYPE_CHECKING:
    from pipelines.explain.asked import Asked

_Told = tuple[dict[str, Any], list[dict[str, Any]], Callable[..., list[str]]]  # facts, rows with a place, renderer


def explain(
    iin: Annotated[
        str | None, Parameter(help="IIN of the person; - reads it from standard input.", allow_leading_hyphen=True)
    ] = None,
    /,
    *,
    file: Annotated[str | None, Parameter(help="The way back: sha256 of a file, or its first 8 digits.")] = None,
    line: Annotated[int | None, Parameter(help="With --file: the line, 1-based; 0 for a whole file.")] = None,
    month: Annotated[str | None, Parameter(help="Month of the status (YYYY-MM); that of --known-at.")] = None,
    known_at: Annotated[str | None, Parameter(help="As known on this day; that of the newest snapshot.")] = None,
    law_as_of: Annotated[str | None, Parameter(help="By the law as published on this day; as it stands today.")] = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="", help="The facts as JSON.")] = False,
    lang: Annotated[Literal["en", "ru", "kk"], Parameter(help="Language of the text.")] = "en",
    show_line: Annotated[bool, Parameter(negative="", help="Show the lines themselves; for auditors only.")] = False,
    home: HomeOption = None,
) -> int:
    """Say why a person has a status: months, payments, intervals, law, what is missing and what to do.

    With --file and --line the way back: what the line is, and which statuses it touched.
    """
    if (iin is None) == (file is None) or (file is None) != (line is None):
        raise UsageError("expected an IIN, or - to read it from standard input, or --file SHA with --line N")
    number = iin_of(iin) if iin is not None else None
    wanted = month_of(month) if month is not None else None
    known, law = day_if(known_at, "--known-at"), day_if(law_as_of, "--law-as-of")
    from pipelines import damage
    from pipelines.explain.asked import asked, plain
    from pipelines.explain.source_lines import with_lines
    from pipelines.explain.words import words
    from pipelines.run_record import note

    with damage.told_of(home_of(home)):
        question = asked(home_of(home), wanted, known, law)
        found = _person(question, number) if number is not None else _line(question, file or "", line or 0)
    facts, rows, as_lines = found
    if show_line:
        with_lines(question, rows)
        seen = sorted({(row["file_sha256"], row["line_no"]) for row in rows})
        note(question.home, call_of("explain --show-line"), {"lines": seen})
    print(
        json.dumps(plain(facts), ensure_ascii=False, indent=1) if as_json else "\n".join(as_lines(facts, words(lang)))
    )
    return 0


def _person(question: "Asked", iin: int) -> _Told:
    from pipelines.explain.facts import LISTED, explanation
    from pipelines.explain.text import as_lines

    facts = explanation(question, iin)
    return facts, [row for name in LISTED for row in facts[name]], as_lines


def _line(question: "Asked", file: str, line: int) -> _Told:
    from pipelines.explain.touched import touched
    from pipelines.explain.touched_text import as_lines

    facts = touched(question, file, line)
    return facts, [facts] if "byte_offset" in facts else [], as_lines
