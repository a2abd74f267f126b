"""People of the same past have the same status: one of each kind is looked at, and stands for all of them.

Grain in:  everybody known of a range of IINs.
Grain out: what is known of one person per kind, and for everybody the place of the one who stands for them.
People of whom more is known than masks tell (months paid in advance or in part, entrepreneurs) stand for themselves.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.covered_months import Known

_MIX = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)  # odd numbers whose products spread over all 64 bits


@dataclass(frozen=True)
class Alike:
    """`known` of those who stand for the others; `places`: for everybody, in the order of ids, the row of theirs."""

    known: Known
    places: npt.NDArray[np.int64]


def alike(known: Known) -> Alike:
    """Everybody known -> one of each kind, and who stands for whom."""
    columns = known.masks.columns()
    alone = _singular(known)
    mixed = np.where(alone, np.arange(1, len(alone) + 1, dtype=np.uint64), np.uint64(0)) * np.uint64(_MIX[1])
    for column in columns:
        mixed = (mixed ^ (mixed >> np.uint64(29)) ^ column.view(np.uint64)) * np.uint64(_MIX[0])
    _, first, kind = np.unique(mixed, return_index=True, return_inverse=True)
    # Numbers that are mixed alike by chance are told apart by what they were mixed from: they stand for themselves.
    stand_in = first[kind]
    apart = alone & (stand_in != np.arange(len(alone)))
    for column in columns:
        apart |= column != column[stand_in]
    chosen = np.union1d(first, np.flatnonzero(apart))
    stand_in = np.where(apart, np.arange(len(alone)), stand_in)
    return Alike(_only(known, chosen), np.searchsorted(chosen, stand_in))


def _singular(known: Known) -> npt.NDArray[np.bool_]:
    """Whether more is known of each person than the masks tell."""
    frames = (known.prepaid, known.partly_paid, known.proprietors)
    wanted = pl.concat([frame["iin"] for frame in frames]).unique().sort().to_numpy()
    ids = known.masks.ids
    places = np.searchsorted(ids, wanted)
    there = places < len(ids)
    there[there] = ids[places[there]] == wanted[there]
    singular = np.zeros(len(ids), dtype=bool)
    singular[places[there]] = True
    return singular


def _only(known: Known, places: npt.NDArray[np.int64]) -> Known:
    masks = known.masks.only(places)
    people = pl.DataFrame({"iin": masks.ids})
    kept = {
        name: getattr(known, name).join(people, on="iin", how="semi", maintain_order="left")
        for name in ("prepaid", "partly_paid", "proprietors")
    }
    return Known(people=people, masks=masks, **kept)
