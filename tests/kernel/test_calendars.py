"""Business days: weekends and holidays off, make-up workdays on."""

from __future__ import annotations

from datetime import date

import pytest

from sycee.kernel.calendars import WEEKDAYS, Calendar

# The National Day holiday of 2025 as the State Council gave notice of it: 1 to 8 October off,
# Sunday 28 September and Saturday 11 October worked.
CHINA = Calendar(
    "China, autumn 2025",
    holidays=frozenset(date(2025, 10, day) for day in range(1, 9)),
    workdays=frozenset({date(2025, 9, 28), date(2025, 10, 11)}),
)


def test_a_make_up_workday_on_a_weekend_is_a_business_day() -> None:
    assert CHINA.is_business_day(date(2025, 9, 28))
    assert CHINA.is_business_day(date(2025, 10, 11))
    assert not CHINA.is_business_day(date(2025, 9, 27))
    assert not CHINA.is_business_day(date(2025, 10, 12))


def test_a_make_up_workday_wins_over_a_holiday() -> None:
    day = date(2026, 1, 1)
    both = Calendar("both", holidays=frozenset({day}), workdays=frozenset({day}))
    assert both.is_business_day(day)


def test_the_next_business_day_passes_over_the_holiday() -> None:
    assert CHINA.next_business_day(date(2025, 9, 30)) == date(2025, 10, 9)
    assert CHINA.previous_business_day(date(2025, 10, 9)) == date(2025, 9, 30)
    assert CHINA.previous_business_day(date(2025, 9, 29)) == date(2025, 9, 28)


def test_a_business_day_stays_where_it_is_when_adjusted() -> None:
    assert CHINA.on_or_after(date(2025, 10, 9)) == date(2025, 10, 9)
    assert CHINA.on_or_before(date(2025, 10, 9)) == date(2025, 10, 9)
    assert CHINA.on_or_after(date(2025, 10, 4)) == date(2025, 10, 9)
    assert CHINA.on_or_before(date(2025, 10, 4)) == date(2025, 9, 30)


def test_business_days_of_a_period_include_both_ends() -> None:
    days = list(CHINA.business_days(date(2025, 9, 28), date(2025, 10, 13)))
    assert [day.day for day in days] == [28, 29, 30, 9, 10, 11, 13]
    assert list(CHINA.business_days(date(2025, 10, 13), date(2025, 10, 12))) == []


def test_weekends_may_fall_on_other_days() -> None:
    gulf = Calendar("Friday and Saturday", weekend=frozenset({4, 5}))
    assert gulf.is_business_day(date(2025, 10, 5))
    assert not gulf.is_business_day(date(2025, 10, 3))


def test_weekdays_know_no_holiday() -> None:
    assert WEEKDAYS.is_business_day(date(2025, 10, 1))
    assert WEEKDAYS.next_business_day(date(2025, 10, 3)) == date(2025, 10, 6)


def test_a_calendar_without_business_days_is_an_error_not_an_endless_search() -> None:
    closed = Calendar("closed", weekend=frozenset(range(7)))
    with pytest.raises(ValueError, match="closed"):
        closed.next_business_day(date(2025, 1, 1))
