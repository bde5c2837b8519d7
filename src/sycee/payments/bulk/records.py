"""A bulk order and its items as they are kept, and the statements that read them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from sycee.database import Transaction
from sycee.kernel import clock
from sycee.kernel.money import MAX_MINOR
from sycee.payments.errors import BulkOrderNotFound
from sycee.payments.iso20022 import Fault, Reason, ReportStatus


class BulkState(StrEnum):
    """How far a bulk order is; holding and checking are for those of which all is paid or nothing.

    Rejected: those who had to agree did not, and nothing of it is paid.
    """

    RECEIVING = "receiving"
    RECEIVED = "received"
    HOLDING = "holding"
    CHECKING = "checking"
    PAYING = "paying"
    DONE = "done"
    REJECTED = "rejected"


class BulkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk order as it stands.

    ``format`` is the message (``pain.001.001.09``), ``csv`` or ``xlsx``; ``announced`` and ``control_sum``
    are what its header says, ``counted`` and ``summed`` what was found. ``done`` of the items have been
    paid or refused, ``refused`` of these refused here. ``confidential``: it pays salaries. ``fault`` is why
    all of it is refused. ``duplicate``: this very file had been received before.
    """

    id: UUID
    cell: int
    customer: UUID | None
    submitted_by: str
    format: str
    message_id: str
    initiating_party: str
    created_at: str
    received_at: datetime
    digest: bytes
    bytes: int
    announced: int
    control_sum: Decimal | None
    counted: int
    summed: Decimal
    all_or_nothing: bool
    confidential: bool
    state: BulkState
    checked: int
    done: int
    refused: int
    finished_at: datetime | None
    fault: Fault | None
    duplicate: bool = False


class BulkItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a bulk order and what became of it; ``payment`` is None when nothing was taken.

    ``amount`` is as the file writes it, ``minor`` the same in minor units of the currency, if it is one.
    """

    position: int
    batch: int
    payment: UUID | None
    instruction_id: str | None
    end_to_end_id: str
    uetr: UUID | None
    debtor: str
    debit: int | None
    creditor: str
    creditor_name: str
    creditor_agent: str | None
    credit: int | None
    currency: str
    amount: str
    minor: int | None
    purpose: str
    remittance: str
    status: ReportStatus
    reason: Reason | None
    code: str | None
    detail: str | None


_COLUMNS = (
    "id, cell, customer, submitted_by, format, message_id, initiating_party, created_at, received_at,"
    " digest, bytes, announced, control_sum, counted, summed, all_or_nothing, confidential, state, checked,"
    " done, refused, finished_at, reason, code, detail"
)
STATUS = (
    "CASE WHEN coalesce(i.code, b.code, o.code) IS NOT NULL THEN 'RJCT'"
    " WHEN p.state IS NULL OR p.state < 5 THEN 'PDNG'"
    " WHEN p.state < 8 THEN 'ACSP'"
    " WHEN p.state IN (8, 10) THEN 'ACSC'"
    " ELSE 'RJCT' END"
)
"""What became of an item, in the words of pain.002: from what was refused here, or from where the payment
stands. What was settled and came back later is ACSC, with the reason."""

ITEM_COLUMNS = (
    "i.position, i.batch, p.id, i.instruction_id, i.end_to_end_id, i.uetr, b.debtor, b.debit,"
    " i.creditor, i.creditor_name, i.creditor_agent, i.credit, i.currency, i.amount, i.minor,"
    " coalesce(nullif(i.purpose, ''), b.purpose), i.remittance,"
    f" {STATUS}, coalesce(i.reason, b.reason, o.reason), "
    " coalesce(i.code, b.code, o.code, CASE WHEN p.state >= 5 THEN p.reason_code END),"
    " coalesce(i.detail, b.detail, o.detail, CASE WHEN p.state >= 5 THEN p.reason END)"
)
"""The columns of ``ITEMS`` in the order in which ``item_of`` takes them apart.

Why a payment waits is left out: its customer must not be warned that screening looks at it."""

ITEMS = (
    "bulk_items i JOIN bulk_orders o ON o.cell = i.cell AND o.id = i.bulk_order"
    " JOIN bulk_batches b ON b.cell = i.cell AND b.bulk_order = i.bulk_order AND b.batch = i.batch"
    " LEFT JOIN payments p ON p.cell = b.debit / 1000000000000000 AND p.id = i.payment"
)
"""Items with their order, their batch and their payment."""

_ORDER_FIELDS = [name.strip() for name in _COLUMNS.split(",")][:-3]
_ITEM_FIELDS = BulkItem.__struct_fields__


def order_id(customer: UUID | None, initiator: str, message_id: str) -> UUID:
    """The id of a bulk order: one for each customer, initiating party and message id.

    It is a UUID of version 8 (RFC 9562, 5.8) whose last 32 bits are left for the items.
    """
    digest = sha256(b"sycee bulk")
    for part in (str(customer or ""), initiator, message_id):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)  # the length keeps parts apart
    value = int.from_bytes(digest.digest()[:16], "big") & ~0xFFFFFFFF
    value = value & ~(0xF << 76) | 0x8 << 76  # version 8
    return UUID(int=value & ~(0b11 << 62) | 0b10 << 62)  # RFC 9562 variant


def item_id(order: UUID, position: int) -> UUID:
    """The id of the payment of an item: the order's with its position, from 1, at the end.

    Items of one order so lie side by side in every index, as they are written.
    """
    return UUID(int=order.int + position + 1)


def order_of(row: Sequence[Any]) -> BulkOrder:
    """An order from its row."""
    *rest, reason, code, detail = row
    said = dict(zip(_ORDER_FIELDS, rest, strict=True))
    said["state"] = BulkState(said["state"])
    return BulkOrder(**said, fault=None if code is None else Fault(Reason(reason), code, detail))


def item_of(row: Sequence[Any]) -> BulkItem:
    """An item from its row."""
    said = dict(zip(_ITEM_FIELDS, row, strict=True))
    said["status"] = ReportStatus(said["status"])
    said["reason"] = Reason(said["reason"]) if said["reason"] else None
    return BulkItem(**said)


async def find_order(tx: Transaction, wanted: UUID, *, lock: bool = False) -> BulkOrder | None:
    """The order of that id, if there is one; with ``lock`` nobody else works at it until the commit."""
    statement = f"SELECT {_COLUMNS} FROM bulk_orders WHERE id = %s"  # noqa: S608 - names of ours only
    cursor = await tx.execute((statement + (" FOR NO KEY UPDATE" if lock else "")).encode(), (wanted,))
    row = await cursor.fetchone()
    return None if row is None else order_of(row)


async def bulk_order(tx: Transaction, wanted: UUID, *, lock: bool = False) -> BulkOrder:
    """The bulk order of that id as it stands. Raises BulkOrderNotFound."""
    found = await find_order(tx, wanted, lock=lock)
    if found is None:
        raise BulkOrderNotFound(f"there is no bulk order {wanted}")
    return found


async def bulk_totals(tx: Transaction, order: BulkOrder) -> list[tuple[int, str, int]]:
    """What each account that is known would pay in all: account, currency, minor units (no more than fit)."""
    cursor = await tx.execute(
        "SELECT b.debit, i.currency, sum(i.minor) FROM bulk_items i"
        " JOIN bulk_batches b USING (cell, bulk_order, batch)"
        " WHERE i.cell = %s AND i.bulk_order = %s AND b.debit IS NOT NULL AND i.minor IS NOT NULL"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        (order.cell, order.id),
    )
    return [
        (debit, currency, min(int(total), MAX_MINOR)) for debit, currency, total in await cursor.fetchall()
    ]


async def bulk_creditors(tx: Transaction, order: BulkOrder) -> list[str]:
    """The accounts that an order pays, each once: those of this bank by their numbers."""
    cursor = await tx.execute(
        "SELECT DISTINCT coalesce(credit::text, creditor) FROM bulk_items"
        " WHERE cell = %s AND bulk_order = %s ORDER BY 1",
        (order.cell, order.id),
    )
    return [creditor for (creditor,) in await cursor.fetchall()]


def begun(order: BulkOrder) -> BulkState:
    """The state in which an order is to be paid."""
    return BulkState.HOLDING if order.all_or_nothing else BulkState.PAYING


async def start_bulk_order(tx: Transaction, wanted: UUID) -> BulkOrder:
    """Let an order that was only received be paid; any other is as it was. Raises BulkOrderNotFound."""
    order = await bulk_order(tx, wanted, lock=True)
    if order.state is BulkState.RECEIVED:
        order = replace(order, state=begun(order))
        await tx.execute(
            "UPDATE bulk_orders SET state = %s WHERE cell = %s AND id = %s",
            (str(order.state), order.cell, order.id),
        )
    return order


async def reject_bulk_order(tx: Transaction, wanted: UUID, fault: Fault) -> BulkOrder:
    """Turn an order down that nobody has begun to pay, and all of its items with it; any other is as it was.

    Raises BulkOrderNotFound.
    """
    order = await bulk_order(tx, wanted, lock=True)
    if order.state is BulkState.RECEIVED:
        order = replace(
            order, state=BulkState.REJECTED, fault=fault, done=order.counted, refused=order.counted,
            finished_at=clock.now(),
        )  # fmt: skip
        await tx.execute(
            "UPDATE bulk_orders SET state = %s, done = %s, refused = %s, finished_at = %s, reason = %s,"
            " code = %s, detail = %s WHERE cell = %s AND id = %s",
            (
                str(order.state), order.done, order.refused, order.finished_at, str(fault.reason),
                fault.code, fault.detail, order.cell, order.id,
            ),
        )  # fmt: skip
    return order


async def unfinished_bulk_orders(tx: Transaction, limit: int = 100) -> list[UUID]:
    """The orders that are to be paid and not all dealt with, the oldest first; somebody may be at them."""
    cursor = await tx.execute(
        "SELECT id FROM bulk_orders WHERE state IN ('holding', 'checking', 'paying')"
        " ORDER BY received_at LIMIT %s",
        (limit,),
    )
    return [id for (id,) in await cursor.fetchall()]


async def bulk_items(
    tx: Transaction, order: BulkOrder, *, after: int = -1, limit: int = 100
) -> list[BulkItem]:
    """Items of an order in its order, those after a position."""
    cursor = await tx.execute(
        f"SELECT {ITEM_COLUMNS} FROM {ITEMS}"  # noqa: S608 - names of ours only
        " WHERE i.cell = %s AND i.bulk_order = %s AND i.position > %s"
        " ORDER BY i.position LIMIT %s".encode(),
        (order.cell, order.id, after, limit),
    )
    return [item_of(row) for row in await cursor.fetchall()]
