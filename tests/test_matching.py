"""Entries of statements and payment documents, tied one to one: the rules, what an entry is, and that order says nothing."""

from collections import Counter
from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statement_texts import by_file, document, statement
from texts import EMPLOYER, EMPLOYER_2, FUND, FUND_BIN, MEDS, PAYER_ACCOUNT, message

from schemas.ledger import LEDGER
from transforms.matching import with_matches

PAID, TOLD = date(2026, 11, 10), date(2026, 11, 9)
PAYER, OTHER_PAYER = int(EMPLOYER), int(EMPLOYER_2)
ELSEWHERE = "KZ47009ESP0163609911"


def an_entry(**changed) -> dict:
    """A credit of the account that fits an_order()."""
    return {
        **dict.fromkeys(LEDGER["entries"]),
        "account": MEDS,
        "direction": "credit",
        "booked_on": PAID,
        "amount_tiyn": 193500,
        "counterparty": PAYER,
        "counterparty_account": PAYER_ACCOUNT,
        "document_number": "15",
        "document_date": TOLD,
        "knp": "121",
        "references": [],
    } | changed


def an_order(**changed) -> dict:
    """A payment document; lines and sequences only say where it stands."""
    return {
        **dict.fromkeys(LEDGER["orders"]),
        "kind": "payment",
        "form": "list",
        "payer_account": PAYER_ACCOUNT,
        "beneficiary_account": MEDS,
        "reference": "REF-1",
        "number": "15",
        "document_date": TOLD,
        "value_date": PAID,
        "knp": "121",
        "payer": PAYER,
        "amount_tiyn": 193500,
    } | changed


def matched(entries: list[dict], orders: list[dict]) -> pl.DataFrame:
    """The entries with what they turned out to be; order_line is the place of the order, entry_no that of the entry."""
    placed = [one | {"line_no": place, "sequence": 1, "document_no": 0} for place, one in enumerate(orders)]
    told = [one | {"entry_no": place} for place, one in enumerate(entries)]
    return with_matches(pl.DataFrame(told, LEDGER["entries"]), pl.DataFrame(placed, LEDGER["orders"]))


BACK = {"payer_account": MEDS, "beneficiary_account": PAYER_ACCOUNT, "kind": "return", "payer": None}
POST = {"form": "kazpost_register", "payer_account": None, "payer": None, "reference": None}
LISTS = {"payer_account": MEDS, "beneficiary_account": FUND, "kind": "forwarding", "payer": None}
# what is changed in the entry, in the document, and the rule that finds it
RULES = {
    "all alike": ({}, {}, "number"),
    "leading noughts": ({"document_number": "0015"}, {}, "number"),
    "blanks": ({"document_number": " 15 "}, {"number": "015 "}, "number"),
    "booked days later": ({"booked_on": date(2026, 11, 13)}, {}, "number"),
    "no number on either side": ({"document_number": None}, {"number": "бн"}, "number"),
    "бн and б/н": ({"document_number": "Б/Н"}, {"number": "бн"}, "number"),
    "nought for a number": ({"document_number": "000"}, {"number": None}, "number"),
    "the entry tells no day of the document": ({"document_date": None, "booked_on": TOLD}, {}, "number"),
    "the document tells no day": ({"document_date": PAID}, {"document_date": None}, "number"),
    "nobody names a payer": ({"counterparty": None}, {"payer": None}, "number"),
    "money back": ({"direction": "debit", "counterparty": OTHER_PAYER}, BACK, "number"),
    "the consolidated message": ({"direction": "debit"}, LISTS | {"form": "single"}, "number"),
    "a register": ({}, POST, "register"),
    "a register, whoever brought the money": ({"counterparty": None}, POST, "register"),
    "a reference": ({"document_number": None, "references": ["X", "REF-1"]}, {}, "reference"),
    "a reference instead of a number": ({"document_number": "REF-1"}, {}, "reference"),
    "a reference, whoever pays": ({"counterparty": OTHER_PAYER, "references": ["REF-1"]}, {}, "reference"),
    "a reference of another day": ({"document_date": PAID, "references": ["REF-1"]}, {}, "reference"),
    "another amount": ({"amount_tiyn": 193499}, {}, "number_but_amount"),
    "another amount in a register": ({"amount_tiyn": 193499}, POST, "register_but_amount"),
    "another amount under a reference": ({"document_number": None, "references": ["REF-1"], "amount_tiyn": 1}, {}, "reference_but_amount"),
    "another payer": ({"counterparty": OTHER_PAYER}, {}, None),
    "another payer and amount": ({"counterparty": OTHER_PAYER, "amount_tiyn": 1}, {}, None),
    "no payer on the account": ({"counterparty": None}, {}, None),
    "another number": ({"document_number": "16"}, {}, None),
    "another day": ({"document_date": PAID}, {}, None),
    "no number and another amount": ({"document_number": "бн", "amount_tiyn": 1}, {"number": "бн"}, None),
    "no number in a register": ({"document_number": "бн"}, POST | {"number": "бн"}, None),
    "neither has a reference": ({"document_number": None}, {"reference": None}, None),
    "money that came for money that left": ({"direction": "debit"}, {}, None),
    "money that left for money that came": ({}, BACK, None),
    "another account": ({"account": ELSEWHERE, "counterparty_account": MEDS}, {}, None),
    "lists of a consolidated message": ({"direction": "debit"}, LISTS, None),
}  # fmt: skip


@pytest.mark.parametrize("told", RULES, ids=list(RULES))
def test_rule(told):
    entry, order, rule = RULES[told]
    row = matched([an_entry(**entry)], [an_order(**order)]).row(0, named=True)
    assert (row["match"], row["match_rule"]) == ("matched" if rule else "unmatched", rule)
    assert (row["order_line"], row["order_tiyn"]) == ((0, 193500) if rule else (None, None))


def test_the_strictest_rule_goes_first():
    """A document of the same amount is not given away to an entry that agrees with it in less."""
    other = an_order(amount_tiyn=5, reference="REF-2")
    named = an_entry(document_number=None, references=["REF-1"])
    found = matched([an_entry(amount_tiyn=7), named, an_entry()], [other, an_order()])
    assert found.select("match_rule", "order_line").rows() == [("number_but_amount", 0), (None, None), ("number", 1)]


@pytest.mark.parametrize(("entries", "orders"), [(2, 1), (1, 2), (3, 3), (0, 1), (1, 0)])
@pytest.mark.parametrize("keys", [{}, {"document_number": None, "references": ["REF-1"]}], ids=["number", "reference"])
def test_one_document_explains_one_entry(entries, orders, keys):
    found = matched([an_entry(**keys)] * entries, [an_order()] * orders)
    lines = found["order_line"].drop_nulls()
    assert (found.height, lines.len(), lines.n_unique()) == (entries, min(entries, orders), min(entries, orders))


KINDS = {
    "a refund": ({"counterparty_account": FUND}, "refund"),
    "a refund of penalties": ({"counterparty_account": FUND, "knp": "123"}, "refund"),
    "a refund that names the Fund's BIN only": (
        {"counterparty_account": None, "counterparty": int(FUND_BIN)},
        "refund",
    ),
    "the Fund's BIN and another account": (
        {"counterparty": int(FUND_BIN), "counterparty_account": ELSEWHERE},
        "unmatched",
    ),
    "money to the Fund's BIN": (
        {"counterparty_account": None, "counterparty": int(FUND_BIN), "direction": "debit"},
        "unmatched",
    ),
    "money to the Fund": ({"counterparty_account": FUND, "direction": "debit"}, "unmatched"),
    "penalty on deductions": ({"knp": "123"}, "penalty"),
    "penalty on contributions": ({"knp": "124"}, "penalty"),
    "a pension": ({"knp": "010"}, "other"),
    "no KNP": ({"knp": None}, "unmatched"),
    "a foreign account": ({"account": ELSEWHERE}, "other"),
    "a foreign account, from ours": ({"account": ELSEWHERE, "counterparty_account": MEDS}, "unmatched"),
    "the Fund's account, from ours": ({"account": FUND, "counterparty_account": MEDS}, "unmatched"),
    "nobody named": ({"counterparty_account": None, "counterparty": None}, "unmatched"),
}


@pytest.mark.parametrize("told", KINDS, ids=list(KINDS))
def test_kind_of_an_entry(told):
    entry, kind = KINDS[told]
    assert matched([an_entry(**entry)], [])["match"].to_list() == [kind]


def test_refunds_penalties_and_others_name_their_document_too():
    entries = [an_entry(counterparty_account=FUND), an_entry(knp="123"), an_entry(knp="010")]
    orders = [an_order(payer_account=FUND, kind="refund"), an_order(knp="123"), an_order(knp="010")]
    found = [matched([entry], [order]).row(0, named=True) for entry, order in zip(entries, orders, strict=True)]
    assert [(row["match"], row["order_line"]) for row in found] == [("refund", 0), ("penalty", 0), ("other", 0)]


CONTENT_OF_ENTRY = (
    "account",
    "direction",
    "amount_tiyn",
    "booked_on",
    "document_date",
    "document_number",
    "counterparty",
    "knp",
)
CONTENT_OF_ORDER = ("form", "reference", "number", "document_date", "value_date", "payer", "amount_tiyn", "knp")
NUMBERS, KNPS = st.sampled_from([None, "бн", "15", "015", "A", "B"]), st.sampled_from(["121", "122", "123"])
DATES, AMOUNTS = st.sampled_from([None, TOLD, PAID]), st.sampled_from([100, 200])
ENTRIES = st.builds(
    an_entry,
    direction=st.sampled_from(["credit", "credit", "debit"]),
    document_number=NUMBERS,
    document_date=DATES,
    amount_tiyn=AMOUNTS,
    counterparty=st.sampled_from([None, PAYER]),
    knp=KNPS,
    references=st.lists(st.sampled_from(["A", "B", "C"]), max_size=2),
)
ORDERS = st.builds(
    lambda base, **changed: an_order(**base, **changed),
    base=st.sampled_from(
        [{}, {}, {"form": "kazpost_register"}, {"payer_account": MEDS, "beneficiary_account": ELSEWHERE}]
    ),
    number=NUMBERS,
    reference=st.sampled_from([None, "A", "B", "C"]),
    document_date=DATES,
    amount_tiyn=AMOUNTS,
    payer=st.sampled_from([None, PAYER]),
    knp=KNPS,
)


def explained(entries: list[dict], orders: list[dict]) -> Counter:
    """Contents of entries with those of their documents, wherever both stand."""
    found = matched(entries, orders)
    taken = found["order_line"].drop_nulls()
    assert taken.n_unique() == taken.len(), "a document explains two entries"
    told: Counter = Counter()
    for row in found.iter_rows(named=True):
        entry = entries[row["entry_no"]]
        order = orders[row["order_line"]] if row["order_line"] is not None else dict.fromkeys(CONTENT_OF_ORDER)
        content = (*(entry[name] for name in CONTENT_OF_ENTRY), tuple(sorted(entry["references"])))
        told[content, row["match"], row["match_rule"], *(order[name] for name in CONTENT_OF_ORDER)] += 1
    return told


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.data(), st.lists(ENTRIES, max_size=6), st.lists(ORDERS, max_size=6))
def test_the_order_of_files_says_nothing(data, entries, orders):
    """Whatever stands first, the same entries are explained by documents of the same content, and none twice."""
    shuffled = data.draw(st.permutations(entries)), data.draw(st.permutations(orders))
    assert explained(*shuffled) == explained(entries, orders)


def both_ways(entries: list[dict], orders: list[dict]) -> list[Counter]:
    return [explained(entries[::one], orders[::other]) for one in (1, -1) for other in (1, -1)]


def test_which_of_two_alike_is_explained_does_not_depend_on_the_order():
    """A penalty and a contribution without a number, of one day and amount: else one file order gives a break, the other none."""
    for entries, orders in [
        ([an_entry(knp="123"), an_entry(knp="122")], [an_order()]),
        ([an_entry(knp="121"), an_entry(knp="122")], [an_order(knp="121"), an_order(knp="122", reference="REF-2")]),
    ]:
        first, *others = both_ways(entries, orders)
        assert others == [first] * 3


def test_of_several_references_each_document_is_used():
    """Who names one document only goes before who names several, whatever else of them is first."""
    orders = [an_order(reference="A"), an_order(reference="B")]
    for several, single in (("121", "122"), ("122", "121")):
        one = an_entry(document_number=None, references=["A", "B"], knp=several)
        other = an_entry(document_number=None, references=["A"], knp=single)
        first, *others = both_ways([one, other], orders)
        assert others == [first] * 3
        assert matched([one, other], orders)["order_line"].to_list() == [1, 0]


def test_files_cut_otherwise_give_the_same_matches(put, night, home, tmp_path):
    """The same messages and entries, one file each or all in one, in another order, taken in on other days."""
    messages = [
        message(reference=f"R-{n}", number=str(n % 3), total=f"{n % 2 + 1},00").replace("1935,00", f"{n % 2 + 1},00")
        for n in range(6)
    ]
    entries = [document(f"{n % 2 + 1}.00", number=f"0{n % 4}") for n in range(8)]
    put("bank/all.txt", "".join(messages))
    put("statements/all.txt", statement(*entries, opening="0", closing="12"))
    whole = night("2026-11-20")
    told = ("amount_tiyn", "document_number", "match", "match_rule")
    expected = Counter(by_file(whole, "statement_entries", *told)["all.txt"])
    assert {row[2] for row in expected} == {"matched", "unmatched"}
    home.rename(tmp_path / "before")
    for n, text in enumerate(reversed(messages)):
        put(f"bank/{n}.txt", text)
    put("statements/odd.txt", statement(*entries[::-2], opening="0", closing="8"))
    night("2026-11-20")
    put("statements/even.txt", statement(*entries[::2], opening="8", closing="12"))
    cut = night("2026-11-21")
    assert Counter(row for rows in by_file(cut, "statement_entries", *told).values() for row in rows) == expected
