"""Hashes of ids: alike everywhere, by the text alone, and what came before is found part after part."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms import ids
from transforms.ids import Among, Seen, among, distinct, id_hash, kept, repeated, text_hash

HASHES = [889060285419254256, 13358034330786138178]
NUMBERS = st.lists(st.integers(0, 40).map(lambda n: n * 0x0400_0000_0000_0001), max_size=30)
TEXTS = st.lists(st.text(max_size=20).filter(lambda text: "\0" not in text), max_size=20)


def test_a_hash_is_for_good():
    """An index written years ago must still be met: these values may never change."""
    found = id_hash(pl.Series(["bank_register|app", "kazpost_register|X"]), pl.Series(["p1", "Қағаз-000000000000001"]))
    assert found.tolist() == HASHES
    assert kept(found).tolist() == sorted(value >> 16 for value in HASHES)


@given(TEXTS)
def test_a_hash_is_of_its_text_alone(texts):
    """Not of its neighbours, nor of how Polars holds it."""
    whole = text_hash(pl.Series(texts, dtype=pl.String))
    assert whole.tolist() == [int(text_hash(pl.Series([text]))[0]) for text in texts]
    sliced = pl.Series(["before", *texts, "behind"], dtype=pl.String).slice(1, len(texts))
    assert text_hash(sliced).tolist() == whole.tolist()
    assert len(set(whole.tolist())) == len(set(texts))


def test_texts_that_end_in_nul_or_differ_in_scope_differ():
    assert len(set(text_hash(pl.Series(["a", "a\0", "a" * 8, "a" * 9, "a" * 16])).tolist())) == 5
    scopes = pl.Series(["x", "y", "x"])
    first, second, third = id_hash(scopes, pl.Series(["1", "1", "1"])).tolist()
    assert first == third != second


@settings(deadline=None)
@given(st.lists(NUMBERS, max_size=4))
def test_what_came_before_is_found(parts):
    ids._MARKS, before = 6, set()
    seen = Seen()
    for part in parts:
        expected = []
        for number in part:
            expected.append(number in before)
            before.add(number)
        assert seen.again(np.array(part, dtype=np.uint64)).tolist() == expected


@given(NUMBERS, NUMBERS, st.sampled_from([16, 1 << 16]))
def test_sets_of_hashes(some, others, sieve):
    ids._SIEVE = sieve
    one, other = np.array(some, dtype=np.uint64), np.array(sorted(set(others)), dtype=np.uint64)
    assert among(one, other).tolist() == [number in set(others) for number in some]
    assert distinct(np.sort(one)).tolist() == sorted(set(some))
    assert repeated(one).tolist() == sorted({number for number in some if some.count(number) > 1})


def test_whatever_is_there_could_be_there_and_hardly_anything_else():
    mixed = text_hash(pl.Series([str(number) for number in range(60_000)]))
    others, strangers = np.sort(mixed[:5_000]), mixed[5_000:]
    known = Among(others)
    assert known.could_hold(others).all() and known.holds(others).all()
    assert known.could_hold(strangers).mean() < 0.004 and not known.holds(strangers).any()


@given(st.lists(NUMBERS.flatmap(lambda part: st.sampled_from((part, sorted(part)))), max_size=5))
def test_what_is_in_any_part_is_there_once_and_sorted(parts):
    found = ids.union([np.array(part, dtype=np.uint64) for part in parts])
    assert found.tolist() == sorted({number for part in parts for number in part})
