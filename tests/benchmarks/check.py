"""Hold the product against the generator: `check.py --size 0.01` takes a nation in day by day as text and compares.

Every file, line, verdict, reason and return of the last months and the status of everybody must be as the generator expects;
ends with 1 where one differs. All 13 months come as text with all their delivery days unless --days limits these. Nothing
is timed. `make bench-check` calls it.
"""

import argparse
import shutil
import sys
from pathlib import Path

from nation_data import AS_OF, MONTHS, NATION, SEED


def main() -> int:
    """Make the nation, take it in, compare; 1 if anything differs."""
    from pipelines.generate.nation import Nation
    from pipelines.generate.proof import differences, take_in_days
    from pipelines.generate.write import generate
    from pipelines.home import Home

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=float, default=0.01, help="part of the nation")
    parser.add_argument("--days", type=int, help="delivery days a month, else every banking day")
    parser.add_argument("--data", type=Path, default=Path("bench"), help="folder to work in")
    told = parser.parse_args()
    folder = told.data / "check"
    shutil.rmtree(folder, ignore_errors=True)
    nation = Nation(round(NATION * told.size), MONTHS, AS_OF, SEED, told.days)
    written = generate(folder / "nation", nation)
    home = Home(folder / "home")
    take_in_days(home, folder / "nation")
    found = differences(home, folder / "nation", AS_OF)
    print(f"{nation.persons:,} people, {written.files:,} files, {written.lines:,} lines of text")
    for name, count in found.items():
        print(f"{count:>12,} {name} differ")
    shutil.rmtree(folder)
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
