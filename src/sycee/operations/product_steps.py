"""What the products do at the end of a day, interest and deposits, as steps of the banking day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import TypeAlias

from sycee import products
from sycee.database import Database
from sycee.operations.days import Day, Failure
from sycee.operations.steps import Step, StepReport, StepResult

Work: TypeAlias = Callable[[Database, int, date, date, Callable[[int], None]], Awaitable[products.Done]]
"""Does what is due at the end of a date of a cell before the next one, and calls with how much it did."""

_ADVICE = {
    "rate_unknown": "propose and release a rate for these days: the next close catches up",
    "interest_differs": "look at the account's entries and terms; nothing is paid until they agree",
    "account_closed": "the account was closed before its interest was settled: say where it is to go",
    "credit_blocked": "unblock the account: its interest is settled at the next close",
    "account_frozen": "unfreeze the account: its interest is settled at the next close",
    "insufficient_funds": "it is tried again at the next close",
}
_USUAL = "mend the cause: it is tried again at the next close, or at once with `sycee day resume --retry`"


def advice_on(code: str) -> str:
    """What to do about a failure with this code."""
    return _ADVICE.get(code, _USUAL)


class ProductStep:
    """A step that a product domain does by itself, with a memory of its own."""

    def __init__(self, name: str, work: Work) -> None:
        self.name = name
        self._work = work

    async def run(self, database: Database, day: Day, report: StepReport) -> StepResult:
        """Do what is due, and tell how much."""
        count = 0

        def progress(more: int) -> None:
            nonlocal count
            count += more
            report.progress(count)

        done = await self._work(database, day.cell, day.business_date, day.next_date, progress)
        return StepResult(
            done.accounts,
            [
                Failure(account=one.account, code=one.code, reason=one.detail, advice=advice_on(one.code))
                for one in done.failures
            ],
        )


FEED: Step = ProductStep("feed_balances", products.feed_balances)
REACCRUE: Step = ProductStep("reaccrue", products.reaccrue)
ACCRUE: Step = ProductStep("accrue", products.accrue)
DUE_DEPOSITS: Step = ProductStep("due_events", products.run_due_deposits)
SETTLE: Step = ProductStep("settle", products.settle_due)
