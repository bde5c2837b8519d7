"""What works for ever ends when it is told to, even where a cancellation is lost on the way."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest

from sycee.kernel.ending import end, within

SOURCES = Path(__file__).parents[2] / "src" / "sycee"


async def stubborn(lost: list[int], times: int = 1) -> None:
    """Works for ever and loses cancellations, as whoever waits with asyncio.wait_for of Python 3.11 may."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if len(lost) == times:
                raise
            lost.append(1)


async def test_a_task_that_loses_a_cancellation_is_ended_all_the_same() -> None:
    lost: list[int] = []
    task = asyncio.create_task(stubborn(lost))
    await asyncio.sleep(0)
    await end([task])
    assert (task.cancelled(), len(lost)) == (True, 1)


async def test_a_cancellation_that_comes_with_an_answer_ends_the_task_all_the_same() -> None:
    """The very moment: the answer is there, and nobody has woken to it yet."""
    answers: list[asyncio.Future[None]] = []

    async def works() -> None:
        while True:
            answers.append(asyncio.get_running_loop().create_future())
            await asyncio.wait_for(answers[-1], 3600)

    task = asyncio.create_task(works())
    await asyncio.sleep(0)
    answers[0].set_result(None)
    await end([task])
    assert task.cancelled()


async def test_who_is_cancelled_while_ending_others_sees_it_through() -> None:
    lost: list[int] = []
    inner = asyncio.create_task(stubborn(lost, times=2))
    await asyncio.sleep(0)
    outer = asyncio.create_task(end([inner]))
    await asyncio.sleep(0)
    outer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await outer
    assert inner.cancelled()


async def test_what_failed_is_no_concern_of_who_ends_it() -> None:
    async def broken() -> None:
        raise ValueError

    task = asyncio.create_task(broken())
    await asyncio.sleep(0)
    await end([task])
    assert isinstance(task.exception(), ValueError)


async def test_a_block_that_loses_its_cancellation_is_cut_off_all_the_same() -> None:
    lost: list[int] = []
    with pytest.raises(TimeoutError):
        async with within(0, again_s=0):
            await stubborn(lost, times=2)
    assert len(lost) == 2
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0, "nobody else was told to end"


async def test_a_block_within_its_time_is_left_alone() -> None:
    async with within(3600):
        await asyncio.sleep(0)


async def test_what_a_block_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="mine"):
        async with within(3600):
            raise ValueError("mine")


async def test_who_is_cancelled_by_somebody_else_is_cancelled_and_not_late() -> None:
    async def works() -> None:
        async with within(3600):
            await asyncio.sleep(3600)

    task = asyncio.create_task(works())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_outer_of_two_limits_cuts_off_the_inner() -> None:
    inner = False
    with pytest.raises(TimeoutError):
        async with within(0):
            try:
                async with within(3600):
                    await asyncio.sleep(3600)
            except TimeoutError:
                inner = True
    assert not inner


def _waits(tree: ast.AST) -> set[str]:
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        name.attr
        for name in calls
        if isinstance(name, ast.Attribute)
        and isinstance(name.value, ast.Name)
        and (name.value.id, name.attr) in {("asyncio", "wait_for"), ("asyncio", "timeout")}
    }


def test_nothing_waits_with_a_limit_but_by_within() -> None:
    found = {
        str(path.relative_to(SOURCES)): names
        for path in SOURCES.rglob("*.py")
        if (names := _waits(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert found == {}, "these cancel once, which may be lost: sycee.kernel.ending.within"
