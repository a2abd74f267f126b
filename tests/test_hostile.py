"""Odd and hostile input: it is refused or quarantined with a clear word, and never stops the night."""

import os
from pathlib import Path

import pytest
from texts import OTHER, PERSON, THIRD, bank_register, bank_row, item, message, register, returns_register

from pipelines import intake

GOOD = bank_register(bank_row("good", person=OTHER, payer=OTHER))
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.mark.parametrize("field", ["amount", "day", "period", "knp", "person"])
def test_digits_of_another_script_are_no_digits(put, night, field):
    values = {"amount": "4250.00", "day": "2026-11-10", "period": "112026", "knp": "122", "person": PERSON}
    put("bank/a.csv", bank_register(bank_row(**{field: values[field].translate(ARABIC)})))
    ran = night()
    assert ran.status == 3 and ran.table("payments").height == 0
    assert ran.table("totals")["knp"].to_list() == [None if field == "knp" else "122"]


@pytest.mark.parametrize(
    "sidecar",
    [b"[" * 100_000, b'{"rows": 1e999}', b'{"rows": NaN}', b'{"rows": -1}', b'{"rows": {"a": 1}}', b"\xff\xfe", b'"x"', b"null"],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_a_strange_control_file_refuses_its_file(put, night, sidecar):
    put("bank/a.csv", bank_register(bank_row()))
    put("bank/a.csv.control.json", sidecar)
    put("bank/good.csv", GOOD)
    ran = night()
    assert ran.status == 3 and ran.table("payments")["iin"].to_list() == [OTHER]


def test_a_file_name_with_odd_bytes_and_line_breaks(put, night, home):
    folder = home / "inbox" / "bank"
    folder.mkdir(parents=True)
    for name in (b"a\xff\n.csv", "отчёт 'май'.csv".encode()):
        Path(os.fsdecode(bytes(folder) + b"/" + name)).write_text(bank_register(bank_row(name.hex()[:8], amount="x")))
    ran = night()
    assert ran.status == 3
    assert len(ran.err.splitlines()) == 2
    assert sorted(ran.table("files")["file_name"]) == ["a�\n.csv", "отчёт 'май'.csv"]


def test_a_home_with_a_quote_in_its_name(tmp_path, capsys):
    from pipelines.cli import main

    home = tmp_path / 'o\'home "x"'
    (home / "inbox/bank").mkdir(parents=True)
    (home / "inbox/bank/a.csv").write_text(GOOD)
    assert main(["run", "--as-of", "2026-11-20", "--home", str(home)]) == 0


def test_a_file_that_cannot_be_read_stays(put, night, monkeypatch):
    """As root every file can be read, so the refusal of the system is put in its place."""
    put("bank/a.csv", bank_register(bank_row()))
    put("bank/good.csv", GOOD)
    store = intake.archive.store

    def refusing(home, path):
        if path.name == "a.csv":
            raise PermissionError(13, "Permission denied")
        return store(home, path)

    monkeypatch.setattr(intake.archive, "store", refusing)
    ran = night()
    assert ran.status == 0 and "inbox/bank/a.csv: Permission denied; left where it is" in ran.err
    assert ran.table("payments")["iin"].to_list() == [OTHER]


@pytest.mark.parametrize(
    ("first", "last"), [("0001-01-01", "9999-12-31"), ("9999-12-31", ""), ("0001-01-01", "0001-01-02")]
)
def test_intervals_of_any_day(put, night, first, last):
    put("registers/categories.csv", register("iin,category,from,to", f"{PERSON},pension,{first},{last}"))
    put("registers/entrepreneurs.csv", register("iin,kind,from,to", f"{PERSON},farm,{first},{last}"))
    ran = night()
    assert ran.status == 0
    covered = first == "0001-01-01" and last == "9999-12-31"
    assert ran.table("insured_status")["coverage_months"].to_list() == ["S" * 12 if covered else "-" * 12]


def test_a_long_chain_of_links(put, night):
    from random import Random

    from writers import make_iin

    rng = Random(5)
    people = list(dict.fromkeys(make_iin(rng) for _ in range(2000)))
    put(
        "registers/iin_links.csv",
        register("old_iin,current_iin", *(f"{a},{b}" for a, b in zip(people, people[1:], strict=False))),
    )
    put("bank/a.csv", bank_register(bank_row(person=people[0], payer=people[5])))
    ran = night()
    assert ran.table("payments").select("iin", "payer_kind").rows() == [(people[-1], "independent")]


def test_many_returns_of_one_payment(put, night):
    put("bank/a.csv", bank_register(bank_row("p1", person=THIRD, payer=THIRD)))
    rows = [f"t{n},2026-11-12,p1,,{THIRD},{THIRD},122,112026,10.00,mistake" for n in range(500)]
    put("returns/a.csv", returns_register(*rows))
    ran = night()
    assert ran.table("payments").select("returned_tiyn", "state").rows() == [(425000, "returned")]
    assert ran.table("breaks")["code"].to_list() == ["return_exceeds_payment"] * 75


def test_files_cut_anywhere_never_stop_the_night_and_lose_nothing(put, night):
    """A message cut at every 40th byte: accepted only where it is whole."""
    whole = message(item(1), item(2, person=OTHER), total="3870,00").encode()
    cuts = range(1, len(whole), 40)
    for cut in cuts:
        put(f"bank/{cut}.txt", whole[:cut])
    ran = night()
    assert ran.status == 3
    assert ran.table("files").height == len(cuts)
    assert ran.table("payments").height == 0
    assert ran.table("files")["refused_reason"].null_count() == 0


def test_an_unforeseen_error_tells_its_place_and_no_value(put, night, monkeypatch):
    from pipelines import ledger

    def broken(*_):
        raise ValueError(f"could not read {PERSON}")

    monkeypatch.setattr(ledger, "judge", broken)
    put("bank/a.csv", GOOD)
    ran = night()
    assert ran.status == 1 and PERSON not in ran.err
    assert "ValueError in test_hostile.py line" in ran.err
    monkeypatch.undo()
    assert night().table("payments").height == 1  # what was archived is judged by the next run


@pytest.mark.parametrize("day", ["9999-12-31", "2101-01-01"])
def test_days_beyond_all_calendars_are_wrong_usage(night, day):
    assert night(day).status == 2
