"""Deliveries: what was told to whom and how that went; told again on demand; tests; what is forgotten."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sycee.database import Transaction, as_bank
from sycee.kernel import clock
from sycee.operations.errors import InvalidWebhook, WebhookDeliveryNotFound
from sycee.operations.webhooks.endpoints import get_webhook
from sycee.operations.webhooks.records import (
    DELIVERY_COLUMNS,
    PING,
    Attempt,
    Delivery,
    DeliveryState,
    EndpointState,
    delivery_of,
)

DELIVERED_KEPT = timedelta(days=30)
OTHERS_KEPT = timedelta(days=90)
"""How long deliveries are kept that arrived, and those that did not."""


async def get_delivery(tx: Transaction, id: UUID) -> Delivery:
    """The delivery of an id. Raises WebhookDeliveryNotFound."""
    cursor = await tx.execute(
        f"SELECT {DELIVERY_COLUMNS} FROM webhook_deliveries d WHERE d.id = %s".encode(),  # noqa: S608
        (id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise WebhookDeliveryNotFound(f"there is no delivery {id}")
    return delivery_of(row)


async def list_deliveries(
    tx: Transaction,
    webhook: UUID,
    *,
    state: DeliveryState | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Delivery]:
    """Deliveries of an endpoint, the newest first, those before a position; in one state, if given.

    Raises WebhookNotFound.
    """
    endpoint = await get_webhook(tx, webhook)
    cursor = await tx.execute(
        f"SELECT {DELIVERY_COLUMNS} FROM webhook_deliveries d"  # noqa: S608 - names of ours only
        " WHERE d.cell = %(cell)s AND d.endpoint = %(endpoint)s"
        " AND (%(state)s::text IS NULL OR d.state = %(state)s)"
        " AND (%(before)s::bigint IS NULL OR d.position < %(before)s)"
        " ORDER BY d.position DESC LIMIT %(limit)s".encode(),
        {
            "cell": endpoint.cell,
            "endpoint": endpoint.id,
            "state": None if state is None else str(state),
            "before": before,
            "limit": limit,
        },
    )
    return [delivery_of(row) for row in await cursor.fetchall()]


async def delivery_attempts(tx: Transaction, delivery: Delivery) -> list[Attempt]:
    """Every attempt at a delivery, the first one first."""
    cursor = await tx.execute(
        "SELECT place, began_at, duration_ms, status, problem FROM webhook_attempts"
        " WHERE cell = %s AND delivery = %s ORDER BY place",
        (delivery.cell, delivery.id),
    )
    return [
        Attempt(place=place, began_at=began, duration_ms=lasted, status=status, problem=problem)
        for place, began, lasted, status, problem in await cursor.fetchall()
    ]


async def redeliver(tx: Transaction, id: UUID) -> Delivery:
    """Deliver once more, at once and under the same webhook-id, whatever became of it before.

    One that waits is tried at once. Raises WebhookDeliveryNotFound, InvalidWebhook when the endpoint is
    disabled.
    """
    seen = await get_delivery(tx, id)
    await _need_hearing(tx, seen.endpoint)
    async with as_bank(tx):
        cursor = await tx.execute(
            "UPDATE webhook_deliveries AS d SET state = 'waiting', ended_at = NULL,"  # noqa: S608 - our names
            " attempts = CASE WHEN state = 'waiting' THEN attempts ELSE 0 END,"
            " due_at = clock_timestamp() WHERE d.cell = %s AND d.id = %s"
            f" RETURNING {DELIVERY_COLUMNS}".encode(),
            (seen.cell, id),
        )
        row = await cursor.fetchone()
        if row is None:  # forgotten just now
            raise WebhookDeliveryNotFound(f"there is no delivery {id}")
        return delivery_of(row)


async def ping_webhook(tx: Transaction, webhook: UUID, *, by: str) -> Delivery:
    """Send an endpoint an event that says nothing, to see whether it hears.

    Raises WebhookNotFound, InvalidWebhook when it is disabled.
    """
    endpoint = await get_webhook(tx, webhook)
    await _need_hearing(tx, webhook)
    async with as_bank(tx):
        cursor = await tx.execute(
            "INSERT INTO webhook_deliveries AS d"  # noqa: S608 - names of ours only
            " (cell, endpoint, type, subject, occurred_at, data)"
            " VALUES (%s, %s, %s, gen_random_uuid()::text, %s, jsonb_build_object('webhook', %s::uuid,"
            f" 'asked_by', %s::text)) RETURNING {DELIVERY_COLUMNS}".encode(),
            (endpoint.cell, endpoint.id, PING, clock.now(), endpoint.id, by),
        )
        row = await cursor.fetchone()
        assert row is not None
        return delivery_of(row)


async def _need_hearing(tx: Transaction, webhook: UUID) -> None:
    if (await get_webhook(tx, webhook)).state is EndpointState.DISABLED:
        raise InvalidWebhook("the webhook is disabled: make it active first")


async def forget_old_deliveries(tx: Transaction, *, limit: int = 10_000) -> int:
    """Forget deliveries that ended long ago, and what waits for an endpoint that was disabled long ago.

    At most ``limit`` of either; returns how many.
    """
    now = clock.now()
    ended = await tx.execute(
        "DELETE FROM webhook_deliveries WHERE (cell, id) IN (SELECT cell, id FROM webhook_deliveries"
        " WHERE state <> 'waiting' AND ended_at < %s AND (state = 'delivered' OR ended_at < %s)"
        " ORDER BY ended_at LIMIT %s FOR UPDATE SKIP LOCKED)",
        (now - DELIVERED_KEPT, now - OTHERS_KEPT, limit),
    )
    waiting = await tx.execute(
        "DELETE FROM webhook_deliveries WHERE (cell, id) IN (SELECT d.cell, d.id FROM webhook_deliveries d"
        " JOIN webhook_endpoints e ON e.cell = d.cell AND e.id = d.endpoint"
        " WHERE e.state = 'disabled' AND e.changed_at < %s AND d.state = 'waiting'"
        " LIMIT %s FOR UPDATE OF d SKIP LOCKED)",
        (now - OTHERS_KEPT, limit),
    )
    return ended.rowcount + waiting.rowcount
