"""Read the heads of ordinary MT messages: sequence A and C at once, by a pattern learned from a head of the same form.

Grain: one head, as text, in; its values by tag and key out, the same as `mt.fill` would put. A form is the order of the
tags and keys; a head that fits no form goes to `mt.fill` itself, and one that holds more than a head is left alone.
"""

import re
from dataclasses import dataclass

from pipelines.readers import mt

_MOST_FORMS = 32  # of one file; banks write one or two
_LINE = re.compile(r"(\{1:|\{2:[IO][0-9]{3}|\{4:)|(?::([0-9]{2}[A-Z]?):)?(?://?([A-Za-z]{1,8})/)?")
_VALUE = r"([^\n]*)"
_PURPOSE = r"([^\n]*(?:\n(?![\s/:{]|-\})[^\n]*)*)"  # goes on over lines that begin with no mark


@dataclass(frozen=True)
class _Form:
    pattern: re.Pattern[str]
    kind: str
    names: tuple[str, ...]
    purposes: tuple[int, ...]  # the groups that may hold several lines
    reference: int | None  # the group of `:20:`, whose line is the message's


class Heads:
    """The heads of one file, and the forms met in it."""

    def __init__(self) -> None:
        self._forms: list[_Form] = []
        self._learned = 0

    def read(self, text: str, first_line: int, ordinary: bool) -> mt.Message | None:
        """The message with its head filled; None if the text holds more than the head of one message.

        `text` is sequence A, from `{1:` on, with sequence C as its last line. `ordinary` says that no line holds two
        keys, a brace or odd blanks.
        """
        if ordinary:
            for place, form in enumerate(self._forms):
                if (matched := form.pattern.fullmatch(text)) is not None:
                    if place:
                        self._forms.insert(0, self._forms.pop(place))
                    return _message(form, matched, first_line)
            if self._learned < _MOST_FORMS:
                self._learned += 1
                if (learned := _form_of(text)) is not None:
                    self._forms.insert(0, learned)
                    return _message(learned, learned.pattern.fullmatch(text), first_line)
        return _by_lines(text, first_line)


def _form_of(text: str) -> _Form | None:
    """The form of this head; None where the beginnings of its lines do not tell all that the plain parser sees."""
    pattern: list[str] = []
    names: list[str] = []
    kind, tag, before = "", "", ""
    purposes, reference = [], None
    for line in text.split("\n"):
        matched = _LINE.match(line)
        assert matched is not None  # every part of the pattern may be missing
        begin, (block, own_tag, key) = matched.group(), matched.groups()
        if block and before != "ASSIGN":
            kind = block[4:] if block.startswith("{2:") else kind
            pattern.append(re.escape(block) + r"[^\n]*")
        elif begin and not block:
            tag, before = own_tag or tag, (key or "").upper()
            name = f"{tag}/{before}" if key else tag
            if not tag or tag in ("21", "32B") or name in names:
                return None
            names.append(name)
            reference = len(names) if own_tag == "20" else reference
            purposes += [len(names)] if before == "ASSIGN" else []
            pattern.append(re.escape(begin) + ("" if key else "(?!/)") + (_PURPOSE if before == "ASSIGN" else _VALUE))
        elif before != "ASSIGN":
            return None
    form = _Form(re.compile("\n".join(pattern)), kind, tuple(names), tuple(purposes), reference)
    return form if form.pattern.fullmatch(text) else None


def _message(form: _Form, matched: re.Match[str] | None, first_line: int) -> mt.Message:
    assert matched is not None
    values = dict(zip(form.names, map(str.strip, matched.groups()), strict=True))
    for group in form.purposes:
        if "\n" in matched[group]:
            values[form.names[group - 1]] = "".join(map(str.strip, matched[group].split("\n")))
    line_no = first_line
    if form.reference is not None:
        line_no += matched.string.count("\n", 0, matched.start(form.reference))
    return mt.Message(line_no, form.kind, mt.Part(first_line, values), ended=True)


def _by_lines(text: str, first_line: int) -> mt.Message | None:
    """The head as the plain parser fills it."""
    body = [(no, line) for no, line in enumerate(map(str.strip, text.split("\n")), start=first_line) if line]
    if any(line.startswith(("{1:", "-}")) for _, line in body[1:]):
        return None
    message = mt.Message(first_line, ended=True)
    mt.fill(message, body)
    return None if message.items else message
