"""The commands `export` and `letter`: tables for spreadsheets and programs, lists and letters that name people.

cli.py makes them commands of `mshi`. What names people goes to the screen or to a file of its owner alone, never to a
log; the run record keeps that it was made, and of whom nothing. Heavy libraries are imported inside.
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pipelines.errors import UsageError
from pipelines.options import HomeOption, call_of, day_if, home_of, iin_of, month_of, payer_of, target_of
from pipelines.screen import say

Language = Annotated[Literal["en", "ru", "kk"], Parameter(name="--lang", help="Language of the text.")]
Month = Annotated[str | None, Parameter(name="--month", help="Month (YYYY-MM); the newest.")]


def export(
    table: Annotated[str, Parameter(help="Table or view of the analysts' database, or grace_ending.")],
    /,
    *,
    to: Annotated[Path, Parameter(help="File to write, for its owner alone.")],
    form: Annotated[
        Literal["csv", "xlsx", "parquet"] | None,
        Parameter(name="--format", help="xlsx for Excel; else as the name of the file ends, else csv."),
    ] = None,
    month: Month = None,
    real_ids: Annotated[bool, Parameter(negative="", help="IINs as they are instead of pseudonyms.")] = False,
    lang: Language = "en",
    home: HomeOption = None,
) -> int:
    """Write a table or view to a file: pseudonyms, small cells of aggregates kept back, no cell that is a formula.

    grace_ending is the Fund's SMS list, in the language of --lang. It names people, as --real-ids does.
    """
    from pipelines.exports import FORMATS
    from pipelines.exports import export as write

    place, wanted = home_of(home), month_of(month) if month is not None else None
    target = target_of(to, place)
    ending = target.suffix.lower().removeprefix(".")
    chosen = form or (ending if ending in FORMATS else "csv")
    call = call_of("export", table=table, format=chosen, month=month, real_ids=real_ids)
    rows, paths = write(place, call, table, chosen, target, wanted, real_ids, lang)
    say(f"{rows:,} rows", *map(str, paths), on_screen=True)
    after = target.with_stem(f"{target.stem}_{len(paths) + 1}")
    if chosen == "csv" and after.exists():
        say(f"mshi: {after} is not of this export: whoever reads {target.stem}*{target.suffix} would count it too")
    return 0


def letter(
    kind: Annotated[Literal["employer", "person"], Parameter(help="employer: missing pairs; person: a statement.")],
    who: Annotated[str, Parameter(help="BIN or IIN; - reads it from standard input.", allow_leading_hyphen=True)],
    /,
    *,
    month: Month = None,
    known_at: Annotated[str | None, Parameter(help="Of a person: as known on this day.")] = None,
    lang: Language = "en",
    form: Annotated[Literal["text", "html"], Parameter(name="--format", help="html to print.")] = "text",
    to: Annotated[Path | None, Parameter(help="File to write, for its owner alone; else the screen.")] = None,
    home: HomeOption = None,
) -> int:
    """Write to an employer what is missing, or to a person what was paid and what follows from it."""
    from pipelines import damage
    from pipelines.letters.employer import employer_letter
    from pipelines.letters.person import person_letter
    from pipelines.letters.render import shown
    from pipelines.outgoing import whole
    from pipelines.run_record import note

    place = home_of(home)
    target = target_of(to, place) if to is not None else None
    wanted, day = month_of(month) if month is not None else None, day_if(known_at, "--known-at")
    if kind == "employer":
        if day is not None:
            raise UsageError(
                "--known-at: found with employer, expected with person alone; leave it out, an employer's letter is of "
                "the newest snapshot of its month"
            )
        found = employer_letter(place, payer_of(who), wanted, lang)
    else:
        from pipelines.explain.asked import asked
        from pipelines.explain.facts import explanation

        with damage.told_of(place):
            found = person_letter(explanation(asked(place, wanted, day, None), iin_of(who)), lang)
    text = shown(found, form)
    note(
        place, call_of("letter", kind=kind, month=month, known_at=known_at, lang=lang), {"to_file": target is not None}
    )
    if target is None:
        sys.stdout.write(text)
        return 0
    with whole(target) as file:
        file.write(text.encode())
    say(str(target), on_screen=True)
    return 0
