"""Long lists in pieces: as much as one request takes at a time, with a bounded number under way.

A chain of linked transfers is never cut between two requests, since it would no longer be all or none.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable

from sycee.client.records import NewTransfer, Outcome

Sender = Callable[[list[NewTransfer]], Awaitable[list[Outcome]]]


async def in_chunks(
    transfers: Iterable[NewTransfer] | AsyncIterable[NewTransfer], size: int
) -> AsyncIterator[list[NewTransfer]]:
    """Lists of ``size`` transfers; longer where a chain of linked transfers would be cut."""
    chunk: list[NewTransfer] = []
    async for transfer in _each(transfers):
        chunk.append(transfer)
        if len(chunk) >= size and not transfer.linked:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def outcomes_in_order(
    chunks: AsyncIterator[list[NewTransfer]], send: Sender, concurrency: int
) -> AsyncIterator[Outcome]:
    """Send the chunks, ``concurrency`` at a time, and yield their outcomes in the order of the chunks.

    Nothing more is read from ``chunks`` than is under way. When the reader stops early or a request
    fails for good, the requests still under way are cancelled (their ids make sending again safe).
    """
    under_way: deque[asyncio.Future[list[Outcome]]] = deque()
    try:
        async for chunk in chunks:
            under_way.append(asyncio.ensure_future(send(chunk)))
            if len(under_way) >= concurrency:
                for outcome in await under_way.popleft():
                    yield outcome
        while under_way:
            for outcome in await under_way.popleft():
                yield outcome
    finally:
        for future in under_way:
            future.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _each(
    transfers: Iterable[NewTransfer] | AsyncIterable[NewTransfer],
) -> AsyncIterator[NewTransfer]:
    if isinstance(transfers, AsyncIterable):
        async for transfer in transfers:
            yield transfer
    else:
        for transfer in transfers:
            yield transfer
