"""Small hand-made account statements for tests: one in 1CClientBankExchange, one in camt.053, with places to break."""

import json
import re
from pathlib import Path

import polars as pl
from texts import EMPLOYER, MEDS, PAYER_ACCOUNT

STATE = "160440007161"


def document(
    amount: str = "1935.00",
    number: str = "15",
    payer: str = EMPLOYER,
    payer_account: str = PAYER_ACCOUNT,
    beneficiary: str = MEDS,
    beneficiary_id: str = STATE,
    day: str = "10.11.2026",
    booked: str | None = None,
    knp: str = "121",
    money: str | None = None,
    purpose: str = "Отчисления на ОСМС",
) -> str:
    """One entry of a 1C statement, a credit unless `money`, the lines with the amount, says otherwise."""
    return (
        f"СекцияДокумент=выписка\nНомерДокумента={number}\nДатаДокумента={day}\nДатаОперации={booked or day}\n"
        f"ПлательщикНаименование=ТОО Үлгі\nПлательщикБИН_ИИН={payer}\nПлательщикИИК={payer_account}\n"
        f"ПолучательНаименование=НАО\nПолучательБИН_ИИН={beneficiary_id}\nПолучательИИК={beneficiary}\n"
        f"{money or f'СуммаПриход={amount}'}\nКодНазначенияПлатежа={knp}\nНазначениеПлатежа={purpose}\nКонецДокумента\n"
    )


def section(
    opening: str = "1000.00",
    closing: str = "2935.00",
    account: str = MEDS,
    first: str = "10.11.2026",
    last: str = "12.11.2026",
    more: str = "",
) -> str:
    """The balances of some days of an account; `more` are further lines, such as turnovers."""
    return (
        f"СекцияРасчСчет\nДатаНачала={first}\nДатаКонца={last}\nРасчСчет={account}\nНачальныйОстаток={opening}\n"
        f"{more}КонечныйОстаток={closing}\nКонецРасчСчет\n"
    )


def statement(*documents: str, sections: str | None = None, end: str = "КонецФайла\n", **balances: str) -> str:
    """A 1C statement of one section, unless `sections` are given; without documents one that fits texts.message()."""
    head = "1CClientBankExchange\nВерсияФормата=1.01\nКодировка=Windows\nПолучатель=1C Предприятие\n"
    return head + (section(**balances) if sections is None else sections) + "".join(documents or (document(),)) + end


def debit(amount: str = "100.00", number: str = "9", **more: str) -> str:
    """One entry of a 1C statement by which money left the account."""
    sides = {"payer": STATE, "payer_account": MEDS, "beneficiary": PAYER_ACCOUNT, "beneficiary_id": EMPLOYER}
    return document(number=number, **{"money": f"СуммаРасход={amount}", **sides, **more})


def with_blanks(text: str) -> str:
    """The statement as Kazpost writes it: a blank before every line but the first."""
    return text.replace("\n", "\n ").rstrip(" ")


def in_capitals(text: str) -> str:
    """The statement with its keys in capitals, as Halyk writes them."""
    return re.sub(r"(?m)^([^=\n]+)", lambda key: key[1].upper(), text)


def camt_entry(
    amount: str = "1935.00",
    sign: str = "CRDT",
    number: str = "15",
    reference: str = "NOTPROVIDED",
    payer: str = EMPLOYER,
    payer_account: str = PAYER_ACCOUNT,
    booked: str = "2026-11-10",
    day: str = "2026-11-10",
    knp: str = "121",
    version: str = "001.08",
    currency: str = "KZT",
) -> str:
    """One credit (or, with sign DBIT, debit) of a camt.053 statement; the other side is `payer`."""
    side = "Dbtr" if sign == "CRDT" else "Cdtr"
    identity = f"<Nm>ТОО Үлгі</Nm><Id><OrgId><Othr><Id>{payer}</Id></Othr></OrgId></Id>"
    party = identity if version == "001.02" else f"<Pty>{identity}</Pty>"
    named = f"<Strd><RfrdDocInf><Nb>{number}</Nb><RltdDt>{day}</RltdDt></RfrdDocInf></Strd>" if number else ""
    return (
        f'<Ntry>\n<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><BookgDt><Dt>{booked}</Dt></BookgDt>\n'
        f"<NtryDtls><TxDtls>\n<Refs><EndToEndId>{reference}</EndToEndId></Refs>\n"
        f"<RltdPties><{side}>{party}</{side}><{side}Acct><Id><IBAN>{payer_account}</IBAN></Id></{side}Acct></RltdPties>\n"
        f"<Purp><Prtry>{knp}</Prtry></Purp><RmtInf><Ustrd>Отчисления</Ustrd>{named}</RmtInf>\n</TxDtls></NtryDtls>\n</Ntry>\n"
    )


def camt_balance(kind: str, amount: str, day: str = "2026-11-10", sign: str = "CRDT") -> str:
    """The balance before (OPBD) or after (CLBD) the entries."""
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="KZT">{amount}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def camt_statement(*entries: str, opening: str = "1000.00", closing: str = "2935.00", account: str = MEDS) -> str:
    """One statement with its balances; without entries one that fits texts.message()."""
    balances = camt_balance("OPBD", opening) + camt_balance("CLBD", closing, "2026-11-12")
    body = "".join(entries or (camt_entry(),))
    return f"<Stmt>\n<Id>1</Id><Acct><Id><IBAN>{account}</IBAN></Id></Acct>\n{balances}{body}</Stmt>\n"


def camt(*statements: str, version: str = "001.08", head: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> str:
    """A camt.053 file; `head` is what stands before the root."""
    body = "".join(statements or (camt_statement(),))
    return (
        f'{head}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.{version}">\n'
        f"<BkToCstmrStmt>\n<GrpHdr><MsgId>M-1</MsgId></GrpHdr>\n{body}</BkToCstmrStmt>\n</Document>\n"
    )


def by_file(ran, table: str, *columns: str) -> dict[str, list[tuple]]:
    """Rows of a table of the snapshot by the name of their file, each file's in the table's order."""
    files = ran.table("files").select("file_sha256", "file_name").unique("file_sha256")
    rows = ran.table(table).filter(pl.col("file_sha256").is_not_null())
    found: dict[str, list[tuple]] = {}
    for name, *row in rows.join(files, on="file_sha256", maintain_order="left").select("file_name", *columns).rows():
        found.setdefault(name, []).append(tuple(row))
    return found


def sha_of(ran, name: str) -> str:
    """The sha256 of a file of the month by its name."""
    return ran.table("files").filter(pl.col("file_name") == name)["file_sha256"][0]


def breaks_of(ran, *codes: str) -> list[tuple]:
    """Code, amount and line of the breaks of these codes."""
    return ran.table("breaks").filter(pl.col("code").is_in(codes)).select("code", "amount_tiyn", "line_no").rows()


def records(home: Path) -> list[dict]:
    """The intake records of a home, as they are written."""
    return [json.loads(line) for line in (home / "archive/intake.jsonl").read_text().splitlines()]
