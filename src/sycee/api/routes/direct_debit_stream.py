"""The steps of direct debits as they happen."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import get
from litestar.types import ASGIApp

from sycee.api import debit_conversions as conversions
from sycee.api import debit_examples as examples
from sycee.api.bodies import AnyRequest
from sycee.api.edge import edge_of
from sycee.api.errors import InvalidParameter
from sycee.api.event_streams import EVENT_STREAM, PAGE, Shown, Source, StreamQuery, open_stream
from sycee.api.operations import describe
from sycee.api.routes.direct_debit_mandates import TAG
from sycee.database import Transaction
from sycee.identity import Caller, RateLimited
from sycee.identity import Scope as Permission
from sycee.payments import debits


async def _read(
    tx: Transaction, caller: Caller, after: Mapping[int, int]
) -> tuple[list[Shown], dict[int, int]]:
    found, reached = await debits.stream_debit_steps(tx, after, customer=caller.customer, limit=PAGE)
    return [Shown(step.cell, step.position, conversions.streamed(caller, step)) for step in found], reached


@get(
    "/v1/direct-debits/events",
    opt=describe(
        id="stream_direct_debit_events",
        summary="Follow the steps of direct debits",
        description="Server-sent events: a step of a direct debit each, as they happen. With `Last-Event-ID` "
        "(or `after`) the stream goes on where it was left, missing nothing; without, it begins now. A "
        "customer's user sees the steps of what that customer collects and pays.",
        tag=TAG,
        scope=Permission.PAYMENTS_READ,
        customers=True,
        query=StreamQuery,
        media=EVENT_STREAM,
        example=examples.STREAM,
        errors=(InvalidParameter, RateLimited),
    ),
)
async def stream_direct_debit_events(request: AnyRequest) -> ASGIApp:
    """Follow the steps of direct debits."""
    return await open_stream(request, Source("direct_debit", edge_of(request).debit_tail, _read))


HANDLERS = [stream_direct_debit_events]
