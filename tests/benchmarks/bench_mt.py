"""How long the fast reader takes for MT102 text, against the plain parser and DuckDB copying the same lines from CSV.

`make bench` runs it: each side in a process of its own, in turn, and prints the medians of the pairwise ratios and the
peak memory. Not a test: figures depend on the machine, only the ratios are to be quoted.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

PEOPLE, PAIRS = 300_000, 5
SURNAMES = ("Үлгі", "Ахметова", "Қожаңұлы", "Сейтқалиева", "Ибраев", "Нұрмағамбетов", "Ким", "Омарова-Әлиева")
NAMES = ("Адам", "Айгүл", "Нұрсұлтан", "Александра", "Ержан", "Бақыт")
HEAD = """{{1:F01K054700000000001000001}}
{{2:I102SGROSS000000U3003}}
{{4:
:20:REF{no:012d}
:50:/D/KZ{account:018d}
/NAME/ТОО «Шаруа {no}»
/IDN/{payer:012d}
/IRS/1
/SECO/7
:52B:CASPKZKA
:57B:GCVPKZ2A
:59:KZ92009MEDS368609103
/NAME/НАО
/IDN/160440007161
:70:/NUM/{no}
/DATE/261110
/SEND/07
/VO/01
/KNP/121
/PSO/01
/PRT/50
/PERIOD/102026
/ASSIGN/Отчисления и взносы на обязательное социальное медицинское ст
рахование за работников
"""
ITEM = ":21:{no}\n:32B:KZT{amount}\n:70:/OPV/C\n//FM/{surname}\n//NM/{name}\n//FT/-\n//DT/18{born}\n//IDN/{born}{tail:06d}\n"


def make(folder: Path) -> None:
    """One file of messages of 50 to 150 people, and its lines as CSV."""
    from pipelines.readers import mt_fast

    rng, text, no, left = Random(1), [], 0, PEOPLE
    while left:
        no, size = no + 1, min(left, rng.randint(50, 150))
        text.append(HEAD.format(no=no, account=rng.randrange(10**18), payer=rng.randrange(10**12)))
        tiyn = [rng.randrange(100_000, 2_000_000) for _ in range(size)]
        for place, amount in enumerate(tiyn, start=1):
            born = f"8{rng.randrange(10)}0{rng.randrange(1, 10)}1{rng.randrange(10)}"
            told = {"amount": f"{amount // 100},{amount % 100:02d}", "born": born, "tail": rng.randrange(10**6)}
            text.append(ITEM.format(no=place, surname=rng.choice(SURNAMES), name=rng.choice(NAMES), **told))
        text.append(f":32A:261110KZT{sum(tiyn) // 100},{sum(tiyn) % 100:02d}\n-}}\n")
        left -= size
    (folder / "mt.txt").write_text("".join(text), encoding="utf-8")
    lines = mt_fast.read((folder / "mt.txt").read_bytes()).lines
    told = [column for column in lines.columns if not lines[column].null_count()]
    lines.select(told).write_csv(folder / "lines.csv")


def fast(folder: Path) -> Callable[[], object]:
    """The reader that the night uses."""
    from pipelines.readers.recognise import read_file

    return lambda: read_file(folder / "mt.txt", "mt.txt", is_register=False)


def plain(folder: Path) -> Callable[[], object]:
    """The plain parser, given the text."""
    from pipelines.readers import mt

    text = (folder / "mt.txt").read_text(encoding="utf-8")
    return lambda: mt.read(text)


def yardstick(folder: Path) -> Callable[[], object]:
    """DuckDB, from CSV to Parquet."""
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    source = f"read_csv('{folder}/lines.csv', all_varchar = true, header = true, delim = ',', quote = '\"')"
    return lambda: con.execute(f"COPY (SELECT * FROM {source}) TO '{folder}/lines.parquet' (FORMAT parquet)")


SIDES = {"fast": fast, "plain": plain, "yardstick": yardstick}


def measured(side: str, folder: Path) -> dict[str, float]:
    """Wall and CPU seconds and peak memory of one side in a process of its own."""
    ran = subprocess.run([sys.executable, __file__, side, str(folder)], capture_output=True, text=True, check=True)
    return dict(json.loads(ran.stdout))


def main() -> None:
    """Measure all sides in turn; with a side and a folder as arguments, be that side."""
    if len(sys.argv) == 3:
        work = SIDES[sys.argv[1]](Path(sys.argv[2]))
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        told = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        print(json.dumps(told | {"gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}))
        return
    with tempfile.TemporaryDirectory() as name:
        make(Path(name))
        size = (Path(name) / "mt.txt").stat().st_size
        rounds = [{side: measured(side, Path(name)) for side in SIDES} for _ in range(PAIRS)]
    print(f"{PEOPLE:,} people in {size / 1e6:.0f} MB of MT102, {PAIRS} rounds: medians, and the peak")
    for other in ("plain", "yardstick"):
        ratios = {
            unit: statistics.median(one["fast"][unit] / one[other][unit] for one in rounds) for unit in ("wall", "cpu")
        }
        print(f"  fast reader against {other:<9} wall {ratios['wall']:5.2f} times, cpu {ratios['cpu']:5.2f} times")
    for side in SIDES:
        seconds = {unit: statistics.median(one[side][unit] for one in rounds) for unit in ("wall", "cpu")}
        peak = max(one[side]["gib"] for one in rounds)
        print(f"  {side:<9} wall {seconds['wall']:.2f} s, cpu {seconds['cpu']:.2f} s, peak {peak:.2f} GiB")


if __name__ == "__main__":
    main()
