"""The night's report: its figures are those of the tables, it names nobody, it is the same bytes again, it is proved."""

import base64
import hashlib
import json
import re
import shutil
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
import yaml
from conftest import Ran
from polars.exceptions import PanicException
from report_home import fill
from texts import OTHER, PERSON, THIRD

from pipelines import report as reports
from pipelines.cli import main
from pipelines.home import Home
from pipelines.report.earlier import earlier_of, published
from pipelines.report.figures import figures_of
from pipelines.report.flow import flow_of
from pipelines.report.page import page, report_of
from pipelines.report.verdict import findings, level_of
from pipelines.report.wording import LANGUAGES, wording
from pipelines.snapshot import folder_of, load_manifest
from pipelines.summary import tenge
from schemas.breaks import BREAKS
from schemas.codes import QUARANTINE, REFUSALS, STATUS_REASONS, STATUSES
from transforms.arrivals import STATES, arrivals
from transforms.turns import WHY, net, turned, why


class Page(HTMLParser):
    """The texts and tags of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.attributes, self.texts = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.texts.append(data)

    def numbers(self) -> str:
        return " ".join(self.texts).replace("\u00a0", " ")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    root = tmp_path_factory.mktemp("report") / "home"
    fill(root)
    return Home(root)


@pytest.fixture(scope="module")
def folder(home):
    return reports.chosen(home, None)


@pytest.fixture(scope="module")
def figures(home, folder, tmp_path_factory):
    snapshot = published(folder, load_manifest(folder))
    return figures_of(snapshot, earlier_of(home, snapshot), tmp_path_factory.mktemp("spill"))


@pytest.fixture(scope="module")
def html(folder):
    return (folder / "report.html").read_text()


@pytest.fixture
def mshi(home, capsys):
    def call(*arguments):
        capsys.readouterr()
        status = main([*arguments, "--home", str(home.root)])
        told = capsys.readouterr()
        return Ran(status, told.out, told.err)

    return call


def table(folder, name):
    return pl.read_parquet(folder / f"{name}.parquet")


def test_the_manifest_tells_the_report_and_verify_proves_it(home, folder, mshi, tmp_path):
    told = json.loads((folder / "manifest.json").read_text())
    assert told["report_sha256"] == hashlib.sha256((folder / "report.html").read_bytes()).hexdigest()
    assert "report" not in told["tables"] and (folder / "report.html").stat().st_mode & 0o777 == 0o600
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    assert mshi("verify", str(copy)).status == 0
    (copy / "report.html").write_text("another")
    assert "report.html: " in mshi("verify", str(copy)).out
    (copy / "report.html").unlink()
    found = mshi("verify", str(copy))
    assert found.status == 1 and "the report that the manifest tells" in found.out
    del told["report_sha256"]  # as older snapshots are
    (copy / "manifest.json").write_text(json.dumps(told))
    assert mshi("verify", str(copy)).status == 0
    (copy / "report.html").write_text("put there by somebody")
    assert "a file that the manifest does not tell" in mshi("verify", str(copy)).out


def test_money_flows_without_loss(figures, folder):
    """Every stop of the flow is a sum of the tables, and what comes in goes out again."""
    flow, files, payments = flow_of(figures), table(folder, "files"), table(folder, "payments")
    stops = {(stop.kind, stop.key): stop.tiyn for column in flow.columns for stop in column}
    assert sum(tiyn for (kind, _), tiyn in stops.items() if kind == "source") == files["sum_tiyn"].sum()
    for fate in ("accepted", "quarantined", "refused", "duplicate"):
        assert stops.get(("fate", fate), 0) == files[f"{fate}_tiyn"].sum(), fate
    left = payments["paid_tiyn"] - payments["returned_tiyn"]
    assert stops["state", "returned"] == payments["returned_tiyn"].sum() == 10_000
    assert stops["state", "pending"] + stops["state", "settled"] == left.sum()
    assert stops["state", "other"] == table(folder, "returns")["returned_tiyn"].sum()
    assert (
        sum(stops.get(("state", key), 0) for key in ("settled", "pending", "returned", "other"))
        == stops["fate", "accepted"]
    )
    months = (
        payments.filter(pl.col("state") != "pending")
        .group_by("period")
        .agg(left=(pl.col("paid_tiyn") - pl.col("returned_tiyn")).sum())
    )
    assert stops["month", "before"] == dict(months.rows())[date(2026, 10, 1)]
    for stop in [stop for column in flow.columns for stop in column]:
        out = sum(stream.tiyn for stream in flow.streams if stream.start == stop)
        into = sum(stream.tiyn for stream in flow.streams if stream.end == stop)
        assert stop.kind == "source" or into == stop.tiyn
        assert out in (0, stop.tiyn)


def test_figures_are_those_of_the_tables(figures, folder):
    quarantine, breaks, statuses = table(folder, "quarantine"), table(folder, "breaks"), table(folder, "insured_status")
    standing = quarantine.filter(pl.col("released_on").is_null())
    assert {row["reason"]: row["rows"] for row in figures.rows["outside"]} == dict(
        standing.group_by("reason").len().rows()
    )
    assert sum(row["tiyn"] for row in figures.rows["outside"]) == standing["amount_tiyn"].sum()
    assert {row["code"]: row["rows"] for row in figures.rows["breaks"]} == dict(breaks.group_by("code").len().rows())
    assert sum(row["people"] for row in figures.rows["people"]) == statuses.height
    assert {row["category"] for row in figures.rows["people"]} == {None, "pension"}
    daily = table(folder, "daily_totals")
    assert sum(row["received_tiyn"] for row in figures.rows["days"]) == daily["received_tiyn"].sum()
    made = report_of(figures)
    assert sum(row["received_tiyn"] for row in made.by_sender()) == sum(row["received_tiyn"] for row in made.came())
    assert made.tonight()["files"] == table(folder, "files").filter(pl.col("received_on") == date(2026, 11, 20)).height


def test_people_are_held_against_the_night_and_the_month_before(home, figures):
    assert figures.night.snapshot.known_at == date(2026, 11, 19) and figures.month.snapshot.month == date(2026, 10, 1)
    for one in (figures.night, figures.month):
        before = dict(table(folder_of(home, one.snapshot.name), "insured_status").select("iin", "status").rows())
        after = dict(table(figures.snapshot.folder, "insured_status").select("iin", "status").rows())
        turns = [pair for iin in {*before, *after} if len(set(pair := (before.get(iin), after.get(iin)))) == 2]
        assert sum(row["people"] for row in one.turns) == len(turns) > 0
        for status in STATUSES:
            assert one.snapshot.people[status] + net(one.turns)[status] == figures.snapshot.people[status]
    assert ("uninsured", "insured", "register") in {
        (row["before"], row["after"], row["why"]) for row in turned(figures.night.turns)
    }


def test_every_pair_of_reasons_has_a_cause():
    reasons = [None, *STATUS_REASONS]
    assert {why(a, b) for a in reasons for b in reasons if (a, b) != (None, None)} == set(WHY)
    assert why("grace", "gap") == "grace_ended" and why("not_yet_due", "grace") == "due"
    assert why("preferential", "grace") == "interval_ended" and why("gap", "not_yet_due") == "money"
    assert why("gap", "grace") == "money" and why("never_covered", "grace") == "money"


def test_the_same_bytes_again(home, folder, html, tmp_path, mshi):
    again = reports.of_tables(home, tmp_path, folder, load_manifest(folder))
    assert again.decode() == html
    mshi("rerun", "2026-11")
    assert (folder / "report.html").read_text() == html


def test_nobody_is_named_and_nothing_hostile_gets_in(html):
    for secret in (PERSON, OTHER, THIRD, "Құпия", "Үлгі"):
        assert secret not in html
    assert not re.search(r"\b\d{12}\b", " ".join(Page(html).texts))
    seen = Page(html)
    assert seen.tags.count("script") == 1 and "img" not in seen.tags
    assert "\u202e" not in html and f"…{PERSON[-4:]}" in html and "&lt;script&gt;alert" in html
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name == "style"]


def test_the_page_needs_nothing_else(html):
    seen = Page(html)
    assert len(html.encode()) < 1_000_000
    targets = [value for name, value in seen.attributes if name in ("href", "src", "action", "srcset", "data")]
    assert targets and all(value.startswith(("#", "data:")) for value in targets)
    assert "http:" not in html and "https:" not in html and "@import" not in html and "url(" not in html
    script, style = (re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL).group(1) for tag in ("script", "style"))
    for kind, text in (("script", script), ("style", style)):
        hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{hashed}'" in html.replace("&#39;", "'")
    ids = [value for name, value in seen.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in targets if value.startswith("#")} <= set(ids)


def test_figures_stand_in_the_page_in_every_language(html, figures):
    told = Page(html).numbers()
    for row in figures.rows["outside"]:
        assert told.count(tenge(row["tiyn"])) >= len(LANGUAGES)
    for language in LANGUAGES:
        assert f'<main id="main-{language}" lang="{language}"' in html
        assert wording(language).of("level.act") in html
        assert wording(language).say("people.lead", people=sum(figures.snapshot.people.values())) in html


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "the same as on 2026-11-19"),
        ("ru", "столько же, сколько на 19.11.2026"),
        ("kk", "19.11.2026 күнгімен бірдей"),
    ],
)
def test_a_number_that_has_not_changed_says_so(language, told):
    assert wording(language).say("change.same", day=date(2026, 11, 19)) == told


def test_the_gravest_finding_is_the_verdict(figures, html):
    made = report_of(figures)
    found = {one.key: one for one in findings(figures, made.senders)}
    assert list(found) == ["refused", "new_errors", "quarantined", "late"]
    assert found["refused"].facts == {"count": 1, "money_tiyn": 193_500}
    assert found["quarantined"].facts["count"] == 2
    assert found["late"].facts["senders"] == ["QIWI"]
    assert made.level == "act" and 'class="verdict act"' in html
    assert level_of([found["late"]]) == "look" and level_of([]) == "good"


def day(number, sender="B", lines=10, month=11):
    return {
        "received_on": date(2026, month, number),
        "sender": sender,
        "received_lines": lines,
        "received_tiyn": lines * 100,
    }


@pytest.mark.parametrize(
    "now, earlier, state",
    [
        ([], [[day(3, month=10)], [day(4, month=9)], []], "late"),
        ([], [[day(3, month=10)], [], []], "not_yet"),
        ([], [[day(25, month=10)], [day(26, month=9)]], "not_yet"),
        ([day(5, lines=4)], [[day(3, month=10)], [day(3, month=9)]], "less"),
        ([day(5, lines=5)], [[day(3, month=10), day(25, lines=900, month=10)]], "as_usual"),
        ([day(5)], [[], []], "new"),
        ([day(5)], [], "new"),
    ],
)
def test_who_is_late(now, earlier, state):
    (told,) = arrivals(now, earlier, last_day=20)
    assert told.state == state and state in STATES
    assert told.seen_by <= told.months == len(earlier)


def test_a_sender_without_a_name_is_nobodys_delay():
    assert arrivals([day(5, sender=None)], [[day(5, sender=None, month=10)]], 20) == []


def test_mshi_report_tells_the_times_of_the_run(mshi, tmp_path, folder):
    ran = mshi("report", "--to", str(tmp_path / "r.html"), "--lang", "kk")
    assert ran.status == 0 and ran.folder == tmp_path / "r.html" and ran.folder.stat().st_mode & 0o777 == 0o600
    text = ran.folder.read_text()
    assert '<html lang="kk">' in text
    for stage in ("take_in", "catch_up", "compute_and_publish", "people", "write", "report", "rebuild"):
        assert wording("ru").of(f"stage.{stage}") in text
    assert wording("en").of("stage.take_in") not in (folder / "report.html").read_text()
    assert mshi("report").out.strip() == str(folder / "report.html")
    assert mshi("report", folder.name, "--to", str(tmp_path)).folder == tmp_path / f"{folder.name}.html"
    assert mshi("report", "nothing").status == 2 and mshi("report", "--to", str(tmp_path / "no" / "r")).status == 2
    linked = tmp_path / ".n.html.tmp"  # laid by somebody else into a folder for all
    linked.symlink_to(folder / "manifest.json")
    before = linked.read_bytes()
    assert mshi("report", "--to", str(tmp_path / "n.html")).status == 0
    assert linked.read_bytes() == before and not (tmp_path / "n.html").is_symlink()


@pytest.mark.parametrize(("error", "day"), [(ValueError, "2026-11-21"), (PanicException, "2026-11-22")])
def test_a_fault_of_the_report_does_not_stop_the_night(mshi, monkeypatch, tmp_path, folder, error, day):
    def fail(*_):
        raise error("a fault of ours")

    with monkeypatch.context() as patched:
        patched.setattr(reports, "_html", fail)
        ran = mshi("run", "--as-of", day)
    assert ran.status == 0 and "published without its report" in ran.err and not (ran.folder / "report.html").exists()
    assert mshi("verify", ran.folder.name).status == 0
    assert mshi("report", ran.folder.name).status == 2
    told = mshi("report", ran.folder.name, "--to", str(tmp_path / "later.html"))
    assert told.status == 0 and day in told.folder.read_text()


def test_earlier_snapshots_that_are_altered_are_passed_over(home, tmp_path, folder):
    copied = tmp_path / "home"
    shutil.copytree(home.root, copied)
    for path in copied.glob("snapshots/2026-1[01]/*_2026-1[01]-[01][79]_*/insured_status.parquet"):
        path.write_bytes(b"no Parquet")
    other = Home(copied)
    snapshot = published(folder, load_manifest(folder))
    figures = figures_of(snapshot, earlier_of(other, snapshot), tmp_path)
    assert figures.night is None and figures.month is None and len(figures.earlier_days["days"]) == 2
    assert wording("en").of("people.no_night") in page(report_of(figures))


def test_an_empty_home_has_a_report(tmp_path, capsys):
    root = tmp_path / "empty"
    assert main(["run", "--as-of", "2026-11-20", "--home", str(root)]) == 0
    html = (Ran(0, capsys.readouterr().out, "").folder / "report.html").read_text()
    assert wording("en").of("money.empty") in html and 'class="verdict look"' in html


def flat(told, place=""):
    if isinstance(told, dict):
        for key, value in told.items():
            yield from flat(value, f"{place}.{key}")
    else:
        yield place, sorted(re.findall(r"{(\w+)}", told)) if isinstance(told, str) else len(told)


def test_three_languages_say_the_same():
    texts = {one: dict(flat(dict(wording(one).told))) for one in LANGUAGES}
    assert texts["en"].keys() == texts["ru"].keys() == texts["kk"].keys()
    own = reports.__path__[0]
    told = [dict(flat(yaml.safe_load(Path(own, "texts", f"{one}.yaml").read_text()))) for one in ("ru", "kk")]
    assert told[0] == told[1]
    assert {key: value for key, value in texts["en"].items() if key in told[0]} == told[0]
    for one in LANGUAGES:
        words = wording(one)
        assert all(words.of(f"break_step.{code}") and words.of(f"break_sentence.{code}") for code in BREAKS)
        assert all(words.of(f"outside.{code}.next_step") for code in (*REFUSALS, *QUARANTINE))
        assert all(words.of(f"why.{code}") for code in WHY) and all(words.of(f"state.{one}") for one in STATES)


def test_short_money_is_cut_and_never_rounded_up():
    words = wording("en")
    assert words.short_money(99_999_999).replace("\u00a0", " ") == "999 999"
    assert words.short_money(19_999_999_99).replace("\u00a0", " ") == "19,99 M"
    assert words.short_money(199_999_999_99).replace("\u00a0", " ") == "199 M"
    assert words.short_money(-1_234_567_890_12).replace("\u00a0", " ") == "−1,23 bn"
