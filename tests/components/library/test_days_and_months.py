"""Day counts, months and calendars: the days that interest is for."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import CalendarNotPublished, library
from sycee.components.library.calendars import Convention, adjust
from sycee.components.library.day_counts import DayCountConvention
from sycee.components.library.months import month_end

CONVENTIONS = get_args(DayCountConvention)
days = st.dates(date(2000, 1, 1), date(2080, 12, 31))
spans = st.tuples(days, days, days).map(sorted)
every_convention = pytest.mark.parametrize("convention", CONVENTIONS)


@pytest.mark.parametrize(
    ("convention", "start", "end", "counted", "years"),
    [
        ("actual/360", "2026-03-21", "2026-06-21", 92, Fraction(92, 360)),
        ("actual/360", "2028-02-28", "2028-03-01", 2, Fraction(2, 360)),  # over a leap day
        ("actual/365", "2028-01-01", "2029-01-01", 366, Fraction(366, 365)),
        ("actual/actual", "2028-01-01", "2029-01-01", 366, Fraction(1)),
        ("actual/actual", "2027-12-31", "2028-01-02", 2, Fraction(1, 365) + Fraction(1, 366)),
        ("30E/360", "2026-01-31", "2026-02-28", 28, Fraction(28, 360)),
        ("30E/360", "2026-02-28", "2026-03-31", 32, Fraction(32, 360)),
        ("30E/360", "2026-01-01", "2027-01-01", 360, Fraction(1)),
    ],
)
def test_each_convention_counts_as_it_says(
    convention: DayCountConvention, start: str, end: str, counted: int, years: Fraction
) -> None:
    count = library.DayCount(convention=convention)
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    assert (count.days(first, last), count.year_fraction(first, last)) == (counted, years)


@every_convention
@given(span=spans)
def test_a_period_cut_anywhere_has_the_days_and_years_of_its_parts(
    convention: DayCountConvention, span: list[date]
) -> None:
    start, cut, end = span
    count = library.DayCount(convention=convention)
    assert count.days(start, cut) + count.days(cut, end) == count.days(start, end)
    assert count.year_fraction(start, cut) + count.year_fraction(cut, end) == count.year_fraction(start, end)


@every_convention
@given(span=spans)
def test_a_longer_period_is_never_fewer_days(convention: DayCountConvention, span: list[date]) -> None:
    start, cut, end = span
    count = library.DayCount(convention=convention)
    assert 0 <= count.days(start, cut) <= count.days(start, end)


@pytest.mark.parametrize(
    ("start", "months", "ends"),
    [
        ("2026-01-15", 1, "2026-02-15"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2027-02-28", 12, "2028-02-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-03-31", -1, "2026-02-28"),
    ],
)
def test_the_corresponding_day_or_the_last_of_a_short_month(start: str, months: int, ends: str) -> None:
    assert library.add_months(date.fromisoformat(start), months) == date.fromisoformat(ends)


def test_month_ends_may_follow_month_ends() -> None:
    assert library.add_months(date(2026, 2, 28), 6, month_ends=True) == date(2026, 8, 31)
    assert library.add_months(date(2026, 2, 28), 6) == date(2026, 8, 28)


@given(start=days, months=st.integers(0, 120))
def test_whole_months_are_counted_back(start: date, months: int) -> None:
    end = library.add_months(start, months)
    assert library.whole_months(start, end) == months
    if months:
        assert library.whole_months(start, end - timedelta(days=1)) == months - 1
    assert library.add_months(start, months) <= month_end(end)


@given(start=days, length=st.integers(0, 4000))
def test_whole_months_leave_less_than_a_month(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    months = library.whole_months(start, end)
    assert library.add_months(start, months) <= end < library.add_months(start, months + 1)


def test_months_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="before"):
        library.whole_months(date(2026, 2, 1), date(2026, 1, 1))


def test_make_up_workdays_and_holidays_of_china() -> None:
    """Spring festival of 2026: 15 to 23 February off; Saturday 14 and Saturday 28 February are worked."""
    china = library.calendar("CN")
    assert not any(china.is_business_day(date(2026, 2, day)) for day in range(15, 24))
    assert china.is_business_day(date(2026, 2, 14))
    assert china.is_business_day(date(2026, 2, 28))
    assert china.next_business_day(date(2026, 2, 14)) == date(2026, 2, 24)


def test_a_year_that_is_not_decreed_yet_is_refused_not_guessed() -> None:
    china = library.calendar("CN")
    assert isinstance(china, library.PublishedCalendar)
    later = date(china.last_year + 1, 1, 4)
    with pytest.raises(CalendarNotPublished, match=f"published for 2004 to {china.last_year}"):
        china.is_business_day(later)
    with pytest.raises(CalendarNotPublished):
        china.next_business_day(date(china.last_year, 12, 31))


def test_a_calendar_that_is_not_there_is_named() -> None:
    with pytest.raises(library.CalendarNotFound, match="'MARS'"):
        library.calendar("MARS")


def test_every_day_is_a_business_day_where_business_never_rests() -> None:
    assert library.calendar("every_day").is_business_day(date(2026, 2, 15))
    assert not library.calendar("weekdays").is_business_day(date(2026, 2, 15))


@pytest.mark.parametrize(
    ("convention", "day", "moved"),
    [
        ("unadjusted", "2026-05-31", "2026-05-31"),
        ("following", "2026-05-31", "2026-06-01"),
        ("modified_following", "2026-05-31", "2026-05-29"),
        ("modified_following", "2026-06-06", "2026-06-08"),
        ("preceding", "2026-05-31", "2026-05-29"),
        ("following", "2026-02-16", "2026-02-24"),
        ("preceding", "2026-02-16", "2026-02-14"),  # a Saturday that is worked
    ],
)
def test_a_day_is_moved_as_the_convention_says(convention: Convention, day: str, moved: str) -> None:
    china = library.BusinessCalendar(name="CN", convention=convention)
    assert china.adjust(date.fromisoformat(day)) == date.fromisoformat(moved)


@given(
    day=st.dates(date(2005, 1, 1), date(2025, 12, 1)), convention=st.sampled_from(get_args(Convention)[1:])
)
def test_a_moved_day_is_a_business_day_and_moves_no_further(day: date, convention: Convention) -> None:
    china = library.calendar("CN")
    moved = adjust(day, convention, china)
    assert china.is_business_day(moved)
    assert adjust(moved, convention, china) == moved
    if convention == "modified_following":
        assert (moved.year, moved.month) == (day.year, day.month)


@pytest.mark.parametrize(
    ("count", "day"), [(0, "2026-02-24"), (1, "2026-02-24"), (2, "2026-02-25"), (5, "2026-02-28")]
)
def test_business_days_are_counted_over_a_holiday(count: int, day: str) -> None:
    china = library.BusinessCalendar(name="CN")
    assert china.business_days_after(date(2026, 2, 16), count) == date.fromisoformat(day)


def test_business_days_after_a_business_day_begin_with_the_next() -> None:
    china = library.BusinessCalendar(name="CN")
    assert china.business_days_after(date(2026, 2, 13), 1) == date(2026, 2, 14)
    assert china.business_days_after(date(2026, 2, 13), 0) == date(2026, 2, 13)
