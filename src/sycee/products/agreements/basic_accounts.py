"""A customer's one basic account: claimed by a unique key, so that two signings at once cannot both win."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sycee.database import Int2Array, Int8Array, Transaction, UuidArray


async def existing(tx: Transaction, customers: Sequence[UUID]) -> dict[UUID, int | None]:
    """The basic accounts of these customers; None for one that is being opened."""
    if not customers:
        return {}
    cursor = await tx.execute(
        "SELECT customer, account FROM basic_accounts WHERE customer = ANY(%s)", (list(customers),)
    )
    return dict(await cursor.fetchall())


async def basic_account(tx: Transaction, customer: UUID) -> int | None:
    """The customer's basic account; None without one."""
    return (await existing(tx, [customer])).get(customer)


async def claim(tx: Transaction, claims: Sequence[tuple[int, UUID, UUID]]) -> set[UUID]:
    """Claim the basic account for (cell, customer, agreement); returns the customers for whom it was won.

    A claim that another transaction holds is waited for: it may yet be given up.
    """
    if not claims:
        return set()
    ordered = sorted(claims, key=lambda one: one[1])  # the same order for all, so that nobody waits in a ring
    cursor = await tx.execute(
        """
        INSERT INTO basic_accounts (cell, customer, agreement)
        SELECT * FROM unnest(%s::smallint[], %s::uuid[], %s::uuid[]) ON CONFLICT DO NOTHING RETURNING customer
        """,
        (
            Int2Array([one[0] for one in ordered]),
            UuidArray([one[1] for one in ordered]),
            UuidArray([one[2] for one in ordered]),
        ),
    )
    return {row[0] for row in await cursor.fetchall()}


async def fill_in(tx: Transaction, accounts: Sequence[tuple[int, UUID, int]]) -> None:
    """Note the numbers of basic accounts that were opened: (cell, customer, account)."""
    if accounts:
        await tx.execute(
            """
            UPDATE basic_accounts b SET account = n.account
            FROM unnest(%s::smallint[], %s::uuid[], %s::bigint[]) AS n(cell, customer, account)
            WHERE b.cell = n.cell AND b.customer = n.customer
            """,
            (
                Int2Array([one[0] for one in accounts]),
                UuidArray([one[1] for one in accounts]),
                Int8Array([one[2] for one in accounts]),
            ),
        )


async def give_up(tx: Transaction, agreements: Sequence[UUID]) -> None:
    """Take back claims of agreements that were not signed after all."""
    await tx.execute(
        "DELETE FROM basic_accounts WHERE agreement = ANY(%s) AND account IS NULL", (list(agreements),)
    )


async def release(tx: Transaction, cell: int, account: int) -> None:
    """The account is closed: its customer may open another basic one."""
    await tx.execute("DELETE FROM basic_accounts WHERE cell = %s AND account = %s", (cell, account))
