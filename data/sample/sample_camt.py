"""Write an account statement as an ISO 20022 message, camt.053 version 8, with one batch of several transactions."""

from collections.abc import Sequence
from decimal import Decimal
from xml.etree import ElementTree

from sample_statements import CREATED, Entry, Statement, whole
from sample_writers import Party

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def camt053(statement: Statement, batch: int) -> str:
    """The first `batch` entries are one amount on the account, the others stand each for itself."""
    groups = [statement.entries[:batch], *([entry] for entry in statement.entries[batch:])]
    section = whole(statement)
    days = [_xml("FrDtTm", f"{statement.first}T00:00:00+05:00"), _xml("ToDtTm", f"{statement.last}T23:59:59+05:00")]
    owner = _xml("Ownr", *_named(statement.owner))
    account = _xml("Acct", _path("Id/IBAN", statement.owner.account), _xml("Ccy", "KZT"), owner)
    told = [_xml("Id", "MEDS-1"), _created(), _xml("FrToDt", *days), account]
    told += [_balance("OPBD", section.opening, section.first), _balance("CLBD", section.closing, section.last)]
    told += [_entry(statement, group, place) for place, group in enumerate(groups, start=1)]
    head = _xml("GrpHdr", _xml("MsgId", "CAMT-1"), _created())
    root = _xml("Document", _xml("BkToCstmrStmt", head, _xml("Stmt", *told)), xmlns=NAMESPACE)
    ElementTree.indent(root, " ")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _entry(statement: Statement, group: Sequence[Entry], place: int) -> ElementTree.Element:
    """An amount on the account and the transactions that it is made of."""
    total, booked = str(sum(entry.worth for entry in group)), group[0].booked
    told = [_xml("NtryRef", f"MEDS-1-{place}"), _xml("Amt", total, Ccy="KZT"), _sign(statement, group[0])]
    told += [_path("Sts/Cd", "BOOK"), _path("BookgDt/Dt", booked), _path("ValDt/Dt", booked)]
    details = [_transaction(statement, entry) for entry in group]
    if len(group) > 1:
        counted = [_xml("NbOfTxs", str(len(group))), _xml("TtlAmt", total, Ccy="KZT"), _sign(statement, group[0])]
        details.insert(0, _xml("Btch", *counted))
    return _xml("Ntry", *told, _path("BkTxCd/Prtry/Cd", "TRF"), _xml("NtryDtls", *details))


def _transaction(statement: Statement, entry: Entry) -> ElementTree.Element:
    sides = []
    for side, party in (("Dbtr", entry.payer), ("Cdtr", entry.beneficiary)):
        sides += [_xml(side, _xml("Pty", *_named(party))), _path(f"{side}Acct/Id/IBAN", party.account)]
    told = [_path("Refs/EndToEndId", entry.reference or "NOTPROVIDED"), _xml("Amt", entry.tenge, Ccy="KZT")]
    told += [_sign(statement, entry), _xml("RltdPties", *sides), _path("Purp/Prtry", entry.knp)]
    purpose = [_xml("Ustrd", entry.purpose)]
    if entry.number:
        purpose.append(_xml("Strd", _xml("RfrdDocInf", _xml("Nb", entry.number), _xml("RltdDt", entry.day))))
    return _xml("TxDtls", *told, _xml("RmtInf", *purpose))


def _named(party: Party) -> list[ElementTree.Element]:
    """A name and an id: a person's, or an organisation's."""
    return [_xml("Nm", party.name), _path(f"Id/{'PrvtId' if party.sector == '9' else 'OrgId'}/Othr/Id", party.number)]


def _balance(kind: str, tenge: Decimal, day: str) -> ElementTree.Element:
    amount = _xml("Amt", str(tenge), Ccy="KZT")
    return _xml("Bal", _path("Tp/CdOrPrtry/Cd", kind), amount, _xml("CdtDbtInd", "CRDT"), _path("Dt/Dt", day))


def _created() -> ElementTree.Element:
    return _xml("CreDtTm", f"{CREATED}T01:30:00+05:00")


def _sign(statement: Statement, entry: Entry) -> ElementTree.Element:
    return _xml("CdtDbtInd", "CRDT" if statement.credited(entry) else "DBIT")


def _path(names: str, text: str) -> ElementTree.Element:
    """Elements one in the other, the text in the innermost."""
    *outer, inner = names.split("/")
    element = _xml(inner, text)
    for name in reversed(outer):
        element = _xml(name, element)
    return element


def _xml(name: str, *content: ElementTree.Element | str, **attributes: str) -> ElementTree.Element:
    element = ElementTree.Element(name, attributes)
    for one in content:
        if isinstance(one, str):
            element.text = one
        else:
            element.append(one)
    return element
