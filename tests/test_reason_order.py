"""A line with several faults is quarantined with the first reason in the order of contract.md section 3."""

import pytest
from texts import EMPLOYER, bank_register, bank_row, item, message, register

from schemas.lines import REASON_ORDER

pytestmark = pytest.mark.usefixtures("no_database")

CONTRACT = (
    "commission_line missing_field bad_amount bad_date bad_period unsupported_knp wrong_beneficiary bad_iin "
    "bad_payer_id unknown_code bad_link id_conflict duplicate_payment"
)


def test_reasons_stand_in_the_order_of_the_contract():
    assert [reason for reason in REASON_ORDER if reason != "not_booked"] == CONTRACT.split()


def test_of_two_faults_the_first_counts(put, night):
    bad = {"amount": "x", "day": "2026-02-30", "period": "132026", "knp": "010", "person": EMPLOYER, "payer": "1"}
    rows = [bank_row("p", surname="КОМИССИЯ", **bad | {"amount": ""}), bank_row("p", **bad | {"knp": ""})]
    for field in bad:
        rows.append(bank_row("p", **bad))
        bad = {name: value for name, value in bad.items() if name != field}
    put("bank/a.csv", bank_register(*rows))
    elsewhere = {"beneficiary": "KZ86125KZT5004100199", "total": "1935,00"}
    put("bank/knp.txt", message(item(person=EMPLOYER), knp="010", reference="K", number="1", **elsewhere))
    put("bank/person.txt", message(item(person=EMPLOYER), reference="P", number="2", **elsewhere))
    intervals = [",none,2020-02-30,", f"{EMPLOYER},none,2020-02-30,", f"{EMPLOYER},none,2020-01-01,"]
    put("registers/categories.csv", register("iin,category,from,to", *intervals))
    put("registers/iin_links.csv", register("old_iin,current_iin", f"{EMPLOYER},{EMPLOYER}"))
    ran = night()
    names = dict(ran.table("files").select("file_sha256", "file_name").rows())
    found: dict[str, list[str]] = {}
    for sha, reason in (
        ran.table("quarantine").sort("line_no", maintain_order=True).select("file_sha256", "reason").rows()
    ):
        found.setdefault(names[sha], []).append(reason)
    assert found == {
        "a.csv": [
            "commission_line",
            "missing_field",
            "bad_amount",
            "bad_date",
            "bad_period",
            "unsupported_knp",
            "bad_iin",
        ]
        + ["bad_payer_id"],
        "knp.txt": ["unsupported_knp"],
        "person.txt": ["wrong_beneficiary"],
        "categories.csv": ["missing_field", "bad_date", "bad_iin"],
        "iin_links.csv": ["bad_iin"],
    }
