"""Ending what runs for ever, and what runs too long.

To cancel once is not enough: ``asyncio.wait_for`` of Python 3.11 loses a cancellation that comes in the
moment in which what it waits for does, and every answer of the database is waited for in that way.
``asyncio.timeout`` cancels once too. So endings and limits of time go by what is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from types import TracebackType
from typing import Any, Self

_AGAIN_S = 0.5
_AGAIN_LATE_S = 5.0
"""A block that is out of time gets as long to clean up, before it is asked once more to end."""


async def end(tasks: Collection[asyncio.Future[Any]]) -> None:
    """Cancel tasks until all of them are done; what they end with is nobody's concern.

    Whoever is cancelled meanwhile sees it through first: nothing is left running that nobody knows of.
    """
    running = {task for task in tasks if not task.done()}
    cancelled: asyncio.CancelledError | None = None
    while running:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running, timeout=_AGAIN_S)
        except asyncio.CancelledError as error:
            cancelled = error
        running = {task for task in running if not task.done()}
    await asyncio.gather(*tasks, return_exceptions=True)
    if cancelled is not None:
        raise cancelled


class within:  # noqa: N801 - reads as asyncio.timeout does
    """A block may take so many seconds: ``async with within(5.0):``. Raises TimeoutError when it is cut off.

    Cancelled by somebody else, it is cancelled and no more. A block that ends by itself after its time, as
    one may whose last answer came in that moment, has ended well.
    """

    def __init__(self, timeout_s: float, *, again_s: float = _AGAIN_LATE_S) -> None:
        """``again_s``: how long a block that is out of time may take to end, before it is told again."""
        self._timeout_s = timeout_s
        self._again_s = again_s
        self._cancelled = 0

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None, "a block is entered by a task"
        self._task = task
        self._before = task.cancelling()
        self._wake = asyncio.get_running_loop().call_later(max(0.0, self._timeout_s), self._cut_off)
        return self

    def _cut_off(self) -> None:
        self._cancelled += 1
        self._task.cancel()
        self._wake = asyncio.get_running_loop().call_later(self._again_s, self._cut_off)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wake.cancel()
        for _ in range(self._cancelled):
            self._task.uncancel()
        others = self._task.cancelling() > self._before
        if self._cancelled and not others and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error
