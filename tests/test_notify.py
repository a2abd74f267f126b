"""The notification hook: on 1 and 3, by command and webhook, without personal data, and never changing a result."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from polars.exceptions import PanicException
from texts import PERSON, bank_register, bank_row

from pipelines import night as jobs
from pipelines.errors import RunFailed


class Listening(HTTPServer):
    """A webhook of a test: what came, and how it answers."""

    came: list[dict]
    status = 200
    seconds = 0.0


@pytest.fixture
def webhook(monkeypatch) -> Iterator[Listening]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(self.server.seconds)
            self.send_response(self.server.status)
            if self.server.status == 302:
                self.send_header("Location", "http://127.0.0.1:1/stolen")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = Listening(("127.0.0.1", 0), Answer)
    server.came = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("MSHI_NOTIFY_URL", f"http://127.0.0.1:{server.server_port}/hook?token=secret-token")
    yield server
    server.shutdown()


@pytest.fixture
def command(monkeypatch, tmp_path):
    """A command that keeps what it was given and the environment it ran in."""
    kept = tmp_path / "kept.json"
    script = tmp_path / "hook.py"
    script.write_text(
        "import json, os, sys\n"
        f"json.dump([json.load(sys.stdin), sorted(os.environ)], open({str(kept)!r}, 'w'))\n"
        "print('the hook says', file=sys.stdout)\n"
    )
    monkeypatch.setenv("MSHI_NOTIFY_COMMAND", f"{sys.executable} {script}")
    return kept


def test_a_night_that_needs_a_look_is_told_of_and_one_that_is_well_is_not(put, night, webhook, command, monkeypatch):
    monkeypatch.setenv("MSHI_KEY", "k" * 40)
    put("bank/a.csv", bank_register(bank_row()))
    assert night("2026-11-19").status == 0
    assert not webhook.came and not command.exists()

    put(f"bank/{PERSON}.csv", bank_register(bank_row("p2", amount="12x"), bank_row("p3", person="831313200419")))
    ran = night("2026-11-20")
    assert ran.status == 3 and "notification" not in ran.err and ran.folder.is_dir()
    (told,) = webhook.came
    given, environment = json.loads(command.read_text())
    assert given == told
    assert not [name for name in environment if name.startswith("MSHI_")]
    assert told["text"] == "mshi run of 2026-11-20: needs a look: 2 outside (bad_amount 1, bad_iin 1)"
    assert (told["job"], told["day"], told["exit_status"]) == ("run", "2026-11-20", 3)
    assert told["snapshot"] == ran.folder.name and told["counts"]["outside_bad_iin"] == 1
    text = json.dumps(told)
    assert not [found for found in (PERSON, "831313200419", "Үлгі", ".csv") if found in text]

    (given_up := webhook.came).clear()
    monkeypatch.setattr(jobs.follow, "catch_up", lambda _: (_ for _ in ()).throw(RunFailed("totals do not balance")))
    assert night("2026-11-20").status == 1
    assert given_up[0]["exit_status"] == 1 and given_up[0]["text"].endswith("failed: totals do not balance")
    given_up.clear()
    monkeypatch.setattr(jobs.follow, "catch_up", lambda _: (_ for _ in ()).throw(PanicException(f"with {PERSON}")))
    panicked = night("2026-11-20")  # of Polars, and no Exception
    assert panicked.status == 1 and "PanicException in test_notify.py" in panicked.err and PERSON not in panicked.err
    assert given_up[0]["text"].split(": ", 2)[2] in panicked.err
    given_up.clear()
    assert night("2026-11-18").status == 2 and len(given_up) == 0  # wrong usage is for whoever typed it


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"status": 500}, "answered 500"),
        ({"status": 302}, "answered 302"),
        ({"seconds": 4.0}, "timed out"),
        ({"url": "http://127.0.0.1:1/secret-token"}, "Connection refused"),
        ({"url": "file:///etc/secret-token"}, "expected an address that begins with https:// or http://"),
        ({"url": "https://[secret-token"}, "ValueError"),
        ({"command": "/no/such/secret-token"}, "No such file or directory"),
        ({"command": f"{sys.executable} -c 'import sys; sys.exit(7)' secret-token"}, "exit status 7"),
        ({"command": "sleep 30"}, "timed out"),
        ({"command": "'secret-token"}, "ValueError"),
        ({"command": "false", "patience": "9" * 10}, "exit status 1"),
        ({"command": "false", "patience": "9" * 5000}, "exit status 1"),
    ],
    ids=lambda one: next(iter(one.items()))[0] if isinstance(one, dict) else one,
)
def test_a_hook_that_fails_changes_nothing_and_is_told_in_one_line(fault, why, webhook, monkeypatch):
    from datetime import date

    from pipelines.notify import notify
    from pipelines.outcome import Outcome

    monkeypatch.setenv("MSHI_NOTIFY_SECONDS", fault.get("patience", "1"))
    webhook.status, webhook.seconds = fault.get("status", 200), fault.get("seconds", 0.0)
    if "url" in fault:
        monkeypatch.setenv("MSHI_NOTIFY_URL", fault["url"])
    if "command" in fault:
        monkeypatch.delenv("MSHI_NOTIFY_URL")
        monkeypatch.setenv("MSHI_NOTIFY_COMMAND", fault["command"])
    told: list[str] = []
    notify(Outcome("run", date(2026, 11, 20), 3, "bad_iin 1"), told.append)
    setting = "MSHI_NOTIFY_COMMAND" if "command" in fault else "MSHI_NOTIFY_URL"
    assert told == [f"the notification by {setting} failed ({why}); the result of the job stands"]


def test_the_night_stands_though_its_hook_fails(put, night, monkeypatch):
    monkeypatch.setenv("MSHI_NOTIFY_COMMAND", "/no/such/hook secret-token")
    put("bank/a.csv", bank_register(bank_row(amount="12x")))
    ran = night()
    assert ran.status == 3 and ran.folder.is_dir()
    assert ran.err.count("the notification by MSHI_NOTIFY_COMMAND failed") == 1 and "secret-token" not in ran.err
