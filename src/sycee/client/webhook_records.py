"""Webhooks, as the SDK reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

WebhookState = Literal["active", "suspended", "disabled"]
DeliveryState = Literal["waiting", "delivered", "dead"]


class Webhook(Struct, frozen=True, kw_only=True):
    """An endpoint that events are posted to; ``customer`` None is the bank's own."""

    id: UUID
    customer: UUID | None
    url: str
    events: list[str]
    description: str
    state: WebhookState
    created_by: str
    created_at: datetime
    changed_at: datetime
    failing_since: datetime | None
    reason: str


class WebhookSecret(Struct, frozen=True, kw_only=True):
    """What deliveries are signed with; the one before is valid until ``old_valid_to``."""

    secret: str
    old_valid_to: datetime | None


class RegisteredWebhook(Struct, frozen=True, kw_only=True):
    """A webhook with its first secret."""

    webhook: Webhook
    secret: WebhookSecret


class WebhookPage(Struct, frozen=True, kw_only=True):
    """A page of webhooks and the cursor of the next page (None on the last)."""

    webhooks: list[Webhook]
    next: str | None = None


class WebhookDelivery(Struct, frozen=True, kw_only=True):
    """An event for an endpoint; ``id`` is its webhook-id."""

    id: UUID
    webhook: UUID
    type: str
    subject: str
    occurred_at: datetime
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    ended_at: datetime | None


class WebhookAttempt(Struct, frozen=True, kw_only=True):
    """A try to deliver: the status of the response, or the problem that there was in its stead."""

    began_at: datetime
    duration_ms: int
    status: int | None
    problem: str | None


class WebhookDeliveryDetail(WebhookDelivery, frozen=True, kw_only=True):
    """A delivery with every attempt at it, the first one first."""

    log: list[WebhookAttempt]


class WebhookDeliveryPage(Struct, frozen=True, kw_only=True):
    """A page of deliveries and the cursor of the next page (None on the last)."""

    deliveries: list[WebhookDelivery]
    next: str | None = None
