"""Payment lines as facts about people: what a status rests on and nothing else, person by person.

Grain in:  accepted payment lines of some deliveries.
Grain out: `wages`, lines of an employer or tax agent told by the payer's digits alone, counted per (person, period,
value_date, sequence); `others`, every other line, a row each. Both are sorted by the person as written, so that a range
of IINs is read without the rest and months are laid side by side without hashing. Money is tiyn.
Not for what a line is worth on a day: links, settlement, returns and the registers decide that later.
Source: rules.md section 1.
"""

import polars as pl

from schemas.ledger import LEDGER

# how the ledger's tables that lie person by person are sorted
_BY_LINE = ["person", "sequence", "line_no"]
_GRAIN = ["person", "period", "value_date", "sequence"]
BY_PERSON = {"wages": _GRAIN, "others": _BY_LINE, "intervals": _BY_LINE, "persons": _BY_LINE}


def with_facts(tables: dict[str, pl.DataFrame], agents: list[int]) -> dict[str, pl.DataFrame]:
    """The ledger's tables of some deliveries, BINs of agents -> the same with wages and others; registers by person."""
    payments = tables["payments"]
    sorted_rows = {name: tables[name].sort(BY_PERSON[name]) for name in ("intervals", "persons")}
    return {**tables, **sorted_rows, "wages": wages(payments, agents), "others": others(payments, agents)}


def wages(payments: pl.DataFrame, agents: list[int]) -> pl.DataFrame:
    """payments, BINs of agents -> how many lines an organisation paid for a person's period on a day.

    Grain: (person, period, value_date, sequence), sorted by it.
    """
    counted = payments.filter(_of_organisation(agents)).group_by(_GRAIN).agg(lines=pl.len().cast(pl.UInt32))
    return counted.sort(_GRAIN).select(list(LEDGER["wages"]))


def others(payments: pl.DataFrame, agents: list[int]) -> pl.DataFrame:
    """payments, BINs of agents -> lines whose kind the registers or the law decide, penalties too. Grain: a line."""
    return payments.filter(~_of_organisation(agents)).sort(_BY_LINE).select(list(LEDGER["others"]))


def _of_organisation(agents: list[int]) -> pl.Expr:
    """Deductions, or contributions that can only be withheld: the payer is an organisation and collects for nobody."""
    organisation = (pl.col("payer") // 10_000_000 % 10).is_between(4, 6)
    return organisation & pl.col("knp").is_in(["121", "122"]) & ~pl.col("payer").is_in(agents)
