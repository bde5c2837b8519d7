"""Steps as they happen: server-sent events, which a client that was cut off takes up again.

The id of an event says how far each cell's stream was read, so ``Last-Event-ID`` misses nothing and repeats
nothing, whichever process answers. Credentials are looked at again while a stream is open.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta

from sycee.api.bodies import AnyRequest, read_query
from sycee.api.edge import Edge, authorize, caller_of, edge_of, transaction
from sycee.api.errors import InvalidParameter
from sycee.api.schemas.common import Wire
from sycee.api.stream_tail import StreamTail
from sycee.database import Transaction
from sycee.identity import Caller, RateLimited
from sycee.kernel.errors import SyceeError

HEARTBEAT_S = 5.0
"""How often a silent stream says that it is alive, and looks whether its caller still may listen."""

PAGE = 1000
STREAMS_AT_MOST = 32
"""Streams that a principal may have open with one process: each holds a connection."""

EVENT_STREAM = "text/event-stream"
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


class Shown(NamedTuple):
    """A step at its place in the stream of its cell; ``wire`` is None for one that the caller is not told."""

    cell: int
    position: int
    wire: Any


class Source(NamedTuple):
    """What a stream is of: the name of its events, how far it has come, and how it is read.

    ``read(tx, caller, after)`` returns a page of steps, and how far that leads.
    """

    event: str
    tail: StreamTail
    read: Callable[
        [Transaction, Caller, Mapping[int, int]], Awaitable[tuple[Sequence[Shown], dict[int, int]]]
    ]


async def open_stream(request: AnyRequest, source: Source) -> ASGIApp:
    """The stream that a request asks for. Raises InvalidParameter, RateLimited."""
    query = read_query(request, StreamQuery)
    edge, caller = edge_of(request), caller_of(request)
    if edge.streams[caller.principal] >= STREAMS_AT_MOST:
        raise RateLimited(f"you have {STREAMS_AT_MOST} streams open; close one first", retry_after_s=1)
    last = request.headers.get("last-event-id", query.after)
    if last is None:
        async with transaction(request) as tx:
            after = await source.tail.positions(tx)
    else:
        after = read_positions(last)
    return EventStream(request, edge, source, after, follow=query.follow)


class EventStream:
    """An open stream, as an ASGI response."""

    def __init__(
        self, request: AnyRequest, edge: Edge, source: Source, after: dict[int, int], *, follow: bool
    ) -> None:
        self._request = request
        self._edge = edge
        self._source = source
        self._caller = caller_of(request)
        self._after = after
        self._follow = follow

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client goes away, may no longer listen, or the process is stopped."""
        headers = [(b"content-type", EVENT_STREAM.encode()), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.create_task(_until_gone(receive))
        streams = self._edge.streams
        streams[self._caller.principal] += 1
        try:
            await send({"type": "http.response.body", "body": b": listening\n\n", "more_body": True})
            while await self._send_page(send):
                pass
            while self._follow and not gone.done() and await self._may_listen():
                if await self._source.tail.wait(self._after, HEARTBEAT_S):
                    await self._send_page(send)
                elif self._source.tail.ended:
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
            found, reached = await self._source.read(tx, self._caller, self._after)
        body = b"".join(self._written(step) for step in found)
        self._after.update(reached)
        if body:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        return self._after != before

    def _written(self, step: Shown) -> bytes:
        self._after[step.cell] = step.position
        if step.wire is None:
            return b""
        place, data = write_positions(self._after).encode(), msgspec.json.encode(step.wire)
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (place, self._source.event.encode(), data)


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
