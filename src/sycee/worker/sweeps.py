"""Periodic work: what is done again and again beside the requests, whether or not anybody asks.

Each sweep has a loop of its own, so that one which fails or hangs holds up no other. Of several workers one
at a time does a sweep; that saves work and no more, for every sweep may run at any time and beside itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from time import monotonic
from typing import TypeAlias

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram

from sycee.database import Database, DatabaseUnavailable
from sycee.kernel import tracing
from sycee.kernel.ending import end, within

logger = logging.getLogger("sycee.worker")

PATIENCE_S = 60.0
"""How long a sweep may take before it is broken off and tried again later, unless it says otherwise."""

_LOCK_SPACE = 0x53594345
"""The class of the advisory locks of sweeps; the number within it follows from the name."""

_ALREADY = -1
_DURATIONS_S = (0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60)

Work: TypeAlias = Callable[[Database], Awaitable[int]]


class Sweep(msgspec.Struct, frozen=True):
    """Periodic work: ``work`` opens its own transactions and returns how much it did.

    It is done every ``every_s`` seconds, and again at once when there was something to do. After
    ``at_most_s`` seconds it is cancelled: what it had not committed is rolled back.
    """

    name: str
    every_s: float
    work: Work
    at_most_s: float = PATIENCE_S

    def lock(self) -> int:
        """The number of its advisory lock: 32 bits, with their sign."""
        return int.from_bytes(sha256(self.name.encode()).digest()[:4], "big", signed=True)


class SweepMetrics:
    """What sweeps of one process count, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.done = Counter(
            "sycee_sweep_items", "What sweeps have dealt with.", ["sweep"], registry=self.registry
        )
        self.runs = Counter(
            "sycee_sweep_runs",
            "Rounds of sweeps by how they ended: done, elsewhere, unavailable, late, failed.",
            ["sweep", "ending"],
            registry=self.registry,
        )
        self.duration = Histogram(
            "sycee_sweep_duration_seconds",
            "How long rounds of sweeps took.",
            ["sweep"],
            buckets=_DURATIONS_S,
            registry=self.registry,
        )


class SweepsAtWork:
    """Does sweeps until it is told to stop."""

    def __init__(
        self, database: Database, sweeps: Sequence[Sweep], metrics: SweepMetrics | None = None
    ) -> None:
        names = [sweep.name for sweep in sweeps]
        if len(set(names)) < len(names):
            raise ValueError(f"two sweeps have one name: {', '.join(sorted(names))}")
        self._database = database
        self._sweeps = sweeps
        self.metrics = metrics or SweepMetrics()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``; what is under way then is rolled back, and left to the next worker."""
        tasks = [asyncio.create_task(self._again_and_again(sweep), name=sweep.name) for sweep in self._sweeps]
        try:
            await stop.wait()
        finally:
            await end(tasks)

    async def _again_and_again(self, sweep: Sweep) -> None:
        while True:
            if await self.once(sweep) <= 0:
                await asyncio.sleep(sweep.every_s)

    async def once(self, sweep: Sweep) -> int:
        """Do a sweep once, whatever happens; how much it did, or -1 when another worker is at it."""
        began, done, ending = monotonic(), 0, "done"
        try:
            with tracing.span("sweep", attributes={"sycee.sweep": sweep.name}):
                async with within(sweep.at_most_s):
                    done = await self._alone(sweep)
        except DatabaseUnavailable as error:
            ending = "unavailable"
            logger.warning("%s waits: %s", sweep.name, error.detail)
        except TimeoutError:
            ending = "late"
            logger.warning("%s took over %g s and was broken off", sweep.name, sweep.at_most_s)
        except Exception:  # whatever it is, the next round goes on from what is written
            ending = "failed"
            logger.exception("%s failed; it is tried again in %g s", sweep.name, sweep.every_s)
        if done == _ALREADY:
            ending = "elsewhere"
        elif done:
            logger.info("%s: %d", sweep.name, done)
            self.metrics.done.labels(sweep.name).inc(done)
        self.metrics.runs.labels(sweep.name, ending).inc()
        self.metrics.duration.labels(sweep.name).observe(monotonic() - began)
        return done

    async def _alone(self, sweep: Sweep) -> int:
        """Do it while no other worker does: its lock is held by a transaction that does nothing else."""
        async with self._database.transaction() as guard:
            cursor = await guard.execute(
                "SELECT pg_try_advisory_xact_lock(%s, %s)", (_LOCK_SPACE, sweep.lock())
            )
            row = await cursor.fetchone()
            return await sweep.work(self._database) if row and row[0] else _ALREADY


async def until_one_ends(*works: Awaitable[None]) -> None:
    """Run several things side by side; when one fails the others are ended and it is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        await end(tasks)
