"""Which files are account statements and which are refused whole; XML that asks for more than its own text gets nothing."""

import json
import time

from statement_texts import by_file, camt, camt_statement, debit, document, section, statement
from texts import message

NOTHING = statement(sections=section(closing="1000.00")).replace(document(), "")
TAKEN = {
    "bank/wrong folder.txt": (statement(), None, None),
    "statements/empty.txt": (NOTHING, None, None),
    "statements/empty.xml": (camt(camt_statement("\n", closing="1000.00")), None, None),
    "statements/control.txt": (statement(closing="2935.0"), {"rows": 1, "sum": "1935.00"}, None),
    "statements/control count.txt": (statement(closing="2935"), {"rows": 2}, "control_count"),
    "statements/control total.txt": (statement(debit(), closing="900"), {"rows": 1, "sum": "-100.00"}, "control_total"),
    "statements/both.txt": (statement() + message(), None, "ambiguous"),
    "statements/cut in a document.txt": (statement()[:-40], None, "truncated"),
    "statements/cut in a section.txt": (statement()[:200], None, "truncated"),
    "statements/cut.xml": (camt()[:-30], None, "truncated"),
    "statements/malformed.xml": (camt().replace("</Amt>", "</Amount>", 1), None, "unrecognised"),
    "statements/no statement.xml": (camt("<Nothing/>"), None, "unrecognised"),
    "statements/not camt.xml": ("<Document><pain/></Document>", None, "unrecognised"),
}  # fmt: skip


def test_what_is_taken_and_what_is_refused_whole(put, night):
    for name, (text, control, _) in TAKEN.items():
        put(name, text)
        if control:
            put(f"{name}.control.json", json.dumps(control))
    ran = night()
    found = dict(ran.table("files").select("file_name", "refused_reason").rows())
    assert found == {name.split("/")[1]: reason for name, (_, _, reason) in TAKEN.items()}
    told = {name.split("/")[1] for name, (_, _, reason) in TAKEN.items() if reason is None}
    assert set(by_file(ran, "statements", "account")) == told
    assert set(by_file(ran, "statement_entries", "account")) == {name for name in told if "empty" not in name}


def test_the_same_bytes_again_are_seen_before(put, night):
    """Those of a statement without entries too."""
    put("statements/a.txt", statement())
    put("statements/nothing.txt", NOTHING)
    night("2026-11-18")
    put("bank/b.txt", statement())
    put("bank/nothing.txt", NOTHING)
    ran = night("2026-11-19")
    assert ran.status == 0
    told = ran.table("files").select("refused_reason", "lines").rows()
    assert sorted(told[:2]) == [(None, 0), (None, 1)] and told[2:] == [("seen_before", 0)] * 2
    assert (ran.table("statement_entries").height, ran.table("statements").height) == (1, 2)


def test_xml_that_asks_for_more_is_refused_at_once_and_reads_nothing(put, night, tmp_path, home):
    secret = tmp_path / "secret"
    secret.write_text("TOPSECRET")
    laughs = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    asked = {
        "laughs.xml": camt(head=f"<!DOCTYPE D [{laughs}]>").replace("<Ustrd>", "<Ustrd>&a11;"),
        "laughs in a value.xml": camt(head=f"<!DOCTYPE D [{laughs}]>").replace('Ccy="KZT"', 'Ccy="&a11;"'),
        "entity.xml": camt(head=f'<!DOCTYPE D [<!ENTITY x SYSTEM "file://{secret}">]>').replace("<Nb>", "<Nb>&x;"),
        "parameter.xml": camt(head=f'<!DOCTYPE D [<!ENTITY % x SYSTEM "file://{secret}"> %x;]>'),
        "dtd.xml": camt(head=f'<!DOCTYPE D SYSTEM "file://{secret}">'),
        "plain dtd.xml": camt(head="<!DOCTYPE Document>"),
    }
    for name, text in asked.items():
        put(f"statements/{name}", text)
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{secret}" parse="text"/>'
    put("statements/include.xml", camt().replace("<Nb>15</Nb>", f"<Nb>{include}</Nb>"))
    begun = time.monotonic()
    ran = night()
    assert time.monotonic() - begun < 20
    found = dict(ran.table("files").select("file_name", "refused_reason").rows())
    assert found == dict.fromkeys(asked, "unrecognised") | {"include.xml": None}
    assert ran.table("statement_entries")["document_number"].to_list() == [None]
    written = [path.read_bytes() for path in [*ran.folder.iterdir(), home / "mshi.duckdb"]]
    assert "TOPSECRET" not in ran.out + ran.err and not any(b"TOPSECRET" in content for content in written)
