"""Everybody's covered months as bits: a vector of words per source, in the order of the people's ids.

Shape: bit b of word w of a source is the month w * WORD_BITS + b months before the last month looked at.
Grain of the frames it is made from: one row per (source, iin, word), or several, whose bits add up.
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import month_index

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Bits = npt.NDArray[np.int64]
Indexes = npt.NDArray[np.integer]  # of months: 0 is January 2020

WORD_BITS = 62  # months in a word; the queries know it as the variable word_bits
_WHOLE_WORD = (1 << WORD_BITS) - 1
SOURCES = ("preferential", "exempt", "paid_25th", "paid_independent", "reversed")


class Masks:
    """The months that each source covers, of people whose `ids` (UInt64) are sorted."""

    def __init__(self, ids: npt.NDArray[np.uint64], last_month: date) -> None:
        self.ids = ids
        self.last_month = last_month
        self.last = month_index(last_month)
        words = self.last // WORD_BITS + 1
        self.words = {source: np.zeros((words, len(ids)), dtype=np.int64) for source in SOURCES}

    @classmethod
    def of(cls, people: pl.DataFrame, frame: pl.DataFrame, last_month: date) -> "Masks":
        """The masks of people (iin, sorted) from a frame about people among them."""
        masks = cls(people["iin"].to_numpy(), last_month)
        masks.add(frame)
        return masks

    @classmethod
    def of_frame(cls, frame: pl.DataFrame, last_month: date) -> "Masks":
        """The masks that `frame` tells of, sorted by iin; no value is no month."""
        masks = cls(frame["iin"].to_numpy(), last_month)
        for name in frame.drop("iin").columns:
            source, word = name.rsplit("_", 1)
            masks.words[source][int(word)] = frame[name].fill_null(0).to_numpy()
        return masks

    def frame(self) -> pl.DataFrame:
        """iin, and a column for each source and word that says anything of anybody. Grain: a person, sorted by iin."""
        told = {f"{source}_{word}": bits for source, words in self.words.items() for word, bits in enumerate(words)}
        return pl.DataFrame({"iin": self.ids, **{name: bits for name, bits in told.items() if bits.any()}})

    def add(self, frame: pl.DataFrame) -> None:
        """Put the bits of a frame (source, iin, word, mask) to those that are there."""
        for (source, word), part in frame.partition_by("source", "word", as_dict=True).items():
            places = np.searchsorted(self.ids, part["iin"].to_numpy())
            np.bitwise_or.at(self.words[str(source)][int(str(word))], places, part["mask"].to_numpy())

    def put(self, source: str, iins: npt.NDArray[np.uint64], words: Bits) -> None:
        """Put the bits of every word to those of people among the ids, who may be named more than once."""
        places = np.searchsorted(self.ids, iins)
        for word, bits in enumerate(words):
            if bits.any():
                np.bitwise_or.at(self.words[source][word], places, bits)

    def put_spans(self, source: str, iins: npt.NDArray[np.uint64], first: Indexes, last: Indexes) -> None:
        """Put every month from the first to the last index, of those looked at, for people among the ids."""
        high, low = self.last - np.maximum(first, 0), self.last - np.minimum(last, self.last)
        there = low <= high
        high, low, places = high[there], low[there], np.searchsorted(self.ids, iins[there])
        for word, bits in enumerate(self.words[source]):
            top = np.minimum(high - word * WORD_BITS, WORD_BITS - 1)
            bottom = np.maximum(low - word * WORD_BITS, 0)
            here = bottom <= top
            span = ((np.int64(1) << (top - bottom + 1)[here].astype(np.int64)) - 1) << bottom[here].astype(np.int64)
            np.bitwise_or.at(bits, places[here], span)

    def until(self, last_month: date) -> "Masks":
        """The masks up to an earlier last month, without the months after it."""
        earlier = Masks(self.ids, last_month)
        skipped, shift = divmod(self.last - earlier.last, WORD_BITS)
        for source, words in earlier.words.items():
            told = [*self.words[source][skipped:], np.zeros_like(self.ids, dtype=np.int64)]
            for word in range(len(words)):
                words[word] = ((told[word] >> shift) | (told[word + 1] << (WORD_BITS - shift))) & _WHOLE_WORD
        return earlier

    def only(self, places: npt.NDArray[np.integer]) -> "Masks":
        """The masks of the people at these places, which rise."""
        few = Masks.__new__(Masks)
        few.ids, few.last_month, few.last = self.ids[places], self.last_month, self.last
        few.words = {source: words[:, places] for source, words in self.words.items()}
        return few

    def bit(self, source: str, index: int) -> Flags:
        """Whether the source covers the month with that index (0 is January 2020), for everybody."""
        word, bit = divmod(self.last - index, WORD_BITS)
        holds: Flags = (self.words[source][word] >> bit) & 1 == 1
        return holds

    def columns(self) -> list[Bits]:
        """A vector for every source and word that says anything of anybody."""
        return [word for source in SOURCES for word in self.words[source] if word.any()]
