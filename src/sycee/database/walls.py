"""Acting for a customer: the wall that the database itself keeps between one customer and all others.

A transaction that acts for a customer runs as the role ``sycee_customer``, which has no table of its own
and sees through policies alone: rows of that customer, and of nobody else (sql/walls.sql, and
customer_policies.sql of every domain). The owner of the tables, as whom the bank works, passes them by.

What only the bank may do on a customer's behalf (post in the books, hold an amount) stands in a block of
``as_bank``. There is no other way out of the wall.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID
from weakref import WeakSet

from psycopg import AsyncConnection
from psycopg.pq import TransactionStatus

_Connection = AsyncConnection[tuple[Any, ...]]
CUSTOMER_ROLE = "sycee_customer"
"""The role as which a transaction runs that acts for a customer."""

_behind_the_wall: WeakSet[_Connection] = WeakSet()


@asynccontextmanager
async def acting(tx: _Connection, customer: UUID) -> AsyncIterator[None]:
    """Run the rest of a transaction that has just begun as the customer: for Database.transaction alone.

    The role and the customer end with the transaction, however it ends.
    """
    await tx.execute(
        "SELECT set_config('sycee.customer', %s, true), set_config('role', %s, true)",
        (str(customer), CUSTOMER_ROLE),
    )
    _behind_the_wall.add(tx)
    try:
        yield
    finally:
        _behind_the_wall.discard(tx)


@asynccontextmanager
async def as_bank(tx: _Connection) -> AsyncIterator[None]:
    """The bank's own part of a transaction that acts for a customer; of any other, nothing special.

    Inside, no policy narrows what is read or written: name what you touch, and take nothing from the
    customer that was not read under the policies before.
    """
    if tx not in _behind_the_wall:
        yield
        return
    await tx.execute("SET LOCAL ROLE NONE")
    _behind_the_wall.discard(tx)
    try:
        yield
    finally:
        # After an error of the database only a roll-back is possible, and that takes the role back with it:
        # to the customer's at a savepoint that was made before this block, to none where all is over.
        if tx.info.transaction_status == TransactionStatus.INTRANS:
            await tx.execute(f"SET LOCAL ROLE {CUSTOMER_ROLE}")
        _behind_the_wall.add(tx)


def acts_for_customer(tx: _Connection) -> bool:
    """Whether what is done in this transaction now is done as a customer."""
    return tx in _behind_the_wall
