"""Draw numbers that look random from a seed, a purpose and places, so that any part of a nation can be made alone.

The same seed, purpose and place give the same number, whatever was drawn before, in whatever process or thread.
Not for secrets. Shares are whole numbers per 10,000. Source: Steele, Lea and Flood, "Fast splittable pseudorandom
number generators" (2014), the mixing step of SplitMix64.
"""

import zlib

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
WHOLE = 10_000  # of which a share is so many


def drawn(seed: int, purpose: str, places: Places, part: int = 0) -> Numbers:
    """One 64-bit number a place; `part` tells several of the same place and purpose (a month, say) apart."""
    origin = (
        seed * 0x2545F4914F6CDD1D + zlib.crc32(purpose.encode()) * 0x100000001B3 + part * 0xD6E8FEB86659FD93
    ) % 2**64
    with np.errstate(over="ignore"):
        mixed = _mixed(places.astype(np.uint64) * _STEP + np.uint64(origin))
        return _mixed(mixed + _STEP)


def below(limit: int, seed: int, purpose: str, places: Places, part: int = 0) -> Places:
    """One whole number from 0 to below the limit a place."""
    return ((drawn(seed, purpose, places, part) >> np.uint64(11)) % np.uint64(limit)).astype(np.int64)


def happens(share: int, seed: int, purpose: str, places: Places, part: int = 0) -> Flags:
    """Whether it happens at each place, in a share of WHOLE of all places."""
    flags: Flags = below(WHOLE, seed, purpose, places, part) < share
    return flags


def weighted(weights: list[int], seed: int, purpose: str, places: Places) -> Places:
    """One of the choices a place, by weights."""
    borders = np.cumsum(weights)
    return np.searchsorted(borders, below(int(borders[-1]), seed, purpose, places), side="right").astype(np.int64)


def _mixed(numbers: Numbers) -> Numbers:
    numbers = (numbers ^ (numbers >> np.uint64(30))) * _FIRST
    numbers = (numbers ^ (numbers >> np.uint64(27))) * _SECOND
    return numbers ^ (numbers >> np.uint64(31))
