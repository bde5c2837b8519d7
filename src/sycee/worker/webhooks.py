"""A task for every webhook at which something is due, so that one which hangs holds up no other."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from uuid import UUID

from sycee import operations
from sycee.database import Database, DatabaseUnavailable
from sycee.kernel.ending import end, within
from sycee.operations import WebhookSender

logger = logging.getLogger("sycee.worker")

MOST_AT_ONCE = 32
"""At how many endpoints a worker is at once."""


class WebhooksAtWork:
    """Sends what is due until it is told to stop."""

    def __init__(self, database: Database, sender: WebhookSender, *, poll_s: float) -> None:
        """``poll_s`` is how often it is looked where something is due."""
        self._database = database
        self._sender = sender
        self._poll_s = poll_s
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``; what is under way then is sent again when its claim is over."""
        try:
            while not stop.is_set():
                await self._look()
                with suppress(TimeoutError):
                    async with within(self._poll_s):
                        await stop.wait()
        finally:
            await end(self._tasks.values())
            await self._sender.close()

    async def _look(self) -> None:
        try:
            async with self._database.transaction() as tx:
                due = await operations.due_webhooks(tx)
        except DatabaseUnavailable as error:
            logger.warning("webhooks wait: %s", error.detail)
            return
        self._tasks = {webhook: task for webhook, task in self._tasks.items() if not task.done()}
        for webhook in due:
            if webhook not in self._tasks and len(self._tasks) < MOST_AT_ONCE:
                self._tasks[webhook] = asyncio.create_task(self._work(webhook))

    async def _work(self, webhook: UUID) -> None:
        try:
            while await self._sender.send_due(webhook):
                pass
        except DatabaseUnavailable as error:
            logger.warning("webhook %s waits: %s", webhook, error.detail)
        except Exception:  # whatever it is, the next look goes on from what is written
            logger.exception("webhook %s could not be sent to; it is tried again", webhook)
