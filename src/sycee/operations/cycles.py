"""Cycles of documents and fees: which periods end with the days that an end of day covers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

_ONE_DAY = timedelta(days=1)
Span: TypeAlias = tuple[date, date]
"""First and last day of a period, both included."""


class Cycle(StrEnum):
    """How often something falls due: at the end of a day, week, month, …"""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SEMIANNUAL = "semiannual"
    ANNUAL = "annual"
    ON_REQUEST = "on_request"


_MONTHS = {Cycle.MONTHLY: 1, Cycle.QUARTERLY: 3, Cycle.SEMIANNUAL: 6, Cycle.ANNUAL: 12}


SUNDAY = 6
"""The last day of a week, as ``date.weekday`` gives it."""


def spans_ending(cycle: Cycle, first: date, last: date, *, weekday: int = SUNDAY) -> list[Span]:
    """The periods of a cycle whose last day is one of ``first`` to ``last``, oldest first.

    An end of day that covers a weekend ends the month that ends in it. The days without business of a
    daily cycle belong to the business date before them: one period, as there is one set of entries.
    ``weekday`` is the last one of a week (Monday is 0).
    """
    if cycle is Cycle.ON_REQUEST:
        return []
    if cycle is Cycle.DAILY:
        return [(first, last)]
    return [(_start(cycle, day), day) for day in _days(first, last) if _ends(cycle, day, weekday)]


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += _ONE_DAY


def _ends(cycle: Cycle, day: date, weekday: int) -> bool:
    if cycle is Cycle.WEEKLY:
        return day.weekday() == weekday
    return (day + _ONE_DAY).day == 1 and day.month % _MONTHS[cycle] == 0


def _start(cycle: Cycle, end: date) -> date:
    if cycle is Cycle.WEEKLY:
        return end - timedelta(days=6)
    return end.replace(month=end.month - _MONTHS[cycle] + 1, day=1)
