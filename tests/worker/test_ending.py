"""What works for ever ends when it is told to, even where a cancellation is lost on the way."""

from __future__ import annotations

import asyncio

from sycee.worker.ending import end


async def test_a_task_that_loses_a_cancellation_is_ended_all_the_same() -> None:
    lost = 0

    async def stubborn() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost += 1

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end([task])
    assert (task.cancelled(), lost) == (True, 1)


async def test_what_failed_is_no_concern_of_who_ends_it() -> None:
    async def broken() -> None:
        raise ValueError

    task = asyncio.create_task(broken())
    await asyncio.sleep(0)
    await end([task])
    assert isinstance(task.exception(), ValueError)
