"""The steps that produce documents: statements and balance confirmations of customers' accounts.

The bank's own accounts have no customer, and get none: the trial balance and their entries speak of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.ledger import Account
from sycee.operations.cycles import Cycle, Span, spans_ending
from sycee.operations.days import Day, Failure
from sycee.operations.documents import (
    LINES_OF_A_PART,
    DocumentKind,
    NewDocument,
    confirmation_of,
    keep_documents,
    statement_of,
)
from sycee.operations.isolation import isolated, reason_of
from sycee.operations.steps import Block, StepReport, StepResult
from sycee.products import Pace

BLOCK = 500
"""How many accounts one transaction takes."""

Cycles: TypeAlias = Callable[[Transaction, Sequence[Account]], Awaitable[Mapping[int, Cycle]]]
"""The cycles of accounts, by number; those that it does not name have the cycle of the step."""

_ADVICE = "compare the account's entries with `sycee ledger check`; then `sycee day resume --retry`"


class DocumentStep:
    """Walks the accounts of a cell and produces the documents whose periods end."""

    def __init__(
        self,
        name: str,
        kind: DocumentKind,
        usual: Cycle,
        cycles: Cycles | None = None,
        *,
        block: int = BLOCK,
    ) -> None:
        self.name = name
        self._accounts = block
        self.kind = kind
        self.usual = usual
        self.cycles = cycles

    async def run(self, database: Database, day: Day, report: StepReport) -> StepResult:
        """Produce what is due; one account that cannot be told of does not stop the others."""
        if self.cycles is None and not spans_ending(self.usual, day.business_date, day.last):
            return StepResult(0)
        async with database.transaction() as tx:
            report.total = await ledger.count_accounts(tx, day.cell)

        async def block(tx: Transaction) -> Block | None:
            return await self._block(tx, day, report.resume_after)

        pace = Pace(database, day.cell)
        while await report.block(database, block) is not None:
            await pace.give_way()
        return StepResult(report.done)

    async def _block(self, tx: Transaction, day: Day, after: int) -> Block | None:
        found = await ledger.list_accounts(tx, cell=day.cell, after=after or None, limit=self._accounts)
        if not found:
            return None
        cycles = await self.cycles(tx, found) if self.cycles is not None else {}
        wanted: dict[Span, list[Account]] = {}
        for account in found:
            if account.customer is None:
                continue
            for span in spans_ending(cycles.get(account.number, self.usual), day.business_date, day.last):
                if _lived(account, span):
                    wanted.setdefault(span, []).append(account)
        failed: list[Failure] = []
        for span, accounts in sorted(wanted.items()):
            failed += await self._span(tx, day, span, accounts)
        return Block(found[-1].number, len(found), failed)

    async def _span(
        self, tx: Transaction, day: Day, span: Span, accounts: Sequence[Account]
    ) -> list[Failure]:
        async def produce(tx: Transaction, some: Sequence[Account]) -> None:
            if self.kind is DocumentKind.STATEMENT:
                made = await _statements(tx, some, span)
            else:
                made = [confirmation_of(one) for one in await ledger.balances_at(tx, some, span[1])]
            await keep_documents(tx, made, day.business_date)

        def failure(account: Account, error: Exception) -> Failure:
            code, reason = reason_of(error)
            return Failure(account=account.number, code=code, reason=reason, advice=_ADVICE)

        return await isolated(tx, accounts, produce, failure)


def _lived(account: Account, span: Span) -> bool:
    """Whether the account was there on some day of the period."""
    return account.opened_on <= span[1] and (account.closed_on is None or account.closed_on >= span[0])


async def _statements(tx: Transaction, accounts: Sequence[Account], span: Span) -> list[NewDocument]:
    found = await ledger.periods(tx, accounts, *span, most=LINES_OF_A_PART)
    return [
        statement_of(period if period.entries is not None else await _long(tx, period)) for period in found
    ]


async def _long(tx: Transaction, period: ledger.Period) -> ledger.Period:
    """A period of more entries than are read for many accounts at once."""
    read = await ledger.statement(tx, period.account.number, period.start, period.end)
    return ledger.Period(
        account=period.account,
        start=period.start,
        end=period.end,
        opening=period.opening,
        entries=[entry async for entry in read.entries],
    )
