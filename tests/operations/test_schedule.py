"""Days that close by themselves: when they are due, in which zone, and what is caught up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.kernel.calendars import WEEKDAYS
from sycee.operations import (
    ClosingTime,
    DayCloser,
    InvalidSchedule,
    Schedule,
    Step,
    close_day,
    latest_run,
    list_runs,
)
from tests.operations.own_steps import RefusingStep, WalkingStep, make_table
from tests.operations.small_bank import BEIJING, CELLS, FIRST_DAY, SHANGHAI, business_date, found_bank

NIGHT = ClosingTime.read("23:30", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("at", "zone", "day", "due"),
    [
        ("23:30", "Asia/Shanghai", date(2026, 3, 31), datetime(2026, 3, 31, 15, 30, tzinfo=UTC)),
        ("00:30", "Asia/Shanghai", date(2026, 3, 31), datetime(2026, 3, 31, 16, 30, tzinfo=UTC)),
        ("12:00", "Asia/Shanghai", date(2026, 3, 31), datetime(2026, 3, 31, 4, 0, tzinfo=UTC)),
        ("23:59", "Asia/Shanghai", date(2028, 2, 29), datetime(2028, 2, 29, 15, 59, tzinfo=UTC)),
        # Berlin: summer time begins on 29 March 2026 (02:00 to 03:00 is left out) and ends on 25 October
        # (02:00 to 03:00 comes twice).
        ("23:30", "Europe/Berlin", date(2026, 3, 28), datetime(2026, 3, 28, 22, 30, tzinfo=UTC)),
        ("23:30", "Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 21, 30, tzinfo=UTC)),
        ("02:30", "Europe/Berlin", date(2026, 3, 28), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("02:30", "Europe/Berlin", date(2026, 10, 24), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_day_is_due_in_the_night_that_ends_it_by_the_clocks_of_its_place(
    at: str, zone: str, day: date, due: datetime
) -> None:
    assert ClosingTime.read(at, zone).due(day) == due


@pytest.mark.parametrize(
    ("at", "zone"),
    [("24:00", "Asia/Shanghai"), ("9:30", "UTC"), ("", "UTC"), ("23:30", "Shanghai"), ("23:30", "../UTC")],
)
def test_a_time_or_zone_that_is_none_is_refused(at: str, zone: str) -> None:
    with pytest.raises(InvalidSchedule):
        ClosingTime.read(at, zone)


@pytest_asyncio.fixture
async def closer(database: Database) -> AsyncIterator[DayCloser]:
    """Closes days in the background."""
    await found_bank(database)
    made = DayCloser(database)
    yield made
    await made.stop()


def after(day: date, hours: float = 0) -> datetime:
    """So many hours after a day is due."""
    return NIGHT.due(day) + timedelta(hours=hours)


async def test_nothing_is_closed_before_its_time_and_every_cell_from_then_on(
    database: Database, closer: DayCloser
) -> None:
    schedule = Schedule(database, closer, NIGHT, None)
    assert await schedule.close_due(after(FIRST_DAY, -0.01)) == 0
    assert await schedule.close_due(after(FIRST_DAY)) == len(CELLS)
    await closer.wait()
    assert [await business_date(database, cell) for cell in CELLS] == [FIRST_DAY + timedelta(days=1)] * 2
    assert await schedule.close_due(after(FIRST_DAY)) == 0


async def test_days_that_were_missed_are_caught_up_one_by_one(database: Database, closer: DayCloser) -> None:
    schedule = Schedule(database, closer, NIGHT, WEEKDAYS)
    now = after(FIRST_DAY + timedelta(days=7))  # a week later, on a Monday
    rounds = 0
    while await schedule.close_due(now):
        await closer.wait()
        rounds += 1
    async with database.transaction() as tx:
        runs = await list_runs(tx, SHANGHAI)
    assert rounds == 6
    assert [run.business_date.isoweekday() for run in reversed(runs)] == [1, 2, 3, 4, 5, 1]
    assert {(run.state, run.started_by) for run in runs} == {("finished", "schedule")}


async def test_a_run_that_was_interrupted_is_gone_on_with_at_any_time(database: Database) -> None:
    await found_bank(database)
    await make_table(database)
    refusing = RefusingStep("rates")
    steps: list[Step] = [refusing, WalkingStep("walk")]
    await close_day(database, SHANGHAI, by="test", steps=steps)
    async with database.transaction() as tx:
        await tx.execute("UPDATE day_runs SET state = 'running'")  # as a process that was killed leaves it
    refusing.allowed = True
    closer = DayCloser(database, steps)
    schedule = Schedule(database, closer, NIGHT, None)
    assert await schedule.close_due(after(FIRST_DAY, -5)) == 1
    await closer.wait()
    async with database.transaction() as tx:
        run = await latest_run(tx, SHANGHAI)
    assert run is not None
    assert (run.state, run.attempt) == ("finished", 2)


async def test_a_run_that_stops_is_left_alone_for_a_while_and_the_other_cells_go_on(
    database: Database,
) -> None:
    await found_bank(database)
    refusing = RefusingStep("rates")
    closer = DayCloser(database, [refusing])
    schedule = Schedule(database, closer, NIGHT, None, try_again_after_s=600)
    tries = []
    for _ in range(4):
        tries.append(await schedule.close_due(after(FIRST_DAY)))
        await closer.wait()
    assert tries == [2, 2, 0, 0]  # begun; tried once more; left alone
    hopeful = Schedule(database, closer, NIGHT, None, try_again_after_s=0)
    refusing.allowed = True
    assert await hopeful.close_due(after(FIRST_DAY)) == 2
    await closer.wait()
    async with database.transaction() as tx:
        found = [await latest_run(tx, cell) for cell in (SHANGHAI, BEIJING)]
    assert [run.state for run in found if run is not None] == ["finished", "finished"]


async def test_several_processes_close_a_day_once(database: Database, database_url: str) -> None:
    await found_bank(database)
    async with await Database.open(database_url, max_size=6) as other:
        closers = [DayCloser(database), DayCloser(other)]
        schedules = [Schedule(closer._database, closer, NIGHT, None) for closer in closers]
        for schedule in (*schedules, *schedules):
            await schedule.close_due(after(FIRST_DAY))
        for closer in closers:
            await closer.wait()
    async with database.transaction() as tx:
        runs = await list_runs(tx, SHANGHAI)
    assert [(run.business_date, run.attempt) for run in runs] == [(FIRST_DAY, 1)]


async def test_a_closer_that_is_stopped_leaves_a_run_that_another_takes_up(database: Database) -> None:
    await found_bank(database)
    await make_table(database)
    closers: list[DayCloser] = []

    async def between(blocks: int) -> None:
        if blocks == 1 and len(closers) == 1:
            for task in closers[0]._tasks:
                task.cancel()

    step = WalkingStep("walk", between=between)
    closers.append(DayCloser(database, [step]))
    await closers[0].start(SHANGHAI, by="test")
    await closers[0].stop()
    async with database.transaction() as tx:
        run = await latest_run(tx, SHANGHAI)
    assert run is not None
    assert run.state == "interrupted"
    closers.append(DayCloser(database, [step]))
    await closers[1].start(SHANGHAI, by="test")
    await closers[1].wait()
    async with database.transaction() as tx:
        run = await latest_run(tx, SHANGHAI)
    assert run is not None
    assert (run.state, run.steps[1].done) == ("finished", 6)


class StubbornStep:
    """A step that works for ever, and loses cancellations as a wait for the database may."""

    name = "stubborn"

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.lost = 0

    async def run(self, _: Database, __: Any, ___: Any) -> Any:
        self.begun.set()
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if self.lost == 2:
                    raise
                self.lost += 1


async def test_a_closer_whose_step_loses_cancellations_stops_all_the_same(database: Database) -> None:
    await found_bank(database)
    step = StubbornStep()
    closer = DayCloser(database, [step])
    await closer.start(SHANGHAI, by="test")
    await step.begun.wait()
    async with asyncio.timeout(60):
        await closer.stop()
    assert step.lost == 2
    async with database.transaction() as tx:
        run = await latest_run(tx, SHANGHAI)
    assert run is not None
    assert run.state == "interrupted"
