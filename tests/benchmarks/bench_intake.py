"""How long a bank's register takes from its archived bytes into the ledger, against DuckDB's bare COPY of the same file.

Run it with `python tests/benchmarks/bench_intake.py [LINES] [PAIRS]`. Each pair times both in turn, each in a process of
its own without the start of Python: parse, validate, check digits, repeated ids, Parquet; and DuckDB's typed read_csv to
Parquet. One line in 200 has a fault, one in 500 repeats an id. Prints the median of the ratios. Not a test: figures
depend on the machine.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from pipelines import archive
from pipelines.archive import Record
from pipelines.home import Home
from schemas.identifiers import valid_iin, valid_payer

LINES, PAIRS = 1_000_000, 5
DAY = date(2026, 11, 20)
STEP = 500_000
HEADER = b"payment_id,pay_date,payer_iin,iin,surname,name,patronymic,knp,period,amount,channel\n"
LETTERS = "абвгдежзийклмнопрстуфхцчшщэюя"
INTAKE = """
import resource, sys, time
from pathlib import Path
import pandera.polars
from pipelines import follow
from pipelines.home import Home
home = Home(Path(sys.argv[1]))
wall, cpu = time.perf_counter(), time.process_time()
follow.catch_up(home)
"""
COPY = """
import resource, sys, time
import duckdb
con = duckdb.connect()
con.execute("SET enable_progress_bar = false")
text = ("payment_id", "surname", "name", "patronymic", "knp", "period", "channel")
columns = {name: "VARCHAR" for name in text} | {"pay_date": "DATE", "amount": "DECIMAL(18,2)"}
columns |= {"payer_iin": "VARCHAR", "iin": "VARCHAR"}
order = "payment_id,pay_date,payer_iin,iin,surname,name,patronymic,knp,period,amount,channel".split(",")
columns = {name: columns[name] for name in order}
wall, cpu = time.perf_counter(), time.process_time()
con.execute(f"COPY (SELECT * FROM read_csv('{sys.argv[1]}', header=true, auto_detect=false, columns={columns})) TO '{sys.argv[2]}' (FORMAT parquet)")
"""
TOLD = """
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(time.perf_counter() - wall, time.process_time() - cpu, peak)
"""


def write_register(path: Path, lines: int) -> None:
    """A register of that many lines of people and payers who cannot exist."""
    rng = np.random.default_rng(13)
    people, payers = numbers(rng, lines // 2 + 1000, valid_iin), numbers(rng, lines // 50 + 1000, valid_payer)
    with path.open("wb") as file:
        file.write(HEADER)
        for begin in range(0, lines, STEP):
            count = min(STEP, lines - begin)
            rows(rng, begin, count, people, payers).write_csv(file, include_header=False, quote_style="never")


def numbers(rng: np.random.Generator, count: int, valid) -> pl.Series:
    """Ids with right check digits."""
    day = (80 + rng.integers(0, 10, count)) * 10000 + rng.integers(1, 13, count) * 100 + rng.integers(1, 29, count)
    drawn = pl.Series(day * 1_000_000 + rng.integers(1, 3, count) * 100_000 + rng.integers(0, 100_000, count)).cast(
        pl.String
    )
    digits = [drawn.str.head(11) + str(digit) for digit in range(10)]
    found = pl.concat([one.filter(valid(one)) for one in digits])
    return found.sample(fraction=1, shuffle=True, seed=7)


def rows(rng: np.random.Generator, begin: int, count: int, people: pl.Series, payers: pl.Series) -> pl.DataFrame:
    """Rows of the register from one number on."""
    number = np.arange(begin, begin + count)
    repeats = (number % 500 == 499) & (number > 1000)
    who = rng.integers(0, len(people), count)
    tiyn = rng.integers(85_000, 1_500_000, count)
    names = pl.Series([f"Үлгі{a}{b}" for a in LETTERS for b in LETTERS])
    frame = pl.DataFrame(
        {"id": np.where(repeats, number - 997, number), "day": rng.integers(1, 20, count), "tiyn": tiyn}
    )
    return frame.select(
        pl.format("P{}", pl.col("id").cast(pl.String).str.zfill(9)),
        pl.format("2026-11-{}", pl.col("day").cast(pl.String).str.zfill(2)).alias("day"),
        payers.gather(rng.integers(0, len(payers), count)).alias("payer"),
        people.gather(who).set(pl.Series(number % 200 == 1), "880101000000").alias("person"),
        names.gather(who % len(names)).alias("surname"),
        pl.Series(["Адам", "Ана", "Бала"]).gather(who % 3).alias("name"),
        pl.Series(["", "Үлгіұлы", "-"]).gather(who // 3 % 3).alias("patronymic"),
        pl.Series(["121", "122"]).gather(who % 2).alias("knp"),
        pl.lit("112026").alias("period"),
        pl.format("{}.{}", pl.col("tiyn") // 100, (pl.col("tiyn") % 100).cast(pl.String).str.zfill(2)).alias("amount"),
        pl.Series(["app", "terminal", "till", "site"]).gather(who % 4).alias("channel"),
    )


def timed(code: str, *given: str) -> tuple[float, float, float]:
    """Wall and CPU seconds and peak GiB of the code in a process of its own."""
    ran = subprocess.run([sys.executable, "-c", code + TOLD, *given], capture_output=True, text=True, check=True)
    wall, cpu, peak = map(float, ran.stdout.split())
    return wall, cpu, peak


def main() -> None:
    """Write the register, archive it, then time intake and COPY in turn."""
    lines, pairs = (
        (int(told) for told in [*sys.argv[1:], LINES, PAIRS][:2]) if len(sys.argv) != 2 else (int(sys.argv[1]), PAIRS)
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, home = folder / "register.csv", Home(folder / "home")
        write_register(path, lines)
        home.prepare()
        sha256, _ = archive.store(home, path)
        archive.append(home, [Record(1, sha256, path.name, "bank", DAY)])
        print(f"{lines:,} lines, {path.stat().st_size / 2**20:,.0f} MiB")
        ratios = []
        for _ in range(pairs):
            shutil.rmtree(home.ledger)
            home.prepare()
            ours, copy = timed(INTAKE, str(home.root)), timed(COPY, str(path), str(folder / "copy.parquet"))
            ratios.append((ours[0] / copy[0], ours[1] / copy[1]))
            for told, (wall, cpu, peak) in (("intake", ours), ("COPY", copy)):
                print(f"  {told:<7} {wall:6.2f} s, CPU {cpu:6.2f} s, peak {peak:.2f} GiB")
        of_wall, of_cpu = (statistics.median(ratio) for ratio in zip(*ratios, strict=True))
        size = sum(file.stat().st_size for file in home.ledger.rglob("*.parquet"))
        print(f"median of {pairs}: wall {of_wall:.2f}, CPU {of_cpu:.2f}; ledger {size / lines:.1f} bytes a line")


if __name__ == "__main__":
    main()
