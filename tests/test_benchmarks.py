"""The benchmark: its sums, that both sides do the same work, and that a quick form of it runs from end to end."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"
sys.path.append(str(BENCHMARKS))

import bench  # noqa: E402
import report  # noqa: E402
import stages_matching  # noqa: E402
from nation_data import Data  # noqa: E402
from registry import STAGES  # noqa: E402
from stage import Stage  # noqa: E402


def figures(cpu: float, wall: float, gib: float = 1.0) -> dict:
    return {"cpu": cpu, "wall": wall, "whole": wall + 1, "gib": gib, "load": 0.0, "told": "", "day": "2026-11-27"}


def row(pairs: list, **stage) -> report.Row:
    return report.Row(Stage("a stage", "", lambda data, work: lambda: None, **stage), pairs)


def test_the_median_is_of_ratios_of_pairs_not_of_sides():
    pairs = [[figures(2, 1), figures(1, 1)], [figures(30, 1), figures(10, 1)], [figures(4, 1), figures(4, 1)]]
    assert row(pairs).ratio("cpu") == 2
    assert row(pairs).typical(0, "cpu") / row(pairs).typical(1, "cpu") == 1


@pytest.mark.parametrize(
    ("cpu", "wall", "gib", "told"),
    [
        (2.9, 2.9, 1, "held"),
        (1.5, 1.6, 1, "reached"),
        (1.5, 2.5, 1, "held"),
        (3.1, 2.0, 1, "**not held** (cpu)"),
        (3.1, 3.2, 1, "**not held** (cpu, wall)"),
        (2.9, 2.9, 2, "held; **memory not held** (1.5 GiB)"),
    ],
)
def test_a_goal_is_held_in_cpu_and_wall_and_memory(cpu, wall, gib, told):
    found = row([[figures(cpu, wall, gib), figures(1, 1)]], goal=3.0, reach=2.0, peak=1.5)
    assert found.held() == told


def test_seconds_of_a_command_count_its_start():
    assert row([[figures(1, 2.5)]], goal=3.0, reach=1.0).held() == "**not held** (wall)"


def test_growth_is_in_cpu_of_ours():
    small, large = row([[figures(2, 9), figures(1, 1)]]), row([[figures(21, 9, 2), figures(3, 1)]])
    assert "| a stage | 10.5 × for 10 × the people | 1.00 → 2.00 GiB |" in report.growth(
        {"a stage": small}, {"a stage": large}, 10
    )


def test_a_part_of_a_document_is_replaced_and_the_rest_left(tmp_path):
    path = tmp_path / "benchmarks.md"
    path.write_text("# Title\n")
    for told in ("first\n", "second\n"):
        report.put_into(path, "size 0.1", told)
    report.put_into(path, "size 1", "other\n")
    assert re.findall(r"^\w+$", path.read_text(), re.MULTILINE) == ["second", "other"]
    assert path.read_text().startswith("# Title\n")


def test_every_goal_of_the_table_has_its_stage():
    goals = {name: (stage.goal, stage.reach) for name, stage in STAGES.items() if stage.goal is not None}
    assert goals == {
        "register intake": (1.6, 1.2),
        "MT102 intake": (3.5, 2.0),
        "status, cold": (3.0, 2.0),
        "status, cold, in 1.5 GiB": (4.0, 3.0),
        "status, warm": (2.0, 1.0),
        "night": (0.3, 0.15),
        "publishing": (2.0, 1.3),
        "explain, employee": (3, 1),
        "explain, own money": (3, 1),
        "explain, by the state": (3, 1),
        "explain, line": (3, 1),
        "diff": (30, 15),
    }


def test_what_starts_and_times_others_stays_small():
    """A child's peak memory is never told below what its parent held when it was started."""
    code = f"import sys; sys.path.append({str(BENCHMARKS)!r}); import bench; print({{'polars', 'duckdb', 'numpy'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


def test_matching_finds_every_order_as_the_join_does(tmp_path, monkeypatch):
    monkeypatch.setattr(stages_matching, "SIZE", 1_000)
    data = Data(tmp_path, 2_000)
    data.make("matching")
    stage = STAGES["matching"]
    assert stage.ours(data, tmp_path)() == "1,000 matches"
    assert stage.yardstick(data, tmp_path)() == [(890,)]  # but a tenth by reference, and one in 100 of another amount


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["--stages", "night", "nigth"], "no stage nigth; there are register intake, MT102 intake"),
        (["--size", "0"], "a part of the nation"),
        (["--size", "7"], "a part of the nation"),
        (["--pairs", "-1"], "--pairs: expected 1 or more"),
        (["--days", "0"], "--days: expected 1 or more"),
        (["--into", "nowhere/told.md"], "there is no folder nowhere"),
    ],
)
def test_wrong_options_are_told_before_anything_is_measured(wrong, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bench.py", *wrong])
    with pytest.raises(SystemExit, match="2"):
        bench.main()
    assert told in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_quick_form_runs_and_both_sides_read_the_same_lines(tmp_path):
    wanted = ["register intake", "MT102 intake", "status, cold"]
    call = [sys.executable, str(BENCHMARKS / "bench.py"), "--size", "0.00013", "--days", "2", "--pairs", "1"]
    call += ["--data", str(tmp_path), "--into", str(tmp_path / "told.md"), "--stages", *wanted]
    ran = subprocess.run(call, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    kept = json.loads((tmp_path / "0.00013, 2 days" / "results.json").read_text())
    assert list(kept) == wanted
    for name in wanted[:2]:
        ours, yardstick = kept[name][0]
        assert ours["told"].split(" ")[0].replace(",", "") == re.sub(r"\D", "", yardstick["told"]) != "0"
        assert "0 accepted" not in ours["told"].split(", ")[1:2]
    assert all(one["cpu"] > 0 and one["gib"] > 0.01 for pairs in kept.values() for pair in pairs for one in pair)
    assert "| register intake |" in (tmp_path / "told.md").read_text()
