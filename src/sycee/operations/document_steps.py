"""The steps that produce documents: statements and balance confirmations of customers' accounts."""

from __future__ import annotations

from collections.abc import Sequence

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.ledger import Account
from sycee.operations.cycles import Cycle, Span
from sycee.operations.days import Day, Failure
from sycee.operations.document_plans import DocumentPlan
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

_ADVICE = "compare the account's entries with `sycee ledger check`; then `sycee day resume --retry`"


class DocumentStep:
    """Walks the accounts of a cell and produces the documents whose periods end.

    ``usual`` is the cycle of accounts whose product does not say.
    """

    def __init__(self, name: str, kind: DocumentKind, usual: Cycle, *, block: int = BLOCK) -> None:
        self.name = name
        self.kind = kind
        self.usual = usual
        self._accounts = block

    async def run(self, database: Database, day: Day, report: StepReport) -> StepResult:
        """Produce what is due; one account that cannot be told of does not stop the others."""
        async with database.transaction() as tx:
            plan = await DocumentPlan.of(tx, day, self.kind, self.usual)
            if plan.nothing:
                return StepResult(0)
            report.total = await ledger.count_accounts(tx, day.cell)

        async def block(tx: Transaction) -> Block | None:
            return await self._block(tx, day, plan, report.resume_after)

        pace = Pace(database, day.cell)
        while await report.block(database, block) is not None:
            await pace.give_way()
        return StepResult(report.done)

    async def _block(self, tx: Transaction, day: Day, plan: DocumentPlan, after: int) -> Block | None:
        found = await plan.accounts(tx, after, self._accounts)
        if not found:
            return None
        failed: list[Failure] = []
        for (span, empty), accounts in sorted((await plan.due(tx, found)).items()):
            failed += await self._span(tx, day, span, accounts, empty=empty)
        return Block(found[-1].number, len(found), failed)

    async def _span(
        self, tx: Transaction, day: Day, span: Span, accounts: Sequence[Account], *, empty: bool
    ) -> list[Failure]:
        async def produce(tx: Transaction, some: Sequence[Account]) -> None:
            if self.kind is DocumentKind.STATEMENT:
                made = await _statements(tx, some, span, empty=empty)
            else:
                made = [confirmation_of(one) for one in await ledger.balances_at(tx, some, span[1])]
            await keep_documents(tx, made, day.business_date)

        def failure(account: Account, error: Exception) -> Failure:
            code, reason = reason_of(error)
            return Failure(account=account.number, code=code, reason=reason, advice=_ADVICE)

        return await isolated(tx, accounts, produce, failure)


async def _statements(
    tx: Transaction, accounts: Sequence[Account], span: Span, *, empty: bool
) -> list[NewDocument]:
    found = await ledger.periods(tx, accounts, *span, most=LINES_OF_A_PART)
    return [
        statement_of(period if period.entries is not None else await _long(tx, period))
        for period in found
        if empty or period.entries != []
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
