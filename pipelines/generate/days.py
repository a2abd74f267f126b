"""All files of a nation in the order of their days, from any day on.

A day depends on what the three days before it left; starting later, those are made first and dropped.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from pipelines.generate.csv_papers import csv_papers
from pipelines.generate.message_papers import messages_again
from pipelines.generate.nation import Nation
from pipelines.generate.odd_papers import odd_papers
from pipelines.generate.own_papers import own_papers
from pipelines.generate.papers import DAYS_BACK, Carry, Day, Paper, days_of
from pipelines.generate.return_papers import return_papers
from pipelines.generate.wage_papers import wage_papers


def papers(
    nation: Nation,
    first: int,
    last: int,
    with_text: bool = True,
    with_persons: bool = False,
    since: date = date.min,
    until: date = date.max,
) -> Iterator[tuple[Day, Iterator[Paper]]]:
    """The files of every delivery day of the months from first to last; each day's are to be taken before the next.

    Of these days only those from `since` to `until`.
    """
    wanted = [day for day in days_of(nation) if first <= day.month <= last and since <= day.day <= until]
    if not wanted:
        return
    carry = Carry()
    for day in days_of(nation):
        if wanted[0].place - DAYS_BACK <= day.place < wanted[0].place:
            for _ in _of_day(replace(day, with_text=False), carry):
                pass
            carry.drop(day.place)
    for day in wanted:
        yield day, _of_day(replace(day, with_text=with_text), carry, with_persons)
        carry.drop(day.place)


def _of_day(day: Day, carry: Carry, with_persons: bool = False) -> Iterator[Paper]:
    yield from csv_papers(day, with_persons)
    yield from odd_papers(day)
    yield from wage_papers(day, carry)
    yield from own_papers(day, carry)
    yield from messages_again(day, carry)
    yield from return_papers(day, carry)
