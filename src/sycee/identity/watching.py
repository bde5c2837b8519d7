"""Hearing at once that somebody's credentials changed, and knowing when one might not have heard.

The database tells every change with the commit that makes it (``sql/changes.sql``). A process that hears
forgets the principal. Silence is trusted for MAY_BE_DEAF_S at most: every BEAT_S the connection is asked
to answer, and a change committed before the question was asked has been heard when the answer is there.
Without an answer in time nothing remembered is used, and every request asks the database.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from contextlib import aclosing
from uuid import UUID

from sycee.database import Database, DatabaseUnavailable, Transaction
from sycee.kernel.ending import end, within

logger = logging.getLogger("sycee.identity")

CHANNEL = "sycee_identity"
BEAT_S = 0.25
MAY_BE_DEAF_S = 1.0
"""For how long after the last proof of hearing a remembered caller is still believed."""

_ANSWERS_WITHIN_S = 1.0
_PAUSE_S = 0.5


class Watch:
    """One process's ear. ``forget`` is called with the principal that changed, or None: anybody may have."""

    def __init__(self, database: Database, forget: Callable[[UUID | None], None]) -> None:
        self._database = database
        self._forget = forget
        self._task: asyncio.Task[None] | None = None
        self._heard_until = 0.0

    @property
    def hears(self) -> bool:
        """Whether no change can have been missed for longer than MAY_BE_DEAF_S."""
        return time.monotonic() - self._heard_until < MAY_BE_DEAF_S

    async def start(self) -> None:
        """Begin to listen, in the background."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Listen no more."""
        if self._task is not None:
            await end([self._task])
            self._task = None
        self._heard_until = 0.0

    async def _run(self) -> None:
        while True:
            try:
                async with self._database.listening(CHANNEL) as connection:
                    await self._prove(connection)
                    self._forget(None)  # what changed before is not told again
                    await self._listen(connection)
            except (DatabaseUnavailable, TimeoutError) as error:
                logger.warning("changes of credentials are not heard, every request looks them up: %s", error)
            except Exception:
                logger.exception("listening for changes of credentials failed; it is tried again")
            self._heard_until = 0.0
            await asyncio.sleep(_PAUSE_S)

    async def _prove(self, connection: Transaction) -> None:
        """Hear oneself, once: behind a pooler that shares connections one would not."""
        word = f"proof {secrets.token_hex(8)}"
        await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, word))
        async with within(_ANSWERS_WITHIN_S), aclosing(connection.notifies()) as notices:
            async for notice in notices:
                if notice.payload == word:
                    return

    async def _listen(self, connection: Transaction) -> None:
        while True:
            asked_at = time.monotonic()
            async with within(_ANSWERS_WITHIN_S):
                await connection.execute("SELECT 1")
            await self._take(connection, 0)  # what came along with the answer
            self._heard_until = asked_at
            await self._take(connection, BEAT_S)

    async def _take(self, connection: Transaction, timeout_s: float) -> None:
        async for notice in connection.notifies(timeout=timeout_s):
            if notice.payload.startswith("proof "):
                continue
            try:
                self._forget(UUID(notice.payload))
            except ValueError:
                self._forget(None)
