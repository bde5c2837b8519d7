"""From the text of a bearer token to the caller, with a memory that keeps the database off the hot path."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

from sycee.database import Database, Transaction
from sycee.identity.callers import Caller, with_grants
from sycee.identity.errors import InvalidToken
from sycee.identity.tokens import caller_of_token, refuse_malformed
from sycee.kernel.clock import now

CACHE_TTL_S = 5.0
"""How long an accepted token is remembered: a revocation takes effect within these seconds."""

_CACHE_SIZE = 4096


async def authenticate(tx: Transaction, text: str) -> Caller:
    """Who a token stands for. Raises InvalidToken, PrincipalNotActive."""
    return await with_grants(tx, (await caller_of_token(tx, text))[0])


class Authenticator:
    """Authenticates with a memory, so that a busy client costs the database one look every few seconds.

    Only accepted tokens are remembered, for CACHE_TTL_S seconds. Requests with the same token that come
    while it is being looked up wait for that one look.
    """

    def __init__(self, database: Database, ttl_s: float = CACHE_TTL_S) -> None:
        self._database = database
        self._ttl_s = ttl_s
        self._known: dict[str, tuple[Caller, float, datetime | None]] = {}
        self._looks: dict[str, asyncio.Task[Caller]] = {}

    def remembered(self, text: str) -> Caller | None:
        """The caller, when accepted moments ago. Raises InvalidToken when the token has expired since."""
        found = self._known.get(text)
        if found is None or found[1] < time.monotonic():
            return None
        if found[2] is not None and found[2] <= now():
            raise InvalidToken("the token has expired")
        return found[0]

    async def authenticate(self, text: str) -> Caller:
        """Who a token stands for. Raises InvalidToken, PrincipalNotActive."""
        caller = self.remembered(text)
        if caller is not None:
            return caller
        refuse_malformed(text)  # what cannot be a token does not reach the database
        look = self._looks.get(text)
        if look is None:
            look = self._looks[text] = asyncio.create_task(self._look_up(text))
            look.add_done_callback(lambda _: self._looks.pop(text, None))
        return await asyncio.shield(look)

    async def _look_up(self, text: str) -> Caller:
        async with self._database.transaction() as tx:
            caller, expires_at = await caller_of_token(tx, text)
            caller = await with_grants(tx, caller)
        if not caller.is_machine:  # what people were given holds, and ends, from the next request on
            return caller
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
        self._known[text] = (caller, time.monotonic() + self._ttl_s, expires_at)
        return caller
