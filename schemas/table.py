"""What a table of a snapshot consists of: columns with type, meaning, closed list and privacy, grain, key, order.

The tables themselves are told in schemas/tables.py.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl


@dataclass(frozen=True)
class Column:
    """A column: type, meaning, whether it may be empty, its closed list, whether it names a person."""

    type: pl.DataType
    about: str
    nullable: bool = False
    values: tuple[str, ...] = ()
    personal: bool = False  # the analysts' file holds a keyed pseudonym of a natural person's id
    hidden: bool = False  # the analysts' file masks the text
    free: bool = False  # a sender's own text: the analysts' file masks an IIN that stands in it


@dataclass(frozen=True)
class Table:
    """A table: what a row is, which columns tell one from another, the order of the rows."""

    name: str
    grain: str
    key: tuple[str, ...]
    columns: dict[str, Column]

    @cached_property
    def schema(self) -> Any:
        """The Pandera schema: types, nulls, closed lists, no row twice."""
        import pandera.polars as pa

        columns = {
            name: pa.Column(
                column.type,
                nullable=column.nullable,
                description=column.about,
                checks=[pa.Check.isin(column.values)] if column.values else None,
            )
            for name, column in self.columns.items()
        }
        return pa.DataFrameSchema(
            columns, name=self.name, description=self.grain, unique=list(self.key) or None, strict=True
        )

    def types(self) -> pl.Schema:
        return pl.Schema({name: column.type for name, column in self.columns.items()})
