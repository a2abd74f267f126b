"""A site's own register layout: a new bank is a new YAML file, kept in the archive and dated by its day."""

import shutil

import pytest
from texts import OTHER, PERSON, bank_register, bank_row

from pipelines.readers.layouts import LayoutError, parse

pytestmark = pytest.mark.usefixtures("no_database")

LAYOUT = """
layout: terminal_register
kind: payment
recognised_by: {columns: [ТЕРМИНАЛ, ДАТА]}
encoding: cp866
delimiter: "|"
decimal: ","
day: "%d.%m.%Y"
month: "%m%Y"
columns: {row_id: НОМЕР, value_date: ДАТА, payer: ПЛАТЕЛЬЩИК, person: ИИН, knp: КНП, period: ПЕРИОД, amount: СУММА}
"""
ROWS = f"ТЕРМИНАЛ|НОМЕР|ДАТА|ПЛАТЕЛЬЩИК|ИИН|КНП|ПЕРИОД|СУММА\n5|1|10.11.2026|{PERSON}|{PERSON}|122|112026|4250,00\n"


def lay(home, text: str, name: str = "terminal.yaml") -> None:
    (home / "layouts").mkdir(parents=True, exist_ok=True)
    (home / "layouts" / name).write_text(text, encoding="utf-8")


ASCII = LAYOUT.replace("ТЕРМИНАЛ", "TERMINAL").replace("ДАТА", "DAY")
ASCII_ROWS = ROWS.replace("ТЕРМИНАЛ", "TERMINAL").replace("ДАТА", "DAY")


def test_ids_are_unique_in_a_bank_however_its_bic_is_padded(put, night, home):
    lay(home, ASCII.replace("row_id: НОМЕР", "row_id: НОМЕР, payer_bank: БАНК") + "id_scope: payer_bank\n")
    header, row = ASCII_ROWS.replace("TERMINAL", "TERMINAL|БАНК").splitlines()
    banks = ["CASPKZKA", "caspkzkaXXX", "HSBKKZKX", "HSBKKZKXXXX", "", ""]
    text = "\n".join([header, *(row.replace("5|", f"5|{bank}|", 1) for bank in banks)])
    put("bank/a.txt", text.encode("cp866"))
    ran = night()
    assert ran.table("payments")["payer_bank"].to_list() == ["CASPKZKA", "HSBKKZKX", ""]
    assert ran.table("quarantine")["reason"].to_list() == ["duplicate_payment"] * 3


@pytest.mark.parametrize("scope", ["[channel]", "{channel: 1}", "5", "nothing"])
def test_a_layout_with_a_wrong_scope_is_named_and_stops_nobody(put, night, home, scope):
    lay(home, ASCII + f"id_scope: {scope}\n")
    put("bank/good.csv", bank_register(bank_row("p1")))
    ran = night()
    assert ran.status == 0 and "layouts/terminal.yaml: expected id_scope: a field of columns or first_line" in ran.err


def test_a_site_layout_reads_its_register(put, night, home):
    lay(home, ASCII)
    put("bank/a.txt", ASCII_ROWS.encode("cp866"))
    ran = night()
    assert ran.status == 0, ran.err
    assert ran.table("payments")["paid_tiyn"].to_list() == [425000]
    assert ran.table("files")["format"].to_list() == ["terminal_register"]


def test_a_layouts_own_encoding_is_tried(put, night, home):
    """Cyrillic column names in cp866, and a letter whose byte KZ-1048 does not know."""
    lay(home, LAYOUT)
    put("bank/a.txt", ROWS.replace("|СУММА\n", "|СУММА|ШИФР\n").replace("4250,00\n", "4250,00|ШЩ\n").encode("cp866"))
    ran = night()
    assert ran.status == 0, ran.err
    assert ran.table("payments")["paid_tiyn"].to_list() == [425000]


def test_a_name_that_is_taken_is_not_used(put, night, home):
    lay(home, ASCII.replace("terminal_register", "bank_register"))
    put("bank/a.txt", ASCII_ROWS.encode("cp866"))
    ran = night()
    assert ran.status == 3 and "bank_register is taken" in ran.err


def test_files_are_judged_with_the_layouts_of_their_day(put, night, home, mshi):
    put("bank/a.txt", ASCII_ROWS.encode("cp866"))
    assert night("2026-11-18").table("files")["refused_reason"].to_list() == ["unrecognised"]
    lay(home, ASCII)
    put("bank/b.txt", ASCII_ROWS.encode("cp866"))
    first = night("2026-11-19")
    shutil.rmtree(home / "layouts")
    shutil.rmtree(home / "ledger")
    again = mshi("rerun", "2026-11", "--known-at", "2026-11-19")
    assert again.status == 0, again.err
    assert again.folder == first.folder
    assert again.table("payments").height == 1


def test_a_second_claim_is_ambiguous(put, night, home):
    lay(home, ASCII.replace("[TERMINAL, DAY]", "[payment_id]").replace('"|"', '","'))
    put("bank/a.csv", bank_register(bank_row()))
    assert night().table("files")["refused_reason"].to_list() == ["ambiguous"]


def test_a_broken_layout_is_named_and_the_rest_goes_on(put, night, home):
    lay(home, "layout: [", "broken.yaml")
    lay(home, "!!python/object/apply:os.system ['true']", "unsafe.yaml")
    put("bank/a.csv", bank_register(bank_row(person=OTHER)))
    ran = night()
    assert ran.status == 0
    assert "layouts/broken.yaml: not YAML" in ran.err and "layouts/unsafe.yaml: not YAML" in ran.err


def test_a_check_and_a_replay_name_every_broken_layout_and_go_on(put, night, home, mshi):
    lay(home, "layout: x\nkind: [", "broken.yaml")
    lay(home, LAYOUT.replace("kind: payment", "kind: statement"), "wrong.yaml")
    lay(home, ASCII)
    path = put("bank/a.txt", ASCII_ROWS.encode("cp866"))
    checked = mshi("check", str(path))
    assert checked.status == 0 and "1 would be accepted" in checked.out
    night()
    for told in (checked, mshi("replay")):
        assert "layouts/broken.yaml: not YAML in line 2: " in told.err
        assert "layouts/wrong.yaml: expected kind: payment or return; this layout is not used; mend it" in told.err
        assert "mshi replay --reason unrecognised" in told.err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('delimiter: "|"', 'delimiter: "||"'),
        ('decimal: ","', 'decimal: ";"'),
        ("kind: payment", "kind: statement"),
        ("encoding: cp866", "encoding: utf-7"),
        ("period: ПЕРИОД, ", ""),
        ("row_id: НОМЕР", "receipt: НОМЕР"),
        ("layout: terminal_register", "layout: 5"),
        ("recognised_by: {columns: [ТЕРМИНАЛ, ДАТА]}", "recognised_by: {}"),
        ("decimal:", "decimals:"),
        ("recognised_by: {columns: [ТЕРМИНАЛ, ДАТА]}", "recognised_by: {columns: 5}"),
        ("recognised_by: {columns: [ТЕРМИНАЛ, ДАТА]}", "recognised_by: {columns: []}"),
        ("recognised_by: {columns: [ТЕРМИНАЛ, ДАТА]}", "recognised_by: {first_line: }"),
        ("recognised_by: {columns: [ТЕРМИНАЛ, ДАТА]}", "recognised_by: {first_line: 5}"),
        ("person: ИИН", "person: плательщик"),
        ("encoding: cp866", "other_columns: [2020-13-45]"),
        ("encoding: cp866", "other_columns: " + "[" * 5000),
        ("encoding: cp866", "first_line: {payer_bank: 0}"),
        ("encoding: cp866", "trailer: {starts_with: ITOGO, rows: two, sum: 3}"),
        ('"%d.%m.%Y"', '"%d %B %Y"'),
    ],
)
def test_a_wrong_layout_is_refused(old, new):
    parse(LAYOUT.encode())
    with pytest.raises(LayoutError):
        parse(LAYOUT.replace(old, new).encode())
