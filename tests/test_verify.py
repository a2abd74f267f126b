"""mshi verify: one flipped bit, one missing file, one added file, one swapped line anywhere is found and named."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from conftest import Ran
from statement_texts import statement
from test_layouts import ASCII, ASCII_ROWS, lay
from texts import OTHER, PERSON, bank_register, bank_row, message, register

from pipelines.cli import main
from pipelines.home import Home
from pipelines.run_record import sealed
from pipelines.snapshot import manifest_bytes

CATEGORIES = "iin,category,from,to"
RECORDS = 11
RECORD_FILES = ["archive/intake.jsonl", "snapshots/chain.jsonl", "runs.jsonl", "ledger/judged_by"]


@pytest.fixture(scope="module")
def proved_home(tmp_path_factory) -> Path:
    """Three nights with files, a register, a statement, a refused file, a control file, a site layout and events."""
    root = tmp_path_factory.mktemp("proved") / "home"

    def put(name: str, content: str | bytes) -> str:
        path = root / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def mshi(*arguments: str) -> None:
        assert main([*arguments, "--home", str(root)]) in (0, 3)

    put("bank/a.csv", bank_register(bank_row("p1"), bank_row("p2", person=OTHER), bank_row("p3", amount="x")))
    put("bank/a.csv.control.json", '{"rows": 3}')
    put("registers/categories.csv", register(CATEGORIES, f"{PERSON},pension,2020-01-01,"))
    put("statements/s.txt", statement())
    mshi("run", "--as-of", "2026-11-18")
    lay(root, ASCII)
    put("bank/m.txt", message())
    put("bank/t.txt", ASCII_ROWS.encode("cp866"))
    refused = put("bank/refused.txt", message(reference="T", total="1,00"))
    wrong = put("bank/wrong.csv", bank_register(bank_row("p9", person=OTHER)))
    mshi("run", "--as-of", "2026-11-19")
    mshi("accept", refused, "--reason", "the bank confirmed it", "--by", "Officer", "--as-of", "2026-11-19")
    mshi("withdraw", wrong, "--reason", "the bank asked for it", "--by", "Officer", "--as-of", "2026-11-19")
    put("bank/b.csv", bank_register(bank_row("p4", person=OTHER, period="102026")))
    put("registers/categories.csv", register(CATEGORIES, f"{PERSON},pension,2020-01-01,2026-10-31"))
    mshi("run", "--as-of", "2026-11-20")
    mshi("run", "--as-of", "2026-11-20", "--month", "2026-10")
    return root


@pytest.fixture
def home(proved_home, tmp_path) -> Path:
    """A copy to tamper with."""
    return Path(shutil.copytree(proved_home, tmp_path / "home"))


@pytest.fixture
def verify(home, mshi) -> Callable[..., Ran]:
    """Prove the copy; it must be the same afterwards."""

    def call(*arguments: str) -> Ran:
        before = contents(home)
        ran = mshi("verify", *arguments)
        assert contents(home) == before
        return ran

    return call


def contents(home: Path) -> dict[str, str]:
    files = [path for path in home.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def proved_files(home: Path) -> list[Path]:
    """Every file that a verification answers for."""
    return sorted(
        path for part in ("archive", "ledger", "snapshots") for path in (home / part).rglob("*") if path.is_file()
    )


def findings(ran: Ran) -> list[str]:
    return [line for line in ran.out.splitlines() if "; " in line]


def counted(ran: Ran) -> dict[str, str]:
    return {line[:14].strip(): line[14:] for line in ran.out.splitlines() if "; " not in line}


def flip(path: Path, rng: Random) -> None:
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def lines_of(path: Path) -> list[str]:
    return path.read_text().splitlines(keepends=True)


def test_an_untouched_home_is_proved(verify, home):
    ran = verify()
    assert (ran.status, findings(ran), ran.err) == (0, [], "")
    told, links = counted(ran), lines_of(home / "snapshots/chain.jsonl")
    files = [path for path in (home / "archive").glob("??/*")]
    assert told["archive"] == f"{len(files)} files of their sha256, {RECORDS} intake records"
    assert told["ledger"].startswith(f"{len(list((home / 'ledger').glob('*-*')))} segments")
    assert told["snapshots"] == "4, with 48 tables" and told["signed"] == "4 by nobody" and told["findings"] == "none"
    assert told["chain"] == f"4 links, the last of manifest {json.loads(links[-1])['manifest_sha256']}"
    assert not (home / ".verify.tmp").exists() and PERSON not in ran.out


@pytest.mark.parametrize("seed", range(40))
def test_one_flipped_bit_is_named(verify, home, seed):
    rng = Random(seed)
    path = rng.choice(proved_files(home))
    flip(path, rng)
    ran = verify()
    assert ran.status == 1 and any(str(path.relative_to(home)) in line for line in findings(ran)), ran.out


@pytest.mark.parametrize("name", RECORD_FILES)
def test_one_flipped_bit_of_a_file_of_records_is_named(verify, home, name):
    whole = (home / name).read_bytes()
    for seed in range(5):
        (home / name).write_bytes(whole)
        flip(home / name, Random(seed))
        ran = verify()
        assert ran.status == 1 and any(line.startswith(name) for line in findings(ran)), (seed, ran.out)


def test_every_missing_file_is_named(verify, home):
    """Of every kind: originals, a control file, a layout, the rules; tables of a segment; manifest and tables."""
    archived = sorted((home / "archive").glob("??/*"))
    segment = sorted((home / "ledger").glob("*-*"))[0]
    first, second, *_ = sorted((home / "snapshots").glob("*/*"))
    of_snapshots = [*first.glob("*.parquet"), second / "manifest.json"]
    for paths in (archived, sorted(segment.iterdir()), [sorted(segment.iterdir())[-1]], of_snapshots):
        kept = {path: path.read_bytes() for path in paths}
        for path in paths:
            path.unlink()
        ran = verify()
        assert ran.status == 1
        for path in paths:
            assert any(str(path.relative_to(home)) in line for line in findings(ran)), (path, ran.out)
            path.write_bytes(kept[path])


@pytest.mark.parametrize("name", RECORD_FILES)
def test_a_missing_file_of_records_is_named(verify, home, name):
    (home / name).unlink()
    ran = verify()
    assert ran.status == 1 and any(name in line or "in no link" in line for line in findings(ran)), ran.out


def test_a_folder_in_place_of_an_archived_file_is_named_beside_all_else(verify, home):
    path = sorted((home / "archive").glob("??/*"))[0]
    kept = path.read_bytes()
    path.unlink()
    path.mkdir()
    found = findings(verify())
    assert any(f"{path.name}: found no file" in line for line in found) and any(
        line.startswith("ledger") for line in found
    )
    path.rmdir()
    path.write_bytes(kept)


def test_a_missing_folder_is_named(verify, home):
    folder = next((home / "snapshots/2026-10").iterdir())
    segments = sorted((home / "ledger").glob("*-*"))
    for path, told in [(folder, folder.name), (segments[0], "no segment of the records 1 to 3")]:
        aside = home.parent / path.name
        path.rename(aside)
        ran = verify()
        assert ran.status == 1 and len(findings(ran)) == 1 and told in findings(ran)[0], ran.out
        aside.rename(path)
    shutil.rmtree(segments[-1])
    assert "no segment of the records" in findings(verify())[0]


def test_added_files_are_named_at_every_level(verify, home):
    inside = [("archive", "??"), ("ledger", "*-*"), ("snapshots", "2026-11/*")]
    folders = [str(next((home / part).glob(pattern)).relative_to(home)) for part, pattern in inside]
    for folder in ["archive", "archive/zz", "ledger", "snapshots", "snapshots/2026-11", *folders]:
        (home / folder).mkdir(exist_ok=True)
        (home / folder / f"extra {PERSON}.txt").write_text("x")
    published = home / folders[-1]
    added = Path(shutil.copytree(published, home / "snapshots/2026-12" / published.name))
    ran = verify()
    expected = [f"{folder}/extra …{PERSON[-4:]}.txt" for folder in ["archive", "archive/zz", "ledger", "snapshots"]]
    expected += [f"{folder}/extra …{PERSON[-4:]}.txt" for folder in ["snapshots/2026-11", *folders]]
    expected += [str(added.relative_to(home))]
    assert ran.status == 1 and sorted(line.split(": found")[0] for line in findings(ran)) == sorted(expected)
    assert PERSON not in ran.out


def test_an_added_file_under_its_own_sha256_is_named(verify, home):
    content = b"not from any bank"
    sha256 = hashlib.sha256(content).hexdigest()
    (home / "archive" / sha256[:2]).mkdir(exist_ok=True)
    (home / "archive" / sha256[:2] / sha256).write_bytes(content)
    ran = verify()
    assert ran.status == 1 and "a file that no record names" in findings(ran)[0] and sha256 in findings(ran)[0]
    inbox = home / "inbox/bank/late.csv"
    inbox.write_bytes(content)
    ran = verify()
    assert ran.status == 0 and sha256 in ran.err and "the next run takes it in" in ran.err


def test_a_layout_that_was_tried_and_never_used_is_no_finding(verify, home, mshi):
    lay(home, ASCII.replace("TERMINAL,", "TERMINAL2,"), "second.yaml")
    mshi("replay", "--as-of", "2026-11-20")
    lay(home, ASCII)
    (home / "layouts/second.yaml").unlink()
    ran = verify()
    assert ran.status == 0 and ran.err.count("a layout or rules that were tried") == 1


def test_links_and_copies_in_place_of_files_are_named(verify, home, tmp_path):
    path = sorted((home / "archive").glob("??/*"))[0]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    ran = verify()
    assert ran.status == 1 and all(path.name in line for line in findings(ran))
    path.unlink()
    (tmp_path / "elsewhere").rename(path)
    segments = sorted((home / "ledger").glob("*-*"))
    shutil.rmtree(segments[0])
    shutil.copytree(segments[1], segments[0])
    ran = verify()
    assert ran.status == 1 and all(segments[0].name in line for line in findings(ran)), ran.out
    assert any("other rows of intake record" in line for line in findings(ran))


def test_swapped_manifests_are_named(verify, home):
    first, second = sorted((home / "snapshots/2026-11").iterdir())[:2]
    (first / "manifest.json").rename(home / "aside")
    (second / "manifest.json").rename(first / "manifest.json")
    (home / "aside").rename(second / "manifest.json")
    ran = verify()
    for folder in (first, second):
        assert any(f"{folder.name}/manifest.json" in line and "chain.jsonl line" in line for line in findings(ran))


def test_swapped_and_lost_links_are_named(verify, home):
    chain = home / "snapshots/chain.jsonl"
    lines = lines_of(chain)
    for told in ([lines[1], lines[0], *lines[2:]], lines[1:], [lines[0], *lines[2:]], [*lines, lines[0]]):
        chain.write_text("".join(told))
        ran = verify()
        assert ran.status == 1 and any("snapshots/chain.jsonl line" in line for line in findings(ran)), told
    chain.write_text("".join(lines[:-1]))
    ran = verify()
    assert ran.status == 1 and "a snapshot in no link of the chain" in ran.out
    assert json.loads(lines[-1])["snapshot"] in ran.out
    chain.write_text("".join(lines)[:-10])
    assert "chain.jsonl line 4: found a line without its end" in verify().out


def test_lost_and_torn_intake_records_are_named(verify, home):
    intake = home / "archive/intake.jsonl"
    lines = lines_of(intake)
    intake.write_text("".join(lines[:-1]))
    assert any(
        f"intake.jsonl: found {RECORDS - 1} records, expected the {RECORDS}" in line for line in findings(verify())
    )
    intake.write_text("".join([lines[1], lines[0], *lines[2:]]))
    assert len([line for line in findings(verify()) if line.startswith("archive/intake.jsonl line")]) == 2
    intake.write_text("".join(lines) + '{"sequence')
    ran = verify()
    assert len(findings(ran)) == 1 and f"intake.jsonl line {RECORDS + 1}: found a line without its end" in ran.out


def test_an_altered_record_is_named_by_the_manifests(verify, home):
    intake = home / "archive/intake.jsonl"
    lines = lines_of(intake)
    for was, now in (('"Officer"', '"Nobody"'), ('"a.csv"', '"c.csv"'), ("2026-11-20", "2026-11-21")):
        line = next(place for place, told in enumerate(lines) if was in told)
        intake.write_text("".join([*lines[:line], lines[line].replace(was, now), *lines[line + 1 :]]))
        told = findings(verify())
        assert any(one.startswith(f"archive/intake.jsonl line {line + 1}: found another record") for one in told)


def test_an_altered_record_behind_the_last_snapshot_is_found_in_the_ledger(home, verify, mshi):
    sha256 = json.loads(lines_of(home / "archive/intake.jsonl")[0])["sha256"]
    assert mshi("withdraw", sha256, "--reason", "asked", "--as-of", "2026-11-20").status == 0
    assert verify().status == 0
    intake = home / "archive/intake.jsonl"
    lines = lines_of(intake)
    other = json.loads(lines[1])["sha256"]
    intake.write_text("".join([*lines[:-1], lines[-1].replace(sha256, other)]))
    assert any("withdrawals.parquet" in line for line in findings(verify()))


def test_all_that_is_altered_is_named_and_the_rest_is_proved(verify, home):
    """A lost original does not keep the segments behind it from being proved."""
    records = [json.loads(line) for line in lines_of(home / "archive/intake.jsonl")]
    lost = home / "archive" / records[0]["sha256"][:2] / records[0]["sha256"]
    lost.unlink()
    segments = sorted((home / "ledger").glob("*-*"))
    table = sorted((home / "snapshots/2026-11").iterdir())[0] / "breaks.parquet"
    deliveries = segments[-1] / "deliveries.parquet"
    for path in (table, deliveries):
        flip(path, Random(1))
    ran = verify()
    for place in (lost, table, deliveries, segments[0]):
        assert any(str(place.relative_to(home)) in line for line in findings(ran)), (place, ran.out)
    assert len(findings(ran)) == 4 and counted(ran)["ledger"].startswith(f"{len(segments) - 2} segments")


def test_what_a_dead_run_leaves_is_named(verify, home, mshi):
    for name in ("archive/.77.tmp", "archive/ab/.abc.tmp", "ledger/.000000099-000000099.tmp/totals.parquet"):
        path = home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("half")
        ran = verify()
        assert ran.status == 1 and "half-written" in findings(ran)[0] and len(findings(ran)) == 1, ran.out
        path.unlink()
    shutil.rmtree(home / "ledger/.000000099-000000099.tmp")
    (home / ".verify.tmp/000000001-000000003").mkdir(parents=True)
    ran = mshi("verify")
    assert ran.status == 0 and "left by a verification that died; removed" in ran.err
    assert not (home / ".verify.tmp").exists()


def test_a_ledger_of_another_program_is_one_finding(verify, home):
    (home / "ledger/judged_by").write_text("an older program")
    ran = verify()
    assert len(findings(ran)) == 1 and "the next run makes it again" in findings(ran)[0]


def test_it_waits_for_no_run_and_needs_a_home(home, mshi, tmp_path, capsys):
    with Home(home).locked():
        ran = mshi("verify")
    assert ran.status == 1 and "is at work" in ran.err
    assert main(["verify", "--home", str(tmp_path / "none")]) == 2 and not (tmp_path / "none").exists()
    assert mshi("verify", "2026-11_2026-11-20_000000000000").status == 2


def test_one_snapshot_by_its_id_with_the_archived_files_it_was_made_from(verify, home):
    links = [json.loads(line) for line in lines_of(home / "snapshots/chain.jsonl")]
    for named in (links[1]["snapshot"], str(home / "snapshots/2026-11" / links[1]["snapshot"])):
        ran = verify(named)
        assert ran.status == 0 and counted(ran)["snapshots"] == "1, with 12 tables", ran.out
        assert list(counted(ran)) == ["archive", "snapshots", "chain", "signed", "findings"]
    records = [json.loads(line) for line in lines_of(home / "archive/intake.jsonl")]
    for place in (0, links[0]["inputs"]):
        path = home / "archive" / records[place]["sha256"][:2] / records[place]["sha256"]
        kept = path.read_bytes()
        flip(path, Random(2))
        assert [verify(link["snapshot"]).status for link in links[:2]] == [int(place == 0), 1]
        path.write_bytes(kept)


def test_a_copied_snapshot_is_proved_without_a_home(home, tmp_path, capsys):
    folder = tmp_path / "evidence"
    shutil.copytree(sorted((home / "snapshots/2026-11").iterdir())[0], folder)
    none = ["--home", str(tmp_path / "none")]
    assert main(["verify", str(folder), *none]) == 0
    told = capsys.readouterr().out
    assert "archive" not in told and "ledger" not in told and "this proves only that the tables" in told
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["inputs"][0]["name"] = "another.csv"
    whole = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    capsys.readouterr()
    assert main(["verify", str(folder), *none]) == 1
    assert "an id that is not of its content" in capsys.readouterr().out
    (folder / "manifest.json").write_bytes(whole)
    (folder / "totals.parquet").write_bytes((folder / "breaks.parquet").read_bytes())
    (folder / "notes.txt").write_text("x")
    assert main(["verify", str(folder), *none]) == 1
    told = capsys.readouterr().out
    assert "evidence/totals.parquet" in told and "evidence/notes.txt" in told
    (folder / "totals.parquet").write_text("no table")
    manifest = json.loads(whole)
    manifest["tables"]["totals"]["sha256"] = hashlib.sha256(b"no table").hexdigest()
    (folder / "manifest.json").write_bytes(manifest_bytes(manifest))
    assert main(["verify", str(folder), *none]) == 1
    told = capsys.readouterr().out
    assert "evidence/totals.parquet: found no Parquet table" in told and "evidence/notes.txt" in told


def test_a_home_without_a_ledger_is_told_so(home, verify):
    shutil.rmtree(home / "ledger")
    assert findings(verify()) == [
        f"ledger: found none, expected that of {RECORDS} intake records; the next run makes it from the archive"
    ]


def test_the_law_of_a_link_is_that_of_its_manifest(home, verify):
    path = home / "snapshots/chain.jsonl"
    path.write_text(path.read_text().replace('"law_as_of": null', '"law_as_of": "2026-11-01"', 1))
    assert any("line 1: found the law of 2026-11-01" in line for line in findings(verify()))


def runs_of(home: Path) -> list[dict]:
    return [json.loads(line) for line in lines_of(home / "runs.jsonl")]


def write_runs(home: Path, told: list[dict]) -> None:
    """A run record that is whole in itself, whatever it tells."""
    previous, lines = None, []
    for line in told:
        own = {key: value for key, value in line.items() if key != "sha256"}
        lines.append(sealed({**own, "previous": previous}))
        previous = hashlib.sha256(lines[-1].encode()).hexdigest()
    (home / "runs.jsonl").write_text("".join(f"{line}\n" for line in lines))


def test_a_run_that_died_is_told_and_is_no_finding(home, verify):
    runs = runs_of(home)
    assert counted(verify())["run record"] == f"{len(runs)} lines" == "12 lines"
    write_runs(home, [*runs, {**runs[0], "run": len(runs) + 1}])
    ran = verify()
    assert ran.status == 0 and "runs.jsonl line 13: that run has no end" in ran.err
    later = {**runs[0], "run": len(runs) + 2, "died": [len(runs) + 1]}
    write_runs(home, [*runs, {**runs[0], "run": len(runs) + 1}, later])
    assert "line 13: that run has no end" not in verify().err and "line 14: that run has no end" in verify().err


def test_a_run_record_that_was_cut_or_mixed_up_is_named(home, verify):
    path = home / "runs.jsonl"
    lines = lines_of(path)
    forged = {key: value for key, value in runs_of(home)[0].items() if key != "sha256"} | {"by": "nobody"}
    path.write_text("".join([sealed(forged) + "\n", *lines[1:]]))
    assert any(line.startswith("runs.jsonl line 2: found a line that does not name") for line in findings(verify()))
    for told in (lines[2:], [*lines[:2], *lines[4:]], [lines[2], *lines[:2], *lines[3:]], lines[:5], []):
        path.write_text("".join(told))
        ran = verify()
        assert ran.status == 1 and any(line.startswith("runs.jsonl") for line in findings(ran)), ran.out


def test_a_run_that_tells_of_what_is_not_there_is_named(home, verify):
    runs = runs_of(home)
    lost = {"snapshot": "2026-11_2026-11-30_000000000000", "manifest_sha256": "0" * 64}
    no_link, no_state = "found no link of a published snapshot", "archive/intake.jsonl: found other records"
    for wrong, told in [(lost, no_link), ({"snapshots": [lost]}, no_link), ({"intake_sha256": "0" * 64}, no_state)]:
        write_runs(home, [*runs[:-1], {**runs[-1], "result": wrong}])
        assert any(told in line for line in findings(verify()))
    write_runs(home, [runs[0], *runs[2:]])
    assert any(line.startswith("runs.jsonl line 2: found run 3") for line in findings(verify()))
    write_runs(home, [*runs, runs[-1]])
    assert any("line 13: found the end of a run" in line for line in findings(verify()))


def test_a_manifest_is_tied_to_the_one_before_and_to_the_run_record(home, verify):
    chain = home / "snapshots/chain.jsonl"
    *before, last = [json.loads(line) for line in lines_of(chain)]
    path = home / "snapshots" / last["snapshot"][:7] / last["snapshot"] / "manifest.json"
    manifest = json.loads(path.read_text()) | {"previous": "0" * 64, "runs": "0" * 64}
    path.write_text(json.dumps(manifest))
    last["manifest_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    chain.write_text("".join(json.dumps(link) + "\n" for link in [*before, last]))
    told = findings(verify())
    assert any("manifest.json" in line and "as the manifest before it" in line for line in told)
    assert any(line.startswith("runs.jsonl: found no line of sha256 000") for line in told)


def test_a_chain_that_began_anew_names_the_missing_snapshot(home, verify, mshi):
    """Each record tells which snapshot was the last when it came in."""
    links = [json.loads(line) for line in lines_of(home / "snapshots/chain.jsonl")]
    shutil.rmtree(home / "snapshots")
    shutil.rmtree(home / "ledger")
    (home / "runs.jsonl").unlink()
    assert mshi("rerun", "2026-11", "--known-at", "2026-11-19").status == 0
    told = findings(verify())
    missing = [link["snapshot"] for link in links[:2]]  # nothing came in behind the later ones
    names = [f"snapshots/chain.jsonl: found no link of {snapshot}" for snapshot in missing]
    begun = f"runs.jsonl line 1: found a chain and a run record that begin after intake record {RECORDS}"
    assert [line.split(",")[0] for line in told] == [*names, begun]
