"""A random world by seed: deliveries of real files over several days, and the questions to ask of it.

population_people.py says what was meant, population_files.py makes files of it; world_of tells the reference
the same. Months and days are those on which something of the law changes, falls due or settles.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from population_files import Delivery, Desk
from population_people import Resident, Town
from population_stories import live
from reference_world import Payment, Register, Return, World, last_day, plus, plus_banking_days
from writers import File

ERAS = (  # the first month, how many months, the last or first month of a rule
    (date(2020, 3, 1), 9, date(2020, 6, 1)),
    (date(2021, 1, 1), 8, date(2021, 6, 1)),
    (date(2022, 7, 1), 9, date(2022, 9, 1)),
    (date(2025, 10, 1), 14, date(2026, 1, 1)),
)


@dataclass
class Scenario:
    """Deliveries with the month each run asks for, and further (month, known-at) questions."""

    deliveries: list[Delivery]
    run_months: list[date]
    queries: list[tuple[date, date]]


def scenario(seed: int, people: int = 300) -> Scenario:
    """The world of a seed."""
    rng = Random(seed)
    start, length, turn = ERAS[seed % len(ERAS)]
    others = [month for month in (plus(start, n) for n in range(length)) if month != turn]
    months = sorted([turn, *rng.sample(others, 4)])
    days = [boundary_day(rng, m) for m in months]
    days.insert(rng.randrange(1, 5), days[rng.randrange(1, 5)])
    days.sort()
    ask = [max(days[0], rng.choice((d, d - timedelta(days=1), boundary_day(rng, d.replace(day=1))))) for d in days]
    queries = [(in_range(plus(d.replace(day=1), rng.choice((1, 0, 0, -1, -2, -7)))), d) for d in ask]
    queries += [(plus(turn, n), days[-1]) for n in (-1, 0, 1)]
    queries = [(m, d) for m, d in queries if d <= days[-1] and m <= plus(d.replace(day=1), 1)]
    run_months = [in_range(plus(d.replace(day=1), rng.choice((0, 0, 1, -1)))) for d in days]
    town = Town(rng, days, [*run_months, *(month for month, _ in queries)])
    for _ in range(people):
        live(Resident(town))
    desk = Desk(town)
    desk.fill()
    return Scenario(desk.deliveries, run_months, queries)


def in_range(month: date) -> date:
    """The month, but none before 2020-03."""
    return max(month, date(2020, 3, 1))


def boundary_day(rng: Random, month: date) -> date:
    """A day of about that month on which something becomes due or settled, or the day before."""
    before = plus(month, -1)
    dues = (month.replace(day=25), last_day(month), last_day(before), before.replace(day=25))
    longest = max(dues, key=lambda d: plus_banking_days(d, 3) - d)  # for the sake of the public holidays
    due = rng.choice((*dues, longest, longest))
    near = plus_banking_days(due, 3) - timedelta(days=rng.choice((0, 0, 1, 1)))
    return rng.choice((near, near, month, last_day(month), month.replace(day=rng.randint(1, 28))))


def world_of(deliveries: list[Delivery]) -> World:
    """What the reference is told of these deliveries: what is to be accepted, in the order of the intake."""
    world, seen, sequence = World(), set(), 0
    for delivery in deliveries:
        for file in sorted(delivery.files, key=File.order):
            sequence += 1
            if file.kind:
                world.registers.append(Register(delivery.day, sequence, file.name, file.kind, file.entries))
            for row, line in file.rows:
                if row.accepted and row.key not in seen:
                    seen.add(row.key)
                    kind, into = (Return, world.returns) if row.is_return else (Payment, world.payments)
                    ids = (row.period, row.knp, row.payer, row.person, row.tiyn, row.reference, row.number)
                    into.append(kind(delivery.day, sequence, line, row.value_date, *ids))
    return world
