"""Who changed what of a customer: one line for everything that is recorded, never taken away.

Also the locks: whoever changes anything of a customer holds the customer's row, and whoever changes how
customers stand to each other holds the one lock of that graph before it, since a circle has many customers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import DateArray, Int2Array, TextArray, Transaction, UuidArray
from sycee.kernel.ids import uuid7
from sycee.ledger import list_cells
from sycee.parties.errors import CustomerNotFound

_GRAPH = "sycee.parties: groups and owners"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was recorded of a customer: what, from which date on, by whom and why."""

    id: UUID
    what: str
    effective: date
    changed_at: datetime
    changed_by: str
    reason: str
    before: Any
    after: Any


class NewChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change to be written down; ``before`` and ``after`` are anything that has a JSON form."""

    cell: int
    customer: UUID
    what: str
    effective: date
    by: str
    reason: str = ""
    before: Any = None
    after: Any = None


async def write_changes(tx: Transaction, changes: Sequence[NewChange]) -> None:
    """Write down what was changed."""
    await tx.execute(
        """
        INSERT INTO customer_changes
            (cell, customer, id, what, effective, changed_by, reason, before, after)
        SELECT c, u, i, w, e, b, r, x::jsonb, y::jsonb
        FROM unnest(%s::smallint[], %s::uuid[], %s::uuid[], %s::text[], %s::date[], %s::text[], %s::text[],
                    %s::text[], %s::text[]) AS n(c, u, i, w, e, b, r, x, y)
        """,
        (
            Int2Array([change.cell for change in changes]),
            UuidArray([change.customer for change in changes]),
            UuidArray([uuid7() for _ in changes]),
            TextArray([change.what for change in changes]),
            DateArray([change.effective for change in changes]),
            TextArray([change.by for change in changes]),
            TextArray([change.reason for change in changes]),
            TextArray([_json(change.before) for change in changes]),
            TextArray([_json(change.after) for change in changes]),
        ),
    )


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


async def customer_changes(
    tx: Transaction, customer: UUID, *, before: UUID | None = None, limit: int = 100
) -> list[Change]:
    """What was recorded of a customer, newest first; those older than the change ``before``.

    Raises CustomerNotFound.
    """
    cell = await cell_of_customer(tx, customer)
    cursor = await tx.execute(
        """
        SELECT id, what, effective, changed_at, changed_by, reason, before, after FROM customer_changes
        WHERE cell = %s AND customer = %s AND (%s::uuid IS NULL OR id < %s) ORDER BY id DESC LIMIT %s
        """,
        (cell, customer, before, before, limit),
    )
    names = Change.__struct_fields__
    return [Change(**dict(zip(names, row, strict=True))) for row in await cursor.fetchall()]


async def cell_of_customer(tx: Transaction, customer: UUID, *, lock: bool = False) -> int:
    """The cell that a customer lies in; with ``lock`` its row is held. Raises CustomerNotFound."""
    query = "SELECT cell FROM customers WHERE id = %s"
    cursor = await tx.execute(query + (" FOR NO KEY UPDATE" if lock else ""), (customer,))
    row = await cursor.fetchone()
    if row is None:
        raise CustomerNotFound(f"there is no customer {customer}")
    cell: int = row[0]
    return cell


async def lock_graph(tx: Transaction) -> None:
    """Hold the lock of groups and owners until the transaction ends. Taken before any customer's row."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (_GRAPH,))


async def business_dates(tx: Transaction) -> dict[int, date]:
    """The business date that each cell stands at."""
    return {cell.cell: cell.business_date for cell in await list_cells(tx)}
