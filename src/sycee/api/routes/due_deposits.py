"""What is due on deposits by a day."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from litestar import get
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import products
from sycee.api import deposit_examples as examples
from sycee.api.bodies import AnyRequest, read_query
from sycee.api.edge import answer, transaction
from sycee.api.operations import describe
from sycee.api.schemas import deposits as wire
from sycee.api.schemas.common import EXAMPLE_PAYEE, Cell, Wire
from sycee.identity import Scope
from sycee.ledger import CellNotFound, get_cell


class DueQuery(Wire):
    """In which cell, until when."""

    cell: Cell
    by: Annotated[date | None, Meta(description="Due on this day or before. Default: the business date.")] = (
        None
    )
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most events that are shown.")] = 100


@get(
    "/v1/due-deposits",
    opt=describe(
        id="list_due_deposits",
        summary="See what is due on deposits",
        description="Maturities, rates to be set and interest to be paid in a cell by a day, the overdue "
        "first. The end of the day does them.",
        tag="Deposits",
        scope=Scope.OPERATIONS_READ,
        query=DueQuery,
        response=wire.DueEvents,
        example={
            "events": [
                {
                    "deposit": examples.DEPOSIT_ID,
                    "account": EXAMPLE_PAYEE,
                    "kind": "maturity",
                    "on": "2026-04-05",
                }
            ]
        },
        errors=(CellNotFound,),
    ),
)
async def list_due_deposits(request: AnyRequest) -> ASGIApp:
    """See what is due on deposits."""
    query = read_query(request, DueQuery)
    async with transaction(request) as tx:
        today = (await get_cell(tx, query.cell)).business_date
        found = await products.due_events(tx, query.cell, None, query.by or today, limit=query.limit)
    return answer(
        wire.DueEvents(
            events=[
                wire.DueEvent(deposit=one.deposit, account=str(one.account), kind=one.kind, on=one.on)
                for one in found
            ]
        )
    )


HANDLERS = [list_due_deposits]
