"""Random worlds through the whole product, every person's verdict compared with the slow reference."""

from collections import Counter
from datetime import date
from pathlib import Path

import polars
import pytest
from population import Scenario, scenario, world_of
from population_files import Delivery
from reference import coverage, verdicts

pytestmark = pytest.mark.usefixtures("no_database")

SEEDS = (0, 1, 2, 3)
STATUS = ("status", "reason", "coverage_months", "missing_months", "arrears_tiyn", "last_paid_month")
STATUS += ("conditional_until",)
COVERAGE = ("basis", "payer_kind", "required_tiyn", "covered_on")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_product_says_what_the_reference_says(seed: int, tmp_path: Path, capsys: pytest.CaptureFixture):
    world = scenario(seed)
    for n, (delivery, month) in enumerate(zip(world.deliveries, world.run_months, strict=True), 1):
        for file in delivery.files:
            file.put(tmp_path)
        asked = ["run", "--as-of", str(delivery.day), "--month", f"{month:%Y-%m}"]
        compare(told(asked, tmp_path, capsys), world.deliveries[:n], month, delivery.day)
    for month, day in world.queries:
        asked = ["rerun", f"{month:%Y-%m}", "--known-at", str(day)]
        compare(told(asked, tmp_path, capsys), world.deliveries, month, day)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_row_is_written_where_the_writer_says(seed: int):
    for delivery in scenario(seed, people=60).deliveries:
        for file in delivery.files:
            lines = decoded(file.data).split("\n")
            for row, line in file.rows:
                there = lines[line - 1].strip()
                if there.startswith(":20:"):
                    assert there == f":20:{row.reference}"
                elif there.startswith(":21:"):
                    below = "\n".join(lines[line:]).split(":21:")[0].replace(" ", "").replace("\t", "")
                    assert f"/{row.person}\n" in below.replace("\r", "")
                else:
                    assert row.person in there
                    assert f"{row.period:%m%Y}" in there


def test_the_population_comes_to_every_verdict():
    found: Counter = Counter()
    bases: Counter = Counter()
    for world in map(scenario, SEEDS):
        known = world_of(world.deliveries)
        assert people(world) >= 300
        for month, day in world.queries:
            found.update((v.status, v.reason) for v in verdicts(known, month, day).values())
            bases.update((c.basis, c.payer_kind) for c in coverage(known, month, day).values())
    assert len(found) == 9
    assert len(bases) == 7
    assert min(found.values()) > 50
    assert min(bases.values()) > 50


def people(world: Scenario) -> int:
    """How many people the files of a world name."""
    return len({row.person for d in world.deliveries for f in d.files for row, _ in f.rows if row.accepted})


def decoded(data: bytes) -> str:
    """The text of a file."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("kz1048")


def told(asked: list[str], home: Path, capsys: pytest.CaptureFixture) -> Path:
    """Call the product; the snapshot folder it names."""
    from pipelines.cli import main

    assert main([*asked, "--home", str(home)]) in (0, 3)
    return Path(capsys.readouterr().out.strip().splitlines()[-1])


def compare(snapshot: Path, deliveries: list[Delivery], month: date, day: date) -> None:
    """The snapshot's two tables against the reference; at most three people are shown."""
    known = world_of(deliveries)
    expected = {iin: tuple(getattr(v, c) for c in STATUS) for iin, v in verdicts(known, month, day).items()}
    assert differing(snapshot / "insured_status.parquet", STATUS, expected) == {}, f"{month} known on {day}"
    covered = coverage(known, month, day).items()
    expected = {iin: tuple(getattr(c, column) for column in COVERAGE) for iin, c in covered}
    assert differing(snapshot / "coverage.parquet", COVERAGE, expected) == {}, f"{month} known on {day}"


def differing(table: Path, columns: tuple[str, ...], expected: dict[str, tuple]) -> dict:
    """By IIN what the product and the reference say, where they say different things."""
    frame = polars.read_parquet(table)
    found = {row[0]: row[1:] for row in frame.select("iin", *columns).rows()}
    assert len(found) == frame.height, f"{table.name} has an IIN twice"
    wrong = [iin for iin in sorted({*found, *expected}) if found.get(iin) != expected.get(iin)]
    return {iin: {"product": found.get(iin), "reference": expected.get(iin)} for iin in wrong[:3]}
