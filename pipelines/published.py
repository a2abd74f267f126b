"""Rows of ours as a table of the snapshot publishes them, held against its schema. Grain: as given."""

import polars as pl

from schemas.gate import checked
from schemas.identifiers import as_text
from schemas.tables import TABLES

_NAMES = {"payer": "payer_id", "person": "person_iin", "counterparty": "counterparty_id"}


def as_published(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    """Ids as 12-digit texts under the names and types of the table's schema. SchemaBreach if they break it."""
    renamed = frame.rename({old: new for old, new in _NAMES.items() if old in frame.columns})
    ids = [name for name in renamed.columns if renamed.schema[name] == pl.UInt64]
    told = renamed.with_columns(as_text(name).alias(name) for name in ids).cast(
        {name: dtype for name, dtype in TABLES[table].types().items() if name in renamed.columns}
    )
    return checked(told, TABLES[table].schema)
