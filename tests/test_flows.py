"""The schedule: what flows.yaml says, and a real Prefect server that runs it (marker `server`: make test-server)."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from pipelines.sample import write_sample

MSHI = Path(sys.executable).parent / "mshi"
NAMES = {"nightly", "arrivals", "close", "verify", "rerun-month"}


def deployments(root: Path) -> dict[str, dict]:
    return {one["name"]: one for one in yaml.safe_load((root / "flows.yaml").read_text())["deployments"]}


def test_flows_yaml_holds_no_law_and_no_secret(root):
    told = deployments(root)
    assert set(told) == NAMES
    assert all(one["parameters"] == {} for one in told.values())


def test_flows_yaml_says_when_and_one_at_a_time(root):
    told = deployments(root)
    crons = {name: [one["cron"] for one in each["schedules"]] for name, each in told.items()}
    assert crons["nightly"] == ["0 2 * * *"] and crons["verify"] == ["0 12 * * 0"] and crons["rerun-month"] == []
    assert {one["timezone"] for each in told.values() for one in each["schedules"]} == {"Asia/Almaty"}
    assert all(each["concurrency_limit"]["limit"] == 1 for each in told.values())
    queues = {name: each["work_pool"]["work_queue_name"] for name, each in told.items()}
    assert queues.pop("arrivals") == "watch" and set(queues.values()) == {"home"}


def test_every_flow_of_the_schedule_says_what_it_does(root):
    from pipelines import flows

    for each in deployments(root).values():
        assert getattr(flows, each["entrypoint"].split(":")[1]).description


@dataclass
class Served:
    """A schedule at work: its process, its API, its home."""

    process: subprocess.Popen
    api: str
    home: Path

    def ask(self, path: str, body: dict | None = None) -> object:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.api}/{path}", data, {"Content-Type": "application/json"})
        for pause in (1, 2, 4, 8, 16, 32, 0):  # on a busy machine the server answers 503, or late
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return json.load(answer)
            except OSError:
                if not pause:
                    raise
                time.sleep(pause)
        raise AssertionError

    def runs(self, flow_run: str | None = None, **of: str) -> list[dict]:
        found = self.ask("flow_runs/filter", {"sort": "EXPECTED_START_TIME_ASC"})
        return [one for one in found if (flow_run in (None, one["id"])) and all(one[k] == v for k, v in of.items())]

    def ended(self, flow_run: str) -> dict:
        ends = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        until(lambda: self.state_of(flow_run)["type"] in ends, 420)
        return self.state_of(flow_run)

    def start(self, deployment: str, at: str | None = None, **parameters: str) -> dict:
        return self.ended(self.begin(deployment, at, **parameters))

    def begin(self, deployment: str, at: str | None = None, **parameters: str) -> str:
        known = {one["name"]: one["id"] for one in self.ask("deployments/filter", {})}
        body: dict = {"parameters": parameters}
        if at is not None:
            body["state"] = {"type": "SCHEDULED", "state_details": {"scheduled_time": at}}
        return self.ask(f"deployments/{known[deployment]}/create_flow_run", body)["id"]

    def state_of(self, flow_run: str) -> dict:
        return self.ask(f"flow_runs/{flow_run}")["state"]

    def artifacts(self) -> dict[str, str]:
        return {one["key"]: str(one["data"]) for one in self.ask("artifacts/latest/filter", {})}


def until(holds: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(1)


def group_of(process: subprocess.Popen) -> list[int]:
    """Every process that descends from one."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parents = dict(zip(map(int, listed[::2]), map(int, listed[1::2]), strict=True))
    found = [process.pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    """`mshi serve` on the sample, on a free port, with a state of its own."""
    home, state = tmp_path_factory.mktemp("served") / "home", tmp_path_factory.mktemp("prefect")
    write_sample(home / "inbox")
    with serving(home, state) as at_work:
        yield at_work


@contextmanager
def serving(home: Path, state: Path, **more: str) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [MSHI, "serve", "--port", str(port), "--state", state, "--home", home]
    environment = {**os.environ, "MSHI_NOTIFY_COMMAND": f"cp /dev/stdin {home.parent / 'told.json'}", **more}
    said = home.parent / "said.txt"  # a file: a pipe that nobody reads fills, and all that writes to it stands still
    with said.open("w") as output:
        process = subprocess.Popen(words, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        until(lambda: "is at work" in said.read_text() or process.poll() is not None, 300)
        assert process.poll() is None, f"the schedule did not start: {said.read_text()[-2000:]}"
        yield Served(process, f"http://127.0.0.1:{port}/api", home)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=90)
        print(said.read_text()[-8000:])  # pytest shows it where a test failed


@pytest.mark.server
def test_the_schedule_is_there(served):
    known = {one["name"]: one for one in served.ask("deployments/filter", {})}
    assert set(known) == NAMES
    nightly = known["nightly"]
    assert nightly["global_concurrency_limit"]["limit"] == 1
    assert nightly["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    queues = {one["name"]: one["concurrency_limit"] for one in served.ask("work_queues/filter", {})}
    assert queues["home"] == 1 and queues["watch"] is None

    def starts(name: str) -> list[str]:
        return [one["expected_start_time"] for one in served.runs(deployment_id=known[name]["id"])]

    until(lambda: starts("nightly") and starts("close"), 90)  # the server plans one after the other
    assert all("T21:00:00" in start for start in starts("nightly"))  # 02:00 in Almaty
    days = {(datetime.fromisoformat(start) + timedelta(hours=5)).day for start in starts("close")}
    assert days <= {*range(26, 32), *range(1, 11)}


@pytest.mark.server
def test_a_scheduled_night_runs_by_itself_and_prefect_shows_how_it_went(served):
    nightly = next(one for one in served.ask("deployments/filter", {}) if one["name"] == "nightly")
    soon = (datetime.now(UTC) + timedelta(seconds=75)).isoformat()  # the scheduler looks once a minute
    each_day = {"schedule": {"interval": 86400, "anchor_date": soon, "timezone": "Asia/Almaty"}, "active": True}
    served.ask(f"deployments/{nightly['id']}/schedules", [each_day])

    def mine() -> list[dict]:
        found = served.runs(deployment_id=nightly["id"])
        return [one for one in found if one["auto_scheduled"] and one["expected_start_time"][:19] <= soon[:19]]

    until(mine, 150)
    state = served.ended(mine()[0]["id"])
    assert state["type"] == "COMPLETED" and state["name"] == "NeedsALook", state
    told = "needs a look: 24 outside (bad_iin 4, bad_amount 3, bad_link 2, 14 more reasons); statements that do not balance: 2"
    assert state["message"].endswith(told)
    assert len(list(served.home.glob("snapshots/20*/20*"))) == 1
    names = {one["name"].rsplit("-", 1)[0] for one in served.ask("task_runs/filter", {})}
    assert names == {"take_in", "catch_up", "compute_and_publish", "rebuild"}

    pages = served.artifacts()
    assert "🟡 mshi run of" in pages["mshi-run"] and "outside_control_total" in pages["mshi-run-counts"]
    told = json.loads((served.home.parent / "told.json").read_text())
    assert told["exit_status"] == 3 and told["text"] in pages["mshi-run"]
    everything = " ".join([*pages.values(), json.dumps(told)])
    assert not re.search(r"(?<!\d)8\d{11}(?!\d)", everything) and not re.search(r"\.(csv|txt|xml)\b", everything)

    late = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    skipped = served.start("nightly", at=late)
    assert skipped["name"] == "Skipped" and "takes in everything" in skipped["message"]

    checked = served.start("arrivals")
    assert checked["type"] == "COMPLETED" and "everybody who usually has sent" in checked["message"]
    checked = served.start("arrivals", as_of="2026-11-02")
    assert checked["type"] == "FAILED" and "no night of 2026-11-02 has ended" in checked["message"]
    assert "🔴" in served.artifacts()["mshi-arrivals"]

    again = served.start("rerun-month", month="2026-10")
    assert again["type"] == "COMPLETED" and "mshi rerun" in again["message"]
    assert served.start("verify")["message"].endswith("nothing was altered")


@pytest.mark.server
def test_ctrl_c_ends_all_of_it(served):
    everything = group_of(served.process)
    assert len(everything) >= 3
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(timeout=90) == 0
    left = [one for one in everything if Path(f"/proc/{one}/cmdline").exists()]
    assert not left


@pytest.mark.server
def test_a_night_that_was_broken_off_does_not_stop_the_nights_after_it(tmp_path):
    """By Ctrl-C while it runs, and as by a power cut."""
    home, state = tmp_path / "served" / "home", tmp_path / "prefect"
    write_sample(home / "inbox")
    for sign in (signal.SIGINT, signal.SIGKILL):
        with serving(home, state, MSHI_NOTIFY_COMMAND="sleep 100") as at_work:  # so that it is at work for long enough
            left = at_work.begin("nightly")
            until(lambda one=left: at_work.state_of(one)["type"] == "RUNNING", 120)
            everything = group_of(at_work.process)
            if sign == signal.SIGKILL:
                for one in everything:
                    os.kill(one, sign)
            at_work.process.send_signal(sign)
            at_work.process.wait(timeout=90)
    with serving(home, state) as at_work:
        assert at_work.state_of(left)["type"] == "CRASHED"
        ended = at_work.start("nightly")
        assert ended["type"] == "COMPLETED", ended
