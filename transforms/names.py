"""Tell two spellings of one name from the names of two people.

Grain in:  the spellings of people, a row per (person, spelling). Grain out: one row per current IIN that disagrees.
Case, blanks, signs, Latin letters that look like Cyrillic ones, lost Kazakh letters and a missing part say nothing;
`current/former` is either name. Source: formats.md section 2 (traps 4 and 7), contract.md section 4.
"""

import polars as pl

_PARTS = ("surname", "name", "patronymic")
_LOOK_ALIKES = dict(zip("ABCEHIKMOPTXYЁ", "АВСЕНІКМОРТХУЕ", strict=True))
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

    `forms` have Russian letters, or no Kazakh ones; where a letter became a question mark (`lost`), `outlines` count
    too, in which it may be any letter that a Kazakh one turns into.
    """
    one = pl.element()
    # Misread letters have a meaning of their own in Cyrillic, and so are looked at before the case is.
    text = pl.col(part).str.replace_many(_misread()).str.to_uppercase().str.replace_many(_LOOK_ALIKES)
    names = text.str.split("/").list.eval(one.str.replace_all(r"[^\p{L}?]", "").replace("", None).drop_nulls())
    russian = names.list.eval(one.str.replace_many(_RUSSIAN).str.replace_all("?", "", literal=True))
    bare = names.list.eval(pl.lit("-") + one.str.replace_all(f"[{''.join(_RUSSIAN)}?]", ""))
    losable = "".join({*_RUSSIAN, *_RUSSIAN.values()})
    return {
        "forms": pl.when(names.list.len() > 0).then(pl.concat_list(russian, bare)),
        "outlines": names.list.eval(one.str.replace_all(f"[{losable}?]", "?")),
        "lost": names.list.eval(one.str.contains("?", literal=True)).list.any(),
    }


def _disagreeing(forms: pl.DataFrame) -> pl.DataFrame:
    """People with two spellings that have no form in common."""
    told = forms.filter(pl.col("forms").is_not_null())
    pairs = told.join(told, on="person", suffix="_other").filter(pl.col("spelling") < pl.col("spelling_other"))
    alike = pl.col("forms").list.set_intersection("forms_other").list.len() > 0
    outlined = pl.col("outlines").list.set_intersection("outlines_other").list.len() > 0
    agree = alike | (outlined & (pl.col("lost") | pl.col("lost_other")))
    return pairs.filter(~agree).select("person").unique()
