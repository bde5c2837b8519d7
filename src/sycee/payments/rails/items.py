"""What settles on a rail, item by item, as this bank knows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Literal
from uuid import UUID

import msgspec

from sycee.database import Transaction

What = Literal["payment", "incoming", "return_in", "return_out"]
State = Literal["sent", "settled", "rejected"]

CUSTOMERS_MESSAGE, BANKS_MESSAGE, RETURNS_MESSAGE = "pacs.008.001.08", "pacs.009.001.08", "pacs.004.001.09"
"""By which message a customer's payment, a bank's own, and a return are asked for."""

SIGN: dict[str, int] = {"payment": -1, "incoming": 1, "return_in": 1, "return_out": -1}
"""What each kind of item does to this bank's balance with the rail."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One item; amount in minor units; message is the name of that by which it was asked for.

    See the table ``rail_items``.
    """

    cell: int
    rail: str
    uetr: UUID
    what: What
    item_id: str
    payment: UUID | None
    message_id: str
    end_to_end_id: str
    amount: int
    currency: str
    state: State
    settled_on: date | None = None
    reason: str | None = None
    message: str = CUSTOMERS_MESSAGE

    @property
    def key(self) -> tuple[str, UUID, str]:
        """What tells it apart on its rail."""
        return self.what, self.uetr, self.item_id


_COLUMNS = ", ".join(Item.__struct_fields__)
_TYPES = {
    "cell": "smallint", "uetr": "uuid", "payment": "uuid", "amount": "bigint", "settled_on": "date",
}  # fmt: skip


def uetr_of(payment: UUID) -> UUID:
    """The UETR of a payment: a UUID of version 4, as ISO 20022 asks, that follows from the payment's id."""
    return UUID(bytes=sha256(b"uetr" + payment.bytes).digest()[:16], version=4)


async def write_items(tx: Transaction, items: Sequence[Item]) -> None:
    """Write new items; one that is there stays as it is."""
    arrays = ", ".join(f"%s::{_TYPES.get(name, 'text')}[]" for name in Item.__struct_fields__)
    await tx.execute(
        f"INSERT INTO rail_items ({_COLUMNS}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING".encode(),  # noqa: S608
        [[getattr(item, name) for item in items] for name in Item.__struct_fields__],
    )


async def read_items(tx: Transaction, rail: str, what: What, uetrs: Sequence[UUID]) -> dict[UUID, Item]:
    """Items of a kind that has one to a UETR (payments, incoming), this transaction's until it ends."""
    return {item.uetr: item for item in await all_items(tx, rail, what, uetrs)}


async def all_items(tx: Transaction, rail: str, what: What, uetrs: Sequence[UUID]) -> list[Item]:
    """Every item of a kind with these UETRs, this transaction's until it ends."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_items WHERE rail = %s AND what = %s AND uetr = ANY(%s)"  # noqa: S608
        " ORDER BY uetr, item_id FOR UPDATE".encode(),
        (rail, what, list(uetrs)),
    )
    return [item_of(row) for row in await cursor.fetchall()]


def item_of(row: Sequence[object]) -> Item:
    """An item from its row."""
    return Item(**dict(zip(Item.__struct_fields__, row, strict=True)))  # type: ignore[arg-type]


async def items_of_message(tx: Transaction, rail: str, message_id: str) -> list[Item]:
    """What went out in a message and is not answered."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_items WHERE rail = %s AND message_id = %s AND state = 'sent'"  # noqa: S608
        " ORDER BY uetr FOR UPDATE".encode(),
        (rail, message_id),
    )
    return [item_of(row) for row in await cursor.fetchall()]


async def conclude(
    tx: Transaction,
    items: Sequence[Item],
    state: State,
    *,
    on: Sequence[date | None],
    reasons: Sequence[str | None],
) -> None:
    """Note what became of items that were sent."""
    await tx.execute(
        "UPDATE rail_items i SET state = %s, settled_on = n.settled_on, reason = n.reason,"
        " changed_at = clock_timestamp()"
        " FROM unnest(%s::smallint[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::date[], %s::text[])"
        " AS n(cell, rail, uetr, what, item_id, settled_on, reason)"
        " WHERE (i.cell, i.rail, i.uetr, i.what, i.item_id) = (n.cell, n.rail, n.uetr, n.what, n.item_id)"
        " AND i.state = 'sent'",
        (
            state,
            [item.cell for item in items],
            [item.rail for item in items],
            [item.uetr for item in items],
            [item.what for item in items],
            [item.item_id for item in items],
            list(on),
            list(reasons),
        ),
    )


async def ask_soon(tx: Transaction, items: Sequence[Item]) -> None:
    """Let the rail be asked about these items at the next opportunity."""
    await tx.execute(
        "UPDATE rail_items SET enquired_at = NULL WHERE rail = ANY(%s) AND uetr = ANY(%s) AND state = 'sent'",
        (list({item.rail for item in items}), [item.uetr for item in items]),
    )
