"""Tell two spellings of one name from the names of two people.

Grain in:  the spellings of people, a row per (person, spelling). Grain out: one row per current IIN that disagrees.
Case, blanks, signs, Latin letters that look like Cyrillic ones, lost Kazakh letters and a missing part say nothing;
`current/former` is either name. Source: formats.md section 2 (traps 4 and 7), contract.md section 4.
"""

import polars as pl

_PARTS = ("surname", "name", "patronymic")
_LOOK_ALIKES = dict(zip("ABCEHIKMOPTXYЁ", "АВСЕНІКМОРТХУЕ", strict=True))
_LATIN = {"h": "һ", "ə": "ә", "Ə": "Ә"}  # Latin letters that look like Kazakh ones, h in lower case only
# How a Kazakh letter looks when it is lost: as the nearest Russian one, or not at all.
_RUSSIAN = dict(zip("ӘҒҚҢӨҰҮҺІ", "АГКНОУУХИ", strict=True))


def _misread() -> dict[str, str]:
    """Kazakh letters of KZ-1048 that were read as Windows-1251."""
    found = {}
    for letter in [*_RUSSIAN, *(letter.lower() for letter in _RUSSIAN)]:
        read = letter.encode("kz1048").decode("cp1251", "ignore")
        if read and read != letter:
            found[read] = letter
    return found


def name_mismatches(spellings: pl.DataFrame) -> pl.DataFrame:
    """spellings (person, iin, surname, name, patronymic, last_on) -> iin, true_on of people whose names disagree.

    Grain: one row per current IIN. Names of an old and a current IIN are not compared: they may well differ.
    """
    numbered = spellings.with_row_index("spelling")
    off = [_disagreeing(numbered.select("spelling", "person", **_forms(part))) for part in _PARTS]
    people = pl.concat(off).unique()
    return (
        spellings.join(people, on="person", how="semi").group_by("iin").agg(true_on=pl.col("last_on").max()).sort("iin")
    )


def _forms(part: str) -> dict[str, pl.Expr]:
    """What a written name is compared by, for each of its alternatives.

    `forms` have Russian letters, or no Kazakh ones; `outlines` keep the question marks into which letters turned.
    """
    one = pl.element()
    # Misread letters have a meaning of their own in Cyrillic, and so are looked at before the case is.
    text = pl.col(part).str.replace_many(_misread() | _LATIN).str.to_uppercase().str.replace_many(_LOOK_ALIKES)
    names = text.str.split("/").list.eval(one.str.replace_all(r"[^\p{L}?]", "").replace("", None).drop_nulls())
    russian = names.list.eval(one.str.replace_many(_RUSSIAN).str.replace_all("?", "", literal=True))
    bare = names.list.eval(pl.lit("-") + one.str.replace_all(f"[{''.join(_RUSSIAN)}?]", ""))
    return {
        "forms": pl.when(names.list.len() > 0).then(pl.concat_list(russian, bare)),
        "outlines": names.list.eval(one.str.replace_many(_RUSSIAN)),
    }


def _disagreeing(forms: pl.DataFrame) -> pl.DataFrame:
    """People whose spellings do not hang together: one may be known by a name, then by two, then by the other."""
    told = forms.filter(pl.col("forms").is_not_null())
    shared = told.explode("forms").select("spelling", "person", "forms")
    same = shared.join(
        shared.group_by("person", "forms").agg(spelling_other=pl.col("spelling").min()), on=["person", "forms"]
    )
    pairs = pl.concat([part.select("spelling", "spelling_other") for part in (same, _outlined(told))])
    agree = pl.concat([pairs, pairs.select(spelling="spelling_other", spelling_other="spelling")])
    group = told.select("spelling", "person", group="spelling")
    while True:  # every spelling takes the least number among those it agrees with, until nothing changes
        near = agree.join(group.select(spelling_other="spelling", near="group"), on="spelling_other")
        least = near.group_by("spelling").agg(pl.col("near").min())
        moved = group.join(least, on="spelling", how="left", maintain_order="left").select(
            "spelling", "person", group=pl.min_horizontal("group", "near")
        )
        if moved.equals(group):
            break
        group = moved
    apart = group.group_by("person").agg(pl.col("group").n_unique())
    return apart.filter(pl.col("group") > 1).select("person")


def _outlined(told: pl.DataFrame) -> pl.DataFrame:
    """Pairs alike letter by letter, where a question mark stands for a letter that a Kazakh one turns into."""
    written = told.explode("outlines").select("spelling", "person", "outlines", size=pl.col("outlines").str.len_chars())
    lost = written.filter(pl.col("outlines").str.contains("?", literal=True))
    pairs = lost.join(written, on=["person", "size"], suffix="_other").with_row_index("pair")
    letters = pairs.with_columns(pl.col("outlines", "outlines_other").str.split(""))
    letters = letters.explode("outlines", "outlines_other")
    left, right = pl.col("outlines"), pl.col("outlines_other")
    losable = sorted(set(_RUSSIAN.values()))
    fits = (left == right) | ((left == "?") & right.is_in(losable)) | ((right == "?") & left.is_in(losable))
    return letters.group_by("pair", "spelling", "spelling_other").agg(fits.all().alias("fits")).filter("fits")
