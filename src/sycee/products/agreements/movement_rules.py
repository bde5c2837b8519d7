"""What the classes of accounts allow to be paid from one account to another.

An income-collection account receives only, an expenditure account pays only and is fed from the customer's
basic account, a supervised account pays when its supervisor agrees. The books know no classes: whoever takes
in customers' payments asks here first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, get_args
from uuid import UUID

import msgspec

from sycee.components import library, registry
from sycee.database import Int8Array, Transaction

_CLASSES = {"basic", "general", "special", "temporary", *get_args(library.SpecialPurpose)}


class Movement(NamedTuple):
    """An amount (minor units) to be paid from an account of this bank; ``credit`` None: to another bank."""

    debit: int
    credit: int | None
    amount: int


class _Classed(NamedTuple):
    customer: UUID
    terms: Any

    @property
    def names(self) -> set[str]:
        """The class, and the purpose within it."""
        return {str(self.terms.account_class), str(getattr(self.terms, "purpose", ""))}


async def movement_problems(
    tx: Transaction, movements: Sequence[Movement], *, supervised: frozenset[int] = frozenset()
) -> list[str | None]:
    """For each movement why the classes of its accounts forbid it; None when they do not.

    An account that stands under no agreement has no class, and no rule. Of the ``supervised`` accounts the
    caller asks the supervisor itself, payment by payment.
    """
    numbers = sorted({number for movement in movements for number in movement[:2] if number is not None})
    found = await _classes(tx, numbers) if numbers else {}
    if not found:
        return [None] * len(movements)
    return [
        _problem(one, found.get(one.debit), found.get(one.credit or 0), asked=one.debit in supervised)
        for one in movements
    ]


def _problem(
    movement: Movement, payer: _Classed | None, payee: _Classed | None, *, asked: bool
) -> str | None:
    if payer is not None:
        permission = payer.terms.permits("transfer_out", movement.amount)
        if not permission.allowed or (permission.evidence and not asked):
            return f"from {movement.debit}: {permission.reason}"
        allowed = set(getattr(payer.terms, "pays_out_to", ()))
        # Where the money may go at all is told here as far as it names classes of accounts.
        if allowed and allowed <= _CLASSES and not (payee and allowed & payee.names):
            return f"from {movement.debit}: it pays out to {' or '.join(sorted(allowed))} accounts only"
    if payee is not None:
        permission = payee.terms.permits("transfer_in", movement.amount)
        if not permission.allowed:
            return f"to {movement.credit}: {permission.reason}"
        sources = set(getattr(payee.terms, "fed_from", ()))
        own = payer.names if payer is not None and payer.customer == payee.customer else set()
        if sources and not sources & own:
            return (
                f"to {movement.credit}: it is fed from the customer's own {' or '.join(sorted(sources))}"
                " account only"
            )
    return None


async def _classes(tx: Transaction, numbers: Sequence[int]) -> dict[int, _Classed]:
    cursor = await tx.execute(
        """
        SELECT n.account, a.customer, a.snapshot
        FROM unnest(%s::bigint[]) AS n(account)
        JOIN arrangement_accounts x ON x.cell = n.account / 1000000000000000 AND x.account = n.account
        JOIN arrangements a ON a.cell = x.cell AND a.id = x.arrangement
        WHERE a.ended_on IS NULL AND a.account_class IS NOT NULL
        """,
        (Int8Array(list(numbers)),),
    )
    rows = await cursor.fetchall()
    terms = await _terms(tx, {snapshot for _, _, snapshot in rows})
    return {
        account: _Classed(customer, terms[snapshot])
        for account, customer, snapshot in rows
        if snapshot in terms
    }


async def _terms(tx: Transaction, snapshots: set[bytes]) -> dict[bytes, Any]:
    """What products say of their class of account; the same one stands behind many accounts."""
    if not snapshots:
        return {}
    cursor = await tx.execute(
        "SELECT hash, snapshot #> '{slots,account_class,0}' FROM product_snapshots"
        " WHERE hash = ANY(%s::bytea[])",
        (list(snapshots),),
    )
    return {
        snapshot: msgspec.convert(part["with"], registry().parameters(part["uses"]))
        for snapshot, part in await cursor.fetchall()
        if part is not None
    }
