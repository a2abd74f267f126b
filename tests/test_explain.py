"""`mshi explain IIN`: the facts agree with the status, three languages tell the same facts, the advice comes true."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import re
import string
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
import yaml
from case_files import PEOPLE, Case, all_cases, months_of
from case_home import tenge
from conftest import Ran
from explained import YEAR, assert_languages_agree, in_english, paths_of, taken_in, told_of
from texts import OTHER, PERSON, THIRD, bank_register, bank_row, message, register

from pipelines.cli import main
from pipelines.explain.asked import asked
from pipelines.explain.facts import explanation
from pipelines.explain.keys import EXPLANATION
from pipelines.explain.text import as_lines
from pipelines.explain.words import LANGUAGES, words
from pipelines.home import Home
from schemas.codes import PAYER_KINDS, STATUS_REASONS, STATUSES

pytestmark = pytest.mark.usefixtures("no_database")

TEXTS = Path(__file__).parent.parent / "pipelines" / "explain" / "texts"
GOLDEN = Path(__file__).parent / "golden"
PER_REASON = 2


def chosen_cases() -> list[Case]:
    """The first questions of all case files for each reason, of different facts."""
    found: dict[str, list[Case]] = {}
    for case in all_cases():
        told = found.setdefault(case.expect.get("reason", ""), [])
        facts = case.title.split(" / ")[0]
        if "status" in case.expect and len(told) < PER_REASON and all(facts not in one.title for one in told):
            told.append(case)
    return [case for reason in STATUS_REASONS for case in found[reason]]


@pytest.mark.parametrize("case", chosen_cases(), ids=lambda case: f"{case.expect['reason']}: {case.title}")
def test_the_facts_agree_with_the_status_and_with_each_other(case, tmp_path):
    home = taken_in(case, tmp_path / "home")
    facts = explanation(asked(home, case.month, case.on, None), int(PEOPLE["self"]))
    verdict, decision, months = facts["verdict"], facts["decision"], facts["months"]
    expected = case.expect
    assert (verdict["status"], verdict["reason"]) == (expected["status"], expected["reason"])
    if "months" in expected:
        assert verdict["coverage_months"] == expected["months"]
    if isinstance(expected.get("missing"), str):
        assert verdict["missing_months"] == months_of(expected["missing"])
    if "arrears" in expected:
        assert tenge(verdict["arrears_tiyn"]).removesuffix(".00") == expected["arrears"]
    twelve = [month for month in months if month["role"] == "window"]
    assert "".join(month["letter"] for month in twelve) == verdict["coverage_months"]
    due = [month["month"] for month in twelve if month["why_not"] and month["why_not"][-1]["why"] != "not_due"]
    assert [month for month in due if month >= date(2020, 1, 1)] == verdict["missing_months"]
    assert [one["month"] for one in facts["missing"]] == verdict["missing_months"]
    assert sum(one["owed_tiyn"] for one in facts["missing"]) == verdict["arrears_tiyn"]
    assert_branch_holds(facts, decision, case.on)
    assert paths_of(facts) <= set(EXPLANATION)
    assert_languages_agree(facts)


def assert_branch_holds(facts: dict, decision: dict, on: date) -> None:
    """The numbers of the branch that decided say that it holds, those of the others that they do not."""
    reason, this, last = facts["verdict"]["reason"], decision["this_run"], decision["last_run"]
    holds = {
        "paid": lambda: this["is_paid"] and this["run_months"] >= this["needed_months"],
        "prepaid": lambda: this["run_months"] < this["needed_months"] <= this["run_months"] + this["ahead_months"],
        "not_yet_due": lambda: last["next_due_from"] > on,
        "grace": lambda: last["months_since"] <= last["grace_months"],
        "gap": lambda: last is None or last["months_since"] > last["grace_months"],
    }
    assert holds.get(reason, lambda: True)()
    for one in decision["passed"]:
        if one["why"] == "short":
            assert one["run_months"] + one["ahead_months"] < one["needed_months"]
        if one["why"] == "due":
            assert one["next_due_from"] <= on
        if one["why"] == "over":
            assert one["months_since"] > one["grace_months"]
            assert one["grace_over_since"] <= facts["month"]


def test_a_grace_that_is_over_is_told_with_its_month(tmp_path):
    title = "grace: Last month paid June 2025, conditional July to September, lost in October"
    case = next(case for case in all_cases() if case.title == title)
    home = taken_in(case, tmp_path / "home")
    facts = explanation(asked(home, date(2025, 11, 1), case.on, None), int(PEOPLE["self"]))
    run = facts["decision"]["last_run"]
    assert (run["month"], run["months_since"], run["grace_months"]) == (date(2025, 6, 1), 5, 3)
    assert (run["grace_until"], run["grace_over_since"]) == (date(2025, 9, 30), date(2025, 10, 1))
    assert "2025-11 is 5 months after the run ended, the grace is 3 months, so it is over since 2025-10." in "\n".join(
        as_lines(facts, words("en"))
    )


def test_every_reason_is_explained():
    assert {case.expect["reason"] for case in chosen_cases()} == set(STATUS_REASONS)


def test_the_three_languages_have_the_same_keys_and_placeholders():
    told = {language: words(language).told for language in LANGUAGES}
    assert shape(told["en"]) == shape(told["ru"]) == shape(told["kk"])


def shape(told: object) -> object:
    """Keys all the way down, with the placeholders of every text."""
    if isinstance(told, dict):
        return {key: shape(value) for key, value in told.items() if key != "law_words"}
    return sorted(name for _, name, _, _ in string.Formatter().parse(str(told)) if name)


def test_the_last_day_of_a_span_is_said_to_belong_to_it_in_kazakh():
    say = words("kk")
    for key in ("interval_ends", "next_own", "next_wage", "after_interval"):
        assert "күніне дейін, сол күнді қоса алғанда" in say.of(f"advice.{key}")


def test_thousands_are_parted_by_blanks_where_the_language_does_so():
    for language in ("ru", "kk"):
        sentence = words(language).of("outside.register_shrunk.sentence")
        assert "1 000" in sentence and "1,000" not in sentence


def test_all_codes_have_words():
    categories = {row["name"].split(".")[1] for row in rules() if row["name"].startswith("category.")}
    for language in LANGUAGES:
        told = words(language).told
        assert set(told["category"]) == categories
        assert set(told["payer_kind"]) >= set(PAYER_KINDS)
        assert set(told["status"]) == set(STATUSES)
        assert set(told["reason"]) == set(told["short_reason"]) == set(STATUS_REASONS)


def rules() -> list[dict]:
    folder = TEXTS.parent.parent.parent / "schemas" / "rules"
    return [
        {"name": name} for path in folder.glob("*.yaml") for name in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """One night: PERSON paid eleven months, OTHER is a pensioner until February, THIRD was PERSON's IIN before."""
    home = tmp_path_factory.mktemp("explain") / "home"
    rows = [bank_row(f"p{month:%m}", f"{month:%Y-%m}-20", period=f"{month:%m%Y}") for month in YEAR[1:-2]]
    older = bank_row("p09", "2026-09-20", payer=THIRD, person=THIRD, period="092026")
    last = bank_row("p10", "2026-10-20", period="102026", amount="4000.00")
    for name, text in {
        "bank/rows.csv": "\ufeff" + bank_register(*rows, older, last).replace("\n", "\r\n"),
        "bank/list.txt": message(knp="122", period="122025"),
        "registers/iin_links.csv": register("old_iin,current_iin", f"{THIRD},{PERSON}"),
        "registers/categories.csv": register("iin,category,from,to", f"{OTHER},pension,2026-01-15,2027-02-10"),
    }.items():
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("kz1048" if name.endswith("list.txt") else "utf-8"))
    assert main(["run", "--as-of", "2026-11-20", "--home", str(home)]) == 0
    return home


@pytest.fixture
def explain(small, capsys):
    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        status = main(["explain", *arguments, "--home", str(small)])
        told = capsys.readouterr()
        return Ran(status, told.out, told.err)

    return call


def facts_of(ran: Ran) -> dict:
    assert ran.status == 0, ran.err
    return json.loads(ran.out)


def test_every_line_is_found_at_its_bytes(explain, small):
    facts = facts_of(explain(PERSON, "--json"))
    assert {row["file_name"] for row in facts["payments"]} == {"rows.csv", "list.txt"}
    for row in [*facts["payments"], *facts["links"]]:
        sha256 = row["file_sha256"]
        content = (small / "archive" / sha256[:2] / sha256).read_bytes()
        line = content[row["byte_offset"] : row["byte_offset"] + row["byte_length"]]
        assert hashlib.sha256(content).hexdigest() == sha256
        assert line == content.split(b"\n")[row["line_no"] - 1]


def test_lines_are_shown_only_when_they_are_asked_for(explain, small):
    """And who was shown them is kept in the run record, without saying whose they are."""
    before = (small / "runs.jsonl").read_text()
    assert "Адам" not in explain(PERSON).out and "Адам" not in explain(PERSON, "--json").out
    ran = explain(PERSON, "--show-line")
    assert f"p01,2026-01-20,{PERSON},{PERSON},Үлгі,Адам,,122,012026,4250.00,app" in ran.out
    assert "//FM/Үлгі" in ran.out and f"//IDN/{PERSON}" in ran.out  # of a message the whole item, from KZ-1048
    added = (small / "runs.jsonl").read_text().removeprefix(before)
    told = json.loads(added)
    assert told["command"] == "explain --show-line" and len(told["result"]["lines"]) >= 2 and PERSON not in added


def test_an_old_iin_explains_the_person_and_says_so(explain):
    facts = facts_of(explain(THIRD, "--json"))
    assert (facts["asked_iin"], facts["iin"]) == (THIRD, PERSON)
    assert facts["links"][0]["old_iin"] == THIRD
    assert f"{THIRD} is an old IIN" in explain(THIRD).out
    assert "is an old IIN" not in explain(PERSON).out


def test_a_month_tells_why_nothing_covers_it(explain):
    facts = facts_of(explain(PERSON, "--json"))
    october, november = facts["months"][-2:]
    told = {"why": "below_requirement", "own_tiyn": 400000, "required_tiyn": 425000, "short_tiyn": 25000}
    assert october["why_not"][0] == told
    assert (october["contributions_tiyn"], october["required_tiyn"]) == (400000, 425000)
    assert [one["why"] for one in november["why_not"]] == ["nothing_came", "not_due"]


def test_the_iin_may_come_from_standard_input(explain, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(PERSON + "\n"))
    assert facts_of(explain("-", "--json"))["iin"] == PERSON


def test_a_second_line_on_standard_input_is_wrong_usage(explain, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PERSON}\n\n{PEOPLE['relative']}\n"))
    ran = explain("-")
    assert (ran.status, ran.out) == (2, "") and "standard input: expected one line, found more" in ran.err
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PERSON}\n\n"))
    assert explain("-").status == 0


def test_an_impossible_iin_is_wrong_usage(explain):
    wrong = PERSON[:-1] + str((int(PERSON[-1]) + 1) % 10)
    for given in (wrong, "123", "abc"):
        ran = explain(given)
        assert (ran.status, ran.out) == (2, "")
        assert "check digit" in ran.err and given not in ran.err


@pytest.mark.parametrize("errors", ["surrogateescape", "strict"])
def test_what_is_no_text_is_an_impossible_iin(explain, monkeypatch, errors):
    given = io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8", errors=errors)
    monkeypatch.setattr("sys.stdin", given)
    ran = explain("-")
    assert (ran.status, ran.out) == (2, "") and "impossible IIN" in ran.err


def test_an_unknown_iin_is_told_with_a_sentence(explain, small):
    unknown = PEOPLE["relative"]
    ran = explain(unknown)
    assert (ran.status, ran.out) == (1, "")
    assert f"…{unknown[-4:]}" in ran.err and unknown not in ran.err
    assert explain(PERSON, "--known-at", "2026-11-19").status == 1  # before anything came in


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        (PERSON, "--month", "2019-12"),
        (PERSON, "--month", "2027-01"),
        (PERSON, "--month", "x"),
        (PERSON, "--lang", "de"),
        (PERSON, "--file", "00000000", "--line", "1"),
        ("--file", "00000000"),
        ("--file", "00000000", "--line", "1"),
    ],
    ids=str,
)
def test_wrong_usage(explain, wrong):
    ran = explain(*wrong)
    assert (ran.status, ran.out) == (2, "") and PERSON not in ran.err


def test_nothing_is_written_and_no_lock_is_needed(explain, small):
    def tree() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in small.rglob("*") if path.is_file()}

    before = tree()
    with open(small / ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert explain(PERSON).status == 0
    assert tree() == before


def test_a_ledger_behind_its_archive_explains_nothing(put, night, mshi, home):
    put("bank/a.csv", bank_register(bank_row()))
    night()
    next((home / "ledger").glob("0*")).rename(home / "ledger" / "away")
    ran = mshi("explain", PERSON)
    assert ran.status == 1
    advised = re.search(r"mshi (rerun [0-9-]+ --known-at [0-9-]+)", ran.err)
    assert advised and mshi(*advised[1].split()).status == 0
    assert mshi("explain", PERSON).status == 0


def test_the_law_as_of_a_day_knows_only_what_was_published(explain):
    facts = facts_of(explain(PERSON, "--json", "--law-as-of", "2023-06-01"))
    assert {row["valid_from"] for row in facts["rules"]} and all(
        row["valid_from"] <= "2023-06-01" for row in facts["rules"]
    )
    assert facts["months"][-2]["letter"] == "P"  # 4 000 is more than the 3 500 of 2023
    assert facts["months"][-2]["required_tiyn"] == 350000


def test_transitional_months_without_a_published_end_are_told_so(explain):
    month = (PERSON, "--month", "2020-03", "--law-as-of", "2020-06-15")
    facts = facts_of(explain(*month, "--json"))
    assert facts["decision"]["branch"] == "transitional"
    assert facts["decision"]["transitional_until"] is None
    assert "whose end is not published" in explain(*month).out
    assert facts_of(explain(*month[:3], "--json"))["decision"]["transitional_until"] == "2020-06-30"


def test_the_end_of_a_category_is_told_with_what_follows(explain):
    facts = facts_of(explain(OTHER, "--json"))
    assert facts["verdict"]["reason"] == "preferential"
    assert facts["months"][-1]["intervals"][0]["code"] == "pension"
    assert facts["advice"]["interval_ends_on"] == "2027-02-10"
    following = facts["advice"]["next"]
    assert (following["month"], following["owed_tiyn"]) == ("2027-03-01", 425000)
    assert following["if_paid"] == {"status": "insured", "reason": "paid"}
    assert following["if_not"] == {"status": "uninsured", "reason": "gap"}


def test_the_advice_comes_true(put, night, mshi):
    put("bank/a.csv", bank_register(*(bank_row(f"p{m:%m}", f"{m:%Y-%m}-20", period=f"{m:%m%Y}") for m in YEAR[3:])))
    night()
    options = facts_of(mshi("explain", PERSON, "--json"))["advice"]["options"]
    assert [option["way"] for option in options] == ["arrears", "advance"]
    option = options[0]
    rows = [
        bank_row(
            f"q{place}", option["pay_on"], period=f"{month[5:7]}{month[:4]}", amount=f"{tiyn // 100}.{tiyn % 100:02d}"
        )
        for place, (month, tiyn) in enumerate((part["month"], part["owed_tiyn"]) for part in option["months"])
    ]
    put("bank/b.csv", bank_register(*rows[:-1]))
    short = night(option["settled_on"], "--month", option["status_month"][:7]).table("insured_status")
    assert short["status"].to_list() == ["uninsured"]  # not a month less would have done
    put("bank/c.csv", bank_register(rows[-1]))
    paid = night(option["settled_on"], "--month", option["status_month"][:7]).table("insured_status")
    assert paid.select("status", "reason").row(0) == (option["status"], option["reason"])


@pytest.mark.parametrize(
    "iin, month, tiyn, first, last, next_due_on",
    [
        ("880112200014", date(2020, 9, 1), 637500, date(2020, 7, 1), date(2020, 9, 1), None),
        ("801018100213", None, 1700000, date(2026, 7, 1), date(2026, 10, 1), date(2026, 11, 30)),
        ("811222200220", None, 1700000, date(2026, 7, 1), date(2026, 10, 1), date(2026, 11, 30)),
        ("891130200205", None, 850000, date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 30)),
    ],
    ids=["three months are enough", "all but the month", "all but the month, too", "two months"],
)
def test_the_first_option_is_the_cheapest(sample, iin, month, tiyn, first, last, next_due_on):
    facts = told_of(Home(sample), iin, month)
    options = facts["advice"]["options"]
    cheapest = options[0]
    assert (cheapest["total_tiyn"], cheapest["status"]) == (tiyn, "insured")
    assert (cheapest["months"][0]["month"], cheapest["months"][-1]["month"]) == (first, last)
    assert cheapest["next_due_on"] == next_due_on
    assert (cheapest["reason"] == "not_yet_due") == (next_due_on is not None)
    if next_due_on is not None:
        assert f"only if {cheapest['next_month']:%Y-%m} is paid too, by {next_due_on}" in in_english(facts)
    totals = [option["total_tiyn"] for option in options]
    assert totals == sorted(totals)


def test_the_day_to_pay_by_is_the_last_one(put, night, mshi):
    rows = [bank_row(f"p{m:%m%y}", f"{m:%Y-%m}-20", period=f"{m:%m%Y}") for m in [date(2025, 11, 1), *YEAR]]
    put("bank/a.csv", bank_register(*rows))
    night()
    following = facts_of(mshi("explain", PERSON, "--json"))["advice"]["next"]
    assert following["month"] == "2026-11-01" and following["due_on"] == "2026-11-30"
    day, month = following["checked_on"], following["checked_month"][:7]
    before = night(day, "--month", month).table("insured_status")
    assert before.select("status", "reason").row(0) == tuple(following["if_not"].values())
    put("bank/b.csv", bank_register(bank_row("last", following["pay_by"], period="112026")))
    after = night(day, "--month", month).table("insured_status")
    assert after.select("status", "reason").row(0) == tuple(following["if_paid"].values())
    later = date.fromisoformat(following["pay_by"]) + timedelta(days=1)
    put(
        "bank/c.csv",
        bank_register(bank_row("too late", str(later), person=OTHER, period="112026")),
    )
    pending = night(day, "--month", month).table("payments").filter(pl.col("iin") == OTHER)
    assert pending["state"].to_list() == ["pending"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("sample") / "home"
    main(["sample", str(home / "inbox")])
    assert main(["run", "--as-of", "2026-11-20", "--home", str(home)]) == 3
    return home


@pytest.mark.parametrize(
    "name, iin", [("grace", "840529100246"), ("preferential", "890610100285"), ("gap", "820403200095")]
)
def test_the_texts_are_the_golden_ones(sample, name, iin):
    facts = explanation(asked(Home(sample), None, None, None), int(iin))
    for language in LANGUAGES:
        golden = (GOLDEN / f"explain_{name}_{language}.txt").read_text(encoding="utf-8")
        assert "\n".join(as_lines(facts, words(language))) + "\n" == golden


def test_the_sample_explains_as_it_was_published(sample):
    status = pl.read_parquet(next(sample.glob("snapshots/2026-11/*/insured_status.parquet")))
    question = asked(Home(sample), None, None, None)
    for row in status.to_dicts()[::11]:
        verdict = explanation(question, int(row["iin"]))["verdict"]
        assert set(verdict.pop("sentence")) == set(LANGUAGES)
        assert {key: row[key] for key in verdict} == verdict
