"""The steps of payments as they happen: server-sent events, which a client that was cut off takes up again.

The id of an event says how far each cell's stream was read, so ``Last-Event-ID`` misses nothing and repeats
nothing, whichever process answers. Credentials are looked at again while a stream is open.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta

from sycee import payments
from sycee.api import payment_conversions as conversions
from sycee.api import payment_examples as examples
from sycee.api.bodies import AnyRequest, read_query
from sycee.api.edge import Edge, authorize, caller_of, edge_of, transaction
from sycee.api.errors import InvalidParameter
from sycee.api.operations import describe
from sycee.api.schemas.common import Wire
from sycee.identity import Caller, RateLimited
from sycee.identity import Scope as Permission
from sycee.kernel.errors import SyceeError
from sycee.payments import PaymentEvent

HEARTBEAT_S = 5.0
"""How often a silent stream says that it is alive, and looks whether its caller still may listen."""

PAGE = 1000
STREAMS_AT_MOST = 32
"""Streams that a principal may have open with one process: each holds a connection."""

_EVENT_STREAM = "text/event-stream"
_POSITIONS = re.compile(r"(?:[1-9][0-9]{2}\.[0-9]{1,18}(?:_|$))*", re.ASCII)


class StreamQuery(Wire):
    """From where on."""

    after: Annotated[
        Annotated[str, Meta(max_length=4000)] | None,
        Meta(
            description="As `Last-Event-ID`, for clients that cannot send the header; `0`: from the "
            "beginning.",
        ),
    ] = None
    follow: Annotated[bool, Meta(description="`false`: what there is now, and no waiting for more.")] = True


class EventStream:
    """An open stream, as an ASGI response."""

    def __init__(
        self, request: AnyRequest, edge: Edge, caller: Caller, after: dict[int, int], *, follow: bool
    ) -> None:
        self._request = request
        self._edge = edge
        self._caller = caller
        self._after = after
        self._follow = follow

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client goes away, may no longer listen, or the process is stopped."""
        headers = [(b"content-type", _EVENT_STREAM.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.create_task(_until_gone(receive))
        streams = self._edge.streams
        streams[self._caller.principal] += 1
        try:
            await send({"type": "http.response.body", "body": b": listening\n\n", "more_body": True})
            while await self._send_page(send):
                pass
            while self._follow and not gone.done() and await self._may_listen():
                if await self._edge.payment_tail.wait(self._after, HEARTBEAT_S):
                    await self._send_page(send)
                elif self._edge.payment_tail.ended:
                    break
                else:
                    await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})
            with suppress(OSError):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            streams[self._caller.principal] -= 1
            if not streams[self._caller.principal]:
                del streams[self._caller.principal]

    async def _may_listen(self) -> bool:
        try:
            await authorize(self._request)
        except SyceeError:
            return False
        return True

    async def _send_page(self, send: Send) -> bool:
        """Send what there is, a page of it; whether there was any."""
        before = dict(self._after)
        async with transaction(self._request) as tx:
            found, reached = await payments.stream_events(
                tx,
                self._after,
                customer=self._caller.customer,
                limit=PAGE,
                salaries=self._caller.allows(Permission.PAYROLL_READ),
            )
        body = b"".join(self._written(step) for step in found)
        self._after.update(reached)
        if body:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        return self._after != before

    def _written(self, step: PaymentEvent) -> bytes:
        self._after[step.cell] = step.position
        shown = conversions.events(self._caller, [step])
        if not shown:
            return b""
        place = write_positions(self._after).encode()
        return b"id: %b\nevent: payment\ndata: %b\n\n" % (place, msgspec.json.encode(shown[0]))


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def write_positions(positions: Mapping[int, int]) -> str:
    """How far each cell's stream was read, as the id of an event."""
    return "_".join(f"{cell}.{position}" for cell, position in sorted(positions.items()))


def read_positions(text: str) -> dict[int, int]:
    """The same from an id that was given out. Raises InvalidParameter."""
    if text in {"", "0"}:
        return {}
    if not _POSITIONS.fullmatch(text) or text.endswith("_"):
        raise InvalidParameter("Last-Event-ID is the id of an event of this stream, unchanged")
    pairs = (one.split(".") for one in text.split("_"))
    return {int(cell): int(position) for cell, position in pairs}


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
        media=_EVENT_STREAM,
        example=examples.STREAM,
        errors=(InvalidParameter, RateLimited),
    ),
)
async def stream_payment_events(request: AnyRequest) -> ASGIApp:
    """Follow the steps of payments."""
    query = read_query(request, StreamQuery)
    edge, principal = edge_of(request), caller_of(request).principal
    if edge.streams[principal] >= STREAMS_AT_MOST:
        raise RateLimited(f"you have {STREAMS_AT_MOST} streams open; close one first", retry_after_s=1)
    last = request.headers.get("last-event-id", query.after)
    if last is None:
        async with transaction(request) as tx:
            after = await payments.stream_positions(tx)
    else:
        after = read_positions(last)
    return EventStream(request, edge, caller_of(request), after, follow=query.follow)


HANDLERS = [stream_payment_events]
