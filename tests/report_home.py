"""A home with nights of three months for tests of the report: a bank that falls silent, faults, hostile names."""

from pathlib import Path

from texts import EMPLOYER, OTHER, PERSON, THIRD, bank_register, bank_row, item, message, register, returns_register

from pipelines.cli import main

EVIL = f"<script>alert(1)<img src=x>\u202e{PERSON}.txt"
PERSONS = register("iin,surname,name,patronymic,birth_date", f"{THIRD},Құпия,Адам,,")


def fill(root: Path) -> None:
    """Four nights: 7 September, 7 October, 19 and 20 November 2026."""

    def night(day, **files):
        for name, content in files.items():
            folder, _, rest = name.partition("__")
            path = root / "inbox" / folder / rest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return main(["run", "--as-of", day, "--home", str(root)])

    def app(month, channel="app"):
        return bank_register(bank_row(f"{channel}-{month}", f"2026-{month}-02", period=f"{month}2026", channel=channel))

    year = [bank_row(f"p{n}", "2026-09-02", period=f"{n:02d}2026") for n in range(1, 9)]
    year += [bank_row(f"q{n}", "2026-09-02", OTHER, OTHER, period=f"{n:02d}2026") for n in range(1, 9)]
    year += [bank_row(f"r{n}", "2026-09-02", OTHER, OTHER, period=f"{n:02d}2025") for n in range(7, 13)]
    night("2026-09-07", bank__a=bank_register(*year), bank__t=app("09"), kazpost__q=app("09", "QIWI"))
    night("2026-10-07", bank__a=app("10"), kazpost__q=app("10", "QIWI"))
    night("2026-11-19", bank__b=message(item(1), item(2, person=OTHER), total="3870,00"), registers__persons=PERSONS)
    evil = bank_register(
        bank_row("e1", channel="<img src=x>"),
        bank_row("e2", amount="12*.00"),
        bank_row("e3", period="132026"),
        bank_row("e4", "2026-11-19"),
    )
    night(
        "2026-11-20",
        **{f"bank__{EVIL}": message(reference="X", total="1,00")},
        bank__e=evil,
        registers__categories=register("iin,category,from,to", f"{THIRD},pension,2020-01-01,"),
        returns__r=returns_register(f"t1,2026-11-12,REF-1,15,{EMPLOYER},{OTHER},121,102026,100.00,mistake"),
    )
