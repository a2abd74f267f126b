"""Run one side of a stage in a process of its own and take the operating system's figures of it.

`measure.py STAGE SIDE ROOT PERSONS DAYS WORK` is that process: side ours or yardstick, or prepare, which is not timed; with
`piece NAME ROOT PERSONS DAYS` it makes a piece of the data. Times are seconds of the work alone, the start of Python and the
imports taken off; `whole` is the wall time with them; peak memory is that of the whole process and what it started.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from nation_data import Data

_HERE = Path(__file__)


def measured(stage: str, side: str, data: Data, environment: dict[str, str]) -> dict[str, float | str]:
    """wall, cpu, whole, gib, load (of the machine before) and day of one side; `told` is what its work gave."""
    work = data.root / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    told = work / ".told.json"
    aside("prepare", stage, data, str(work))
    load = os.getloadavg()[0]
    began = time.monotonic()
    call = [sys.executable, str(_HERE), stage, side, *_told(data), str(work)]
    process = subprocess.Popen(call, env=os.environ | environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    ended = time.monotonic()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{stage}, {side}: ended with {process.returncode}")
    found = json.loads(told.read_text())
    shutil.rmtree(work)
    return {
        "wall": ended - found["began"],
        "cpu": used.ru_utime + used.ru_stime - found["cpu_before"],
        "whole": ended - began,
        "gib": used.ru_maxrss / 2**20,
        "load": load,
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "told": found["told"],
    }


def aside(what: str, name: str, data: Data, *more: str) -> None:
    """Do what is not timed in a process of its own, so that this one stays small."""
    place = [name, "prepare"] if what == "prepare" else ["piece", name]
    subprocess.run([sys.executable, str(_HERE), *place, *_told(data), *more], check=True)


def _told(data: Data) -> list[str]:
    return [str(data.root), str(data.persons), str(data.days or 0)]


def main() -> None:
    """Be the process of one side, of its preparation, or of a piece of the data."""
    from registry import STAGES

    import pipelines  # noqa: F401 - before Polars is loaded, as the command does

    first, second, root, persons, days, *more = sys.argv[1:]
    data = Data(Path(root), int(persons), int(days) or None)
    if first == "piece":
        data.make(second)
        return
    stage, work = STAGES[first], Path(more[0])
    if second == "prepare":
        if stage.prepare is not None:
            stage.prepare(data, work)
        return
    side = stage.ours if second == "ours" else stage.yardstick
    assert side is not None
    run = side(data, work)
    used = resource.getrusage(resource.RUSAGE_SELF)
    began = time.monotonic()
    told = run()
    found = {"began": began, "cpu_before": used.ru_utime + used.ru_stime, "told": str(told)}
    (work / ".told.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
