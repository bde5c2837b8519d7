"""Working the direct debits that have fallen due, cell by cell and page by page; any number may be at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.database import Database, Transaction
from sycee.payments.debits.changing import try_again
from sycee.payments.debits.judging import scene_of
from sycee.payments.debits.mandates import read_mandates
from sycee.payments.debits.records import DebitOutcome, DebitState, outcome_of, read_debits

PAGE = 1_000
"""Debits that are taken in one transaction."""


class SweptDebits(msgspec.Struct, frozen=True):
    """A page of debits that had fallen due, and where the next page begins; None when this was the last."""

    outcomes: list[DebitOutcome]
    next: tuple[date, UUID] | None


async def take_due_debits(
    tx: Transaction, cell: int, *, after: tuple[date, UUID] | None = None, limit: int = PAGE
) -> SweptDebits:
    """Take the debits of a cell whose day has come, one page of them, those after ``after``.

    What is at work elsewhere is passed over. What screening cannot judge keeps waiting.
    """
    day, id = after or (date.min, UUID(int=0))
    cursor = await tx.execute(
        "SELECT taken_on, id, mandate FROM direct_debits"
        " WHERE cell = %s AND state = 'waiting' AND (taken_on, id) > (%s, %s)"
        " AND taken_on <= (SELECT business_date FROM cells WHERE cell = %s)"
        " ORDER BY taken_on, id LIMIT %s",
        (cell, day, id, cell, limit),
    )
    page = await cursor.fetchall()
    # Mandates first, as everywhere; then what is due is looked at again, as it is now that they are held.
    mandates = await read_mandates(tx, list({mandate for _, _, mandate in page}), lock=True, skip=True)
    ids = [id for _, id, mandate in page if mandate in mandates]
    held = await read_debits(tx, ids, lock=True)
    scene = await scene_of(tx, mandates)
    due = [
        held[id]
        for id in ids
        if held[id].state is DebitState.WAITING and held[id].taken_on <= scene.days[cell]
    ]
    worked = await try_again(tx, due, scene)
    last = (page[-1][0], page[-1][1]) if len(page) == limit else None
    return SweptDebits([outcome_of(one) for one in worked], last)


async def sweep(database: Database) -> int:
    """Take every direct debit whose day has come, in all cells; how many went on."""
    async with database.transaction() as tx:
        cells = [cell.cell for cell in await ledger.list_cells(tx)]
    worked = 0
    for cell in cells:
        after: tuple[date, UUID] | None = None
        while True:
            page = await database.run(_page(cell, after))
            worked += sum(
                outcome.state is not DebitState.WAITING or outcome.code == "insufficient_funds"
                for outcome in page.outcomes
            )
            if page.next is None:
                break
            after = page.next
    return worked


def _page(cell: int, after: tuple[date, UUID] | None) -> Callable[[Transaction], Awaitable[SweptDebits]]:
    async def command(tx: Transaction) -> SweptDebits:
        return await take_due_debits(tx, cell, after=after)

    return command
