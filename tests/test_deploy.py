"""docs/deploy: backup and restore of a home, the systemd units, what the container file copies and builds."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli import main
from pipelines.sample import write_sample

DEPLOY = Path(__file__).parent.parent / "docs" / "deploy"
MSHI = Path(sys.executable).parent / "mshi"


def script(name: str, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([DEPLOY / name, *map(str, words)], capture_output=True, text=True)


def tables(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in sorted(home.glob("snapshots/*/*/*.parquet"))}


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A home after two nights; the tests read it, and damage only copies."""
    home = tmp_path_factory.mktemp("deploy") / "home"
    write_sample(home / "inbox")
    assert main(["run", "--as-of", "2026-11-20", "--home", str(home)]) == 3
    assert main(["run", "--as-of", "2026-11-21", "--home", str(home)]) == 0
    return home


def test_a_restored_home_goes_on_with_the_same_bytes(home, tmp_path, capsys):
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    assert script("backup.sh", home, backup).returncode == 0
    again = script("backup.sh", home, backup)
    assert again.returncode == 0 and "backup: 0 new files" in again.stdout
    assert not list(backup.rglob("*.parquet")) and (backup / "key").stat().st_mode & 0o77 == 0
    assert script("restore.sh", backup, restored).returncode == 0

    assert main(["verify", "--home", str(restored)]) == 1
    said = capsys.readouterr().out
    assert "ledger: found none" in said and "files.parquet: found no file" in said
    older = sorted(restored.glob("snapshots/2026-11/2026-11_*"))[0].name
    assert main(["rerun", "--snapshot", older, "--home", str(restored)]) == 0
    assert main(["run", "--as-of", "2026-11-21", "--home", str(restored)]) == 0
    assert tables(restored) == tables(home)
    assert (restored / "key").read_bytes() == (home / "key").read_bytes()
    assert main(["verify", "--home", str(restored)]) == 0
    assert main(["run", "--as-of", "2026-11-22", "--home", str(restored)]) == 0
    assert main(["verify", "--home", str(restored)]) == 0


def test_a_backup_does_not_overwrite_a_good_record_with_a_damaged_one(home, tmp_path):
    backup, damaged = tmp_path / "backup", tmp_path / "damaged"
    shutil.copytree(home, damaged)
    assert script("backup.sh", damaged, backup).returncode == 0
    kept = (backup / "runs.jsonl").read_bytes()
    (damaged / "runs.jsonl").write_bytes(kept[: len(kept) // 2])
    ran = script("backup.sh", damaged, backup)
    assert ran.returncode == 1 and "runs.jsonl" in ran.stderr and (backup / "runs.jsonl").read_bytes() == kept
    (damaged / "runs.jsonl").write_bytes(kept)
    one = next(path for path in damaged.glob("archive/??/*"))
    shutil.rmtree(backup / "archive" / one.parent.name)
    one.write_bytes(b"altered")
    ran = script("backup.sh", damaged, backup)
    assert ran.returncode == 1 and one.name in ran.stderr
    assert script("backup.sh", tmp_path, backup).returncode == 2


@pytest.mark.parametrize("record", ["runs.jsonl", "archive/intake.jsonl", "snapshots/chain.jsonl"])
def test_a_line_that_a_full_disk_cut_off_does_not_stop_later_backups(home, tmp_path, record):
    """mshi takes a line without its end for never written, and writes another in its place."""
    backup, torn = tmp_path / "backup", tmp_path / "torn"
    shutil.copytree(home, torn)
    lines = (torn / record).read_bytes()
    (torn / record).write_bytes(lines + b'{"torn')
    assert script("backup.sh", torn, backup).returncode == 0
    assert (backup / record).read_bytes() == lines
    (backup / record).write_bytes(lines + b'{"torn')  # as a backup made by an older script
    (torn / record).write_bytes(lines + b'{"another": 1}\n')
    ran = script("backup.sh", torn, backup)
    assert ran.returncode == 0, ran.stderr
    assert (backup / record).read_bytes() == (torn / record).read_bytes()


def test_a_backup_waits_for_the_job_at_work(home, tmp_path, monkeypatch):
    from pipelines.home import Home

    monkeypatch.setenv("BACKUP_WAIT", "1")
    with Home(home).locked():
        ran = script("backup.sh", home, tmp_path / "backup")
    assert ran.returncode == 1 and "still at work" in ran.stderr


def test_nothing_is_restored_over_a_home_or_from_a_damaged_backup(home, tmp_path):
    backup = tmp_path / "backup"
    script("backup.sh", home, backup)
    assert script("restore.sh", backup, home).returncode == 2
    next(path for path in backup.glob("archive/??/*")).write_bytes(b"altered")
    ran = script("restore.sh", backup, tmp_path / "new")
    assert not (tmp_path / "new.part").exists()
    assert ran.returncode == 1 and not (tmp_path / "new").exists()


def test_a_backup_that_is_named_by_a_link_is_copied_and_not_linked(home, tmp_path):
    """Else the next run would write into the backup."""
    script("backup.sh", home, tmp_path / "backup")
    (tmp_path / "latest").symlink_to(tmp_path / "backup")
    assert script("restore.sh", tmp_path / "latest", tmp_path / "new").returncode == 0
    assert (tmp_path / "new").is_dir() and not (tmp_path / "new").is_symlink()


def test_a_restore_that_was_broken_off_is_not_filled_up(home, tmp_path):
    """What lies in its folder may be the half of a home."""
    backup, half = tmp_path / "backup", tmp_path / "new.part"
    script("backup.sh", home, backup)
    half.mkdir()
    ran = script("restore.sh", backup, tmp_path / "new")
    assert ran.returncode == 2 and "remove it first" in ran.stderr and not (tmp_path / "new").exists()
    half.rmdir()
    assert script("restore.sh", backup, tmp_path / "new").returncode == 0


def test_the_units_call_commands_that_there_are(root):
    calls = re.findall(r"^ExecStart=.*?(\S+)$", (DEPLOY / "mshi-arrivals.service").read_text(), re.M)
    calls += re.findall(r"^Unit=mshi@(\w+)\.service$", "\n".join(p.read_text() for p in DEPLOY.glob("*.timer")), re.M)
    assert sorted(calls) == ["arrivals", "close", "run", "verify"]
    for call in calls:
        assert main([call, "--help"]) == 0


def test_timers_and_flows_keep_the_same_hours(root):
    flows = (root / "flows.yaml").read_text()
    crons = re.findall(r'cron: "(\d+) (\d+) (\S+) \* (\S+)"', flows)
    timers = [
        re.search(r"OnCalendar=(?:(\w+) )?\*-\*-(\S+) (\d\d):(\d\d):00 Asia/Almaty", path.read_text()).groups()
        for path in DEPLOY.glob("*.timer")
    ]
    from_timers = sorted(
        (str(int(minute)), str(int(hour)), days.replace("..", "-").replace("01", "1"), {"Sun": "0", None: "*"}[week])
        for week, days, hour, minute in timers
    )
    assert from_timers == sorted(crons)


@pytest.mark.server
def test_systemd_takes_the_units(tmp_path):
    for path in (*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")):
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/mshi/.venv/bin/mshi", str(MSHI)))
    units = ["mshi@run.service", "mshi@close.service", "mshi@verify.service", "mshi-arrivals.service"]
    units += [path.name for path in DEPLOY.glob("*.timer")]
    ran = subprocess.run(["systemd-analyze", "verify", *units], cwd=tmp_path, capture_output=True, text=True)
    ours = [line for line in ran.stderr.splitlines() if "mshi" in line]
    assert (ran.returncode, ours) == (0, []), ran.stderr


@pytest.mark.server
def test_what_the_container_file_copies_builds_a_package_that_runs(root, tmp_path):
    told = (DEPLOY / "Containerfile").read_text()
    for line in re.findall(r"^COPY (.+)$", told, re.M):
        *sources, target = line.split()
        for source in sources:
            if (root / source).is_dir():
                shutil.copytree(root / source, tmp_path / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(root / source, tmp_path)
    (build,) = re.findall(r"^RUN python (-m pip install .*--no-deps.* \.)$", told, re.M)
    target = tmp_path / "installed"
    words = [*build.split(), "--target", target]
    subprocess.run([sys.executable, *words], cwd=tmp_path, check=True, capture_output=True)
    code = "import sys; from pipelines.cli import main; sys.exit(main(sys.argv[1:]))"
    for call in (["sample", "inbox"], ["dictionary"], ["check", "inbox/bank/register_app.csv"]):
        ran = subprocess.run(
            [sys.executable, "-c", code, *call],
            cwd=tmp_path,
            env={"PYTHONPATH": str(target), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        assert ran.returncode in (0, 3), ran.stderr
