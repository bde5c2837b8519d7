"""Ending what runs for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

_AGAIN_S = 0.5


async def end(tasks: Collection[asyncio.Future[None]]) -> None:
    """Cancel tasks until all of them are done; what they end with is nobody's concern.

    Once is not enough: ``asyncio.wait_for`` of Python 3.11 loses a cancellation that comes in the moment in
    which what it waits for does, and every answer of the database is waited for in that way.
    """
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
