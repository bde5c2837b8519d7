"""Following steps of payments or direct debits: one look at the database for all streams of a process.

While anybody listens, a task looks a few times a second how far the stream of each cell has come (one small
row a cell) and wakes those who have not read that far. Nobody listening costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from sycee.database import Database, DatabaseUnavailable, Transaction
from sycee.kernel.ending import within

LOOKS_EVERY_S = 0.2

logger = logging.getLogger("sycee.api")


class StreamTail:
    """How far the streams have come; ``wait`` returns when that is further than somebody has read."""

    def __init__(
        self, database: Database, positions: Callable[[Transaction], Awaitable[dict[int, int]]], name: str
    ) -> None:
        """``positions`` says how far the stream of each cell has come; ``name`` is for the log."""
        self.positions = positions
        self._database = database
        self._name = name
        self._positions: dict[int, int] = {}
        self._moved = asyncio.Condition()
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None
        self.ended = False

    async def wait(self, known: Mapping[int, int], timeout_s: float) -> bool:
        """Whether there is more than ``known`` within the time; False at once when everything ends."""
        self._listeners += 1
        if self._task is None:
            self._task = asyncio.create_task(self._look(), name=f"tail of {self._name}")
        try:
            async with self._moved, within(timeout_s):
                await self._moved.wait_for(lambda: self.ended or self._further(known))
        except TimeoutError:
            return False
        finally:
            self._listeners -= 1
        return not self.ended

    def end(self) -> None:
        """Let every stream end: the process is being stopped."""
        self.ended = True
        if self._task is not None:
            self._task.cancel()
            self._task = asyncio.create_task(self._wake())

    def _further(self, known: Mapping[int, int]) -> bool:
        return any(position > known.get(cell, 0) for cell, position in self._positions.items())

    async def _wake(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def _look(self) -> None:
        try:
            while self._listeners and not self.ended:  # a cancellation can be lost
                try:
                    async with self._database.transaction() as tx:
                        self._positions = await self.positions(tx)
                except DatabaseUnavailable as error:
                    logger.warning("the stream of %s waits: %s", self._name, error)
                await self._wake()
                await asyncio.sleep(LOOKS_EVERY_S)
        finally:
            if not self.ended:
                self._task = None
