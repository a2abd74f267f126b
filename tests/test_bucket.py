"""An S3 bucket between coordinator and workers: the bytes of one machine, and what is said when it is lost."""

import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from clusters import Started, started_in
from s3_server import S3, SECRET, s3_in
from test_cluster import RERUN, as_before, here, published, small_parts, taken_in, without_ledger  # noqa: F401
from test_read_apart import ledger_bytes

from pipelines import everybody, machines, on_bucket, on_worker
from pipelines.bucket import Bucket
from pipelines.cli import main
from pipelines.errors import RunFailed, UsageError
from pipelines.home import Home

pytestmark = pytest.mark.usefixtures("no_database", "as_before", "small_parts", "spoken_to")


@pytest.fixture(scope="module")
def s3(tmp_path_factory) -> Iterator[S3]:
    with s3_in(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def spoken_to(s3, monkeypatch):
    """The environment in which the server is spoken to."""
    for name, told in s3.environment.items():
        monkeypatch.setenv(name, told)


@pytest.fixture(scope="module")
def started(s3, tmp_path_factory) -> Iterator[Started]:
    """A cluster whose workers have a folder of their own for what they fetch."""
    spill = tmp_path_factory.mktemp("of_workers")
    with started_in(tmp_path_factory.mktemp("cluster"), MSHI_SPILL=str(spill), **s3.environment) as cluster:
        yield cluster


class Away:
    """Machines that have the bucket alone: while they are at work home and work folder are not where they were."""

    at_once = 2

    def __init__(self, bucket: Bucket, home: Path) -> None:
        self.bucket, self.home = bucket, home

    def each(self, stage: str, work: Callable, given: Any, count: int) -> Iterator[Any]:
        asked = self.bucket.lay(work, given, count)
        moved = [(one, one.with_name(f"{one.name}-away")) for one in (self.home, given.folder)]
        for one, away in moved:
            one.rename(away)
        answers = [on_worker.done(asked, place) for place in range(count)]
        for one, away in moved:
            assert not one.exists()
            away.rename(one)
        return iter([self.bucket.take(answer, given.folder) for answer in answers])


def test_a_worker_needs_nothing_but_the_bucket(s3, taken_in, here, home, monkeypatch):  # noqa: F811
    bucket = Bucket("s3://bucket/alone")

    @contextmanager
    def away(_: Home) -> Iterator[Away]:
        yield Away(bucket, home)

    monkeypatch.setattr(machines, "on_cluster", lambda: True)
    monkeypatch.setattr(machines, "machines", away)
    monkeypatch.setattr(everybody, "machines", away)
    monkeypatch.setenv("MSHI_SHARED", bucket.address)
    without_ledger(taken_in, home)
    Home(home).prepare()
    assert main([*RERUN, "--home", str(home)]) == 0
    assert ledger_bytes(Home(home)) == ledger_bytes(Home(taken_in)) and published(home) == here
    facts = [path for path in home.glob("ledger/*/*") if path.name.startswith(everybody.FACTS)]
    left = {name: size for name, size in s3.objects().items() if name.startswith("alone/")}
    assert sorted(left.values()) == sorted(path.stat().st_size for path in facts)
    assert all(name.startswith("alone/data/") for name in left)


def test_what_no_run_names_any_more_goes(s3, tmp_path, monkeypatch):
    bucket, given = Bucket("s3://bucket/kept"), Three(tmp_path)
    for number in range(3):
        given.file(number)
    on_bucket._read.cache_clear()
    asked = bucket.lay(count_signs, given, 1)
    assert on_worker.done(asked, 0)[0] == 3
    (tmp_path / "2").write_text("xx")
    asked = bucket.lay(count_signs, given, 1)
    assert on_worker.done(asked, 0)[0] == 4
    assert len([name for name in s3.objects() if name.startswith("kept/data/")]) == 3
    assert len(list(on_bucket._cache().iterdir())) == 3


class Three:
    """Three files, all of which every part reads."""

    def __init__(self, folder: Path) -> None:
        self.files, self.folder = [folder / str(number) for number in range(3)], folder / "found"

    def file(self, number: int) -> None:
        self.files[number].write_text("x" if number else "y")

    def shares(self) -> list[Path]:
        return self.files

    def reads(self, place: int) -> list[Path]:
        return []

    def seen_at(self, where: Callable[[Path], Path]) -> "Three":
        other = Three(where(self.folder).parent)
        other.files, other.folder = [where(file) for file in self.files], where(self.folder)
        return other


def count_signs(given: Three, place: int) -> int:
    return sum(len(file.read_text()) for file in given.files)


def test_a_torn_object_is_never_taken(s3, tmp_path):
    bucket = Bucket("s3://bucket/torn")
    (tmp_path / "whole").write_bytes(b"whole")
    name = bucket.put("data", tmp_path / "whole")
    with s3.files().open_output_stream(f"bucket/torn/{name}") as there:
        there.write(b"who")
    with pytest.raises(RunFailed, match="is not what was put there"):
        bucket.fetch(name, tmp_path / "fetched")
    assert not (tmp_path / "fetched").exists()
    with pytest.raises(RunFailed, match="no such object"):
        bucket.fetch(f"{name}0", tmp_path / "fetched")


@pytest.mark.parametrize(
    "address", [f"s3://key:{SECRET}@bucket/x", "s3://", "s3://Bucket", f"s3://b/x?secret={SECRET}"]
)
def test_an_address_holds_no_secret_and_none_is_told(address, mshi, home):
    with pytest.raises(UsageError, match="expected s3://BUCKET/PREFIX") as error:
        Bucket(address)
    assert SECRET not in str(error.value)
    ran = mshi(
        "run", "--as-of", "2026-11-20", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--shared", address
    )
    assert ran.status == 2 and SECRET not in ran.err and not home.exists()


def on_cluster(started: Started, place: str) -> list[str]:
    return ["--engine", "dask", "--scheduler", started.address, "--shared", f"s3://bucket/{place}"]


def test_a_bucket_that_is_not_there_publishes_nothing(started, mshi, home, monkeypatch):
    ran = mshi("run", "--as-of", "2026-11-20", *on_cluster(started, "x")[:-1], "s3://another/x")
    assert ran.status == 1 and "there is no such bucket, nothing was done" in ran.err and not home.exists()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    ran = mshi("run", "--as-of", "2026-11-20", *on_cluster(started, "x"))
    assert ran.status == 1 and "s3://bucket/x failed (NETWORK_CONNECTION)" in ran.err and not home.exists()
    assert SECRET not in ran.err


def test_two_workers_and_a_bucket_give_the_bytes_of_one_machine(started, s3, taken_in, here, mshi, home):  # noqa: F811
    """Although a third one dies in mid-run."""
    without_ledger(taken_in, home)
    Home(home).prepare()
    dying = started.dying()
    ran = mshi(*RERUN, *on_cluster(started, "spread"))
    assert ran.status == 0, ran.err
    assert dying.wait(10) == -signal.SIGKILL
    assert ledger_bytes(Home(home)) == ledger_bytes(Home(taken_in)) and published(home) == here
    assert "made again from the archive with the same bytes" in mshi("verify").out
    left = [name for name in s3.objects() if name.startswith("spread/")]
    assert left and all(name.startswith("spread/data/") for name in left)
    logged = started.logged()
    assert "read_in-000000" in logged and "found_in-000000" in logged and SECRET not in logged


def test_a_server_that_is_lost_in_mid_run_publishes_nothing(started, s3, taken_in, mshi, home):  # noqa: F811
    """The last test of the file: it leaves no server."""
    shutil.copytree(taken_in, home)
    started.dying(KILLS=str(s3.pid))
    ran = mshi(*RERUN, *on_cluster(started, "lost"))
    assert ran.status == 1 and "S3 storage s3://bucket/lost failed (NETWORK_CONNECTION)" in ran.err
    assert "nothing was published" in ran.err and SECRET not in ran.err
    assert not list(home.glob("snapshots/*/*")) and not list(home.glob(".*.tmp*"))
