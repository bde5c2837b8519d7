"""One loop for every rail that is connected, so that one which is silent holds up no other."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from sycee.database import Database, DatabaseUnavailable
from sycee.kernel.ending import end, within
from sycee.payments import rails

logger = logging.getLogger("sycee.worker")

LOOK_EVERY_S = 2.0
"""How often it is looked which rails are connected, and where."""


class RailsAtWork:
    """Works at all connected rails until it is told to stop."""

    def __init__(self, database: Database, *, pace: rails.Pace, poll_s: float) -> None:
        """``poll_s`` is how long a rail rests when a round found nothing to do."""
        self._database = database
        self._pace = pace
        self._poll_s = poll_s
        self._tasks: dict[rails.RailConnection, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``; what is under way then is finished or taken up again by the next worker."""
        try:
            while not stop.is_set():
                await self._look()
                with suppress(TimeoutError):
                    async with within(LOOK_EVERY_S):
                        await stop.wait()
        finally:
            await self._end(list(self._tasks))

    async def _look(self) -> None:
        """Begin with rails that were connected, end with those that no longer are as they were."""
        try:
            async with self._database.transaction() as tx:
                wanted = await rails.rail_connections(tx)
        except DatabaseUnavailable as error:
            logger.warning("the worker waits: %s", error.detail)
            return
        await self._end([connection for connection in self._tasks if connection not in wanted])
        for connection in wanted:
            if connection not in self._tasks:
                logger.info("working at %s, %s", connection.rail, connection.url)
                self._tasks[connection] = asyncio.create_task(self._work(connection))

    async def _end(self, connections: list[rails.RailConnection]) -> None:
        ended = [self._tasks.pop(connection) for connection in connections]
        await end(ended)

    async def _work(self, connection: rails.RailConnection) -> None:
        async with rails.RailLink(connection) as link:
            worker = rails.RailWorker(self._database, connection, link, self._pace)
            while True:
                done = 0
                try:
                    done = await worker.round()
                except DatabaseUnavailable as error:
                    logger.warning("%s waits: %s", connection.rail, error.detail)
                except Exception:  # whatever it is, the next round goes on from what is written
                    logger.exception("a round at %s failed; it is tried again", connection.rail)
                if not done:
                    await asyncio.sleep(self._poll_s)
