"""How long one person's explanation takes at a tenth of the nation: 1.65 million people, 19 million payment lines.

The ledger is written straight into its segment, for taking that many lines in is not what is measured. Run it with
`python tests/benchmarks/bench_explain.py [EMPLOYEES]`; prints wall and CPU seconds and peak memory of the command in a
process of its own, for an employee, for a payer for oneself, and for a line. Not a test: figures depend on the machine.
"""

import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from pipelines import archive
from pipelines.archive import Record
from pipelines.home import Home, write_private
from pipelines.versions import judging_hash
from schemas.calendar import add_months
from schemas.ledger import LEDGER

EMPLOYEES = 650_000  # each with two lines a month; three of thirteen people pay for themselves, half are preferential
MONTHS = 13
FIRST = date(2025, 10, 1)
ROW = (
    b"a line of a bank's register as long as such lines are, with an IIN, a name, an amount and whatever else it says\n"
)
LINES = """
    SELECT 1 + m AS sequence, 0::INTEGER AS document_no, line_no, '{sha}' AS file_sha256, 'payment' AS kind,
        (DATE '{first}' + to_months(m::INTEGER) + INTERVAL 55 DAYS)::DATE AS received_on,
        (DATE '{first}' + to_months(m::INTEGER) + INTERVAL 50 DAYS)::DATE AS value_date,
        'REF' || (line_no // 100) AS document_reference, knp, payer, 'CASPKZKA' AS payer_bank, person,
        (DATE '{first}' + to_months(m::INTEGER))::DATE AS period, amount_tiyn, 'Surname' AS surname, 'Name' AS "name"
    FROM range({months}) months(m), (
        SELECT i * 2 + k + 1 AS line_no, CASE k WHEN 0 THEN '121' ELSE '122' END AS knp,
            (160440000000 + i // 50)::UBIGINT AS payer, (880101100000 + i)::UBIGINT AS person, 500000 AS amount_tiyn
        FROM range({employees}) people(i), range(2) kinds(k)
        UNION ALL
        SELECT i + 1, '122', (860101100000 + i)::UBIGINT, (860101100000 + i)::UBIGINT, 425000 FROM range({own}) people(i)
    )
"""
COMMAND = """
import resource, sys, time
from pipelines.cli import main
wall, cpu = time.perf_counter(), time.process_time()
status = main(sys.argv[1:])
told = (time.perf_counter() - wall, time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
print(status, *told, file=sys.stderr)
"""


def make(home: Home, employees: int) -> str:
    """A home with that ledger and a file as long as its largest; gives the file's sha256."""
    home.prepare()
    sha = archive.store_content(home, ROW * (2 * employees))
    records = [
        Record(place, sha, f"{place}.csv", "registers" if place > MONTHS else "bank", _received(min(place, MONTHS)))
        for place in range(1, MONTHS + 2)
    ]
    archive.append(home, records)
    segment = home.ledger / f"{1:09d}-{MONTHS + 1:09d}"
    segment.mkdir()
    lines = LINES.format(sha=sha, first=FIRST, months=MONTHS, employees=employees, own=employees * 15 // 65)
    with duckdb.connect() as con:
        con.execute("SET preserve_insertion_order = false")
        con.register("empty", pl.DataFrame(schema=LEDGER["payments"]))
        options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 262144"
        con.execute(f"COPY (FROM empty UNION ALL BY NAME {lines}) TO '{segment}/payments.parquet' ({options})")
        intervals = (
            f"SELECT {MONTHS + 1}::BIGINT AS sequence, i + 1 AS line_no, 'categories' AS register, "
            f"(840101100000 + i)::UBIGINT AS person, 'pension' AS code, DATE '2020-01-01' AS from_day, "
            f"NULL::DATE AS to_day FROM range({employees * 85 // 65}) people(i)"
        )
        con.execute(f"COPY ({intervals}) TO '{segment}/intervals.parquet'")
    pl.DataFrame([_delivery(record) for record in records], schema=LEDGER["deliveries"]).write_parquet(
        segment / "deliveries.parquet"
    )
    write_private(home.ledger / "judged_by", judging_hash().encode())
    return sha


def _received(place: int) -> date:
    return add_months(FIRST, place).replace(day=25)


def _delivery(record: Record) -> dict[str, object]:
    told = {"sequence": record.sequence, "file_sha256": record.sha256, "file_name": record.name}
    told |= {"source": record.folder, "event": "delivery", "format": "bank_register", "received_on": record.received_on}
    return told | {"register": "categories" if record.folder == "registers" else None, "lines": 1, "sum_tiyn": 0}


def measured(home: Home, *asked: str) -> str:
    """Wall and CPU seconds and peak memory of the command in a process of its own, its start included in the first."""
    began = time.perf_counter()
    call = [sys.executable, "-c", COMMAND, "explain", *asked, "--json", "--home", str(home.root)]
    ran = subprocess.run(call, capture_output=True, text=True, check=True)
    whole = time.perf_counter() - began
    *problems, last = ran.stderr.strip().split("\n")
    assert not problems and json.loads(ran.stdout), problems
    _, wall, cpu, gib = map(float, last.split())
    return f"{whole:5.2f} s with the start of Python ({wall:.2f} s without), CPU {cpu:.2f} s, peak {gib:.2f} GiB"


def possible(first: int, count: int) -> str:
    """An IIN of the range that is possible, well inside it."""
    from schemas.identifiers import valid_iin

    numbers = pl.Series([str(first + count // 2 + step) for step in range(50)])
    return str(numbers.filter(valid_iin(numbers))[0])


def main() -> None:
    """Write the ledger, then ask three questions twice each; the second finds the files in memory."""
    employees = int(sys.argv[1]) if len(sys.argv) > 1 else EMPLOYEES
    with tempfile.TemporaryDirectory() as name:
        home = Home(Path(name) / "home")
        sha = make(home, employees)
        people, lines = employees * 165 // 65, MONTHS * (2 * employees + employees * 15 // 65)
        print(f"{people:,} people, {lines:,} payment lines")
        questions = {
            "employee": (possible(880101100000, employees),),
            "own money": (possible(860101100000, employees * 15 // 65),),
            "a line": ("--file", sha, "--line", str(2 * employees - 1)),
        }
        for told, asked in questions.items():
            for _ in range(2):
                print(f"  {told:<10} {measured(home, *asked)}")


if __name__ == "__main__":
    main()
