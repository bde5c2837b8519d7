"""Closing days in the background of a process that serves: begun at once, gone on with while it lives.

A process that ends leaves its runs where they are: another one, or the next start, takes them up.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import date

from sycee.database import Database
from sycee.kernel.calendars import Calendar
from sycee.kernel.ending import end
from sycee.operations.banking_day import STEPS
from sycee.operations.days import DayRun
from sycee.operations.running import close_day
from sycee.operations.steps import Step

logger = logging.getLogger("sycee.operations")


class DayCloser:
    """Closes days in background tasks, several cells side by side; ``steps`` are those of every run."""

    def __init__(self, database: Database, steps: Sequence[Step] = STEPS) -> None:
        self._database = database
        self._steps = steps
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(
        self,
        cell: int,
        *,
        by: str,
        on: date | None = None,
        to: date | None = None,
        calendar: Calendar | None = None,
        retry: bool = False,
        check: bool = False,
    ) -> DayRun:
        """Begin to close a day, or go on with a run; returns once the marker is posted.

        The arguments are those of ``close_day``, and so is what it raises.
        """
        begun: asyncio.Future[DayRun] = asyncio.get_running_loop().create_future()

        def tell(run: DayRun) -> None:
            if not begun.done():
                begun.set_result(run)

        async def work() -> None:
            try:
                run = await close_day(
                    self._database,
                    cell,
                    by=by,
                    on=on,
                    to=to,
                    calendar=calendar,
                    retry=retry,
                    check=check,
                    steps=self._steps,
                    begun=tell,
                )
            except asyncio.CancelledError:
                begun.cancel()
                raise
            except (
                Exception
            ) as error:  # nobody waits for this task: what went wrong goes to who asked, or the log
                if begun.done():
                    logger.exception("cell %s: the end of day was interrupted: `sycee day resume`", cell)
                else:
                    begun.set_exception(error)
            else:
                logger.info(
                    "cell %s: the end of %s is %s, %s failed",
                    cell,
                    run.business_date,
                    run.state,
                    run.failed,
                )

        task = asyncio.create_task(work(), name=f"end of day of cell {cell}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Whoever asked may go away; the end of the day goes on.
        return await asyncio.shield(begun)

    async def wait(self) -> None:
        """Wait until nothing is being closed."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Interrupt what is being closed, between two blocks or within one, which is rolled back."""
        await end(list(self._tasks))
