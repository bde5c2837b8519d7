"""Giving way: the end of a day pauses between its blocks while others post in the cell.

As long as it worked, so long it pauses: then at least half of the machine is left to live traffic. In a
cell in which nobody posts it never pauses.
"""

from __future__ import annotations

import asyncio
import time

from sycee.database import Database

_LONGEST_PAUSE_S = 2.0


class Pace:
    """The pace of one step in one cell."""

    def __init__(self, database: Database, cell: int) -> None:
        self._database = database
        self._cell = cell
        self._batch: int | None = None
        self._began = time.monotonic()

    async def give_way(self, *, own: int = 0) -> None:
        """Pause, if others have posted since the last call, in which this step posted ``own`` batches."""
        batch = await self._posted()
        if self._batch is not None and batch - self._batch > own:
            await asyncio.sleep(min(time.monotonic() - self._began, _LONGEST_PAUSE_S))
            batch = await self._posted()
        self._batch = batch
        self._began = time.monotonic()

    async def _posted(self) -> int:
        async with self._database.transaction() as tx:
            cursor = await tx.execute("SELECT batch FROM cells WHERE cell = %s", (self._cell,))
            row = await cursor.fetchone()
        return int(row[0]) if row else 0
