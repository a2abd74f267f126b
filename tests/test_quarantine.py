"""Lines that are quarantined: every check of a line with a bad row that is really rejected, and its good neighbour."""

from datetime import date

import polars as pl
import pytest
from texts import (
    EMPLOYER,
    OTHER,
    PERSON,
    THIRD,
    bank_register,
    bank_row,
    item,
    kazpost_register,
    kazpost_row,
    message,
    register,
    returns_register,
)

pytestmark = pytest.mark.usefixtures("no_database")

GOOD = bank_row("good", person=OTHER, payer=OTHER)
NO_CHECK_DIGIT = PERSON[:-1] + str((int(PERSON[-1]) + 1) % 10)

# bank register rows: reason, field, row (or None as reason where the row is good)
ROWS = {
    "a commission": ("commission_line", "surname", bank_row(surname="КОМИССИЯ")),
    "a commission in Latin look-alikes": ("commission_line", "surname", bank_row(surname="KOMИCCИЯ банка")),
    "no amount": ("missing_field", "amount", bank_row(amount="")),
    "a lone minus for the amount": ("missing_field", "amount", bank_row(amount="-")),
    "no date": ("missing_field", "value_date", bank_row(day="")),
    "no KNP": ("missing_field", "knp", bank_row(knp="-")),
    "no period": ("missing_field", "period", bank_row(period="")),
    "no payer": ("missing_field", "payer", bank_row(payer=" ")),
    "no person": ("missing_field", "person", bank_row(person="-")),
    "a column too few": ("missing_field", "row", bank_row().rsplit(",", 1)[0]),
    "a column too many": ("missing_field", "row", bank_row() + ",x"),
    "an open quote": ("missing_field", "row", bank_row(surname='"Үлгі')),
    "letters in the amount": ("bad_amount", "amount", bank_row(amount="42S0.00")),
    "a negative amount": ("bad_amount", "amount", bank_row(amount="-4250.00")),
    "a minus behind": ("bad_amount", "amount", bank_row(amount="4250.00-")),
    "zero": ("bad_amount", "amount", bank_row(amount="0.00")),
    "three decimals": ("bad_amount", "amount", bank_row(amount="1.239")),
    "a decimal comma where a point is due": ("bad_amount", "amount", bank_row(amount='"4250,00"')),
    "blanks between thousands": ("bad_amount", "amount", bank_row(amount="4 250.00")),
    "an exponent": ("bad_amount", "amount", bank_row(amount="4e3")),
    "sixteen digits": ("bad_amount", "amount", bank_row(amount="9223372036854775.00")),
    "30 February": ("bad_date", "value_date", bank_row(day="2026-02-30")),
    "a date in the Kazakh way": ("bad_date", "value_date", bank_row(day="10.11.2026")),
    "eleven days ahead": ("bad_date", "value_date", bank_row(day="2026-12-01")),
    "before the payments began": ("bad_date", "value_date", bank_row(day="2017-06-30", period="072017")),
    "a 13th month": ("bad_period", "period", bank_row(period="132026")),
    "year before month": ("bad_period", "period", bank_row(period="202611")),
    "a period before 2017-07": ("bad_period", "period", bank_row(period="062017")),
    "a period 25 months ahead": ("bad_period", "period", bank_row(period="122028")),
    "a pension's KNP": ("unsupported_knp", "knp", bank_row(knp="010")),
    "an unknown KNP": ("unsupported_knp", "knp", bank_row(knp="000")),
    "a KNP of two digits": ("unsupported_knp", "knp", bank_row(knp="12")),
    "a wrong check digit": ("bad_iin", "person", bank_row(person=NO_CHECK_DIGIT)),
    "an organisation as a person": ("bad_iin", "person", bank_row(person=EMPLOYER)),
    "eleven digits": ("bad_iin", "person", bank_row(person=PERSON[:-1])),
    "letters in an IIN": ("bad_iin", "person", bank_row(person="88O101100107")),
    "no such day of birth": ("bad_iin", "person", bank_row(person="880230100001")),
    "a payer with a wrong check digit": ("bad_payer_id", "payer", bank_row(payer=NO_CHECK_DIGIT)),
    "a payer that is neither person nor organisation": ("bad_payer_id", "payer", bank_row(payer="260470000001")),
    "ten days ahead is good": (None, None, bank_row(day="2026-11-30")),
    "the first day is good": (None, None, bank_row(day="2017-07-01", period="072017")),
    "24 months ahead is good": (None, None, bank_row(period="112028")),
    "the largest amount is good": (None, None, bank_row(amount="922337203685477.58")),
    "a tiyn without a leading zero is good": (None, None, bank_row(amount=".50")),
    "a quoted name with a comma is good": (None, None, bank_row(surname='"Үлгі, кіші"')),
    "a name of 10,000 letters is good": (None, None, bank_row(surname="Ү" * 10_000)),
    "no names is good": (None, None, f"p1,2026-11-10,{PERSON},{PERSON},,,,122,112026,4250.00,app"),
    "a spare delimiter at the end is good": (None, None, bank_row() + ","),
    "blanks around values are good": (None, None, bank_row(amount=" 4250.00 ", knp=" 122")),
}  # fmt: skip


@pytest.mark.parametrize("told", ROWS, ids=list(ROWS))
def test_row_of_a_bank_register(put, night, told):
    reason, field, row = ROWS[told]
    put("bank/a.csv", bank_register(GOOD, row))
    ran = night()
    assert ran.status == (3 if reason else 0)
    rows = ran.table("quarantine").select("line_no", "reason", "field").rows()
    assert rows == ([(3, reason, field)] if reason else [])
    assert ran.table("payments").height == (1 if reason else 2)
    totals = ran.table("totals").select(pl.col("^.*_lines$").sum()).row(0, named=True)
    assert totals["received_lines"] == 2
    assert totals["quarantined_lines"] == (1 if reason else 0)


def test_the_first_reason_counts(put, night):
    put("bank/a.csv", bank_register(bank_row(person=EMPLOYER, knp="010", period="132026")))
    assert night().table("quarantine")["reason"].to_list() == ["bad_period"]


def test_century_digit(put, night):
    """The seventh digit allows its century's days only; 0 allows any; above 6 there is none."""
    ids = [_person(digits) for digits in ("0002290", "0002295", "0002293", "8801017")]
    put("bank/a.csv", bank_register(*(bank_row(f"p{n}", person=one, payer=OTHER) for n, one in enumerate(ids))))
    ran = night()
    assert ran.table("payments")["person_iin"].to_list() == ids[:2]
    assert ran.table("quarantine")["reason"].to_list() == ["bad_iin", "bad_iin"]


def _person(seven: str) -> str:
    from writers import with_check_digit

    return next(full for n in range(10_000) if (full := with_check_digit(f"{seven}{n:04d}")))


def test_lines_of_a_message(put, night):
    put(
        "bank/a.txt",
        message(
            item(1, amount=",50"),
            item(2, amount="100,00-", person=OTHER),
            item(3, amount="0,00", person=OTHER),
            item(4, amount="10,00", person="-"),
            item(5, amount="20,00", surname="КОМИССИЯ/БАНКА"),
            item(6, amount="30,00", person=EMPLOYER),
            total="-39,50",
        ),
    )
    ran = night()
    assert ran.table("payments").select("paid_tiyn", "line_no").rows() == [(50, 25)]
    assert ran.table("quarantine").select("reason", "amount_tiyn").rows() == [
        ("bad_amount", -10000),
        ("bad_amount", 0),
        ("missing_field", 1000),
        ("commission_line", 2000),
        ("bad_iin", 3000),
    ]
    assert ran.table("totals").select("received_tiyn", "accepted_tiyn", "quarantined_tiyn").rows() == [
        (-3950, 50, -4000)
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"beneficiary": "KZ47009ESP0163609911"}, "wrong_beneficiary"),
        ({"beneficiary": ""}, "wrong_beneficiary"),
        ({"payer_account": "KZ33125KZT1001313313", "beneficiary": "KZ86125KZT5004100100"}, "wrong_beneficiary"),
        ({"day": "261131"}, "bad_date"),
        ({"knp": "000"}, "unsupported_knp"),
        ({"period": "2026-10"}, "bad_period"),
        ({"payer": ""}, "missing_field"),
    ],
    ids=str,
)
def test_header_of_a_message(put, night, change, reason):
    put("bank/a.txt", message(**change))
    assert night().table("quarantine")["reason"].to_list() == [reason]


def test_document_date_out_of_range(put, night):
    put("bank/a.txt", message().replace("/DATE/261110", "/DATE/170630"))
    put("kazpost/a.csv", kazpost_register(kazpost_row()).replace("77;10.11.2026", "77;10.13.2026"))
    assert night().table("quarantine").select("reason", "field").unique().rows() == [("bad_date", "document_date")]


def test_returns_are_judged_alike(put, night):
    row = f"t{{}},2026-11-12,,,{OTHER},{{}},122,112026,{{}},mistake"
    put("returns/a.csv", returns_register(row.format(1, PERSON, "0.00"), row.format(2, EMPLOYER, "1.00")))
    ran = night()
    assert ran.table("quarantine")["reason"].to_list() == ["bad_amount", "bad_iin"]
    assert ran.table("returns").height == 0


REGISTER_ROWS = {
    "an empty IIN": ("categories", ",pension,2020-01-01,", "missing_field"),
    "an empty code": ("categories", f"{PERSON},,2020-01-01,", "missing_field"),
    "no beginning": ("categories", f"{PERSON},pension,,", "missing_field"),
    "no such day": ("categories", f"{PERSON},pension,2020-02-30,", "bad_date"),
    "no such last day": ("categories", f"{PERSON},pension,2020-01-01,2020-13-01", "bad_date"),
    "the end before the beginning": ("categories", f"{PERSON},pension,2020-01-02,2020-01-01", "bad_date"),
    "a bad IIN": ("categories", f"{NO_CHECK_DIGIT},pension,2020-01-01,", "bad_iin"),
    "an unknown category": ("categories", f"{PERSON},military,2020-01-01,", "unknown_code"),
    "one day is good": ("categories", f"{PERSON},pension,2020-01-01,2020-01-01", None),
    "a day long ago is good": ("categories", f"{PERSON},pension,1890-01-01,", None),
    "a code not yet in force is good": ("categories", f"{PERSON},social_crisis,2020-01-01,", None),
    "an unknown exemption": ("exemptions", f"{PERSON},pension,2020-01-01,", "unknown_code"),
    "an exemption": ("exemptions", f"{PERSON},military,2020-01-01,", None),
    "an unknown reversal": ("reversals", f"{PERSON},military,2020-01-01,", "unknown_code"),
    "a reversal": ("reversals", f"{PERSON},study_abroad,2020-01-01,", None),
    "an unknown entrepreneur": ("entrepreneurs", f"{PERSON},bank,2020-01-01,", "unknown_code"),
    "an organisation as entrepreneur": ("entrepreneurs", f"{EMPLOYER},farm,2020-01-01,", "bad_iin"),
    "an entrepreneur": ("entrepreneurs", f"{PERSON},farm,2020-01-01,", None),
    "a person without names": ("persons", f"{PERSON},,,,", None),
    "a person without IIN": ("persons", ",Үлгі,Адам,,", "missing_field"),
    "a person with no such birth date": ("persons", f"{PERSON},Үлгі,Адам,,1880-02-30", "bad_date"),
    "a link without a current IIN": ("iin_links", f"{PERSON},", "missing_field"),
    "a link to an organisation": ("iin_links", f"{PERSON},{EMPLOYER}", "bad_iin"),
    "a link to itself": ("iin_links", f"{PERSON},{PERSON}", "bad_link"),
    "a link": ("iin_links", f"{PERSON},{OTHER}", None),
}  # fmt: skip
COLUMNS = {
    "categories": "iin,category,from,to",
    "exemptions": "iin,kind,from,to",
    "reversals": "iin,reason,from,to",
    "entrepreneurs": "iin,kind,from,to",
    "persons": "iin,surname,name,patronymic,birth_date",
    "iin_links": "old_iin,current_iin",
}


@pytest.mark.parametrize("told", REGISTER_ROWS, ids=list(REGISTER_ROWS))
def test_row_of_a_register(put, night, told):
    kind, row, reason = REGISTER_ROWS[told]
    put(f"registers/{kind}.csv", register(COLUMNS[kind], row))
    ran = night()
    assert ran.table("quarantine")["reason"].to_list() == ([reason] if reason else [])
    assert ran.table("files").select("accepted_lines", "lines").rows() == [(0 if reason else 1, 1)]
    assert ran.status == (3 if reason else 0)


def test_loops_and_second_links(put, night):
    """A chain into a loop is cut at the loop; the first of two different links of one old IIN stands."""
    rows = [f"{PERSON},{OTHER}", f"{OTHER},{THIRD}", f"{THIRD},{OTHER}", f"{PERSON},{THIRD}", f"{PERSON},{OTHER}"]
    put("registers/iin_links.csv", register(COLUMNS["iin_links"], *rows))
    quarantine = night().table("quarantine")
    assert quarantine["reason"].unique().to_list() == ["bad_link"]
    assert quarantine["line_no"].to_list() == [3, 4, 5]


def test_messages_never_show_what_is_personal(put, night):
    put("bank/a.csv", bank_register(bank_row(person=NO_CHECK_DIGIT, surname="Құпия"), bank_row("p2", knp="Құпия")))
    ran = night()
    told = ran.err + ran.out + " ".join(ran.table("quarantine")["message"])
    assert "Құпия" not in told and NO_CHECK_DIGIT not in told
    assert f"…{NO_CHECK_DIGIT[-4:]}" in told


def test_day_of_the_run_bounds_dates(put, night):
    """The same file ten days later is good: the file's own day of receipt bounds its dates."""
    put("bank/a.csv", bank_register(bank_row(day="2026-12-01")))
    ran = night("2026-11-21")
    assert ran.table("payments")["value_date"].to_list() == [date(2026, 12, 1)]
