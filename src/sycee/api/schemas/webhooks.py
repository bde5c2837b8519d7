"""Webhooks on the wire: endpoints, secrets, deliveries and attempts at them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from sycee.api.schemas.common import Wire

EventTypes = Annotated[
    list[Annotated[str, Meta(max_length=60)]],
    Meta(
        min_length=1,
        max_length=40,
        description="Types such as `payment.settled`, or families such as `payment.*`.",
        examples=[["payment.*", "bulk_order.done"]],
    ),
]
Url = Annotated[
    str,
    Meta(
        max_length=2000,
        description="Where events are posted: `https://`, on the public network. Redirects are not followed.",
    ),
]
Text = Annotated[str, Meta(max_length=200)]


class NewWebhook(Wire):
    """A webhook to be."""

    id: Annotated[UUID, Meta(description="Made by the caller: the same again is answered again.")]
    url: Url
    events: EventTypes
    customer: Annotated[
        UUID | None,
        Meta(
            description="Whose events it hears of. Unset: the caller's customer; for the bank's people and "
            "machines: all events, as the bank's own."
        ),
    ] = None
    description: Text = ""


class WebhookChange(Wire):
    """What is to be otherwise; what is absent stays as it is."""

    url: Url | UnsetType = UNSET
    events: EventTypes | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    state: Annotated[
        Literal["active", "suspended", "disabled"] | UnsetType,
        Meta(description="For what is suspended events are kept; what is disabled hears no more."),
    ] = UNSET
    reason: Annotated[Text, Meta(description="Why the state changes.")] = ""


class Webhook(Wire):
    """An endpoint that events are posted to."""

    id: UUID
    customer: Annotated[UUID | None, Meta(description="Whose events; `null`: the bank's own, all events.")]
    url: str
    events: list[str]
    description: str
    state: Literal["active", "suspended", "disabled"]
    created_by: str
    created_at: datetime
    changed_at: datetime
    failing_since: Annotated[
        datetime | None, Meta(description="Since when nothing has arrived. After five days it is disabled.")
    ]
    reason: Annotated[str, Meta(description="Why it is suspended or disabled.")]


class NewWebhookSecret(Wire):
    """A secret to be made."""

    id: Annotated[UUID, Meta(description="Made by the caller: the same again is answered again.")]
    overlap_hours: Annotated[
        Annotated[int, Meta(ge=0, le=720)],
        Meta(description="How long the secret before stays valid: deliveries are then signed with both."),
    ] = 24


class WebhookSecret(Wire):
    """A secret. Keep it: it can be had again only by who asked for it, under the same id."""

    secret: Annotated[str, Meta(description="`whsec_` and 32 bytes in base64.")]
    old_valid_to: Annotated[datetime | None, Meta(description="Until when the one before is valid.")]


class RegisteredWebhook(Wire):
    """A webhook with its first secret."""

    webhook: Webhook
    secret: WebhookSecret


class WebhookPage(Wire):
    """A page of webhooks, and the cursor of the next; `null` on the last."""

    webhooks: list[Webhook]
    next: str | None


class WebhookDelivery(Wire):
    """An event for an endpoint, without its content."""

    id: Annotated[UUID, Meta(description="The `webhook-id`: the same in every attempt.")]
    webhook: UUID
    type: str
    subject: Annotated[str, Meta(description="What it is about: the id of a payment, an order, a request.")]
    occurred_at: datetime
    state: Annotated[
        Literal["waiting", "delivered", "dead"],
        Meta(description="`dead`: tried twelve times in vain. It is delivered again when somebody asks."),
    ]
    attempts: Annotated[int, Meta(description="Since it was last asked for.")]
    due_at: Annotated[datetime | None, Meta(description="When it is tried next, while it waits.")]
    ended_at: datetime | None


class WebhookAttempt(Wire):
    """A try to deliver."""

    began_at: datetime
    duration_ms: int
    status: Annotated[int | None, Meta(description="Of the response; `null` when there was none.")]
    problem: str | None


class WebhookDeliveryDetail(WebhookDelivery):
    """A delivery with every attempt at it, the first one first."""

    log: list[WebhookAttempt]


class WebhookDeliveryPage(Wire):
    """A page of deliveries, and the cursor of the next; `null` on the last."""

    deliveries: list[WebhookDelivery]
    next: str | None
