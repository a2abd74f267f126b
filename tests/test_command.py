"""The command: exit statuses, usage errors, help, what stays in the inbox, what is told."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from texts import BANK_HEADER, OTHER, PERSON, bank_register, bank_row, message, register

from pipelines.cli import main
from pipelines.errors import sentence_of

MSHI = Path(sys.executable).parent / "mshi"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--as-of", "20-11-2026"),
        ("run", "--as-of", "2026-13-01"),
        ("run", "--as-of", "2026-11-20", "--month", "2019-12"),
        ("run", "--as-of", "2026-11-20", "--month", "2027-01"),
        ("run", "--month", "11-2026"),
        ("run", "--no-such-option"),
        ("walk",),
        ("rerun",),
        ("rerun", "2026-11", "--snapshot", "x"),
        ("rerun", "--snapshot", "2026-11_2026-11-20_000000000000"),
        ("rerun", "2026-11"),
        ("rerun", "2027-01", "--known-at", "2026-11-20"),
        ("check",),
        ("check", "no/such/file"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(mshi, arguments, home):
    ran = mshi(*arguments)
    assert ran.status == 2
    assert (
        ran.err.startswith("mshi: ") and not (home / "snapshots").is_dir() or not list((home / "snapshots").glob("2*"))
    )


def test_every_command_takes_a_home():
    from pipelines.cli import app

    commands = [name for name in app if not name.startswith("-")]
    assert {"run", "sample", "generate", "dictionary", "explain"} <= set(commands)
    for name in commands:
        assert "--home" in {
            option for argument in app[name].assemble_argument_collection() for option in argument.names
        }, name


def test_the_month_after_the_day_is_allowed(put, night):
    put("bank/a.csv", bank_register(bank_row()))
    assert night("2026-11-20", "--month", "2026-12").table("insured_status").height == 1
    assert night("2026-11-20", "--month", "2020-01").table("insured_status")["reason"].to_list() == ["transitional"]


def test_a_day_before_the_newest_files_is_status_2(put, night):
    put("bank/a.csv", bank_register(bank_row()))
    night("2026-11-20")
    put("bank/b.csv", bank_register(bank_row("p2")))
    ran = night("2026-11-19")
    assert ran.status == 2 and "2026-11-20" in ran.err


def test_a_day_in_the_future_is_allowed(put, night):
    put("bank/a.csv", bank_register(bank_row(day="2041-05-10", period="052041")))
    ran = night("2041-05-20")
    assert ran.status == 0
    assert ran.table("insured_status")["coverage_months"].to_list() == ["-----------P"]


def test_known_at_defaults(put, night, mshi):
    put("bank/a.csv", bank_register(bank_row()))
    night("2026-11-18")
    assert "2026-10_2026-11-18" in mshi("rerun", "2026-10").folder.name
    night("2026-11-20")
    assert "2026-11_2026-11-20" in mshi("rerun", "2026-11").folder.name


def test_what_is_no_file_stays_and_is_named(put, night, home, tmp_path):
    (home / "inbox/bank/folder.csv").mkdir(parents=True)
    secret = tmp_path / "secret.csv"
    secret.write_text(bank_register(bank_row("secret")))
    (home / "inbox/bank/link.csv").symlink_to(secret)
    os.mkfifo(home / "inbox/bank/pipe.csv")
    put("bank/.hidden", "x")
    put("bank/a.csv.part", "x")
    put("bank/b.tmp", "x")
    put("loose.csv", "x")
    ran = night()
    assert ran.status == 0
    for name in ("bank/folder.csv", "bank/link.csv", "bank/pipe.csv", "loose.csv"):
        assert f"inbox/{name}: not" in ran.err
    assert "hidden" not in ran.err and ".part" not in ran.err
    assert len(list((home / "inbox/bank").iterdir())) == 6
    assert ran.table("files").height == 0


def test_errors_name_file_line_field_and_what_to_do(put, night):
    put("bank/a.csv", bank_register(bank_row(), bank_row("p2", amount="12x")))
    put("bank/b.txt", message(total="2,00"))
    ran = night()
    assert "bank/a.csv line 3, amount: bad_amount: " in ran.err
    assert "Found '12*'. The line is quarantined, the rest goes on. Ask the sender for a corrected line." in ran.err
    assert "bank/b.txt line 4: control_total: " in ran.err
    assert "Declared 2,00 tenge, found 1 935,00 tenge in 1 line." in ran.err


def test_refused_files_are_told_before_lines_and_duplicates_last_however_many(put, night):
    put("bank/first.csv", bank_register(bank_row("1")))
    night("2026-11-19")
    again = (bank_row("1") for _ in range(60))
    put("bank/app.csv", bank_register(*again, *(bank_row(f"bad {n}", amount="x") for n in range(60))))
    put("returns/letter.txt", "Дорогие коллеги")
    put("bank/half.txt", message().replace("-}", ""))
    told = night().err.splitlines()
    assert sorted(line.split(":")[2].strip() for line in told[:2]) == ["truncated", "unrecognised"]
    assert {line.split(":")[2].strip() for line in told[2:-1]} == {"bad_amount"}
    rest = "... and 82 more in the table quarantine of the snapshot; mshi quarantine tells which reasons"
    assert (len(told), told[-1]) == (41, f"mshi: {rest}")


def test_check_takes_nothing_in(put, mshi, home):
    good = put("bank/a.csv", bank_register(bank_row()))
    bad = put("bank/b.csv", bank_register(bank_row(amount="x"), bank_row("p2")))
    ran = mshi("check", str(good))
    assert (ran.status, ran.out) == (0, "a.csv: bank_register, 1 lines, 4 250,00 tenge; 1 would be accepted\n")
    ran = mshi("check", str(good), str(bad))
    assert ran.status == 3 and "bank/b.csv line 2, amount: bad_amount" in ran.out
    assert good.exists() and bad.exists() and not (home / "archive").exists()


def test_check_tells_every_fault_and_nothing_that_only_a_run_does(tmp_path, mshi):
    register_of_many, unknown = tmp_path / "a.csv", tmp_path / "b.txt"
    register_of_many.write_text(bank_register(*(bank_row(f"p{n}", amount="x") for n in range(50)), bank_row("p1")))
    unknown.write_text("nobody's")
    ran = mshi("check", str(register_of_many), str(unknown))
    assert ran.status == 3 and ran.out.count(": bad_amount: ") == 50 and "snapshot" not in ran.out
    assert ran.out.count("The line would be quarantined.") == 50 and "Nothing of it would count." in ran.out
    assert "kept" not in ran.out and "goes on" not in ran.out


def test_check_knows_a_register_by_its_name(tmp_path, mshi):
    path = tmp_path / "categories_new.csv"
    path.write_text(register("iin,category,from,to", f"{PERSON},pension,2020-01-01,", f"{OTHER},x,2020-01-01,"))
    ran = mshi("check", str(path))
    assert ran.status == 3 and "line 3, code: unknown_code" in ran.out and "1 would be accepted" in ran.out


def test_check_uses_control_files(tmp_path, mshi):
    path = tmp_path / "a.csv"
    path.write_text(bank_register(bank_row()))
    sidecar = tmp_path / "a.csv.control.json"
    sidecar.write_text('{"rows": 2}')
    assert mshi("check", str(path)).status == 3
    sidecar.write_text('{"rows": 1}')
    assert mshi("check", str(path), str(sidecar)).status == 0


def test_dictionary_tells_every_table_and_code(mshi):
    from pipelines.codebook import codes_table
    from pipelines.dictionary import dictionary_text
    from schemas.tables import TABLES

    text = dictionary_text()
    for table in TABLES.values():
        assert f"## {table.name}\n" in text
        assert all(f"| {column} |" in text for column in table.columns)
    assert [code for code in codes_table()["code"] if f"`{code}`" not in text] == []


def test_help_answers_at_once():
    def seconds() -> float:
        start = time.monotonic()
        ran = subprocess.run([MSHI, "run", "--help"], capture_output=True, text=True)
        assert ran.returncode == 0 and "--as-of" in ran.stdout
        return time.monotonic() - start

    assert min(seconds() for _ in range(3)) < 1


@pytest.mark.parametrize(
    "given",
    [
        ("rerun", "2026-11"),
        ("backfill", "2026-10", "2026-11"),
        ("accept", "0" * 64, "--reason", "confirmed"),
        ("withdraw", "0" * 64, "--reason", "recalled"),
        ("replay",),
        ("quarantine",),
        ("acknowledge", "--source", "bank", "--month", "2026-11"),
        ("verify",),
        ("rerun", "--snapshot", "2026-11_2026-11-20_000000000000"),
        ("report",),
        ("report", "2026-11_2026-11-20_000000000000"),
        ("diff", "2026-11_2026-11-20_000000000000", "2026-11_2026-11-20_000000000001"),
        ("export", "payments", "--to", "out.csv"),
        ("publish", "--audience", "analyst", "--to", "out.duckdb"),
        ("letter", "employer", "320340000036"),
        ("reidentify", "0" * 24, "--reason", "asked"),
    ],
    ids=lambda given: " ".join(given[:2]),
)
def test_a_mistyped_home_is_not_made(mshi, home, given):
    told = mshi(*given)
    assert told.status == 2 and "is no home folder" in told.err and not home.exists()
    assert "--home or MSHI_HOME, or make one with mshi run" in told.err


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("explain", PERSON, "--lang", "de"), 'Invalid value "de" for --lang. Choose from: "en", "ru", "kk"'),
        (("explain", PERSON, "--month", "11-2026"), "--month: expected a month like 2026-11, found '11-2026'"),
        (("rerun", "11-2026"), "MONTH: expected a month like 2026-11, found '11-2026'"),
        (("backfill", "2026-10", "x"), "LAST: expected a month like 2026-11, found 'x'"),
        (("run", "--as-of", "20-11-2026"), "--as-of: expected a day like 2026-11-20, found '20-11-2026'"),
        (("quarantine", "--reason", "late"), "no such reason 'late'; expected one of unrecognised"),
        (("serve", "--port", "0"), "--port: expected 1 to 65535, found 0"),
        (("serve", "--port", "99999"), "--port: expected 1 to 65535, found 99999"),
        (
            ("--lang", "en", "verify"),
            "--lang: expected a command first, then its options, as in mshi verify --home DIR",
        ),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_wrong_usage_says_what_was_found(mshi, given, told):
    ran = mshi(*given)
    assert ran.status == 2 and told in ran.err


def test_a_word_too_many_names_the_help_of_its_command(mshi):
    assert mshi("verify", "one", "two").err == "mshi: 1 word too many; see mshi verify --help\n"
    assert mshi("sql", "SELECT", "*", "FROM", "files").err == (
        "mshi: 3 words too many: a query is one word, in quotes; see mshi sql --help\n"
    )


def test_words_too_many_are_not_repeated(mshi):
    told = mshi("explain", "870928274022", "Иванов")
    assert told.status == 2 and "1 word too many" in told.err and "Иванов" not in told.err


def test_an_unreadable_home_is_status_1(tmp_path, capsys):

    (tmp_path / "file").write_text("x")
    assert main(["run", "--as-of", "2026-11-20", "--home", str(tmp_path / "file")]) == 1
    assert "what was published before is untouched" in capsys.readouterr().err


@pytest.mark.parametrize(
    "given",
    [
        ("export", "payments", "--to", "{home}/runs.jsonl"),
        ("publish", "--audience", "auditor", "--to", "{home}/mshi.duckdb"),
        ("report", "--to", "{home}/snapshots"),
        ("report", "--to", "{home}/linked/key"),
        ("acknowledge", "--source", "bank", "--month", "2026-11", "--to", "{home}/archive/intake.jsonl"),
        ("letter", "person", PERSON, "--to", "{home}/snapshots/chain.jsonl"),
        ("diff", "{snapshot}", "{snapshot}", "--to", "{home}/kept/kept.json"),
    ],
    ids=lambda given: given[0],
)
def test_nothing_for_others_is_written_into_the_home(put, night, mshi, home, tmp_path, given):
    put("bank/a.csv", bank_register(bank_row("p1")))
    name = night().folder.name
    (home / "linked").symlink_to(home)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name != ".lock"}
    told = mshi(*(one.format(home=home, snapshot=name) for one in given))
    assert told.status == 2 and "--to: expected a file outside of the home folder" in told.err
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("command", ["run", "close", "arrivals"])
@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_of_no_calendar_is_wrong_usage(night, mshi, command, day):
    night()
    told = mshi(command, "--as-of", day)
    assert told.status == 2 and f"day {day}: expected one " in told.err


@pytest.mark.parametrize(("name", "status"), [("sp'ill", 0), ("sp[1]", 2)])
def test_a_spill_folder_of_odd_signs(put, night, tmp_path, monkeypatch, name, status):
    monkeypatch.setenv("MSHI_SPILL", str(tmp_path))
    put("bank/a.csv", bank_register(bank_row("p1")))
    (tmp_path / name).mkdir()
    ran = night("2026-11-20", "--spill", str(tmp_path / name))
    assert ran.status == status and ("must not hold any of the signs * ? [" in ran.err) == (status == 2)


def test_a_damaged_intake_record_is_status_1(put, night, home):
    put("bank/a.csv", bank_register(bank_row()))
    night()
    with (home / "archive/intake.jsonl").open("a") as file:
        file.write("{half\n")
    ran = night()
    assert ran.status == 1 and "line 2" in ran.err and "backup" in ran.err


def test_a_thousand_small_files_come_in_within_a_minute(put, night):
    from random import Random

    from writers import make_iin

    rng = Random(3)
    for n in range(1000):
        person = make_iin(rng)
        text = message(reference=f"R{n}") if n % 2 else bank_register(bank_row(f"p{n}", person=person, payer=person))
        put(f"bank/{n}.txt", text)
    start = time.monotonic()
    ran = night()
    assert ran.status == 0 and ran.table("payments").height == 1000
    assert time.monotonic() - start < 60


def test_a_header_alone_is_no_payment_and_no_fault(put, night):
    put("bank/a.csv", BANK_HEADER + "\n")
    ran = night()
    assert (ran.status, ran.table("files")["lines"].to_list(), ran.table("totals").height) == (0, [0], 0)


def test_an_error_that_is_not_of_the_disk_is_told_by_its_kind():
    """A connection that breaks is an OSError too, and has no sentence of the system's."""
    told = sentence_of(ConnectionError("with 880101300101"))
    assert told.startswith("ConnectionError in ") and "None" not in told and "880101" not in told


def test_wrong_usage_names_the_help_of_its_command(mshi):
    assert "mshi: see mshi run --help" in mshi("run", "--no-such-option").err
    assert "mshi: see mshi --help" in mshi("walk").err
    assert "expected one from 2019-12-01 on" in mshi("run", "--as-of", "1999-01-01").err
    assert "expected one from 2019-12-01 on" in mshi("run", "--as-of", "2019-11-30", "--month", "2020-01").err
    assert mshi("run", "--as-of", "2019-12-01", "--month", "2020-01").status == 0


def test_a_letter_that_the_screen_cannot_show_stops_nothing(put, night, home):
    put("bank/a.csv", bank_register(bank_row()))
    night()
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "MSHI_HOME": str(home)}
    ran = subprocess.run([MSHI, "explain", PERSON, "--lang", "ru"], env=environment, capture_output=True, text=True)
    assert ran.returncode == 0 and "\\u0" in ran.stdout
