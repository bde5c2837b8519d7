"""Small steps of the tests' own, as real as those of the bank: they write to a table of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.kernel.errors import BusinessRule
from sycee.operations import Block, Day, Failure, StepReport, StepResult


class NotToday(BusinessRule):
    """Not today"""

    code = "test_not_today"


async def make_table(database: Database) -> None:
    """The table in which the steps leave what they did."""
    async with database.transaction() as tx:
        await tx.execute(
            "CREATE TABLE work_done (step text, cell int, day date, account bigint, times int DEFAULT 1, "
            "PRIMARY KEY (step, cell, day, account))"
        )


async def work_done(database: Database, step: str) -> dict[tuple[object, ...], int]:
    """How many times a step did each account of each day."""
    async with database.transaction() as tx:
        cursor = await tx.execute("SELECT cell, day, account, times FROM work_done WHERE step = %s", (step,))
        return {tuple(row[:3]): row[3] for row in await cursor.fetchall()}


class WalkingStep:
    """Walks the accounts by number, ``size`` a block; ``between`` is awaited before each block."""

    def __init__(
        self,
        name: str,
        *,
        size: int = 2,
        bad: Sequence[int] = (),
        between: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name
        self.size = size
        self.bad = set(bad)
        self.between = between
        self.blocks = 0

    async def run(self, database: Database, day: Day, report: StepReport) -> StepResult:
        async with database.transaction() as tx:
            report.total = await ledger.count_accounts(tx, day.cell)

        async def block(tx: Transaction) -> Block | None:
            found = await ledger.list_accounts(
                tx, cell=day.cell, after=report.resume_after or None, limit=self.size
            )
            if not found:
                return None
            good = [account.number for account in found if account.number not in self.bad]
            await tx.execute(
                "INSERT INTO work_done SELECT %s, %s, %s, unnest(%s::bigint[]) "
                "ON CONFLICT (step, cell, day, account) DO UPDATE SET times = work_done.times + 1",
                (self.name, day.cell, day.business_date, good),
            )
            failed = [
                Failure(account=account.number, code="test_bad", reason="it is bad", advice="mend it")
                for account in found
                if account.number in self.bad
            ]
            return Block(found[-1].number, len(found), failed)

        while True:
            if self.between is not None:
                await self.between(self.blocks)
            self.blocks += 1
            if await report.block(database, block) is None:
                return StepResult(report.done)


class RefusingStep:
    """Fails as a whole until it is allowed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.allowed = False

    async def run(
        self,
        database: Database,  # noqa: ARG002
        day: Day,  # noqa: ARG002
        report: StepReport,  # noqa: ARG002
    ) -> StepResult:
        if not self.allowed:
            raise NotToday("the rates of the day are not there")
        return StepResult(1)
