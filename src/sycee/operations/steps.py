"""Steps of an end of day: what each has to be, and the handle through which it reports.

A step is restartable and idempotent by itself: it commits block by block, remembers in the same
transactions what it is done with, and does nothing twice when it is run again from the start. A step that
walks the accounts of a cell by number keeps its place with ``StepReport.block``; one with a memory of its
own only tells how far it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from sycee.database import Database, Int8Array, TextArray, Transaction
from sycee.operations.days import Day, Failure
from sycee.operations.errors import RunTakenOver


class StepProgress(msgspec.Struct, frozen=True):
    """How far a step of a cell's end of day is; ``total`` is None as long as nobody knows it."""

    cell: int
    step: str
    done: int
    total: int | None


Progress = Callable[[StepProgress], None]


class StepResult(msgspec.Struct, frozen=True):
    """What a step did: how many accounts (or what else it goes through), and what failed."""

    done: int
    failed: Sequence[Failure] = ()


class Step(Protocol):
    """A step of an end of day."""

    @property
    def name(self) -> str:
        """Its name, unique among the steps, as it is kept and shown."""

    async def run(self, database: Database, day: Day, report: StepReport) -> StepResult:
        """Do what is still to be done, block by block, each in a transaction of its own.

        What goes wrong for one account is a Failure of the result; what it raises stops the run.
        """


class Block(msgspec.Struct, frozen=True):
    """What one block of a step did: ``done`` accounts, up to the number ``after``, and what failed."""

    after: int
    done: int
    failed: Sequence[Failure] = ()


class StepRecord(msgspec.Struct, frozen=True):
    """What was kept of a step when it was last interrupted."""

    round: int
    done: int
    failed: int
    resume_after: int


class StepReport:
    """Through which a running step tells how far it is."""

    def __init__(self, day: Day, step: str, attempt: int, kept: StepRecord, progress: Progress) -> None:
        self.day = day
        self.step = step
        self.attempt = attempt
        self.round = kept.round
        self.done = kept.done
        self.failed = kept.failed
        self.resume_after = kept.resume_after
        """The last account that an earlier attempt was done with; 0 at the beginning."""
        self.total: int | None = None
        self.bookmarked = False
        self._progress = progress

    def progress(self, done: int, total: int | None = None) -> None:
        """Tell how far the step is; kept every second or so."""
        self.done = done
        self.total = self.total if total is None else total
        self._progress(StepProgress(self.day.cell, self.step, self.done, self.total))

    async def block(
        self, database: Database, work: Callable[[Transaction], Awaitable[Block | None]]
    ) -> Block | None:
        """Run a block in a transaction that also keeps the step's place; None: nothing was left to do.

        ``work`` may be run again as a whole. Raises RunTakenOver when another process has taken the run up
        since: the block is rolled back.
        """

        async def command(tx: Transaction) -> Block | None:
            made = await work(tx)
            if made is not None:
                await self._bookmark(tx, made)
            return made

        made = await database.run(command)
        if made is not None:
            self.bookmarked = True
            self.failed += len(made.failed)
            self.resume_after = made.after
            self.progress(self.done + made.done)
        return made

    async def _bookmark(self, tx: Transaction, made: Block) -> None:
        # Sums, not additions: a block whose commit was not answered is run again, and counts once.
        cursor = await tx.execute(
            """
            UPDATE day_steps s SET done = %s, failed = %s, resume_after = %s, total = coalesce(%s, s.total)
            FROM day_runs r
            WHERE r.cell = s.cell AND r.business_date = s.business_date AND r.attempt = %s
                  AND s.cell = %s AND s.business_date = %s AND s.step = %s
            """,
            (
                self.done + made.done,
                self.failed + len(made.failed),
                made.after,
                self.total,
                self.attempt,
                self.day.cell,
                self.day.business_date,
                self.step,
            ),
        )
        if cursor.rowcount != 1:
            raise RunTakenOver(f"another process goes on with the end of {self.day.business_date}")
        await keep_failures(tx, self, made.failed)


async def keep_failures(tx: Transaction, report: StepReport, failed: Sequence[Failure]) -> None:
    """Keep failures of a step's present round, after those that are kept already."""
    if not failed:
        return
    await tx.execute(
        """
        INSERT INTO day_failures (cell, business_date, step, round, place, account, code, reason, advice)
        SELECT %s, %s, %s, %s, %s + f.place, f.account, f.code, f.reason, f.advice
        FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[])
            WITH ORDINALITY AS f(account, code, reason, advice, place)
        ON CONFLICT DO NOTHING
        """,
        (
            report.day.cell,
            report.day.business_date,
            report.step,
            report.round,
            report.failed,
            Int8Array([one.account for one in failed]),
            TextArray([one.code for one in failed]),
            TextArray([one.reason for one in failed]),
            TextArray([one.advice for one in failed]),
        ),
    )
