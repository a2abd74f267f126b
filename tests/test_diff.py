"""What `mshi diff` tells of two snapshots: who changed status and why, which money and breaks moved, and that it adds up.

One home lives through a night for each cause; the questions are asked of pairs of its nights.
"""

import csv
import io
import json
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl
import pytest
from case_files import with_check_digit
from population import scenario
from texts import bank_register, bank_row, item, message, register, returns_register

from pipelines import diff as job
from pipelines import events, night, parquet
from pipelines.cli import main
from pipelines.excerpt import excerpt, narrowed
from schemas.codes import CAUSES
from schemas.rules import FOLDER, load_law
from transforms.changes import moving, payments_to_look_at
from transforms.sql import query

pytestmark = pytest.mark.usefixtures("no_database")

LATE, TIMELY, SENT_BACK, PENSIONER, OLD, CURRENT, RECALLED, SHORT, RELEASED, VETERAN, TWICE, TWICE_OLD, STEADY, BOSS = (
    with_check_digit(f"8801011{place:04d}") for place in range(101, 206, 8)
)
MONTHS = [f"{month:02d}{2025 if month == 12 else 2026}" for month in (12, *range(1, 12))]


def own(name: str, person: str, months=MONTHS, day: str = "2026-11-02", amount: str = "4250.00") -> list[str]:
    """Rows of somebody who pays for themselves."""
    return [bank_row(f"{name}{n}", day, person, person, period=month, amount=amount) for n, month in enumerate(months)]


@dataclass
class Told:
    """What a call of the command gave."""

    status: int
    out: str
    err: str


@dataclass
class Story:
    """The home, its snapshots by the cause that came with them, and the command."""

    home: Path
    folders: dict[str, Path]
    known: dict[tuple, Told] = field(default_factory=dict)

    def diff(self, a: str | Path, b: str | Path, *more: str) -> Told:
        named = [str(self.folders.get(str(one), one)) for one in (a, b)]
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdout", out)
            patch.setattr("sys.stderr", err)
            status = main(["diff", *named, *more, "--home", str(self.home)])
        return Told(status, out.getvalue(), err.getvalue())

    def told(self, a: str | Path, b: str | Path, form: str = "table") -> str:
        """What the screen shows of two nights; asked once, for it stays what it is."""
        if (a, b, form) not in self.known:
            self.known[a, b, form] = self.diff(a, b, "--format", form)
        assert self.known[a, b, form].status == 0, self.known[a, b, form].err
        return self.known[a, b, form].out

    def document(self, a: str | Path, b: str | Path) -> dict:
        return json.loads(self.told(a, b, "json"))

    def table(self, name: str, table: str) -> pl.DataFrame:
        return pl.read_parquet(self.folders[name] / f"{table}.parquet")


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> Story:
    home = tmp_path_factory.mktemp("diff") / "home"
    told = Story(home, {})

    def put(name: str, content: str) -> None:
        path = home / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def call(*arguments: str) -> str:
        out = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdout", out)
            assert main([*arguments, "--home", str(home)]) in (0, 3)
        return out.getvalue()

    def sha(name: str) -> str:
        files = pl.read_parquet(list(told.folders.values())[-1] / "files.parquet")
        return str(files.filter(pl.col("file_name") == name)["file_sha256"][0])

    def told_by_night(name: str, day: str, *more: str) -> None:
        told.folders[name] = Path(call("run", "--as-of", day, *more).rstrip().rsplit("\n", 1)[-1])

    put("bank/base.csv", bank_register(
        *own("late", LATE, MONTHS[:-1]), *own("back", SENT_BACK), *own("old", OLD, MONTHS[:6]), *own("new", CURRENT, MONTHS[6:]),
        *own("short", SHORT, amount="4000.00"), *own("twice", TWICE, MONTHS[6:11]), *own("two", TWICE_OLD, MONTHS[:6]),
        *own("steady", STEADY), *own("pension", PENSIONER, MONTHS[:1]),
        bank_row("boss", "2026-11-02", BOSS, STEADY, period="102026"),
    ))  # fmt: skip
    put("bank/timely.csv", bank_register(*own("timely", TIMELY, day="2026-11-11")))
    put("bank/recalled.csv", bank_register(*own("recalled", RECALLED)))
    put("bank/released.txt", message(item(amount="4250,00", person=RELEASED), total="1,00", day="261103"))
    put("registers/entrepreneurs.csv", register("iin,kind,from,to", f"{BOSS},farm,2020-01-01,"))
    told_by_night("beginning", "2026-11-12")
    told.folders["last_year"] = Path(call("rerun", "2025-12").rstrip().rsplit("\n", 1)[-1])
    told_by_night("time_passing", "2026-11-16")
    put("bank/late.csv", bank_register(*own("l", LATE, MONTHS[-1:]), *own("t", TWICE, MONTHS[-1:])))
    told_by_night("late_file", "2026-11-17")
    back = f"t1,2026-11-17,back11,,{SENT_BACK},{SENT_BACK},122,112026,4250.00,mistake"
    put("returns/back.csv", returns_register(back))
    told_by_night("return", "2026-11-18")
    put(
        "registers/categories.csv",
        register("iin,category,from,to", f"{PENSIONER},pension,2020-01-01,", f"{VETERAN},war_veteran,2020-01-01,"),
    )
    told_by_night("register", "2026-11-19")
    put("registers/iin_links.csv", register("old_iin,current_iin", f"{OLD},{CURRENT}", f"{TWICE_OLD},{TWICE}"))
    told_by_night("link", "2026-11-20")
    call("withdraw", sha("recalled.csv"), "--reason", "sent by mistake", "--as-of", "2026-11-21")
    told_by_night("withdrawal", "2026-11-21")
    call("accept", sha("released.txt"), "--reason", "the bank confirmed it", "--as-of", "2026-11-22")
    told_by_night("accept", "2026-11-22")
    with pytest.MonkeyPatch.context() as patch:
        for module in (night, events):
            patch.setattr(module, "load_law", lambda: load_law(other_rules(home)))
        put("registers/exemptions.csv", register("iin,kind,from,to"))
        told_by_night("rule_value", "2026-11-23")
        call("replay", "--as-of", "2026-11-23")
        told_by_night("replay", "2026-11-23")
        told_by_night("december", "2026-11-23", "--month", "2026-12")
    return told


def other_rules(home: Path) -> Path:
    """Rules by which an independent payer owes 4,000 tenge from 2026 on."""
    rules = home.parent / "rules"
    if not rules.exists():
        shutil.copytree(FOLDER, rules)
        amounts, categories = rules / "amounts.yaml", rules / "categories.yaml"
        head, values = amounts.read_text().split("independent_amount:")
        values, tail = values.split("\nstate_contribution_rate:")
        amounts.write_text(f"{head}independent_amount:{values.replace('4250', '4000')}\nstate_contribution_rate:{tail}")
        student = categories.read_text().split("category.student:")[1].split("category.")[0]
        categories.write_text(f"{categories.read_text()}category.war_veteran:{student}")
    return rules


def causes(document: dict) -> dict[str, tuple]:
    return {row["iin"]: (row["cause"], row["before"], row["after"]) for row in document["people"]}


CHAIN = (
    "beginning",
    "time_passing",
    "late_file",
    "return",
    "register",
    "link",
    "withdrawal",
    "accept",
    "rule_value",
    "replay",
)
INSURED = ("uninsured", "insured")
BY_NIGHT = {
    "time_passing": {TIMELY: INSURED},
    "late_file": {LATE: INSURED},
    "return": {SENT_BACK: INSURED[::-1]},
    "register": {PENSIONER: INSURED},
    "link": {OLD: ("uninsured", None), CURRENT: INSURED, TWICE_OLD: ("uninsured", None), TWICE: INSURED},
    "withdrawal": {RECALLED: ("insured", None)},
    "accept": {RELEASED: (None, "uninsured")},
    "rule_value": {SHORT: INSURED},
    "replay": {VETERAN: (None, "insured")},
}


@pytest.mark.parametrize(("before", "after"), zip(CHAIN, CHAIN[1:], strict=False))
def test_each_cause_by_itself(story, before, after):
    assert causes(story.document(before, after)) == {
        person: (after, *statuses) for person, statuses in BY_NIGHT[after].items()
    }


def test_all_causes_at_once_each_person_with_its_own(story):
    """Somebody whose months came by a link and a late file has the later step: without the file the link is nothing."""
    expected = {person: (cause, *told) for cause, people in BY_NIGHT.items() for person, told in people.items()}
    expected[TWICE] = ("late_file", *INSURED)
    assert causes(story.document("beginning", "replay")) == expected


def test_exchanged_is_the_same_the_other_way_round(story):
    there, back = (story.document(*pair) for pair in (("beginning", "replay"), ("replay", "beginning")))
    assert causes(back) == {iin: (cause, after, before) for iin, (cause, before, after) in causes(there).items()}
    turned = {"came": "went", "went": "came", "changed": "changed"}
    for kind in ("payments", "breaks"):
        told = [[(turned[row["change"]], row.get("cause"), row["file_sha256"], row["line_no"]) for row in there[kind]]]
        told.append([(row["change"], row.get("cause"), row["file_sha256"], row["line_no"]) for row in back[kind]])
        assert Counter(told[0]) == Counter(told[1])


def test_nothing_differs_from_itself(story):
    for name in ("beginning", story.folders["beginning"].name, story.folders["beginning"]):
        told = story.diff("beginning", name)
        assert told.status == 0 and "no difference" in told.out and told.err == ""
    assert len(story.diff("beginning", "beginning", "--format", "csv").out.splitlines()) == 1


def test_payments_tell_what_moved_them(story):
    found = {(row["change"], row["cause"], row["iin"]) for row in story.document("beginning", "replay")["payments"]}
    assert found >= {
        ("came", "late_file", LATE), ("came", "accept", RELEASED), ("went", "withdrawal", RECALLED),
        ("changed", "return", SENT_BACK), ("changed", "link", CURRENT), ("changed", "time_passing", TIMELY),
    }  # fmt: skip
    assert {row[2] for row in found} == {
        LATE, RELEASED, RECALLED, SENT_BACK, CURRENT, TIMELY, TWICE
    }  # fmt: skip
    linked = next(row for row in story.document("register", "link")["payments"] if row["iin"] == CURRENT)
    assert linked["before_iin"] == OLD
    returned = story.document("late_file", "return")["payments"]
    assert [(row["after"], row["before_returned_tiyn"], row["after_returned_tiyn"]) for row in returned] == [
        ("returned", 0, 425000)
    ]


PAYMENT = ["file_sha256", "line_no", "iin", "payer_kind", "state", "returned_tiyn"]
BREAK = ["code", "iin", "payer_id", "period", "amount_tiyn", "file_sha256", "line_no"]


PAIRS = [("beginning", "replay"), ("late_file", "accept"), ("replay", "time_passing"), ("beginning", "time_passing")]


@pytest.mark.parametrize("pair", PAIRS)  # between the last pair no file came
def test_changes_are_the_difference_of_the_tables(story, pair):
    before, after = (
        {name: story.table(one, name) for name in ("insured_status", "payments", "breaks")} for one in pair
    )
    document = story.document(*pair)
    status = [dict(told["insured_status"].select("iin", "status").rows()) for told in (before, after)]
    assert causes(document).keys() == {
        iin for iin in status[0].keys() | status[1].keys() if status[0].get(iin) != status[1].get(iin)
    }
    lines = [{row[:2]: row for row in told["payments"].select(PAYMENT).rows()} for told in (before, after)]
    moved = {
        key: "went" if key not in lines[1] else "came" if key not in lines[0] else "changed"
        for key in lines[0].keys() | lines[1].keys() if lines[0].get(key) != lines[1].get(key)
    }  # fmt: skip
    assert {(row["file_sha256"], row["line_no"]): row["change"] for row in document["payments"]} == moved
    counts = [Counter(told["breaks"].select(pl.col(BREAK).cast(pl.String)).rows()) for told in (before, after)]
    for change, more in (("came", counts[1] - counts[0]), ("went", counts[0] - counts[1])):
        rows = [row for row in document["breaks"] if row["change"] == change]
        assert Counter(tuple(None if row[c] is None else str(row[c]) for c in BREAK) for row in rows) == more


def test_totals_add_up_and_say_so(story):
    document = story.document("beginning", "replay")
    a, b = document["a"]["people"], document["b"]["people"]
    for status in a:
        moves = [(row["before"], row["after"], row["rows"]) for row in document["totals"]["people"]]
        assert (
            a[status] + sum(n for _, t, n in moves if t == status) - sum(n for f, _, n in moves if f == status)
            == b[status]
        )
    for kind in ("people", "payments", "breaks"):
        assert sum(row["rows"] for row in document["totals"][kind]) == len(document[kind])
        if kind != "people":
            told, money = (
                sum(row["amount_tiyn"] or 0 for row in rows) for rows in (document[kind], document["totals"][kind])
            )
            assert told == money
        else:
            assert not any("amount_tiyn" in row for row in document["totals"][kind])
    assert "9223372036854775807" not in story.told("beginning", "replay", "csv")
    out = story.told("beginning", "replay")
    assert "the totals add up" in out and all(f"{cause}: {CAUSES[cause]}" in out for cause in BY_NIGHT)


def test_totals_that_do_not_add_up_fail(story, tmp_path):
    copy = shutil.copytree(story.folders["late_file"], tmp_path / "copy")
    manifest = json.loads((copy / "manifest.json").read_text())
    for more in (1, -2):  # one too many, then one too few
        manifest["people"]["insured"] += more
        (copy / "manifest.json").write_text(json.dumps(manifest))
        told = story.diff("beginning", copy)
        assert told.status == 1 and "do not add up: insured" in told.err


def test_csv_and_table_tell_what_json_tells(story):
    document = story.document("beginning", "replay")
    text = story.told("beginning", "replay", "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert text.count("\r\n") == len(rows) + 1
    for kind, section in (("person", "people"), ("payment", "payments"), ("break", "breaks")):
        for what, told in ((kind, document[section]), (f"{kind}_total", document["totals"][section])):
            flat = [{key: "" if value is None else str(value) for key, value in row.items()} for row in told]
            assert [{key: row[key] for key in flat[0]} for row in rows if row["what"] == what] == flat
    lines = story.told("beginning", "replay").splitlines()
    for row in document["people"]:
        line = next(line for line in lines if line.startswith(f"{row['iin']}  "))
        assert row["cause"] == line.split()[-1] and (row["after"] or "not known") in line
    assert sum(line.startswith(("came ", "went ", "changed ")) for line in lines) == len(
        document["payments"] + document["breaks"]
    )


def test_a_small_ledger_of_some_people_holds_all_that_an_excerpt_takes(story, tmp_path):
    """Their own lines and intervals under every IIN of theirs, and the intervals of who pays for them."""
    home = night.Home(story.home)
    people = pl.Series([int(person) for person in (STEADY, OLD, RECALLED)], dtype=pl.UInt64)
    small = narrowed(home, people, tmp_path)
    for part in (people, people[:1], people[1:2]):
        whole, near = excerpt(home, part), excerpt(small, part)
        assert whole.keys() == near.keys() and all(near[table].equals(rows) for table, rows in whole.items())
    assert near["payments"].height == 12 and excerpt(small, people[:1])["intervals"].height == 1


def test_an_excerpt_about_many_people_is_that_about_few(story, monkeypatch):
    """Read another way, and without what is not asked for."""
    home = night.Home(story.home)
    people = pl.Series([int(person) for person in (STEADY, OLD, RECALLED)], dtype=pl.UInt64)
    few = excerpt(home, people)
    monkeypatch.setattr("pipelines.excerpt._FEW", 1)
    many = excerpt(home, people, untold=["surname"])
    assert few["payments"]["surname"].null_count() < many["payments"]["surname"].null_count() == few["payments"].height
    told = {table: rows.drop("surname") if table == "payments" else rows for table, rows in few.items()}
    assert all(many[table].select(rows.columns).equals(rows) for table, rows in told.items())
    assert many["payments"].schema == few["payments"].schema


def test_of_people_whose_status_stood_only_payments_that_decide_a_line_are_looked_at():
    """Of others all; the line asked about, what its return could mean too, and all that a link tells of."""
    changed, stood, old, current, payer = 1, 2, 3, 4, 9
    told = [(stood, "a", 1), (stood, "b", 2), (stood, "a", 3), (changed, "b", 4), (old, "b", 5), (stood, "c", 6)]
    periods = {"a": "2026-09", "b": "2026-10", "c": "2026-11"}
    rows = [("f", line, payer, person, periods[name], "122") for person, name, line in told]
    rows += [("f", 7, old, stood, "2026-10", "122"), ("g", 6, payer, stood, "2026-10", "122")]
    rows += [("f", 8, payer, current, "2026-10", "122")]
    names = ["file_sha256", "line_no", "payer", "person", "period", "knp"]
    types = {name: pl.UInt64 for name in ("payer", "person")}
    payments = pl.DataFrame(rows, schema=names, schema_overrides=types, orient="row")
    returns = payments.filter(line_no=1).with_columns(file_sha256=pl.lit("r"))
    links = pl.DataFrame(
        {"person": [old], "current": [current]}, schema=dict.fromkeys(["person", "current"], pl.UInt64)
    )
    people = pl.Series([changed], dtype=pl.UInt64)
    lines = payments.filter(file_sha256="f", line_no=6).select("file_sha256", "line_no")
    kept = payments_to_look_at(payments, returns, links, people, lines)
    assert kept.rows() == [row for row in payments.rows() if row[:2] not in (("f", 2), ("g", 6))]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_the_same_bytes_twice_whole_or_in_parts_on_the_screen_or_in_a_file(story, form, tmp_path, monkeypatch):
    first = story.told("beginning", "replay", form)
    for name, value in (("FEW", 6), ("PART_LINES", 60), ("_TOLD_ROWS", 5)):
        monkeypatch.setattr(job, name, value)
    monkeypatch.setattr("pipelines.outgoing._WAITING", 100)
    file = tmp_path / "told"
    told = story.diff("beginning", "replay", "--format", form, "--to", str(file))
    assert told.status == 0 and file.read_bytes().decode() == first
    assert file.stat().st_mode & 0o777 == 0o600 and "12 people" in told.out and OLD not in told.out + told.err
    assert [path.name for path in tmp_path.iterdir()] == ["told"]


def test_snapshots_of_different_months_claim_nothing_of_the_others_tables(story):
    """December's tables hold nothing yet: no payment of November went, and what came since is told."""
    document = story.document("beginning", "december")
    assert len(document["notes"]) == 2 and "different months" in document["notes"][0]
    assert "those of 2026-12:" in document["notes"][1]
    assert [row["change"] for row in document["payments"]] == ["went"] * 12
    assert {(row["iin"], row["cause"]) for row in document["payments"]} == {(RECALLED, "withdrawal")}
    assert all(row["change"] == "came" for row in document["breaks"])
    assert "program" not in {row["cause"] for row in document["people"]}
    assert "note: the snapshots are of different months" in story.told("beginning", "december")
    told = story.diff("december", "beginning", "--format", "csv")
    assert "note:" in told.err and "those of 2026-12:" in told.err and "payment,came,withdrawal" in told.out


def test_between_months_known_on_one_day_time_passed(story):
    told = causes(story.document("last_year", "beginning"))
    assert told[STEADY] == ("time_passing", *INSURED) and {cause for cause, *_ in told.values()} == {"time_passing"}


def test_diff_writes_nothing_into_the_home_and_takes_no_lock(story):
    def stand():
        return {path: path.stat().st_mtime_ns for path in story.home.rglob("*")}

    before = stand()
    with night.Home(story.home).locked():
        held = stand()
        assert story.diff("beginning", "late_file").status == 0
        assert stand() == held
    assert held.keys() == before.keys()


def test_what_another_program_published_has_the_cause_program(story, tmp_path):
    copy = shutil.copytree(story.folders["late_file"], tmp_path / "copy")
    frame = pl.read_parquet(copy / "insured_status.parquet")
    other = frame.with_columns(
        status=pl.when(pl.col("iin") == STEADY).then(pl.lit("conditional")).otherwise("status"),
        reason=pl.when(pl.col("iin") == STEADY).then(pl.lit("grace")).otherwise("reason"),
    )
    other.write_parquet(copy / "insured_status.parquet")
    told = json.loads((copy / "manifest.json").read_text())
    told["tables"]["insured_status"]["sha256"] = night.snapshot.file_hash(copy / "insured_status.parquet")
    told["people"]["insured"], told["people"]["conditional"] = told["people"]["insured"] - 1, 1
    (copy / "manifest.json").write_text(json.dumps(told))
    assert causes(story.document("time_passing", copy)) == {
        STEADY: ("program", "insured", "conditional"), LATE: ("late_file", *INSURED)
    }  # fmt: skip


def test_what_cannot_be_compared_is_named(story, tmp_path):
    id_of = story.folders["late_file"].name
    for missing in (
        id_of[:-1] + ("0" if id_of[-1] != "0" else "1"),
        str(tmp_path / "nowhere"),
        "../nobody/was/here",
        "",
    ):
        told = story.diff("beginning", missing)
        assert (told.status, told.out) == (2, "") and "no snapshot" in told.err, missing
    assert story.diff("beginning", "late_file", "--to", str(tmp_path / "no" / "file")).status == 2
    assert story.diff("beginning", "late_file", "--to", str(tmp_path)).status == 2
    assert story.diff("beginning", "late_file", "--format", "xml").status == 2
    copy = shutil.copytree(story.folders["late_file"], tmp_path / "copy")
    manifest = (copy / "manifest.json").read_text()
    wrong = {
        "manifest.json": ["", "{}", "[]", manifest.replace('"month": "2026-11"', '"month": "2026"'), manifest[:-9]],
        "payments.parquet": [f"{LATE} is no Parquet"],
        "breaks.parquet": [None],
    }
    for name, contents in wrong.items():
        good = (copy / name).read_bytes()
        for content in contents:
            (copy / name).unlink()
            if content is not None:
                (copy / name).write_text(content)
            told = story.diff(copy, "beginning")
            assert (told.status, told.out) == (1, "") and name in told.err and LATE not in told.err
        (copy / name).write_bytes(good)
    assert story.diff(copy, "beginning").status == 0


def test_inputs_that_are_not_of_this_home_are_named(story, tmp_path):
    copy = shutil.copytree(story.folders["late_file"], tmp_path / "copy")
    told = json.loads((copy / "manifest.json").read_text())
    told["inputs"][1]["sha256"] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(told))
    ran = story.diff("beginning", copy)
    assert ran.status == 1 and "intake record 2 is another or missing" in ran.err and "--home" in ran.err
    ledger = story.home / "ledger"
    ledger.rename(tmp_path / "ledger")
    try:
        behind = story.diff("beginning", "late_file")
        assert behind.status == 1 and "the ledger holds 0" in behind.err and "mshi rerun 2026-11" in behind.err
    finally:
        (tmp_path / "ledger").rename(ledger)


def test_bytes_recalled_sent_again_and_recalled_again_moved_once():
    """Of the two deliveries only the one that still stood in the older state went; what came and went between did not."""
    columns = {"sequence": pl.Int64, "file_sha256": pl.String, "event": pl.String, "register": pl.String}
    told = [
        (1, "a", "delivery", None),
        (3, "a", "delivery", None),
        (5, "b", "accept", None),
        (7, "c", "delivery", None),
    ]
    deliveries = pl.DataFrame(told, schema=columns, orient="row")
    recalled = [pl.DataFrame({"sequence": gone}, schema={"sequence": pl.Int64}) for gone in ([1], [1, 3, 7])]
    found = moving(deliveries, (recalled[0], recalled[1]), older=3, newer=9)
    assert found.rows() == [(5, "b", "accept"), (3, "a", "withdrawal")]


def test_of_breaks_alike_each_one_more_is_told():
    row = {
        "code": "penalty",
        "iin": None,
        "payer_id": None,
        "period": None,
        "amount_tiyn": 1,
        "file_sha256": "a",
        "line_no": 2,
    }
    other = row | {"line_no": 3}
    with duckdb.connect() as con:
        con.register("older_breaks", pl.DataFrame([row, other]))
        con.register("newer_breaks", pl.DataFrame([row, row, row]))
        con.execute("SET VARIABLE same_month = true")
        con.execute(f"CREATE TEMP TABLE changed_breaks AS {query('changed_breaks')}")
        found = con.sql(query("told_breaks")).pl().select("line_no", "in_newer").rows()
    assert found == [(2, True), (2, True), (3, False)]


@pytest.mark.parametrize("seed", [1])
def test_random_worlds_add_up_and_every_change_is_explained(seed, tmp_path, capsys, monkeypatch):
    """The way from any night to any other begins and ends at what was published, whatever happened between."""
    for name, value in (("FEW", 20), ("PART_LINES", 500), ("GROUPS", 1)):  # so that people are looked at in parts
        monkeypatch.setattr(job, name, value)
    monkeypatch.setattr(parquet, "ROW_GROUP", 16)
    world = scenario(seed, people=60)
    home, folders = tmp_path / "home", []
    for delivery, month in zip(world.deliveries, world.run_months, strict=True):
        for file in delivery.files:
            file.put(home)
        asked = ["run", "--as-of", str(delivery.day), "--month", f"{month:%Y-%m}", "--home", str(home)]
        assert main(asked) in (0, 3)
        folders.append(capsys.readouterr().out.rstrip().rsplit("\n", 1)[-1])
    told = Story(home, {})
    found: Counter = Counter()
    for a, b in [*zip(folders, folders[1:], strict=False), (folders[-1], folders[0])]:
        document = told.document(a, b)
        found.update(row["cause"] for kind in ("people", "payments") for row in document[kind])
        frames = [pl.read_parquet(f"{folder}/insured_status.parquet") for folder in (a, b)]
        status = [dict(frame.select("iin", "status").rows()) for frame in frames]
        assert {row["iin"]: (row["before"], row["after"]) for row in document["people"]} == {
            iin: (status[0].get(iin), status[1].get(iin))
            for iin in status[0].keys() | status[1].keys() if status[0].get(iin) != status[1].get(iin)
        }  # fmt: skip
    assert found["program"] == 0 and len(found) >= 4, found
