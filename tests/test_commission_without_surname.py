"""A commission that stands in the name, the surname left empty or `-`, is no money of a person."""

import pytest
from texts import PERSON, bank_register, item, message

pytestmark = pytest.mark.usefixtures("no_database")


@pytest.mark.parametrize("surname", ["", "-"])
def test_in_a_register(put, night, surname):
    row = f"p,2026-11-10,{PERSON},{PERSON},{surname},Комиссия банка,,122,112026,4250.00,app"
    put("bank/a.csv", bank_register(row))
    ran = night()
    assert (ran.table("quarantine")["reason"].to_list(), ran.table("payments").height) == (["commission_line"], 0)


@pytest.mark.parametrize("surname", ["", "-", None])
def test_in_a_message(put, night, surname):
    one = item(surname=surname or "").replace("//NM/Адам", "//NM/КОМИССИЯ БАНКА")
    put("bank/a.txt", message(one if surname is not None else one.replace("//FM/\n", "")))
    ran = night()
    assert (ran.table("quarantine")["reason"].to_list(), ran.table("payments").height) == (["commission_line"], 0)
