"""Everybody's covered months as bit masks, looked at month by month.

Grain in:  people (sorted ids), masks by source (transforms/masks.py), prepaid months.
Shape:     a vector holds one fact about one month for all people, in the order of their ids.
A month is an index: months since January 2020. Source: rules.md section 3.
"""

from dataclasses import dataclass, fields, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.calendar import add_months, month_index
from schemas.codes import BASIS_LETTERS, UNCOVERED_LETTER
from schemas.rules.values import LONGEST_GRACE, LONGEST_WINDOW
from transforms.masks import WORD_BITS, Bits, Flags, Masks

Counts = npt.NDArray[np.int16]

# months after M that can matter: those of a grace that began before, and what was paid in advance of them
LOOK_AHEAD = LONGEST_GRACE - 1 + LONGEST_WINDOW
AS_FAR_BACK = LONGEST_GRACE + 2  # months before M whose runs can matter: those within a grace, and not due yet


@dataclass(frozen=True)
class Known:
    """What is known on the day. Ids are UInt64; `back` counts months before the month `LOOK_AHEAD` after M.

    people: iin, sorted. masks: of these people. prepaid: iin, back, lead. partly_paid: iin, period,
    own_tiyn, first_year. proprietors: iin, from_month, to_month (merged, no overlap).
    """

    people: pl.DataFrame
    masks: Masks
    prepaid: pl.DataFrame
    partly_paid: pl.DataFrame
    proprietors: pl.DataFrame

    def tells_the_same(self, other: "Known") -> bool:
        """Whether the other leads to the same answers about every month, for the facts are the same."""
        frames = [one.name for one in fields(self) if one.name != "masks"]
        mine, theirs = self.masks, other.masks
        return (
            all(getattr(self, name).equals(getattr(other, name)) for name in frames)
            and mine.last == theirs.last
            and all(np.array_equal(words, theirs.words[source]) for source, words in mine.words.items())
        )

    def as_of(self, month: date) -> "Known":
        """The same for an earlier month, known on the same day: what lies further on than that looks is left out."""
        last_month = add_months(month, LOOK_AHEAD)
        back = pl.col("back") - (self.masks.last - month_index(last_month))
        prepaid = self.prepaid.with_columns(back.cast(pl.Int32)).filter(pl.col("back") >= 0)
        return replace(self, masks=self.masks.until(last_month), prepaid=prepaid)


class Months:
    """Everybody's covered months, month by month."""

    def __init__(self, known: Known, month: date) -> None:
        self.ids = known.people["iin"].to_numpy()
        self.size = len(self.ids)
        self.now = month_index(month)
        self.last = self.now + LOOK_AHEAD
        told = known.masks.words
        by_money, by_state = told["paid_25th"] | told["paid_independent"], told["preferential"] | told["exempt"]
        self._masks: dict[str, Bits] = {
            **told,
            "paid_basis": by_money & ~by_state,
            "covered": by_money | by_state | told["reversed"],
        }
        # Few people pay in advance: their months are kept apart, by how many months ahead each was covered.
        self.early_rows, positions = np.unique(self.rows(known.prepaid), return_inverse=True)
        self._leads = np.zeros((LOOK_AHEAD + AS_FAR_BACK, len(self.early_rows)), dtype=np.int8)
        back = known.prepaid["back"].to_numpy()
        near = back < len(self._leads)
        self._leads[back[near], positions[near]] = np.minimum(known.prepaid["lead"].to_numpy()[near], 100)

    def rows(self, frame: pl.DataFrame) -> npt.NDArray[np.int64]:
        """Places of the frame's people; the frame holds known people only."""
        return np.searchsorted(self.ids, frame["iin"].to_numpy())

    def bit(self, source: str, index: int) -> Flags:
        """Whether the source covers the month with that index, for everybody."""
        word, bit = divmod(self.last - index, WORD_BITS)
        holds: Flags = (self._masks[source][word] >> bit) & 1 == 1
        return holds

    def paid_basis(self, index: int) -> Flags:
        """Whether the month's basis is `paid`: money covers it and no category or exemption goes before."""
        return self.bit("paid_basis", index)

    def covered(self, index: int) -> Flags:
        """Whether the month has any basis."""
        return self.bit("covered", index)

    def prepaid_after(self, index: int, most: int) -> Counts:
        """How many months right after the month were covered by money by its last day, up to `most`."""
        count = np.zeros(self.size, dtype=np.int16)
        going = np.ones(len(self.early_rows), dtype=bool)
        for ahead in range(1, min(most, self.last - index) + 1):
            going &= self._leads[self.last - index - ahead] >= ahead
            count[self.early_rows[going]] += 1
        return count


def letters(months: Months) -> pl.Series:
    """Twelve letters a person, M-11 to M; '-' before January 2020."""
    table = np.full((months.size, 12), UNCOVERED_LETTER.encode(), dtype="S1")
    for place in range(12):
        index = months.now - 11 + place
        if index < 0:
            continue
        for basis, letter in reversed(BASIS_LETTERS.items()):  # the first that fits is written last
            if basis == "paid":
                holds = months.bit("paid_25th", index) | months.bit("paid_independent", index)
            else:
                holds = months.bit(basis, index)
            table[holds, place] = letter.encode()
    texts = table.view("S12").reshape(months.size)
    return pl.Series(texts.astype("U12"), dtype=pl.String) if months.size else pl.Series([], dtype=pl.String)
