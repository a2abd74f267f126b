"""A register judged part by part gives the rows that it gives judged at once, whatever the size of the parts."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from texts import (
    EMPLOYER,
    KAZPOST_HEADER,
    OTHER,
    PERSON,
    THIRD,
    bank_register,
    bank_row,
    kazpost_register,
    kazpost_row,
    register,
    returns_register,
)

from pipelines import archive, follow, ledger
from pipelines.archive import Record
from pipelines.home import Home
from pipelines.progress import listening
from pipelines.readers import recognise
from schemas.ledger import LEDGER

DAY = date(2026, 11, 20)
ROWS = [
    bank_row("p1"),
    bank_row("p2", person=OTHER, channel="terminal"),
    bank_row("p2", person=OTHER),
    "",
    bank_row("p1"),  # again
    bank_row("p1", amount="1.00"),  # with other content
    bank_row("bad", person=EMPLOYER),
    bank_row("bad"),  # nobody's original before it
    bank_row("bad"),
    bank_row("-"),
    bank_row("", amount="x"),
    bank_row("q1", knp="010").replace("Адам", '"Адам"'),
    bank_row("q2") + ",one more",
    bank_row("q3", surname="КОМИССИЯ"),
    bank_row("q4", period="132026"),
    '"' + bank_row("q5"),
    *(bank_row(f"r{n}", person=THIRD, amount=f"{n}.5") for n in range(9)),
    bank_row("r3", person=THIRD, amount="3.50"),
]
HUGE = [bank_row(f"h{n}", amount="922337203685477.58") for n in range(12)]
RETURN = f"t1,2026-11-12,p1,7,{PERSON},{PERSON},122,112026,4250.00,mistake"
RECEIPTS = [
    kazpost_row("R-1"),
    kazpost_row("R-2", person=OTHER),
    kazpost_row("R-1"),
    kazpost_row("R-3", amount="4250,00x"),
]
PEOPLE = [
    f"{person},pension,2026-01-01,{end}"
    for person in (PERSON, OTHER, THIRD, EMPLOYER)
    for end in ("", "2025-01-01", "x")
]
CONTROL = {"rows": 12, "sum": "1.00"}
FILES: dict[str, list[tuple[str, str, dict | None]]] = {
    "faults": [("bank/a.csv", bank_register(*ROWS), None)],
    "again and again": [
        ("bank/a.csv", bank_register(bank_row("p1"), bank_row("r5", person=THIRD, amount="5.5")), None),
        ("bank/b.csv", bank_register(*ROWS), None),
        ("bank/c.csv", bank_register(*ROWS[::-1]), None),
        ("bank/d.csv", bank_register(*(row.replace("p1", "p7") for row in ROWS)), None),
    ],
    "controls are off": [
        ("bank/a.csv", bank_register(*ROWS), CONTROL),
        ("bank/b.csv", bank_register(bank_row("p1")), None),
    ],
    "controls are right": [("bank/a.csv", bank_register(*ROWS[:3]), {"rows": 3, "sum": "12750.00"})],
    "beyond all sums": [("bank/a.csv", bank_register(*HUGE), None)],
    "beyond all sums under a control": [("bank/a.csv", bank_register(*HUGE), CONTROL)],
    "returns": [("returns/a.csv", returns_register(RETURN, RETURN, RETURN.replace(",7,", ",8,")), None)],
    "an order": [("kazpost/a.csv", kazpost_register(*RECEIPTS, count="4"), None)],
    "a right order": [("kazpost/a.csv", kazpost_register(*RECEIPTS[:3], total="12750,00"), None)] * 2,
    "an order without its end": [("kazpost/a.csv", kazpost_register(*RECEIPTS, end=False), None)],
    "nothing but a header": [("kazpost/a.csv", kazpost_register(count="0", total="0,00"), None)],
    "no header": [("kazpost/a.csv", kazpost_register().replace(KAZPOST_HEADER, ""), None)],
    "intervals": [("registers/categories.csv", register("iin,category,from,to", *PEOPLE), None)],
    "people": [
        (
            "registers/persons.csv",
            register("iin,surname,name,patronymic,birth_date", f"{PERSON},Үлгі,Адам,,", "x,,,,y"),
            None,
        )
    ],
    "links": [
        ("registers/iin_links.csv", register("old_iin,current_iin", f"{PERSON},{OTHER}", f"{OTHER},{PERSON}"), None)
    ],
}


def judged(root: Path, files, part_bytes: int, monkeypatch) -> dict[str, pl.DataFrame]:
    """The ledger's tables after a delivery of each file, in parts of that size."""
    home = Home(root)
    home.prepare()
    records = []
    for place, (name, text, control) in enumerate(files, 1):
        folder, _, file = name.partition("/")
        sidecar = archive.store_content(home, json.dumps(control).encode()) if control else None
        records.append(Record(place, archive.store_content(home, text.encode()), file, folder, DAY, sidecar))
    archive.append(home, records)
    monkeypatch.setattr(recognise.Limits, "__init__", _limits(part_bytes))
    follow.catch_up(home)
    return {name: ledger.scan(home, name).collect() for name in LEDGER}


def _limits(part_bytes: int):
    def made(self) -> None:
        for name, value in {"file": recognise.LARGEST_FILE, "line": recognise.LONGEST_LINE, "part": part_bytes}.items():
            object.__setattr__(self, name, value)

    return made


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
@pytest.mark.parametrize("part_bytes", [1, 200, 1000])
def test_parts_of_any_size_give_the_same_rows(tmp_path, monkeypatch, files, part_bytes):
    at_once = judged(tmp_path / "once", files, 1 << 30, monkeypatch)
    in_parts = judged(tmp_path / "parts", files, part_bytes, monkeypatch)
    for name, table in at_once.items():
        keys = [key for key in ("sequence", "line_no", "document_no") if key in table.columns]
        assert_frame_equal(in_parts[name].sort(keys, maintain_order=True), table.sort(keys, maintain_order=True))


@pytest.mark.parametrize("name", ["again and again", "returns"])
def test_the_index_of_ids_is_that_of_the_tables(tmp_path, monkeypatch, name):
    def hashes(root: Path) -> set[int]:
        return {value for path in root.glob("ledger/*/known.parquet") for value in pl.read_parquet(path)["hash"]}

    judged(tmp_path / "once", FILES[name], 1 << 30, monkeypatch)
    judged(tmp_path / "parts", FILES[name], 200, monkeypatch)
    assert hashes(tmp_path / "once") == hashes(tmp_path / "parts") != set()


def test_work_tells_how_many_parts_of_how_many_are_done(tmp_path, monkeypatch):
    heard = []
    with listening(lambda *told: heard.append(told)):
        judged(tmp_path, FILES["again and again"], 200, monkeypatch)
    first = heard[heard.index(("files", 1, 4)) + 1 : heard.index(("files", 2, 4))]
    parts = [told for told in first if told[0] == "parts of a large file"]
    assert [done for _, done, _ in parts] == list(range(1, len(parts) + 1))
    assert len(parts) > 3 and len(parts) <= parts[0][2] <= len(parts) + 2
    assert first[-1][0] == "parts again" and first[-1][1] == first[-1][2] < len(parts)
    assert heard[-1] == ("files", 4, 4)


def test_the_parts_of_these_tests_are_parts(tmp_path, monkeypatch):
    judged(tmp_path, FILES["faults"], 200, monkeypatch)
    assert len(list((tmp_path / "ledger").glob("*/payments*.parquet"))) > 3
