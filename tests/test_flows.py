"""The schedule works with the locked Prefect: a server starts, flows.yaml deploys, runs are scheduled, a worker runs one."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from texts import bank_register, bank_row

ROOT = Path(__file__).parent.parent
PREFECT = Path(sys.executable).parent / "prefect"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a Prefect server of its own on the loopback address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
    }
    command = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _until(lambda: _ask(environment, "health") is True, 180)
        yield environment
    finally:
        process.terminate()
        process.wait(30)


def _ask(environment: dict[str, str], path: str, body: dict | None = None) -> object:
    url = f"{environment['PREFECT_API_URL']}/{path}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except OSError:
        return None


def _until(holds, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(1)


def _prefect(environment: dict[str, str], *arguments: str) -> str:
    ran = subprocess.run(
        [PREFECT, "--no-prompt", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_deployed_scheduled_and_run(server, put, home):
    put("bank/a.csv", bank_register(bank_row()))
    _prefect(server, "work-pool", "create", "mshi", "--type", "process")
    _prefect(server, "deploy", "--all", "--prefect-file", "flows.yaml")
    deployments = {row["name"]: row for row in _ask(server, "deployments/filter", {})}
    assert set(deployments) == {"nightly", "rerun-month"}

    def scheduled() -> list[str]:
        found = _ask(server, "flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}) or []
        return [row["expected_start_time"] for row in found if row["deployment_id"] == deployments["nightly"]["id"]]

    _until(scheduled, 60)
    assert all("T21:00:00" in start for start in scheduled())  # 02:00 in Almaty

    parameters = {"home": str(home), "as_of": "2026-11-20"}
    started = _ask(server, f"deployments/{deployments['nightly']['id']}/create_flow_run", {"parameters": parameters})
    worker = [PREFECT, "worker", "start", "--pool", "mshi", "--run-once"]
    subprocess.run(worker, cwd=ROOT, env=server, capture_output=True, timeout=180)
    _until(
        lambda: _ask(server, f"flow_runs/{started['id']}")["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED"), 120
    )
    assert _ask(server, f"flow_runs/{started['id']}")["state"]["type"] == "COMPLETED"
    assert len(list(home.glob("snapshots/2026-11/2026-11_*"))) == 1
    names = {row["name"].rsplit("-", 1)[0] for row in _ask(server, "task_runs/filter", {})}
    assert names == {"take_in", "catch_up", "compute_and_publish", "rebuild"}


def test_flows_yaml_holds_no_law_and_no_secret():
    told = yaml.safe_load((ROOT / "flows.yaml").read_text())
    nightly = told["deployments"][0]
    assert nightly["schedules"] == [{"cron": "0 2 * * *", "timezone": "Asia/Almaty", "active": True}]
    assert all(set(one["parameters"]) <= {"home", "month", "known_at"} for one in told["deployments"])
