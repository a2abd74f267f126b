"""A flipped digit in any amount of a statement, a document or a return always shows, as a break or a refusal.

A copy of a small faultless home stands for every flip, all in one night, each with people, payers and numbers of its
own: what is told of a copy's files answers its flip. Every amount of every file is flipped, in two of its digits.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

import polars as pl
import pytest
from planted_documents import post_register
from planted_files import statement_file, text_of
from planted_month import Month
from planted_papers import FUND, STATE, Booked
from sample_statements import Statement, whole
from sample_writers import RETURNS_REGISTER, bank_register, control, table

from pipelines.cli import main

pytestmark = pytest.mark.usefixtures("no_database")

FIRST, SECOND, AS_OF = "2026-11-10", "2026-11-11", "2026-11-30"
STATEMENTS = ("kaspi.txt", "bcc.txt", "halyk.txt", "kazpost.txt", "russian.txt", "camt.xml")
_KEYS = "НачальныйОстаток|КонечныйОстаток|Сумма|СуммаПриход|СуммаРасход"
AMOUNTS = {  # where the amounts of a file stand, by the end of its name
    "mt.txt": r"^:32[AB]:(?:\d{6})?KZT([\d,]+)",
    "app.csv": r",([\d.]+),app$",
    "returned.csv": r",([\d.]+),Неверные",
    "register.txt": r";(\d+,\d\d)(?:;05000\d)?$",
    "control.json": r"\"sum\": \"([\d.]+)\"",
    "camt.xml": r"<(?:Amt|Sum|TtlAmt)(?: Ccy=\"KZT\")?>([\d.]+)<",
    "kazpost.txt": rf"(?i)^ *(?:{_KEYS})=([\d.]+)",  # its turnovers cannot be trusted (formats.md section 3)
    ".txt": rf"(?i)^(?:{_KEYS}|ВсегоПоступило|ВсегоСписано)=([\d.]+)",
}


@dataclass(frozen=True)
class Flip:
    """A digit that becomes another one: in which file, in which of its amounts, which digit, by how much."""

    name: str
    amount: int
    digit: int
    by: int

    def of(self, text: str) -> str:
        """The text of the file with the digit flipped."""
        at = digits_of_amounts(self.name, text)[self.amount][self.digit]
        return f"{text[:at]}{(int(text[at]) + self.by) % 10}{text[at + 1 :]}"


def digits_of_amounts(name: str, text: str) -> list[list[int]]:
    """Where the digits of every amount of a file stand."""
    pattern = next(pattern for end, pattern in AMOUNTS.items() if name.endswith(end))
    return [[at for at in range(*found.span(1)) if text[at].isdigit()] for found in re.finditer(pattern, text, re.M)]


def flips_of(files: dict[str, str]) -> Iterator[Flip]:
    """A flip of the last digit of every amount and of another one."""
    rng = Random(2)
    for name, text in files.items():
        for nth, places in enumerate(digits_of_amounts(name, text)):
            for digit in sorted({rng.randrange(len(places)), len(places) - 1}):
                yield Flip(name, nth, digit, rng.randint(1, 9))


def a_copy(month: Month) -> dict[str, str]:
    """The files of a copy by name; nothing in them is wrong."""
    papers, entries = len(month.papers), len(month.booked)
    _money_that_came(month)
    _money_that_left(month)
    told: dict[str, list] = {}
    for paper in month.papers[papers:]:
        told.setdefault(paper.kind, []).append(paper.write(Random(1)))
    back = told["returns"]
    declared = {"rows": len(back), "sum": str(sum(Decimal(row[-2]) for row in back))}
    return {
        "mt.txt": "".join(told["message"]),
        "register.txt": text_of(told["alone"][0][1]),
        "app.csv": bank_register(told["bank"], "app"),
        "app.csv.control.json": control(told["bank"]).decode(),
        "returned.csv": table(RETURNS_REGISTER, back),
        "returned.csv.control.json": json.dumps(declared),
        **{name: _statement(name, month.booked[entries:]) for name in STATEMENTS},
    }


def _money_that_came(month: Month) -> None:
    """Lists, a message for oneself, a package, registers; a statement of each kind tells of some."""
    firm = month.employer()
    for name in ("kaspi.txt", "bcc.txt", "russian.txt"):
        order = month.wages(firm, "121", {month.person(): "5000.25", month.person(): "61000"}, FIRST, booked=False)
        month.book(order, where=name)
    own = month.self_payer(month.person())
    month.book(month.single(own, "4250.00", SECOND, booked=False), where="halyk.txt")
    month.book(post_register(month, [month.person(), month.person()], FIRST, booked=False), where="kazpost.txt")
    for part in month.package([(month.self_payer(month.person()), "122", "4250.00") for _ in range(2)], FIRST):
        month.book(part, where="camt.xml")
    by_reference = month.wages(firm, "121", {month.person(): "7000"}, SECOND, booked=False)
    month.book(by_reference, where="camt.xml", number="")
    for tenge, back in (("5250.00", "1000.00"), ("6000.00", "1750.00")):
        who = month.person()
        row = month.pays(who, tenge, day=FIRST)
        month.gives_back(row, who, who, "122", "2026-11", back, SECOND)


def _money_that_left(month: Month) -> None:
    """A return to a payer, and messages to the Fund with their lists."""
    firm, who = month.employer(), month.person()
    paid = month.wages(firm, "122", {who: "3000", month.person(): "3100"}, FIRST, booked=False)
    month.book(paid, where="bcc.txt")
    back = month.wages(STATE, "122", {who: "3000"}, SECOND, beneficiary=firm, booked=False)
    month.book(back, where="kazpost.txt")
    for name in ("kaspi.txt", "bcc.txt", "halyk.txt", "russian.txt", "camt.xml"):
        common = {"reference": month.key("GCVP"), "beneficiary": FUND, "booked": False}
        month.wages(STATE, "121", {month.person(): "700", month.person(): "812.75"}, FIRST, **common)
        month.book(month.single(STATE, "1512.75", FIRST, "121", "2026-10", **common), where=name)


def _statement(name: str, booked: Iterable[Booked]) -> str:
    """The entries that this statement shows; a camt.053 with the summary that it may have."""
    statement = Statement(STATE, FIRST, SECOND, "125000.40", [one.entry for one in booked if one.where == name])
    text = text_of(statement_file(name.partition(".")[0], statement))
    came, went = whole(statement).credits, whole(statement).debits
    net = f"<TtlNetNtry><Amt>{came - went}</Amt><CdtDbtInd>CRDT</CdtDbtInd></TtlNetNtry>"
    told = f"<TtlNtries><Sum>{came + went}</Sum>{net}</TtlNtries>"
    told += f"<TtlCdtNtries><Sum>{came}</Sum></TtlCdtNtries><TtlDbtNtries><Sum>{went}</Sum></TtlDbtNtries>"
    return text.replace("<Ntry>", f"<TxsSummry>{told}</TxsSummry><Ntry>", 1)


FLIPS = list(flips_of(a_copy(Month(Random(3)))))


def put(home: Path, prefix: str, files: dict[str, str]) -> list[str]:
    """Lay the files into the inbox; gives their sha256."""
    shas = []
    for name, text in files.items():
        path = home / "inbox" / ("statements" if name in STATEMENTS else "bank") / f"{prefix}{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        shas.append(hashlib.sha256(text.encode()).hexdigest())
    return shas


def night(home: Path) -> tuple[int, pl.DataFrame]:
    """The night: its status, and what it tells: the code or reason and the file of breaks and of what did not get in."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        status = main(["run", "--as-of", AS_OF, "--home", str(home)])
    folder = Path(out.getvalue().rstrip().rsplit("\n", 1)[-1])
    breaks = pl.read_parquet(folder / "breaks.parquet").filter(pl.col("severity") != "info")
    outside = pl.read_parquet(folder / "quarantine.parquet").select("file_sha256", code="reason")
    return status, pl.concat([breaks.select("file_sha256", "code"), outside])


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> list[Flip]:
    """The flips of whose copies the night tells nothing."""
    home, month = tmp_path_factory.mktemp("flips") / "home", Month(Random(3))
    flip_of: dict[str, Flip] = {}
    for place, flip in enumerate(FLIPS):
        files = a_copy(month)
        shas = put(home, f"{place}_", files | {flip.name: flip.of(files[flip.name])})
        flip_of |= dict.fromkeys(shas, flip)
    _, told = night(home)
    seen = {flip_of[sha] for sha in told["file_sha256"].drop_nulls()}
    return [flip for flip in FLIPS if flip not in seen]


def test_untouched_nothing_is_told(tmp_path):
    put(tmp_path / "home", "", a_copy(Month(Random(3))))
    status, told = night(tmp_path / "home")
    assert (status, told.rows()) == (0, [])


def test_every_kind_of_file_is_flipped():
    assert {flip.name for flip in FLIPS} == set(a_copy(Month(Random(3))))


@pytest.mark.parametrize("name", sorted({flip.name for flip in FLIPS}))
def test_a_flipped_digit_shows(name, unseen):
    assert [flip for flip in unseen if flip.name == name] == []
