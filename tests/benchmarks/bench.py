"""The benchmark: `bench.py --size 0.1` runs each stage and its yardstick in turn and tells the medians of their ratios.

The data is made once and kept in --data (else $MSHI_BENCH, else ./bench); what was measured is kept there too, so that
growth is told once two sizes were run. `make bench` calls it. Figures depend on the machine: quote ratios.
"""

import argparse
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path

import report
from measure import aside, measured
from nation_data import NATION, NEED, Data
from registry import STAGES
from report import Row
from stage import Stage

PAIRS, PAIRS_AT_FULL_SIZE = 5, 3
_SMALLEST_GROWTH = 0.1  # below it fixed costs are all that is seen


def main() -> None:
    """Measure the stages that are asked for and tell of them."""
    told = _arguments()
    root = _folder(told, told.size)
    root.mkdir(parents=True, exist_ok=True)
    data = Data(root.absolute(), round(NATION * told.size), told.days)
    pairs = told.pairs or (PAIRS_AT_FULL_SIZE if told.size >= 1 else PAIRS)
    chosen = [stage for stage in STAGES.values() if _is_asked(stage, told)]
    for stage in [one for one in chosen if one.module and not (told.data / "rivals" / one.module).is_dir()]:
        print(f"{stage.name}: not measured, {stage.module} is not there; make bench-rivals puts it beside the data")
        chosen.remove(stage)
    print(machine(), flush=True)
    for stage in chosen:
        for piece in stage.needs:
            _have(data, piece)
    for stage in chosen:
        row = Row(stage, [_pair(stage, data) for _ in range(pairs)])
        _keep(root, row)
        print("\n".join(report.lines(row)), flush=True)
    rows = list(_rows(root).values())
    text = f"### {root.name} of the nation: {data.persons:,} people\n\n{machine()}\n\n{report.table(rows)}"
    grown = _growth(told)
    print("\n" + text + grown)
    if told.into is not None:
        report.put_into(told.into, f"size {root.name}", text + grown)


def machine() -> str:
    """On what and with what is measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in ("polars", "duckdb", "pyarrow"))
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.machine()}, {platform.system()}; "
        f"Python {platform.python_version()}, mshi {version('mshi')}, {libraries}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=float, default=0.01, help="part of the nation: 0.01, 0.1, 1")
    parser.add_argument("--days", type=int, help="delivery days a month of the data, else every banking day")
    parser.add_argument("--pairs", type=int, help="how often each stage is run beside its yardstick")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("MSHI_BENCH", "bench")), help="where data is kept"
    )
    parser.add_argument("--stages", nargs="*", help="names of stages, else all but the rivals")
    parser.add_argument("--rivals", action="store_true", help="other ways to the status too: SQL, pandas, PySpark")
    parser.add_argument("--tell", action="store_true", help="measure nothing, tell what was measured before")
    parser.add_argument("--into", type=Path, help="Markdown file whose part of this size is replaced")
    told = parser.parse_args()
    unknown = sorted({*(told.stages or ())} - {*STAGES})
    if unknown:
        parser.error(f"--stages: no stage {', '.join(unknown)}; there are {', '.join(STAGES)}")
    if not 0 < told.size <= 1:
        parser.error("--size: expected a part of the nation, above 0 and up to 1")
    for name in ("pairs", "days"):
        if (count := getattr(told, name)) is not None and count < 1:
            parser.error(f"--{name}: expected 1 or more")
    if told.into is not None and not told.into.parent.is_dir():
        parser.error(f"--into: there is no folder {told.into.parent}")
    return told


def _is_asked(stage: Stage, told: argparse.Namespace) -> bool:
    if told.tell:
        return False
    return stage.name in told.stages if told.stages else told.rivals or not stage.is_rival


def _have(data: Data, piece: str) -> None:
    """Make a piece of the data and what it is made of, where it is not there."""
    if data.has(piece):
        return
    for other in NEED.get(piece, ()):
        _have(data, other)
    began = time.monotonic()
    print(f"making {piece} …", end="", flush=True)
    aside("piece", piece, data)
    print(f" {time.monotonic() - began:.0f} s", flush=True)


def _pair(stage: Stage, data: Data) -> list[dict[str, float | str]]:
    """Ours, then the yardstick."""
    sides = ["ours"] if stage.yardstick is None else ["ours", "yardstick"]
    return [measured(stage.name, side, data, stage.environment) for side in sides]


def _keep(root: Path, row: Row) -> None:
    path = root / "results.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(kept | {row.stage.name: row.pairs}, indent=1))


def _rows(root: Path) -> dict[str, Row]:
    path = root / "results.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    return {name: Row(stage, kept[name]) for name, stage in STAGES.items() if name in kept}


def _folder(told: argparse.Namespace, size: float) -> Path:
    """Where data and results of a size lie; those with fewer delivery days are others."""
    return told.data / (f"{size:g}" if told.days is None else f"{size:g}, {told.days} days")


def _growth(told: argparse.Namespace) -> str:
    """Growth from a tenth of this size, where both were measured."""
    small, large = (_rows(_folder(told, size)) for size in (told.size / 10, told.size))
    if not small or told.size < _SMALLEST_GROWTH:
        return ""
    return f"\nGrowth from {told.size / 10:g} to {told.size:g} (goal 12, reach for 10.5):\n\n{report.growth(small, large, 10)}"


if __name__ == "__main__":
    sys.exit(main())
