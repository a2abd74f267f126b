"""Odd and hostile input: it is refused or quarantined with a clear word, and never stops the night."""

import os
from pathlib import Path

import pytest
from polars.exceptions import ComputeError, PanicException
from texts import OTHER, PERSON, THIRD, bank_register, bank_row, item, message, register, returns_register

from pipelines import intake
from pipelines import read_one as reading

pytestmark = pytest.mark.usefixtures("no_database")

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
            raise PermissionError(13, "Permission denied", str(path))
        return store(home, path)

    monkeypatch.setattr(intake.archive, "store", refusing)
    ran = night()
    assert ran.status == 0 and "inbox/bank/a.csv: Permission denied; left where it is" in ran.err
    assert ran.table("payments")["iin"].to_list() == [OTHER]


_FAULTS = [AssertionError, AttributeError, RecursionError, ComputeError, PanicException]


@pytest.mark.parametrize("fault", _FAULTS, ids=lambda fault: fault.__name__)
def test_a_reader_that_stumbles_refuses_its_file_and_no_other(put, night, monkeypatch, fault):
    put("bank/a.csv", bank_register(bank_row()))
    put("bank/good.csv", GOOD)
    monkeypatch.setattr(reading, "read_file", stumbling(fault))
    ran = night()
    assert ran.status == 3 and ran.table("payments")["iin"].to_list() == [OTHER]
    assert f"stumbles (here {fault.__name__}); report this" in ran.err and PERSON not in ran.err


def test_a_reader_without_memory_or_disk_refuses_nothing(put, night, monkeypatch):
    put("bank/a.csv", bank_register(bank_row()))
    for fault in (MemoryError, lambda text: ComputeError(f"No space left on device (os error 28) {text}")):
        with monkeypatch.context() as patched:
            patched.setattr(reading, "read_file", stumbling(fault))
            assert night().status == 1
    ran = night()
    assert ran.status == 0 and ran.table("payments")["iin"].to_list() == [PERSON]


def stumbling(fault):
    """Reads files, but raises at a.csv."""
    read = reading.read_file

    def stumbles(path, name, *more):
        if name == "a.csv":
            raise fault(f"at {PERSON}")
        return read(path, name, *more)

    return stumbles


def test_an_archive_that_cannot_be_written_stops_the_night(put, night, home, monkeypatch):
    """Else every night would be well and nothing come in."""
    put("bank/a.csv", bank_register(bank_row()))

    def refusing(home, path):
        raise PermissionError(13, "Permission denied", str(home.archive / ".1.tmp"))

    monkeypatch.setattr(intake.archive, "store", refusing)
    ran = night()
    assert ran.status == 1 and "archive/.1.tmp" in ran.err and (home / "inbox/bank/a.csv").exists()


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
    from pipelines import follow

    def broken(*_):
        raise ValueError(f"could not read {PERSON}")

    monkeypatch.setattr(follow, "judge", broken)
    put("bank/a.csv", GOOD)
    ran = night()
    assert ran.status == 1 and PERSON not in ran.err
    assert "ValueError in test_hostile.py line" in ran.err
    monkeypatch.undo()
    assert night().table("payments").height == 1  # what was archived is judged by the next run


@pytest.mark.parametrize("day", ["9999-12-31", "2101-01-01"])
def test_days_beyond_all_calendars_are_wrong_usage(night, day):
    assert night(day).status == 2


BREAKS_A_READER = {
    "a register with lone carriage returns": ("registers/persons.csv", "iin,surname,name,patronymic,birth_date\r1,2\r"),
    "a register of blanks of other kinds": ("registers/persons.csv", "\u00a0\u2003\u0085\n"),
    "blanks of other kinds": ("bank/a.txt", "\u00a0\u2003\n"),
    "a carriage return behind a quote": ("bank/a.csv", bank_register(bank_row(surname='"A"\rB'))),
    "a long field beside a quote": (
        "bank/a.csv",
        bank_register(bank_row(surname='"' + "A" * 200_000 + '"', amount="x")),
    ),
    "a long line as a register": ("registers/persons.csv", '"' + "A" * 200_000 + '"'),
    "blanks without end": (
        "bank/a.txt",
        message().replace("ТОО", "a" + " " * 300_000 + "b", 1).replace("1935,00", "1", 1),
    ),
    "a purpose without end": ("bank/a.txt", message(total="1,00").replace("продолжение", "текст\n" * 80_000)),
}


@pytest.mark.parametrize("told", BREAKS_A_READER, ids=list(BREAKS_A_READER))
def test_no_text_breaks_or_holds_up_a_reader(put, night, told):
    name, content = BREAKS_A_READER[told]
    put(name, content.encode())
    put("bank/good.csv", GOOD)
    ran = night()
    assert ran.status == 3, ran.err
    assert ran.table("payments")["iin"].to_list() == [OTHER]
    assert night().status == 0


def test_a_file_name_with_line_separators_of_other_kinds(put, night):
    put("bank/a\u2028\u0085.csv", bank_register(bank_row()))
    assert night("2026-11-18").status == 0
    assert night("2026-11-19").table("payments").height == 1


def test_a_control_file_with_half_a_sign(put, night):
    put("bank/a.csv", bank_register(bank_row()))
    put("bank/a.csv.control.json", '{"rows": 1, "sum": "\\ud800"}')
    assert night().table("files")["refused_reason"].to_list() == ["control_total"]


def test_a_control_file_of_a_control_file_is_unrecognised(put, night):
    put("bank/a.csv", bank_register(bank_row()))
    put("bank/a.csv.control.json", '{"rows": 1}')
    put("bank/a.csv.control.json.control.json", '{"rows": 1}')
    assert sorted(night().table("files")["refused_reason"].to_list(), key=str) == [None, "unrecognised"]


def test_money_beyond_all_sums_does_not_stop_the_night(put, night):
    for n in range(12):
        rows = [bank_row(f"p{n}-{m}", amount="922337203685477.58") for m in range(9)]
        put(f"bank/{n}.csv", bank_register(*rows, bank_row(f"k{n}", knp="123", amount="922337203685477.00")))
    ran = night()
    assert ran.table("files")["accepted_lines"].sum() == 120
    assert "-" not in ran.out.split("insured")[0]


def test_two_people_in_one_item_credit_nobody(put, night):
    second = item(2, person=OTHER).split("\n", 2)[2]
    put("bank/a.txt", message(item(), second))
    ran = night()
    assert ran.table("payments").height == 0
    assert ran.table("quarantine")["reason"].to_list() == ["bad_iin"]


def test_a_brace_in_a_purpose_is_no_new_message(put, night):
    put("bank/a.txt", message().replace("/ASSIGN/Отчисления", "/ASSIGN/см. {1: Отчисления"))
    assert night().status == 0


def test_a_usage_error_hides_numbers(mshi):
    ran = mshi("run", PERSON)
    assert ran.status == 2 and PERSON not in ran.err


@pytest.mark.parametrize(
    "arguments", [("run", "--as-of", ""), ("run", "--as-of", "2026-11-20", "--month", "")], ids=str
)
def test_an_empty_day_is_wrong_usage(mshi, arguments):
    assert mshi(*arguments).status == 2


def test_a_home_with_wildcards_is_wrong_usage(tmp_path, capsys):
    from pipelines.cli import main

    assert main(["run", "--as-of", "2026-11-20", "--home", str(tmp_path / "x[1]")]) == 2


def test_a_return_of_another_payment_under_the_same_id_is_a_conflict(put, night):
    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p2")))
    row = f"t1,2026-11-12,p1,,{PERSON},{PERSON},122,112026,4250.00,mistake"
    put("returns/a.csv", returns_register(row, row.replace(",p1,", ",p2,")))
    assert night().table("quarantine")["reason"].to_list() == ["id_conflict"]


def test_a_lone_minus_is_no_id(put, night):
    put("bank/a.csv", bank_register(bank_row("-"), bank_row("-", person=OTHER)))
    assert night().status == 0


def test_year_nought_is_no_day(put, night):
    put("registers/categories.csv", register("iin,category,from,to", f"{PERSON},pension,0000-01-01,"))
    assert night().table("quarantine")["reason"].to_list() == ["bad_date"]


LONG = bank_row("p2") + ",x"
IN_PIECES = {
    "two rows too long behind a good one": (bank_row("p1"), LONG, LONG),
    "two rows too short behind a good one": (bank_row("p1"), *[bank_row().rsplit(",", 1)[0]] * 2),
    "a row too long, then one that is not closed": (bank_row("p1"), LONG, bank_row("p3", surname='"Үлгі')),
}


@pytest.mark.parametrize("rows", IN_PIECES.values(), ids=IN_PIECES)
def test_rows_that_were_cut_one_by_one_are_told_of_beside_good_ones(put, night, rows):
    """Polars' own `format` panics over a column with an empty piece: such a register stopped its night and all later ones."""
    put("bank/a.csv", bank_register(*rows))
    ran = night()
    assert ran.status == 3 and ran.table("payments").height == 1
    assert ran.table("quarantine").select("line_no", "reason").rows() == [(3, "missing_field"), (4, "missing_field")]
    assert all(" Found '" in told for told in ran.table("quarantine")["message"])
