"""What a stage of the benchmark is: the product's work, its yardstick, the goal, and what must lie there before.

A stage's modules are imported by the process that only starts and times others, so they import nothing heavy at the top:
what a parent holds in memory would count as its child's peak.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nation_data import Data

Work = Callable[[], object]
Side = Callable[[Data, Path], Work]  # imports what it needs and gives the work, which alone is timed


@dataclass(frozen=True)
class Stage:
    """One row of the table. `goal` and `reach` are ratios to the yardstick, or seconds where there is none.

    `needs` names pieces of the data (nation_data.py); `prepare` puts into the work folder what one side changes.
    `peak` is the most memory allowed, GiB. `is_rival`: `ours` is another's way of doing what the yardstick, the product,
    does; it wants a `module` that is no dependency of the product. `note` says what the figures do not.
    """

    name: str
    what: str
    ours: Side
    against: str = ""
    yardstick: Side | None = None
    goal: float | None = None
    reach: float | None = None
    peak: float | None = None
    needs: tuple[str, ...] = ()
    prepare: Callable[[Data, Path], None] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    is_rival: bool = False
    module: str = ""
    note: str = ""
