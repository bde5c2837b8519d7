"""What signed products ask for again and again: fees of a cycle, statements of a cycle. For the end of a day.

All of it is read for many accounts at once. What a product says is kept once for all who agreed to the same
(``product_snapshots``), so what is asked of each account is only which of these it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from sycee.components import library, registry
from sycee.database import Int8Array, Transaction

_USUAL_FEE_INCOME = "6021"


class PeriodicFee(msgspec.Struct, frozen=True, kw_only=True):
    """A fee that falls due every cycle: on which account, by which arrangement, and since when.

    ``income_subject`` is the general-ledger subject that it goes to.
    """

    account: int
    arrangement: UUID
    condition: str
    fee: library.MaintenanceFee
    since: date
    income_subject: str


class StatementTerms(msgspec.Struct, frozen=True):
    """How often the accounts of a product snapshot get statements and confirmations."""

    snapshot: bytes
    cycle: library.StatementCycle


async def periodic_fees(
    tx: Transaction, accounts: Sequence[int], on: date
) -> tuple[list[PeriodicFee], dict[int, str]]:
    """The fees of a cycle in force on a day, by account and condition; and what cannot be read, by account.

    What is wrong with one account's fees does not keep the others from being charged.
    """
    cursor = await tx.execute(
        """
        SELECT n.account, c.arrangement, c.condition, c.capability, c.parameters, a.started_on,
               s.snapshot #>> '{slots,accounting,0,with,fee_income}'
        FROM unnest(%s::bigint[]) AS n(account)
        JOIN arrangement_conditions c ON c.cell = n.account / 1000000000000000 AND c.account = n.account
        JOIN arrangements a ON a.cell = c.cell AND a.id = c.arrangement
        JOIN product_snapshots s ON s.hash = a.snapshot
        WHERE c.slot = 'fees' AND c.parameters ? 'cycle' AND c.started_on <= %s
              AND (c.ended_on IS NULL OR c.ended_on > %s) AND (a.ended_on IS NULL OR a.ended_on > %s)
        ORDER BY n.account, c.condition, c.arrangement
        """,
        (Int8Array(list(accounts)), on, on, on),
    )
    found: list[PeriodicFee] = []
    unreadable: dict[int, str] = {}
    for account, arrangement, condition, capability, parameters, since, subject in await cursor.fetchall():
        try:
            fee = msgspec.convert(parameters, registry().parameters(capability))
            if not isinstance(fee, library.MaintenanceFee):
                continue
        except Exception as error:  # whatever is wrong with one condition is wrong with that one alone
            unreadable[account] = f"{condition}: {error}"
            continue
        found.append(
            PeriodicFee(
                account=account,
                arrangement=arrangement,
                condition=condition,
                fee=fee,
                since=since,
                income_subject=subject or _USUAL_FEE_INCOME,
            )
        )
    return found, unreadable


async def statement_terms(tx: Transaction) -> list[StatementTerms]:
    """The cycles of statements of every product that somebody has agreed to."""
    cursor = await tx.execute(
        "SELECT hash, snapshot #> '{slots,statement,0}' FROM product_snapshots"
        " WHERE snapshot #> '{slots,statement,0}' IS NOT NULL ORDER BY hash"
    )
    found = []
    for snapshot, part in await cursor.fetchall():
        terms: Any = msgspec.convert(part["with"], registry().parameters(part["uses"]))
        if isinstance(terms, library.StatementCycle):
            found.append(StatementTerms(bytes(snapshot), terms))
    return found


async def snapshots_of(tx: Transaction, accounts: Sequence[int]) -> Mapping[int, bytes]:
    """The product snapshot of each account that runs under an arrangement."""
    cursor = await tx.execute(
        """
        SELECT n.account, a.snapshot FROM unnest(%s::bigint[]) AS n(account)
        JOIN arrangement_accounts x ON x.cell = n.account / 1000000000000000 AND x.account = n.account
        JOIN arrangements a ON a.cell = x.cell AND a.id = x.arrangement
        """,
        (Int8Array(list(accounts)),),
    )
    return {account: bytes(snapshot) for account, snapshot in await cursor.fetchall()}


async def accounts_under(
    tx: Transaction, cell: int, snapshots: Sequence[bytes], after: int, limit: int
) -> list[int]:
    """The accounts of a cell that run under some product snapshots, by number, after a number."""
    cursor = await tx.execute(
        """
        SELECT x.account FROM arrangement_accounts x
        JOIN arrangements a ON a.cell = x.cell AND a.id = x.arrangement
        WHERE x.cell = %s AND x.account > %s AND a.snapshot = ANY(%s::bytea[])
        ORDER BY x.account LIMIT %s
        """,
        (cell, after, list(snapshots), limit),
    )
    return [row[0] for row in await cursor.fetchall()]
