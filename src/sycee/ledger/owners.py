"""Whose accounts are whose: which customer an account was opened for."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sycee.database import Transaction


async def customers_of_accounts(tx: Transaction, numbers: Sequence[int]) -> dict[int, UUID | None]:
    """The customer of each account, None for the bank's own; numbers without an account are left out."""
    cursor = await tx.execute(
        """
        SELECT p.number, p.customer
        FROM unnest(%s::bigint[]) AS n(number)
        JOIN account_profiles AS p ON p.cell = n.number / 1000000000000000 AND p.number = n.number
        """,
        (list(dict.fromkeys(numbers)),),
    )
    return dict(await cursor.fetchall())
