"""A flipped digit in any amount of a statement, a document or a return always shows, as a break or a refusal.

A copy of a small faultless home stands for every flip, all in one night, each with people, payers and numbers of its
own: what is told of a copy's files answers its flip. Every amount of every file is flipped, in more than one digit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import polars as pl
import pytest
from conftest import Ran
from planted_documents import post_register
from planted_files import statement_file, text_of
from planted_month import Month
from planted_papers import FUND, STATE
from sample_statements import Statement, whole
from sample_writers import RETURNS_REGISTER, bank_register, control, table

from pipelines.cli import main

FIRST, SECOND, AS_OF = "2026-11-10", "2026-11-11", "2026-11-30"
DIALECTS = ("kaspi.txt", "bcc.txt", "halyk.txt", "kazpost.txt", "russian.txt", "camt.xml")
BALANCES, ENTRIES = "НачальныйОстаток|КонечныйОстаток", "Сумма|СуммаПриход|СуммаРасход"
AMOUNTS = {  # where the amounts of a file stand, by its name
    "mt.txt": r"^:32[AB]:(?:\d{6})?KZT([\d,]+)",
    "app.csv": r",([\d.]+),app$",
    "returned.csv": r",([\d.]+),Неверные",
    "post.txt": r";(\d+,\d\d)(?:;05000\d)?$",
    "control.json": r"\"sum\": \"([\d.]+)\"",
    "camt.xml": r"<(?:Amt|TtlAmt|Sum)(?: Ccy=\"KZT\")?>([\d.]+)<",
    # Nobody looks at Kazpost's turnovers: formats.md section 3 says that they cannot be trusted.
    "kazpost.txt": rf"^ *(?:{BALANCES}|{ENTRIES})=([\d.]+)",
} | dict.fromkeys(DIALECTS[:3] + DIALECTS[4:5], rf"(?i)^(?:{BALANCES}|{ENTRIES}|ВсегоПоступило|ВсегоСписано)=([\d.]+)")


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


def copy_of_home(month: Month) -> dict[str, str]:
    """The files of a copy by name; nothing in them is wrong."""
    papers, entries = len(month.papers), len(month.booked)
    _money_that_came(month)
    _money_that_left(month)
    told = {kind: [one.write(Random(1)) for one in month.papers[papers:] if one.kind == kind] for kind in ("message", "bank", "returns", "alone")}
    rows = told["returns"]
    files = {"mt.txt": "".join(told["message"]), "post.txt": text_of(told["alone"][0][1])}
    files |= {"app.csv": bank_register(told["bank"], "app"), "returned.csv": table(RETURNS_REGISTER, rows)}
    files |= {"app.csv.control.json": control(told["bank"]).decode()}
    files["returned.csv.control.json"] = f'{{"rows": {len(rows)}, "sum": "{sum(float(row[8]) for row in rows):.2f}"}}'
    for name in DIALECTS:
        shown = [one.entry for one in month.booked[entries:] if one.where == name]
        statement = Statement(STATE, FIRST, SECOND, "125000.40", shown)
        files[name] = text_of(statement_file(name.partition(".")[0], statement))
    files["camt.xml"] = _summed(files["camt.xml"], statement)
    return files


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
    """Returns to a payer, and messages to the Fund with their lists."""
    firm, who = month.employer(), month.person()
    paid = month.wages(firm, "122", {who: "3000", month.person(): "3100"}, FIRST, booked=False)
    month.book(paid, where="bcc.txt")
    back = month.wages(STATE, "122", {who: "3000"}, SECOND, beneficiary=firm, booked=False)
    month.book(back, where="kazpost.txt")
    for name in ("kaspi.txt", "bcc.txt", "halyk.txt", "russian.txt", "camt.xml"):
        common = {"reference": month.key("GCVP"), "beneficiary": FUND, "booked": False}
        month.wages(STATE, "121", {month.person(): "700", month.person(): "812.75"}, FIRST, **common)
        month.book(month.single(STATE, "1512.75", FIRST, "121", "2026-10", **common), where=name)


def _summed(text: str, statement: Statement) -> str:
    """The message with the summary that camt.053 may have."""
    section = whole(statement)
    sums = (("TtlCdtNtries", section.credits), ("TtlDbtNtries", section.debits))
    told = "".join(f"<{name}><Sum>{tenge}</Sum></{name}>" for name, tenge in sums)
    return text.replace("<Ntry>", f"<TxsSummry>{told}</TxsSummry><Ntry>", 1)


def digits_of_amounts(name: str, text: str) -> list[list[int]]:
    """Where the digits of every amount of a file stand."""
    pattern = next(pattern for end, pattern in AMOUNTS.items() if name.endswith(end))
    return [
        [at for at in range(*found.span(1)) if text[at].isdigit()] for found in re.finditer(pattern, text, re.M)
    ]


def flips_of(files: dict[str, str]) -> Iterator[Flip]:
    """A flip of the first and the last digit of every amount, and of one between."""
    rng = Random(2)
    for name, text in files.items():
        for nth, places in enumerate(digits_of_amounts(name, text)):
            for digit in sorted({0, len(places) - 1, rng.randrange(len(places))}):
                yield Flip(name, nth, digit, rng.randint(1, 9))


FLIPS = list(flips_of(copy_of_home(Month(Random(3)))))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[str]]:
    """What the night tells of every copy, by its place; the last one is untouched."""
    home, month = tmp_path_factory.mktemp("flips") / "home", Month(Random(3))
    copy_of: dict[str, int] = {}
    for place, flip in enumerate([*FLIPS, None]):
        for name, text in copy_of_home(month).items():
            data = (flip.of(text) if flip is not None and flip.name == name else text).encode()
            path = home / "inbox" / ("statements" if name in DIALECTS else "bank") / f"{place}_{name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            copy_of[hashlib.sha256(data).hexdigest()] = place
    import time, contextlib, io
    t=time.time()
    out=io.StringIO()
    with contextlib.redirect_stdout(out):
        st=main(["run", "--as-of", AS_OF, "--home", str(home)])
    print(st, time.time()-t, len(FLIPS), len(copy_of))
    folder=Path(out.getvalue().strip().splitlines()[-1])
    ev={i: [] for i in range(len(FLIPS)+1)}
    b=pl.read_parquet(folder/"breaks.parquet")
    print(b.filter(pl.col('file_sha256').is_null()))
    for r in b.filter(pl.col('file_sha256').is_not_null()).iter_rows(named=True): ev[copy_of[r['file_sha256']]].append(r['code'])
    for r in pl.read_parquet(folder/"quarantine.parquet").iter_rows(named=True): ev[copy_of[r['file_sha256']]].append(r['reason'])
    return ev


def test_x(told):
    from collections import Counter
    print(Counter(f.name for f in FLIPS))
    for i,f in enumerate([*FLIPS,None]):
        if not told[i] or f is None: print(f, told[i])
