"""The breaks of a month: its queries in the order in which each rests on the ones before.

Grain: a break. A break may rest on a line of any month, but what is true since this month follows from lines that came,
were settled, came back or were recalled in it; so the whole ledger is read only where this cannot say of whom.
Source: contract.md section 4; the codes: schemas/breaks.py.
"""

from collections.abc import Iterator

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines import ledger
from pipelines.ahead import made_ahead
from pipelines.engine import fetch, fetch_parts, load
from pipelines.home import Home
from pipelines.recent import drop_recent
from schemas.breaks import BREAKS
from transforms.names import name_mismatches
from transforms.sayings import Sayings, born_otherwise, what_is_said
from transforms.sql import query

_BREAKS: tuple[str, ...] = ("breaks_of_lines", "breaks_of_months", "breaks_of_wages", "breaks_of_documents")
_BREAKS += ("breaks_of_statements", "breaks_of_births")
_PART_ROWS = 250_000  # that lie in memory at a time
_NAMES = ["surname", "name", "patronymic"]
_SAID = ["person", *_NAMES, "birth_date"]


def breaks(con: duckdb.DuckDBPyConnection, home: Home, graces_ending: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The breaks that stand in the month, with severity and message of their code. Grain: a break."""
    _pair_wages(con)
    load(con, "suspects", _suspects(con, home))
    con.execute(f"CREATE TEMP TABLE named AS {query('named')}")
    load(con, "breaks_of_names", name_mismatches(fetch(con, query("named_differently"))))
    load(con, "breaks_of_graces", graces_ending)
    for name in _BREAKS:
        con.execute(f"CREATE TEMP VIEW {name} AS {query(name)}")
    severity = {code: told.severity for code, told in BREAKS.items()}
    message = {code: f"{told.sentence} {told.next_step}" for code, told in BREAKS.items()}
    for part in fetch_parts(con, query("breaks")):
        yield part.with_columns(
            severity=pl.col("code").replace_strict(severity, return_dtype=pl.String),
            message=pl.col("code").replace_strict(message, return_dtype=pl.String),
        )


def _pair_wages(con: duckdb.DuckDBPyConnection) -> None:
    """Tables wage_pairs and lonely_wages, and the lines that may tell of a pair before these."""
    con.execute(f"CREATE TEMP TABLE wage_pairs AS {query('wage_pairs')}")
    drop_recent(con)
    con.execute(f"CREATE TEMP TABLE lonely_wages AS {query('lonely_wages')}")
    for name, first in (("lonely_from", "min"), ("lonely_until", "max")):
        con.execute(f"SET VARIABLE {name} = (SELECT {first}(period) FROM lonely_wages)")
    con.execute(f"CREATE TEMP VIEW lines_of_lonely AS {query('lines_of_lonely')}")


def _suspects(con: duckdb.DuckDBPyConnection, home: Home) -> pl.DataFrame:
    """Of whom not all lines of the ledger and of the persons register say the same. Grain: a person.

    born_otherwise: whether a birth date is not that of the IIN. Lines that were recalled or came later count here too.
    """
    files = ledger.files_of(home, "payments")
    sayings = Sayings(sum(pq.read_metadata(file).num_rows for file in files))
    born = [np.empty(0, dtype=np.uint64)]
    for lines in _said(con, files):
        persons, days = lines["person"].to_numpy(), pl.Series(lines["birth_date"])
        said = what_is_said([_texts(lines[name]) for name in _NAMES], days)
        speaking = np.flatnonzero(said)
        new = speaking[sayings.add(persons[speaking], said[speaking])]
        born.append(born_otherwise(persons[new], days[new]))
    people = pl.DataFrame({"person": np.unique(np.concatenate(born))}).with_columns(born_otherwise=pl.lit(True))
    return people.join(sayings.differing().to_frame(), on="person", how="full", coalesce=True).fill_null(False)


def _said(con: duckdb.DuckDBPyConnection, files: list[str]) -> Iterator[pa.Table]:
    """What lines say of people, some at a time; texts by numbers, as they lie in the files: far fewer than lines."""
    stored = (pq.ParquetFile(path, read_dictionary=_NAMES) for path in files)
    groups = ((file, group) for file in stored for group in range(file.num_row_groups))
    yield from made_ahead(lambda told: told[0].read_row_group(told[1], columns=_SAID), groups)
    for batch in con.sql(f"SELECT {', '.join(_SAID)} FROM known_persons").to_arrow_reader(_PART_ROWS):
        yield pa.Table.from_batches([batch])


def _texts(column: pa.ChunkedArray) -> tuple[pl.Series, pl.Series]:
    """A column as numbers by line, and the texts they stand for."""
    whole = column.dictionary_encode().unify_dictionaries().combine_chunks()
    return pl.Series(whole.indices), pl.Series(whole.dictionary)
