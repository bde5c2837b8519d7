"""Business days of China and of nowhere in particular; the business day a date is moved to.

China's holidays and the weekends worked in their stead are decreed by the State Council each autumn
for the next year (package ``chinese-calendar``). A year not yet decreed is refused, never guessed.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Annotated, Literal

from chinese_calendar import constants
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.errors import CalendarNotFound, CalendarNotPublished
from sycee.components.library.lines import ONE_DAY
from sycee.kernel.calendars import WEEKDAYS, Calendar

CalendarName = Literal["CN", "weekdays", "every_day"]
Convention = Literal["unadjusted", "following", "modified_following", "preceding"]


class PublishedCalendar(Calendar, frozen=True):
    """A calendar that knows the years ``first_year`` to ``last_year`` and refuses any other day."""

    first_year: int = 1
    last_year: int = 9999

    def is_business_day(self, day: date) -> bool:
        """Whether business is done on that day. Raises CalendarNotPublished outside the known years."""
        if not self.first_year <= day.year <= self.last_year:
            raise CalendarNotPublished(
                f"calendar {self.name} is published for {self.first_year} to {self.last_year}; "
                f"{day} lies outside: update the package chinese-calendar once the year is decreed"
            )
        return super().is_business_day(day)


EVERY_DAY = Calendar("every_day", weekend=frozenset())
"""Business on every day: what runs by itself, day and night."""


@cache
def _china() -> PublishedCalendar:
    return PublishedCalendar(
        "CN",
        holidays=frozenset(constants.holidays),
        workdays=frozenset(constants.workdays),
        first_year=min(constants.holidays).year,
        last_year=max(constants.holidays).year,
    )


def calendar(name: str) -> Calendar:
    """The calendar of a name: ``CN``, ``weekdays`` or ``every_day``. Raises CalendarNotFound.

    ``CN`` raises CalendarNotPublished when asked about a year whose holidays are not decreed yet.
    """
    if name == "CN":
        return _china()
    for known in (WEEKDAYS, EVERY_DAY):
        if known.name == name:
            return known
    raise CalendarNotFound(f"{name[:40]!r} is not a calendar: CN, weekdays and every_day are")


def adjust(day: date, convention: Convention, business: Calendar) -> date:
    """Move a day to a business day as a convention says; a business day stays where it is."""
    if convention == "unadjusted" or business.is_business_day(day):
        return day
    if convention == "preceding":
        return business.previous_business_day(day)
    moved = business.next_business_day(day)
    if convention == "modified_following" and moved.month != day.month:
        return business.previous_business_day(day)
    return moved


@capability("calendar.business_days", version=1, kind=Kind.CALENDAR, owner="deposits", zh="营业日历")
class BusinessCalendar(Parameters, frozen=True, kw_only=True):
    """Business-day calendar

    Which days are business days, and where a date that falls on another day is moved to. By the
    deposit rules of China a maturity keeps its corresponding day; a payout on a day the bank is
    closed then happens on the next business day.
    """

    name: Annotated[CalendarName, Meta(description="CN (with make-up workdays), weekdays or every_day")]
    convention: Annotated[
        Convention,
        Meta(
            description="where a day that is no business day is moved: modified_following stays in the month"
        ),
    ] = "unadjusted"

    def calendar(self) -> Calendar:
        """The calendar itself."""
        return calendar(self.name)

    def adjust(self, day: date) -> date:
        """That day, moved as the convention says. Raises CalendarNotPublished for undecreed years of CN."""
        if self.convention == "unadjusted":
            return day
        return adjust(day, self.convention, self.calendar())

    def business_days_after(self, day: date, count: int) -> date:
        """The ``count``-th business day after a day; the first on or after it when ``count`` is 0."""
        business = self.calendar()
        moved = business.on_or_after(day)
        if count and moved != day:
            moved -= ONE_DAY
        for _ in range(count):
            moved = business.next_business_day(moved)
        return moved
