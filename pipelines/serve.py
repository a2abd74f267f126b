"""A local Prefect server with the schedule of flows.yaml: server, work pool, deployments and worker until Ctrl-C.

For one machine and for trying things out: the server listens on 127.0.0.1 without a password. Its state is in a folder
of its own, never in ~/.prefect, and can be thrown away: the record of the jobs is in the home.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pipelines.errors import RunFailed, UsageError

POOL, QUEUE = "mshi", "home"
# An own server of a run may take long to start on a busy machine; nothing is told to anybody.
SETTINGS = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}
_CHECKOUT = Path(__file__).parent.parent
_START_SECONDS = 300  # it takes 20 on an idle machine
_END_SECONDS = 30
_TRIES = 5


def serve(home: Path, port: int, state: Path) -> int:
    """Start everything, say where the pages are, wait for Ctrl-C or SIGTERM, stop everything; gives exit status 0.

    UsageError without a checkout or where the port is taken; RunFailed where a part does not start or ends by itself.
    """
    if not (_CHECKOUT / "flows.yaml").exists():
        raise UsageError(f"no flows.yaml in {_CHECKOUT}: the schedule needs a checkout")
    _expect_free(port)
    environment = environment_of(home, port, state)
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        with _started(environment, "server", "start", "--host", "127.0.0.1", "--port", str(port)) as server:
            _wait_until_up(server, port)
            _end_what_was_broken_off(port)
            _prefect(environment, "work-pool", "create", POOL, "--type", "process", "--overwrite")
            with suppress(RunFailed):  # it is there from the time before
                _prefect(environment, "work-queue", "create", QUEUE, "--pool", POOL)
            _prefect(environment, "work-queue", "set-concurrency-limit", QUEUE, "1", "--pool", POOL)
            _prefect(environment, "deploy", "--all", "--prefect-file", "flows.yaml")
            try:
                with _started(environment, "worker", "start", "--pool", POOL) as worker:
                    print(f"the schedule of {home} is at work: http://127.0.0.1:{port} (Ctrl-C ends it)", flush=True)
                    while server.poll() is None and worker.poll() is None:
                        time.sleep(1)
                    which = "server" if worker.poll() is None else "worker"
                    raise RunFailed(f"the {which} has ended by itself; its log is above")
            finally:
                if server.poll() is None:
                    with suppress(RunFailed):  # the next start does it
                        _end_what_was_broken_off(port)
    except KeyboardInterrupt:
        print("the schedule has ended", flush=True)
        return 0


def environment_of(home: Path, port: int, state: Path) -> dict[str, str]:
    """The environment of server, worker and jobs: own state, no telemetry, the home."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        **os.environ,
        "PREFECT_HOME": str(state),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        **SETTINGS,
        "MSHI_HOME": str(home),
    }


def _end_what_was_broken_off(port: int) -> None:
    """Call crashed what no worker is at any more: it would hold the only place of its deployment and queue for ever.

    Prefect learns of no end where worker and job are stopped together; this server has no other worker.
    """
    begun = {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}
    of_schedule = {"flow_runs": {"state": begun, "deployment_id": {"is_null_": False}}}
    state = {"type": "CRASHED", "message": "the schedule ended while it ran; the next run takes up what it left"}
    for left in _asked(port, "flow_runs/filter", of_schedule):
        _asked(port, f"flow_runs/{left['id']}/set_state", {"state": state, "force": True})


def _asked(port: int, what: str, body: dict[str, Any]) -> Any:
    """What the server answers; RunFailed if it does not, also asked again."""
    kind = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/{what}", json.dumps(body).encode(), kind)
    for _ in range(_TRIES):
        with suppress(OSError), urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
        time.sleep(2)
    raise RunFailed(f"the Prefect server does not answer {what.split('/')[-1]}; its log is above")


def _expect_free(port: int) -> None:
    if not 1 <= port <= 65535:
        raise UsageError(f"--port: expected 1 to 65535, found {port}")
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            raise UsageError(f"--port: {port} of 127.0.0.1 is taken; name another one") from None


def _command(*words: str) -> list[str]:
    return [str(Path(sys.executable).parent / "prefect"), "--no-prompt", *words]


@contextmanager
def _started(environment: dict[str, str], *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A part that runs in a group of its own, so that Ctrl-C reaches us alone, and is stopped as a group."""
    process = subprocess.Popen(_command(*words), cwd=_CHECKOUT, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)


def _prefect(environment: dict[str, str], *words: str) -> None:
    ran = subprocess.run(_command(*words), cwd=_CHECKOUT, env=environment, capture_output=True, text=True)
    if ran.returncode:
        told = (ran.stderr or ran.stdout).strip().splitlines()
        raise RunFailed(f"prefect {' '.join(words[:2])} failed: {told[-1] if told else ran.returncode}")


def _wait_until_up(server: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=5):
            return
        time.sleep(1)
    raise RunFailed("the Prefect server did not start; its log is above")


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt
