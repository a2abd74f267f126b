"""The letter to a payer who sent deductions (121) without contributions (122), or the other way round.

Grain of its table: payer × person × month paid for, as the breaks of the newest snapshot of a month tell.
"""

from datetime import date

import polars as pl

from pipelines import snapshot
from pipelines.audiences import snapshot_of
from pipelines.engine import Cut, engine, fetch
from pipelines.errors import RunFailed
from pipelines.home import Home
from pipelines.letters.render import Letter, Section, heads, sentence
from pipelines.month_inputs import load_links
from schemas.identifiers import as_text

_CODES = ("missing_contribution", "missing_deduction")


def employer_letter(home: Home, payer: str, month: date | None, language: str) -> Letter:
    """The letter about the month; RunFailed where nothing is missing of this payer."""
    name = snapshot_of(home, month)
    folder = snapshot.folder_of(home, name)
    cut = snapshot.cut_of(snapshot.load_manifest(folder))
    of_payer = pl.scan_parquet(folder / "breaks.parquet").filter(
        pl.col("payer_id").is_in(_numbers_of(home, cut, payer))
    )
    not_owed = of_payer.filter(code="not_owed").select("iin", "period")
    missing = of_payer.filter(pl.col("code").is_in(_CODES)).join(not_owed, on=["iin", "period"], how="anti")
    found = missing.sort("period", "iin", "code").collect()
    if found.is_empty():
        raise RunFailed(
            f"no pair of deductions and contributions of this payer is missing in {name}: there is no letter"
        )
    facts = {"payer_id": payer, "month": cut.month, "known_at": cut.known_at, "people": found["iin"].n_unique()}

    def say(key: str, **more: object) -> str:
        return sentence(language, f"employer.{key}", **facts, **more)

    rows = [
        [row["iin"], say("period", period=row["period"]), say(f"{row['code']}.came"), say(f"{row['code']}.missing")]
        for row in found.iter_rows(named=True)
    ]
    table = Section(say("heading"), heads(language, "employer.columns"), rows)
    opening = [say(key) for key in ("to", "about")]
    return Letter(language, say("title"), opening, [table], [say(key) for key in ("ask", "sent", "signature")])


def _numbers_of(home: Home, cut: Cut, payer: str) -> list[str]:
    """The payer's number and every other one that is the same person's: breaks name a payer as the lines do."""
    with engine(home, cut) as con:
        load_links(con)
        links = fetch(con, "FROM links").with_columns(as_text("person"), as_text("current"))
    current = links.filter(person=payer)["current"].to_list() or [payer]
    return [payer, *current, *links.filter(pl.col("current").is_in(current))["person"]]
