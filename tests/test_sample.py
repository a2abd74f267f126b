"""The bundled sample: answered as worked out by hand, written again byte for byte, and never told to the log.

The expected results lie beside the sample as CSV files; they come from the rules, not from the product.
"""

from __future__ import annotations

import contextlib
import csv
import io
import logging
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from pipelines.cli import main

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
sys.path.insert(0, str(SAMPLE))

import make  # noqa: E402
from sample_account import POST_OFFICE, PURPOSES  # noqa: E402
from sample_rows import MARRIED_NAME, PARTIES, PEOPLE, PURPOSE  # noqa: E402

AS_OF = "2026-11-20"
MONTH = "2026-11"
ALONE_FINE = ("duplicate_document", "document_differs")  # a file by itself is compared with nothing


@dataclass
class Told:
    """What a command printed and logged, and how it ended."""

    status: int
    out: str
    err: str
    log: str

    @property
    def everything(self) -> str:
        return f"{self.out}\n{self.err}\n{self.log}"

    @property
    def last_line(self) -> str:
        return self.out.strip().splitlines()[-1]


def mshi(*arguments: str) -> Told:
    """Run the command in process and listen to all it says."""
    out, err, log = io.StringIO(), io.StringIO(), io.StringIO()
    listener, root = logging.StreamHandler(log), logging.getLogger()
    level = root.level
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(list(arguments))
    finally:
        root.removeHandler(listener)
        root.setLevel(level)
    return Told(status, out.getvalue(), err.getvalue(), log.getvalue())


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "home"
    assert mshi("sample", str(folder / "inbox")).status == 0
    return folder


@pytest.fixture(scope="module")
def told(home) -> Told:
    return mshi("run", "--home", str(home), "--as-of", AS_OF)


@pytest.fixture(scope="module")
def snapshot(told) -> Path:
    assert told.status == 3
    return Path(told.last_line)


def expected(name: str) -> list[dict[str, str]]:
    with (SAMPLE / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(snapshot: Path, name: str) -> pl.DataFrame:
    """A table of the snapshot; rows of a file carry its name."""
    frame = pl.read_parquet(snapshot / f"{name}.parquet")
    if "file_sha256" not in frame.columns or "file_name" in frame.columns:
        return frame
    return frame.join(names_of_files(snapshot), on="file_sha256", how="left")


def names_of_files(snapshot: Path) -> pl.DataFrame:
    files = pl.read_parquet(snapshot / "files.parquet")
    return files.filter(pl.col("refused_reason").ne_missing("seen_before")).select("file_sha256", "file_name")


def same(found: pl.DataFrame, wanted: list[dict[str, str]], *unsaid: str) -> None:
    """The frame holds exactly the rows wanted, as texts, in any order; `unsaid` are columns for the reader only."""
    columns = [name for name in wanted[0] if name not in unsaid]
    texts = found.select(pl.col(columns).cast(pl.String).fill_null("")).rows()
    assert sorted(texts) == sorted(tuple(row[name] for name in columns) for row in wanted)


def test_everybody_has_the_expected_status(snapshot):
    same(table(snapshot, "insured_status"), expected("insured_status"), "why")


def test_every_file_is_taken_or_refused_as_expected(snapshot):
    same(table(snapshot, "files"), expected("files"))


def test_what_did_not_get_in_is_quarantined_as_expected(snapshot):
    same(table(snapshot, "quarantine"), expected("quarantine"))


def test_breaks_are_as_expected(snapshot):
    same(table(snapshot, "breaks"), expected("breaks"))


def test_entries_of_statements_are_matched_as_expected(snapshot):
    documents = names_of_files(snapshot).rename({"file_sha256": "matched_sha256", "file_name": "matched_file"})
    entries = table(snapshot, "statement_entries").join(documents, on="matched_sha256", how="left")
    same(entries, expected("statement_entries"), "why")


def test_statements_balance_as_expected(snapshot):
    same(table(snapshot, "statements"), expected("statements"), "why")


def test_every_statement_and_every_entry_has_an_expected_result():
    files = [Path(path).name for path in make.statements()]
    assert sorted(row["file_name"] for row in expected("statements")) == sorted(files)
    for row in expected("files"):
        if row["file_name"] in files:
            entries = [one for one in expected("statement_entries") if one["file_name"] == row["file_name"]]
            assert len(entries) == int(row["accepted_lines"]), row["file_name"]
            assert sum(int(one["amount_tiyn"]) for one in entries) == int(row["accepted_tiyn"]), row["file_name"]


def test_every_file_and_person_has_an_expected_result():
    told_files = sorted(row["file_name"] for row in expected("files"))
    names = sorted(Path(path).name for path in make.sample_files())
    assert told_files == [name for name in names if not name.endswith(".control.json")]
    people = {person.number for key, person in PEOPLE.items() if key != "two_iins_old"}
    assert {row["iin"] for row in expected("insured_status")} == people


def test_the_script_writes_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["make.py", str(tmp_path)])
    make.main()
    assert bytes_below(tmp_path) == bytes_below(SAMPLE / "inbox")


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_command_copies_the_sample(tmp_path):
    assert mshi("sample", str(tmp_path / "inbox")).status == 0
    assert bytes_below(tmp_path / "inbox") == bytes_below(SAMPLE / "inbox")


@pytest.mark.parametrize("key", PEOPLE)
def test_people_are_born_in_the_1880s_with_a_right_check_digit(key):
    number = PEOPLE[key].number
    assert re.fullmatch(r"8\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])[12]\d{5}", number)
    assert has_right_check_digit(number)


def test_no_other_person_stands_in_any_file():
    known = {one.number for one in [*PEOPLE.values(), *PARTIES.values()]}
    assert all(has_right_check_digit(number) for number in known)
    for path, content in make.sample_files().items():
        text = content.decode("utf-8" if is_utf8(content) else "kz1048")
        for number in set(re.findall(r"(?<![0-9A-Z])\d{12}(?!\d)", text)) - known:
            assert number == make.mistyped("refused").number, path


def test_only_two_organisations_are_real():
    real = {PARTIES["state"].number, PARTIES["fund"].number}
    organisations = {party.number for key, party in PARTIES.items() if key not in PEOPLE}
    assert all(re.fullmatch(r"3\d(0[1-9]|1[0-2])4\d{7}", number) for number in organisations - real)


def test_only_known_accounts_stand_in_any_statement():
    known = {party.account for party in [*PARTIES.values(), POST_OFFICE]}
    for path, content in make.statements().items():
        text = content.decode("utf-8" if is_utf8(content) else "kz1048")
        assert set(re.findall(r"KZ\d\d[0-9A-Z]{16}", text)) <= known, path


def test_no_purpose_names_a_person():
    names = {name.lower() for one in PEOPLE.values() for name in (one.surname, one.name, one.patronymic)}
    for purpose in [*PURPOSE.values(), *PURPOSES.values()]:
        assert not names & set(re.findall(r"\w+", purpose.lower())), purpose


def is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def has_right_check_digit(number: str) -> bool:
    digits = [int(sign) for sign in number]
    for weights in (range(1, 12), (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)):
        digit = sum(weight * digit for weight, digit in zip(weights, digits[:11], strict=True)) % 11
        if digit != 10:
            return digit == digits[11]
    return False


def test_a_run_tells_nothing_personal(told):
    assert_impersonal(told)


def test_a_rerun_gives_the_same_bytes_and_tells_nothing_personal(home, snapshot):
    again = mshi("rerun", MONTH, "--home", str(home))
    assert again.status == 0
    assert Path(again.last_line) == snapshot
    assert_impersonal(again)


FAULTY = sorted({row["file_name"]: row["reason"] for row in expected("quarantine")}.items())


@pytest.mark.parametrize(("name", "reason"), FAULTY, ids=[name for name, _ in FAULTY])
def test_a_check_of_a_faulty_file_says_so_and_tells_nothing_personal(name, reason, tmp_path):
    path = next((SAMPLE / "inbox").rglob(name))
    checked = mshi("check", str(path), "--as-of", AS_OF, "--home", str(tmp_path / "home"))
    assert checked.status == (0 if reason in ALONE_FINE else 3)
    assert_impersonal(checked)


def test_the_personal_data_it_looks_for_would_be_found():
    for spy in ("ИИН 880112 200014", "ҮЛГІБАЕВА", "KZ" + PARTIES["steady"].account[2:]):
        with pytest.raises(AssertionError):
            assert_impersonal(Told(0, spy, "", ""))


def assert_impersonal(told: Told) -> None:
    """No IIN (also not in groups), name or personal account of the sample in anything that was told."""
    text = told.everything.lower()
    squeezed = re.sub(r"[\s-]", "", text)
    for key, person in PEOPLE.items():
        assert person.number not in squeezed, key
        names = [*person.surname.split("/"), person.name, person.patronymic, MARRIED_NAME.get(key, "-")]
        assert not [name for name in names if name != "-" and name.lower() in text], key
        assert PARTIES[key].account.lower() not in squeezed, key


def test_a_copy_of_the_sample_that_is_broken_off_leaves_no_part_of_a_file(tmp_path, monkeypatch):
    """Half a message would be taken in by the next run."""

    def half(source, target):
        Path(target).write_bytes(Path(source).read_bytes()[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", half)
    assert mshi("sample", str(tmp_path / "inbox")).status == 1
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".part"}
