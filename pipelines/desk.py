"""The commands of the duty officer's desk: what stands outside, letting it in, recalling it, telling the senders.

cli.py makes them commands of `mshi`. Heavy libraries are imported inside. Source: contract.md section 1.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pipelines.errors import UsageError, hide_numbers
from pipelines.options import HomeOption, call_of, day_of, home_of, month_of, target_of, user
from pipelines.screen import say

if TYPE_CHECKING:
    from pipelines.events import Act

Sha = Annotated[str, Parameter(help="sha256 of the file (at least its first 8 digits), from the table files.")]
Why = Annotated[str, Parameter(name="--reason", help="Why; kept in the intake record.")]
ActDay = Annotated[str | None, Parameter(name="--as-of", help="Day of the event; today in Asia/Almaty.")]
By = Annotated[str | None, Parameter(name="--by", help="Who decides; else the user of this session.")]


def accept(sha: Sha, /, *, why: Why, as_of: ActDay = None, by: By = None, home: HomeOption = None) -> int:
    """Release a refused document or register, from this day on, after somebody made sure that it is right.

    For control_total, control_count, document_differs and register_shrunk only.
    """
    from pipelines import events
    from pipelines.tenge import tenge

    released = events.accept(home_of(home), call_of("accept", as_of=as_of), sha, _act(as_of, by, _said(why)))
    lines, money = f"{released.lines:,} lines", f"{tenge(released.tiyn)} tenge"
    done = [f"accepted {released.name}: {lines}, {money}; the next run counts them"]
    if released.quarantined:
        done.append(f"{released.quarantined:,} lines of it are quarantined by themselves; see mshi quarantine")
    both = "both count now; if they are the same money, mshi withdraw one"
    done += [f"its numbers count already in {where}: {both}" for where in released.besides]
    say(*done, on_screen=True)
    return 0


def withdraw(sha: Sha, /, *, why: Why, as_of: ActDay = None, by: By = None, home: HomeOption = None) -> int:
    """Recall a file, from this day on: its bytes stay, its lines stop counting."""
    from pipelines import events

    name, lines = events.withdraw(home_of(home), call_of("withdraw", as_of=as_of), sha, _act(as_of, by, _said(why)))
    told = f"{name} is withdrawn: {lines:,} lines stop counting; the next run publishes the month without them"
    say(told, on_screen=True)
    return 0


def replay(
    *,
    reason: Annotated[str | None, Parameter(help="Only what was left outside for this reason.")] = None,
    as_of: ActDay = None,
    by: By = None,
    home: HomeOption = None,
) -> int:
    """Judge again what was left outside, after a rule, a layout or a register changed; first verdicts stay."""
    from pipelines import events
    from pipelines.tenge import tenge

    found = events.replay(home_of(home), call_of("replay", reason=reason, as_of=as_of), reason, _act(as_of, by))
    done = [f"{one.name}: {one.lines:,} lines, {tenge(one.tiyn)} tenge" for one in found]
    lines, tiyn = sum(one.lines for one in found), sum(one.tiyn for one in found)
    done.append(f"released {lines:,} lines, {tenge(tiyn)} tenge" + ("; the next run counts them" if found else ""))
    say(*done, on_screen=True)
    if not found:
        say("nothing is judged otherwise than before; mshi check FILE says what a file looks like to today's layouts")
    return 0


def quarantine(
    *,
    reason: Annotated[str | None, Parameter(help="Only this reason.")] = None,
    source: Annotated[str | None, Parameter(help="Only this inbox folder, bank (BIC) or channel.")] = None,
    home: HomeOption = None,
) -> int:
    """List what stands outside, by reason and sender, with its money and what to do; narrowed, also row by row."""
    from pipelines.outside import open_quarantine

    print("\n".join(open_quarantine(home_of(home), reason, source)))
    return 0


def acknowledge(
    *,
    source: Annotated[str, Parameter(help="Inbox folder, bank (BIC) or channel.")],
    month: Annotated[str, Parameter(help="Month of receipt (YYYY-MM).")],
    to: Annotated[Path | None, Parameter(help="File to write; else acknowledgement_SOURCE_MONTH.csv here.")] = None,
    home: HomeOption = None,
) -> int:
    """Write for a sender what became of each line of a month, so that errors are mended at their source."""
    from pipelines.outside import acknowledge as write

    sender = re.sub(r"[^A-Za-z0-9…]+", "_", hide_numbers(source))
    place = home_of(home)
    target = target_of(to or Path(f"acknowledgement_{sender}_{month}.csv"), place)
    count = write(place, source, month_of(month), target)
    say(f"{count:,} rows for {hide_numbers(source)}", str(target.resolve()), on_screen=True)
    return 0


def _act(as_of: str | None, by: str | None, reason: str | None = None) -> "Act":
    from pipelines.events import Act

    return Act(day_of(as_of), by or user(), reason, chosen=as_of is not None)


def _said(reason: str) -> str:
    if not reason.strip():
        raise UsageError("--reason: expected a sentence that an auditor can read")
    return reason
