"""Webhooks over the API: endpoints, secrets, deliveries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sycee.client.transport import Transport
from sycee.client.webhook_records import (
    DeliveryState,
    RegisteredWebhook,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryDetail,
    WebhookDeliveryPage,
    WebhookPage,
    WebhookSecret,
    WebhookState,
)
from sycee.kernel.ids import uuid7


class WebhookCalls:
    """What is asked about being told of events; what was told is checked with ``verify_webhook``."""

    _transport: Transport

    async def register_webhook(
        self,
        url: str,
        events: Sequence[str],
        *,
        customer: UUID | str | None = None,
        description: str = "",
        id: UUID | None = None,
    ) -> RegisteredWebhook:
        """Have events posted to a URL from now on; the answer holds the secret that they are signed with."""
        body = {
            "id": str(id or uuid7()),
            "url": url,
            "events": list(events),
            "customer": None if customer is None else str(customer),
            "description": description,
        }
        return await self._transport.call("POST", "/v1/webhooks", RegisteredWebhook, body=body)

    async def webhooks(
        self, *, customer: UUID | str | None = None, page: int = 100
    ) -> AsyncIterator[Webhook]:
        """Webhooks, newest first."""
        cursor: str | None = None
        while True:
            params = {
                "cursor": cursor,
                "limit": page,
                "customer": None if customer is None else str(customer),
            }
            reply = await self._transport.call("GET", "/v1/webhooks", WebhookPage, params=params)
            for webhook in reply.webhooks:
                yield webhook
            if (cursor := reply.next) is None:
                return

    async def webhook(self, id: UUID | str) -> Webhook:
        """A webhook as it stands."""
        return await self._transport.call("GET", f"/v1/webhooks/{id}", Webhook)

    async def change_webhook(
        self,
        id: UUID | str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        state: WebhookState | None = None,
        reason: str = "",
    ) -> Webhook:
        """Change what is given; ``state`` suspends, disables, or makes active again."""
        said = {"url": url, "events": events, "description": description, "state": state}
        body = {name: value for name, value in said.items() if value is not None}
        return await self._transport.call(
            "PATCH", f"/v1/webhooks/{id}", Webhook, body={**body, "reason": reason}
        )

    async def rotate_webhook_secret(
        self, id: UUID | str, *, overlap_hours: int = 24, secret_id: UUID | None = None
    ) -> WebhookSecret:
        """Make a new secret; the one before is valid for the overlap."""
        body = {"id": str(secret_id or uuid7()), "overlap_hours": overlap_hours}
        return await self._transport.call("POST", f"/v1/webhooks/{id}/secrets", WebhookSecret, body=body)

    async def ping_webhook(self, id: UUID | str) -> WebhookDelivery:
        """Have a test event posted."""
        path = f"/v1/webhooks/{id}/ping"
        return await self._transport.call("POST", path, WebhookDelivery, key=str(uuid7()))

    async def webhook_deliveries(
        self, webhook: UUID | str, *, state: DeliveryState | None = None, page: int = 100
    ) -> AsyncIterator[WebhookDelivery]:
        """The deliveries of a webhook, newest first."""
        cursor: str | None = None
        path = f"/v1/webhooks/{webhook}/deliveries"
        while True:
            params = {"cursor": cursor, "limit": page, "state": state}
            reply = await self._transport.call("GET", path, WebhookDeliveryPage, params=params)
            for delivery in reply.deliveries:
                yield delivery
            if (cursor := reply.next) is None:
                return

    async def webhook_delivery(self, id: UUID | str) -> WebhookDeliveryDetail:
        """A delivery with every attempt at it."""
        return await self._transport.call("GET", f"/v1/webhook-deliveries/{id}", WebhookDeliveryDetail)

    async def redeliver_webhook(self, id: UUID | str) -> WebhookDelivery:
        """Have an event posted again, whatever became of it."""
        path = f"/v1/webhook-deliveries/{id}/redeliver"
        return await self._transport.call("POST", path, WebhookDelivery, key=str(uuid7()))
