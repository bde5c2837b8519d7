"""Webhooks: endpoints that events are posted to, and their secrets."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import UNSET, Meta

from sycee import operations
from sycee.api import webhook_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, require, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern
from sycee.api.schemas import webhooks as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.identity import Scope
from sycee.ledger import InvalidCursor
from sycee.operations import (
    EndpointState,
    InvalidWebhook,
    WebhookAddressRefused,
    WebhookIdReused,
    WebhookNotFound,
)
from sycee.parties import CustomerNotFound

TAG = "Webhooks"
_NEW = msgspec.json.Decoder(wire.NewWebhook)
_CHANGE = msgspec.json.Decoder(wire.WebhookChange)
_SECRET = msgspec.json.Decoder(wire.NewWebhookSecret)


class WebhookQuery(Wire):
    """Which webhooks, and where to read on."""

    customer: Annotated[UUID | None, Meta(description="Of this customer only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=500, description="Most webhooks of a page.")] = 100


@post(
    "/v1/webhooks",
    opt=describe(
        id="register_webhook",
        summary="Register a webhook",
        description="From now on events are posted there, at least once each, signed by the Standard "
        "Webhooks scheme, those of one subject in order. The address has to be on the public network, now "
        "and at every delivery. Answers the secret that deliveries are signed with.",
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
        customers=True,
        concerns_body=True,
        request=wire.NewWebhook,
        request_example=examples.NEW_WEBHOOK,
        response=wire.RegisteredWebhook,
        status=201,
        example={"webhook": examples.WEBHOOK, "secret": examples.SECRET},
        alternatives={200: {"webhook": examples.WEBHOOK, "secret": examples.SECRET}},
        errors=(InvalidWebhook, WebhookAddressRefused, WebhookIdReused, CustomerNotFound),
    ),
)
async def register_webhook(request: AnyRequest) -> ASGIApp:
    """Register a webhook."""
    edge, caller = edge_of(request), caller_of(request)
    need_content_type(request, JSON)
    wanted = decode_json(await read_body(request, edge.settings.max_body_bytes), _NEW)
    if caller.customer is not None and wanted.customer not in {None, caller.customer}:
        raise CustomerNotFound(f"there is no customer {wanted.customer}")
    customer = caller.customer or wanted.customer
    await require(request, [Concern(customer=customer)])
    anywhere = edge.settings.webhooks_anywhere
    await operations.webhook_target(wanted.url, anywhere=anywhere)
    new = operations.NewEndpoint(
        id=wanted.id,
        url=wanted.url,
        events=tuple(wanted.events),
        customer=customer,
        description=wanted.description,
    )
    async with transaction(request) as tx:
        made, secret, fresh = await operations.register_webhook(
            tx, edge.keys, new, by=caller.id, anywhere=anywhere
        )
    shown = wire.RegisteredWebhook(webhook=_webhook(made), secret=_secret(secret))
    return answer(shown, status=201 if fresh else 200)


@get(
    "/v1/webhooks",
    opt=describe(
        id="list_webhooks",
        summary="List webhooks",
        description="Newest first, disabled ones among them.",
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
        customers=True,
        query=WebhookQuery,
        response=wire.WebhookPage,
        example={"webhooks": [examples.WEBHOOK], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_webhooks(request: AnyRequest) -> ASGIApp:
    """List webhooks."""
    query = read_query(request, WebhookQuery)
    before = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await operations.list_webhooks(
            tx, customer=query.customer, before=before, limit=query.limit + 1
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(wire.WebhookPage(webhooks=[_webhook(one) for one in page], next=following))


@get(
    "/v1/webhooks/{webhook_id:str}",
    opt=describe(
        id="get_webhook",
        summary="See a webhook",
        description="Where it leads, which events it hears of, and since when it fails, if it does.",
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
        customers=True,
        response=wire.Webhook,
        example=examples.WEBHOOK,
        errors=(WebhookNotFound, InvalidIdentifier),
    ),
)
async def get_webhook(request: AnyRequest, webhook_id: FromPath[str]) -> ASGIApp:
    """See a webhook."""
    wanted = read_uuid(webhook_id)
    async with transaction(request) as tx:
        found = await operations.get_webhook(tx, wanted)
    return answer(_webhook(found))


@patch(
    "/v1/webhooks/{webhook_id:str}",
    opt=describe(
        id="change_webhook",
        summary="Change a webhook",
        description="Where it leads, which events it hears of from now on, whether it hears at all. Active "
        "again, what waits is tried at once.",
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
        customers=True,
        request=wire.WebhookChange,
        request_example={"state": "suspended", "reason": "the ERP is being moved"},
        response=wire.Webhook,
        example={**examples.WEBHOOK, "state": "suspended", "reason": "the ERP is being moved"},
        errors=(WebhookNotFound, InvalidIdentifier, InvalidWebhook, WebhookAddressRefused),
    ),
)
async def change_webhook(request: AnyRequest, webhook_id: FromPath[str]) -> ASGIApp:
    """Change a webhook."""
    edge, wanted = edge_of(request), read_uuid(webhook_id)
    need_content_type(request, JSON)
    said = decode_json(await read_body(request, edge.settings.max_body_bytes), _CHANGE)
    anywhere = edge.settings.webhooks_anywhere
    async with transaction(request) as tx:
        await operations.get_webhook(tx, wanted)
    if said.url is not UNSET:
        await operations.webhook_target(said.url, anywhere=anywhere)
    change = operations.EndpointChange(
        url=None if said.url is UNSET else said.url,
        events=None if said.events is UNSET else tuple(said.events),
        description=None if said.description is UNSET else said.description,
        state=None if said.state is UNSET else EndpointState(said.state),
        reason=said.reason,
    )
    async with transaction(request) as tx:
        found = await operations.change_webhook(tx, wanted, change, anywhere=anywhere)
    return answer(_webhook(found))


@post(
    "/v1/webhooks/{webhook_id:str}/secrets",
    opt=describe(
        id="rotate_webhook_secret",
        summary="Give a webhook a new secret",
        description="Deliveries are signed with the new secret, and with the one before until its time is "
        "over: two are valid at most.",
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
        customers=True,
        request=wire.NewWebhookSecret,
        request_example={"id": examples.DELIVERY_ID, "overlap_hours": 24},
        response=wire.WebhookSecret,
        status=201,
        example={**examples.SECRET, "old_valid_to": "2026-04-01T01:00:00Z"},
        errors=(WebhookNotFound, InvalidIdentifier, WebhookIdReused),
    ),
)
async def rotate_webhook_secret(request: AnyRequest, webhook_id: FromPath[str]) -> ASGIApp:
    """Give a webhook a new secret."""
    edge, wanted = edge_of(request), read_uuid(webhook_id)
    need_content_type(request, JSON)
    said = decode_json(await read_body(request, edge.settings.max_body_bytes), _SECRET)
    async with transaction(request) as tx:
        made = await operations.rotate_webhook_secret(
            tx,
            edge.keys,
            wanted,
            said.id,
            by=caller_of(request).id,
            overlap=timedelta(hours=said.overlap_hours),
        )
    return answer(_secret(made), status=201)


def _webhook(found: operations.Endpoint) -> wire.Webhook:
    return wire.Webhook(
        id=found.id,
        customer=found.customer,
        url=found.url,
        events=list(found.events),
        description=found.description,
        state=found.state.value,
        created_by=found.created_by,
        created_at=found.created_at,
        changed_at=found.changed_at,
        failing_since=found.failing_since,
        reason=found.reason,
    )


def _secret(made: operations.NewSecret) -> wire.WebhookSecret:
    return wire.WebhookSecret(secret=made.text, old_valid_to=made.old_valid_to)


HANDLERS = [register_webhook, list_webhooks, get_webhook, change_webhook, rotate_webhook_secret]
