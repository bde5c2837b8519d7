"""Paying a bulk order block by block, each in a transaction of its own, so that nothing is lost on the way.

How far an order is stands in its row and moves in the transaction that pays the block. Whoever takes up an
order after a crash goes on at the next block; two who are at it at once take turns.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from uuid import UUID

from msgspec.structs import replace

from sycee.database import Database, Transaction
from sycee.kernel import clock
from sycee.payments.bulk.all_or_nothing import work_all_or_nothing
from sycee.payments.bulk.blocks import Block, instructor, read_block, refusals, write_refusals
from sycee.payments.bulk.records import BulkOrder, BulkState, bulk_order
from sycee.payments.orders.submitting import submit_payments

_AT_REST = frozenset({BulkState.RECEIVED, BulkState.DONE, BulkState.REJECTED})


async def carry_out_bulk_order(
    database: Database,
    wanted: UUID,
    *,
    for_s: float | None = None,
    told: Callable[[BulkOrder], None] | None = None,
) -> BulkOrder:
    """Carry an order out to its end, from wherever it stands; returns it as it then stands.

    No block is begun after ``for_s`` seconds. ``told`` is called after every block. Raises BulkOrderNotFound.
    """
    ends = None if for_s is None else monotonic() + for_s

    async def step(tx: Transaction) -> BulkOrder:
        return await pay_block(tx, wanted)

    while True:
        order = await database.run(step)
        if told is not None:
            told(order)
        if order.state in _AT_REST or (ends is not None and monotonic() > ends):
            return order


async def pay_block(tx: Transaction, wanted: UUID) -> BulkOrder:
    """Pay or refuse the next items of an order, and return it as it then stands. Raises BulkOrderNotFound."""
    order = await bulk_order(tx, wanted, lock=True)
    if order.all_or_nothing:
        return await work_all_or_nothing(tx, order)
    if order.state is not BulkState.PAYING:
        return order
    block = await read_block(tx, order, order.done)
    refused = len(block.refused_before) + await _submit(tx, order, block)
    return await advance(tx, order, done=order.done + block.length, refused=order.refused + refused)


async def _submit(tx: Transaction, order: BulkOrder, block: Block) -> int:
    """Submit what can be paid, and keep why the rest was refused; returns how many were."""
    refused = refusals(block, await submit_payments(tx, block.payments, by=instructor(order)))
    await write_refusals(tx, order, refused)
    return len(refused)


async def advance(tx: Transaction, order: BulkOrder, *, done: int, refused: int) -> BulkOrder:
    """Write down how far an order has come."""
    finished = done >= order.counted
    moved = replace(
        order,
        done=done,
        refused=refused,
        state=BulkState.DONE if finished else BulkState.PAYING,
        finished_at=clock.now() if finished else None,
    )
    await tx.execute(
        "UPDATE bulk_orders SET done = %s, refused = %s, state = %s, finished_at = %s"
        " WHERE cell = %s AND id = %s",
        (moved.done, moved.refused, str(moved.state), moved.finished_at, order.cell, order.id),
    )
    return moved
