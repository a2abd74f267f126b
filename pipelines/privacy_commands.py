"""The commands that let data out of the home, or a person out of a pseudonym: `publish` and `reidentify`.

cli.py makes them commands of `mshi`. Each leaves a line in the run record. Heavy libraries are imported inside.
"""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from pipelines.errors import UsageError, hide_numbers
from pipelines.options import HomeOption, call_of, home_of, month_of, target_of
from pipelines.screen import say


def publish(
    *,
    audience: Annotated[
        Literal["analyst", "auditor"], Parameter(help="analyst: pseudonyms, no names; auditor: as it is.")
    ],
    to: Annotated[Path, Parameter(help="File to write.")],
    mode: Annotated[str | None, Parameter(help="Who may read it: 0640, else as told; auditor always 0600.")] = None,
    month: Annotated[str | None, Parameter(help="Month (YYYY-MM); the newest.")] = None,
    home: HomeOption = None,
) -> int:
    """Copy the database out of the home for others, whole or not at all."""
    from pipelines.audiences import mode_of
    from pipelines.audiences import publish as copy_out

    place, bits = home_of(home), mode_of(mode, audience)
    wanted = month_of(month) if month is not None else None
    target = target_of(to, place)
    call = call_of("publish", audience=audience, to=hide_numbers(str(target)), month=month, mode=f"{bits:04o}")
    name = copy_out(place, call, audience, target, bits, wanted)
    say(f"{name} for {audience}s, mode {bits:04o}", str(target), on_screen=True)
    return 0


def reidentify(
    *pseudonyms: Annotated[
        str, Parameter(help="Pseudonyms; - reads them from standard input.", allow_leading_hyphen=True)
    ],
    reason: Annotated[str, Parameter(help="Why; kept in the run record with who asked, when and for whom.")],
    home: HomeOption = None,
) -> int:
    """Say whose pseudonym it is, on the screen only. Needs the key; the run record keeps that it was asked."""
    from pipelines.reidentify import reidentify as find

    if not reason.strip():
        raise UsageError("--reason: expected a sentence that an auditor can read")
    wanted = [one.strip() for one in pseudonyms]  # one cut out of a CSV brings the end of its line
    if wanted == ["-"]:
        wanted = sys.stdin.read().split()
    found = find(home_of(home), call_of("reidentify"), wanted, reason)
    say(*(f"{one}  {found.get(one, 'not found')}" for one in dict.fromkeys(wanted)), on_screen=True)
    if len(found) < len(set(wanted)):
        say("mshi: not found: nobody of the published months, or the pseudonym is of another key")
        return 1
    return 0
