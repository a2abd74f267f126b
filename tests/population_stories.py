"""The stories that random people live: each comes to its point near the person's anchor month."""

from collections.abc import Callable
from datetime import date, timedelta

from population_people import Resident, span
from reference_world import last_day, plus


def live(me: Resident) -> None:
    """Live one of the stories; the long ones where they matter."""
    stories: dict[Callable[[Resident], None], int] = {
        run_story: 9,
        prepaid_story: 3,
        mixed_story: 4,
        category_story: 3,
        long_story: 5 if me.anchor >= date(2025, 6, 1) else 1,
        crisis_story: 1,
        bare_story: 1,
    }
    me.register()
    me.rng.choices(list(stories), list(stories.values()))[0](me)


def run_story(me: Resident) -> None:
    """A run of nearly the length needed, ending nearly a grace before the anchor."""
    length = me.rng.choice((2, 3, 3, 4, 11, 11, 12, 12, 12, 12, 13, 18, 24))
    letters = me.rng.choice("WWOOOB") * length
    if me.rng.random() < 0.4:
        letters = "".join(me.rng.choice((c, c, c, "S", "E", "R", "O")) for c in letters)
    if me.rng.random() < 0.3:
        letters = me.rng.choice("WOSER") * me.rng.randint(1, 5) + "-" + letters
    me.spell(letters, plus(me.anchor, -me.rng.choice((0, 0, 0, 1, 1, 2, 3, 3, 4, 5))))


def long_story(me: Resident) -> None:
    """Nearly sixty months paid, then nearly six without."""
    length = me.rng.choice((58, 59, 60, 60, 61, 62))
    letters = me.rng.choice(("W" * length, "O" * length, "W" * 30 + "O" * (length - 30)))
    if me.rng.random() < 0.3:
        place = me.rng.randrange(length)
        letters = letters[:place] + me.rng.choice("SR-") + letters[place + 1 :]
    me.spell(letters, plus(me.anchor, -me.rng.choice((0, 2, 3, 4, 5, 5, 6, 6, 7))))


def prepaid_story(me: Resident) -> None:
    """Months ahead paid by about the last day of the anchor month."""
    first = plus(me.anchor, me.rng.choice((-1, 0, 0, 1)))
    for month in span(first, plus(first, me.rng.choice((2, 9, 10, 11, 11, 12)))):
        if me.rng.random() < 0.97:
            me.own(month, last_day(me.anchor) + timedelta(days=me.rng.choice((-20, -9, -5, -1, 0, 0, 1))))
    if me.rng.random() < 0.5:
        me.spell(me.rng.choice(("O", "W", "R", "OO", "OOO", "-")), plus(first, -1))


def mixed_story(me: Resident) -> None:
    """Everything, with a hole or two."""
    letters = me.rng.choices("WOBSER-", (5, 5, 1, 2, 1, 2, 1), k=me.rng.randint(12, 26))
    me.spell("".join(letters), plus(me.anchor, me.rng.choice((-1, 0, 0, 1))))


def category_story(me: Resident) -> None:
    """Leaving a category or an exemption about the anchor month, with or without a payment before and after."""
    before, after = me.rng.choice(("", "O" * 12, "W" * 12, "W")), me.rng.choice(("", "O", "-O", "W", "--"))
    letters = before + me.rng.choice("SSSER") * me.rng.choice((1, 3, 11, 12)) + after
    me.spell(letters, plus(me.anchor, me.rng.choice((-1, 0, 1))))


def crisis_story(me: Resident) -> None:
    """A category that is no category before 2026."""
    start, end = plus(me.anchor, -me.rng.randint(0, 6)), plus(me.anchor, me.rng.randint(0, 3))
    row = {"iin": me.any_iin(), "category": "social_crisis", "from": start, "to": last_day(end)}
    me.town.add_entry("categories", **row)
    if me.rng.random() < 0.3:
        me.own(me.anchor)


def bare_story(me: Resident) -> None:
    """Nothing but a row of a register, or money that covers nothing."""
    if me.rng.random() < 0.4:
        me.town.add_entry("persons", iin=me.any_iin(), surname="А", name="Б", patronymic="-", birth_date=None)
    elif me.rng.random() < 0.3:
        me.spell(me.rng.choice(("O", "W", "R")), me.anchor)
    else:
        me.uncovering(me.rng.choice(("121", "123", "124")))
