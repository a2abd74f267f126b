"""Read account statements in ISO 20022 camt.053, any version: statements, entries, the parts of batches.

Names are compared without their namespace, which carries the version. A document type refuses the file: neither
entities nor DTDs are ever resolved. Source: formats.md section 4.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import polars as pl
from lxml import etree

from pipelines.readers import Document, Reading, Unreadable, documents_frame, one_amount, xml_lines
from schemas.statements import RAW_ENTRY, RAW_SECTION
from transforms.lines import Syntax

LineOf: TypeAlias = Callable[[etree._Element], int]
FORMAT = "camt.053"
SYNTAX = Syntax(decimal=".", day="%Y-%m-%d")
_FIRST_TAG = re.compile(rb"<([A-Za-z_][\w:.-]*)")
_DIRECTIONS = {"CRDT": "credit", "DBIT": "debit"}
_OF_BATCH, _OF_PART = ("Btch/TtlAmt",), ("Amt", "AmtDtls/TxAmt/Amt")
_TWELVE_DIGITS = re.compile(r"\d{12}")
_OTHER_ENCODING = re.compile(rb"<\?xml[^>]*encoding=[\"'](?!utf-?8)", re.IGNORECASE)
_REFERENCES = ("EndToEndId", "InstrId", "TxId", "MsgId", "AcctSvcrRef", "UETR", "PmtInfId")


def recognises(text: str) -> bool:
    """An XML text in which a bank-to-customer statement stands."""
    return text.lstrip().startswith("<") and "BkToCstmrStmt" in text


def read(content: bytes) -> Reading:
    """The statements of a file, numbered from 0, and their entries; Unreadable if it is no sound XML."""
    before = content[: len(content) - len(content.lstrip())].count(b"\n")  # lines that no XML may have before it
    root, line_of = _parsed(content)
    statements = [one for message in root.iter("{*}BkToCstmrStmt") for one in message.iterfind("{*}Stmt")]
    if not statements:
        raise Unreadable("unrecognised", "a statement Stmt", "content")
    entries: list[dict[str, Any]] = []
    for place, one in enumerate(statements):
        for row in _entries(one, line_of):
            entries.append(
                row
                | {
                    "line_no": row["line_no"] + before,
                    "document_no": place,
                    "entry_no": len(entries) + 1,
                    "account": _account(one, "Acct"),
                }
            )
    return Reading(
        FORMAT,
        SYNTAX,
        documents_frame([Document(place, line_of(one) + before) for place, one in enumerate(statements)]),
        entries=pl.DataFrame(entries, schema=RAW_ENTRY),
        sections=pl.DataFrame(
            [_section(one, place, line_of(one) + before) for place, one in enumerate(statements)], schema=RAW_SECTION
        ),
    )


def _parsed(content: bytes) -> tuple[etree._Element, LineOf]:
    """The root, and what gives the line on which a statement, an entry or a part of it begins."""
    as_utf8 = _utf8(content)
    encoding, text = (None, content.strip()) if as_utf8 is None else ("utf-8", as_utf8.strip())
    parser = etree.XMLParser(
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError:
        first = _FIRST_TAG.search(content)
        whole = first is not None and content.rstrip().endswith(b"</" + first.group(1) + b">")
        raise Unreadable("unrecognised" if whole else "truncated", "well-formed XML to its end", "content") from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable("unrecognised", "XML without a document type", "content")
    return root, xml_lines.line_of(root, text, encoding, {"Stmt", "Ntry", "TxDtls"})


def _utf8(content: bytes) -> bytes | None:
    """The content as UTF-8 where it is that, whatever it says, or where it is none and names no other encoding: then it
    is KZ-1048, as in every format (contract section 3). None where it names one.
    """
    try:
        content.decode()
    except UnicodeDecodeError:
        return None if _OTHER_ENCODING.search(content[:200]) else content.decode("kz1048").encode()
    return content.removeprefix(b"\xef\xbb\xbf")


def _section(one: etree._Element, place: int, line_no: int) -> dict[str, Any]:
    balances: dict[str, str | None] = {}
    for balance in one.iterfind("{*}Bal"):
        kind = _text(balance, "Tp/CdOrPrtry/Cd")
        if kind is not None:
            balances[kind] = one_amount(balances.get(kind), _signed(balance))
    first, last = _text(one, "FrToDt/FrDtTm"), _text(one, "FrToDt/ToDtTm")
    opened, closed = _days_of_balances(one)
    return {
        "document_no": place,
        "line_no": line_no,
        "account": _account(one, "Acct"),
        "opened_on_text": _day(first) or opened,
        "closed_on_text": _day(last) or closed,
        "opening_text": balances.get("OPBD") or balances.get("PRCD"),
        "closing_text": balances.get("CLBD"),
        "credits_text": _text(one, "TxsSummry/TtlCdtNtries/Sum"),
        "debits_text": _text(one, "TxsSummry/TtlDbtNtries/Sum"),
        "moved_text": _text(one, "TxsSummry/TtlNtries/Sum"),
        "net_text": _net(one),
    }


def _days_of_balances(one: etree._Element) -> tuple[str | None, str | None]:
    """The first and the last day by the balances; the closing one of the day before (PRCD) is no day of it."""
    days: dict[str | None, list[str]] = {}
    for balance in one.iterfind("{*}Bal"):
        if day := _day(_text(balance, "Dt/Dt") or _text(balance, "Dt/DtTm")):
            days.setdefault(_text(balance, "Tp/CdOrPrtry/Cd"), []).append(day)
    opened, closed = min(days.get("OPBD", []), default=None), max(days.get("CLBD", []), default=None)
    if opened is None and "PRCD" in days:
        opened = _day_after(min(days["PRCD"]))
    told = sorted(day for some in days.values() for day in some)
    return opened or closed or min(told, default=None), closed or opened or max(told, default=None)


def _day_after(text: str) -> str:
    try:
        return str(date.fromisoformat(text) + timedelta(days=1))
    except (ValueError, OverflowError):  # it is told as it is, and refused as no day
        return text


def _entries(statement: etree._Element, line_of: LineOf) -> Iterator[dict[str, Any]]:
    for batch_no, entry in enumerate(statement.iterfind("{*}Ntry")):
        parts = list(entry.iterfind("{*}NtryDtls/{*}TxDtls"))
        of_whole = _OF_BATCH if len(entry.findall("{*}NtryDtls")) == 1 else ()  # of several each tells its own total
        whole = one_amount(_money(entry), *(_tenge(entry, f"NtryDtls/{where}") for where in of_whole))
        if len(parts) < 2:
            part = parts[0] if parts else entry
            amount = one_amount(whole, *(_tenge(part, where) for where in _OF_PART)) if parts else whole
            yield _row(entry, part, amount, line_of(entry))
            continue
        for part in parts:
            amount = one_amount(_money(part), _tenge(part, "AmtDtls/TxAmt/Amt"))
            yield _row(entry, part, amount, line_of(part)) | {"batch_no": batch_no, "batch_text": whole}


def _row(entry: etree._Element, part: etree._Element, amount: str | None, line_no: int) -> dict[str, Any]:
    direction = _DIRECTIONS.get(_text(part, "CdtDbtInd") or _text(entry, "CdtDbtInd") or "")
    side = "Cdtr" if direction == "debit" else "Dbtr"
    refs = [_text(part, f"Refs/{name}") for name in _REFERENCES]
    refs += [_text(entry, "AcctSvcrRef"), _text(entry, "NtryRef")]
    references = [ref for ref in refs if ref and ref != "NOTPROVIDED"]
    end_to_end = _text(part, "Refs/EndToEndId")
    named = _text(part, "RmtInf/Strd/RfrdDocInf/Nb")
    booked = _day(_text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm"))
    value = _day(_text(entry, "ValDt/Dt") or _text(entry, "ValDt/DtTm"))
    return {
        "line_no": line_no,
        "direction": direction,
        "amount_text": amount,
        "booked_on_text": booked or value,
        "document_date_text": _day(_text(part, "RmtInf/Strd/RfrdDocInf/RltdDt")),
        "document_number": named or (end_to_end if end_to_end != "NOTPROVIDED" else None),
        "counterparty_text": _party_id(part, side),
        "counterparty_account": _account(part, f"RltdPties/{side}Acct"),
        "knp_text": _text(part, "Purp/Prtry") or _text(part, "Purp/Cd"),
        "references": references,
        "status_text": _text(entry, "Sts/Cd") or _text(entry, "Sts/Prtry") or _text(entry, "Sts"),
    }


def _party_id(part: etree._Element, side: str) -> str | None:
    """BIN or IIN of the party, which may have other ids too; since version 8 the party stands one level deeper."""
    places = [f"RltdPties/{side}/{where}/{kind}" for where in ("Pty/Id", "Id") for kind in ("OrgId", "PrvtId")]
    ids = [_text(other, "Id") for place in places for other in part.iterfind(_path(f"{place}/Othr"))]
    told = [one for one in ids if one is not None]
    return next((one for one in told if _TWELVE_DIGITS.fullmatch(one)), told[0] if told else None)


def _account(one: etree._Element, where: str) -> str | None:
    written = _text(one, f"{where}/Id/IBAN") or _text(one, f"{where}/Id/Othr/Id")
    return written.replace(" ", "").upper() if written else None


def _signed(balance: etree._Element) -> str | None:
    amount = _money(balance)
    return f"-{amount}" if amount is not None and _text(balance, "CdtDbtInd") == "DBIT" else amount


def _net(one: etree._Element) -> str | None:
    """Credits less debits; before version 4 the amount stands beside its direction, then within."""
    summary = one.find("{*}TxsSummry/{*}TtlNtries")
    if summary is None:
        return None
    net = summary.find("{*}TtlNetNtry")
    amount = _text(summary, "TtlNetNtryAmt") if net is None else _text(net, "Amt")
    is_debit = _text(summary if net is None else net, "CdtDbtInd") == "DBIT"
    return f"-{amount}" if amount is not None and is_debit else amount


def _tenge(one: etree._Element, where: str) -> str | None:
    """An amount that is told again; in another currency it says nothing of the entry."""
    amount = _money(one, where)
    return amount if amount is not None and not amount[:1].isalpha() else None


def _money(one: etree._Element, where: str = "Amt") -> str | None:
    """The amount, with its currency, and so unreadable, if it is not tenge; noughts behind the tiyn say nothing."""
    found = one.find(_path(where))
    if found is None or not (found.text or "").strip():
        return None
    amount = re.sub(r"(\.\d\d)0+$", r"\1", found.text.strip())
    if len(found):  # other elements stand in it, and more of the amount may behind them
        return f"{amount} ..."
    currency = (found.get("Ccy") or "KZT").upper()
    return amount if currency == "KZT" else f"{currency}{amount}"


def _path(where: str) -> str:
    return "/".join(f"{{*}}{name}" for name in where.split("/"))


def _text(one: etree._Element, where: str) -> str | None:
    found = one.find(_path(where))
    return (found.text or "").strip() or None if found is not None else None


def _day(text: str | None) -> str | None:
    """The day of a date or a time; a time with an offset is told in Almaty's."""
    if text is None or "T" not in text:
        return text and re.sub(r"^(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)$", r"\1", text)
    try:
        moment = datetime.fromisoformat(text)
        return str((moment.astimezone(ZoneInfo("Asia/Almaty")) if moment.tzinfo else moment).date())
    except (ValueError, OverflowError):  # the end of time in another zone is no day
        return text
