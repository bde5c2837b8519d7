"""Calendars by name, for the next business date."""

from __future__ import annotations

from sycee.kernel.calendars import WEEKDAYS, Calendar
from sycee.operations.errors import UnknownCalendar

_KNOWN = {calendar.name: calendar for calendar in (WEEKDAYS, Calendar("every_day", weekend=frozenset()))}


def calendar_named(name: str) -> Calendar:
    """The calendar with this name. Raises UnknownCalendar."""
    try:
        return _KNOWN[name]
    except KeyError:
        raise UnknownCalendar(f"{name[:40]!r} is none of {', '.join(_KNOWN)}") from None
