"""Files at fault as a whole, one of each kind every month, and one that comes twice.

Grain: one Paper per file, refused for the reason that it was made for. Source of the reasons: contract.md section 3.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from pipelines.generate.lines import with_people
from pipelines.generate.numbers import iins
from pipelines.generate.papers import Day, Paper, days_of
from pipelines.generate.register_papers import register_paper, with_origin
from pipelines.readers.recognise import NO_KIND

_LETTER = "Просим принять к сведению изменение реквизитов нашей организации.\n"
_COLUMNS = "payment_id,pay_date,payer_iin,iin,surname,name,patronymic,knp,period,amount,channel"


_ANY = "MT102, MT100, a statement (1C, camt.053) or a register with a layout"
_EXPECTED = {"empty_file": "some content", "unrecognised": _ANY, "undecodable": "text without NUL bytes"}
_EXPECTED |= {"missing_columns": "each of these columns once: amount", "too_large": "lines of at most 1,048,576 bytes"}
_EXPECTED |= {"ambiguous": "one format, not bank_register and returns_register"}
_EXPECTED |= {"seen_before": "bytes that were not accepted before"}
_NOT_ALONE = "the file of this control file, which did not come with it"


def odd_papers(day: Day) -> Iterator[Paper]:
    """The odd files of the day: on the first of a month all kinds, on the second one what came before."""
    if day.of_month == 0:
        yield from _unreadable(day)
        yield from _controlled(day)
        yield _small(day)
        yield _loose(day)
    before = list(days_of(day.nation))[day.place - 1] if day.place else None
    if before is not None and before.of_month == 0:
        first = _small(replace(before, with_text=day.with_text))
        yield Paper(
            "bank",
            f"small_again_{day.stamp}.csv",
            first.content,
            format=None,
            refused="seen_before",
            expected=_EXPECTED["seen_before"],
        )


def _unreadable(day: Day) -> Iterator[Paper]:
    """Files that no reader takes; they have no lines."""
    stamp = day.stamp
    yield Paper("bank", f"empty_{stamp}.txt", b"\n \r\n", refused="empty_file", expected=_EXPECTED["empty_file"])
    yield Paper(
        "bank",
        f"letter_{stamp}.txt",
        f"{stamp}\n{_LETTER}".encode(),
        refused="unrecognised",
        expected=_EXPECTED["unrecognised"],
    )
    yield Paper(
        "bank",
        f"nul_{stamp}.txt",
        f"{{1:F01}}{stamp}\0".encode(),
        refused="undecodable",
        expected=_EXPECTED["undecodable"],
    )
    yield Paper("registers", f"notes_{stamp}.csv", f"iin,{stamp}\n".encode(), refused="unrecognised", expected=NO_KIND)
    lacking = _COLUMNS.replace(",amount", "") + f"\n{stamp},,,,,,,,,\n"
    yield Paper(
        "bank",
        f"no_amounts_{stamp}.csv",
        lacking.encode(),
        refused="missing_columns",
        expected=_EXPECTED["missing_columns"],
    )
    two = f"{_COLUMNS},return_id,return_date\n{stamp}{',' * 12}\n"
    yield Paper("bank", f"two_forms_{stamp}.csv", two.encode(), refused="ambiguous", expected=_EXPECTED["ambiguous"])
    alone = json.dumps({"rows": 1, "sum": "1.00", "of": stamp}).encode()
    yield Paper("bank", f"alone_{stamp}.csv.control.json", alone, refused="unrecognised", expected=_NOT_ALONE)
    if day.month == day.nation.last:
        yield Paper(
            "bank",
            f"long_line_{stamp}.txt",
            b"x" * ((1 << 20) + 1),
            refused="too_large",
            expected=_EXPECTED["too_large"],
        )


def _controlled(day: Day) -> Iterator[Paper]:
    """Registers that are not what they or their control files declare."""
    for name, reason, more_rows, more in (("count", "control_count", 1, 0), ("total", "control_total", 0, 1)):
        paper = register_paper(day, _few(day, "bank_register", name, "refused", reason), "bank_register", 0)
        told = json.loads(paper.sidecar or b"{}")
        whole, cents = told["sum"].split(".")
        control = {"rows": told["rows"] + more_rows, "sum": f"{int(whole) + more}.{cents}"}
        sidecar = json.dumps(control).encode()
        yield replace(paper, name=f"off_{name}_{day.stamp}.csv", sidecar=sidecar, refused=reason)
    paper = register_paper(day, _few(day, "kazpost_register", "end", "refused", "truncated"), "kazpost_register", 9_999)
    content = paper.content[: paper.content.rindex(b"ITOGO")] if paper.content else None
    yield replace(
        paper,
        name=f"no_end_{day.stamp}.csv",
        content=content,
        refused="truncated",
        expected="a last line that begins with ITOGO",
    )


def _small(day: Day) -> Paper:
    """A register of two penalties (123), without a control file, that comes again on the next day."""
    paper = register_paper(day, _few(day, "bank_register", "small", "accepted", ""), "bank_register", 0)
    return replace(paper, name=f"small_{day.stamp}.csv", sidecar=None)


def _loose(day: Day) -> Paper:
    """A register whose rows cannot be read as they should."""
    iin = str(iins(np.array([day.nation.payers.start]))[0])
    told = (
        ("three decimals", "bad_amount", "amount_text", "123.456", ""),
        ("no number", "bad_amount", "amount_text", "12O.00", ""),
        ("no amount", "missing_field", "amount_text", "", ""),
        ("a field too few", "missing_field", "row_fault", None, "10 fields"),
    )
    texts, rows = [], []
    period = f"{day.month % 12 + 1:02d}{day.month // 12}"
    for place, (fault, reason, field, amount, row_fault) in enumerate(told):
        row_id = f"L{day.month}-{place}"
        cells = [row_id, str(day.day), iin, iin, "АБЕНОВ", "АЙДОС", "-", "122", period]
        texts.append(",".join([*cells, *([] if amount is None else [amount]), "kaspi"]))
        cut = amount is None  # a row that cannot be cut into its fields has none
        rows.append(
            {
                "line_no": place + 2,
                "fault": fault,
                "reason": reason,
                "field": field,
                "amount_text": amount or None,
                "row_fault": row_fault or None,
                "row_id": None if cut else row_id,
                "document_reference": None if cut else row_id,
                "payer_bank": None if cut else "kaspi",
                "knp_text": None if cut else "122",
            }
        )
    schema = {name: pl.Int64 if name == "line_no" else pl.String for name in rows[0]}
    lines = pl.DataFrame(rows, schema=schema).with_columns(
        verdict=pl.lit("quarantined"),
        kind=pl.lit("payment"),
        document_no=pl.lit(0, dtype=pl.Int32),
        form=pl.lit("bank_register"),
        amount_tiyn=pl.lit(None, dtype=pl.Int64),
    )
    content = "\n".join([_COLUMNS, *texts, ""]).encode()
    return Paper("bank", f"loose_{day.stamp}.csv", content, lines, format="bank_register")


def _few(day: Day, form: str, purpose: str, verdict: str, reason: str) -> pl.DataFrame:
    """Two penalties of people who pay for themselves, as rows of a register."""
    people = np.arange(day.nation.payers.start, day.nation.payers.start + 2)
    rows = pl.DataFrame({"person_place": people, "period": day.month - 1, "knp": 123, "amount_tiyn": 10_000})
    rows = with_people(rows, day).with_columns(
        payer_place="person_place",
        payer_text="person_text",
        payer_bank=pl.lit("kaspi" if form == "bank_register" else "KPSTKZKA"),
        row_id=pl.concat_str(pl.lit(f"{purpose}{day.month}-"), pl.col("person_place").cast(pl.String)),
        own=pl.lit(True),
        covers=pl.lit(False),
        verdict=pl.lit(verdict),
        reason=pl.lit(reason),
        fault=pl.lit(None if verdict == "accepted" else purpose, dtype=pl.String),
    )
    return with_origin(rows, day, form)
