"""Asking others to agree to a bulk order, as to any other payments (``payments.submit``)."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from sycee import approvals, payments
from sycee.approvals import ApprovalState
from sycee.database import Transaction, as_bank
from sycee.identity import Caller
from sycee.payments import BulkState

ASKING = (
    payments.InvalidPayment,
    approvals.ActorNotActive,
    approvals.MakerNotEntitled,
    approvals.NoRuleCovers,
    approvals.DutiesSegregated,
    approvals.ForeignCustomer,
    approvals.ApprovalEnded,
)
"""What can go wrong when others may have to agree."""


class Asked(NamedTuple):
    """An order, and the request for agreement that it waits for."""

    order: payments.BulkOrder
    approval: UUID | None = None


def may_wait(caller: Caller) -> bool:
    """Whether others may have to agree: to what people send, and to everything of a customer."""
    return caller.customer is not None or not caller.is_machine


async def ask(tx: Transaction, caller: Caller, order: payments.BulkOrder) -> Asked:
    """Ask for an order that is only received; where nobody else has to agree it is started.

    Raises ApprovalEnded when the caller asked before and was turned down, and the other errors of ASKING.
    """
    if order.state is not BulkState.RECEIVED:
        return Asked(order)
    async with as_bank(tx):
        if not may_wait(caller) or not await payments.bulk_totals(tx, order):  # nothing would be paid
            return Asked(replace(await payments.start_bulk_order(tx, order.id), duplicate=order.duplicate))
    found = await approvals.request_approval(
        tx,
        payments.SUBMIT_PAYMENTS,
        payments.bulk_payload(order),
        by=caller,
        id=payments.bulk_approval_id(order, caller.principal),
    )
    if found.state is ApprovalState.WAITING:
        return Asked(order, found.id)
    if found.state is not ApprovalState.EXECUTED:
        raise approvals.ApprovalEnded(f"it was asked for before and {found.state}: send another file")
    return Asked(replace(await payments.bulk_order(tx, order.id), duplicate=order.duplicate))
