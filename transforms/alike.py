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

_MIX = np.uint64(0x9E3779B97F4A7C15)  # an odd number whose products spread over all 64 bits
_FOLD = np.uint64(29)


@dataclass(frozen=True)
class Alike:
    """`known` of those who stand for the others; `places`: for everybody, in the order of ids, the row of theirs."""

    known: Known
    places: npt.NDArray[np.int64]


def alike(known: Known) -> Alike:
    """Everybody known -> one of each kind, and who stands for whom."""
    columns = known.masks.columns()
    several = np.flatnonzero(~_singular(known))
    mixed = np.zeros(len(several), dtype=np.uint64)
    for column in columns:
        mixed = (mixed ^ (mixed >> _FOLD) ^ column[several].view(np.uint64)) * _MIX
    kinds = pl.Series(mixed).unique().sort().to_numpy()
    kind = np.searchsorted(kinds, mixed)
    first = np.zeros(len(kinds), dtype=np.int64)
    first[kind[::-1]] = several[::-1]
    stand_in = np.arange(len(known.masks.ids))
    stand_in[several] = first[kind]
    # Numbers that are mixed alike by chance are told apart by what they were mixed from: they stand for themselves.
    apart = np.zeros(len(several), dtype=bool)
    for column in columns:
        apart |= column[several] != column[first][kind]
    stand_in[several[apart]] = several[apart]
    chosen = stand_in == np.arange(len(stand_in))
    return Alike(_only(known, np.flatnonzero(chosen)), (np.cumsum(chosen) - 1)[stand_in])


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
