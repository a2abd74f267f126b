"""Turn a case into the files a bank and the registers' keepers would send, and put them into an inbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from case_files import Case, Line

BANK_HEADER = "payment_id,pay_date,payer_iin,iin,surname,name,patronymic,knp,period,amount,channel"
RETURN_HEADER = "return_id,return_date,document_reference,document_number,payer_id,iin,knp,period,amount,reason"
MESSAGE = """{{1:F01K054700000000001000001}}
{{2:I102SGROSS000000U3003}}
{{4:
:20:{reference}
:50:/D/KZ86125KZT5004100100
/NAME/PAYER
/IDN/{payer}
/IRS/1
/SECO/7
:52B:CASPKZKA
:57B:GCVPKZ2A
:59:KZ92009MEDS368609103
/NAME/GCVP
/IDN/160440007161
/IRS/1
/SECO/1
:70:/NUM/{number}
/DATE/{day}
/SEND/07
/VO/01
/KNP/{knp}
/PSO/01
/PRT/50
/PERIOD/{period}
/ASSIGN/MSHI
:21:1
:32B:KZT{tenge}
:70:
/FM/{surname}
/DT/{born}
/IDN/{person}
:32A:{day}KZT{tenge}
-}}
"""


def days_of(case: Case) -> list[date]:
    """The days on which something comes in, in order."""
    return sorted({part.received for part in (*case.payments, *case.returns, *case.registers)})


def put_in_inbox(case: Case, day: date, home: Path) -> None:
    """Write what comes in on this day. A payment with a document number is a message of its own (MT102)."""
    inbox = home / "inbox"
    named = [(named_line(index, line), line) for index, line in enumerate(case.payments)]
    today = [(name, line) for name, line in named if line.received == day]
    rows = [_bank_row(name, line) for name, line in today if not line.number]
    if rows:
        _write(inbox / "bank" / f"terminal-{day}.csv", BANK_HEADER, rows)
    for name, line in today:
        if line.number:
            _write(inbox / "bank" / f"list-{name}-{line.number}.txt", _message(name, line))
    rows = [_return_row(index, line) for index, line in enumerate(case.returns) if line.received == day]
    if rows:
        _write(inbox / "returns" / f"returns-{day}.csv", RETURN_HEADER, rows)
    for register in case.registers:
        if register.received == day:
            _write(inbox / "registers" / register.file_name, ",".join(register.columns), register.rows)


def named_line(index: int, line: Line) -> str:
    """The payment id of a line: the reference the case gives it, else a number of its own."""
    return line.reference or f"T{index + 1:05d}"


def tenge(tiyn: int, mark: str = ".") -> str:
    """425000 -> 4250.00"""
    return f"{tiyn // 100}{mark}{tiyn % 100:02d}"


def _bank_row(name: str, line: Line) -> list[str]:
    day, period, money = line.on.isoformat(), f"{line.period:%m%Y}", tenge(line.tiyn)
    return [name, day, line.payer, line.person, line.surname, "", "", line.knp, period, money, "terminal"]


def _return_row(index: int, line: Line) -> list[str]:
    original = [line.reference, line.number, line.payer, line.person, line.knp, f"{line.period:%m%Y}"]
    return [f"R{index + 1:05d}", line.on.isoformat(), *original, tenge(line.tiyn), "mistake"]


def _message(name: str, line: Line) -> str:
    return MESSAGE.format(
        reference=name,
        payer=line.payer,
        number=line.number,
        day=f"{line.on:%y%m%d}",
        knp=line.knp,
        period=f"{line.period:%m%Y}",
        tenge=tenge(line.tiyn, ","),
        person=line.person,
        surname=line.surname,
        born=line.born,
    )


def _write(path: Path, text: str, rows: Iterable[Sequence[str]] = ()) -> None:
    """The text, or a header, and the rows under it; no value of a case holds a comma."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([text.rstrip("\n"), *map(",".join, rows)]) + "\n", encoding="utf-8")
