"""The trial balance: every subject's balance, and that debits equal credits."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from litestar import get
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import ledger
from sycee.api import examples
from sycee.api.bodies import AnyRequest, read_query, sane_date
from sycee.api.conversions import money
from sycee.api.edge import answer, transaction
from sycee.api.errors import DateOutOfRange
from sycee.api.operations import describe
from sycee.api.schemas.common import Cell, Wire
from sycee.api.schemas.reports import TrialBalance, TrialBalanceLine, TrialBalanceTotal
from sycee.identity import Scope
from sycee.ledger import CellNotFound


class TrialBalanceQuery(Wire):
    """When and where."""

    on: Annotated[
        date | None, Meta(description="End of this business date; now when absent.", examples=["2026-03-31"])
    ] = None
    cell: Annotated[Cell | None, Meta(description="One cell only; all when absent.")] = None


@get(
    "/v1/trial-balance",
    opt=describe(
        id="get_trial_balance",
        summary="Draw up the trial balance",
        description="Net balance of every general-ledger subject and currency. Kept by the postings "
        "themselves, so it never scans the books.",
        tag="Books",
        scope=Scope.BOOKS_READ,
        query=TrialBalanceQuery,
        response=TrialBalance,
        example={
            "on": "2026-03-31",
            "cell": None,
            "lines": [
                {
                    "subject": "1001",
                    "currency": "CNY",
                    "debit": examples.money("981234.56"),
                    "credit": examples.money("0.00"),
                },
                {
                    "subject": "2011",
                    "currency": "CNY",
                    "debit": examples.money("0.00"),
                    "credit": examples.money("981234.56"),
                },
            ],
            "totals": [
                {
                    "currency": "CNY",
                    "debit": examples.money("981234.56"),
                    "credit": examples.money("981234.56"),
                    "balanced": True,
                }
            ],
        },
        errors=(CellNotFound, DateOutOfRange),
    ),
)
async def get_trial_balance(request: AnyRequest) -> ASGIApp:
    """Draw up the trial balance."""
    query = read_query(request, TrialBalanceQuery)
    sane_date(query.on, "on")
    async with transaction(request) as tx:
        lines = await ledger.trial_balance(tx, on=query.on, cell=query.cell)
    totals: dict[str, tuple[int, int]] = {}
    for line in lines:
        debit, credit = totals.get(line.currency, (0, 0))
        totals[line.currency] = (debit + line.debit, credit + line.credit)
    return answer(
        TrialBalance(
            on=query.on,
            cell=query.cell,
            lines=[
                TrialBalanceLine(
                    subject=line.subject,
                    currency=line.currency,
                    debit=money(line.debit, line.currency),
                    credit=money(line.credit, line.currency),
                )
                for line in lines
            ],
            totals=[
                TrialBalanceTotal(
                    currency=currency,
                    debit=money(debit, currency),
                    credit=money(credit, currency),
                    balanced=debit == credit,
                )
                for currency, (debit, credit) in sorted(totals.items())
            ],
        )
    )


HANDLERS = [get_trial_balance]
