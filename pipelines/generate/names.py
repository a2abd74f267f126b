"""Names of people who never lived: the same for a person in every file. A name is a place in these lists.

Kazakh letters occur on purpose. The seventh digit of an IIN tells the sex: odd is a man.
"""

import polars as pl

from pipelines.generate.draw import Places, below

_SURNAMES = "АБЕНОВ,АЙТБАЕВ,БЕКЕТОВ,ДЖАКСЫБЕКОВ,ЕСЕНОВ,ЖУМАБАЕВ,ИВАНОВ,КИМОВ,ҚАСЫМОВ,ЛИСИЦЫН,МҰҚАНОВ,НҰРҒАЛИЕВ,ОМАРОВ"
_SURNAMES += ",ПЕТРОВ,РАХИМОВ,САДЫҚОВ,СМАҒҰЛОВ,ТӨЛЕГЕНОВ,УТЕГЕНОВ,ШАКИРОВ,ЯКОВЛЕВ,ӘБДІРАХМАНОВ,ІЛИЯСОВ,ЗАХАРОВ"
_MEN = "АЙДОС,АЛЕКСАНДР,БОЛАТ,ВИКТОР,ДАУРЕН,ЕРЛАН,ЖАНДОС,ИЛЬЯС,ҚАЙРАТ,МАРАТ,НҰРЛАН,ОЛЕГ,РУСЛАН,СЕРІК,ТИМУР,ӘЛІБЕК"
_WOMEN = "АЙГҮЛ,АННА,БОТА,ВЕРА,ДИНАРА,ЕЛЕНА,ЖАННА,ИРИНА,КАМИЛА,МАДИНА,НҰРГҮЛ,ОЛЬГА,РАУШАН,САУЛЕ,ТАТЬЯНА,ӘСЕЛ"
_FATHERS = "СЕРІК,БОЛАТ,МАРАТ,ҚАЙРАТ,НҰРЛАН,ЕРЛАН,АСҚАР,ТӨЛЕУ"
_ENDINGS = ("ҰЛЫ", "ҚЫЗЫ")


def with_names(lines: pl.DataFrame, seed: int) -> pl.DataFrame:
    """lines with person_place and iin -> lines with surname, name, patronymic. Grain: a line."""
    places: Places = lines["person_place"].to_numpy()
    woman = lines["iin"].to_numpy() // 100_000 % 10 % 2 == 0
    surnames = _SURNAMES.split(",")
    surnames += [surname + "А" for surname in surnames]
    firsts = [*_MEN.split(","), *_WOMEN.split(",")]
    fathers = [father + ending for ending in _ENDINGS for father in _FATHERS.split(",")] + ["-"]
    none = below(25, seed, "no patronymic", places) == 0
    father = below(len(fathers) // 2, seed, "patronymic", places) + woman * (len(fathers) // 2)
    father[none] = len(fathers) - 1
    half, many = len(surnames) // 2, len(firsts) // 2
    return lines.with_columns(
        surname=pl.Series(surnames).gather(below(half, seed, "surname", places) + woman * half),
        name=pl.Series(firsts).gather(below(many, seed, "name", places) + woman * many),
        patronymic=pl.Series(fathers).gather(father),
    )
