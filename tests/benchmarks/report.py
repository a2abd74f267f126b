"""Tell what was measured: medians of pairwise ratios beside goal and reach, as lines and as a Markdown table.

Grain: a row per stage. A result is JSON: stage, pairs of figures (measure.py). Times are seconds, memory GiB.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from stage import Stage

_HEAD = [
    "stage",
    "against",
    "goal",
    "reach",
    "CPU",
    "wall",
    "ours: CPU s, wall s, GiB",
    "yardstick",
    "held",
    "measured",
]


@dataclass(frozen=True)
class Row:
    """A stage as it is told; of one without yardstick, `cpu` and `wall` are seconds of the whole process."""

    stage: Stage
    pairs: list[list[dict[str, Any]]]

    @property
    def has_yardstick(self) -> bool:
        return len(self.pairs[0]) == 2

    def ratio(self, unit: str) -> float:
        """The median of the pairwise ratios; seconds of the command with its start where there is no yardstick."""
        if not self.has_yardstick:
            return median(pair[0]["whole" if unit == "wall" else unit] for pair in self.pairs)
        return median(pair[0][unit] / pair[1][unit] for pair in self.pairs)

    def typical(self, side: int, unit: str) -> float:
        """The median of a side's own figure."""
        return median(pair[side][unit] for pair in self.pairs)

    @property
    def peak(self) -> float:
        """The most memory that any run of ours took."""
        return max(pair[0]["gib"] for pair in self.pairs)

    @property
    def when(self) -> str:
        """The day, how many pairs, and the load of the machine meanwhile."""
        load = median(one["load"] for pair in self.pairs for one in pair)
        return f"{self.pairs[-1][0]['day']}, {len(self.pairs)} {'pairs' if self.has_yardstick else 'runs'}, load {load:.0f}"

    def held(self) -> str:
        """Which of its goals the stage holds."""
        told = []
        if self.stage.goal is not None:
            units = ("cpu", "wall") if self.has_yardstick else ("wall",)
            off = [unit for unit in units if self.ratio(unit) > self.stage.goal]
            reached = self.stage.reach is not None and all(self.ratio(unit) <= self.stage.reach for unit in units)
            told.append(f"**not held** ({', '.join(off)})" if off else "reached" if reached else "held")
        if self.stage.peak is not None and self.peak > self.stage.peak:
            told.append(f"**memory not held** ({self.stage.peak:g} GiB)")
        return "; ".join(told) or "no goal"


def lines(row: Row) -> list[str]:
    """What the screen shows of a stage when it is measured."""
    stage, unit = row.stage, "times" if row.has_yardstick else "s"
    told = [f"{stage.name}: {row.held().replace('*', '')}"]
    goal = "" if stage.goal is None else f"   goal {stage.goal:g}, reach for {stage.reach:g}"
    told.append(f"  CPU {row.ratio('cpu'):7.2f} {unit}, wall {row.ratio('wall'):7.2f} {unit}{goal}")
    for side in range(len(row.pairs[0])):
        name = ("ours", "yardstick")[side]
        cpu, wall = row.typical(side, "cpu"), row.typical(side, "wall")
        peak = max(pair[side]["gib"] for pair in row.pairs)
        told.append(
            f"  {name:<9} CPU {cpu:8.2f} s, wall {wall:8.2f} s, peak {peak:.2f} GiB   {row.pairs[0][side]['told']}"
        )
    return told + ([f"  {stage.note}"] if stage.note else [])


def table(rows: list[Row]) -> str:
    """The stages as a Markdown table, with their notes below."""
    told = ["| " + " | ".join(_HEAD) + " |", "|" + "---|" * len(_HEAD)]
    for row in rows:
        stage, unit = row.stage, " ×" if row.has_yardstick else " s"
        bounds = [f"{bound:g}{unit}" if bound is not None else "–" for bound in (stage.goal, stage.reach)]
        ratios = [f"{row.ratio(one):.2f}{unit}" for one in ("cpu", "wall")]
        sides = [
            f"{row.typical(side, 'cpu'):.1f}, {row.typical(side, 'wall'):.1f}, {max(p[side]['gib'] for p in row.pairs):.2f}"
            for side in range(len(row.pairs[0]))
        ]
        cells = [
            stage.name,
            stage.against or "–",
            *bounds,
            *ratios,
            *sides,
            *["–"] * (2 - len(sides)),
            row.held(),
            row.when,
        ]
        told.append("| " + " | ".join(cells) + " |")
    notes = [f"{row.stage.name}: {row.stage.note}" for row in rows if row.stage.note]
    return "\n".join([*told, *(f"\n{note}" for note in notes)]) + "\n"


def growth(small: dict[str, Row], large: dict[str, Row], times: float) -> str:
    """How CPU time grows from one size to another, as a Markdown table; where each grows as the data, `times`."""
    told = ["| stage | growth in CPU | memory |", "|---|---|---|"]
    for name, row in large.items():
        if name in small and not row.stage.is_rival:
            grown = row.typical(0, "cpu") / small[name].typical(0, "cpu")
            told.append(
                f"| {name} | {grown:.1f} × for {times:g} × the people | {small[name].peak:.2f} → {row.peak:.2f} GiB |"
            )
    return "\n".join(told) + "\n"


def put_into(path: Path, key: str, text: str) -> None:
    """Replace the part of a document between its marks, or add it at the end."""
    begin, end = f"<!-- {key} -->\n", f"<!-- end of {key} -->\n"
    before = path.read_text() if path.exists() else ""
    part = begin + text + end
    found = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    path.write_text(found.sub(lambda _: part, before) if found.search(before) else f"{before}\n{part}")
