"""What moved on the State Corporation's account, and which export tells it: one account, six exports, each its entries.

The payment documents are those of make.py; which entry fits which, and what fits nothing: expected/.
"""

from dataclasses import replace

from sample_camt import camt053
from sample_rows import COUNTED, PARTIES, PURPOSE, REFUND, WRONG_DETAILS, table_rows
from sample_statements import Entry, Statement, bcc, halyk, kaspi, kazpost, russian
from sample_writers import Party, iban, windows

# file | first day | last day | opening balance
STATEMENTS_TEXT = """
kaspi   | 2026-11-05 | 2026-11-12 | 125000.00
bcc     | 2026-11-10 | 2026-11-16 | 90000.5
halyk   | 2026-11-10 | 2026-11-13 | 200000
kazpost | 2026-11-12 | 2026-11-18 | 50000.00
russian | 2026-11-12 | 2026-11-17 | 310000.00
camt    | 2026-11-12 | 2026-11-16 | 60000.00
"""
# file | booked | from | to | document number and day | KNP | tenge | :20: of the message, where it is told | the amount
# meant, where the written one is faulty. No document came for 60 and 119; the payer's document 7 says 7 500.
ENTRIES_TEXT = """
kaspi   | 2026-11-06 | ulgi      | state | 101  | 2026-11-05 | 122 | 8400     |                 |
kaspi   | 2026-11-06 | ulgi      | state | 102  | 2026-11-05 | 121 | 8600.00  |                 |
kaspi   | 2026-11-06 | ulgi      | state | 103  | 2026-11-05 | 123 | 150.0    |                 |
kaspi   | 2026-11-12 | own_121   | state | 33   | 2026-11-12 | 121 | 3000.00  |                 |
bcc     | 2026-11-10 | agro      | state | 60   | 2026-11-10 | 122 | 3450     |                 |
bcc     | 2026-11-13 | steady    | state | 34   | 2026-11-12 | 010 | 8500.0   |                 |
bcc     | 2026-11-16 | agro      | state | 62   | 2026-11-16 | 121 | 125О.50  |                 | 1250.50
halyk   | 2026-11-10 | state     | fund  | 5003 | 2026-11-10 | 122 | 16900    |                 |
halyk   | 2026-11-13 | fund      | state | 301  | 2026-11-13 | 122 | 750      |                 |
kazpost | 2026-11-12 | post      | state | 117  | 2026-11-12 | 122 | 15750    |                 |
kazpost | 2026-11-18 | post      | state | 119  | 2026-11-18 | 122 | 12750    |                 |
russian | 2026-11-12 | state     | ulgi  | 6001 | 2026-11-12 | 122 | 2800.00  |                 |
russian | 2026-11-17 | service   | state | 7    | 2026-11-16 | 121 | 7450.00  |                 |
camt    | 2026-11-12 | two_parts | state | 31   | 2026-11-12 | 122 | 4249.50  |                 |
camt    | 2026-11-12 | two_parts | state | 32   | 2026-11-12 | 122 | 0.50     |                 |
camt    | 2026-11-16 | service   | state |      | 2026-11-16 | 122 | 5000.00  | OBRS-0000000008 |
"""
JUMP = {"2026-11-13": "1000"}  # this day opens that much above the close of the day before
POST_OFFICE = Party("", "Отделение почты 050001", iban("563", "POSTA00000004"), "KPSTKZKA")  # Kazpost names no payer
HALF_QUOTED = 'ТОО "Үлгі Құрылыс'
REGISTER = "Взносы на обязательное социальное\nмедицинское страхование по реестру\nКол-во строк ={rows}"
PURPOSES = {"5003": COUNTED, "6001": WRONG_DETAILS, "301": REFUND}
PURPOSES |= {"117": REGISTER.format(rows=4), "119": REGISTER.format(rows=3)}


def statements() -> dict[str, bytes]:
    """The exports, each in its dialect and encoding."""
    told = {key: statement(key, *days) for key, *days in table_rows(STATEMENTS_TEXT)}
    return {
        "statements/kaspi.txt": windows(kaspi(told["kaspi"])).encode("kz1048"),
        "statements/bcc.txt": windows(bcc(told["bcc"])).encode("kz1048"),
        "statements/halyk.txt": halyk(told["halyk"], JUMP).encode(),
        "statements/kazpost.txt": windows(kazpost(told["kazpost"])).encode("kz1048"),
        "statements/russian.txt": windows(russian(told["russian"])).encode("kz1048"),
        "statements/camt053.xml": camt053(told["camt"], batch=2).encode(),
    }


def statement(key: str, first: str, last: str, opening: str) -> Statement:
    """The export with its entries."""
    rows = [row for export, *row in table_rows(ENTRIES_TEXT) if export == key]
    return Statement(PARTIES["state"], first, last, opening, [entry(key, *row) for row in rows])


def entry(
    key: str, booked: str, payer: str, to: str, number: str, day: str, knp: str, tenge: str, reference: str, meant: str
) -> Entry:
    """An entry; Kaspi cuts the quotes of a name."""
    who = {**PARTIES, "post": POST_OFFICE}
    parties = [who[payer], who[to]]
    if key == "kaspi":
        parties = [replace(one, name=HALF_QUOTED) if one == PARTIES["ulgi"] else one for one in parties]
    return Entry(booked, *parties, number, day, knp, tenge, PURPOSES.get(number, PURPOSE[knp]), reference, meant)
