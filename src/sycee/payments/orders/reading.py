"""Reading payments: one, a list by page, the steps of one, and the stream of all steps.

The stream of a cell is in the order of commits and has no gaps: whoever has read up to a position has read
everything before it.

Salaries are confidential one by one: payments of that purpose, and all of a bulk order that holds one. Who
may not see them reads with ``salaries`` False.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.payments.errors import PaymentNotFound
from sycee.payments.orders.records import COLUMNS, Payment, payment_of, read_payments
from sycee.payments.orders.states import NUMBERS, PaymentState, passed


class PaymentEvent(msgspec.Struct, frozen=True):
    """A step of a payment: which states it went through at an instant, who moved it, and why.

    ``position`` is its place in the stream of its cell.
    """

    cell: int
    position: int
    payment: UUID
    states: tuple[PaymentState, ...]
    at: datetime
    actor: str
    reason_code: str | None
    reason: str | None


SALARY = "SALA"
"""The purpose (ISO 20022 external code) of salaries."""

_NO_SALARY = (
    f"p.purpose <> '{SALARY}' AND NOT EXISTS"
    " (SELECT FROM bulk_orders o WHERE o.id = p.order_id AND o.confidential)"
)
_EVENT_COLUMNS = "e.cell, e.position, e.payment, e.states, e.at, e.actor, e.reason_code, e.reason"


def _event(row: Sequence[Any]) -> PaymentEvent:
    cell, position, payment, states, *rest = row
    return PaymentEvent(cell, position, payment, tuple(passed(states)), *rest)


async def get_payment(tx: Transaction, id: UUID) -> Payment:
    """The payment with this id. Raises PaymentNotFound."""
    found = await read_payments(tx, [id])
    if id not in found:
        raise PaymentNotFound(f"there is no payment {id}")
    return found[id]


async def is_salary(tx: Transaction, payment: Payment) -> bool:
    """Whether a payment is a salary, or belongs to a bulk order that pays some."""
    if payment.purpose == SALARY or payment.order is None:
        return payment.purpose == SALARY
    cursor = await tx.execute("SELECT FROM bulk_orders WHERE id = %s AND confidential", (payment.order,))
    return await cursor.fetchone() is not None


async def list_payments(
    tx: Transaction,
    *,
    customer: UUID | None = None,
    account: int | None = None,
    order: UUID | None = None,
    states: Sequence[PaymentState] = (),
    before: UUID | None = None,
    limit: int = 100,
    salaries: bool = True,
) -> list[Payment]:
    """Payments, the greatest id first (of UUIDs of version 7: the newest), those before ``before``.

    Of one customer, account or order, in some of the states, if given.
    """
    conditions, values = ["p.cell = c.cell", *([] if salaries else [_NO_SALARY])], []
    for condition, value in (
        ("p.customer = %s", customer),
        ("p.debit = %s", account),
        ("p.order_id = %s", order),
        ("p.state = ANY(%s)", [NUMBERS[state] for state in states] or None),
        ("p.id < %s", before),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    where = " AND ".join(conditions)
    cursor = await tx.execute(
        f"SELECT {COLUMNS} FROM (SELECT p.* FROM cells c CROSS JOIN LATERAL"  # noqa: S608 - names of ours only
        f" (SELECT * FROM payments p WHERE {where} ORDER BY p.id DESC LIMIT %s) p"
        " ORDER BY p.id DESC LIMIT %s) found".encode(),
        [*values, limit, limit],
    )
    return [payment_of(row) for row in await cursor.fetchall()]


async def payment_events(tx: Transaction, id: UUID) -> list[PaymentEvent]:
    """Every step of a payment, the first one first. Raises PaymentNotFound."""
    payment = await get_payment(tx, id)
    cursor = await tx.execute(
        f"SELECT {_EVENT_COLUMNS} FROM payment_events e"  # noqa: S608 - names of ours only
        " WHERE e.cell = %s AND e.payment = %s ORDER BY e.position".encode(),
        (payment.cell, id),
    )
    return [_event(row) for row in await cursor.fetchall()]


async def stream_positions(tx: Transaction) -> dict[int, int]:
    """How far the stream of each cell has come."""
    cursor = await tx.execute("SELECT cell, position FROM payment_heads ORDER BY cell")
    return dict(await cursor.fetchall())


async def stream_events(
    tx: Transaction,
    after: Mapping[int, int],
    *,
    customer: UUID | None = None,
    limit: int = 1000,
    salaries: bool = True,
) -> tuple[list[PaymentEvent], dict[int, int]]:
    """Steps that follow these positions (a cell that is not named: from its beginning), and where that leads.

    Of one customer's payments only, if given; the positions lead past the others' too.
    """
    heads = await stream_positions(tx)
    events: list[PaymentEvent] = []
    reached = dict(after)
    for cell, head in heads.items():
        start = after.get(cell, 0)
        end = min(head, start + limit)
        if end <= start:
            continue
        cursor = await tx.execute(
            f"SELECT {_EVENT_COLUMNS} FROM payment_events e"  # noqa: S608 - names of ours only
            " JOIN payments p ON p.cell = e.cell AND p.id = e.payment"
            " WHERE e.cell = %s AND e.position > %s AND e.position <= %s"
            " AND p.customer IS NOT DISTINCT FROM coalesce(%s, p.customer)"
            f" AND {'true' if salaries else _NO_SALARY} ORDER BY e.position".encode(),
            (cell, start, end, customer),
        )
        events += [_event(row) for row in await cursor.fetchall()]
        reached[cell] = end
    return events, reached
