"""The notification hook: a job that failed (1) or needs a look (3) tells whoever is on duty, by a command or a webhook.

`MSHI_NOTIFY_COMMAND` is run with the outcome as JSON on its standard input, `MSHI_NOTIFY_URL` gets it by POST; both
come from the environment and are never shown, for an address may hold a secret. A hook that fails is told of in one
line and changes no result. Jobs by hand, from cron, systemd and Prefect all come through here.
"""

import json
import os
import re
import shlex
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.errors import UsageError, is_failure, sentence_of
from pipelines.outcome import FAILED, WELL, Outcome

COMMAND, URL, SECONDS = "MSHI_NOTIFY_COMMAND", "MSHI_NOTIFY_URL", "MSHI_NOTIFY_SECONDS"
_PATIENCE, _LONGEST = "20", 3_600  # seconds for each of the two
_OURS = "MSHI_"  # keys and addresses of ours are not for the command


@dataclass
class Ending:
    """What a job says of its end, if it comes to one."""

    outcome: Outcome | None = None


@contextmanager
def told_on_duty(job: str, day: date, tell: Callable[[str], None]) -> Iterator[Ending]:
    """Around a job: tells of its outcome, or of the error that broke it off; wrong usage is for whoever typed it."""
    ending = Ending()
    try:
        yield ending
    except UsageError:
        raise
    except BaseException as error:
        if not is_failure(error):
            raise
        notify(Outcome(job, day, FAILED, sentence_of(error)), tell)
        raise
    if ending.outcome is not None:
        notify(ending.outcome, tell)


def notify(outcome: Outcome, tell: Callable[[str], None]) -> None:
    """Tell of an outcome that is not well; `tell` gets one line for each hook that fails. Never raises."""
    if outcome.exit_status == WELL:
        return
    payload = json.dumps(outcome.told(), ensure_ascii=False).encode()
    for setting, hook in ((COMMAND, _command), (URL, _post)):
        if os.environ.get(setting) and (why := _failure(hook, payload)) is not None:
            tell(f"the notification by {setting} failed ({why}); the result of the job stands")


def _failure(hook: Callable[[bytes, int], None], payload: bytes) -> str | None:
    """Why a hook failed, without what it was given: neither an address nor what a server answered."""
    patience = os.environ.get(SECONDS, _PATIENCE)
    told = int(patience) if re.fullmatch("[0-9]{1,9}", patience, re.ASCII) else 0
    seconds = min(told, _LONGEST) or int(_PATIENCE)
    found: list[str] = []

    def careful() -> None:
        try:
            hook(payload, seconds)
        except subprocess.TimeoutExpired:
            found.append("timed out")
        except urllib.error.HTTPError as error:
            found.append(f"answered {error.code}")
        except urllib.error.URLError as error:
            found.append(_kind(error.reason))
        except Exception as error:  # a hook is somebody else's: whatever it does, the night's result stands
            found.append(_kind(error))

    # A server that answers a byte a minute keeps every single wait short; the thread is left behind then.
    thread = threading.Thread(target=careful, daemon=True)
    thread.start()
    thread.join(seconds + 2)
    if thread.is_alive():
        return "timed out"
    return found[0] if found else None


def _command(payload: bytes, seconds: int) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    quiet = subprocess.DEVNULL  # what it writes is not ours to log, and the last line of ours is the snapshot
    words = shlex.split(os.environ[COMMAND])
    ran = subprocess.run(words, input=payload, stdout=quiet, stderr=quiet, env=environment, timeout=seconds)
    if ran.returncode:
        raise ChildProcessError(f"exit status {ran.returncode}")


def _post(payload: bytes, seconds: int) -> None:
    address = os.environ[URL]
    if not address.startswith(("https://", "http://")):
        raise ChildProcessError("expected an address that begins with https:// or http://")
    request = urllib.request.Request(address, payload, {"Content-Type": "application/json"}, method="POST")
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds):
        pass


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An outcome goes to the address that was set and to no other."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _kind(error: object) -> str:
    if isinstance(error, ChildProcessError):
        return str(error)
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, OSError) and error.strerror and error.errno is not None:
        return error.strerror
    return type(error).__name__
