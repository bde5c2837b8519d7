"""A machine that webhooks are sent to: a real HTTP server that answers, fails, hangs, dies, sends on."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec

from sycee.client import WebhookEvent, verify_webhook

Behaviour = Callable[[dict[str, Any]], int | str]
"""Says of an event what is done: an HTTP status, ``hang`` or ``die``."""


class Received(msgspec.Struct):
    """A request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The webhook-id."""
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        """What it tells."""
        told: dict[str, Any] = msgspec.json.decode(self.body)
        return told

    def verified(self, secret: str) -> WebhookEvent:
        """The event, if the signature is that of the secret."""
        return verify_webhook(self.headers, self.body, secret)


class Receiver:
    """The machine; ``taken`` are the requests that it answered with success, ``received`` all of them."""

    def __init__(
        self, behaviour: Behaviour = lambda _: 204, *, context: ssl.SSLContext | None = None
    ) -> None:
        self.behaviour = behaviour
        self._context = context
        self.received: list[Received] = []
        self.taken: list[Received] = []
        self.came = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def url(self) -> str:
        """Where it is reached."""
        assert self._server is not None
        scheme = "http" if self._context is None else "https"
        return f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hooks?from=bank"

    def types(self, subject: str | None = None) -> list[str]:
        """The types of what it took, in order; of one payment, if given."""
        return [
            one.event["type"] for one in self.taken if subject in {None, one.event["data"].get("payment")}
        ]

    async def until(self, condition: Callable[[], bool], *, within_s: float = 60.0) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(within_s), self.came:
            await self.came.wait_for(condition)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._take(reader, writer)
        finally:
            self._serving.discard(task)
            writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
            lines = head.split("\r\n")[1:-2]
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            request = Received(headers, await reader.readexactly(int(headers["content-length"])))
            await self._answer(request, writer)

    async def _answer(self, request: Received, writer: asyncio.StreamWriter) -> None:
        self.received.append(request)
        answer = self.behaviour(request.event)
        if isinstance(answer, int) and 200 <= answer < 300:
            self.taken.append(request)
        async with self.came:
            self.came.notify_all()
        if answer == "hang":
            await asyncio.Event().wait()
        if isinstance(answer, int):
            moved = f"Location: {self.url}\r\n" if 300 <= answer < 400 else ""
            said = f"HTTP/1.1 {answer} x\r\n{moved}Content-Length: 0\r\nConnection: close\r\n\r\n"
            writer.write(said.encode())
            await writer.drain()
