"""What webhooks were told: every delivery with its attempts; delivered again on demand, and tests."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import operations
from sycee.api import webhook_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_cursor, write_cursor
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.routes.webhooks import TAG
from sycee.api.schemas import webhooks as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.ledger import InvalidCursor
from sycee.operations import DeliveryState, InvalidWebhook, WebhookDeliveryNotFound, WebhookNotFound


class DeliveryQuery(Wire):
    """Which deliveries, and where to read on."""

    state: Annotated[
        Literal["waiting", "delivered", "dead"] | None, Meta(description="In this state only.")
    ] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=500, description="Most deliveries of a page.")] = 100


class Nothing(Wire):
    """Nothing has to be said."""


_NOTHING = msgspec.json.Decoder(Nothing)


@post(
    "/v1/webhooks/{webhook_id:str}/ping",
    opt=describe(
        id="ping_webhook",
        summary="Test a webhook",
        description="Posts an event of the type `webhook.ping`; the delivery tells whether it arrived.",
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
        customers=True,
        request=Nothing,
        request_example={},
        body_optional=True,
        response=wire.WebhookDelivery,
        status=201,
        example={**examples.WAITING, "type": "webhook.ping"},
        errors=(WebhookNotFound, InvalidIdentifier, InvalidWebhook),
        idempotency_key=True,
    ),
)
async def ping_webhook(request: AnyRequest, webhook_id: FromPath[str]) -> ASGIApp:
    """Test a webhook."""
    wanted = read_uuid(webhook_id)
    body = await _no_body(request)

    async def work(tx: Transaction) -> Answer:
        made = await operations.ping_webhook(tx, wanted, by=caller_of(request).id)
        return Answer(body=msgspec.json.encode(_delivery(made)), status=201)

    return await once(request, body, work)


@get(
    "/v1/webhooks/{webhook_id:str}/deliveries",
    opt=describe(
        id="list_webhook_deliveries",
        summary="List the deliveries of a webhook",
        description="Newest first; `state=dead` are those that were given up. Those that arrived are kept "
        "for 30 days, others for 90.",
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
        customers=True,
        query=DeliveryQuery,
        response=wire.WebhookDeliveryPage,
        example={"deliveries": [examples.DELIVERY], "next": None},
        errors=(WebhookNotFound, InvalidIdentifier, InvalidCursor),
    ),
)
async def list_webhook_deliveries(request: AnyRequest, webhook_id: FromPath[str]) -> ASGIApp:
    """List the deliveries of a webhook."""
    wanted, query = read_uuid(webhook_id), read_query(request, DeliveryQuery)
    before = read_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await operations.list_deliveries(
            tx,
            wanted,
            state=None if query.state is None else DeliveryState(query.state),
            before=before,
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_cursor(last.position))
    return answer(
        wire.WebhookDeliveryPage(
            deliveries=[_delivery(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/webhook-deliveries/{delivery_id:str}",
    opt=describe(
        id="get_webhook_delivery",
        summary="See a delivery",
        description="With every attempt at it: when, how long, and what came back.",
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
        customers=True,
        response=wire.WebhookDeliveryDetail,
        example={**examples.DELIVERY, "log": [examples.ATTEMPT]},
        errors=(WebhookDeliveryNotFound, InvalidIdentifier),
    ),
)
async def get_webhook_delivery(request: AnyRequest, delivery_id: FromPath[str]) -> ASGIApp:
    """See a delivery."""
    wanted = read_uuid(delivery_id)
    async with transaction(request) as tx:
        found = await operations.get_delivery(tx, wanted)
        attempts = await operations.delivery_attempts(tx, found)
    shown = msgspec.structs.asdict(_delivery(found))
    return answer(wire.WebhookDeliveryDetail(**shown, log=[_attempt(attempt) for attempt in attempts]))


@post(
    "/v1/webhook-deliveries/{delivery_id:str}/redeliver",
    opt=describe(
        id="redeliver_webhook",
        summary="Deliver an event again",
        description="At once and under the same `webhook-id`, whatever became of it before: dead ones, and "
        "such as arrived and were lost there.",
        tag=TAG,
        scope=Scope.WEBHOOKS_WRITE,
        customers=True,
        request=Nothing,
        request_example={},
        body_optional=True,
        response=wire.WebhookDelivery,
        example=examples.WAITING,
        errors=(WebhookDeliveryNotFound, InvalidIdentifier, InvalidWebhook),
        idempotency_key=True,
    ),
    status_code=200,
)
async def redeliver_webhook(request: AnyRequest, delivery_id: FromPath[str]) -> ASGIApp:
    """Deliver an event again."""
    wanted = read_uuid(delivery_id)
    body = await _no_body(request)

    async def work(tx: Transaction) -> Answer:
        return Answer(body=msgspec.json.encode(_delivery(await operations.redeliver(tx, wanted))))

    return await once(request, body, work)


async def _no_body(request: AnyRequest) -> bytes:
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    if body:
        need_content_type(request, JSON)
        decode_json(body, _NOTHING)
    return body


def _delivery(found: operations.Delivery) -> wire.WebhookDelivery:
    return wire.WebhookDelivery(
        id=found.id,
        webhook=found.endpoint,
        type=found.type,
        subject=found.subject,
        occurred_at=found.occurred_at,
        state=found.state.value,
        attempts=found.attempts,
        due_at=found.due_at if found.state is DeliveryState.WAITING else None,
        ended_at=found.ended_at,
    )


def _attempt(found: operations.Attempt) -> wire.WebhookAttempt:
    return wire.WebhookAttempt(
        began_at=found.began_at,
        duration_ms=found.duration_ms,
        status=found.status,
        problem=found.problem,
    )


HANDLERS = [ping_webhook, list_webhook_deliveries, get_webhook_delivery, redeliver_webhook]
