"""Consolidated messages, held against their lists: sums, people and documents, and from which day they differ."""

import pytest
from forwarded_texts import consolidated, counted, forwarded
from statement_texts import STATE, breaks_of, sha_of
from texts import FUND, MEDS, OTHER, PERSON, item, message

pytestmark = pytest.mark.usefixtures("no_database")

TWO = ("2000,00", counted("2", "2"))
# the consolidated message's total and purpose, its lists, and the difference of the break
CONSOLIDATED = {
    "ALIKE": (*TWO, [(PERSON,), (OTHER,)], None),
    "SUM": ("2000,01", TWO[1], [(PERSON,), (OTHER,)], 1),
    "LESS": ("1999,99", TWO[1], [(PERSON,), (OTHER,)], -1),
    "PEOPLE": ("2000,00", counted("3", "2"), [(PERSON,), (OTHER,)], 0),
    "DOCUMENTS": ("2000,00", counted("2", "3"), [(PERSON,), (OTHER,)], 0),
    "A LIST LESS": (*TWO, [(PERSON,)], 100000),
    "NO LISTS": (*TWO, [], 200000),
    "LINES": ("2000,00", counted("2", "1"), [(PERSON, PERSON)], None),
    "DISTINCT": ("2000,00", counted("1", "1"), [(PERSON, PERSON)], None),
    "IN BOTH, ONCE": ("3000,00", counted("2", "2"), [(PERSON, OTHER), (PERSON,)], None),
    "IN BOTH, TWICE": ("3000,00", counted("3", "2"), [(PERSON, OTHER), (PERSON,)], None),
    "IN BOTH, FEWER": ("3000,00", counted("1", "2"), [(PERSON, OTHER), (PERSON,)], 0),
    "IN BOTH, NOBODY": ("3000,00", counted("0", "2"), [(PERSON, OTHER), (PERSON,)], 0),
    "NOT IN BOTH": ("2000,00", counted("1", "2"), [(PERSON,), (OTHER,)], 0),
    "NOTHING AT ALL": ("2000,00", "Отчисления", [], 200000),
    "NO COUNTS": ("2000,00", "Отчисления", [(PERSON, OTHER)], None),
    "CUT": ("2000,00", "Отчис\nления. Кол-во потреби\nтелей =2 Кол\n-во доку\nментов =\n1", [(PERSON, OTHER)], None),
    "CUT AND OFF": ("2000,00", "Кол-во потребителей =\n1\n2 Кол-во документов =1", [(PERSON, OTHER)], 0),
    "LATIN": ("2000,00", "Koл-вo пoтрeбителeй =2 Кол-во докумeнтoв =1", [(PERSON, OTHER)], None),
    "TOUCHING": ("2000,00", "Кол-во потребителей=2Кол-во документов=1", [(PERSON, OTHER)], None),
}  # fmt: skip


def _reference(name: str) -> str:
    return name.replace(", ", "-").replace(" ", "-")


def test_a_consolidated_message_is_held_against_its_lists(put, night):
    for name, (total, purpose, lists, _) in CONSOLIDATED.items():
        reference = _reference(name)
        texts = [forwarded(reference, *people, number=str(n)) for n, people in enumerate(lists)]
        put(f"bank/{reference}.txt", consolidated(reference, total, purpose) + "".join(texts))
    put("bank/OTHER-KNP.txt", consolidated("OTHER-KNP", "1000,00") + forwarded("OTHER-KNP", PERSON, knp="122"))
    ran = night("2026-11-20")
    files = dict(ran.table("files").select("file_sha256", "file_name").rows())
    breaks = ran.table("breaks").filter(ran.table("breaks")["code"] == "consolidated_differs")
    found = {files[sha]: amount for sha, amount in breaks.select("file_sha256", "amount_tiyn").rows()}
    expected = {_reference(name): amount for name, (*_, amount) in CONSOLIDATED.items() if amount is not None}
    assert found == {f"{name}.txt": amount for name, amount in (expected | {"OTHER-KNP": 100000}).items()}
    assert breaks_of(ran, "statement_without_document", "document_without_statement") == []


def test_a_consolidated_message_is_not_its_only_list_sent_again(put, night):
    """Both have the State Corporation's reference, and may have one number, day and total."""
    put("bank/a.txt", forwarded("ON", PERSON, number="5003").replace("CASPKZKA", "GCVPKZ2A"))
    night("2026-11-19")
    put("bank/b.txt", consolidated("ON", "1000,00"))
    put("bank/c.txt", consolidated("ON", "1000,00") + "\n")
    ran = night("2026-11-20")
    assert (ran.status, sorted(ran.table("quarantine")["reason"])) == (0, ["duplicate_document"])
    assert breaks_of(ran, "consolidated_differs", "document_differs") == []


def test_lists_may_come_until_the_third_banking_day_and_later_ones_resolve(put, night, mshi):
    put("bank/a.txt", consolidated("ON", "2000,00", counted("2", "2")))
    put("bank/b.txt", forwarded("ON", PERSON))
    assert breaks_of(night("2026-11-12"), "consolidated_differs") == []
    shown = night("2026-11-13")
    assert breaks_of(shown, "consolidated_differs") == [("consolidated_differs", 100000, 4)]
    put("bank/c.txt", forwarded("ON", OTHER, number="5002"))
    assert breaks_of(night("2026-11-16"), "consolidated_differs") == []
    assert mshi("rerun", "2026-11", "--known-at", "2026-11-13").folder == shown.folder


def test_lists_that_came_first_wait_for_their_message(put, night):
    put("bank/a.txt", forwarded("ON", PERSON))
    assert breaks_of(night("2026-11-10"), "consolidated_differs") == []
    put("bank/b.txt", consolidated("ON", "1000,01"))
    assert breaks_of(night("2026-11-12"), "consolidated_differs") == []
    assert breaks_of(night("2026-11-13"), "consolidated_differs") == [("consolidated_differs", 1, 4)]


def test_a_consolidated_message_differs_from_the_day_on_which_it_does(put, night, mshi, withdraw):
    """Its lists, and what was recalled of them, date it; what has another reference, KNP or form does not."""
    for reference in ("LATER", "GONE"):
        put(f"bank/{reference}.txt", consolidated(reference, "1000,00") + forwarded(reference, PERSON))
    put("bank/gone.txt", forwarded("GONE", OTHER, number="6"))
    put("bank/GONE.txt", consolidated("GONE", "2000,00", counted("2", "2")) + forwarded("GONE", PERSON))
    put("bank/KNP.txt", consolidated("KNP", "1000,01") + forwarded("KNP", PERSON))
    put("bank/knp.txt", forwarded("KNP", PERSON, number="7", knp="122"))
    put("bank/TWICE.txt", consolidated("TWICE", "1000,02") + forwarded("TWICE", PERSON))
    put("bank/twice.txt", consolidated("TWICE", "500,00"))
    put("bank/DEC-list.txt", forwarded("DEC", PERSON))
    code, november = "consolidated_differs", night("2026-11-30")
    assert sorted(row[1] for row in breaks_of(november, code)) == [-50000, 1, 2]
    put("bank/later.txt", forwarded("LATER", OTHER, number="6"))
    put("bank/DEC.txt", consolidated("DEC", "1000,03"))
    for name in ("gone.txt", "knp.txt", "twice.txt"):
        withdraw(sha_of(november, name), "2026-12-01")
    assert sorted(row[1] for row in breaks_of(night("2026-12-01"), code)) == [-100000, 3, 100000]
    again = mshi("rerun", "2026-11", "--known-at", "2026-12-01")
    assert sorted(row[1] for row in breaks_of(again, code)) == [1, 2]


def test_a_list_of_two_knp_stands_behind_two_consolidated_messages(put, night):
    second = item(2, amount="1500,00", person=OTHER, more="//KNP/122\n").replace("//KNP", "/KNP")
    passed_on = {"payer_account": MEDS, "payer": STATE, "beneficiary": FUND, "reference": "ON", "number": "5001"}
    put("bank/list.txt", message(item(amount="1000,00"), second, total="2500,00", **passed_on))
    for knp, total in (("121", "1000,00"), ("122", "1500,00")):
        put(f"bank/{knp}.txt", consolidated("ON", total, knp=knp))
    ran = night("2026-11-20")
    assert ran.status == 0, ran.err
    assert breaks_of(ran, "consolidated_differs") == []
