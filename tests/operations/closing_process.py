"""Processes that close days.

Each closes the days of a cell until it stands at the last of NEXT_DATES. Told an event, a number, it kills
itself with SIGKILL when that many steps and blocks have been told of; without one it tells how many there
were. They are forked from a server that has read the program already, which reading takes seconds.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from sycee.database import Database
from sycee.operations import STEPS, DocumentStep, Step, close_day, latest_run
from sycee.operations.steps import StepProgress

FIRST_DAY = date(2026, 6, 19)
NEXT_DATES = (date(2026, 6, 20), date(2026, 6, 21), date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 20))
"""Five ends of days: the second settles the quarter's interest, the third covers nine days, the fourth ends a
month and a quarter, in the fifth a deposit matures."""


def small_blocks() -> list[Step]:
    """The steps of the bank, with so few accounts a block that there are several."""
    return [
        DocumentStep(step.name, step.kind, step.usual, block=3) if isinstance(step, DocumentStep) else step
        for step in STEPS
    ]


async def close_days(url: str, cell: int, event: int | None) -> int:
    """Close days; the number of events that were told."""
    told = 0

    def progress(_: StepProgress) -> None:
        nonlocal told
        told += 1
        if told == event:
            os.kill(os.getpid(), signal.SIGKILL)

    async with await Database.open(url, max_size=4) as database:
        while True:
            async with database.transaction() as tx:
                latest = await latest_run(tx, cell)
            to = latest.next_date if latest is not None else FIRST_DAY
            if latest is None or latest.state == "finished":
                if to == NEXT_DATES[-1]:
                    return told
                to = next(day for day in NEXT_DATES if day > to)
            run = await close_day(
                database, cell, by="process", to=to, progress=progress, steps=small_blocks()
            )
            assert run.state == "finished", run


def start(url: str, cell: int, event: int | None = None, told: Connection | None = None) -> BaseProcess:
    """The process, started."""
    process = _processes.Process(target=_close, args=(url, cell, event, told))
    process.start()
    return process


def run(url: str, cell: int, event: int | None = None) -> int | None:
    """The process, run to its end: how many events were told, or None when it was killed."""
    here, there = _processes.Pipe(duplex=False)
    process = start(url, cell, event, there)
    process.join(120)
    if process.exitcode == -signal.SIGKILL:
        return None
    assert process.exitcode == 0
    return int(here.recv())


def _close(url: str, cell: int, event: int | None, told: Connection | None) -> None:
    events = asyncio.run(close_days(url, cell, event))
    if told is not None:
        told.send(events)


_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])
