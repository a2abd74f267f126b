"""Write a built month as the files of its days, in an order, a cut, with names and in styles that a seed decides.

Papers of one kind share files at random; entries of the account are told by the statements of six dialects at random,
some of which are at fault. What stands where is told by key, for the expected breaks.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from random import Random

from planted_month import Month
from planted_papers import EARLY, LATE, STATE, Booked, Paper
from sample_camt import camt053
from sample_statements import Entry, Statement, bcc, halyk, kaspi, kazpost, russian
from sample_writers import RETURNS_REGISTER, bank_register, control, table, windows
from writers import COLUMNS

FIRST_DAY, LAST_DAY = "2026-11-02", {EARLY: "2026-11-17", LATE: LATE}
DIALECTS = ("kaspi", "bcc", "halyk", "kazpost", "russian", "camt")
FAULTY = ("kaspi, closing off", "bcc, turnovers off", "halyk, days apart", "russian, no closing", "camt, batch off")
FAULTY += ("halyk, days apart and back", "kaspi, unreadable")
JUMPS = {  # by how much a day opens above the close of the day before
    "halyk, days apart": {"2026-11-10": "-250.50"},
    "halyk, days apart and back": {"2026-11-10": "99.00", "2026-11-12": "-99.00"},
}


@dataclass(frozen=True)
class Written:
    """A file for the inbox on its day, and the keys of what stands in it."""

    received: str
    folder: str
    name: str
    data: bytes
    keys: tuple[str, ...] = ()
    control: bytes | None = None

    def put(self, home: Path) -> None:
        """Lay the file and its control file into the inbox."""
        folder = home / "inbox" / self.folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.name).write_bytes(self.data)
        if self.control is not None:
            (folder / f"{self.name}.control.json").write_bytes(self.control)


@dataclass
class Shuffle:
    """One way to write the month."""

    rng: Random
    files: list[Written] = field(default_factory=list)

    def name(self, stem: str, suffix: str) -> str:
        """A name by which files do not sort as they were made."""
        return f"{stem}_{self.rng.getrandbits(24):06x}_{len(self.files):03d}.{suffix}"

    def mixed(self, things: Sequence) -> list:
        """The things in another order."""
        return self.rng.sample(list(things), len(things))

    def cut(self, things: Sequence, most: int) -> list[list]:
        """The things in another order, in pieces of up to so many."""
        waiting, pieces = self.mixed(things), []
        while waiting:
            size = self.rng.randint(1, most)
            pieces.append(waiting[:size])
            waiting = waiting[size:]
        return pieces


def write_month(month: Month, seed: int) -> list[Written]:
    """The files of all days."""
    shuffle = Shuffle(Random(seed))
    days: dict[tuple[str, str], list[Paper]] = {}
    for paper in month.papers:
        day = paper.received or shuffle.rng.choice((EARLY, LATE))
        days.setdefault((paper.kind, day), []).append(paper)
    for (kind, day), papers in sorted(days.items()):
        _WRITERS[kind](shuffle, day, papers)
    _registers(shuffle, month)
    _statements(shuffle, month)
    return shuffle.files


def _messages(shuffle: Shuffle, day: str, papers: Sequence[Paper]) -> None:
    rng = shuffle.rng
    for papers_of_file in shuffle.cut(papers, 9):
        text = f"OUTGOING {len(shuffle.files)}\n" + "".join(paper.write(rng) for paper in papers_of_file)
        text = rng.choice((text, windows(text)))
        data = text.rstrip().encode(rng.choice(("utf-8", "utf-8-sig", "kz1048")))
        folder, name = rng.choice(("bank", "returns", "kazpost")), shuffle.name("mt", "txt")
        shuffle.files.append(Written(day, folder, name, data, tuple(paper.key for paper in papers_of_file)))


def _bank(shuffle: Shuffle, day: str, papers: Sequence[Paper]) -> None:
    for rows in shuffle.cut(papers, 25):
        lines = [row.write(shuffle.rng) for row in rows]
        text = bank_register(lines, "app")
        data = shuffle.rng.choice((text, windows(text))).encode(shuffle.rng.choice(("utf-8", "utf-8-sig")))
        beside = control(lines) if shuffle.rng.random() < 0.5 else None
        keys = tuple(row.key for row in rows)
        shuffle.files.append(Written(day, "bank", shuffle.name("app", "csv"), data, keys, beside))


def _returns(shuffle: Shuffle, day: str, papers: Sequence[Paper]) -> None:
    for rows in shuffle.cut(papers, 5):
        data = table(RETURNS_REGISTER, [row.write(shuffle.rng) for row in rows]).encode()
        keys = tuple(row.key for row in rows)
        shuffle.files.append(Written(day, "returns", shuffle.name("returned", "csv"), data, keys))


def _alone(shuffle: Shuffle, day: str, papers: Sequence[Paper]) -> None:
    for paper in shuffle.mixed(papers):
        suffix, data, beside = paper.write(shuffle.rng)
        shuffle.files.append(Written(day, "kazpost", shuffle.name("register", suffix), data, (paper.key,), beside))


_WRITERS: dict[str, Callable[[Shuffle, str, Sequence[Paper]], None]] = {
    "message": _messages,
    "bank": _bank,
    "returns": _returns,
    "alone": _alone,
}


def _registers(shuffle: Shuffle, month: Month) -> None:
    for kind, rows in month.registers.items():
        data = table(COLUMNS[kind], shuffle.mixed(rows)).encode()
        day = shuffle.rng.choice((EARLY, LATE))
        shuffle.files.append(Written(day, "registers", shuffle.name(kind, "csv"), data))


def _statements(shuffle: Shuffle, month: Month) -> None:
    """Every dialect on both days, the faulty ones on either; each entry in one statement that may show it."""
    days = {f"{dialect} {day}": day for dialect in DIALECTS for day in (EARLY, LATE)}
    days |= {key: shuffle.rng.choice((EARLY, LATE)) for key in (*FAULTY, *month.owners)}
    told: dict[str, list[Booked]] = {key: [] for key in days}
    for one in month.booked:
        fitting = [key for key in days if _may_show(key, one) and one.entry.booked <= LAST_DAY[days[key]]]
        told[shuffle.rng.choice(fitting)].append(one)
    for key in shuffle.mixed(days):
        entries = _batch_first(shuffle.mixed(told[key])) if key.startswith("camt") else shuffle.mixed(told[key])
        opening = f"{shuffle.rng.randint(0, 10**8) / 100:.2f}"
        shown = [_padded(shuffle.rng, one.entry) for one in entries]
        owner = month.owners.get(key, STATE)
        first = FIRST_DAY if owner == STATE else "2026-10-01"  # from when on documents wait for them, these do not say
        statement = Statement(owner, first, LAST_DAY[days[key]], opening, shown)
        name = shuffle.name("account", "xml" if key.startswith("camt") else "txt")
        keys = (key, *(one.key for one in entries))
        shuffle.files.append(Written(days[key], "statements", name, statement_file(key, statement), keys))


def _may_show(key: str, one: Booked) -> bool:
    if one.where == "any":
        return not key.endswith(("unreadable", "own"))
    return {"knp": not key.startswith("russian"), "camt": key.startswith("camt")}.get(one.where, key == one.where)


def _padded(rng: Random, entry: Entry) -> Entry:
    """The entry, its document number as some banks write it."""
    return replace(entry, number=rng.choice((entry.number, f"000{entry.number}"))) if entry.number else entry


def _batch_first(entries: Sequence[Booked]) -> list[Booked]:
    """The entries, those of the day and direction that has most of them in front."""

    def place(one: Booked) -> tuple[str, bool]:
        return one.entry.booked, one.entry.payer == STATE

    groups = [list(group) for _, group in groupby(sorted(entries, key=place), place)]
    batch = max(groups, key=len, default=[])
    return batch + [one for one in entries if one not in batch]


def statement_file(key: str, statement: Statement) -> bytes:
    """The statement in the dialect that its key begins with, with the fault that it names."""
    if key.startswith("camt"):
        moved = [(one.booked, one.payer == STATE) for one in statement.entries]
        text = camt053(statement, moved.count(moved[0]))
        if key == "camt, batch off":
            text = shifted(text, r"<NtryRef>[^<]*</NtryRef>\s*<Amt Ccy=\"KZT\">([0-9.]+)", "5.00")
        return text.encode()
    if key.startswith("halyk"):
        return halyk(statement, JUMPS.get(key, {})).encode()
    dialect = {"kaspi": kaspi, "bcc": bcc, "kazpost": kazpost, "russian": russian}[re.split("[ ,]", key)[0]]
    text = dialect(statement)
    if key == "kaspi, closing off":
        text = shifted(text, "КонечныйОстаток=([0-9.-]+)", "1000.00")
    if key == "bcc, turnovers off":
        text = shifted(text, "ВсегоПоступило=([0-9.-]+)", "-0.01")
    if key == "russian, no closing":
        text = re.sub("КонечныйОстаток=.*\n", "", text)
    return windows(text).encode("kz1048")


def shifted(text: str, amount: str, by: str) -> str:
    """The text with the first amount that the pattern finds so much higher."""
    found = re.search(amount, text)
    assert found is not None, amount
    start, end = found.span(1)
    return f"{text[:start]}{Decimal(found.group(1)) + Decimal(by)}{text[end:]}"


def text_of(data: bytes) -> str:
    """The text of a file: UTF-8 if it is that, else KZ-1048."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("kz1048")
