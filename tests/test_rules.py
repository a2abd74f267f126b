"""The dated law: what the loader refuses, and both sides of every date of rules.md section 2."""

import shutil
from datetime import date

import pytest

from pipelines import night as jobs
from schemas.rules import FOLDER, RuleError, load_law

LAW = load_law()
# from, minimum wage, 121 rate, 122 rate, 121 cap, 122 cap, sole proprietor, independent (rules.md section 2)
YEARS = {
    2020: ("42500", "2", "1", "10", "10", "2975", "2125"),
    2021: ("42500", "2", "2", "10", "10", "2975", "2125"),
    2022: ("60000", "3", "2", "10", "10", "4200", "3000"),
    2023: ("70000", "3", "2", "10", "10", "4900", "3500"),
    2024: ("85000", "3", "2", "10", "10", "5950", "4250"),
    2025: ("85000", "3", "2", "10", "10", "5950", "4250"),
    2026: ("85000", "3", "2", "40", "20", "5950", "4250"),
}
NAMES = ("minimum_wage", "deduction_rate", "contribution_rate", "deduction_base_cap", "contribution_base_cap")
NAMES += ("sole_proprietor_amount", "independent_amount")


@pytest.mark.parametrize("year", YEARS)
def test_values_hold_from_january_to_december(year):
    for month in (date(year, 1, 1), date(year, 12, 1)):
        assert tuple(LAW.at(name, month).value for name in NAMES) == YEARS[year]


def test_the_last_value_holds_for_later_months():
    assert LAW.tiyn("independent_amount", date(2031, 5, 1)) == 425000


def test_amounts_follow_from_the_minimum_wage():
    for year in YEARS:
        month = date(year, 1, 1)
        wage = LAW.tiyn("minimum_wage", month)
        assert LAW.tiyn("independent_amount", month) * 20 == wage
        assert LAW.tiyn("sole_proprietor_amount", month) * 100 == wage * 7


@pytest.mark.parametrize(
    ("name", "before", "after", "value"),
    [
        ("transitional", "2020-06", "2020-07", ("yes", "no")),
        ("independent_window_months", "2021-06", "2021-07", ("3", "12")),
        ("advance_counted", "2022-08", "2022-09", ("no", "yes")),
    ],
)
def test_both_sides_of_a_date(name, before, after, value):
    months = [date.fromisoformat(f"{month}-01") for month in (before, after)]
    assert tuple(LAW.at(name, month).value for month in months) == value


def test_long_grace_and_the_16th_category_begin_in_2026():
    for name in ("long_grace_months", "long_grace_after_months", "category.social_crisis"):
        with pytest.raises(LookupError):
            LAW.at(name, date(2025, 12, 1))
        assert LAW.at(name, date(2026, 1, 1))
    assert len(LAW.codes("category")) == 16


def test_every_value_has_law_and_source():
    assert all(row.law and row.source for row in LAW.values)


GOOD = 'wage:\n  unit: tenge\n  about: Wage.\n  values:\n    - {valid_from: "2020-01", value: "1", published: "2019-12-04", law: "Art. 1", source: "s"}\n'
SECOND = '    - {valid_from: "2021-01", value: "2", published: null, law: "Art. 1", source: "s"}\n'
CHANGED = SECOND.replace('"2021-01"', '"2020-01"').replace("null", '"2021-03-15"')
COUNTED = GOOD.replace("unit: tenge", "unit: months")
READING = GOOD.replace("wage:", "coverage_requires:").replace("unit: tenge", "unit: rule")
CODE = GOOD.replace("wage:", "category.student:").replace("unit: tenge", "unit: code")
WRONG = {
    "no source": (GOOD.replace(', source: "s"', ""), "exactly"),
    "an empty source": (GOOD.replace('source: "s"', 'source: " "'), "source"),
    "no law": (GOOD.replace('law: "Art. 1"', 'law: ""'), "law"),
    "an unquoted number": (GOOD.replace('value: "1"', "value: 1"), "quoted"),
    "an unquoted decimal": (GOOD.replace('value: "1"', "value: 1.5"), "quoted"),
    "an unquoted day": (GOOD.replace('"2019-12-04"', "2019-12-04"), "published"),
    "no published": (GOOD.replace(' published: "2019-12-04",', ""), "exactly"),
    "a gap at the beginning": (GOOD.replace('"2020-01"', '"2020-02"'), "gap"),
    "a wrong order": (GOOD.replace('"2020-01"', '"2022-01"').replace("values", 'since: "2022-01"\n  values') + SECOND, "rising"),
    "a month twice": (GOOD + SECOND.replace("2021", "2020"), "rising"),
    "a month twice, published before": (GOOD + CHANGED.replace("2021-03-15", "2019-12-03"), "rising"),
    "a key twice": (GOOD + GOOD, "twice"),
    "a key twice inside": (GOOD.replace('value: "1"', 'value: "1", value: "2"'), "twice"),
    "an unknown key": (GOOD.replace("unit:", "units:"), "expected"),
    "values that are no list": (GOOD.partition("values")[0] + "values: true\n", "expected a list of values"),
    "no months": (GOOD.replace('"2020-01"', '"2020"'), "month"),
    "an object": ("!!python/object/apply:os.system ['true']\n", "YAML"),
    "a list": ("- a\n", "rules by name"),
    "an unknown unit": (GOOD.replace("unit: tenge", "unit: dollars"), "unit must be"),
    "an amount in words": (GOOD.replace('value: "1"', 'value: "one"'), "an amount of tenge"),
    "a part of a tiyn": (GOOD.replace('value: "1"', 'value: "1.005"'), "an amount of tenge"),
    "digits of another script": (GOOD.replace('value: "1"', 'value: "١"'), "an amount of tenge"),
    "no months at all": (COUNTED.replace('value: "1"', 'value: "0"'), "above 0"),
    "a longer grace than is computed": (COUNTED.replace("wage:", "grace_months:").replace('value: "1"', 'value: "7"'), "up to 6"),
    "a day that not every month has": (COUNTED.replace("wage:", "wage_due_day:").replace('value: "1"', 'value: "29"'), "up to 28"),
    "a reading that is not computed": (READING.replace('value: "1"', 'value: "both"'), 'expected "any"'),
    "a reading of nothing": (READING.replace("coverage_requires", "coverage"), "alone"),
    "a code that ends": (CODE.replace('"1"', '"in force"') + SECOND.replace('"2"', '"not in force"'), "one value"),
    "a code not in force": (CODE.replace('"1"', '"not in force"'), "in force"),
    "an agent by name": (CODE.replace('"1"', '"in force"').replace("category.student", "agent.kazpost"), "twelve digits"),
}  # fmt: skip


@pytest.mark.parametrize("told", WRONG, ids=list(WRONG))
def test_the_loader_refuses(tmp_path, told):
    text, said = WRONG[told]
    (tmp_path / "a.yaml").write_text(GOOD + SECOND)
    assert len(load_law(tmp_path).values) == 2
    load_law.cache_clear()
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(RuleError, match=said):
        load_law(tmp_path)


def test_a_later_law_gives_a_month_another_value(tmp_path):
    """By the law of each day: the first value, the second from the month on, the changed first from its publication on."""
    (tmp_path / "a.yaml").write_text(GOOD + CHANGED.replace('"2"', '"7"') + SECOND)
    law, january = load_law(tmp_path), date(2020, 1, 1)
    assert (law.number("wage", january), law.number("wage", date(2021, 1, 1))) == (7, 2)
    before, after = law.published_by(date(2021, 3, 14)), law.published_by(date(2021, 3, 15))
    assert (before.number("wage", january), after.number("wage", january)) == (1, 7)
    assert law.published_by(date(2020, 12, 31)).number("wage", date(2021, 1, 1)) == 1
    assert law.published_by(date(2021, 1, 1)).number("wage", date(2021, 1, 1)) == 2
    with pytest.raises(LookupError):
        law.published_by(date(2019, 12, 3)).at("wage", january)


def test_a_rule_in_two_files_is_refused(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(RuleError, match="two files"):
        load_law(tmp_path)


def test_the_hash_follows_every_byte(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "rules")
    before = load_law(tmp_path / "rules").sha256
    load_law.cache_clear()
    path = tmp_path / "rules" / "status.yaml"
    path.write_text(path.read_text().replace('"12"', '"11"', 1))
    assert load_law(tmp_path / "rules").sha256 != before == LAW.sha256


def test_a_wrong_rules_file_is_named_to_whoever_runs(monkeypatch, put, night):
    def wrong(*_):
        raise RuleError("status.yaml: rule grace_months: published must be a quoted day or null")

    monkeypatch.setattr(jobs, "load_law", wrong)
    ran = night()
    assert ran.status == 1
    assert "mshi: schemas/rules/status.yaml: rule grace_months: published must be a quoted day or null; " in ran.err
    assert "fault of mshi" not in ran.err
