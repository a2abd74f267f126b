"""`mshi letter`: an employer and a person are told the same in three languages, nobody else is, and the run record knows."""

import io
import json
import re
import stat
from pathlib import Path

import polars as pl
import pytest
import yaml
from test_exports import stored

from pipelines.letters.render import Letter, Section, shown

TEXTS = Path(__file__).parent.parent / "pipelines" / "letters" / "texts"


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{\{.*?\}\}|\{%.*?%\}", text))


def test_letters_say_the_same_in_all_languages():
    told = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in TEXTS.glob("*.yaml")}
    assert set(told) == {"en", "ru", "kk"}

    def flat(found, at=""):
        if isinstance(found, dict):
            return [row for key, value in found.items() for row in flat(value, f"{at}.{key}")]
        return [(at, len(found) if isinstance(found, list) else placeholders(found))]

    assert flat(told["ru"]) == flat(told["en"]) and flat(told["kk"]) == flat(told["en"])


@pytest.mark.parametrize("lang", ["en", "ru", "kk"])
def test_an_employer_is_told_the_missing_pairs(ask, published, lang):
    breaks = stored(published, "breaks").filter(pl.col("code").str.starts_with("missing_"))
    payer = breaks["payer_id"][0]
    told = ask("letter", "employer", payer, "--lang", lang)
    mine = breaks.filter(payer_id=payer)
    assert told.status == 0 and payer in told.out and told.err == ""
    assert set(re.findall(r"\b\d{12}\b", told.out)) == {payer, *mine["iin"]}
    assert told.out.count(mine["iin"][0]) == mine.filter(iin=mine["iin"][0]).height
    line = (published / "runs.jsonl").read_text().splitlines()[-1]
    assert json.loads(line)["command"] == "letter" and payer not in line and mine["iin"][0] not in line


@pytest.mark.parametrize("lang", ["en", "ru", "kk"])
def test_a_person_is_told_payments_and_status(ask, published, monkeypatch, tmp_path, lang):
    row = stored(published, "insured_status").filter(status="conditional").row(0, named=True)
    monkeypatch.setattr("sys.stdin", io.StringIO(row["iin"] + "\n"))
    target = tmp_path / "letter.html"
    told = ask("letter", "person", "-", "--lang", lang, "--format", "html", "--to", str(target))
    page = target.read_text(encoding="utf-8")
    assert told.status == 0 and stat.S_IMODE(target.stat().st_mode) == 0o600 and row["iin"] not in told.out + told.err
    assert f'<html lang="{lang}">' in page and set(re.findall(r"\b\d{12}\b", page)) == {row["iin"]}
    day = row["conditional_until"]
    assert (f"{day}" if lang == "en" else f"{day:%d.%m.%Y}") in page
    assert f"{row['arrears_tiyn'] // 100:,}".replace(",", " ") + ",00" in page
    line = (published / "runs.jsonl").read_text().splitlines()[-1]
    assert json.loads(line)["result"] == {"to_file": True} and row["iin"] not in line


def test_letters_to_nobody(ask, published):
    known = stored(published, "insured_status")["iin"][0]
    for given, status in (
        (("employer", known), 1),
        (("employer", "123"), 2),
        (("person", "123456789012"), 2),
        (("person", known, "--month", "2019-01"), 2),
        (("person", known, "--lang", "fr"), 2),
        (("somebody", known), 2),
        (("employer", known, "--known-at", "2026-11-19"), 2),
    ):
        told = ask("letter", *given)
        assert told.status == status and told.out == "" and known not in told.err, given


def test_a_page_is_escaped_and_a_text_is_not():
    cell = "<script>alert(1)</script> & {{ 7 * 7 }}"
    letter = Letter("en", cell, [cell], [Section(cell, ["a"], [[cell]])], [cell])
    page = shown(letter, "html")
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page and "{{ 7 * 7 }}" in page
    assert cell in shown(letter, "text")
