"""Blocks of items of a bulk order: read to be paid, and why they were refused written down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sycee import ledger
from sycee.database import Int4Array, TextArray, Transaction
from sycee.kernel.ids import cell_of
from sycee.payments.bulk.records import BulkOrder
from sycee.payments.iso20022 import reason_of
from sycee.payments.orders.new_payments import Instructor, NewPayment, PaymentOutcome, Urgency
from sycee.payments.orders.states import PaymentState

BLOCK = 4_096
"""Items that are paid in one transaction: enough to be worth it, and few enough that others get through."""


def instructor(order: BulkOrder) -> Instructor:
    """Who instructs the payments of an order."""
    return Instructor(order.submitted_by, order.customer)


class Block:
    """The items from a position on: those that are to be paid, and the positions of those that cannot be."""

    def __init__(self, rows: Sequence[Sequence[Any]], order: UUID, days: dict[int, date]) -> None:
        self.length = len(rows)
        self.refused_before: list[int] = []
        self.positions: list[int] = []
        self.payments: list[NewPayment] = []
        for position, faulty, *said in rows:
            if faulty:
                self.refused_before.append(position)
            else:
                self.positions.append(position)
                self.payments.append(_payment(order, days, *said))


def _payment(  # noqa: PLR0917 - the columns of a row
    order: UUID,
    days: dict[int, date],
    id: UUID,
    debit: int,
    creditor: str,
    creditor_name: str,
    agent: str | None,
    credit: int | None,
    minor: int,
    currency: str,
    purpose: str,
    remittance: str,
    end_to_end_id: str,
    asked: date | None,
    urgent: bool,
) -> NewPayment:
    today = days.get(cell_of(debit))
    return NewPayment(
        id=id,
        debit_account=debit,
        creditor_account=str(credit) if credit else creditor,
        creditor_name=creditor_name,
        amount=minor,
        currency=currency,
        creditor_agent=None if credit else agent,
        purpose=purpose,
        remittance=remittance,
        end_to_end_id=end_to_end_id,
        execute_on=asked if asked and today and asked > today else None,
        urgency=Urgency.URGENT if urgent else Urgency.NORMAL,
        order=order,
    )


async def read_block(tx: Transaction, order: BulkOrder, start: int) -> Block:
    """The next items of an order, from a position on."""
    cursor = await tx.execute(
        "SELECT i.position, b.code IS NOT NULL OR i.code IS NOT NULL, i.payment, b.debit, i.creditor,"
        " i.creditor_name, i.creditor_agent, i.credit, i.minor, i.currency,"
        " coalesce(nullif(i.purpose, ''), b.purpose), i.remittance, i.end_to_end_id,"
        " b.execution_date, b.urgent"
        " FROM bulk_items i JOIN bulk_batches b USING (cell, bulk_order, batch)"
        " WHERE i.cell = %s AND i.bulk_order = %s AND i.position >= %s AND i.position < %s"
        " ORDER BY i.position",
        (order.cell, order.id, start, start + BLOCK),
        binary=True,
    )
    days = {cell.cell: cell.business_date for cell in await ledger.list_cells(tx)}
    return Block(await cursor.fetchall(), order.id, days)


def refusals(block: Block, told: Sequence[PaymentOutcome]) -> list[tuple[int, PaymentOutcome]]:
    """What was refused, with its position."""
    return [
        (position, outcome)
        for position, outcome in zip(block.positions, told, strict=True)
        if outcome.state is PaymentState.REJECTED and not outcome.duplicate
    ]


async def write_refusals(
    tx: Transaction, order: BulkOrder, refused: Sequence[tuple[int, PaymentOutcome]]
) -> None:
    """Keep why items were refused."""
    if not refused:
        return
    codes = [outcome.code or "rejected" for _, outcome in refused]
    await tx.execute(
        "UPDATE bulk_items i SET reason = r.reason, code = r.code, detail = r.detail"
        " FROM unnest(%b, %b, %b, %b) AS r(position, reason, code, detail)"
        " WHERE i.cell = %s AND i.bulk_order = %s AND i.position = r.position",
        (
            Int4Array([position for position, _ in refused]),
            TextArray([str(reason_of(code)) for code in codes]),
            TextArray(codes),
            TextArray([outcome.detail or outcome.code or "refused" for _, outcome in refused]),
            order.cell,
            order.id,
        ),
    )
