"""When a payment comes again: a rhythm from a first date on, and where a day off is moved to.

Plain values; no database. The rhythm gives the dates as they were agreed to; the calendar gives the business
day on which each is carried out. A rhythm never drifts: the 31st is the last day of a shorter month, and the
31st again in the next longer one.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from sycee.components import CalendarNotPublished, calendar, library
from sycee.payments.errors import InvalidStandingOrder

MOST_TIMES = 10_000
LONGEST_RETRY_DAYS = 30
_ONE_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
_LAST_YEAR = 2200


class Rhythm(StrEnum):
    """How often a payment comes; ``daily`` is every business day."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


_MONTHS = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3, Rhythm.YEARLY: 12}


class Roll(StrEnum):
    """Where a date moves that is no business day; ``modified_following`` stays in its month."""

    FOLLOWING = "following"
    PRECEDING = "preceding"
    MODIFIED_FOLLOWING = "modified_following"


class Turn(msgspec.Struct, frozen=True):
    """A date of a schedule: its place (from 0), the date agreed, and the business day it is carried out on.

    ``due_on`` is None as long as the calendar of that year is not published.
    """

    place: int
    on: date
    due_on: date | None


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A rhythm from ``first_on``, through ``last_on`` or ``times`` times; without either, until it is ended.

    ``day`` is the day of the month (31: the last one) of the rhythms that count in months; None is that of
    ``first_on``. What fails for lack of funds is tried again through ``retry_days`` business days after the
    day it was due on; 0: until the end of that day.
    """

    rhythm: Rhythm
    first_on: date
    day: int | None = None
    last_on: date | None = None
    times: int | None = None
    calendar: str = "CN"
    roll: Roll = Roll.FOLLOWING
    retry_days: int = 0

    def check(self) -> Schedule:
        """This schedule, if it can be kept. Raises InvalidStandingOrder, CalendarNotFound."""
        calendar(self.calendar)
        if max(self.first_on, self.last_on or self.first_on).year > _LAST_YEAR:
            raise InvalidStandingOrder(f"a payment comes again through the year {_LAST_YEAR} at most")
        if self.last_on is not None and self.last_on < self.first_on:
            raise InvalidStandingOrder(f"the last date {self.last_on} is before the first, {self.first_on}")
        if self.times is not None and not 1 <= self.times <= MOST_TIMES:
            raise InvalidStandingOrder(f"a payment comes 1 to {MOST_TIMES} times, not {self.times}")
        if not 0 <= self.retry_days <= LONGEST_RETRY_DAYS:
            raise InvalidStandingOrder(f"a payment is tried again for 0 to {LONGEST_RETRY_DAYS} days")
        if self.day is None:
            return self
        if self.rhythm not in _MONTHS:
            raise InvalidStandingOrder(f"a {self.rhythm} payment has no day of the month")
        if not 1 <= self.day <= 31:
            raise InvalidStandingOrder(f"{self.day} is no day of a month; 31 is the last one of every month")
        if self._in_month(0) != self.first_on:
            raise InvalidStandingOrder(
                f"the first date {self.first_on} is not day {self.day} of its month, {self._in_month(0)} is"
            )
        return self

    def turns(self, after: Turn | None = None) -> Iterator[Turn]:
        """The dates in order, those after one of them; of a daily payment as far as its calendar goes."""
        while (after := self.next(after)) is not None:
            yield after
            if after.due_on is None and self.rhythm is Rhythm.DAILY:
                return

    def next(self, after: Turn | None) -> Turn | None:
        """The date that follows one; the first for None. None when there is none, ever."""
        place = 0 if after is None else after.place + 1
        if self.rhythm is Rhythm.DAILY:
            on = self.first_on if after is None else after.on + _ONE_DAY
        elif self.rhythm is Rhythm.WEEKLY:
            on = self.first_on + place * _WEEK
        else:
            on = self._in_month(place)
        return self.settled(Turn(place, on, None))

    def settled(self, turn: Turn) -> Turn | None:
        """A date with the business day it is carried out on, if that is known now; None when it is beyond.

        The date of a daily payment is the business day itself; until that is known, the day after the last.
        """
        if self.times is not None and turn.place >= self.times:
            return None
        due_on = self._due(turn.on)
        if self.rhythm is Rhythm.DAILY and due_on is not None:
            turn = Turn(turn.place, due_on, due_on)
        if turn.on > (self.last_on or date.max):
            return None
        return Turn(turn.place, turn.on, due_on)

    def last_try(self, due_on: date) -> date:
        """The last business date on which a payment is tried; no further than the calendar is published."""
        business = calendar(self.calendar)
        day = due_on
        for _ in range(self.retry_days):
            try:
                day = business.next_business_day(day)
            except CalendarNotPublished:
                break
        return day

    def _due(self, on: date) -> date | None:
        roll = Roll.FOLLOWING if self.rhythm is Rhythm.DAILY else self.roll
        try:
            return library.BusinessCalendar(name=self.calendar, convention=roll.value).adjust(on)  # type: ignore[arg-type]
        except CalendarNotPublished:
            return None

    def _in_month(self, place: int) -> date:
        first = self.first_on
        year, month = divmod(first.year * 12 + first.month - 1 + place * _MONTHS[self.rhythm], 12)
        last = monthrange(year, month + 1)[1]
        return date(year, month + 1, min(self.day or first.day, last))
