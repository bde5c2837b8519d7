"""The proof after a drill: what was acknowledged is in the books once, and they balance and are sealed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sycee.database import Database
from sycee.kernel.ids import parse_account_number
from sycee.ledger import check_books, verify_seals
from sycee.operations.drills.records import Proof

# Legs of one cell: the drill's accounts have one cell, so a transfer is one row.
_FOUND = """
    SELECT id, count(*) FROM transfers
    WHERE debit = ANY(%(accounts)s) OR credit = ANY(%(accounts)s)
    GROUP BY id
"""
_SHOWN = 5


async def prove(
    database: Database, accounts: Sequence[str], asked: Collection[UUID], acknowledged: Collection[UUID]
) -> Proof:
    """Compare what clients asked for and were told with what the books hold, and check books and seals."""
    async with database.transaction() as tx:
        numbers = [parse_account_number(account) for account in accounts]
        rows = await (await tx.execute(_FOUND, {"accounts": numbers})).fetchall()
    found: dict[UUID, int] = dict(rows)
    lost = set(acknowledged) - found.keys()
    doubled = {id for id, count in found.items() if count > 1}
    unasked = found.keys() - set(asked)
    checks = await check_books(database)
    seals = await verify_seals(database)
    breaks = [f"{what} {id}" for what, ids in _named(lost, doubled, unasked) for id in sorted(ids)[:_SHOWN]]
    breaks += [f"{check.name}: {check.detail}" for check in checks if not check.passed]
    breaks += [f"cell {one.cell}, batch {one.batch}: {one.detail}" for one in seals.breaks]
    return Proof(
        acknowledged=len(acknowledged),
        lost=len(lost),
        doubled=len(doubled),
        unasked=len(unasked),
        books_ok=all(check.passed for check in checks),
        seals_ok=not seals.breaks,
        breaks=tuple(breaks),
    )


def _named(lost: set[UUID], doubled: set[UUID], unasked: set[UUID]) -> list[tuple[str, set[UUID]]]:
    return [("lost", lost), ("doubled", doubled), ("nobody asked for", unasked)]
