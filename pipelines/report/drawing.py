"""Draw charts as SVG shapes, in whole units of a view box: the flow of money, stacked bars, days of a month.

Only geometry: colours are classes of the style sheet, texts come from the page. Nothing here rounds money: a shape
shows a share, the number beside it is exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.report.flow import Flow, Stop

_THIN = 2  # what is there is seen, however little it is


@dataclass(frozen=True)
class Bar:
    """A stop as an upright bar."""

    stop: Stop
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Ribbon:
    """A stream as a closed path."""

    kind: str
    key: str
    path: str


@dataclass(frozen=True)
class Drawing:
    """A flow as shapes in a box of this size."""

    width: int
    height: int
    bars: list[Bar]
    ribbons: list[Ribbon]


def drawn(flow: Flow, width: int, height: int, gap: int, bar: int) -> Drawing:
    """The flow in columns of equal width; `gap` lies between stops, for their texts stand beside them."""
    shown = [[stop for stop in column if stop.tiyn > 0] for column in flow.columns]
    shown = [column for column in shown if column]
    most = max((sum(stop.tiyn for stop in column) for column in shown), default=0)
    step = width // max(1, len(shown))
    bars: dict[Stop, Bar] = {}
    for place, column in enumerate(shown):
        top = 0
        for stop in column:
            tall = max(_THIN, height * stop.tiyn // most)
            bars[stop] = Bar(stop, place * step, top, bar, tall)
            top += max(tall, gap // 2) + gap
    lowest = max((one.y + max(one.height, gap) for one in bars.values()), default=0)
    return Drawing(width, lowest, list(bars.values()), _ribbons(flow, bars))


def _ribbons(flow: Flow, bars: Mapping[Stop, Bar]) -> list[Ribbon]:
    left, entered = dict.fromkeys(bars, 0), dict.fromkeys(bars, 0)
    found = []
    for stream in flow.streams:
        if stream.tiyn <= 0 or stream.start not in bars or stream.end not in bars:
            continue
        start, end = bars[stream.start], bars[stream.end]
        sides = []
        for one, taken in ((start, left), (end, entered)):
            begins = one.height * taken[one.stop] // one.stop.tiyn
            taken[one.stop] += stream.tiyn
            ends = one.height * taken[one.stop] // one.stop.tiyn
            sides.append((one.y + begins, max(1, ends - begins)))
        (y0, tall0), (y1, tall1) = sides
        x0, x1 = start.x + start.width, end.x
        middle = (x0 + x1) // 2
        path = (
            f"M{x0} {y0}C{middle} {y0} {middle} {y1} {x1} {y1}V{y1 + tall1}"
            f"C{middle} {y1 + tall1} {middle} {y0 + tall0} {x0} {y0 + tall0}Z"
        )
        found.append(Ribbon(stream.end.kind, stream.end.key, path))
    return found


def stacked(parts: Sequence[tuple[str, int]], width: int) -> list[tuple[str, int, int]]:
    """Parts of a whole -> key, x and width of each piece of one bar."""
    whole = sum(size for _, size in parts)
    found, passed = [], 0
    for key, size in parts:
        x = width * passed // whole if whole else 0
        passed += size
        if size > 0:
            found.append((key, x, max(_THIN, width * passed // whole - x)))
    return found


def heights(values: Sequence[int], height: int) -> list[int]:
    """The height of a column for each value, the largest as high as there is room."""
    most = max(values, default=0)
    return [max(_THIN, height * value // most) if value > 0 else 0 for value in values]
