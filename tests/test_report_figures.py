"""The figures of the report, each counted a second time from the tables of two nights that hold something of every kind."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from statement_texts import document, statement
from texts import EMPLOYER, OTHER, THIRD, bank_register, bank_row, item, message, register, returns_register

from pipelines.home import Home
from pipelines.report.earlier import Earlier, earlier_of, published
from pipelines.report.figures import figures_of
from pipelines.report.page import report_of
from pipelines.snapshot import load_manifest
from schemas.codes import HARMLESS, REFUSALS

pytestmark = pytest.mark.usefixtures("no_database")

TONIGHT = date(2026, 11, 19)


@pytest.fixture
def told(put, night, mshi, home, tmp_path):
    """The second night's folder and figures."""
    put(
        "bank/a.csv", bank_register(bank_row(), bank_row("p2", amount="x"), bank_row("p3", period="x", amount="100.00"))
    )
    put("bank/d.csv", bank_register(*(bank_row(f"d{n}", period="x", amount="7.00") for n in range(3))))
    put("bank/m.txt", message(item(1), item(2, person=OTHER), total="3870,00"))
    for name, amounts in (("o1", ("20,00", "30,00")), ("o2", ("40,00", "10,00"))):  # the later one by sha256 differs
        items = [item(place, amount=amount) for place, amount in enumerate(amounts, start=1)]
        put(f"bank/{name}.txt", message(*items, reference="O", number="7", total="50,00"))
    put(
        "registers/persons.csv",
        register("iin,surname,name,patronymic,birth_date", f"{OTHER},Үлгі,Адам,,", f"{THIRD},Үлгі,Адам,,"),
    )
    first = night("2026-11-18")
    put("bank/b.csv", bank_register(bank_row(), bank_row("p4", period="x", amount="200.00", channel="QIWI")))
    put(
        "bank/c.csv",
        bank_register(bank_row("p5", knp="123"), bank_row("p6", period="x", amount="5.00", channel="app2")),
    )
    put("bank/e.csv", bank_register(bank_row("e1", person="123"), bank_row("e2", person="123")))
    put("bank/m.txt", message(item(1), item(2, person=OTHER), total="3870,00") + "\n")
    for name, amount in (("small", "10,00"), ("large", "3000,00")):
        put(f"bank/{name}.txt", message(item(1, amount=amount), reference=name, number=name, total="1,00"))
    put("returns/r.csv", returns_register(f"t1,2026-11-12,REF-1,15,{EMPLOYER},{OTHER},121,102026,1935.00,mistake"))
    put("statements/s.txt", statement(document(number="8"), document("65.00", number="9"), closing="3000.00"))
    old = first.table("files").filter(refused_reason="document_differs")["file_sha256"].item()
    assert mshi("accept", old, "--reason", "confirmed", "--as-of", "2026-11-19").status == 0
    ran = night("2026-11-19")
    small = ran.table("files").filter(file_name="small.txt")["file_sha256"].item()
    assert mshi("accept", small, "--reason", "confirmed", "--as-of", "2026-11-19").status == 0
    folder = night("2026-11-19").folder
    snapshot = published(folder, load_manifest(folder))
    figures = figures_of(snapshot, earlier_of(Home(home), snapshot), tmp_path / "work")
    return lambda name: pl.read_parquet(folder / f"{name}.parquet"), figures


def rows(frame: pl.DataFrame) -> list[dict]:
    return frame.to_dicts()


def test_what_stands_outside(told):
    table, figures = told
    standing = table("quarantine").filter(pl.col("released_on").is_null())
    tonight, money = pl.col("received_on") == TONIGHT, pl.col("amount_tiyn")
    expected = standing.group_by("reason").agg(
        rows=pl.len(),
        tiyn=money.sum(),
        senders=pl.col("sender").drop_nulls().n_unique(),
        tonight_rows=tonight.sum(),
        tonight_tiyn=money.filter(tonight).sum(),
        untold_rows=pl.lit(0),
        untold_tiyn=pl.lit(0),
    )
    assert figures.rows["outside"] == rows(expected.sort("reason"))
    (bad_period,) = [row for row in figures.rows["outside"] if row["reason"] == "bad_period"]
    assert bad_period == {
        "reason": "bad_period", "rows": 6, "tiyn": 32_600, "senders": 3, "tonight_rows": 2, "tonight_tiyn": 20_500,
        "untold_rows": 0, "untold_tiyn": 0,
    }  # fmt: skip


def test_files_of_which_something_was_left_outside_tonight(told):
    table, figures = told
    names = dict(table("files").select("file_sha256", "file_name").rows())
    standing = table("quarantine").filter(
        pl.col("released_on").is_null(), pl.col("received_on") == TONIGHT, ~pl.col("reason").is_in(HARMLESS)
    )
    found = standing.group_by("file_sha256", "reason").agg(rows=pl.len(), tiyn=pl.col("amount_tiyn").sum()).rows()
    order = sorted(found, key=lambda row: (row[1] not in REFUSALS, -row[3], -row[2], row[0], row[1]))
    columns = ("file_name", "reason", "whole", "rows", "tiyn")
    assert [tuple(row[name] for name in columns) for row in figures.rows["outside_files"]] == [
        (names[sha], reason, reason in REFUSALS, count, tiyn) for sha, reason, count, tiyn in order
    ]
    assert [row["file_name"] for row in figures.rows["outside_files"]] == [
        "large.txt", "e.csv", "b.csv", "c.csv"
    ]  # fmt: skip


def test_what_came_in_by_day(told):
    table, figures = told
    lines, tiyn = (
        {name: pl.col(f"{name}_{unit}").sum() for name in ("received", "accepted", "duplicate")}
        for unit in ("lines", "tiyn")
    )
    expected = table("daily_totals").group_by("received_on", "sender").agg(
        received_lines=lines["received"], received_tiyn=tiyn["received"],
        accepted_lines=lines["accepted"], accepted_tiyn=tiyn["accepted"],
        outside_lines=lines["received"] - lines["accepted"] - lines["duplicate"],
        outside_tiyn=tiyn["received"] - tiyn["accepted"] - tiyn["duplicate"],
    )  # fmt: skip
    assert figures.rows["days"] == rows(expected.sort("received_on", "sender", nulls_last=True))
    delivered = table("files").filter(event="delivery").group_by("received_on", sender="source").agg(
        received_lines=pl.col("lines").sum(), received_tiyn=pl.col("sum_tiyn").sum()
    )  # fmt: skip
    assert figures.rows["folder_days"] == rows(delivered.sort("received_on", "sender"))
    made, tonight = report_of(figures), table("files").filter(pl.col("received_on") == TONIGHT)
    assert made.tonight()["files"] == tonight.filter(pl.col("source") != "statements").height < tonight.height


def test_what_became_of_the_money_and_of_the_breaks(told):
    table, figures = told
    expected = table("payments").group_by("state", "period", covers=pl.col("payer_kind").is_not_null()).agg(
        lines=pl.len(), paid_tiyn=pl.col("paid_tiyn").sum(), returned_tiyn=pl.col("returned_tiyn").sum()
    )  # fmt: skip
    assert figures.rows["money"] == rows(expected.sort("state", "period", "covers"))
    assert {(row["state"], row["covers"]) for row in figures.rows["money"]} >= {("returned", True), ("settled", False)}
    before = pl.read_parquet(figures.night.snapshot.table("breaks")).group_by("code").len().rows()
    now = table("breaks").group_by("code").len().rows()
    changes = {code: dict(now).get(code, 0) - dict(before).get(code, 0) for code in {**dict(now), **dict(before)}}
    assert {row["code"]: row["change"] for row in report_of(figures).breaks()} == changes
    assert min(changes.values()) < 0 < max(changes.values())


def test_people_and_the_account(told):
    table, figures = told
    basis = table("coverage").select("iin", "basis", "category", "payer_kind")
    by = ["status", "reason", "basis", "category", "payer_kind"]
    people = table("insured_status").join(basis, on="iin", how="left").group_by(by)
    expected = people.agg(people=pl.len(), arrears_tiyn=pl.col("arrears_tiyn").sum())
    assert figures.rows["people"] == rows(expected.sort(by, nulls_last=True))
    assert max(row["people"] for row in figures.rows["people"] if row["arrears_tiyn"]) > 1
    entries = table("statement_entries").group_by("match", "direction")
    expected = entries.agg(entries=pl.len(), tiyn=pl.col("amount_tiyn").sum())
    assert figures.rows["account"] == rows(expected.sort("match", "direction"))
    assert max(row["entries"] for row in figures.rows["account"]) > 1


def test_an_earlier_snapshot_that_its_manifest_does_not_count_is_passed_over(told, tmp_path):
    """Its table was altered, or its manifest: whose status turned cannot be told."""
    _, figures = told
    night = figures.night.snapshot
    off = replace(night, people=night.people | {"insured": night.people["insured"] + 1})
    assert figures_of(figures.snapshot, Earlier(night, None, []), tmp_path).night is not None
    assert figures_of(figures.snapshot, Earlier(off, None, []), tmp_path).night is None
