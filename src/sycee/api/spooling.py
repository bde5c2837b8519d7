"""Bodies and answers too large for memory: they pass through an unnamed file, a piece at a time.

So a slow client holds a file open, and neither memory nor a database transaction.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import SEEK_END, SEEK_SET
from time import monotonic
from typing import IO, Any, BinaryIO, cast

from litestar.types import Receive, Scope, Send

from sycee.api.bodies import AnyRequest
from sycee.api.errors import BodyTooLarge, BodyTooSlow
from sycee.kernel.ending import within
from sycee.kernel.errors import Unavailable

PIECE_BYTES = 256 * 1024
_IN_MEMORY_BYTES = 1024 * 1024
"""Up to this size no file is made."""

PATIENCE_S, SLOWEST_BYTES_PER_S = 60.0, 4_096
"""A body may be as late as this behind a sender that is as slow as this."""


def spool() -> IO[bytes]:
    """An empty file without a name, which goes when it is closed."""
    return cast("IO[bytes]", tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES))


@asynccontextmanager
async def spooled_body(request: AnyRequest, limit: int) -> AsyncIterator[BinaryIO]:
    """The whole body as a file.

    Raises BodyTooLarge past ``limit`` bytes, without reading on; BodyTooSlow for one that comes in drops.
    """
    with spool() as file:
        total, begun = 0, monotonic()
        while True:
            event = await _piece(request, begun + PATIENCE_S + total / SLOWEST_BYTES_PER_S)
            if event["type"] == "http.disconnect":
                raise Unavailable("the client went away before the whole body had arrived")
            total += len(event["body"])
            if total > limit:
                raise BodyTooLarge(f"the body has more than {limit} bytes", limit=limit)
            file.write(event["body"])
            if not event.get("more_body", False):
                break
        file.seek(0, SEEK_SET)
        yield cast("BinaryIO", file)


async def _piece(request: AnyRequest, until: float) -> Any:
    try:
        async with within(max(0.0, until - monotonic())):
            return await request.receive()
    except TimeoutError:
        raise BodyTooSlow(
            f"the body comes in at less than {SLOWEST_BYTES_PER_S} bytes a second for {PATIENCE_S:g} seconds"
        ) from None


class FileAnswer:
    """An answer that was written to a file, as an ASGI response; the file is closed when it is sent."""

    def __init__(self, file: IO[bytes], media: str, name: str) -> None:
        self._file = file
        self._media = media
        self._name = name

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """The ASGI response."""
        with self._file as file:
            length = file.seek(0, SEEK_END)
            file.seek(0, SEEK_SET)
            headers = [
                (b"content-type", self._media.encode()),
                (b"content-length", b"%d" % length),
                (b"content-disposition", f'attachment; filename="{self._name}"'.encode("ascii")),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            while piece := file.read(PIECE_BYTES):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def spooled(pieces: AsyncIterator[bytes]) -> IO[bytes]:
    """Pieces written to a file, which is closed again when one cannot be had."""
    file = spool()
    try:
        async for piece in pieces:
            file.write(piece)
    except BaseException:
        file.close()
        raise
    return file
