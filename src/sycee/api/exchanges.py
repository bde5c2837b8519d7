"""A request and its answer: worked out anew while the database has no leader, as long as nothing was sent.

A client may send everything twice: reads change nothing, and what writes is keyed by ids or by an
``Idempotency-Key``. So may we, on its behalf: a request that meets a failover is answered late, not with 503.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import Any
from uuid import UUID

from litestar.types import Message

from sycee.database import DatabaseUnavailable
from sycee.kernel.ending import within
from sycee.kernel.ids import uuid7

DRAINED_AT_MOST = 64 * 1024 * 1024
"""How much of a refused request's body is read on, in bytes, so that the client hears the answer."""

DRAINED_FOR_S = 5.0
"""And for how long: whoever is refused and sends slowly holds nothing for longer."""

_KEY = "sycee.exchange"
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 0.5


class Exchange:
    """One request, which is worked at for ``patience_s`` while the database does not answer.

    Its body is kept up to ``kept_bytes``: a longer one, which a handler reads as a stream, is worked at once.
    """

    __slots__ = (
        "_body",
        "_deadline",
        "_given",
        "_kept_bytes",
        "_outer",
        "_receive",
        "_room",
        "_send",
        "_tries",
        "_unread",
        "again",
        "claims",
        "key",
        "scope",
        "status",
    )

    def __init__(self, scope: Any, receive: Any, send: Any, *, patience_s: float, kept_bytes: int) -> None:
        self._outer, self._receive, self._send = scope, receive, send
        self._deadline = time.monotonic() + patience_s
        self._room = self._kept_bytes = kept_bytes
        self._body: list[Any] = []
        self._given = 0
        self._tries = 0
        self._unread = True
        self.scope: Any = scope
        self.status = 500
        self.again = False
        """Whether the last attempt met no leader, and nothing was answered: begin another."""
        self.key: UUID | None = None
        """What a request without an Idempotency-Key is known by; see ``own_key``."""
        self.claims = 0
        """How often the work was begun under its own key."""

    def begin(self) -> Any:
        """The scope of an attempt: what the one before has put into it is gone."""
        self._tries += 1
        self._given = 0
        self.again = False
        self.scope = {**self._outer, "state": dict(self._outer.get("state") or ()), _KEY: self}
        return self.scope

    def own_key(self) -> UUID:
        """A key that stands for this request alone, the same in each attempt."""
        if self.key is None:
            self.key = uuid7()
        return self.key

    async def receive(self) -> Any:
        """The request's next event, or again one that an attempt before has had."""
        if self._given < len(self._body):
            event = self._body[self._given]
        else:
            event = await self._receive()
            self._unread = event.get("more_body", False)
            self._room -= len(event.get("body", b""))
            if self._room >= 0:
                self._body.append(event)
            else:
                self._body.clear()
        self._given += 1
        return event

    async def send(self, message: Message) -> None:
        """Send a part of the answer, unless another attempt may give a better one."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.again = self._may_begin_again()
            if self._unread and self.status >= 400 and not self.again:
                await drain(self._receive)
        if not self.again:
            await self._send(message)

    def _may_begin_again(self) -> bool:
        return (
            self.status == DatabaseUnavailable.status
            and self.scope["state"].get("problem_code") == DatabaseUnavailable.code
            and self._room >= 0
            and time.monotonic() + _LONGEST_PAUSE_S < self._deadline
        )

    async def pause(self) -> None:
        """Wait before another attempt; jitter keeps those that failed together from meeting again."""
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(self._tries, 10))
        await asyncio.sleep(random.uniform(longest / 4, longest))


def exchange_of(scope: Any) -> Exchange:
    """The exchange that a request belongs to."""
    exchange: Exchange = scope[_KEY]
    return exchange


async def drain(receive: Any) -> None:
    """Read on, up to a bound and for a while, what a refused request still sends.

    A server that answers and hangs up on a client in mid-sentence resets the connection, and the client
    never reads why it was refused.
    """
    total = 0
    with suppress(TimeoutError):
        async with within(DRAINED_FOR_S):
            while total < DRAINED_AT_MOST:
                event = await receive()
                total += len(event.get("body", b""))
                if not event.get("more_body", False):
                    return
