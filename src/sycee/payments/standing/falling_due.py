"""Falling due: the next occurrence of an order is written down, and the order moves on to the one after it.

Both in one statement set, of orders that the caller holds: so each date falls due once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from sycee.database import (
    DateArray,
    Int2Array,
    Int4Array,
    TextArray,
    TimestamptzArray,
    Transaction,
    UuidArray,
)
from sycee.kernel import clock
from sycee.payments.orders.waiting import BANK
from sycee.payments.standing.history import Happened, note
from sycee.payments.standing.records import (
    StandingOrder,
    StandingOrderStatus,
    find_orders,
    payment_of,
)

_LOOKED_AHEAD_DAYS = 31


async def orders_due(tx: Transaction, cell: int, today: date, limit: int) -> list[StandingOrder]:
    """Orders whose next occurrence falls due by ``today``, held; those held elsewhere are passed over."""
    condition = (
        "o.cell = %s AND o.state <> 'ended' AND o.due_on <= %s ORDER BY o.due_on, o.id LIMIT %s"
        " FOR NO KEY UPDATE OF o SKIP LOCKED"
    )
    return await find_orders(tx, condition, (cell, today, limit))


async def fall_due(tx: Transaction, orders: Sequence[StandingOrder]) -> list[StandingOrder]:
    """Let the next occurrence of each fall due: to be paid, or skipped where the order is suspended."""
    moved = []
    for order in orders:
        assert order.next is not None
        following = order.terms.schedule.next(order.next)
        state = order.state if following else StandingOrderStatus.ENDED
        moved.append(replace(order, next=following, state=state))
    if orders:
        await _write_occurrences(tx, orders)
        await _write_next(tx, moved)
        await note(tx, _told(orders, moved))
    return moved


async def settle_dates(tx: Transaction, cell: int, today: date, limit: int) -> int:
    """Find out the business days of dates whose calendar was not published before; how many are known now."""
    condition = (
        "o.cell = %s AND o.state <> 'ended' AND o.due_on IS NULL AND o.next_on <= %s::date + %s"
        " ORDER BY o.next_on, o.id LIMIT %s FOR NO KEY UPDATE OF o SKIP LOCKED"
    )
    settled = []
    for order in await find_orders(tx, condition, (cell, today, _LOOKED_AHEAD_DAYS, limit)):
        assert order.next is not None
        turn = order.terms.schedule.settled(order.next)
        if turn is None:
            settled.append(replace(order, next=None, state=StandingOrderStatus.ENDED))
        elif turn.due_on is not None:
            settled.append(replace(order, next=turn))
    if settled:
        await _write_next(tx, settled)
        await note(tx, [_completed(order) for order in settled if order.next is None])
    return len(settled)


async def _write_occurrences(tx: Transaction, orders: Sequence[StandingOrder]) -> None:
    now = clock.now()
    turns = [order.next for order in orders if order.next is not None]
    due = [turn.due_on or turn.on for turn in turns]
    resting = [order.state is StandingOrderStatus.SUSPENDED for order in orders]
    await tx.execute(
        "INSERT INTO standing_order_occurrences"
        " (cell, standing_order, scheduled_on, version, due_on, last_try_on, state, payment, try_at, code,"
        " changed_at)"
        " SELECT cell, id, scheduled_on, version, due_on, last_try_on, state, payment, try_at, code, %s"
        " FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b, %b, %b)"
        " AS n(cell, id, scheduled_on, version, due_on, last_try_on, state, payment, try_at, code)",
        (
            now,
            Int2Array([order.cell for order in orders]),
            UuidArray([order.id for order in orders]),
            DateArray([turn.on for turn in turns]),
            Int4Array([order.version for order in orders]),
            DateArray(due),
            DateArray([order.terms.schedule.last_try(day) for order, day in zip(orders, due, strict=True)]),
            TextArray(["skipped" if rests else "due" for rests in resting]),
            UuidArray([payment_of(order.id, turn.on) for order, turn in zip(orders, turns, strict=True)]),
            TimestamptzArray([None if rests else now for rests in resting]),
            TextArray(["suspended" if rests else None for rests in resting]),
        ),
    )


async def _write_next(tx: Transaction, orders: Sequence[StandingOrder]) -> None:
    turns = [order.next for order in orders]
    await tx.execute(
        "UPDATE standing_orders o SET state = n.state, place = coalesce(n.place, o.place),"
        " next_on = n.next_on, due_on = n.due_on, changed_at = %s"
        " FROM unnest(%b, %b, %b, %b, %b, %b) AS n(cell, id, state, place, next_on, due_on)"
        " WHERE o.cell = n.cell AND o.id = n.id",
        (
            clock.now(),
            Int2Array([order.cell for order in orders]),
            UuidArray([order.id for order in orders]),
            TextArray([str(order.state) for order in orders]),
            Int4Array([turn.place if turn else None for turn in turns]),
            DateArray([turn.on if turn else None for turn in turns]),
            DateArray([turn.due_on if turn else None for turn in turns]),
        ),
    )


def _told(orders: Sequence[StandingOrder], moved: Sequence[StandingOrder]) -> list[Happened]:
    skipped = [
        Happened(order.cell, order.id, "skipped", BANK, scheduled_on=order.next.on, code="suspended")
        for order in orders
        if order.next is not None and order.state is StandingOrderStatus.SUSPENDED
    ]
    return [*skipped, *(_completed(order) for order in moved if order.next is None)]


def _completed(order: StandingOrder) -> Happened:
    return Happened(order.cell, order.id, "completed", BANK)
