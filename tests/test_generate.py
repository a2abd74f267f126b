"""`mshi generate`: the same bytes for the same seed, people who cannot exist, and the product judging as planted."""

import hashlib
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipelines import archive, ledger
from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.generate.days import papers
from pipelines.generate.draw import happens
from pipelines.generate.faults import LINE_FAULTS, MESSAGE_FAULTS
from pipelines.generate.nation import SECOND_JOB, Nation, first_day
from pipelines.generate.numbers import MOST_PEOPLE, bins, iins
from pipelines.generate.proof import days_in, differences, take_in_days
from pipelines.generate.straight import write_months
from pipelines.generate.wages import wage_lines
from pipelines.generate.write import generate, put
from pipelines.home import Home
from schemas.codes import QUARANTINE, REFUSALS, STATUS_REASONS
from schemas.identifiers import valid_iin, valid_payer
from schemas.ledger import LEDGER

AS_OF = date(2026, 11, 20)
FEW = Nation(2_000, 2, AS_OF, seed=1, days=2)
CALL = ["--persons", "2000", "--months", "2", "--as-of", str(AS_OF), "--seed", "1", "--days", "2"]
MSHI = "import sys; from pipelines.cli import main; sys.exit(main())"


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", MSHI, "generate", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )


def test_a_nation_that_the_disk_has_no_room_for_says_what_to_do(tmp_path, monkeypatch, capsys):
    def full(folder, _):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "half").touch()
        raise OSError(28, "No space left on device", str(folder / "half"))

    monkeypatch.setattr("pipelines.generate.write.put", full)
    assert main(["generate", str(tmp_path / "nation"), *CALL]) == 1
    assert f"No space left on device: {tmp_path / 'nation'} holds a part" in capsys.readouterr().err


def hashes(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("few") / "nation"
    generate(folder, FEW)
    return folder


@pytest.fixture(scope="module")
def year(tmp_path_factory) -> tuple[Home, Path, Nation]:
    """A nation of 13 months that a home has taken in day by day."""
    root = tmp_path_factory.mktemp("year")
    nation = Nation(2_500, 13, AS_OF, seed=5, days=2)
    generate(root / "nation", nation)
    home = Home(root / "home")
    take_in_days(home, root / "nation")
    return home, root / "nation", nation


def test_the_same_call_gives_the_same_bytes_on_any_number_of_threads(few, tmp_path):
    ran = command(str(tmp_path / "again"), *CALL, POLARS_MAX_THREADS="1")
    assert ran.returncode == 0 and ran.stderr == "" and " files, " in ran.stdout
    assert hashes(tmp_path / "again") == hashes(few)


def test_another_seed_is_another_nation(few, tmp_path):
    generate(tmp_path / "other", Nation(2_000, 2, AS_OF, seed=2, days=2))
    mine, other = hashes(few), hashes(tmp_path / "other")
    same = {name for name in mine if mine[name] == other.get(name)}
    without_money = "empty|letter|nul|notes|no_amounts|two_forms|alone|long_line|loose|off_(count|total)"
    assert all(re.search(f"/({without_money})_", name) for name in same)


def test_a_month_alone_is_the_same_month(few, tmp_path):
    generate(tmp_path / "last", FEW, last_only=True)
    mine, last = hashes(few), hashes(tmp_path / "last")
    assert {name for name in last if name.startswith("2026-10")} == set()
    for name in last:
        if name not in ("expected/files.parquet", "expected/messages.parquet"):
            assert last[name] == mine[name], name
    assert {name for name in mine if name.startswith("2026-11")} <= set(last)


def test_every_line_and_person_is_judged_as_planted(year):
    home, folder, nation = year
    assert differences(home, folder, nation.as_of) == dict.fromkeys(
        ("files", "payments", "returns", "transfers", "quarantined lines", "refused messages and files", "lines read",
         "returns matched", "statuses"), 0
    )  # fmt: skip


def test_the_comparison_sees_a_difference(year, tmp_path):
    """Each expected table spoiled in one place is told, by as many rows."""
    home, folder, nation = year
    spoiled = tmp_path / "nation"
    (spoiled / "expected").mkdir(parents=True)
    for path in (folder / "expected").iterdir():
        table = pl.read_parquet(path)
        if path.name == "lines_2026-11.parquet":
            first = pl.int_range(pl.len()) == pl.arg_where(pl.col("verdict") == "quarantined").first()
            table = table.with_columns(reason=pl.when(first).then(pl.lit("bad_link")).otherwise("reason"))
        if path.name == "insured_status.parquet":
            table = table.slice(1)
        table.write_parquet(spoiled / "expected" / path.name)
    told = differences(home, spoiled, nation.as_of)
    assert {name: count for name, count in told.items() if count} == {"quarantined lines": 2, "statuses": 1}


def test_no_kind_of_fault_is_missing(year):
    _, folder, _ = year
    lines = pl.read_parquet(folder / "expected" / "lines_*.parquet")
    refused = pl.read_parquet(folder / "expected" / "messages.parquet")["reason"]
    files = pl.read_parquet(folder / "expected" / "files.parquet")["refused_reason"].drop_nulls()
    assert set(LINE_FAULTS) <= set(lines["fault"].drop_nulls())
    of_lines = set(QUARANTINE) - {"not_booked"}  # a fault of statements, which are not generated
    assert of_lines == set(lines["reason"]) & set(QUARANTINE)
    assert set(REFUSALS) - {"withdrawn"} == {*refused, *files}
    assert {reason for _, reason in MESSAGE_FAULTS.values()} <= {*lines["reason"], *refused}
    assert set(lines["outcome"].drop_nulls()) == {"matched", "return_without_payment", "return_exceeds_payment"}
    statuses = set(pl.read_parquet(folder / "expected" / "insured_status.parquet")["reason"])
    assert set(STATUS_REASONS) - statuses <= {"transitional", "never_covered"}


def test_nobody_can_exist(few):
    """Every 12-digit number of a person is of the 1880s, every payer's of years 30 to 39 or of the law's own lists."""
    known = set(FEW.law.codes("agent")) | {"160440007161"}
    numbers = set()
    for path in few.rglob("*"):
        if path.is_file() and path.suffix in (".txt", ".csv"):
            text = path.read_bytes().decode("utf-8", "replace")
            numbers |= set(re.findall(r"(?<![0-9A-Z])[0-9]{12}(?![0-9])", text))
    people = {number for number in numbers if number[4] in "0123"}
    assert len(people) > 1_500 and all(number[0] == "8" and number[6] in "12" for number in people)
    assert {number for number in numbers - people if number[0] != "3"} <= known


def test_numbers_are_valid_and_each_is_one_persons():
    places = np.unique(np.concatenate((np.arange(200_000), MOST_PEOPLE - 1 - np.arange(200_000))))
    ids = pl.Series(iins(places)).cast(pl.String)
    assert ids.n_unique() == len(places) and valid_iin(ids).all()
    organisations = pl.Series(bins(np.arange(300_000))).cast(pl.String)
    assert organisations.n_unique() == 300_000 and valid_payer(organisations).all()
    assert not valid_iin(organisations).any()


def test_wages_obey_rates_and_caps():
    nation = Nation(20_000, 3, AS_OF, seed=3)
    lines = wage_lines(nation, nation.last, np.arange(nation.employers))
    period = first_day(nation.last - 1)
    of = {knp: lines.filter(pl.col("knp") == knp) for knp in (121, 122)}
    assert of[121].group_by("employer", "person_place").len()["len"].max() == 1
    assert of[121]["amount_tiyn"].max() <= nation.law.cap_tiyn("deduction", period)
    whole = of[122].group_by("person_place").agg(pl.col("amount_tiyn").sum())
    assert whole["amount_tiyn"].max() == nation.law.cap_tiyn("contribution", period)
    both = of[121].join(of[122], on=["employer", "person_place"], suffix="_122")
    one_job = whole.join(of[122].unique("person_place", keep="none"), on="person_place", how="semi")
    uncapped = both.join(one_job, on="person_place", how="semi").filter(
        pl.col("amount_tiyn_122") < nation.law.cap_tiyn("contribution", period)
    )
    assert uncapped.height > 5_000 and (uncapped["amount_tiyn"] * 2 == uncapped["amount_tiyn_122"] * 3).all()
    two = of[122].group_by("person_place").len().filter(pl.col("len") == 2).height
    assert 60 < 1_000 * two / whole.height < 85 and SECOND_JOB == 800


def test_what_happens_does_not_depend_on_who_else_is_asked():
    everybody = np.arange(10_000)
    told = happens(500, 7, "anything", everybody)
    assert (happens(500, 7, "anything", everybody[5_000:]) == told[5_000:]).all()
    assert 400 < told.sum() < 600


def test_months_straight_into_the_ledger_are_what_the_text_gives(tmp_path):
    nation = Nation(16_500, 2, AS_OF, seed=1, days=2)
    generate(tmp_path / "nation", nation, with_persons=True)
    home = Home(tmp_path / "home")
    take_in_days(home, tmp_path / "nation")
    straight = Home(tmp_path / "straight")
    write_months(straight, nation, nation.first, nation.first, with_persons=True)
    write_months(straight, nation, nation.last, nation.last, with_persons=True)
    assert archive.records(straight) == archive.records(home)
    for table in LEDGER:
        mine, text = (ledger.scan(one, table).collect() for one in (straight, home))
        assert mine.equals(text), table
    assert {path.name for path in straight.archive.rglob("*") if len(path.name) == 64} == {
        path.name for path in home.archive.rglob("*") if len(path.name) == 64
    }


def test_history_without_files_has_the_same_lines(tmp_path):
    with_files, without = Home(tmp_path / "with"), Home(tmp_path / "without")
    write_months(with_files, FEW, FEW.first, FEW.last)
    write_months(without, FEW, FEW.first, FEW.last, with_files=False)
    for table in ("payments", "returns", "quarantine", "orders", "intervals"):
        mine, other = (_by_name(home, table) for home in (with_files, without))
        assert mine.height and mine.equals(other), table


def test_a_day_without_files_is_no_delivery(tmp_path):
    home, hamlet = Home(tmp_path / "home"), Nation(10, 1, AS_OF, seed=1)
    write_months(home, hamlet, hamlet.first, hamlet.last, with_files=False)
    days = ledger.scan(home, "deliveries").select(pl.col("received_on").unique().sort()).collect()["received_on"]
    assert 0 < len(days) < len(hamlet.all_days) == 15


def _by_name(home: Home, table: str) -> pl.DataFrame:
    names = ledger.scan(home, "deliveries").select("sequence", "file_name")
    told = ledger.scan(home, table).join(names, on="sequence").drop("sequence", "file_sha256", strict=False)
    return told.sort("file_name", "line_no", maintain_order=True).collect()


def test_the_last_month_as_text_follows_history_without_files(tmp_path):
    """What a benchmark does: months into the ledger, the last one from the inbox."""
    generate(tmp_path / "nation", FEW, last_only=True)
    home = Home(tmp_path / "home")
    write_months(home, FEW, FEW.first, FEW.last - 1, with_files=False)
    take_in_days(home, tmp_path / "nation")
    assert not any(differences(home, tmp_path / "nation", FEW.as_of).values())


def test_the_last_day_as_text_follows_history_without_it(tmp_path, few):
    """What the benchmark's night does: history up to its eve, its files from the inbox."""
    home, whole = Home(tmp_path / "home"), Home(tmp_path / "whole")
    write_months(home, FEW, FEW.first, FEW.last, with_files=False, until=FEW.all_days[-2])
    write_months(whole, FEW, FEW.first, FEW.last, with_files=False)
    before = ledger.scan(home, "deliveries").select(pl.col("received_on").max()).collect().item()
    assert before == FEW.all_days[-2]
    for _, made in papers(FEW, FEW.last, FEW.last, since=AS_OF):
        for paper in made:
            put(tmp_path / "night" / str(AS_OF), paper)
    mine, month = hashes(tmp_path / "night" / str(AS_OF)), hashes(few / str(AS_OF))
    assert mine and mine == month
    take_in_days(home, tmp_path / "night")
    for table in ("payments", "returns", "orders"):
        assert _by_name(home, table).equals(_by_name(whole, table)), table


def test_days_are_folders(few):
    days = days_in(few)
    assert days == FEW.all_days and days[-1] == AS_OF and len(days) == 4
    assert {path.name for path in (few / str(days[0])).iterdir()} == {"bank", "kazpost", "registers"}


def test_a_folder_that_is_not_empty_is_left_alone(few):
    with pytest.raises(UsageError, match="not empty"):
        generate(few, FEW)


@pytest.mark.parametrize("wrong", [{"persons": 9}, {"persons": 20_000_000}, {"months": 0}, {"as_of": date(2023, 1, 5)}])
def test_a_nation_that_cannot_be_is_refused(wrong):
    with pytest.raises(UsageError):
        Nation(**{"persons": 2_000, "months": 2, "as_of": AS_OF, "seed": 1} | wrong)


@pytest.mark.parametrize(
    ("persons", "seed", "population", "last_only"),
    [(10, 2, False, False), (50, 1, False, False), (200, 1, True, False), (200, 1, True, True)],
)
def test_of_few_people_everything_is_as_expected_too(tmp_path, persons, seed, population, last_only):
    """So few that files of different days would be the same bytes; or all of them known by the register of persons."""
    nation = Nation(persons, 1 if last_only else 2, AS_OF, seed, days=4)
    generate(tmp_path / "nation", nation, last_only, with_persons=population)
    expected = pl.read_parquet(tmp_path / "nation/expected/insured_status.parquet")
    assert expected.height == persons or not population
    take_in_days(home := Home(tmp_path / "home"), tmp_path / "nation")
    found = differences(home, tmp_path / "nation", AS_OF)
    assert found == dict.fromkeys(found, 0)


def test_help_imports_nothing_heavy():
    code = "import sys; from pipelines.cli import main; main(['generate', '--help']); print('polars' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout.endswith("False\n") and "--persons" in ran.stdout
