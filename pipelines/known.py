"""What the ledger knows again: the documents and lines that were accepted before, found by the hashes of their ids.

A hash only says in which segments to look; what is the same is decided by the texts that stand there. So a night's
look-up costs three bytes a line of history, and lines are read only where one was met. Source: contract.md section 3.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipelines import ledger
from pipelines.home import Home
from pipelines.judge import Known
from schemas.ledger import LEDGER
from transforms.duplicates import ID_COLUMNS, REGISTER_ID
from transforms.ids import DOCUMENTS, among, distinct, id_hash, kept


def known(home: Home) -> Known:
    """What stands in the ledger, for the judge."""

    def documents(new: pl.DataFrame) -> pl.DataFrame:
        keys = new.select("document_key").drop_nulls().unique()
        asked = kept(id_hash(pl.Series([DOCUMENTS]), keys["document_key"]))
        accepted = _standing(home, "documents", asked).filter(pl.col("accepted_lines") > 0)
        found = accepted.join(keys.lazy(), on="document_key", how="semi")
        return found.select("document_key", "content_sha256").collect()

    def lines(new: pl.DataFrame) -> pl.DataFrame:
        ids = new.select(REGISTER_ID).unique()
        asked = kept(id_hash(ids["id_scope"].fill_null(""), ids["row_id"]))
        found = [_standing(home, table, asked).select(ID_COLUMNS) for table in ("payments", "returns")]
        near = pl.concat(found).filter(pl.col("row_id").is_in(ids["row_id"].implode()))
        return near.join(ids.lazy(), on=REGISTER_ID, how="semi").collect()

    def met(hashes: np.ndarray) -> np.ndarray:
        return distinct(np.sort(np.concatenate([hashes[:0], *(there for _, there in _met(home, hashes))])))

    rows = ledger.registers_in_force(ledger.standing(home, "deliveries")).collect()
    return Known(documents, lines, met, {row[0]: row[1:] for row in rows.rows()})


def _standing(home: Home, table: str, asked: np.ndarray) -> pl.LazyFrame:
    """What stands of a table in the segments in which one of these hashes is."""
    files = [file for segment, _ in _met(home, asked) for file in ledger.files_in(segment, table)]
    withdrawn = ledger.withdrawn(home)["sequence"].implode()
    whole = pl.concat([pl.LazyFrame(schema=LEDGER[table]), *map(pl.scan_parquet, files)])
    return whole.filter(~pl.col("sequence").is_in(withdrawn))


def _met(home: Home, asked: np.ndarray) -> Iterator[tuple[Path, np.ndarray]]:
    """Of hashes, sorted, each once, as they are kept: the segments in which some are, and which."""
    for segment in ledger.segments(home) if len(asked) else []:
        path = segment / ledger.KNOWN
        if not path.exists():
            continue
        file = pq.ParquetFile(path)
        there = [_in_both(asked, file.read_row_group(n)["hash"].to_numpy()) for n in range(file.num_row_groups)]
        found = np.concatenate(there)
        if len(found):
            yield segment, found


def _in_both(asked: np.ndarray, held: np.ndarray) -> np.ndarray:
    near = asked[np.searchsorted(asked, held[0]) : np.searchsorted(asked, held[-1], side="right")]
    return near[among(near, held)] if len(near) < len(held) else held[among(held, near)]
