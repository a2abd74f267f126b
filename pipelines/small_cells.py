"""Keep small cells back: a total of few people in an exported aggregate would tell of those people.

A cell is a row of an aggregate; its key names it, `people` says of how many people it tells. Cells of 1 to 4 people
lose their numbers, and so does the next smallest one wherever what is left could be reckoned from a total: along every
column of the key at least two cells of together five people are kept back, or none. Not for tables of single rows.
"""

import polars as pl

from schemas.table import Table

FEWEST = 5
KEPT_BACK = "kept_back"


def without_small_cells(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The rows of an aggregate with the numbers of small cells null, and a column that says where."""
    people = rows["people"].to_list()
    hidden = {place for place, count in enumerate(people) if 0 < count < FEWEST}
    lines = _lines(rows, table.key)
    # among cells of as many people the key decides, not the order in which an engine gives them
    sizes = [(count, str(key)) for count, key in zip(people, rows.select(table.key).rows(), strict=True)]
    while True:
        more = {_smallest(line, hidden, sizes) for line in lines if _can_be_reckoned(line, hidden, people)} - {None}
        if not more:
            break
        hidden |= {place for place in more if place is not None}
    kept = pl.Series(KEPT_BACK, [place in hidden for place in range(rows.height)], dtype=pl.Boolean)
    numbers = [name for name, dtype in rows.schema.items() if dtype.is_numeric() and name not in table.key]
    return rows.with_columns(kept).with_columns(
        pl.when(pl.col(KEPT_BACK)).then(None).otherwise(pl.col(name)).alias(name) for name in numbers
    )


def _lines(rows: pl.DataFrame, key: tuple[str, ...]) -> list[list[int]]:
    """The cells that stand in one line of the table: all other columns of the key are equal."""
    found: dict[tuple[object, ...], list[int]] = {}
    for along in key:
        others = rows.select(name for name in key if name != along)
        for place in range(rows.height):
            found.setdefault((along, *(others.row(place) if others.width else ())), []).append(place)
    return list(found.values())


def _can_be_reckoned(line: list[int], hidden: set[int], people: list[int]) -> bool:
    gone = [people[place] for place in line if place in hidden]
    return bool(gone) and (len(gone) == 1 or sum(gone) < FEWEST)


def _smallest(line: list[int], hidden: set[int], sizes: list[tuple[int, str]]) -> int | None:
    """The smallest cell of the line that is still shown and tells of somebody."""
    shown = (place for place in line if place not in hidden and sizes[place][0])
    return min(shown, key=lambda place: sizes[place], default=None)
