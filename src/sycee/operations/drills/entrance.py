"""The way into a bank of several centres, as a load balancer makes it: whoever lives is asked, in turn.

A centre whose API does not say within a second that it lives is left out, and what was sent to it is sent to
another: every request carries its ids, so that it is done once however often it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

import httpx

from sycee.client import Sycee
from sycee.kernel.ending import end

T = TypeVar("T")

_PROBE_EVERY_S, _PROBE_WITHIN_S = 0.5, 1.0
_ANSWER_WITHIN_S = 60.0
_AT_ONCE = 90
"""Requests that wait for one centre's answer; the SDK's pool has 100 connections, and what waits for one in
the pool costs it time for each of the others."""


class CentreDown(Exception):
    """The centre that was asked is not there any more."""


class _Door:
    """One centre's API, and whether it lives."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url
        self.bank = Sycee(url, token, timeout_s=_ANSWER_WITHIN_S, retry_for_s=0.0)
        self.lives = True
        self.room = asyncio.Semaphore(_AT_ONCE)
        self.under_way: set[asyncio.Task[object]] = set()

    def mark(self, lives: bool) -> None:
        self.lives = lives
        if not lives:
            for task in self.under_way:
                task.cancel()


class Entrance:
    """Asks the centres' APIs; a context manager, within which their lives are watched."""

    def __init__(self, urls: list[str], token: str | None) -> None:
        self._doors = [_Door(url, token) for url in urls]
        self._turn = 0
        self._watching: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            await end([self._watching])
        for door in self._doors:
            await door.bank.close()

    async def ask(self, call: Callable[[Sycee], Awaitable[T]]) -> T:
        """Ask the next centre that lives. Raises CentreDown, and what the SDK raises."""
        door = self._next()

        async def asked() -> T:
            async with door.room:
                return await call(door.bank)

        task = asyncio.create_task(asked())
        door.under_way.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            ourselves = asyncio.current_task()
            if task.cancelled() and not (ourselves and ourselves.cancelling()):
                raise CentreDown(door.url) from None
            raise
        finally:
            task.cancel()
            door.under_way.discard(task)

    def _next(self) -> _Door:
        living = [door for door in self._doors if door.lives] or self._doors
        self._turn += 1
        return living[self._turn % len(living)]

    async def _watch(self) -> None:
        async with httpx.AsyncClient(timeout=_PROBE_WITHIN_S, trust_env=False) as client:
            while True:
                await asyncio.gather(*(self._probe(client, door) for door in self._doors))
                await asyncio.sleep(_PROBE_EVERY_S)

    async def _probe(self, client: httpx.AsyncClient, door: _Door) -> None:
        lives = False
        with suppress(httpx.HTTPError):
            lives = (await client.get(f"{door.url}/v1/health/live")).is_success
        door.mark(lives)
