"""The step that proves the books: every check of the ledger and of interest, over all cells."""

from __future__ import annotations

from sycee import ledger, products
from sycee.database import Database
from sycee.operations.days import Day, Failure
from sycee.operations.steps import StepReport, StepResult

_ADVICE = "`sycee ledger verify` and `sycee ledger check` say more; docs/operations.md says how to go on"


class CheckBooks:
    """Proves the invariants of the books beside live traffic; a check that fails is a failure."""

    name = "check_books"

    async def run(self, database: Database, day: Day, report: StepReport) -> StepResult:  # noqa: ARG002
        """Run every check, whatever the others say."""
        count = 0

        def step(checks: int) -> None:
            nonlocal count
            count += checks
            report.progress(count)

        found = [*await ledger.check_books(database, step), *await products.check_interest(database, step)]
        failed = [
            Failure(account=None, code="check_failed", reason=f"{one.name}: {one.detail}", advice=_ADVICE)
            for one in found
            if not one.passed
        ]
        return StepResult(len(found), failed)
