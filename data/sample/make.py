"""Write the sample inbox again, byte for byte: `python data/sample/make.py [FOLDER]` (else the inbox beside it).

The files are told here, good ones and faulty ones; who exists and who paid in sample_rows.py, what the account
statements say in sample_account.py. What each file is there to show: README.md; what must be answered: expected/.
"""

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

from sample_account import statements
from sample_rows import (
    COUNTED,
    IN_PERSONS_REGISTER,
    MARRIED_NAME,
    OWN_TEXT,
    PARTIES,
    PEOPLE,
    PURPOSE,
    REFUND,
    REGISTERS_TEXT,
    WAGES_TEXT,
    WRONG_DETAILS,
    history,
    table_rows,
)
from sample_writers import (
    RETURNS_REGISTER,
    Item,
    Line,
    Message,
    PackageItem,
    Person,
    bank_register,
    control,
    kazpost_register,
    mt100,
    mt102,
    mt102_package,
    table,
    windows,
)

RESENT = 3  # session in block 1; a run takes its files in order of sha256, and with this one the resent come second


def sample_files() -> dict[str, bytes]:
    """Every file of the inbox by its path."""
    messages = employers_lists() | own_messages() | passed_on() | faulty_messages() | unreadable()
    return messages | bank_registers() | kazpost() | returned() | registers() | statements()


def employers_lists() -> dict[str, bytes]:
    """Lists of people: two encodings, slashes, places of the period; several messages in a file; resent ones."""
    october = message("ULGI-0000000101", "ulgi", "101", "261105", "122", period="102026")
    october = replace(october, items=items("oct_paid 3000,00", "unemployed 2600,00", "returned_sep 2800,00"))
    wages = message("ULGI-0000000102", "ulgi", "102", "261105", "121", slashes="//")
    born_off = Item(PEOPLE["oct_paid"], "4500,00", "102026", born="18850316")
    wages = replace(wages, items=[born_off, *items("student 4100,00 102026")])
    penalty = message("ULGI-0000000103", "ulgi", "103", "261105", "123", items("oct_paid 150,00 082026"))
    early = items("nov_early 3750,00 102026", "nov_early 3750,00 112026")
    early_wages = message("OBRS-0000000007", "service", "7", "261116", "121", early, slashes="//")
    several = "OUTGOING 17\n\n" + mt102(wages, penalty, early_wages)
    periods = message("OBRS-0000000008", "service", "8", "261116", "122", period="102026")
    first = replace(periods, items=items("nov_early 2500,00", "nov_early 2500,00 112026"))
    changed = replace(periods, items=items("nov_early 2600,00", "nov_early 2400,00 112026"), session=RESENT)
    return {
        "bank/mt102_list_kz1048.txt": windows(mt102(october)).encode("kz1048"),
        "bank/mt102_list_resent.txt": mt102(replace(october, session=RESENT)).encode(),
        "bank/mt102_several_messages.txt": several.rstrip("\n").encode(),
        "bank/mt102_two_periods.txt": mt102(first).encode(),
        "bank/mt102_two_periods_changed.txt": mt102(changed).encode(),
    }


def own_messages() -> dict[str, bytes]:
    """A package of payment orders of many payers, and a single payment, delivered twice."""
    orders = [
        order("two_parts", "31", "122", "112026", "4249,50"),
        order("two_parts", "32", "122", "112026", ",50"),
        replace(order("own_121", "33", "121", "102026", "3000,00"), person=PEOPLE["own_121"]),
        order("steady", "34", "010", "112026", "8500,00"),
        replace(order("grace_own", "35", "122", "102026", "4250,00"), beneficiary=PARTIES["service"]),
    ]
    package = mt102_package("KSPI-0000000043", "CASPKZKA", "261112", orders)
    own = message("KSPI-0000000044", "not_due", "44", "261119", "122", period="112026")
    single = mt100(own, "4250,00").encode()
    return {
        "bank/mt102_package.txt": windows(package).encode(),
        "bank/mt100_single.txt": single,
        "bank/mt100_single_copy.txt": single,
    }


def passed_on() -> dict[str, bytes]:
    """What the State Corporation passes on to the Fund: lists of people, and one payment for all of them."""
    fund = {"beneficiary": PARTIES["fund"], "slashes": "//"}
    first = replace(message("GCVP-00037925493", "state", "5001", "261110", "122", period="102026"), **fund)
    first = replace(first, items=items("oct_paid 3000,00", "unemployed 2600,00", "returned_sep 2800,00"))
    second = replace(first, number="5002", period="112026", items=items("relative 4250,00", "permit 4250,00"))
    total = replace(first, number="5003", period="", purpose=COUNTED)
    return {
        "bank/gcvp_lists.txt": mt102(first, second).encode("kz1048"),
        "bank/gcvp_consolidated.txt": mt100(total, "16900,00").encode(),
    }


def faulty_messages() -> dict[str, bytes]:
    """Lines with faults under a right total, a wrong total, half a message, a NUL byte."""
    commission = Person("-", "КОМИССИЯ", "БАНКА", "-")
    organisation = Person(PARTIES["agro"].number, "Мысал Агро", "-", "-")
    faulty = message("AGRO-0000000055", "agro", "55", "261110", "122", period="102026")
    nobody = replace(PEOPLE["refused"], number="-")
    strangers = [Item(commission, "200,00"), Item(organisation, "2300,00"), Item(nobody, "2300,00")]
    faulty = replace(faulty, items=[*items("half_year 2300,00"), *strangers])
    wrong = message("AGRO-0000000056", "agro", "56", "261110", "122", period="102026")
    wrong = replace(wrong, items=items("refused 2300,00", "half_year 2300,00"), declared="5600,00")
    whole = mt102(replace(wrong, reference="AGRO-0000000057", number="57", declared=""))
    return {
        "bank/mt102_faulty_lines.txt": mt102(faulty).encode(),
        "bank/mt102_wrong_total.txt": mt102(wrong).encode(),
        "bank/mt102_half.txt": whole[: whole.index("/NM/", whole.index(":21:2"))].encode(),
        "bank/mt102_nul_byte.txt": whole.replace("/PRT/50", "/PRT/\0").encode(),
    }


def unreadable() -> dict[str, bytes]:
    """An empty file, and a letter that is no payment file; its name holds an IIN."""
    who = PEOPLE["refused"]
    letter = f"Заявление\n\nПрошу вернуть взнос.\n{who.surname} {who.name} {who.patronymic}, ИИН {who.number}\n"
    return {"bank/empty.txt": b" \r\n\r\n", f"bank/zayavlenie_{who.number}.txt": windows(letter).encode("kz1048")}


def bank_registers() -> dict[str, bytes]:
    """Months of own money with control totals, months of wages without, and terminals with every fault of a line."""
    own, wages = history("KSP", OWN_TEXT), history("HLK", WAGES_TEXT)
    faulty = [
        line("K24-0001", "2026-11-10", "lump_sum", "112026", "51000.00"),
        line("K24-0002", "2026-11-10", "refused", "102026", "42б5О.00"),
        line("K24-0003", "2026-11-10", "refused", "132026", "4250.00"),
        replace(line("K24-0004", "2026-11-10", "refused", "102026", "4250.00"), person=mistyped("refused")),
        replace(line("K24-0005", "2026-11-10", "refused", "102026", "4250.00"), person=spaced("refused")),
        line("K24-0006", "2026-11-10", "refused", "102026", "0.00"),
        replace(line("K24-0007", "2026-11-10", "refused", "102026", "4250.00"), knp="010"),
        line("K24-0001", "2026-11-10", "lump_sum", "112026", "51000.00"),
        line("K24-0008", "2026-11-05", "late", "102026", "4250.00"),
        line("K24-0008", "2026-11-05", "late", "102026", "4520.00"),
    ]
    return {
        "bank/register_app.csv": bank_register(own, "KASPI").encode(),
        "bank/register_app.csv.control.json": control(own),
        "bank/register_wages.csv": windows(bank_register(wages, "HALYK")).encode("utf-8-sig"),
        "bank/register_terminals.csv": bank_register(faulty, "KASSA24").encode(),
    }


def kazpost() -> dict[str, bytes]:
    """Kazpost's register in KZ-1048 with one mistyped IIN, and one whose last line counts a row too many."""
    good = [
        replace(line("R-000123", "2026-11-10", "relative", "112026", "4250.00"), payer=PEOPLE["pensioner"].number),
        line("R-000124", "2026-11-11", "permit", "112026", "4250.00"),
        replace(line("R-000125", "2026-11-12", "hired", "102026", "3000.00"), payer=PEOPLE["trader"].number),
        replace(line("R-000126", "2026-11-12", "refused", "102026", "4250.00"), person=mistyped("refused")),
    ]
    miscounted = [line("R-000127", "2026-11-13", "refused", "112026", "4250.00")]
    return {
        "kazpost/reestr_117.txt": windows(kazpost_register("117", "12.11.2026", good)).encode("kz1048"),
        "kazpost/reestr_118.txt": kazpost_register("118", "13.11.2026", miscounted, rows=2).encode(),
    }


def returned() -> dict[str, bytes]:
    """Money that came back: a list of the State Corporation, a register of a bank, a refund on its way."""
    back = message("GCVP-00037931111", "state", "6001", "261112", "122", items("returned_sep 2800,00 092026"))
    refund = message("FSMS-0000000301", "fund", "301", "261113", "122", items("overpaid 750,00 092026"))
    lines = [
        line(reference_of("returned_part", "102026"), "2026-11-12", "returned_part", "102026", "2000.00"),
        line("K24-0001", "2026-11-12", "lump_sum", "112026", "60000.00"),
        line("KSP-999999", "2026-11-13", "grace_own", "102026", "4250.00"),
    ]
    rows = [
        [f"RT-{place}", one.day, one.reference, "", one.payer, one.person.number, one.knp, one.period, one.tenge, "ИИН"]
        for place, one in enumerate(lines, start=1)
    ]
    return {
        "returns/mt102_return.txt": mt102(replace(back, beneficiary=PARTIES["ulgi"], purpose=WRONG_DETAILS)).encode(),
        "returns/mt102_refund.txt": windows(mt102(replace(refund, purpose=REFUND))).encode("kz1048"),
        "returns/returns_register.csv": table(RETURNS_REGISTER, rows).encode(),
        "returns/returns_register.csv.control.json": control(lines),
    }


def registers() -> dict[str, bytes]:
    """The six CSV registers; the persons register lists some people only."""
    files = {}
    for kind, text in REGISTERS_TEXT.items():
        header, *rows = table_rows(text)
        people = 2 if kind == "iin_links" else 1  # the columns that name somebody
        rows = [[PEOPLE[who].number for who in row[:people]] + row[people:] for row in rows]
        files[f"registers/{kind}_2026-11.csv"] = table(header, rows).encode()
    people = [(PEOPLE[key], MARRIED_NAME.get(key, PEOPLE[key].surname)) for key in IN_PERSONS_REGISTER]
    told = [[p.number, surname, p.name, p.patronymic, f"{date.fromisoformat(p.born)}"] for p, surname in people]
    header = ["iin", "surname", "name", "patronymic", "birth_date"]
    files["registers/persons_2026-11.csv"] = windows(table(header, told)).encode("utf-8-sig")
    return files


def message(
    reference: str, payer: str, number: str, day: str, knp: str, people: list[Item] | None = None, **more: str
) -> Message:
    """A message to the State Corporation."""
    return Message(reference, PARTIES[payer], PARTIES["state"], number, day, knp, PURPOSE[knp], people or [], **more)


def items(*told: str) -> list[Item]:
    """Items from words: who, tenge, perhaps the period."""
    return [Item(PEOPLE[who], *rest) for who, *rest in map(str.split, told)]


def order(payer: str, number: str, knp: str, period: str, tenge: str) -> PackageItem:
    """A payment order of a package, for oneself."""
    return PackageItem(PARTIES[payer], PARTIES["state"], number, knp, period, tenge, PURPOSE[knp])


def line(reference: str, day: str, who: str, period: str, tenge: str) -> Line:
    """A register's row, 122 paid for oneself."""
    return Line(reference, day, PEOPLE[who].number, PEOPLE[who], "122", period, tenge)


def reference_of(who: str, period: str) -> str:
    """The payment_id of somebody's month in the app's register."""
    number = PEOPLE[who].number
    return next(o.reference for o in history("KSP", OWN_TEXT) if (o.person.number, o.period) == (number, period))


def mistyped(who: str) -> Person:
    """The person with a wrong check digit."""
    right = PEOPLE[who].number
    return replace(PEOPLE[who], number=f"{right[:-1]}{(int(right[-1]) + 1) % 10}")


def spaced(who: str) -> Person:
    """The person with an IIN written in groups."""
    right = PEOPLE[who].number
    return replace(PEOPLE[who], number=f"{right[:6]} {right[6:]}")


def main() -> None:
    """Write the files into the folder given, or into the inbox beside this script."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "inbox"
    for name, content in sample_files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
