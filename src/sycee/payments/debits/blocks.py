"""Payers who want no more debits of a payee, whatever they signed: blocked at once, until they lift it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee import parties
from sycee.database import Transaction, UuidArray, as_bank
from sycee.kernel import clock
from sycee.payments.debits.errors import DebitBlockNotFound
from sycee.payments.orders.new_payments import Instructor


class DebitBlock(msgspec.Struct, frozen=True):
    """A block of a payer on all debits of a payee; lifted when ``lifted_at`` is set."""

    id: UUID
    debtor: UUID
    creditor: UUID
    reason: str
    blocked_by: str
    blocked_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lifted_why: str | None


_SELECT = (
    "SELECT id, debtor, creditor, reason, blocked_by, blocked_at, lifted_by, lifted_at, lifted_why"
    " FROM debit_blocks"
)


async def block_creditor(
    tx: Transaction, id: UUID, *, debtor: UUID, creditor: UUID, by: Instructor, reason: str
) -> DebitBlock:
    """Block every debit of a payee from a payer's accounts; what waits is refused on its day.

    The same again is answered with the block that holds. Raises parties' CustomerNotFound: a customer's user
    blocks for that customer alone.
    """
    if by.customer not in {None, debtor}:
        raise parties.CustomerNotFound(f"there is no customer {debtor}")
    async with as_bank(tx):
        cell = (await parties.get_customer(tx, debtor)).cell
        await parties.get_customer(tx, creditor)
        await tx.execute(
            "INSERT INTO debit_blocks (cell, id, debtor, creditor, reason, blocked_by, blocked_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (cell, id, debtor, creditor, reason, by.by, clock.now()),
        )
        found = await _one(tx, "debtor = %s AND creditor = %s AND lifted_at IS NULL", (debtor, creditor))
        if found is None:
            raise DebitBlockNotFound(f"block {id} was lifted before: a new one has a new id")
        return found


async def lift_block(tx: Transaction, id: UUID, *, by: Instructor, reason: str) -> DebitBlock:
    """Let the payee debit again. Raises DebitBlockNotFound."""
    block = await _one(tx, "id = %s", (id,))
    if block is None or by.customer not in {None, block.debtor}:
        raise DebitBlockNotFound(f"there is no block {id}")
    async with as_bank(tx):
        await tx.execute(
            "UPDATE debit_blocks SET lifted_by = %s, lifted_at = %s, lifted_why = %s"
            " WHERE id = %s AND lifted_at IS NULL",
            (by.by, clock.now(), reason, id),
        )
        lifted = await _one(tx, "id = %s", (id,))
    assert lifted is not None
    return lifted


async def list_blocks(tx: Transaction, *, debtor: UUID | None = None, limit: int = 1000) -> list[DebitBlock]:
    """The blocks that hold, of one payer or of all, the latest first."""
    cursor = await tx.execute(
        f"{_SELECT} WHERE lifted_at IS NULL AND debtor = coalesce(%s, debtor)"
        " ORDER BY blocked_at DESC LIMIT %s".encode(),
        (debtor, limit),
    )
    return [DebitBlock(*row) for row in await cursor.fetchall()]


async def blocked_pairs(
    tx: Transaction, debtors: Collection[UUID], creditors: Collection[UUID]
) -> set[tuple[UUID, UUID]]:
    """Which payers, of some, block which payees."""
    cursor = await tx.execute(
        "SELECT debtor, creditor FROM debit_blocks"
        " WHERE debtor = ANY(%b) AND creditor = ANY(%b) AND lifted_at IS NULL",
        (UuidArray(list(debtors)), UuidArray(list(creditors))),
    )
    return set(await cursor.fetchall())


async def _one(tx: Transaction, condition: str, values: Sequence[Any]) -> DebitBlock | None:
    cursor = await tx.execute(f"{_SELECT} WHERE {condition}".encode(), values)
    row = await cursor.fetchone()
    return None if row is None else DebitBlock(*row)
