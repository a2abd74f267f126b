"""Hash the ids by which lines and documents are known again, many at a time, alike in every process and version.

Grain in and out: one row per id. A hash only says where to look: what is the same is always decided by the texts.
"""

import numpy as np
import polars as pl

_FACTOR, _OTHER_FACTOR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_FOLD = np.uint64(32)
_LONGEST = 256  # ids that agree in so many bytes have one hash
_KEPT = np.array([(1 << (8 * kept)) - 1 for kept in range(9)], dtype=np.uint64)
DOCUMENTS = "document"  # the scope of the keys of documents
_MARKS = 27  # bits of a hash that mark it as seen
_SIEVE = 1 << 16
_PLACES = 64  # of a sieve for each hash in it
BITS = 48  # of a hash that are kept for good: few enough to be small, enough to meet hardly ever by chance


def id_hash(scopes: pl.Series, ids: pl.Series) -> np.ndarray:
    """The hash of each id (text) in its scope (text)."""
    different = scopes.unique()
    if different.len() < 2:
        of_scope = text_hash(different)
    else:
        hashes = pl.Series(text_hash(different))
        of_scope = scopes.replace_strict(different, hashes, return_dtype=pl.UInt64).to_numpy()
    return _mixed(text_hash(ids) * _OTHER_FACTOR ^ of_scope)


def text_hash(texts: pl.Series) -> np.ndarray:
    """The hash of each text."""
    if texts.is_empty():
        return np.empty(0, dtype=np.uint64)
    arrow = texts.fill_null("").rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, content = arrow.buffers()
    bounds = np.frombuffer(offsets, dtype=np.int64)[arrow.offset : arrow.offset + len(arrow) + 1]
    held = np.frombuffer(content, dtype=np.uint8) if content is not None else np.empty(0, dtype=np.uint8)
    padded = np.concatenate([held[: bounds[-1]], np.zeros(8, dtype=np.uint8)])
    words = np.ndarray(len(padded) - 7, dtype="<u8", buffer=padded, strides=(1,))
    begin, length = bounds[:-1], np.diff(bounds)
    found = (length.astype(np.uint64) + np.uint64(1)) * _FACTOR
    for at in range(0, min(int(length.max(initial=0)), _LONGEST), 8):
        rest = length - at
        if int(rest.min()) > 0:
            found = _mixed(found ^ (words[begin + at] & _KEPT[np.minimum(rest, 8)]))
        else:
            some = np.flatnonzero(rest > 0)
            word = words[begin[some] + at] & _KEPT[np.minimum(rest[some], 8)]
            found[some] = _mixed(found[some] ^ word)
    return found


def repeated(hashes: np.ndarray) -> np.ndarray:
    """The hashes that are there more than once, sorted, each once."""
    ordered = np.sort(hashes)
    return distinct(ordered[1:][ordered[1:] == ordered[:-1]])


def distinct(ordered: np.ndarray) -> np.ndarray:
    """Sorted hashes, each once."""
    first = np.concatenate([np.ones(min(len(ordered), 1), dtype=bool), ordered[1:] != ordered[:-1]])
    once: np.ndarray = ordered[first]
    return once


def union(parts: list[np.ndarray]) -> np.ndarray:
    """Whatever is in one of the parts, sorted, each once; quick where a part lies sorted, or in a few sorted runs."""
    left = [np.empty(0, dtype=np.uint64), *(distinct(part) for part in parts)]
    while len(left) > 1:  # small ones first: what several parts have in common is dropped before it is laid to more
        left.sort(key=len)
        left = [distinct(np.sort(np.concatenate(left[:2]), kind="stable")), *left[2:]]
    return left[0]


def among(hashes: np.ndarray, few: np.ndarray) -> np.ndarray:
    """Which of the hashes are among others, which are sorted."""
    if len(hashes) <= _SIEVE or len(few) > _SIEVE >> 2:
        return _found(hashes, few)
    return Among(few).holds(hashes)


class Among:
    """Others, sorted, to be looked for among many hashes: most are told from them by some bits, without a search."""

    def __init__(self, others: np.ndarray) -> None:
        size = 1 << max(_SIEVE, len(others) * _PLACES).bit_length() - 1
        self._others, self._bits, self._fold = others, others.dtype.type(size - 1), others.dtype.type(_FOLD)
        sieve = np.zeros(size, dtype=bool)
        for bits in (others, others >> self._fold):
            sieve[bits & self._bits] = True
        self._sieve = np.packbits(sieve, bitorder="little")  # an eighth: more of it stays close to the processor

    def holds(self, hashes: np.ndarray) -> np.ndarray:
        """Which of the hashes are among the others."""
        near = self._near(hashes)
        found = np.zeros(len(hashes), dtype=bool)
        found[near] = _found(hashes[near], self._others)
        return found

    def could_hold(self, hashes: np.ndarray) -> np.ndarray:
        """The same, and of others up to four in a thousand: a search among millions costs more than these."""
        found = np.zeros(len(hashes), dtype=bool)
        found[self._near(hashes)] = True
        return found

    def _near(self, hashes: np.ndarray) -> np.ndarray:
        """Where hashes stand that the sieve does not tell from the others."""
        near = np.flatnonzero(self._marked(hashes))
        told: np.ndarray = near[np.flatnonzero(self._marked(hashes[near] >> self._fold))]
        return told

    def _marked(self, bits: np.ndarray) -> np.ndarray:
        place = (bits & self._bits).view(np.int64)
        byte = self._sieve.take(place >> 3, mode="clip")  # none is clipped, and none need be checked
        marked: np.ndarray = (byte >> (place & 7).astype(np.uint8)) & 1
        return marked


def _found(hashes: np.ndarray, few: np.ndarray) -> np.ndarray:
    if not len(few):
        return np.zeros(len(hashes), dtype=bool)
    found: np.ndarray = few[np.minimum(np.searchsorted(few, hashes), len(few) - 1)] == hashes
    return found


def kept(hashes: np.ndarray) -> np.ndarray:
    """What is kept of hashes for good, sorted, each once."""
    ordered: np.ndarray = np.sort(shortened(hashes))
    return distinct(ordered)


def shortened(hashes: np.ndarray) -> np.ndarray:
    """What is kept of each hash for good."""
    return (hashes >> np.uint64(64 - BITS)).astype(np.int64)


def _mixed(given: np.ndarray) -> np.ndarray:
    mixed = given * _FACTOR
    mixed ^= mixed >> _FOLD
    mixed *= _OTHER_FACTOR
    mixed ^= mixed >> _FOLD
    return mixed


class Seen:
    """The hashes that came before, part after part."""

    def __init__(self) -> None:
        self._marks = np.zeros(1 << (_MARKS - 3), dtype=np.uint8)  # a bit each: where none is set, no hash came
        self._runs: list[np.ndarray] = []

    def again(self, hashes: np.ndarray) -> np.ndarray:
        """Which of the hashes came before, in an earlier part or earlier in this one."""
        run = np.sort(hashes)
        near = run[self._marked(run)]
        before = np.zeros(len(near), dtype=bool)
        for earlier in self._runs:
            before |= among(near, earlier)
        again = among(hashes, distinct(near[before]))
        some = np.flatnonzero(among(hashes, distinct(run[1:][run[1:] == run[:-1]])))
        some = some[np.argsort(hashes[some], kind="stable")]  # equal ones side by side, the first of them first
        again[some[1:][hashes[some][1:] == hashes[some][:-1]]] = True
        self._runs.append(distinct(run))
        return again

    def _marked(self, run: np.ndarray) -> np.ndarray:
        """Which of these, sorted, were marked; from now on all are."""
        mark = run >> np.uint64(64 - _MARKS)
        byte, bit = (mark >> np.uint64(3)).astype(np.int64), np.left_shift(1, mark & np.uint64(7)).astype(np.uint8)
        marked: np.ndarray = (self._marks[byte] & bit) != 0
        first = np.flatnonzero(np.concatenate([np.ones(min(len(byte), 1), dtype=bool), byte[1:] != byte[:-1]]))
        if len(first):
            self._marks[byte[first]] |= np.bitwise_or.reduceat(bit, first)
        return marked
