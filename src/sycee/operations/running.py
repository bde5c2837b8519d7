"""Running the end of a day: take it up, run its steps in order, keep what became of each.

Whoever runs it holds the cell's lock (locks.py). Killed at any point it leaves a run that the same call
takes up where it was; a database that fails over is waited for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Any

import msgspec

from sycee.database import Database, DatabaseUnavailable, Transaction
from sycee.kernel.calendars import Calendar
from sycee.kernel.ending import end
from sycee.kernel.errors import SyceeError
from sycee.operations.banking_day import CHECKS, STEPS
from sycee.operations.beginning import Asked, begin
from sycee.operations.days import DayRun, Failure, get_run
from sycee.operations.errors import RunTakenOver
from sycee.operations.locks import CellLock, cell_lock
from sycee.operations.steps import (
    Progress,
    Step,
    StepProgress,
    StepRecord,
    StepReport,
    StepResult,
    keep_failures,
)

logger = logging.getLogger("sycee.operations")

KEEP_EVERY_S = 1.0
"""How often the progress of a step is kept, and the lock looked after."""

PATIENCE_S = 300.0
"""How long a database that does not answer is waited for, before the run is left to be resumed."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0


def _silent(_: StepProgress) -> None:
    return None


async def close_day(
    database: Database,
    cell: int,
    *,
    by: str,
    on: date | None = None,
    to: date | None = None,
    calendar: Calendar | None = None,
    retry: bool = False,
    check: bool = False,
    steps: Sequence[Step] = STEPS,
    progress: Progress = _silent,
    begun: Callable[[DayRun], None] = lambda _run: None,
    patience_s: float = PATIENCE_S,
) -> DayRun:
    """Close a business date of a cell, or go on with its unfinished run; returns the run at its end.

    ``on`` is the day to close (None: the one that is due), ``to`` the next business date (None: the next
    business day of ``calendar``, or without one the next calendar day). A day that is closed already is
    answered with its run; ``retry`` runs those steps again in which something failed. ``check`` proves the
    books at the end. ``begun`` is told the run as soon as the marker is posted. The run that is returned may
    be ``stopped``: a step failed as a whole, and the same call goes on with it once the cause is away.

    Raises CellNotFound, DayBeingClosed while another process closes a day of the cell, DaySkipped,
    DayUnfinished, DayCovered, DayClosedOtherwise, InvalidNextDate, NothingToRetry; DatabaseUnavailable when
    the database does not answer, or once the run has begun for ``patience_s`` seconds.
    """
    asked = Asked(cell=cell, by=by, on=on, to=to, calendar=calendar, retry=retry)
    names = [step.name for step in (*steps, *CHECKS) if check or step not in CHECKS]
    has_begun, pause_s, deadline = False, _FIRST_PAUSE_S, time.monotonic()
    while True:
        try:
            async with cell_lock(database, cell) as lock:
                run = await database.run(partial(begin, asked=asked, steps=names))
                asked = msgspec.structs.replace(asked, on=run.business_date, to=run.next_date, retry=False)
                has_begun = True
                begun(run)
                pause_s, deadline = _FIRST_PAUSE_S, time.monotonic() + patience_s
                return await _Runner(database, run, lock, progress).run([*steps, *CHECKS])
        except DatabaseUnavailable as error:
            if not has_begun or time.monotonic() + pause_s > deadline:
                raise
            logger.warning("cell %s: the end of day waits for the database: %s", cell, error)
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


class _Runner:
    """One attempt of a run, under the lock."""

    def __init__(self, database: Database, run: DayRun, lock: CellLock, progress: Progress) -> None:
        self._database = database
        self._run = run
        self._day = run.day
        self._lock = lock
        self._progress = progress

    async def run(self, steps: Sequence[Step]) -> DayRun:
        """Run what is still to be run; the run at its end."""
        if self._run.state == "finished":
            return self._run
        due = {step.step for step in self._run.steps if step.state != "done"}
        for step in steps:
            if step.name in due and not await self._step(step):
                break
        else:
            await self._write(_FINISH_RUN, {})
        async with self._database.transaction() as tx:
            return await get_run(tx, self._day.cell, self._day.business_date)

    async def _step(self, step: Step) -> bool:
        """Run a step; whether the next one may follow."""
        kept = await self._write(_START_STEP, {"step": step.name})
        report = StepReport(self._day, step.name, self._run.attempt, StepRecord(*kept), self._progress)
        report.progress(report.done)
        try:
            result = await self._watched(step, report)
            await self._lock.check()
        except (DatabaseUnavailable, RunTakenOver):
            raise
        except Exception as error:  # whatever it is, it stops this cell's run and nothing else
            logger.exception(
                "cell %s, %s: step %s failed", self._day.cell, self._day.business_date, step.name
            )
            await self._failed(report, error)
            return False
        await self._done(report, result)
        return True

    async def _watched(self, step: Step, report: StepReport) -> StepResult:
        """Run a step, and look every second whether we still have the lock; keep how far it is."""
        work = asyncio.ensure_future(step.run(self._database, self._day, report))
        try:
            while not (await asyncio.wait({work}, timeout=KEEP_EVERY_S))[0]:
                await self._lock.check()
                await self._keep_progress(report)
            return work.result()
        finally:
            if not work.done():
                await end([work])

    async def _keep_progress(self, report: StepReport) -> None:
        done = 0 if report.bookmarked else report.done
        values = {"step": report.step, "done": done, "total": report.total}
        await self._write(_KEEP_PROGRESS, values)

    async def _done(self, report: StepReport, result: StepResult) -> None:
        done = report.done if report.bookmarked else result.done
        failed = report.failed + len(result.failed)
        values = {"step": report.step, "done": done, "failed": failed}
        await self._write(_END_STEP, values, report, result.failed)
        report.progress(done, report.total)

    async def _failed(self, report: StepReport, error: Exception) -> None:
        values = {
            "step": report.step,
            "code": error.code if isinstance(error, SyceeError) else "internal_error",
            "reason": error.detail if isinstance(error, SyceeError) else f"{type(error).__name__}: {error}",
        }
        await self._write(_FAIL_STEP, values)
        await self._write(_STOP_RUN, {})

    async def _write(
        self,
        statement: str,
        values: dict[str, Any],
        report: StepReport | None = None,
        failed: Sequence[Failure] = (),
    ) -> tuple[Any, ...]:
        """Write to the run, if it is still ours. Raises RunTakenOver."""
        day = self._day
        named = {"cell": day.cell, "date": day.business_date, "attempt": self._run.attempt, **values}

        async def command(tx: Transaction) -> tuple[Any, ...]:
            row = await (await tx.execute(statement.encode(), named)).fetchone()
            if row is None:
                raise RunTakenOver(
                    f"another process goes on with the end of {day.business_date} in cell {day.cell}"
                )
            if report is not None:
                await keep_failures(tx, report, failed)
            return row

        return await self._database.run(command)


_OURS = """
    FROM day_runs r WHERE r.cell = s.cell AND r.business_date = s.business_date AND r.attempt = %(attempt)s
    AND s.cell = %(cell)s AND s.business_date = %(date)s AND s.step = %(step)s
"""
_START_STEP = f"""
    UPDATE day_steps s SET state = 'running', attempt = s.attempt + 1, code = NULL, reason = NULL,
                           finished_at = NULL,
                           started_at = coalesce(s.started_at, clock_timestamp())
    {_OURS} RETURNING s.round, s.done, s.failed, s.resume_after
"""  # noqa: S608 - text of our own
_KEEP_PROGRESS = f"""
    UPDATE day_steps s SET done = greatest(s.done, %(done)s), total = coalesce(%(total)s, s.total)
    {_OURS} RETURNING 1
"""  # noqa: S608
_END_STEP = f"""
    UPDATE day_steps s SET state = 'done', done = %(done)s, failed = %(failed)s,
                           finished_at = clock_timestamp()
    {_OURS} RETURNING 1
"""  # noqa: S608
_FAIL_STEP = f"""
    UPDATE day_steps s SET state = 'failed', code = %(code)s, reason = %(reason)s
    {_OURS} RETURNING 1
"""  # noqa: S608
_FINISH_RUN = """
    UPDATE day_runs SET state = 'finished', finished_at = clock_timestamp()
    WHERE cell = %(cell)s AND business_date = %(date)s AND attempt = %(attempt)s RETURNING 1
"""
_STOP_RUN = """
    UPDATE day_runs SET state = 'stopped'
    WHERE cell = %(cell)s AND business_date = %(date)s AND attempt = %(attempt)s RETURNING 1
"""
