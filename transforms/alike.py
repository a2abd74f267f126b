"""People of the same past have the same status: one of each kind is looked at, and stands for all of them.

Grain in:  everybody known of a range of IINs, with the masks of their months.
Grain out: `Known` of one person per kind, and for everybody the place of the one who stands for them.
People of whom more is known than masks tell (months paid in advance or in part, entrepreneurs) stand for themselves.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.covered_months import Known


@dataclass(frozen=True)
class Alike:
    """`known` of those who stand for the others; `places`: for everybody, in the order of ids, the row of theirs."""

    known: Known
    places: npt.NDArray[np.uint32]


def alike(known: Known) -> Alike:
    """Everybody known -> one of each kind, and who stands for whom."""
    people = known.people
    columns = _mask_columns(known)
    singular = pl.concat([frame.select("iin") for frame in (known.prepaid, known.partly_paid, known.proprietors)])
    alone = np.zeros(people.height, dtype=np.uint32)
    alone[_rows(people, singular.unique())] = 1
    alone = np.where(alone == 1, np.arange(1, people.height + 1, dtype=np.uint32), np.uint32(0))
    told = pl.DataFrame({**{f"m{place}": column for place, column in enumerate(columns)}, "alone": alone})
    grouped = told.with_row_index("row").group_by(told.columns).agg("row").sort(pl.col("row").list.first())
    chosen = grouped["row"].list.first().to_numpy()
    sizes = grouped["row"].list.len().to_numpy()
    places = np.empty(people.height, dtype=np.uint32)
    places[grouped["row"].explode().to_numpy()] = np.repeat(np.arange(grouped.height, dtype=np.uint32), sizes)
    return Alike(_only(known, people.select(pl.col("iin").gather(chosen))), places)


def _mask_columns(known: Known) -> list[npt.NDArray[np.int64]]:
    """A vector for every source and word of a mask that anybody has."""
    columns = []
    for _, part in sorted(known.masks.partition_by("source", "word", as_dict=True).items()):
        column = np.zeros(known.people.height, dtype=np.int64)
        column[_rows(known.people, part)] = part["mask"].to_numpy()
        columns.append(column)
    return columns


def _rows(people: pl.DataFrame, frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Places of the frame's people, those known only."""
    ids, wanted = people["iin"].to_numpy(), frame["iin"].to_numpy()
    places = np.minimum(np.searchsorted(ids, wanted), max(len(ids) - 1, 0))
    return places[ids[places] == wanted] if len(ids) else places[:0]


def _only(known: Known, people: pl.DataFrame) -> Known:
    kept = {
        name: getattr(known, name).join(people, on="iin", how="semi", maintain_order="left")
        for name in ("masks", "prepaid", "partly_paid", "proprietors")
    }
    return Known(people=people, **kept)
