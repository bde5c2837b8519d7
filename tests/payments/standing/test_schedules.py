"""The dates of schedules: by a plain model that walks the calendar day by day, and worked out by hand."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.components import CalendarNotFound, calendar
from sycee.payments.standing import InvalidStandingOrder, Rhythm, Roll, Schedule

ONE_DAY = timedelta(1)
_STEPS = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3, Rhythm.YEARLY: 12}


def falls_on(schedule: Schedule, day: date) -> bool:
    """The model: whether a day is one of the schedule's dates, said of the day alone."""
    if day < schedule.first_on or (schedule.last_on is not None and day > schedule.last_on):
        return False
    if schedule.rhythm is Rhythm.DAILY:
        return calendar(schedule.calendar).is_business_day(day)
    if schedule.rhythm is Rhythm.WEEKLY:
        return day.weekday() == schedule.first_on.weekday()
    wanted = schedule.day or schedule.first_on.day
    months = (day.year - schedule.first_on.year) * 12 + day.month - schedule.first_on.month
    is_day = day.day == wanted or (day.day < wanted and day.day == monthrange(day.year, day.month)[1])
    return is_day and months % _STEPS[schedule.rhythm] == 0


def carried_out_on(schedule: Schedule, day: date) -> date:
    """The model: the nearest business day on the side that the roll says, found step by step."""
    business = calendar(schedule.calendar)
    later, earlier = day, day
    while not business.is_business_day(later):
        later += ONE_DAY
    while not business.is_business_day(earlier):
        earlier -= ONE_DAY
    if schedule.roll is Roll.PRECEDING and schedule.rhythm is not Rhythm.DAILY:
        return earlier
    left_the_month = later.month != day.month
    return earlier if schedule.roll is Roll.MODIFIED_FOLLOWING and left_the_month else later


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Schedules of every rhythm that begin in the years whose holidays are known."""
    rhythm = draw(st.sampled_from(Rhythm))
    first_on = draw(st.dates(date(2021, 1, 1), date(2024, 12, 31)))
    last_of_month = first_on.day == monthrange(first_on.year, first_on.month)[1]
    days: list[int | None] = [None]
    if rhythm in _STEPS:
        days += range(first_on.day, 32) if last_of_month else [first_on.day]
    return Schedule(
        rhythm=rhythm,
        first_on=first_on,
        day=draw(st.sampled_from(days)),
        last_on=draw(st.none() | st.dates(first_on, date(2025, 6, 30))),
        times=draw(st.none() | st.integers(1, 60)),
        calendar=draw(st.sampled_from(["CN", "weekdays", "every_day"])),
        roll=draw(st.sampled_from(Roll)),
    ).check()


@given(schedules())
def test_the_dates_are_those_that_a_walk_through_the_calendar_finds(schedule: Schedule) -> None:
    end = date(2025, 6, 30)
    walked = [
        schedule.first_on + timedelta(days)
        for days in range((end - schedule.first_on).days + 1)
        if falls_on(schedule, schedule.first_on + timedelta(days))
    ][: schedule.times]
    turns = list(islice(schedule.turns(), len(walked)))
    assert [turn.on for turn in turns] == walked
    assert [turn.place for turn in turns] == list(range(len(walked)))
    assert [turn.due_on for turn in turns] == [carried_out_on(schedule, day) for day in walked]
    following = schedule.next(turns[-1]) if turns else schedule.next(None)
    is_over = schedule.times == len(walked) or schedule.last_on is not None
    assert (following is None) == is_over


@given(schedules(), st.integers(0, 20))
def test_going_on_from_any_date_gives_the_dates_that_follow_it(schedule: Schedule, place: int) -> None:
    turns = list(islice(schedule.turns(), place + 3))
    if place < len(turns):
        assert list(islice(schedule.turns(turns[place]), 2)) == turns[place + 1 : place + 3]


def test_the_31st_is_the_last_day_of_shorter_months_and_the_31st_again_after_them() -> None:
    schedule = Schedule(rhythm=Rhythm.MONTHLY, first_on=date(2024, 1, 31), calendar="every_day").check()
    assert [turn.on for turn in islice(schedule.turns(), 4)] == [
        date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("roll", "due_on"),
    [
        (Roll.FOLLOWING, date(2024, 10, 8)),  # after National Day, 1 to 7 October
        (Roll.PRECEDING, date(2024, 9, 30)),
    ],
)
def test_a_date_in_the_national_holiday_moves_out_of_it(roll: Roll, due_on: date) -> None:
    schedule = Schedule(rhythm=Rhythm.MONTHLY, first_on=date(2024, 10, 5), roll=roll)
    assert next(schedule.turns()).due_on == due_on


def test_modified_following_stays_in_the_month() -> None:
    # 31 August 2024 is a Saturday: the next business day is in September.
    schedule = Schedule(rhythm=Rhythm.MONTHLY, first_on=date(2024, 8, 31), roll=Roll.MODIFIED_FOLLOWING)
    assert next(schedule.turns()).due_on == date(2024, 8, 30)


def test_a_saturday_that_is_worked_is_a_day_to_pay_on() -> None:
    # 12 October 2024, worked for the holiday before.
    schedule = Schedule(rhythm=Rhythm.DAILY, first_on=date(2024, 10, 11))
    assert [turn.due_on for turn in islice(schedule.turns(), 3)] == [
        date(2024, 10, 11), date(2024, 10, 12), date(2024, 10, 14),
    ]  # fmt: skip


def test_the_business_day_of_a_year_whose_holidays_are_not_decreed_is_not_guessed() -> None:
    weekly = Schedule(rhythm=Rhythm.WEEKLY, first_on=date(2150, 1, 1))
    assert [(turn.on, turn.due_on) for turn in islice(weekly.turns(), 2)] == [
        (date(2150, 1, 1), None), (date(2150, 1, 8), None),
    ]  # fmt: skip
    daily = Schedule(rhythm=Rhythm.DAILY, first_on=date(2150, 1, 1))
    assert [turn.due_on for turn in daily.turns()] == [None]


def test_it_is_tried_again_on_business_days() -> None:
    schedule = Schedule(rhythm=Rhythm.WEEKLY, first_on=date(2024, 9, 30), retry_days=2)
    assert schedule.last_try(date(2024, 9, 30)) == date(2024, 10, 9)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"day": 15}, "is not day 15 of its month, 2024-04-15 is"),
        ({"day": 32}, "no day of a month"),
        ({"rhythm": Rhythm.WEEKLY, "day": 20}, "has no day of the month"),
        ({"last_on": date(2024, 4, 19)}, "is before the first"),
        ({"times": 0}, "times, not 0"),
        ({"retry_days": 31}, "for 0 to 30 days"),
        ({"last_on": date(2300, 1, 1)}, "through the year 2200"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_with_why(said: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidStandingOrder, match=why):
        Schedule(**{"rhythm": Rhythm.MONTHLY, "first_on": date(2024, 4, 20), **said}).check()


def test_a_calendar_that_is_none_is_refused() -> None:
    with pytest.raises(CalendarNotFound):
        Schedule(rhythm=Rhythm.DAILY, first_on=date(2024, 4, 20), calendar="MARS").check()
