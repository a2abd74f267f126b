"""Tie every entry of an account statement to the one payment order that it shows, and no order to two entries.

Grain in:  entries and orders. Grain out: one row per entry, with the order it was matched to and by which rule.
Credits are held against orders to the statement's account, debits against orders from it. A rule looks at what the
rules before it have left; among equals the order of contents decides, so neither the order of files nor how they
are cut changes who is matched. Money is tiyn. Source: contract.md section 4; the rules: schemas/statements.py.
"""

from collections.abc import Iterator
from datetime import date

import polars as pl

from schemas.codes import FUND_ACCOUNT, FUND_BIN, MEDS_ACCOUNT
from schemas.lines import SUPPORTED_KNP

_OF_ORDER = {"order_sequence": "sequence", "order_document": "document_no", "order_line": "line_no"}
_PLACE = ["account", "direction"]
_NUMBER = [*_PLACE, "number", "dated"]
_RULES: dict[str, list[str]] = {
    "number": [*_NUMBER, "payer", "amount_tiyn"],
    "register": [*_NUMBER, "amount_tiyn"],
    "reference": [*_PLACE, "reference", "amount_tiyn"],
    "number_but_amount": [*_NUMBER, "payer"],
    "register_but_amount": _NUMBER,
    "reference_but_amount": [*_PLACE, "reference"],
}
_NO_NUMBER = ["бн", "б/н", "б\\н"]


def with_matches(entries: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """entries, orders -> entries with match and, where an order fits, match_rule and order_*. Grain: an entry."""
    found = match_entries(entries, orders)
    joined = entries.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("entry")).join(
        found, on="entry", how="left", maintain_order="left"
    )
    by_match = pl.when(pl.col("match_rule").is_null()).then(pl.lit("unmatched")).otherwise(pl.lit("matched"))
    return joined.with_columns(match=pl.coalesce(_match_kind(), by_match)).drop("entry")


def orders_left_alone(orders: pl.DataFrame, matched: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """orders -> orders with withdrawn_on where no entry agrees with them and a recalled one (`gone`) did.

    Grain: an order. Of the State Corporation's account only: no document waits for what other accounts show.
    """
    key, of_account = list(_OF_ORDER.values()), pl.col("account") == MEDS_ACCOUNT
    matched, gone = matched.filter(of_account), gone.filter(of_account)
    shown = matched.filter(_agrees()).select(list(_OF_ORDER)).rename(_OF_ORDER).drop_nulls()
    alone = orders.join(shown, on=key, how="anti", maintain_order="left")
    since = [alone.clear().select(*key, withdrawn_on=pl.lit(None, dtype=pl.Date))]
    for day, recalled in _last_first(gone):
        found = match_entries(recalled, alone).select(list(_OF_ORDER)).rename(_OF_ORDER).unique()
        since.append(found.with_columns(withdrawn_on=pl.lit(day)))
        alone = alone.join(found, on=key, how="anti", maintain_order="left")
    return orders.join(pl.concat(since), on=key, how="left", maintain_order="left")


def entries_left_alone(matched: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    """matched entries -> with withdrawn_on where no order agrees with them and a recalled one did. Grain: an entry."""
    alone, key = matched.filter(~_agrees()), ["sequence", "entry_no"]
    since = [alone.clear().select(*key, withdrawn_on=pl.lit(None, dtype=pl.Date))]
    for day, recalled in _last_first(gone):
        found = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(match_entries(alone, recalled)["entry"].implode())
        since.append(alone.filter(found).select(*key, withdrawn_on=pl.lit(day)))
        alone = alone.filter(~found)
    return matched.join(pl.concat(since), on=key, how="left", maintain_order="left")


def _last_first(gone: pl.DataFrame) -> Iterator[tuple[date, pl.DataFrame]]:
    """What was recalled, day by day, the last first: of several counterparts the one lost last is missed."""
    for day in gone["withdrawn_on"].unique().sort(descending=True):
        yield day, gone.filter(pl.col("withdrawn_on") == day)


def match_entries(entries: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """entries, orders -> entry (place), match_rule, order_sequence, order_document, order_line, order_tiyn.

    Grain: one row per matched entry; `entry` is its row in `entries`.
    """
    waiting, places = _entry_keys(entries), _order_keys(orders, entries)
    pairs = []
    for rule, keys in _RULES.items() if waiting.height and places.height else ():
        while True:
            found = _one_to_one(*_candidates(rule, waiting, places), keys)
            if found.is_empty():
                break
            pairs.append(found.with_columns(match_rule=pl.lit(rule)))
            waiting = waiting.join(found, on="entry", how="anti", maintain_order="left")
            places = places.join(found, on="place", how="anti", maintain_order="left")
    taken = pl.concat(pairs) if pairs else pl.DataFrame(schema=_PAIR)
    told = orders.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("order"),
        **_OF_ORDER,
        order_tiyn="amount_tiyn",
        order_payer="payer",
        order_sha256="file_sha256",
        order_received_on="received_on",
    )
    return taken.join(told, on="order", how="left").drop("order", "place").sort("entry")


_PAIR = {"entry": pl.UInt32, "place": pl.UInt32, "order": pl.UInt32, "match_rule": pl.String}


def _agrees() -> pl.Expr:
    """Whether an entry has its order, of the same amount."""
    return (pl.col("amount_tiyn") == pl.col("order_tiyn")).fill_null(False)


def _match_kind() -> pl.Expr:
    """What an entry is beside matched and unmatched: refund, penalty or other; null where the match decides."""
    ours = [MEDS_ACCOUNT, FUND_ACCOUNT]
    counterparty = pl.col("counterparty_account").fill_null("")
    is_fund = (counterparty == FUND_ACCOUNT) | ((counterparty == "") & (pl.col("counterparty") == FUND_BIN))
    from_fund = (pl.col("direction") == "credit") & (pl.col("account") == MEDS_ACCOUNT) & is_fund
    foreign = ~pl.col("account").is_in(ours) & ~counterparty.is_in(ours)
    return (
        pl.when(from_fund)
        .then(pl.lit("refund"))
        .when(pl.col("knp").is_in(["123", "124"]))
        .then(pl.lit("penalty"))
        .when(foreign | ~pl.col("knp").is_in(SUPPORTED_KNP))
        .then(pl.lit("other"))
    )


def _entry_keys(entries: pl.DataFrame) -> pl.DataFrame:
    """entries -> what the rules compare. Grain: an entry."""
    return entries.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("entry"),
        "account",
        "direction",
        "amount_tiyn",
        "references",
        "counterparty_account",
        "knp",
        came="received_on",
        on="booked_on",
        number=_plain("document_number"),
        named="document_number",
        dated=pl.coalesce("document_date", "booked_on"),
        payer=pl.when(pl.col("direction") == "credit").then("counterparty").fill_null(0),
    )


def _order_keys(orders: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """orders -> where each can show: as a credit of its beneficiary, as a debit of its payer. Grain: order × side.

    Lists that the State Corporation passes on are details of their consolidated message and move no money.
    """
    numbered = orders.with_row_index("order").filter((pl.col("kind") != "forwarding") | (pl.col("form") == "single"))
    sides = []
    for direction, account in (("credit", "beneficiary_account"), ("debit", "payer_account")):
        wanted = entries.filter(pl.col("direction") == direction)["account"].unique().drop_nulls()
        is_payer = (pl.col("kind") != "return") & (direction == "credit")  # a return is told with its payment's payer
        side = numbered.filter(pl.col(account).is_in(wanted.implode())).select(
            "order",
            "amount_tiyn",
            "reference",
            "kind",
            "form",
            "knp",
            counterparty_account="payer_account" if direction == "credit" else "beneficiary_account",
            account=account,
            direction=pl.lit(direction),
            came="received_on",
            on="value_date",
            number=_plain("number"),
            dated=pl.coalesce("document_date", "value_date"),
            payer=pl.when(is_payer).then("payer").fill_null(0),
            is_register=pl.col("form").str.ends_with("_register"),
        )
        sides.append(side)
    return pl.concat(sides).with_row_index("place")


def _plain(column: str) -> pl.Expr:
    """A document number without padding; empty where there is none."""
    text = pl.col(column).fill_null("").str.strip_chars().str.to_lowercase()
    return pl.when(text.is_in(_NO_NUMBER)).then(pl.lit("")).otherwise(text.str.strip_chars_start("0"))


def _candidates(rule: str, entries: pl.DataFrame, places: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Who takes part in a rule."""
    subject = rule.removesuffix("_but_amount")
    if subject == "reference":
        references = pl.concat_list(pl.concat_list("named"), pl.col("references").fill_null([]))
        named = entries.with_columns(reference=references).explode("reference").unique(["entry", "reference"])
        return named.filter(pl.col("reference").is_not_null()), places.filter(pl.col("reference").is_not_null())
    if rule != "number":  # without a number only all the rest together says enough
        entries = entries.filter(pl.col("number") != "")
    return entries, places.filter(pl.col("is_register") == (subject == "register"))


def _one_to_one(entries: pl.DataFrame, places: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Pairs with equal keys, the first with the first, the second with the second. Grain: a pair."""
    key = pl.struct(keys).hash().alias("key")  # only finds who may be alike; the keys themselves are compared
    left, right = entries.with_columns(key), places.with_columns(key)
    left = left.filter(pl.col("key").is_in(right["key"].implode()))
    right = right.filter(pl.col("key").is_in(left["key"].implode()))
    several = left.filter(pl.col("entry").is_duplicated())["key"]  # an entry with several references
    twice = [side.filter(pl.col("key").is_duplicated())["key"] for side in (left, right)]
    alone = ~pl.col("key").is_in(pl.concat([several, *twice]).unique().implode())
    clear = left.filter(alone).join(right.filter(alone), on="key", suffix="_theirs")
    clear = clear.filter(pl.all_horizontal(pl.col(name) == pl.col(f"{name}_theirs") for name in keys))
    ranked = _in_order(left.filter(~alone), keys).join(
        _in_order(right.filter(~alone), keys), on=[*keys, "turn"], suffix="_of_place"
    )
    # Where an entry found several orders, or an order several entries, both must be each other's first.
    first = pl.col("rank_of_place") == pl.col("rank_of_place").min().over("entry")
    firsts = pl.col("rank") == pl.col("rank").min().over("place")
    return pl.concat([part.select("entry", "place", "order") for part in (clear, ranked.filter(first & firsts))])


def _in_order(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Rows with their rank by day and contents, and their turn among those of equal keys; equal ones go by their row.

    What came on an earlier day goes first, so that of several alike nothing later takes what was explained before.
    """
    own = "entry" if "entry" in rows.columns else "place"
    told = ["came", "on", "amount_tiyn", "number", "dated", "payer", "knp", "counterparty_account"]
    if own == "entry":  # who names one order only goes before who names several
        references = pl.col("references").fill_null([])
        rows = rows.with_columns(names=references.list.len(), named_all=references.list.sort().list.join("|"))
        told = ["came", "names", *told[1:], "named", "named_all"]
    else:
        told = [*told, "reference", "kind", "form"]
    turn = pl.int_range(pl.len(), dtype=pl.UInt32).over(keys).alias("turn")
    return rows.sort(*told, own).with_columns(turn, rank=pl.col(own).rle_id())
