"""Spellings of one name against names of two people: what a letter lost on the way may look like, and what it may not."""

from datetime import date

import polars as pl
import pytest
from case_files import with_check_digit
from statement_texts import breaks_of
from texts import OTHER, PERSON, THIRD, bank_register, bank_row, item, message, register

from transforms.names import name_mismatches

pytestmark = pytest.mark.usefixtures("no_database")

DAY = date(2026, 11, 10)


def frame(*spellings: tuple) -> pl.DataFrame:
    """(person, iin, surname, name, patronymic) as the matcher takes them."""
    columns = ("person", "iin", "surname", "name", "patronymic")
    schema = dict.fromkeys(columns[:2], pl.UInt64) | dict.fromkeys(columns[2:], pl.String) | {"last_on": pl.Date}
    return pl.DataFrame([(*row, DAY) for row in spellings], schema=schema, orient="row")


def disagree(first: str | None, second: str | None, part: str = "surname") -> bool:
    """Whether two spellings of one part of a name are those of two people."""
    named = [{"surname": "Үлгі", "name": "Адам", "patronymic": None} | {part: text} for text in (first, second)]
    found = name_mismatches(frame(*((1, 1, *one.values()) for one in named)))
    return found.rows() == [(1, DAY)]


def as_cp1251(text: str) -> str:
    """The name in KZ-1048 as a program sees it that thinks it is Windows-1251."""
    return text.encode("kz1048").decode("cp1251")


def as_question_marks(text: str) -> str:
    """The name after a program that knows Windows-1251 only."""
    return text.encode("cp1251", "replace").decode("cp1251")


KAZAKH = ("Қожаңұлы", "Әбдіқадыр", "Өтеген", "Ғұмар", "Жүнісова", "Шаһкәрім", "Үлгі", "Іңкәр")
RUSSIAN = dict(zip("ҚңұәіөғүӘӨҒҮІһ", "кнуаиогуаогуих", strict=True))
ONE_NAME = {
    "case": ("Иванова", "ИВАНОВА"),
    "blanks": (" Иванова ", "Ива нова"),
    "a hyphen": ("Үлгі-Жаңа", "Үлгі Жаңа"),
    "a long hyphen": ("Үлгі–Жаңа", "Үлгі-Жаңа"),
    "signs": ("Иванова.", "«Иванова»"),
    "Latin c, o and i": ("Соколоваі", "Coкoлoвai"),
    "Latin capitals": ("СОВЕТ АРКТУР", "COBET APKTYP"),
    "ё": ("Семёнова", "Семенова"),
    "current/former, the current one": ("Иванова/Петрова", "Иванова"),
    "current/former, the former one": ("Петрова", "Иванова/Петрова"),
    "current/former with blanks": ("Иванова / Петрова", "Петрова"),
    "two pairs with one in common": ("Иванова/Петрова", "Петрова/Сидорова"),
    "a slash at the end": ("Иванова/", "Иванова"),
    "missing": ("Иванова", None),
    "a lone minus": ("Иванова", "-"),
    "empty": ("Иванова", " "),
    "both missing": (None, "-"),
    "question marks in different places": ("?алымкан", "Галым?ан"),
    "a question mark, and all left out": ("?мір", "мр"),
    "a question mark, and left out beside a Russian letter": ("?міт", "Мит"),
}
TWO_NAMES = {
    "others": ("Иванова", "Петрова"),
    "one letter": ("Иванова", "Иванова".replace("в", "г")),
    "one letter more": ("Иванова", "Ивановна"),
    "one letter less": ("Иванова", "Иваова"),
    "two letters changed places": ("Иванова", "Ивнаова"),
    "man and woman": ("Иванов", "Иванова"),
    "one Russian letter of a Kazakh name": ("Қасымов", "Қосымов"),
    "a Russian letter lost": ("Қасымов", "Қасыов"),
    "more lost than the Kazakh letters": ("Қожаңұлы", "ожалы".replace("ж", "")),
    "a Kazakh letter for a wrong Russian one": ("Қасымов", "Тасымов"),
    "a wrong letter beside a question mark": ("Қасымов", "?осымов"),
    "a question mark for a Russian letter": ("Марат", "Ма?ат"),
    "question marks for a Kazakh letter and a Russian one": ("?арин", "Ка?ин"),
    "one Kazakh letter left out, another as a Russian one": ("Ұлан", "Лаң"),
    "neither the current nor the former": ("Иванова/Петрова", "Сидорова"),
    "surname and name in one": ("Иванова", "Иванова Мария"),
}


@pytest.mark.parametrize("told", ONE_NAME, ids=list(ONE_NAME))
def test_one_name(told):
    first, second = ONE_NAME[told]
    assert not disagree(first, second) and not disagree(second, first)


@pytest.mark.parametrize("told", TWO_NAMES, ids=list(TWO_NAMES))
def test_two_names(told):
    first, second = TWO_NAMES[told]
    assert disagree(first, second) and disagree(second, first)


LOSSES = {
    "as Russian letters": lambda name: "".join(RUSSIAN.get(letter, letter) for letter in name),
    "in capitals and as Russian letters": lambda name: "".join(RUSSIAN.get(letter, letter) for letter in name).upper(),
    "left out": lambda name: "".join(letter for letter in name if letter not in RUSSIAN),
    "as question marks": as_question_marks,
    "read as Windows-1251": as_cp1251,
    "read as Windows-1251, in capitals": lambda name: as_cp1251(name.upper()),
    "і as the Latin i": lambda name: name.replace("і", "i").replace("І", "I"),
}


@pytest.mark.parametrize("loss", LOSSES, ids=list(LOSSES))
@pytest.mark.parametrize("name", KAZAKH)
def test_a_kazakh_name_is_known_again_however_its_letters_were_lost(loss, name):
    lost = LOSSES[loss](name)
    assert lost != name or not set(name) & set("іІ")
    assert not disagree(name, lost) and not disagree(lost, name)


@pytest.mark.parametrize("letters", [("ә", "\u0259"), ("Ә", "\u018f"), ("һ", "h")], ids=["schwa", "capital schwa", "h"])
def test_latin_letters_that_look_like_kazakh_ones(letters):
    name = "Әшәһ"
    assert not disagree(name, name.replace(*letters))


@pytest.mark.parametrize("part", ["surname", "name", "patronymic"])
def test_each_part_of_a_name_counts(part):
    assert disagree("Иванова", "Петрова", part) and not disagree("Иванова", "ИВАHОВА", part)


def test_people_are_compared_as_they_were_written_and_told_by_their_current_iin():
    """Names of an old and a current IIN may well differ; two spellings within either may not."""
    linked = frame((1, 9, "Иванова", "М", None), (9, 9, "Петрова", "М", None))
    assert name_mismatches(linked).is_empty()
    both = frame((1, 9, "Иванова", "М", None), (1, 9, "Сидорова", "М", None), (9, 9, "Петрова", "М", None))
    assert name_mismatches(both).rows() == [(9, DAY)]
    later = pl.concat([both, frame((9, 9, "Ким", "М", None)).with_columns(last_on=date(2026, 11, 12))])
    assert name_mismatches(later).rows() == [(9, date(2026, 11, 12))]


def test_what_somebody_else_is_called_excuses_nobody():
    """He has both names, or one that may be either of the two."""
    for names, else_called in ((("Иванова", "Петрова"), "Иванова/Петрова"), (("Гали", "Кали"), "?али")):
        told = [(2, 2, name, "Адам", None) for name in names]
        assert name_mismatches(frame((1, 1, else_called, "Адам", None), *told)).rows() == [(2, DAY)]


def test_any_two_of_many_spellings_that_disagree_are_enough():
    alike = [(1, 1, name, "Адам", "-") for name in ("Қасымов", "КАСЫМОВ", "Kaсымов", "?асымов", as_cp1251("Қасымов"))]
    assert name_mismatches(frame(*alike)).is_empty()
    assert name_mismatches(frame(*alike, (1, 1, "Хасенов", "Адам", "-"))).rows() == [(1, DAY)]
    chain = ("Иванова", "Иванова/Петрова", "Петрова/Сидорова", "Сидорова/Ким", "Ким")
    assert name_mismatches(frame(*((1, 1, name, "Адам", "-") for name in chain))).is_empty()


def test_from_files_to_the_break(put, night):
    """Three people: lost letters, a missing patronymic and a register; only one is really named in two ways."""
    put("bank/a.txt", message(item(surname="Қожаңұлы/Әбдіқадыр")).encode("kz1048"))
    put("bank/a.csv", bank_register(bank_row("1", surname="?бд??адыр"), bank_row("2", person=OTHER, surname="Иванова")))
    put("bank/b.csv", bank_register(bank_row("3", surname="АБДИКAДЫР"), bank_row("4", person=THIRD, surname="Ким")))
    rows = [f"{OTHER},Петрова,Адам,,", f"{THIRD},КИМ,Адам,Отчество,"]
    put("registers/persons.csv", register("iin,surname,name,patronymic,birth_date", *rows))
    ran = night()
    assert breaks_of(ran, "name_mismatch") == [("name_mismatch", None, None)]
    assert ran.table("breaks").filter(pl.col("code") == "name_mismatch")["iin"].to_list() == [OTHER]
    assert PERSON in ran.table("payments")["iin"]


def test_people_whose_iin_tells_no_century_stop_no_night_beside_others(put, night):
    """The seventh digit of the one is 0; of both not always the same is said, so their birth dates are looked at."""
    people = [with_check_digit(f"880101{century}0012") for century in (0, 1)]
    told = [item(place, person=one, surname=name) for place, one in enumerate(people) for name in ("Мысал", "Басқа")]
    put("bank/list.txt", message(*told, total="7740,00"))
    assert night().table("breaks").select("code", "iin").rows() == [("name_mismatch", one) for one in people]


def test_birth_dates_that_the_digits_allow_must_be_one(put, night):
    """The seventh digit 0 allows a day in every century; 2 the 1800s alone, and she is looked at for her names."""
    anyone, woman = (with_check_digit(f"880101{century}0012") for century in (0, 2))
    told = [item(1, person=anyone), item(2, person=anyone).replace("/DT/18", "/DT/19")]
    told += [item(3, person=woman), item(4, person=woman, surname="Басқа")]
    put("bank/list.txt", message(*told, total="7740,00"))
    expected = [("birth_date_mismatch", anyone), ("name_mismatch", woman)]
    assert night().table("breaks").select("code", "iin").sort("code").rows() == expected


def test_a_part_that_differs_alone_is_told_of_the_current_iin(put, night):
    """A patronymic of the one; of an old IIN the name, where no line tells a surname."""
    rows = [
        bank_row(f"{person}{name}{patronymic}", person=person, surname=surname).replace("Адам,,", f"{name},{patronymic},")
        for person, surname, name, patronymic in (
            (PERSON, "Ким", "Адам", "Бірінші"), (PERSON, "Ким", "Адам", "Басқа"), (OTHER, "-", "Адам", ""), (OTHER, "-", "Сара", "")
        )
    ]  # fmt: skip
    put("bank/a.csv", bank_register(*rows))
    put("registers/iin_links.csv", register("old_iin,current_iin", f"{OTHER},{THIRD}"))
    found = night().table("breaks").filter(code="name_mismatch")["iin"].to_list()
    assert found == sorted([PERSON, THIRD])
