"""Branches: which office of the bank keeps the relation with a customer.

A branch is a code of the bank's own (``SH-PUDONG``). It narrows what a member of staff may reach, when a
grant names one; the books do not know it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from sycee.database import Transaction
from sycee.parties.changes import NewChange, business_dates, cell_of_customer, write_changes
from sycee.parties.errors import InvalidCustomer

_BRANCH = re.compile(r"[A-Z0-9][A-Z0-9.\-]{0,31}")


async def set_branch(tx: Transaction, customer: UUID, branch: str, *, by: str, reason: str) -> None:
    """Put a customer with a branch, from now on; what was and why is kept.

    Raises CustomerNotFound, InvalidCustomer when ``branch`` is no code of a branch.
    """
    if not _BRANCH.fullmatch(branch):
        raise InvalidCustomer(
            f"{branch[:40]!r} is not a branch: up to 32 capital letters, digits, dots or hyphens"
        )
    cell = await cell_of_customer(tx, customer, lock=True)
    before = (await branches_of(tx, [customer])).get(customer)
    if before == branch:
        return
    await tx.execute(
        "INSERT INTO customer_branches (cell, customer, branch) VALUES (%s, %s, %s)"
        " ON CONFLICT (cell, customer) DO UPDATE SET branch = excluded.branch",
        (cell, customer, branch),
    )
    today = (await business_dates(tx))[cell]
    change = NewChange(
        cell=cell, customer=customer, what="branch", effective=today, by=by, reason=reason,
        before=before, after=branch,
    )  # fmt: skip
    await write_changes(tx, [change])


async def branches_of(tx: Transaction, customers: Sequence[UUID]) -> dict[UUID, str]:
    """The branch of each customer; those with none are left out."""
    cursor = await tx.execute(
        "SELECT customer, branch FROM customer_branches WHERE customer = ANY(%s::uuid[])", (list(customers),)
    )
    return dict(await cursor.fetchall())


async def place_of_customer(tx: Transaction, customer: UUID) -> tuple[int, str | None]:
    """The cell and the branch of a customer. Raises CustomerNotFound."""
    cell = await cell_of_customer(tx, customer)
    return cell, (await branches_of(tx, [customer])).get(customer)
