"""Closing a day: the marker, the order of days, the same call again, and what is refused."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from sycee import ledger
from sycee.database import Database
from sycee.kernel.calendars import WEEKDAYS
from sycee.ledger import CellNotFound
from sycee.operations import (
    DayBeingClosed,
    DayClosedOtherwise,
    DayCovered,
    DaySkipped,
    DayUnfinished,
    InvalidNextDate,
    Step,
    close_day,
    find_run,
    list_runs,
)
from sycee.operations.locks import cell_lock
from tests.operations.own_steps import NotToday, RefusingStep, WalkingStep, make_table, work_done
from tests.operations.small_bank import (
    BEIJING,
    FIRST_DAY,
    SHANGHAI,
    business_date,
    customer_account,
    found_bank,
    post,
    traffic,
    vault,
)

NEXT_DAY = FIRST_DAY + timedelta(days=1)
FRIDAY, MONDAY = date(2026, 4, 3), date(2026, 4, 6)


async def test_what_is_posted_after_the_marker_belongs_to_the_next_day(database: Database) -> None:
    await found_bank(database)
    before, after = traffic(SHANGHAI, "before"), traffic(SHANGHAI, "after")
    await post(database, before)
    run = await close_day(database, SHANGHAI, by="test")
    await post(database, after)
    assert (run.business_date, run.next_date, run.state) == (FIRST_DAY, NEXT_DAY, "finished")
    async with database.transaction() as tx:
        for transfers, day in ((before, FIRST_DAY), (after, NEXT_DAY)):
            assert (await ledger.get_transfer(tx, transfers[0].id)).business_date == day


async def test_a_day_is_closed_once_and_asking_again_answers_with_its_run(database: Database) -> None:
    await found_bank(database)
    first = await close_day(database, SHANGHAI, by="test", on=FIRST_DAY)
    again = await close_day(database, SHANGHAI, by="somebody else", on=FIRST_DAY)
    assert again == first
    assert await business_date(database) == NEXT_DAY


async def test_days_are_closed_one_after_the_other(database: Database) -> None:
    await found_bank(database)
    with pytest.raises(DaySkipped, match="2026-03-30 is to be closed"):
        await close_day(database, SHANGHAI, by="test", on=NEXT_DAY)
    for _ in range(3):
        await close_day(database, SHANGHAI, by="test")
    async with database.transaction() as tx:
        days = [run.business_date for run in await list_runs(tx, SHANGHAI)]
    assert days == [FIRST_DAY + timedelta(days=2), NEXT_DAY, FIRST_DAY]


async def test_a_day_before_the_first_one_or_within_a_weekend_that_was_closed_is_over(
    database: Database,
) -> None:
    await found_bank(database, on=FRIDAY)
    await close_day(database, SHANGHAI, by="test", calendar=WEEKDAYS)
    for over in (FRIDAY - timedelta(days=1), FRIDAY + timedelta(days=1)):
        with pytest.raises(DayCovered):
            await close_day(database, SHANGHAI, by="test", on=over)


async def test_the_next_date_skips_what_the_calendar_skips(database: Database) -> None:
    await found_bank(database, on=FRIDAY)
    run = await close_day(database, SHANGHAI, by="test", calendar=WEEKDAYS)
    assert (run.next_date, run.day.last) == (MONDAY, date(2026, 4, 5))
    assert await business_date(database) == MONDAY


async def test_the_same_day_with_another_next_date_is_refused(database: Database) -> None:
    await found_bank(database, on=FRIDAY)
    await close_day(database, SHANGHAI, by="test", on=FRIDAY, to=MONDAY)
    with pytest.raises(DayClosedOtherwise, match="2026-04-06"):
        await close_day(database, SHANGHAI, by="test", on=FRIDAY, to=date(2026, 4, 7))


@pytest.mark.parametrize("days", [0, -1, 32])
async def test_a_next_date_that_cannot_follow_is_refused_and_nothing_changed(
    database: Database, days: int
) -> None:
    await found_bank(database)
    with pytest.raises(InvalidNextDate):
        await close_day(database, SHANGHAI, by="test", to=FIRST_DAY + timedelta(days=days))
    assert await business_date(database) == FIRST_DAY
    async with database.transaction() as tx:
        assert await find_run(tx, SHANGHAI, FIRST_DAY) is None


async def test_a_cell_that_does_not_exist_has_no_day(database: Database) -> None:
    with pytest.raises(CellNotFound):
        await close_day(database, SHANGHAI, by="test")


async def test_days_that_were_advanced_by_hand_are_closed_together(database: Database) -> None:
    await found_bank(database)
    await close_day(database, SHANGHAI, by="test")
    ahead = NEXT_DAY + timedelta(days=3)
    async with database.transaction() as tx:
        await ledger.advance_business_date(tx, SHANGHAI, ahead)
    with pytest.raises(InvalidNextDate):
        await close_day(database, SHANGHAI, by="test", to=ahead - timedelta(days=1))
    run = await close_day(database, SHANGHAI, by="test")
    assert (run.business_date, run.next_date) == (NEXT_DAY, ahead)
    assert await business_date(database) == ahead


async def test_cells_are_closed_on_their_own_and_side_by_side(database: Database) -> None:
    await found_bank(database)
    await make_table(database)
    steps = [WalkingStep("walk")]
    await asyncio.gather(*(close_day(database, cell, by="test", steps=steps) for cell in (SHANGHAI, BEIJING)))
    done = await work_done(database, "walk")
    numbers = {customer_account(cell, serial) for cell in (SHANGHAI, BEIJING) for serial in range(1, 6)}
    assert {key[2] for key in done} == numbers | {vault(SHANGHAI), vault(BEIJING)}
    assert set(done.values()) == {1}


async def test_a_second_process_is_told_that_the_day_is_being_closed(
    database: Database, database_url: str
) -> None:
    await found_bank(database)
    await make_table(database)
    seen: list[str] = []

    async def between(blocks: int) -> None:
        if blocks == 1:
            async with await Database.open(database_url, max_size=2) as other:
                with pytest.raises(DayBeingClosed, match="another process is closing a day of cell 101"):
                    await close_day(other, SHANGHAI, by="second", on=FIRST_DAY)
                async with other.transaction() as tx:
                    run = await find_run(tx, SHANGHAI, FIRST_DAY)
                assert run is not None
                seen.append(run.state)

    run = await close_day(database, SHANGHAI, by="first", steps=[WalkingStep("walk", between=between)])
    assert seen == ["running"]
    assert (run.state, run.attempt, run.started_by) == ("finished", 1, "first")


async def test_a_day_can_be_closed_as_soon_as_the_one_before_is_seen_to_be_finished(
    database: Database, database_url: str
) -> None:
    await found_bank(database)
    await close_day(database, SHANGHAI, by="first", steps=[])
    async with await Database.open(database_url, max_size=2) as other:
        async with cell_lock(other, SHANGHAI):  # the process that closed it has not let go yet
            following = asyncio.create_task(close_day(database, SHANGHAI, by="second", steps=[]))
            await asyncio.wait({following}, timeout=0.2)
            assert not following.done()
        assert (await following).business_date == NEXT_DAY


async def test_a_step_that_fails_stops_the_run_and_the_same_call_goes_on_with_it(database: Database) -> None:
    await found_bank(database)
    await make_table(database)
    refusing = RefusingStep("rates")
    steps: list[Step] = [WalkingStep("first"), refusing, WalkingStep("last")]
    stopped = await close_day(database, SHANGHAI, by="test", steps=steps)
    assert stopped.state == "stopped"
    assert [step.state for step in stopped.steps] == ["done", "done", "failed", "waiting"]
    assert (stopped.steps[2].code, stopped.steps[2].reason) == (
        NotToday.code,
        "the rates of the day are not there",
    )
    with pytest.raises(DayUnfinished):
        await close_day(database, SHANGHAI, by="test", on=NEXT_DAY, steps=steps)
    refusing.allowed = True
    finished = await close_day(database, SHANGHAI, by="test", steps=steps)
    assert (finished.business_date, finished.state, finished.attempt) == (FIRST_DAY, "finished", 2)
    assert [step.state for step in finished.steps] == ["done"] * 4
    assert finished.steps[2].code is None
    assert set((await work_done(database, "first")).values()) == {1}


async def test_the_progress_of_each_step_is_told(database: Database) -> None:
    await found_bank(database)
    await make_table(database)
    told: list[tuple[str, int, int | None]] = []
    await close_day(
        database,
        SHANGHAI,
        by="test",
        steps=[WalkingStep("walk")],
        progress=lambda one: told.append((one.step, one.done, one.total)),
    )
    assert told == [
        ("walk", 0, None),
        ("walk", 2, 6),
        ("walk", 4, 6),
        ("walk", 6, 6),
        ("walk", 6, 6),
    ]


async def test_the_books_are_proved_when_that_is_asked_for(database: Database) -> None:
    await found_bank(database)
    await post(database, traffic(SHANGHAI, "day"))
    run = await close_day(database, SHANGHAI, by="test", check=True)
    assert (run.steps[-1].step, run.steps[-1].state, run.steps[-1].failed) == ("check_books", "done", 0)
    assert run.steps[-1].done >= 8
    async with database.transaction() as tx:
        await tx.execute("UPDATE accounts SET posted = posted + 1 WHERE number = %s", (vault(SHANGHAI),))
    run = await close_day(database, SHANGHAI, by="test", check=True)
    assert run.state == "finished"
    assert run.steps[-1].failed > 0
