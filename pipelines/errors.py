"""Errors that end a command: what went wrong, what it means, what to do. Never personal data."""

import errno
import os
import re
import traceback
from threading import Event

_ENDED = Event()
_LONG_NUMBER = re.compile(r"(?:\d{6}[ ._-]\d{2}|\d{5,})(\d{4})")


class UsageError(Exception):
    """The call cannot be carried out as given: exit status 2."""


class RunFailed(Exception):
    """The run failed, nothing was published, what was published before is untouched: exit status 1."""


def end_at_once(*_: object) -> None:
    """What Ctrl-C does: in the middle of a query DuckDB makes an error of its own of it, which is no failure."""
    _ENDED.set()
    raise KeyboardInterrupt


def was_ended() -> bool:
    """Whether somebody has ended the command with Ctrl-C."""
    return _ENDED.is_set()


def is_failure(error: BaseException) -> bool:
    """Whether work failed with this: any Exception, and a panic of Polars, which is none; not that somebody ends it."""
    return not was_ended() and (isinstance(error, Exception) or type(error).__name__ == "PanicException")


def disk_error(error: BaseException) -> OSError | None:
    """The error of the disk that Polars or DuckDB wrapped in one of their own; None if it is none."""
    text = str(error)
    found = re.search(r"\(os error (\d+)\)", text)
    if found:
        return OSError(int(found[1]), os.strerror(int(found[1])))
    numbers = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)
    return next((OSError(one, os.strerror(one)) for one in numbers if os.strerror(one) in text), None)


def without_values(error: BaseException) -> RunFailed:
    """An unforeseen error fit for the log: its kind and place; its text may hold what is personal.

    What is wrong in the rules files is told as it is: they hold law, and whoever edits them must know where.
    """
    from schemas.rules import RuleError

    if isinstance(error, RuleError):
        return RunFailed(f"schemas/rules/{error}; nothing was published; mend the rules file")
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    place = f"{ours[-1].filename.rsplit('/', 1)[-1]} line {ours[-1].lineno}" if ours else "an unknown place"
    return RunFailed(f"{type(error).__name__} in {place}; nothing was published; report this, it is a fault of mshi")


def sentence_of(error: BaseException) -> str:
    """What the duty officer reads of an error that broke off a job: what went wrong and what to do."""
    if isinstance(error, RunFailed | UsageError):
        return hide_numbers(str(error)) if isinstance(error, UsageError) else str(error)
    of_disk = error if isinstance(error, OSError) and error.strerror else disk_error(error)
    if of_disk is None:
        return str(without_values(error))
    # of a copy that fails it is mostly the target that takes no more
    place = of_disk.filename2 or of_disk.filename
    where = hide_numbers(str(place)) if place else "in the home, in the spill folder or where the output goes"
    told = f"{of_disk.strerror}: {where}; broken off, what was published before is untouched"
    return f"{told}; mend this and start again, what is left is taken up"


def hide_numbers(text: str) -> str:
    """A file's name fit for the log: of long numbers only the last four digits, no line breaks or control signs."""
    return "".join(sign if sign.isprintable() else "?" for sign in _LONG_NUMBER.sub(r"…\1", text))


def readable(name: str) -> str:
    """A file's name as text; bytes that are no UTF-8 become question marks."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
