"""Everybody's status from facts, range of IINs by range, against the month's plain queries over the whole ledger."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from population import scenario
from texts import EMPLOYER, EMPLOYER_2, PERSON, bank_register, bank_row, returns_register
from writers import File

from pipelines import archive, limits
from pipelines.cli import main
from pipelines.engine import Cut, engine, look_at
from pipelines.everybody import world_of
from pipelines.few import known_of, load_facts
from pipelines.home import Home
from pipelines.month import month_tables, status_table
from pipelines.people import known_in, people_of
from pipelines.ranges import Range
from schemas.calendar import add_months
from schemas.rules import FOLDER, load_law
from transforms.status import insured_status

pytestmark = pytest.mark.usefixtures("no_database")


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> tuple[Home, list[tuple[date, date]]]:
    """A home with links, returns, own money and registers of a random population, and what may be asked of it."""
    root, world = tmp_path_factory.mktemp("people") / "home", scenario(3, people=150)
    for delivery in world.deliveries:
        for file in delivery.files:
            file.put(root)
        assert main(["run", "--as-of", str(delivery.day), "--home", str(root)]) in (0, 3)
    days = [delivery.day for delivery in world.deliveries]
    return Home(root), [(days[-1].replace(day=1), days[-1]), *world.queries[:2]]


def cut_of(home: Home, month: date, day: date) -> Cut:
    return Cut(month, day, sum(record.received_on <= day for record in archive.records(home)))


def cut_anywhere(people: pl.Series, seed: int) -> list[Range]:
    """Ranges between IINs of people, so that borders part people who have to do with each other."""
    inner = sorted(Random(seed).sample(people.to_list(), 7))
    return [Range(low, high) for low, high in zip([0, *inner], [*inner, 10**12], strict=True)]


@pytest.mark.parametrize("question", range(3))
def test_ranges_give_what_the_plain_queries_give(asked, question):
    home, law = asked[0], load_law()
    cut = cut_of(home, *asked[1][question])
    with engine(home, cut) as con:
        load_facts(con, law, cut.known_at)
        known, world = known_of(con), world_of(con, home, cut, law)
        own_months = con.sql("FROM own_months").pl()
    plain = insured_status(known, cut.month, cut.known_at, law)
    for seed in range(2):
        found = [people_of(world, part) for part in cut_anywhere(known.people["iin"], seed)]
        assert_frame_equal(pl.concat([one.status for one in found]), plain)
        parts = pl.concat([one.own_months for one in found])
        assert_frame_equal(parts, own_months, check_row_order=False)
        for source, words in known.masks.words.items():
            mine = np.concatenate([one.known.masks.words[source] for one in found], axis=1)
            assert np.array_equal(mine, words), source
        prepaid = pl.concat([one.known.prepaid for one in found])
        assert_frame_equal(prepaid, _farthest(known.prepaid), check_row_order=False)
        assert_frame_equal(pl.concat([one.known.partly_paid for one in found]), known.partly_paid)
    assert plain["reason"].n_unique() > 3 and not world.lost.is_empty() and not world.moved["wages"].is_empty()


def test_wages_under_an_old_iin_are_lost_in_whatever_range_the_person_lies(asked):
    home, law = asked[0], load_law()
    with engine(home, cut_of(home, *asked[1][0])) as con:
        load_facts(con, law, asked[1][0][1])
        world = world_of(con, home, cut_of(home, *asked[1][0]), law)
    lost = replace(world, lost=world.moved["wages"].drop("iin"))
    whole, plain = (people_of(one, Range(0, 10**12)).status for one in (lost, world))
    assert not whole.equals(plain)
    for seed in range(3):
        assert_frame_equal(
            pl.concat([people_of(lost, part).status for part in cut_anywhere(whole["iin"], seed)]), whole
        )


def test_what_is_known_for_a_later_month_tells_every_earlier_one(asked):
    home, law = asked[0], load_law()
    cut = cut_of(home, *asked[1][0])
    with engine(home, cut) as con:
        load_facts(con, law, cut.known_at)
        look_at(con, add_months(cut.month, 1), cut.known_at)
        later = known_of(con)
        for back in (-1, 0, 1, 16, 44, 45, 46, 60):  # a word of a mask more or less, and some months off that
            month = add_months(cut.month, -back)
            look_at(con, month, cut.known_at)
            plain, told = known_of(con), later.as_of(month)
            assert told.masks.last_month == plain.masks.last_month
            for source, words in plain.masks.words.items():
                assert np.array_equal(told.masks.words[source], words), (back, source)
            for name in ("people", "prepaid", "partly_paid", "proprietors"):
                assert_frame_equal(getattr(told, name), getattr(plain, name))
    assert not later.prepaid.is_empty() and any(words.any() for words in later.masks.words.values())


def test_an_agent_that_the_law_names_later_collected_for_people(asked):
    """Its contributions were told as wages when they came; by the later law they are the people's own money."""
    home, law = asked[0], load_law()
    cut = cut_of(home, *asked[1][0])
    with engine(home, cut) as con:
        payer = con.sql(
            "SELECT payer FROM ledger_payments SEMI JOIN ledger_wages USING (person) WHERE knp = '122' "
            "AND payer // 10000000 % 10 BETWEEN 4 AND 6 GROUP BY payer ORDER BY count(*) DESC, payer"
        ).fetchall()[0][0]
    agent = next(row for row in law.values if row.name.startswith("agent."))
    told = [*law.values, replace(agent, name=f"agent.{payer:012d}")]
    later = replace(law, values=tuple(sorted(told, key=lambda row: (row.name, row.valid_from))))
    statuses = []
    for one in (law, later):
        with engine(home, cut) as con:
            load_facts(con, one, cut.known_at)
            known, world = known_of(con), world_of(con, home, cut, one)
        statuses.append(insured_status(known, cut.month, cut.known_at, one))
        assert_frame_equal(people_of(world, Range(0, 10**12)).status, statuses[-1])
    assert not statuses[0].equals(statuses[1])


def rules_with_agent(folder: Path, payer: str) -> Path:
    """The rules, by which this payer too collects for people."""
    shutil.copytree(FOLDER, folder)
    agents = folder / "agents.yaml"
    told = agents.read_text()
    agents.write_text(f"{told}agent.{payer}:{told.split('agent.971240001315:')[1].split('agent.')[0]}")
    return folder


LINES = {  # of an employer, and of one that collects for people by a later law
    "p1": {"payer": EMPLOYER},
    "p2": {"payer": EMPLOYER_2, "amount": "100.00"},
    "p3": {"payer": EMPLOYER_2, "amount": "100.00", "knp": "121"},
    "p4": {"payer": EMPLOYER_2, "amount": "3000.00"},
}


@pytest.mark.parametrize(
    ("before", "after", "back", "letters"),
    [
        (["p1", "p2"], [], "p1", "P-"),
        (["p1", "p2"], [], "p2", "PP"),
        (["p2", "p3"], [], "p3", "P-"),
        (["p1"], ["p4"], "p1", "P-"),
        (["p2"], ["p4"], "p2", "P-"),
        (["p2", "p3"], ["p4"], "p4", "PP"),
    ],
)
def test_what_a_return_and_a_later_agent_take_of_one_fact_adds_up(tmp_path, monkeypatch, before, after, back, letters):
    """Contributions of a day and a delivery are one fact: some came back, some are own money by the later law, as are
    those of a delivery after it. Deductions stay deductions.
    """
    home, law, day = Home(tmp_path / "home"), load_law(), date(2026, 11, 20)
    later = load_law(rules_with_agent(tmp_path / "rules", EMPLOYER_2))
    rows = {name: bank_row(name, **said) for name, said in LINES.items()}
    File("bank", "a.csv", bank_register(*(rows[name] for name in before)).encode()).put(home.root)
    assert main(["run", "--as-of", str(day), "--home", str(home.root)]) == 0
    monkeypatch.setattr("pipelines.night.load_law", lambda: later)
    if after:
        File("bank", "b.csv", bank_register(*(rows[name] for name in after)).encode()).put(home.root)
    said = {"amount": "4250.00", "knp": "122"} | LINES[back]
    line = f"t1,2026-11-12,{back},,{said['payer']},{PERSON},{said['knp']},112026,{said['amount']},mistake"
    File("returns", "r.csv", returns_register(line).encode()).put(home.root)
    assert main(["run", "--as-of", str(day), "--home", str(home.root)]) == 0
    cut, found_letters = cut_of(home, day.replace(day=1), day), ""
    for one in (law, later):
        with engine(home, cut) as con:
            load_facts(con, one, day)
            known, world = known_of(con), world_of(con, home, cut, one)
        found = people_of(world, Range(0, 10**12)).status
        assert_frame_equal(found, insured_status(known, cut.month, day, one))
        found_letters += found["coverage_months"][0][-1]
    assert found_letters == letters


def test_the_status_alone_is_that_of_the_month(asked, tmp_path):
    home, law = asked[0], load_law()
    cut = cut_of(home, *asked[1][0])
    folders = [tmp_path / name for name in ("alone", "month")]
    for folder in folders:
        folder.mkdir()
    alone, month = status_table(home, cut, law, folders[0]), month_tables(home, cut, law, folders[1])
    assert alone.height and alone.collect().equals(month["insured_status"].collect())


def test_returns_are_matched_alike_however_many_at_once(asked, monkeypatch):
    home, law = asked[0], load_law()
    cut = cut_of(home, *asked[1][0])
    matched = []
    for at_once in (limits.returns_at_once(), 3):
        monkeypatch.setattr(limits, "returns_at_once", lambda at_once=at_once: at_once)
        with engine(home, cut) as con:
            load_facts(con, law, cut.known_at)
            matched.append(con.sql("FROM matched_returns ORDER BY sequence, line_no").pl())
    assert matched[0]["outcome"].n_unique() > 1 and matched[0].height > 10
    assert_frame_equal(*matched)


def test_a_range_without_people_has_none(asked):
    home, law = asked[0], load_law()
    cut = cut_of(home, *asked[1][0])
    with engine(home, cut) as con:
        load_facts(con, law, cut.known_at)
        world = world_of(con, home, cut, law)
    known, own_months = known_in(world, Range(1, 2))
    assert known.people.is_empty() and own_months.is_empty()
    assert people_of(world, Range(1, 2)).status.is_empty()


def _farthest(prepaid: pl.DataFrame) -> pl.DataFrame:
    """The largest lead of a month, of those of the wages and of own money."""
    return prepaid.group_by("iin", "back").agg(pl.col("lead").max())
