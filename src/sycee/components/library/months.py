"""Months: the day a number of months later, and how many whole months lie between two days.

The corresponding day counts: 15 March plus one month is 15 April. Where the month is too short its
last day stands in: 31 January plus one month is 28 or 29 February.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date


def month_end(day: date) -> date:
    """The last day of that day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(start: date, months: int, *, month_ends: bool = False) -> date:
    """The corresponding day ``months`` later (earlier when negative), the month's last where there is none.

    With ``month_ends`` the last day of a month corresponds to the last day of the other: 28 February
    plus six months is then 31 August, else 28 August.
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    day = last if month_ends and start == month_end(start) else min(start.day, last)
    return date(year, month + 1, day)


def whole_months(start: date, end: date) -> int:
    """How many whole months lie between two days: the largest n with ``add_months(start, n) <= end``."""
    if end < start:
        raise ValueError(f"{end} lies before {start}")
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) <= end else months - 1
