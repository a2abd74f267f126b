"""MT102 and MT100 as they really come: every trap of formats.md section 2, and what the accounts make of a message."""

from datetime import date

import pytest
from texts import EMPLOYER, EMPLOYER_2, FUND, MEDS, OTHER, PAYER_ACCOUNT, PERSON, THIRD, item, message

pytestmark = pytest.mark.usefixtures("no_database")

SINGLE = f"""{{1:F01K054700000000001000001}}
{{2:I100SGROSS000000U3003}}
{{4:
:20:SINGLE-1
:32A:261110KZT4250,00
:50:/D/{PAYER_ACCOUNT}
/NAME/Үлгі Адам
/IDN/{PERSON}
:52B:CASPKZKAXXX
:57B:GCVPKZ2A
:59:{MEDS}
/NAME/НАО
/IDN/160440007161
:70:/NUM/7
/DATE/261109
/KNP/122
/PERIOD/112026
/ASSIGN/Взнос
-}}"""

PACKAGE = f"""{{1:F01K054700000000001000001}}
{{2:O102SCLEAR000000U3003}}
{{4:
:20:PACK-1
:52B:CASPKZKA
:57B:GCVPKZ2A
:70:/DATE/261109
/PERIOD/102026
:21:1
:32B:KZT4250,00
:50:/D/{PAYER_ACCOUNT}
/IDN/{PERSON}
:59:{MEDS}
/IDN/160440007161
:70:/NUM/1
/KNP/122
/ASSIGN/один
:21:2
:32B:KZT5000,00
:50:/D/{PAYER_ACCOUNT}
/IDN/{EMPLOYER}
:59:{MEDS}
:70:/NUM/2
/KNP/121
/PERIOD/092026
/FM/Үлгі
/IDN/{OTHER}
:21:3
:32B:KZT70,00
:50:/D/{MEDS}
/IDN/160440007161
:59:{PAYER_ACCOUNT}
/IDN/{THIRD}
:70:/NUM/3
/KNP/122
/IDN/{THIRD}
:32A:261110KZT9320,00
-}}
"""

VARIANTS = {
    "two slashes": lambda text: text.replace("\n/", "\n//").replace("///", "//"),
    "one slash": lambda text: text.replace("//", "/"),
    "keys in small letters": lambda text: text.replace("/IDN/", "/idn/").replace("/PERIOD/", "/Period/"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "no newline at the end": lambda text: text.rstrip("\n"),
    "blanks and tabs at the ends of lines": lambda text: text.replace("\n", " \t\n"),
    "text before the first message": lambda text: "Выписка за день\n\n" + text,
    "blank lines": lambda text: "\n\n" + text + "\n\n",
    "a byte order mark": lambda text: "\ufeff" + text,
    "MAINBNK": lambda text: text.replace("/IRS/1\n", "/IRS/1\n/MAINBNK/Бух\n/CHIEF/Дир\n", 1),
    "keys on one line": lambda text: text.replace("\n//NM/", " //NM/").replace("\n//IDN/", " //IDN/").replace("\n/VO/", " /VO/"),
    "keys in another order": lambda text: text.replace("/KNP/121\n", "").replace("/SEND/07\n", "/KNP/121\n/SEND/07\n"),
    "a slash in a name": lambda text: text.replace("//FM/Үлгі", "//FM/Үлгі/Бұрынғы"),
    "a purpose cut in mid-word": lambda text: text.replace("/ASSIGN/Отчисления на ОСМС\n", "/ASSIGN/Отчисле\nния на\n:не тег\n"),
    "no letter after :70:": lambda text: text.replace(":70:/OPV/C\n", ":70:\n"),
    "without U in block 2": lambda text: text.replace("{2:I102SGROSS000000U3003}", "{2:I102SGROSS0000003003}"),
    "incoming": lambda text: text.replace("{2:I102", "{2:O102"),
    "all blocks on one line": lambda text: text.replace("}\n{", "}{"),
    "the period with the person": lambda text: text.replace("/PERIOD/102026\n", "").replace(":32A:", "/PERIOD/102026\n:32A:"),
    "the person's period wins": lambda text: text.replace("/PERIOD/102026", "/PERIOD/122025").replace(":32A:", "/PERIOD/102026\n:32A:"),
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS, ids=list(VARIANTS))
@pytest.mark.parametrize("encoding", ["utf-8", "kz1048"])
def test_list_in_every_dress(put, night, variant, encoding):
    text = VARIANTS[variant](message())
    if encoding == "kz1048":
        text = text.lstrip("\ufeff")
    put("bank/a.txt", text.encode(encoding))
    ran = night()
    assert ran.status == 0, ran.err
    row = ran.table("payments").row(0, named=True)
    assert (row["person_iin"], row["payer_id"], row["knp"], row["paid_tiyn"]) == (PERSON, EMPLOYER, "121", 193500)
    assert (row["period"], row["value_date"], row["document_date"]) == (
        date(2026, 10, 1),
        date(2026, 11, 10),
        date(2026, 11, 10),
    )
    assert (row["document_reference"], row["document_number"], row["payer_bank"]) == ("REF-1", "15", "CASPKZKA")


def test_kazakh_letters_survive_kz1048(put, night, home):
    """Decoded as cp1251 the letters would be others: the ledger keeps the name as the bank wrote it."""
    put("bank/a.txt", message(item(surname="Қожаңұлы Өті")).encode("kz1048"))
    put("bank/b.txt", message(item(surname="Қожаңұлы Өті")).replace("REF-1", "REF-1 "))
    assert night().table("quarantine")["reason"].to_list() == ["duplicate_document"]


def test_several_periods_of_one_person(put, night):
    put(
        "bank/a.txt",
        message(item(1, more="//PERIOD/082026\n"), item(2, more="//PERIOD/092026\n"), item(3), total="5805,00"),
    )
    assert night().table("payments")["period"].to_list() == [date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)]


def test_single_message(put, night):
    put("bank/a.txt", SINGLE)
    ran = night()
    row = ran.table("payments").row(0, named=True)
    assert (row["line_no"], row["paid_tiyn"], row["payer_kind"]) == (4, 425000, "independent")
    assert (row["person_iin"], row["payer_id"], row["payer_bank"]) == (PERSON, PERSON, "CASPKZKA")
    assert row["value_date"] == date(2026, 11, 10)
    assert ran.table("files")["format"].to_list() == ["mt100"]


def test_single_message_for_another_person(put, night):
    put("bank/a.txt", SINGLE.replace("/ASSIGN/", f"/FM/Үлгі\n/IDN/{OTHER}\n/ASSIGN/"))
    row = night().table("payments").row(0, named=True)
    assert (row["person_iin"], row["payer_id"], row["payer_kind"]) == (OTHER, PERSON, "independent")


def test_package_judges_each_item_alone(put, night):
    put("bank/a.txt", PACKAGE)
    ran = night()
    assert ran.status == 0, ran.err
    rows = ran.table("payments").select("payer_id", "person_iin", "knp", "period", "document_number", "paid_tiyn")
    assert rows.rows() == [
        (PERSON, PERSON, "122", date(2026, 10, 1), "1", 425000),
        (EMPLOYER, OTHER, "121", date(2026, 9, 1), "2", 500000),
    ]
    assert ran.table("returns").select("iin", "returned_tiyn", "period").rows() == [(THIRD, 7000, date(2026, 10, 1))]
    assert ran.table("totals")["accepted_tiyn"].sum() == 932000


OTHER_ACCOUNT = "KZ86125KZT5004100999"


@pytest.mark.parametrize(
    ("account", "payers"), [(PAYER_ACCOUNT, [EMPLOYER]), (f"/{PAYER_ACCOUNT.lower()}", [EMPLOYER]), (OTHER_ACCOUNT, [])]
)
def test_an_item_of_another_account_does_not_take_the_heads_payer(put, night, account, payers):
    own = f":50:/D/{account}\n/NAME/Басқа\n:70:/OPV/C"
    put("bank/a.txt", message(item(1).replace(":70:/OPV/C", own)))
    ran = night()
    assert ran.table("payments")["payer_id"].to_list() == payers
    assert ran.table("quarantine").select("reason", "field").rows() == [("missing_field", "payer")] * (1 - len(payers))


@pytest.mark.parametrize(("account", "returned"), [(PAYER_ACCOUNT, [193500]), (OTHER_ACCOUNT, [0])])
def test_a_return_to_another_account_than_the_heads_cancels_nothing_of_its_party(put, night, account, returned):
    put("bank/a.txt", message(item(1)))
    back = item(1).replace(":70:/OPV/C", f":59:{account}\n:70:/OPV/C")
    told = {"payer": "160440007161", "payer_account": MEDS, "beneficiary": PAYER_ACCOUNT, "beneficiary_id": EMPLOYER}
    put("returns/b.txt", message(back, reference="BACK", **told))
    ran = night()
    assert ran.table("payments")["returned_tiyn"].to_list() == returned
    assert ran.table("quarantine")["reason"].to_list() == ["missing_field"] * (returned == [0])


def test_accounts_decide(put, night):
    put("kazpost/a.txt", message(reference="PAID"))
    put("bank/b.txt", message(reference="GCVP-1", payer_account=MEDS, payer="160440007161", beneficiary=FUND))
    put("returns/c.txt", message(reference="REFUND", payer_account=FUND, payer="160940025485"))
    back = message(
        reference="BACK", payer_account=MEDS, payer="160440007161", beneficiary=PAYER_ACCOUNT, beneficiary_id=EMPLOYER
    )
    put("bank/d.txt", back)
    ran = night()
    assert ran.status == 0, ran.err
    assert ran.table("payments").select("document_reference", "returned_tiyn", "state").rows() == [
        ("PAID", 193500, "returned")
    ]
    assert ran.table("returns")["payment_id"].to_list() == ran.table("payments")["payment_id"].to_list()
    assert ran.table("breaks").select("code", "amount_tiyn").rows() == [("refund_in_transit", 193500)]
    assert ran.table("totals")["accepted_lines"].sum() == 4


def test_a_return_names_the_payer_as_beneficiary(put, night):
    put("bank/a.txt", message(payer=EMPLOYER_2))
    back = message(
        reference="BACK", payer_account=MEDS, payer="160440007161", beneficiary=PAYER_ACCOUNT, beneficiary_id=EMPLOYER
    )
    put("returns/b.txt", back)
    ran = night()
    assert ran.table("payments")["returned_tiyn"].to_list() == [0]
    assert ran.table("breaks")["code"].to_list() == ["return_without_payment"]


SINGLE_BACK = SINGLE.replace(f"/D/{PAYER_ACCOUNT}", f"/D/{MEDS}").replace(f"/IDN/{PERSON}", "/IDN/160440007161")
SINGLE_BACK = SINGLE_BACK.replace(f":59:{MEDS}", f":59:{PAYER_ACCOUNT}").replace(
    "/IDN/160440007161\n:70:", f"/IDN/{PERSON}\n:70:"
)
PACKAGE_BACK = PACKAGE.replace(f"/KNP/122\n/IDN/{THIRD}\n", "/KNP/122\n")


def test_who_gets_money_back_and_is_not_named_gets_his_own(put, night):
    """A person that no key names is the payer; the payer of a return is whose account it goes to."""
    put("bank/a.txt", SINGLE)
    put("returns/b.txt", SINGLE_BACK.replace("SINGLE-1", "BACK-1"))
    put("returns/c.txt", PACKAGE_BACK)
    ran = night()
    assert ran.status == 0, ran.err
    assert sorted(ran.table("returns").select("iin", "returned_tiyn").rows()) == [(THIRD, 7000), (PERSON, 425000)]
    assert ran.table("payments").filter(knp="122").select("returned_tiyn").rows() == [(425000,), (0,)]


def test_consolidated_message_needs_no_person(put, night):
    text = SINGLE.replace(f"/D/{PAYER_ACCOUNT}", f"/D/{MEDS}").replace(f":59:{MEDS}", f":59:{FUND}")
    put("bank/a.txt", text.replace(f"/IDN/{PERSON}", "/IDN/160440007161").replace("/PERIOD/112026\n", ""))
    ran = night()
    assert (ran.status, ran.table("payments").height, ran.table("files")["accepted_lines"].to_list()) == (0, 0, [1])


@pytest.mark.parametrize("text", ["payment_id,pay_date,payer_iin,iin\np1,2026-11-10\n", "Итого 1\n"])
@pytest.mark.parametrize("last", [True, False])
def test_what_stands_behind_a_message_and_is_none_does_not_go_unseen(put, night, text, last):
    put("bank/a.txt", "Выписка\n" + message() + "\n" + text + ("" if last else SINGLE))
    ran = night()
    assert (ran.status, ran.table("payments").height) == (3, 1 if last else 2)
    line = 3 + message().count("\n")
    assert ran.table("quarantine").select("reason", "line_no").rows() == [("unrecognised", line)]
    assert f"bank/a.txt line {line}" in ran.err and "nothing behind a message but messages" in ran.err


@pytest.mark.parametrize("text", ["\x1a", "{5:{CHK:123456}}\n", " \n\t\n", "----\n"])
def test_the_end_of_a_transmission_is_nothing(put, night, text):
    put("bank/a.txt", message() + text)
    assert night().status == 0


def test_several_messages_and_kinds_in_one_file(put, night):
    put("bank/a.txt", message() + SINGLE + "\n" + PACKAGE)
    ran = night()
    assert ran.table("files").select("format", "accepted_lines").rows() == [("mt100+mt102", 5)]
