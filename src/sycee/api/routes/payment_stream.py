"""The steps of payments as they happen."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get
from litestar.types import ASGIApp

from sycee import payments
from sycee.api import payment_conversions as conversions
from sycee.api import payment_examples as examples
from sycee.api.bodies import AnyRequest
from sycee.api.edge import edge_of
from sycee.api.errors import InvalidParameter
from sycee.api.event_streams import EVENT_STREAM, PAGE, Shown, Source, StreamQuery, open_stream
from sycee.api.operations import describe
from sycee.database import Transaction
from sycee.identity import Caller, RateLimited
from sycee.identity import Scope as Permission


async def _read(
    tx: Transaction, caller: Caller, after: Mapping[int, int]
) -> tuple[list[Shown], dict[int, int]]:
    found, reached = await payments.stream_events(
        tx, after, customer=caller.customer, limit=PAGE, salaries=caller.allows(Permission.PAYROLL_READ)
    )
    return [
        Shown(step.cell, step.position, next(iter(conversions.events(caller, [step])), None))
        for step in found
    ], reached


@get(
    "/v1/payments/events",
    opt=describe(
        id="stream_payment_events",
        summary="Follow the steps of payments",
        description="Server-sent events: a step of a payment each, as they happen. With `Last-Event-ID` (or "
        "`after`) the stream goes on where it was left, missing nothing; without, it begins now. "
        "A customer's "
        "user sees the steps of that customer's payments. Steps of salaries are among them with the "
        "permission `payroll:read` only.",
        tag="Payments",
        scope=Permission.PAYMENTS_READ,
        customers=True,
        query=StreamQuery,
        media=EVENT_STREAM,
        example=examples.STREAM,
        errors=(InvalidParameter, RateLimited),
    ),
)
async def stream_payment_events(request: AnyRequest) -> ASGIApp:
    """Follow the steps of payments."""
    return await open_stream(request, Source("payment", edge_of(request).payment_tail, _read))


HANDLERS = [stream_payment_events]
