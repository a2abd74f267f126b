"""Errors that end a command: what went wrong, what it means, what to do. Never personal data."""

import re

_LONG_NUMBER = re.compile(r"(?:\d{6}[ ._-]\d{2}|\d{5,})(\d{4})")


class UsageError(Exception):
    """The call cannot be carried out as given: exit status 2."""


class RunFailed(Exception):
    """The run failed, nothing was published, what was published before is untouched: exit status 1."""


def hide_numbers(text: str) -> str:
    """A file's name fit for the log: of long numbers only the last four digits."""
    return _LONG_NUMBER.sub(r"…\1", text)
