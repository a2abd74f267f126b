"""Files in which people pay for themselves: registers of apps and of Kazpost, packages of banks, lists of agents.

Grain: one Paper per file. Some pay through a relative; an agent is a bank that collects for people.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipelines.generate import messages as mt
from pipelines.generate.draw import below, happens
from pipelines.generate.faults import OF_LISTS, OF_PACKAGES, OF_REGISTERS, with_line_faults
from pipelines.generate.lines import payer_account, with_people
from pipelines.generate.message_papers import OF_LINE, message_papers, with_messages
from pipelines.generate.nation import BICS
from pipelines.generate.numbers import iins
from pipelines.generate.own_money import AGENT, APP, PACKAGE, POST, own_lines
from pipelines.generate.papers import Carry, Day, Paper
from pipelines.generate.register_papers import register_papers
from schemas.codes import MEDS_ACCOUNT

_CHANNELS = ("kaspi", "halyk", "bcc", "kassa24", "qiwi")
_AGAIN = 50  # of 10,000 rows of a register come again on the next day
_PURPOSE = "Взносы на обязательное социальное медицинское страхование"


def own_papers(day: Day, carry: Carry) -> Iterator[Paper]:
    """The files of the day in which people pay for themselves."""
    lines = own_lines(day.nation, day.month, day.of_month)
    lines = lines.with_columns(knp=pl.lit(122, dtype=pl.Int64), part=pl.col("period") % 12, own=pl.lit(True))
    lines = with_people(lines, day).with_columns(
        bank=pl.Series(below(day.nation.banks, day.nation.seed, "own bank", lines["person_place"].to_numpy())),
        whole=pl.lit(True),
    )
    for route, form in ((APP, "bank_register"), (POST, "kazpost_register")):
        some = _registered(day, lines.filter(pl.col("route") == route), form)
        yield from register_papers(day, some, form, carry)
    for route in (PACKAGE, AGENT):
        some = lines.filter(pl.col("route") == route).sort("bank", maintain_order=True)
        if some.height:
            yield from _in_messages(day, some, route == PACKAGE, carry)


def _registered(day: Day, lines: pl.DataFrame, form: str) -> pl.DataFrame:
    """The rows of a register with payer, id and channel; a relative may pay, and some rows come again tomorrow."""
    nation, person = day.nation, lines["person_place"].to_numpy()
    relative = nation.others.start + below(len(nation.others), nation.seed, "relative", person)
    by_relative = happens(500, nation.seed, "by relative", person)
    payer = np.where(by_relative, relative, person)
    letter = "P" if form == "bank_register" else "R"
    row_id = pl.concat_str(
        pl.lit(f"{letter}{day.month}-"), pl.col("person_place").cast(pl.String), pl.lit("-"),
        (pl.col("period") - day.month + 24).cast(pl.String),
    )  # fmt: skip
    channel = pl.Series(_CHANNELS).gather(below(len(_CHANNELS), nation.seed, "channel", person))
    spaced = max(2, min(200, len(nation.payers) * nation.months // 40))
    again = pl.Series((person + day.month * 3) % spaced == 0)
    numbered = lines.with_columns(
        payer_place=pl.Series(payer),
        payer_text=pl.Series(iins(payer)).cast(pl.String),
        payer_bank=channel if form == "bank_register" else pl.lit("KPSTKZKA"),
        row_id=row_id,
        comes_again=again,
        whole=~again,
    )
    return with_line_faults(numbered, OF_REGISTERS, nation, day.month)


def _in_messages(day: Day, lines: pl.DataFrame, is_package: bool, carry: Carry) -> Iterator[Paper]:
    nation = day.nation
    agents = pl.Series(sorted(nation.law.codes("agent")))
    number = day.month % 100 * 1_000_000 + pl.col("person_place") % 50_000 * 20 + pl.col("period") % 12
    paid_by = pl.col("iin").cast(pl.String) if is_package else agents.gather(lines["bank"] % len(agents))
    lines = lines.with_columns(
        payer_text=paid_by,
        own_account=payer_account("person_place") if is_package else pl.lit(None, dtype=pl.String),
        own_name=pl.concat_str("surname", pl.lit(" "), "name") if is_package else pl.lit(None, dtype=pl.String),
        own_number=number.cast(pl.String) if is_package else pl.lit(None, dtype=pl.String),
    )
    lines = with_messages(lines, ["bank"], pl.lit(50 if is_package else 100))
    lines = with_line_faults(lines, OF_PACKAGES if is_package else OF_LISTS, nation, day.month)
    if is_package:  # the payer is the person, as written
        lines = lines.with_columns(payer_text="person_text")
    heads = lines.group_by("message", maintain_order=True).agg(
        pl.col("bank", "message_part").first(), declared_tiyn=pl.col("amount_tiyn").sum(), size=pl.len()
    )
    before = (pl.col("size").cum_sum() - pl.col("size")).cast(pl.Int64)
    heads = heads.with_columns(part_file=(before - before.first()).over("bank") // nation.lines_a_file)
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("bank", "part_file"))
    heads = heads.with_columns(file=changed.cum_sum().cast(pl.Int64) - 1)
    told = _with_heads(day, heads, is_package, agents)
    yield from message_papers(day, lines.select(OF_LINE), told, "package" if is_package else "agent", carry)


def _with_heads(day: Day, heads: pl.DataFrame, is_package: bool, agents: pl.Series) -> pl.DataFrame:
    none = pl.lit(None, dtype=pl.String)
    agent = agents.gather(heads["bank"] % len(agents))

    def of_list(value: pl.Expr | pl.Series) -> pl.Expr | pl.Series:
        return none if is_package else value

    reference = pl.concat_str(
        pl.lit(f"{'P' if is_package else 'A'}{day.month:05d}{day.of_month:02d}"),
        pl.col("bank").cast(pl.String).str.zfill(2),
        pl.col("message_part").cast(pl.String).str.zfill(5),
    )
    return heads.with_columns(
        way=pl.col("bank") % mt.WAYS,
        is_package=pl.lit(is_package),
        is_cut=pl.lit(False),
        reference=reference,
        payer_bank=pl.Series(BICS).gather(heads["bank"]),
        payer_account=of_list(payer_account("bank")),
        payer_name=of_list(pl.concat_str(pl.lit("АГЕНТ "), pl.col("bank").cast(pl.String))),
        sender_text=of_list(agent),
        beneficiary_account=pl.lit(MEDS_ACCOUNT),
        beneficiary_name=pl.lit(mt.STATE_NAME),
        beneficiary_text=pl.lit(mt.STATE_BIN),
        document_number=of_list((day.of_month * 100_000 + pl.col("message_part") + 1).cast(pl.String)),
        document_date=pl.lit(day.day),
        value_date=pl.lit(day.day),
        knp_text=of_list(pl.lit("122")),
        period=pl.lit(None, dtype=pl.Int64),
        has_head_period=pl.lit(False),
        purpose=of_list(pl.lit(_PURPOSE)),
        kind=pl.lit("payment"),
        comes_again=pl.lit(False),
        comes_changed=pl.lit(False),
        refused_reason=none,
    )
