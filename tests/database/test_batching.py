"""Group commit: what arrives together is carried out together, and fails alone."""

from __future__ import annotations

import asyncio

import pytest

from sycee.database import Batcher, ShuttingDown, TooBusy
from sycee.kernel.errors import Unavailable


class Till:
    """A handler that writes down every batch it is given and doubles each command."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.running = self.most_running = 0

    async def __call__(self, commands: list[int]) -> list[int]:
        self.batches.append(commands)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.open.wait()
            if any(command < 0 for command in commands):
                raise ValueError(f"poison in {commands}")
        finally:
            self.running -= 1
        return [command * 2 for command in commands]


@pytest.fixture
async def till() -> Till:
    return Till()


async def _busy(till: Till, batcher: Batcher[int, int], lane: object = None) -> asyncio.Task[list[int]]:
    """A first batch that stays with the handler until the till is opened."""
    till.open.clear()
    first = asyncio.create_task(batcher.submit([0], lane))
    await asyncio.sleep(0.01)
    return first


async def test_what_queues_while_a_batch_runs_is_the_next_batch(till: Till) -> None:
    async with Batcher(till, 100) as batcher:
        first = await _busy(till, batcher)
        rest = [asyncio.create_task(batcher.submit([n])) for n in (1, 2, 3)]
        await asyncio.sleep(0.01)
        assert batcher.waiting == 3
        till.open.set()
        assert await asyncio.gather(first, *rest) == [[0], [2], [4], [6]]
    assert till.batches == [[0], [1, 2, 3]]


async def test_callers_of_the_same_moment_share_a_batch(till: Till) -> None:
    async with Batcher(till, 100) as batcher:
        await asyncio.gather(*(batcher.submit([n]) for n in range(5)))
    assert till.batches == [[0, 1, 2, 3, 4]]


async def test_an_idle_batcher_starts_at_once(till: Till) -> None:
    async with Batcher(till, 100) as batcher:
        assert await asyncio.wait_for(batcher.submit([21]), 0.5) == [42]


async def test_a_batch_holds_no_more_than_its_maximum_and_splits_no_submission(till: Till) -> None:
    async with Batcher(till, 4) as batcher:
        first = await _busy(till, batcher)
        rest = [asyncio.create_task(batcher.submit(c)) for c in ([1, 2, 3], [4, 5], [6], [7] * 9, [8])]
        await asyncio.sleep(0.01)
        till.open.set()
        await asyncio.gather(first, *rest)
    assert till.batches == [[0], [1, 2, 3], [4, 5, 6], [7] * 9, [8]]


async def test_an_empty_submission_is_answered_without_a_batch(till: Till) -> None:
    async with Batcher(till, 4) as batcher:
        assert await batcher.submit([]) == []
    assert till.batches == []


async def test_one_poison_command_fails_alone(till: Till) -> None:
    async with Batcher(till, 100) as batcher:
        results = await asyncio.gather(
            *(batcher.submit([n]) for n in (1, 2, -3, 4, 5, 6, 7)), return_exceptions=True
        )
    assert isinstance(results[2], ValueError)
    assert [r for r in results if not isinstance(r, BaseException)] == [[2], [4], [8], [10], [12], [14]]


async def test_an_unavailable_database_fails_everybody_without_another_try() -> None:
    calls = 0

    async def away(commands: list[int]) -> list[int]:
        nonlocal calls
        calls += 1
        raise Unavailable

    async with Batcher(away, 100) as batcher:
        results = await asyncio.gather(*(batcher.submit([n]) for n in range(8)), return_exceptions=True)
    assert calls == 1
    assert all(isinstance(result, Unavailable) for result in results)


async def test_a_handler_that_loses_outcomes_fails_its_batch_and_is_not_run_again() -> None:
    calls = 0

    async def forgetful(commands: list[int]) -> list[int]:
        nonlocal calls
        calls += 1
        return commands[1:]

    async with Batcher(forgetful, 100) as batcher:
        results = await asyncio.gather(batcher.submit([1]), batcher.submit([2]), return_exceptions=True)
    assert calls == 1
    assert all(isinstance(result, RuntimeError) for result in results)


async def test_a_caller_that_leaves_the_queue_withdraws_its_commands(till: Till) -> None:
    async with Batcher(till, 100) as batcher:
        first = await _busy(till, batcher)
        leaving, staying = (asyncio.create_task(batcher.submit([n])) for n in (1, 2))
        await asyncio.sleep(0.01)
        leaving.cancel()
        till.open.set()
        assert [await first, await staying] == [[0], [4]]
        assert batcher.waiting == 0
    assert till.batches == [[0], [2]]


async def test_a_caller_that_leaves_a_running_batch_does_not_disturb_the_others(till: Till) -> None:
    async with Batcher(till, 100) as batcher:
        till.open.clear()
        leaving, staying = (asyncio.create_task(batcher.submit([n])) for n in (1, 2))
        await asyncio.sleep(0.01)
        leaving.cancel()
        await asyncio.sleep(0)
        till.open.set()
        assert await staying == [4]
        assert await batcher.submit([3]) == [6]
    assert till.batches == [[1, 2], [3]]


async def test_lanes_run_beside_each_other_and_do_not_mix(till: Till) -> None:
    async with Batcher(till, 100) as batcher:
        first = await _busy(till, batcher, lane=101)
        others = [asyncio.create_task(batcher.submit([n], n)) for n in (101, 102, 102, 103)]
        await asyncio.sleep(0.01)
        assert till.batches == [[0], [102, 102], [103]]
        till.open.set()
        await asyncio.gather(first, *others)
    assert till.batches[3:] == [[101]]
    assert till.most_running == 3


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_no_more_batches_of_a_lane_are_in_flight_than_allowed(till: Till, concurrency: int) -> None:
    async with Batcher(till, 1, concurrency=concurrency) as batcher:
        till.open.clear()
        tasks = [asyncio.create_task(batcher.submit([n])) for n in range(10)]
        await asyncio.sleep(0.01)
        till.open.set()
        await asyncio.gather(*tasks)
    assert till.most_running == concurrency


async def test_a_full_queue_refuses_at_once(till: Till) -> None:
    async with Batcher(till, 100, max_waiting=3) as batcher:
        first = await _busy(till, batcher)
        queued = [asyncio.create_task(batcher.submit([n])) for n in (1, 2, 3)]
        await asyncio.sleep(0.01)
        with pytest.raises(TooBusy):
            await batcher.submit([4])
        till.open.set()
        await asyncio.gather(first, *queued)
        assert await batcher.submit([5]) == [10]


async def test_closing_carries_out_what_is_queued_and_takes_nothing_new(till: Till) -> None:
    batcher = Batcher(till, 1)
    first = await _busy(till, batcher)
    queued = [asyncio.create_task(batcher.submit([n])) for n in (1, 2)]
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(batcher.close())
    await asyncio.sleep(0.01)
    with pytest.raises(ShuttingDown):
        await batcher.submit([3])
    till.open.set()
    assert await asyncio.gather(first, *queued) == [[0], [2], [4]]
    await closing


async def test_ten_thousand_callers_are_all_answered(till: Till) -> None:
    async with Batcher(till, 1000) as batcher:
        results = await asyncio.gather(*(batcher.submit([n]) for n in range(10_000)))
    assert results == [[2 * n] for n in range(10_000)]
    assert len(till.batches) == 10
