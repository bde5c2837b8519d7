"""The step that charges fees of a cycle: those that fall due, and those that could not be charged before."""

from __future__ import annotations

from collections.abc import Sequence

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.ledger import Account
from sycee.operations import fees
from sycee.operations.days import Day, Failure
from sycee.operations.isolation import isolated, reason_of
from sycee.operations.steps import Block, StepReport, StepResult
from sycee.products import Pace

BLOCK = 1_000
"""How many accounts one transaction takes."""


class ChargeFees:
    """Charges the fees of the signed products; an account without the money is told of and tried again."""

    name = "fees"

    def __init__(self, *, block: int = BLOCK) -> None:
        self._accounts = block

    async def run(self, database: Database, day: Day, report: StepReport) -> StepResult:
        """Write down what falls due and charge what is due, account by account in blocks."""
        every = fees.cycles_end(day)
        if every:
            async with database.transaction() as tx:
                report.total = await ledger.count_accounts(tx, day.cell)

        async def block(tx: Transaction) -> Block | None:
            return await self._block(tx, day, report.resume_after, every=every)

        pace = Pace(database, day.cell)
        while await report.block(database, block) is not None:
            await pace.give_way(own=1)
        return StepResult(report.done)

    async def _block(self, tx: Transaction, day: Day, after: int, *, every: bool) -> Block | None:
        accounts: list[Account] = []
        if every:
            accounts = await ledger.list_accounts(
                tx, cell=day.cell, after=after or None, limit=self._accounts
            )
            numbers = [account.number for account in accounts]
        else:
            numbers = await fees.accounts_that_owe(tx, day.cell, after, self._accounts)
        if not numbers:
            return None
        failed: list[Failure] = []

        async def due(tx: Transaction, some: Sequence[Account]) -> None:
            failed.extend(await fees.fall_due(tx, day, some))

        def failure(account: Account, error: Exception) -> Failure:
            code, reason = reason_of(error)
            return Failure(account=account.number, code=code, reason=reason, advice="mend the cause")

        failed += await isolated(tx, accounts, due, failure)
        _, refused = await fees.charge(tx, day, numbers)
        return Block(numbers[-1], len(numbers), [*failed, *refused])
