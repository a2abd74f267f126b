"""Intake by file and status by range of IINs on a Dask cluster, in processes of their own: the bytes of here."""

import pickle
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from clusters import Started, does_not_answer, started_in
from distributed.comm import CommClosedError
from hashes import parquet_hashes
from test_read_apart import ledger_bytes

from pipelines import everybody, follow, limits, machines, on_worker, ranges, read_apart, storage
from pipelines.cli import main
from pipelines.cluster import cluster
from pipelines.errors import RunFailed, UsageError
from pipelines.generate.nation import Nation
from pipelines.generate.proof import take_in_days
from pipelines.generate.write import generate
from pipelines.home import Home
from pipelines.people import FACTS
from pipelines.storage import SharedFolder
from pipelines.versions import versions

RERUN = ["rerun", "2026-11", "--known-at", "2026-11-20"]

pytestmark = pytest.mark.usefixtures("no_database", "as_before", "small_parts")


@pytest.fixture
def as_before(monkeypatch):
    """The options of a command set the environment: each test ends with the one before."""
    for name in ("MSHI_ENGINE", "MSHI_SCHEDULER", "MSHI_SHARED"):
        monkeypatch.setenv(name, "")


@pytest.fixture
def small_parts(monkeypatch):
    """Few as they are, facts and files are cut into several parts for each worker."""
    monkeypatch.setattr(ranges, "_LEAST", 1)
    monkeypatch.setattr(read_apart, "_LEAST", 1)


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Iterator[Started]:
    with started_in(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory) -> Path:
    """A home that has a small generated nation in its archive and ledger, nothing published."""
    root = tmp_path_factory.mktemp("nation")
    generate(root / "nation", Nation(2_000, 4, date(2026, 11, 20), seed=5, days=2))
    take_in_days(Home(root / "home"), root / "nation")
    shutil.rmtree(root / "home" / "ledger")  # made again at once, by the code that this tests
    follow.catch_up(prepared(Home(root / "home")))
    return root / "home"


@pytest.fixture(scope="module")
def here(taken_in, tmp_path_factory) -> dict[str, str]:
    """The bytes of the tables that this machine publishes alone."""
    home = Path(shutil.copytree(taken_in, tmp_path_factory.mktemp("here") / "home"))
    assert main([*RERUN, "--home", str(home)]) == 0
    return published(home)


def published(home: Path) -> dict[str, str]:
    (folder,) = home.glob("snapshots/2026-11/2026-11_*")
    return parquet_hashes(folder)


def prepared(home: Home) -> Home:
    home.prepare()
    return home


def without_ledger(taken_in: Path, home: Path) -> None:
    """The home as it is with its ledger lost."""
    shutil.copytree(taken_in, home)
    shutil.rmtree(home / "ledger")


def on_cluster(started: Started, *more: str) -> list[str]:
    return ["--engine", "dask", "--scheduler", started.address, *more]


def test_two_workers_and_a_shared_folder_give_the_bytes_of_one_machine(started, taken_in, here, mshi, home, tmp_path):
    shutil.copytree(taken_in, home)
    shared = tmp_path / "shared"
    shared.mkdir()
    given = [*RERUN, *on_cluster(started, "--shared", str(shared))]
    refused = mshi(*given)
    assert refused.status == 2 and f"mv {home}/ledger {shared}/ledger" in refused.err
    shutil.move(home / "ledger", shared / "ledger")
    (home / "ledger").symlink_to(shared / "ledger")

    ran = mshi(*given)
    assert ran.status == 0, ran.err
    assert published(home) == here
    assert [path.name for path in shared.iterdir()] == ["ledger"]
    assert "made again from the archive with the same bytes" in mshi("verify").out

    people = pl.read_parquet(home.glob("snapshots/*/*/insured_status.parquet").__next__())["iin"]
    logged = started.logged()
    assert "found_in-000000" in logged  # the workers tell what they do
    for iin in people:
        assert iin not in logged and str(int(iin)) not in logged


@pytest.mark.parametrize("dies", [False, True])
def test_files_read_on_workers_give_the_ledger_of_one_machine(started, taken_in, home, tmp_path, dies):
    shared = tmp_path / "shared"
    shared.mkdir()
    without_ledger(taken_in, home)
    machines.set_to(Home(home), "dask", started.address, str(shared))
    dying = started.dying() if dies else None
    follow.catch_up(Home(home))
    assert dying is None or dying.wait(10) == -signal.SIGKILL
    assert home.joinpath("ledger").is_symlink() and [path.name for path in shared.iterdir()] == ["ledger"]
    assert ledger_bytes(Home(home)) == ledger_bytes(Home(taken_in))

    logged = started.logged()
    assert "read_in-000000" in logged
    for iin in pl.read_parquet(taken_in.parent / "nation" / "expected" / "insured_status.parquet")["iin"]:
        assert str(iin) not in logged


def test_a_worker_that_dies_in_mid_run_changes_nothing(started, taken_in, here, mshi, home):
    shutil.copytree(taken_in, home)
    dying = started.dying()
    ran = mshi(*RERUN, *on_cluster(started))
    assert ran.status == 0, ran.err
    assert dying.wait(10) == -signal.SIGKILL
    assert published(home) == here
    assert not list(home.glob(".*.tmp*"))


def test_a_scheduler_that_cannot_be_reached_publishes_nothing(mshi, home, monkeypatch):
    from pipelines import cluster

    monkeypatch.setattr(cluster, "_REACHED_IN", 1)
    ran = mshi("run", "--as-of", "2026-11-20", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1")
    assert ran.status == 1 and "tcp://127.0.0.1:1 cannot be reached" in ran.err and not home.exists()


def test_a_scheduler_that_accepts_and_is_silent_is_given_up(home):
    code = "import sys; from pipelines import cluster; cluster._REACHED_IN = 1; "
    code += "from pipelines.cli import main; sys.exit(main(sys.argv[1:]))"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        call = ["run", "--as-of", "2026-11-20", "--engine", "dask", "--scheduler", address, "--home", str(home)]
        ran = subprocess.run([sys.executable, "-c", code, *call], capture_output=True, text=True)
    (told,) = ran.stderr.splitlines()
    assert ran.returncode == 1 and f"{address} cannot be reached" in told and not home.exists()


@pytest.mark.parametrize(
    "options", [["--engine", "dask"], ["--scheduler", "tcp://127.0.0.1:1"], ["--engine", "ray"], ["--shared", "/tmp"]]
)
def test_options_that_do_not_fit_are_wrong_usage(night, home, options):
    assert night("2026-11-20", *options).status == 2 and not home.exists()


@pytest.mark.parametrize(
    "words",
    ["run --as-of 2026-02-30", "run --month 2026-13", "rerun 2026", "rerun", "backfill 2026-10 x", "close --as-of x"],
)
def test_wrong_usage_is_told_before_any_machine_is_asked(mshi, home, words):
    told = mshi(*words.split(), "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1")
    assert told.status == 2 and "scheduler" not in told.err and not home.exists()


def fails(told: str, place: int) -> None:
    raise ValueError(told)


def test_an_error_on_a_worker_holds_no_values(tmp_path):
    with pytest.raises(RunFailed) as error:
        on_worker.done(asked(tmp_path, versions()), 0)
    assert "ValueError in test_cluster.py" in str(error.value) and "Құпия" not in str(error.value)


def test_a_worker_of_another_version_refuses(tmp_path):
    with pytest.raises(RunFailed, match=f"on {socket.gethostname()} runs another version of polars"):
        on_worker.done(asked(tmp_path, versions() | {"polars": "0"}), 0)


def test_a_worker_whose_code_was_altered_since_it_began_refuses(tmp_path, monkeypatch):
    """What it has not loaded yet comes from the disk: it would compute by both, under the id of the old."""
    monkeypatch.setattr(storage, "code_on_disk", lambda: "0")
    with pytest.raises(RunFailed, match="code was altered since it began"):
        on_worker.done(asked(tmp_path, versions()), 0)


def misled(_: str, place: int) -> None:
    limits.threads()


def test_a_wrong_setting_of_a_worker_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("MSHI_THREADS", "none")
    with pytest.raises(RunFailed, match="a Dask worker: MSHI_THREADS 'none'"):
        on_worker.done(asked(tmp_path, versions(), misled), 0)


def test_a_ledger_whose_disk_is_not_mounted_is_not_made_anew(home, tmp_path):
    home.mkdir()
    (home / "ledger").symlink_to(tmp_path / "disk/ledger")
    (tmp_path / "disk").mkdir()
    with pytest.raises(RunFailed, match="or its disk is not mounted"):
        SharedFolder(tmp_path / "disk").expect(Home(home))
    assert not (tmp_path / "disk/ledger").exists()


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path):
    with pytest.raises(RunFailed, match="does not see .*--shared"):
        on_worker.done(str(tmp_path / "nowhere" / "asked"), 0)


def asked(folder: Path, told: dict[str, str], work: Callable[[str, int], None] = fails) -> str:
    path = folder / "asked.pickle"
    path.write_bytes(pickle.dumps((told, pickle.dumps((work, "Құпия")))))
    return str(path)


def _finds_nothing(folder: Path, place: int) -> None:
    if place:
        shutil.rmtree(folder)
    raise RunFailed("archive/ab/abcd is missing or altered: restore it from the backup")


@pytest.mark.parametrize(("place", "told"), [(0, "archive/ab/abcd is missing"), (1, "lost what a run had laid there")])
def test_a_shared_folder_that_is_lost_in_mid_run_is_no_damaged_archive(tmp_path, place, told):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "question").write_bytes(storage.question(_finds_nothing, folder))
    with pytest.raises(RunFailed, match=told):
        on_worker.done(str(folder / "question"), place)


def test_workers_get_ranges_enough(taken_in, monkeypatch):
    """Some for each, unless there are so few facts that it is not worth it."""
    from pipelines import archive
    from pipelines.engine import Cut, engine
    from pipelines.few import load_facts
    from schemas.rules import load_law

    there, law = Home(taken_in), load_law()
    cut = Cut(date(2026, 11, 1), date(2026, 11, 20), len(archive.records(there)))
    with engine(there, cut) as con:
        load_facts(con, law, cut.known_at)
        files = everybody.world_of(con, there, cut, law).files
    facts = [file for table in FACTS for file in files[table]]
    assert len(ranges.ranges(facts)) == 1
    assert len(ranges.ranges(facts, 2)) > 3
    monkeypatch.setattr(ranges, "_LEAST", 1_000_000)
    assert len(ranges.ranges(facts, 2)) == 1


def test_a_connection_that_closes_is_a_lost_scheduler(started, taken_in, mshi, home, monkeypatch):
    """Which of two errors tells of the loss depends on the moment."""

    def closed(*_, **__):
        raise CommClosedError("in <TCP>")

    shutil.copytree(taken_in, home)
    monkeypatch.setattr("pipelines.cluster.wait", closed)
    ran = mshi(*RERUN, *on_cluster(started))
    assert ran.status == 1 and "the Dask scheduler is lost; nothing was published" in ran.err


def test_a_share_that_does_not_answer_a_worker_ends_the_run(started, tmp_path):
    """Its error is of the same kind as the one that tells of a worker's death, whose part another does again."""
    storage = SharedFolder(tmp_path.resolve())
    with cluster(started.address, storage) as workers, storage.work_folder() as folder:
        given = read_apart.Files(Home(tmp_path), [[]], folder)
        with pytest.raises(TimeoutError, match="timed out"):
            list(workers.each("files read ahead", does_not_answer, given, 1))


def test_a_scheduler_that_is_lost_in_mid_run_publishes_nothing(started, taken_in, mshi, home):
    """The last test of the file: it leaves no cluster."""
    shutil.copytree(taken_in, home)
    started.dying(KILLS=str(started.scheduler))
    ran = mshi(*RERUN, *on_cluster(started))
    assert ran.status == 1 and "the Dask scheduler is lost; nothing was published" in ran.err
    assert not list(home.glob("snapshots/*/*")) and not list(home.glob(".*.tmp*"))


def test_a_home_does_not_take_the_ledger_of_another_one_for_its_own(taken_in, tmp_path):
    shared, first, second = tmp_path / "shared", Home(tmp_path / "first"), Home(tmp_path / "second")
    shared.mkdir()
    storage = SharedFolder(shared)
    storage.expect(first)
    storage.expect(first)
    shutil.copytree(taken_in / "ledger", shared / "ledger", dirs_exist_ok=True)
    with pytest.raises(UsageError, match=f"a folder of its own, or, .* ln -s {shared}/ledger {second.ledger}"):
        storage.expect(second)
    assert not second.ledger.exists() and first.ledger.resolve() == shared / "ledger"
