"""Delimited text is cut the fast way, part by part, exactly as one line after another."""

from io import BytesIO

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.readers import rows
from pipelines.readers.rows import BLANKS, Place, Source, Table, cut_by_line, first_line, last_line
from pipelines.readers.survey import is_longer, survey

WANTED = {"c": 2, "a": 0}
FIELD = st.sampled_from(["", "-", " x ", "Қасым", '""', '"q"', '"a,b"', '"', "1.5", "\xa0y", "x\ry", "\ufeffz", "#"])
EVEN = st.lists(st.sampled_from(["a", "Қ", "", '""', " b"]), min_size=3, max_size=3)
LINE = st.one_of(EVEN, EVEN, st.lists(FIELD, min_size=0, max_size=5)).map(",".join)
TEXT = st.builds(
    lambda lines, end, last: end.join(lines) + (end if last else ""),
    st.lists(LINE, max_size=12),
    st.sampled_from(["\n", "\r\n", "\r\r\n", "\n \n"]),
    st.booleans(),
)


def source_of(text: str, encoding: str = "utf-8") -> Source:
    content = text.encode(encoding)
    return Source(lambda: BytesIO(content), encoding, 0, len(content))


def one_by_one(text: str) -> pl.DataFrame:
    """Every line by the plain way."""
    lines = [(no, line.rstrip("\r")) for no, line in enumerate(text.split("\n"), 1) if line.strip(BLANKS)]
    frame = pl.DataFrame(lines, schema={"line_no": pl.Int64, "text": pl.String}, orient="row")
    return cut_by_line(frame, ",", 3, WANTED)


def stripped(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(*WANTED).str.strip_chars())


@settings(max_examples=400, deadline=None)
@given(TEXT, st.integers(1, 40))
def test_parts_of_any_size_are_cut_as_line_by_line(text, part_bytes):
    source = source_of(text)
    table = Table(source, Place(0, 1), source.end, ",", 3)
    plain = one_by_one(text)
    found = [part() for part in table.parts(WANTED, part_bytes)]
    assert_frame_equal(stripped(pl.concat([plain.clear(), *found])), stripped(plain))


def test_a_line_too_long_beside_one_too_short():
    text = "a,a,a\n\n,,,,\nb,b,b"
    table = Table(source_of(text), Place(0, 1), len(text), ",", 3)
    assert_frame_equal(pl.concat(part() for part in table.parts(WANTED, 100)), one_by_one(text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a,b,c", ",,", 'x,"",z', '"",,""']), st.sampled_from(["\n", "\r\n"]))))
def test_even_lines_take_the_fast_way(told):
    """Else the fast way could be wrong, or never taken, without any test seeing it."""
    text = "".join(map("".join, told))
    found = rows._plain(rows.bordered(text.encode()), len(told), ",", 3, WANTED) if told else None
    if told:
        assert found is not None
        assert_frame_equal(stripped(found.select("c", "a")), stripped(one_by_one(text).select("c", "a")))


@pytest.mark.parametrize("encoding", ["kz1048", "cp866"])
def test_parts_of_other_encodings(encoding):
    text = "Иванова,1,Петров\nя,2\n" * 5
    source = source_of(text, encoding)
    table = Table(source, Place(0, 1), source.end, ",", 3)
    assert_frame_equal(pl.concat(part() for part in table.parts(WANTED, 20)), one_by_one(text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["", " ", "\r", "\u2003", "a", "b,c"]), max_size=30), st.booleans())
def test_first_and_last_lines(lines, ended):
    text = "\n".join(lines) + ("\n" if ended else "")
    source, told = source_of(text), [line for line in lines if line.strip(BLANKS)]
    first, last = first_line(source, Place(0, 1)), last_line(source)
    if not told:
        assert first is None and last is None
    else:
        assert first is not None and last is not None
        assert first[0] == told[0] and last[0] == told[-1]
        assert first[1].line_no == lines.index(told[0]) + 2
        assert text.encode()[last[1] :].decode().split("\n")[0] == told[-1]


def test_a_last_line_far_from_the_end(monkeypatch):
    monkeypatch.setattr(rows, "_TAIL", 7)
    source = source_of("a\nthe last line of all\n" + "\n" * 50)
    assert last_line(source) == ("the last line of all", 2)


@given(st.lists(st.integers(0, 6), max_size=8), st.integers(0, 6))
def test_longest_line(lengths, longest):
    assert is_longer(b"\n".join(b"x" * length for length in lengths), longest) == any(n > longest for n in lengths)


def test_a_survey_looks_at_every_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.readers.survey._CHUNK", 4)
    path = tmp_path / "file"
    told = {
        b"\xef\xbb\xbf \n\r\n": {"begin": 3, "is_blank": True, "is_utf8": True},
        b"abc\ndefgh\n{1:": {"has_message": True, "is_blank": False, "is_long": False},
        b"abc\nde{1:\n": {"has_message": False},
        b"abc\nde\0\n": {"has_nul": True},
        b"abc\n" + b"x" * 9 + b"\n": {"is_long": True},
        b"abc\n" + b"x" * 8: {"is_long": False},
        "abcd\nИ\n".encode() + b"\xc8\n": {"is_utf8": False, "undefined": {"kz1048": True, "cp866": False}},
        b"abcd\n\xc8\n": {"is_utf8": False, "encoding": "kz1048", "undefined": {"kz1048": False, "cp866": False}},
    }
    for content, expected in told.items():
        path.write_bytes(content)
        found = survey(path, 8)
        assert {name: getattr(found, name) for name in expected} == expected, content
