"""Calendars: which days are business days, and the business day next to any other.

A calendar is a plain value. Where its holidays come from (a law, a central bank's notice, a
package) is for whoever builds it. Make-up workdays, as China decrees them on weekends around
the long holidays, win over both weekend and holiday.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

SATURDAY, SUNDAY = 5, 6
_ONE_DAY = timedelta(days=1)
_LONGEST_CLOSURE_DAYS = 366


class Calendar(msgspec.Struct, frozen=True):
    """The business days of one place or market.

    ``weekend`` holds weekdays as ``date.weekday()`` gives them (Monday is 0); ``holidays`` are days
    off beyond the weekend; ``workdays`` are days worked although they fall on one of the others.
    """

    name: str
    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        """Whether business is done on that day."""
        if day in self.workdays:
            return True
        return day.weekday() not in self.weekend and day not in self.holidays

    def next_business_day(self, day: date) -> date:
        """The first business day after that day."""
        return self._seek(day + _ONE_DAY, _ONE_DAY)

    def previous_business_day(self, day: date) -> date:
        """The last business day before that day."""
        return self._seek(day - _ONE_DAY, -_ONE_DAY)

    def on_or_after(self, day: date) -> date:
        """That day if it is a business day, else the next one ("following")."""
        return self._seek(day, _ONE_DAY)

    def on_or_before(self, day: date) -> date:
        """That day if it is a business day, else the one before ("preceding")."""
        return self._seek(day, -_ONE_DAY)

    def business_days(self, start: date, end: date) -> Iterator[date]:
        """The business days from ``start`` to ``end``, both included, in order."""
        day = start
        while day <= end:
            if self.is_business_day(day):
                yield day
            day += _ONE_DAY

    def _seek(self, day: date, step: timedelta) -> date:
        for _ in range(_LONGEST_CLOSURE_DAYS):
            if self.is_business_day(day):
                return day
            day += step
        raise ValueError(f"calendar {self.name} has no business day within a year of {day}")


WEEKDAYS = Calendar("weekdays")
"""Monday to Friday, no holidays."""
