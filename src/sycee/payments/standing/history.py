"""Writing down what happens to standing orders, and letting go of what is not to be tried any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sycee.database import DateArray, Int2Array, Int4Array, TextArray, Transaction, UuidArray
from sycee.kernel import clock
from sycee.payments.standing.records import StandingOrder


class Happened(NamedTuple):
    """Something that happens to a standing order now, and who did it."""

    cell: int
    order: UUID
    what: str
    actor: str
    version: int | None = None
    scheduled_on: date | None = None
    code: str | None = None
    reason: str | None = None


async def note(tx: Transaction, happened: Sequence[Happened]) -> None:
    """Write down what happened, in order."""
    if happened:
        cells, orders, whats, actors, versions, dates, codes, reasons = zip(*happened, strict=True)
        await tx.execute(
            "INSERT INTO standing_order_events"
            " (cell, standing_order, what, at, actor, version, scheduled_on, code, reason)"
            " SELECT cell, standing_order, what, %s, actor, version, scheduled_on, code, reason"
            " FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b) WITH ORDINALITY"
            " AS h(cell, standing_order, what, actor, version, scheduled_on, code, reason, place)"
            " ORDER BY place",
            (
                clock.now(),
                Int2Array(list(cells)),
                UuidArray(list(orders)),
                TextArray(list(whats)),
                TextArray(list(actors)),
                Int4Array(list(versions)),
                DateArray(list(dates)),
                TextArray(list(codes)),
                TextArray(list(reasons)),
            ),
        )


async def skip_due(tx: Transaction, order: StandingOrder, by: str, code: str) -> None:
    """Try nothing any more of what has fallen due and waits for funds."""
    cursor = await tx.execute(
        "UPDATE standing_order_occurrences SET state = 'skipped', try_at = NULL, code = %s, detail = %s,"
        " changed_at = %s WHERE cell = %s AND standing_order = %s AND state = 'due' RETURNING scheduled_on",
        (code, f"the order was {code}", clock.now(), order.cell, order.id),
    )
    dates = sorted(scheduled_on for (scheduled_on,) in await cursor.fetchall())
    await note(
        tx, [Happened(order.cell, order.id, "skipped", by, scheduled_on=on, code=code) for on in dates]
    )
