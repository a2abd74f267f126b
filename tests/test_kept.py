"""A night that takes over what the last one kept publishes the bytes of a computation from the ledger."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from population import scenario
from texts import PERSON, bank_register, bank_row, register, returns_register
from writers import File

from pipelines import archive, everybody, follow, limits
from pipelines.cli import main
from pipelines.engine import Cut
from pipelines.home import Home
from pipelines.kept import Kept, kept_of
from schemas.rules import load_law

pytestmark = pytest.mark.usefixtures("no_database")
NOVEMBER, PUBLISHED = date(2026, 11, 1), date(2026, 11, 20)


def run(home: Home, day: date, *more: str) -> None:
    assert main(["run", "--as-of", str(day), "--home", str(home.root), *more]) in (0, 3)


def asked(home: Home, day: date) -> Kept | None:
    return kept_of(home, Cut(NOVEMBER, day, len(archive.records(home))), load_law())


@pytest.mark.parametrize(("seed", "facts_a_range"), [(3, None), (8, 40)], ids=["one range", "many ranges"])
def test_every_night_of_a_random_history_is_what_the_ledger_gives(seed, facts_a_range, tmp_path, monkeypatch, capsys):
    """Registers first, then payments, returns and messages in any order, over nights on which money settles and months fall
    due; `rerun` computes each night's month anew and compares the bytes. Ranges begin at people who are touched."""
    if facts_a_range:
        monkeypatch.setattr(limits, "lines_a_range", lambda taken_over: facts_a_range)
    home, rng = Home(tmp_path / "home"), Random(seed)
    files = [file for delivery in scenario(seed, people=120).deliveries for file in delivery.files]
    registers = [file for file in files if file.folder == "registers"]
    others = [file for file in files if file.folder != "registers"]
    rng.shuffle(others)
    for file in [*registers, *others[: len(others) // 2]]:
        file.put(home.root)
    run(home, NOVEMBER)
    people = sorted({row.person for file in others for row, _ in file.rows if row.accepted})
    looked_at = _spied(monkeypatch)
    later, day = others[len(others) // 2 :], NOVEMBER
    while later:
        day += timedelta(days=rng.choice((0, 1, 1, 2, 4)))
        _paid_today(rng, people, day).put(home.root)
        for file in later[:9]:
            file.put(home.root)
        later = later[9:]
        run(home, day)
        assert main(["rerun", "2026-11", "--known-at", str(day), "--home", str(home.root)]) == 0, capsys.readouterr()
    nights, reruns = looked_at[::2], looked_at[1::2]
    assert set(reruns) == {None} and sum(1 for one in nights if one) > len(nights) // 2


def _paid_today(rng: Random, people: list[str], day: date) -> File:
    """Own money of some people that settles some nights later."""
    rows = [
        bank_row(f"{day}-{place}", str(day), one, one, period=f"{rng.choice((9, 10, 11)):02d}2026", amount="10000.00")
        for place, one in enumerate(rng.sample(people, 4))
    ]
    return File("bank", f"{day}-{rng.random()}.csv", bank_register(*rows).encode())


def _spied(monkeypatch) -> list[int | None]:
    """Of how many people each computation of a month looks at the facts, None for everybody."""
    told: list[int | None] = []
    made = everybody.world_of

    def spy(*given):
        world = made(*given)
        told.append(None if world.base is None else len(world.touched))
        return world

    monkeypatch.setattr(everybody, "world_of", spy)
    return told


@pytest.fixture(scope="module")
def month_begun(tmp_path_factory) -> Path:
    """A home with one published night of November."""
    root = tmp_path_factory.mktemp("begun") / "home"
    for file in scenario(3, people=60).deliveries[0].files:
        file.put(root)
    run(Home(root), PUBLISHED)
    return root


@pytest.fixture
def home(month_begun, tmp_path) -> Home:
    """A copy to go on with."""
    return Home(Path(shutil.copytree(month_begun, tmp_path / "home")))


def test_what_was_kept_stands_also_when_a_month_falls_due(home):
    due = load_law().due_from("employer", date(2026, 10, 1))
    assert due > PUBLISHED
    for day in (PUBLISHED, due, date(2027, 1, 4)):
        base = asked(home, day)
        assert base is not None and base.cut.known_at == PUBLISHED


def test_another_month_tells_nothing(home):
    cut = Cut(date(2026, 10, 1), PUBLISHED, len(archive.records(home)))
    assert kept_of(home, cut, load_law()) is None


def test_a_later_night_tells_nothing_of_an_earlier_day(home):
    assert asked(home, PUBLISHED - timedelta(days=1)) is None


def test_a_recalled_file_may_move_anybody(home):
    sha256 = next(one.sha256 for one in archive.records(home) if one.folder == "bank")
    told = ["withdraw", sha256, "--reason", "the bank asked for it", "--by", "Officer", "--as-of", str(PUBLISHED)]
    assert main([*told, "--home", str(home.root)]) == 0
    assert asked(home, PUBLISHED) is None


def test_an_agent_that_the_law_named_after_a_delivery_may_move_anybody(home, monkeypatch):
    """What it paid stands among the wages, and is found of everybody at once, not of those alone who were touched."""
    monkeypatch.setattr(follow, "agents_since", lambda *given: [971240001315])
    assert asked(home, PUBLISHED) is None


def test_what_was_altered_tells_nothing(home):
    base = asked(home, PUBLISHED)
    assert base is not None
    for path in sorted(base.folder.iterdir()):
        was = path.read_bytes()
        path.write_bytes(was[:-1])
        assert asked(home, PUBLISHED) is None, path.name
        path.unlink()
        assert asked(home, PUBLISHED) is None, path.name
        path.write_bytes(was)
    assert asked(home, PUBLISHED) == base


def test_what_does_not_say_from_what_it_was_made_tells_nothing(home):
    told = json.loads((home.kept / "kept.json").read_bytes())
    for name in told:
        rest = {key: value for key, value in told.items() if key != name}
        (home.kept / "kept.json").write_text(json.dumps(rest))
        assert asked(home, PUBLISHED) is None, name


def test_a_rerun_keeps_nothing(home):
    kept = {path.name: path.read_bytes() for path in home.kept.iterdir()}
    assert main(["rerun", "2026-10", "--home", str(home.root)]) == 0
    assert {path.name: path.read_bytes() for path in home.kept.iterdir()} == kept


def test_a_new_register_may_move_anybody(home, monkeypatch):
    looked_at = _spied(monkeypatch)
    File(
        "registers", "categories_9.csv", register("iin,category,from,to", f"{PERSON},pension,2020-01-01,").encode()
    ).put(home.root)
    run(home, PUBLISHED + timedelta(days=1))
    File("bank", "one.csv", bank_register(bank_row("p1")).encode()).put(home.root)
    run(home, PUBLISHED + timedelta(days=2))
    assert looked_at[0] is None and looked_at[1] == 1


def test_money_is_looked_at_again_on_the_very_day_on_which_it_settles(home, monkeypatch):
    looked_at, paid = _spied(monkeypatch), date(2026, 11, 23)
    File("bank", "one.csv", bank_register(bank_row("p1", str(paid))).encode()).put(home.root)
    for day in (paid, settled := load_law().settled_on(paid), settled):
        run(home, day)
    assert looked_at == [1, 1, 0]


def test_a_night_that_brings_nothing_but_a_return_looks_at_its_person(home, monkeypatch):
    looked_at = _spied(monkeypatch)
    File("bank", "one.csv", bank_register(bank_row("p1")).encode()).put(home.root)
    run(home, PUBLISHED + timedelta(days=1))
    back = returns_register(f"t1,2026-11-20,p1,,{PERSON},{PERSON},122,112026,4250.00,mistake")
    File("returns", "back.csv", back.encode()).put(home.root)
    run(home, PUBLISHED + timedelta(days=2))
    assert looked_at == [1, 1]
