"""On which line of an XML text its elements begin, of a long one too.

libxml2 keeps 16 bits of a line's number and guesses beyond; expat counts on. Grain: an element.
"""

from collections.abc import Callable
from xml.parsers import expat

from lxml import etree

_MOST = (1 << 16) - 2  # lines of which libxml2 tells all


def line_of(
    root: etree._Element, text: bytes, encoding: str | None, names: set[str]
) -> Callable[[etree._Element], int]:
    """What gives the line (from 1) of an element of one of these names, by the text of which `root` was parsed."""
    if text.count(b"\n") <= _MOST:
        return lambda one: one.sourceline or 0
    lines: list[int] = []
    parser = expat.ParserCreate(encoding)
    parser.StartElementHandler = lambda *_: lines.append(parser.CurrentLineNumber)
    parser.Parse(text, True)
    told = zip(root.iter("*"), lines, strict=True)
    known = {one: line for one, line in told if etree.QName(one).localname in names}
    return known.__getitem__
