"""Follow links from an old IIN to the current one, and find the links that cannot be followed.

Grain: one row per link. A person has one current IIN: a second, different link of one old IIN and every link of a
loop are bad. Source: rules.md section 1, contract.md section 3.
"""

import polars as pl


def bad_links(links: pl.DataFrame) -> pl.DataFrame:
    """links of one delivery each (row, sequence, person, current), in order -> rows that are bad. Grain: a link."""
    first = links.group_by("sequence", "person", maintain_order=True).agg(chosen=pl.col("current").first())
    joined = links.join(first, on=["sequence", "person"], maintain_order="left")
    further = joined.filter(pl.col("current") != pl.col("chosen"))
    rest = joined.filter(pl.col("current") == pl.col("chosen"))
    looped = rest
    while True:  # an old IIN has one link, so cutting off loose ends leaves the loops
        inner = looped.join(looped.select("sequence", current="person"), on=["sequence", "current"], how="semi")
        inner = inner.join(inner.select("sequence", person="current"), on=["sequence", "person"], how="semi")
        if inner.height == looped.height:
            break
        looped = inner
    return pl.concat([further.select("row"), looped.select("row")]).sort("row")


def current_ids(links: pl.DataFrame) -> pl.DataFrame:
    """links in force (person, current) -> every old IIN with the end of its chain. Grain: one row per old IIN."""
    ends = links.select("person", "current").unique().sort("person")
    while True:
        onward = ends.rename({"person": "current", "current": "further"})
        longer = ends.join(onward, on="current", how="left", maintain_order="left")
        if longer["further"].null_count() == longer.height:
            return ends
        ends = longer.select("person", current=pl.coalesce("further", "current"))


def connected(ids: pl.Series, links: pl.DataFrame) -> pl.Series:
    """ids and every IIN that any of these links (person, current) ties to them, directly or through others; sorted."""
    pairs = links.select("person", "current").unique()
    both = pl.concat([pairs, pairs.select(person="current", current="person")])
    found = ids.unique().sort()
    while True:
        tied = both.filter(pl.col("person").is_in(found.implode()))["current"]
        more = pl.concat([found, tied]).unique().sort()
        if len(more) == len(found):
            return found
        found = more
