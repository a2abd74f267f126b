"""The checks as one expression judge every line as Pandera does, line by line."""

from datetime import date

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from texts import EMPLOYER, OTHER, PERSON

from schemas import gate
from schemas.gate import first_faults
from schemas.lines import RAW_LINE, RAW_ROW, REASON_ORDER, REGISTERS, payment_line_schema, register_row_schema
from schemas.tables import TABLES
from transforms.lines import MT, given_text, read_lines, read_rows, tiyn

MEDS, FUND = "KZ92009MEDS368609103", "KZ33125KZT1001313313"
IDS = [PERSON, OTHER, EMPLOYER, PERSON[:-1] + str((int(PERSON[-1]) + 1) % 10), "", "-", "x", " " + PERSON, None]
IDS += ["+" + PERSON[1:], "0" * 12, "000229000000", "٣" * 12, PERSON + "0", "9" * 30]
DAYS = ["261110", "170630", "170701", "261201", "261130", "991332", "20261110", "", None, "2611 1"]
PERIODS = ["112026", "072017", "062017", "112028", "122028", "132026", "1120267", "", None]
AMOUNTS = ["1935,00", ",50", "5", "5,", "5,5", "0,00", "-5,00", "5,00-", "-5,00-", "1.5", "1,555", "922337203685477,58"]
AMOUNTS += [
    "922337203685477,59",
    "9" * 30 + ",00",
    "+5,00",
    " 7,00 ",
    "1,0٣",
    "5,0,00",
    ",",
    "-",
    "",
    "x",
    None,
    "00,00",
]
AMOUNTS += ["0" * 15 + ",01", "0" * 16 + ",01"]
NAMES = ["Үлгі", "КОМИССИЯ", "комиссия", "KОМИССИЯ", "Комиссияның", "Ким", "", None, "БАНКА", "КОМИССИ"]
LINE = {
    "form": st.sampled_from(["list", "payment_register", "returns_register", "single", None]),
    "payer_account": st.sampled_from(["KZ1", MEDS, FUND, f"/{MEDS.lower()}", None]),
    "beneficiary_account": st.sampled_from([MEDS, FUND, "KZ1", "", None]),
    "amount_text": st.sampled_from(AMOUNTS),
    "value_date_text": st.sampled_from(DAYS),
    "document_date_text": st.sampled_from(DAYS),
    "period_text": st.sampled_from(PERIODS),
    "knp_text": st.sampled_from(["121", "122", "124", "010", "12", "1221", "", None]),
    "payer_text": st.sampled_from(IDS),
    "person_text": st.sampled_from(IDS),
    "beneficiary_text": st.sampled_from(IDS),
    "surname": st.sampled_from(NAMES),
    "name": st.sampled_from(NAMES),
    "row_fault": st.sampled_from([None, None, "3 fields"]),
}
ROW = {
    "register": st.sampled_from(list(REGISTERS)),
    "iin_text": st.sampled_from(IDS),
    "current_iin_text": st.sampled_from(IDS),
    "code_text": st.sampled_from(["pension", "military", "farm", "other", "nothing", "", None]),
    "from_day_text": st.sampled_from(["2026-01-01", "2026-13-01", "", None]),
    "to_day_text": st.sampled_from(["2026-01-02", "2025-01-01", "x", None]),
    "birth_date_text": st.sampled_from(["1885-03-13", "x", None]),
    "row_fault": st.sampled_from([None, None, "3 fields"]),
}


def judged_both_ways(frame: pl.DataFrame, schema) -> tuple[pl.DataFrame, pl.DataFrame]:
    """First faults as they are found, and by Pandera over all rows."""
    failures = gate._failures(frame, schema)
    plain: dict[int, tuple[int, int, int, str, str]] = {}
    for index, check, place, column in (
        failures.select("index", "check", "check_number", "column").rows() if failures is not None else []
    ):
        told = (REASON_ORDER.index(check), place, list(schema.columns).index(column), check, column)
        plain[index] = min(plain.get(index, told), told)
    rows = [(index, *told[3:]) for index, told in sorted(plain.items())]
    expected = pl.DataFrame(rows, schema={"row": pl.UInt32, "reason": pl.String, "field": pl.String}, orient="row")
    return first_faults(frame, schema, REASON_ORDER).sort("row"), expected


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries(LINE), min_size=1, max_size=40))
def test_lines_are_judged_as_pandera_judges_them(lines):
    raw = pl.DataFrame([{"document_no": 0, "line_no": 1, **line} for line in lines], schema=RAW_LINE)
    frame = read_lines(raw, MT).with_columns(received_on=pl.lit(date(2026, 11, 20))).with_row_index("row")
    found, expected = judged_both_ways(frame, payment_line_schema())
    assert_frame_equal(found, expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fixed_dictionaries(ROW), min_size=1, max_size=40))
def test_rows_of_registers_are_judged_as_pandera_judges_them(rows):
    raw = pl.DataFrame([{"document_no": 0, "line_no": 1, **row} for row in rows], schema=RAW_ROW)
    found, expected = judged_both_ways(read_rows(raw).with_row_index("row"), register_row_schema(["pension"]))
    assert_frame_equal(found, expected)


def test_lines_of_another_form_are_a_fault_of_the_program():
    raw = pl.DataFrame([{"document_no": 0, "line_no": 1}], schema=RAW_LINE)
    frame = read_lines(raw, MT).with_columns(received_on=pl.lit(date(2026, 11, 20))).with_row_index("row")
    with pytest.raises(gate.SchemaBreach, match="amount_tiyn"):
        first_faults(frame.drop("amount_tiyn"), payment_line_schema(), REASON_ORDER)


@settings(deadline=None)
@given(st.lists(st.one_of(st.sampled_from(AMOUNTS), st.text("0123456789,.-+ ", max_size=8)), min_size=1, max_size=30))
def test_usual_amounts_are_read_as_any(texts):
    from transforms import lines

    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    found, plain = tiyn("text", ","), lines._any_tiyn(pl.col("text"), ",")
    assert frame.select(found).to_series().to_list() == frame.select(plain).to_series().to_list()


BLANKS = st.sampled_from(["", " ", "\t", "\x1f", "\x85", "\xa0", "\u2003", "\u3000", "-", "я"])
WRITTEN = st.builds(
    "".join, st.tuples(BLANKS, st.sampled_from(["", "1", "-", "12 34", "1,50", "123456789012"]), BLANKS)
)


@settings(deadline=None)
@given(st.one_of(st.lists(st.none() | WRITTEN, max_size=3), st.lists(st.text("15,", max_size=13), max_size=4)))
def test_a_text_is_given_without_blanks_around_it(texts):
    frame = pl.DataFrame({"text": [None, *texts]}, schema={"text": pl.String})[1:]
    expected = frame["text"].str.strip_chars().replace(["", "-"], None).to_list()
    assert frame.select(given_text("text")).to_series().to_list() == expected


@pytest.mark.parametrize("name", ["files", "payments", "coverage", "insured_status", "breaks"])
def test_a_table_passes_at_once_exactly_where_pandera_finds_nothing(published, name):
    table = TABLES[name]
    schema = table.schema
    rows = max(map(pl.read_parquet, published.glob(f"snapshots/*/*/{name}.parquet")), key=len)
    assert rows.height > 1 and gate.passes(rows, schema) and gate._failures(rows, schema) is None
    first = pl.int_range(pl.len()) == 0
    wrong = [rows.with_columns(pl.when(~first).then(one).alias(one)) for one in rows.columns]
    wrong += [rows.with_columns(pl.lit("x").alias(one)) for one, told in table.columns.items() if told.values]
    wrong += [pl.concat([rows, rows[:1]]), rows.clear(), rows.with_columns(pl.lit(1.5).alias(rows.columns[0]))]
    judged = [(gate.passes(one, schema), gate._failures(one, schema) is None) for one in wrong]
    assert [quick for quick, _ in judged] == [slow for _, slow in judged]
    assert {quick for quick, _ in judged} == {True, False}


@given(st.lists(st.tuples(st.sampled_from(("a", "b", None)), st.integers(1, 4)), max_size=8), st.booleans())
def test_rows_with_the_same_key_are_found_wherever_they_lie(rows, ordered):
    rows = sorted(rows, key=lambda row: (row[0] or "", row[1])) if ordered else rows
    keys = pl.DataFrame(rows, schema={"text": pl.String, "number": pl.Int64}, orient="row")
    schema = pa.DataFrameSchema(
        {"text": pa.Column(pl.String, nullable=True), "number": pa.Column(pl.Int64)}, unique=["text", "number"]
    )
    assert gate.passes(keys, schema) == (len(set(rows)) == len(rows))
