"""How long `mshi diff` takes for two nights of a synthetic nation, and its peak memory: bench_diff.py PEOPLE [FOLDER].

Every person has twelve months of an employer's lines in the ledger. Between the nights the money of one in fifty settles
and a late file brings the last month of one in a hundred; one in twenty pays above the cap, a break each. Making the home
takes far longer than comparing; a FOLDER given keeps it for another time. Figures depend on the machine.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb
import polars as pl

from pipelines import archive
from pipelines.archive import Record
from pipelines.engine import Cut
from pipelines.home import Home
from pipelines.night import compute_and_publish
from schemas.ledger import LEDGER
from schemas.rules import load_law

MONTHS, LATE = 12, 13  # the last sequence of the first night, the late file's
LINES = """
    SELECT
        s.sequence, 0::INTEGER AS document_no, i + 1 AS line_no, s.received_on, s.file_sha256, 'payment' AS kind,
        'REF' || (i // 100) AS document_reference, '15' AS document_number, s.value_date AS document_date,
        CASE WHEN s.sequence = 12 AND i % 50 = 1 THEN DATE '2026-11-13' ELSE s.value_date END AS value_date,
        '121' AS knp, (160440000000 + i // 50)::UBIGINT AS payer, 'CASPKZKA' AS payer_bank,
        (880101000000 + i)::UBIGINT AS person, s.period, CASE WHEN i % 20 = 11 THEN 20000000 ELSE 500000 END::BIGINT AS amount_tiyn,
        NULL::VARCHAR AS surname, NULL::VARCHAR AS name, NULL::VARCHAR AS patronymic, NULL::DATE AS birth_date,
        NULL::VARCHAR AS row_id, NULL::VARCHAR AS id_scope
    FROM sent s, range({people}) line(i)
    WHERE CASE s.sequence WHEN 13 THEN i % 100 = 0 WHEN 12 THEN i % 100 <> 0 ELSE true END
"""


def make(home: Home, people: int) -> list[str]:
    """The home with its ledger, and the folders of its two nights."""
    home.prepare()
    law = load_law()
    rules = archive.store_content(home, law.bundle)
    sent, records = [], []
    for sequence in range(1, LATE + 1):
        place = min(sequence, MONTHS)
        month = date(2025 + (place + 10) // 12, (place + 10) % 12 + 1, 1)  # the one after the month paid for
        period = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
        received = date(2026, 11, 20) if sequence == LATE else month.replace(day=14)
        sha = sha256(str(sequence).encode()).hexdigest()
        sent.append((sequence, received, sha, month.replace(day=10), period))
        records.append(Record(sequence, sha, f"{sequence}.txt", "bank", received, rules=rules))
    archive.append(home, records)
    segment = home.ledger / f"{1:09d}-{LATE:09d}"
    segment.mkdir()
    columns = ["sequence", "received_on", "file_sha256", "value_date", "period"]
    with duckdb.connect() as con:
        con.register("sent", pl.DataFrame(sent, schema=columns, orient="row"))
        target = f"TO '{segment}/payments.parquet' (COMPRESSION zstd)"
        con.execute(f"COPY ({LINES.format(people=people)} ORDER BY s.sequence, line_no) {target}")
        counted = "SELECT sequence, received_on, file_sha256, count(*) AS n, sum(amount_tiyn)::BIGINT AS tiyn"
        rows = con.sql(f"{counted} FROM '{segment}/payments.parquet' GROUP BY ALL ORDER BY sequence").pl()
    none = {
        f"{name}_{unit}": pl.lit(0) for name in ("quarantined", "refused", "duplicate") for unit in ("lines", "tiyn")
    }
    told = rows.with_columns(**none, accepted_lines="n", accepted_tiyn="tiyn", lines="n", sum_tiyn="tiyn")
    told = told.with_columns(received_lines="n", received_tiyn="tiyn", knp=pl.lit("121"), sender=pl.lit("CASPKZKA"))
    told = told.with_columns(
        file_name=pl.lit("a.txt"), source=pl.lit("bank"), event=pl.lit("delivery"), format=pl.lit("mt")
    )
    for table in ("deliveries", "totals"):
        absent = [pl.lit(None).alias(name) for name in LEDGER[table] if name not in told.columns]
        told.with_columns(absent).select(list(LEDGER[table])).cast(LEDGER[table]).write_parquet(
            segment / f"{table}.parquet"
        )
    nights = [Cut(date(2026, 11, 1), date(2026, 11, 16), MONTHS), Cut(date(2026, 11, 1), date(2026, 11, 20), LATE)]
    return [str(compute_and_publish(home, cut, law)[0]) for cut in nights]


def main() -> None:
    """Make the home if it is not there, compare its two nights in a process of its own, print time and peak memory."""
    people, kept = int(sys.argv[1]), sys.argv[2:]
    with tempfile.TemporaryDirectory() as passing:
        home = Home(Path(kept[0] if kept else passing).absolute())
        folders = sorted(str(path) for path in home.snapshots.glob("2026-11/2026*")) or make(home, people)
        for form in ("json", "csv", "table"):
            code = "import sys; from pipelines.cli import main; sys.exit(main())"
            target = Path(passing) / "told"
            call = ["diff", *folders, "--format", form, "--to", str(target), "--home", str(home.root)]
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", code, *call], check=True, stdout=subprocess.DEVNULL)
            took = time.perf_counter() - begun
            gib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
            print(
                f"{form:<6} {took:6.1f} s, peak {gib:.2f} GiB so far, {target.stat().st_size / 2**20:.0f} MiB written"
            )
            if form == "json":
                print(json.dumps(json.loads(target.read_text())["totals"], indent=1))


if __name__ == "__main__":
    main()
