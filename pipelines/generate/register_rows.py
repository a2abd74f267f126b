"""What the ledger keeps of a generated register: its good rows, and those at fault with the sentences of their reasons.

Grain: a delivery of a register in, the ledger's tables out; `sequence` is the file's place (ledger_rows.py).
"""

from datetime import date

import polars as pl

from pipelines.generate.csv_papers import Register
from schemas.ledger import LEDGER
from schemas.lines import REGISTERS
from transforms import verdicts

_TOLD_AS = {"old_iin": "iin", "category": "code", "kind": "code", "reason": "code", "from": "from_day", "to": "to_day"}


def register_tables(place: int, paper: Register, day: date) -> dict[str, pl.DataFrame]:
    """intervals, links, persons, quarantine and totals of a delivery of a register."""
    sequence = pl.lit(place, dtype=pl.Int64).alias("sequence")
    table = {"iin_links": "links", "persons": "persons"}.get(paper.kind, "intervals")
    good, counted, faulty = [], [], []
    for rows in paper.chunks():
        none = pl.lit(None, dtype=pl.String)
        told = rows.select(
            sequence, none.alias("sender"), none.alias("knp"), pl.lit(0, dtype=pl.Int64).alias("amount_tiyn"), "verdict"
        )
        counted.append(told)
        faulty.append(
            rows.filter(pl.col("verdict") == "quarantined").select(
                "line_no",
                "text",
                "verdict",
                "reason",
                *(["field"] if "field" in rows.columns else [none.alias("field")]),
            )
        )
        taken = rows.filter(pl.col("verdict") == "accepted")
        if taken.height:
            named = taken.with_columns(sequence, register=pl.lit(paper.kind)).rename({"iin": "person"})
            good.append(named.select(pl.col(c).cast(t) for c, t in LEDGER[table].items()))
    found = {name: pl.DataFrame(schema=LEDGER[name]) for name in ("intervals", "links", "persons")}
    found[table] = pl.concat([found[table], *good])
    found["totals"] = verdicts.totals(pl.concat(counted))
    found["quarantine"] = (
        _row_quarantine(pl.concat(faulty), paper.kind)
        .with_columns(sequence, received_on=pl.lit(day), file_sha256=pl.lit(""))
        .select(pl.col(c).cast(t) for c, t in LEDGER["quarantine"].items())
    )
    return found


def _row_quarantine(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Rows of a register at fault, with the sentences of their reasons; cut into fields to show what was found."""
    cells = pl.col("text").str.split(",")
    width = cells.list.len()
    cut = pl.col("field") == "row_fault"
    texts = {}
    for place, name in enumerate(REGISTERS[kind]):
        cell = cells.list.get(place, null_on_oob=True)
        texts[f"{_TOLD_AS.get(name, name)}_text"] = pl.when((cell != "") & ~cut).then(cell)
    rows = rows.with_columns(**texts, row_fault=pl.when(cut).then(pl.concat_str(width, pl.lit(" fields"))))
    none = pl.lit(None, dtype=pl.String)
    return verdicts.line_quarantine(rows.with_columns(sender=none, amount_tiyn=pl.lit(0, dtype=pl.Int64)))
