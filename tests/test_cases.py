"""Every case of tests/cases, put to the product (files in, snapshot out) and to the slow reference.

Both must give exactly what the case expects. The reference knows accepted lines only, so it is asked about
everything but the breaks and the rule values.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import reference
from case_files import EXPECT_KEYS, PEOPLE, Case, Line, all_cases, months_of
from case_home import days_of, named_line, put_in_inbox, tenge

pytestmark = pytest.mark.usefixtures("no_database")

CASES = all_cases()
FACTS: dict[tuple, list[Case]] = {}  # the questions about the same facts
for _case in CASES:
    _facts = (_case.title.split(" / ")[0], _case.payments, _case.returns, _case.registers)
    FACTS.setdefault(_facts, []).append(_case)
SELF = PEOPLE["self"]
NOT_IN_REFERENCE = {"breaks", "rules"}
ROW_KEYS = EXPECT_KEYS - {"people", "breaks", "rules", "refused"}  # told by a row of the person; without one: none
FINE = (0, 3)  # published; 3: a line was quarantined, as some cases want
SOURCES = ("rules", "contract", "formats", "seed")


@pytest.mark.parametrize("facts", FACTS.values(), ids=lambda facts: facts[0].title)
def test_the_product_gives_what_the_case_expects(facts: list[Case], tmp_path: Path, capsys):
    for case, exit_status, snapshot in _answers(facts, tmp_path / "home", capsys):
        if "refused" in case.expect:
            assert exit_status == 2, case.title
        else:
            assert exit_status in FINE, case.title
            assert (case.title, _told_by_product(case, snapshot)) == (case.title, _expected(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_reference_says_the_same(case: Case):
    world = _world(case)
    if "refused" in case.expect:
        with pytest.raises(ValueError):
            reference.verdicts(world, case.month, case.on)
    else:
        assert _told_by_reference(case, world) == _expected(case, NOT_IN_REFERENCE)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_case_names_its_source(case: Case):
    assert any(source in case.why for source in SOURCES), case.why


def _answers(facts: list[Case], home: Path, capsys) -> Iterator[tuple[Case, int, Path]]:
    """Run the product on each day something comes in, then put every question; a night of the last day answers one."""
    received, left = days_of(facts[0]), sorted(facts, key=lambda one: one.on)
    last = received[-1] if received else None
    for day in received:
        put_in_inbox(facts[0], day, home)
        case = next((one for one in left if one.on == day == last and "refused" not in one.expect), None)
        status, snapshot = _night(home, day, case, capsys)
        if case is None:
            assert status in FINE, facts[0].title
        else:
            left.remove(case)
            yield case, status, snapshot
    for case in left:
        if last is None or case.on >= last:
            yield case, *_night(home, case.on, case, capsys)
        else:  # an auditor's re-run of a day gone by
            asked = [f"{case.month:%Y-%m}", "--known-at", str(case.on)]
            yield case, *_mshi(["rerun", *asked, "--home", str(home)], capsys)


def _night(home: Path, day: date, case: Case | None, capsys) -> tuple[int, Path]:
    asked = ["--month", f"{case.month:%Y-%m}"] if case is not None else []
    return _mshi(["run", "--home", str(home), "--as-of", str(day), *asked], capsys)


def _mshi(arguments: list[str], capsys) -> tuple[int, Path]:
    from pipelines.cli import main

    try:
        status = main(arguments)
    except SystemExit as ended:
        status = ended.code
    printed = capsys.readouterr().out.strip().splitlines()
    return int(status or 0), Path(printed[-1] if printed else "nothing printed")


def _expected(case: Case, without: set[str] = frozenset()) -> dict:
    """What the case expects, in the words of the answers: dates, lists, text."""
    found = {key: value for key, value in case.expect.items() if key not in without}
    if isinstance(found.get("missing"), str):
        found["missing"] = [f"{month:%Y-%m}" for month in months_of(found["missing"])]
    if "breaks" in found:
        found["breaks"] = sorted(found["breaks"])
    return found


def _told_by_product(case: Case, snapshot: Path) -> dict:
    status = pl.read_parquet(snapshot / "insured_status.parquet")
    rules = dict(pl.read_parquet(snapshot / "rules.parquet").select("name", "rule_value").rows())
    found = {
        "people": str(status.height),
        "breaks": sorted(pl.read_parquet(snapshot / "breaks.parquet")["code"].to_list()),
        "rules": {name: rules.get(name, "none") for name in case.expect.get("rules", ())},
    }
    for row in status.filter(pl.col("iin") == SELF).to_dicts():
        found |= _verdict(
            row["status"],
            row["reason"],
            row["coverage_months"],
            row["missing_months"],
            row["arrears_tiyn"],
            row["last_paid_month"],
            row["conditional_until"],
        )
    for row in pl.read_parquet(snapshot / "coverage.parquet").filter(pl.col("iin") == SELF).to_dicts():
        assert row["period"] == case.month
        found |= _coverage(row["basis"], row["payer_kind"], row["required_tiyn"], row["covered_on"])
    return _asked(found, case)


def _told_by_reference(case: Case, world: reference.World) -> dict:
    verdicts = reference.verdicts(world, case.month, case.on)
    found = {"people": str(len(verdicts))}
    if told := verdicts.get(SELF):
        found |= _verdict(
            told.status,
            told.reason,
            told.coverage_months,
            told.missing_months,
            told.arrears_tiyn,
            told.last_paid_month,
            told.conditional_until,
        )
    if row := reference.coverage(world, case.month, case.on).get(SELF):
        found |= _coverage(row.basis, row.payer_kind, row.required_tiyn, row.covered_on)
    return _asked(found, case)


def _verdict(status, reason, months, missing, arrears_tiyn, last_paid, conditional_until) -> dict[str, object]:
    return {
        "status": status,
        "reason": reason,
        "months": months,
        "missing": [f"{month:%Y-%m}" for month in missing],
        "arrears": tenge(arrears_tiyn).removesuffix(".00"),
        "last_paid": f"{last_paid:%Y-%m}" if last_paid else "none",
        "conditional_until": str(conditional_until or "none"),
    }


def _coverage(basis, payer_kind, required_tiyn, covered_on) -> dict[str, str]:
    return {
        "basis": basis,
        "payer_kind": payer_kind or "none",
        "required": "none" if required_tiyn is None else tenge(required_tiyn).removesuffix(".00"),
        "covered_on": str(covered_on or "none"),
    }


def _asked(found: dict, case: Case) -> dict:
    """Only what the case asks about; `none` where the tables have no row of the person."""
    unknown = dict.fromkeys(ROW_KEYS, "none")
    return {key: value for key, value in (unknown | found).items() if key in case.expect}


def _world(case: Case) -> reference.World:
    """The accepted lines of the case, as the reference takes them."""
    world = reference.World()
    seen = set()
    for index, line in enumerate(case.payments):
        name = named_line(index, line)
        content = (name, line.number, line.on, line.knp, line.payer, line.person, line.period, line.tiyn)
        if line.knp in ("121", "122", "123", "124") and content not in seen:
            seen.add(content)
            world.payments.append(reference.Payment(**_line(index, line), value_date=line.on, reference=name))
    for index, line in enumerate(case.returns):
        given = _line(index, line) | {"return_date": line.on, "reference": line.reference}
        world.returns.append(reference.Return(**given))
    for register in case.registers:
        rows = tuple(_register_row(register.columns, row) for row in register.rows)
        kind = "iin_links" if register.kind == "links" else register.kind
        world.registers.append(
            reference.Register(register.received, register.received.toordinal(), register.file_name, kind, rows)
        )
    return world


def _line(index: int, line: Line) -> dict[str, object]:
    return {
        "received_on": line.received,
        "sequence": line.received.toordinal(),
        "line": index + 2,
        "period": line.period,
        "knp": line.knp,
        "payer": line.payer,
        "person": line.person,
        "tiyn": line.tiyn,
        "number": line.number,
    }


def _register_row(columns: tuple[str, ...], row: tuple[str, ...]) -> dict[str, object]:
    return {
        column: (date.fromisoformat(value) if value else None) if column in ("from", "to") else value
        for column, value in zip(columns, row, strict=True)
    }
