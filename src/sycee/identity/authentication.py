"""From the text of a bearer token to the caller, with a memory that keeps the database off the hot path.

A caller is remembered for CACHE_TTL_S seconds, and only while this process is sure to hear when credentials
change (``watching``): who is suspended, closed, signed out or revoked is forgotten at once, in every process.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from uuid import UUID

from sycee.database import Database, Transaction
from sycee.identity.access_tokens import caller_of_access_token, looks_like_access_token
from sycee.identity.callers import Caller, with_grants
from sycee.identity.errors import InvalidToken, RateLimited
from sycee.identity.sessions import SESSION_PREFIX, caller_of_session, refuse_malformed_session
from sycee.identity.tokens import caller_of_token, refuse_malformed
from sycee.identity.watching import Watch
from sycee.kernel.clock import now

CACHE_TTL_S = 5.0
"""How long an accepted token is remembered at most, even when nothing is heard of its principal."""

_CACHE_SIZE = 4096


async def authenticate(tx: Transaction, text: str) -> Caller:
    """Who a machine's token, a session's or an access token stands for.

    Raises InvalidToken, PrincipalNotActive.
    """
    return (await _look_up(tx, text))[0]


async def _look_up(tx: Transaction, text: str) -> tuple[Caller, datetime | None]:
    if text.startswith(f"{SESSION_PREFIX}_"):
        return await caller_of_session(tx, text)
    if looks_like_access_token(text):
        caller, expires_at = await caller_of_access_token(tx, text)
        return await with_grants(tx, caller), expires_at
    caller, ends_at = await caller_of_token(tx, text)
    return await with_grants(tx, caller), ends_at


def _refuse_malformed(text: str) -> None:
    if text.startswith(f"{SESSION_PREFIX}_"):
        refuse_malformed_session(text)
    elif not looks_like_access_token(text):
        refuse_malformed(text)


def _seconds() -> int:
    return int(time.monotonic())


class _Pace:
    """How many requests a principal has made in the second that runs.

    A fixed window in four lines: the library that limits sign-ins costs 3 to 17 µs for each request, where
    a whole request costs 230.
    """

    __slots__ = ("count", "second")

    def __init__(self) -> None:
        self.second = 0
        self.count = 0

    def step(self, most: int) -> None:
        second = _seconds()
        if second != self.second:
            self.second, self.count = second, 0
        self.count += 1
        if self.count > most:
            raise RateLimited(f"more than {most} requests in a second", retry_after_s=1)


class _Known:
    """A remembered caller."""

    __slots__ = ("caller", "expires_at", "pace", "until")

    def __init__(self, caller: Caller, until: float, expires_at: datetime | None, pace: _Pace) -> None:
        self.caller = caller
        self.until = until
        self.expires_at = expires_at
        self.pace = pace


class Authenticator:
    """Authenticates with a memory, so that a busy client costs the database one look every few seconds.

    Only accepted tokens are remembered, and only between ``start`` and ``stop``. Requests with the same
    token that come while it is being looked up wait for that one look. A principal may make
    ``requests_per_s`` requests a second of this process (0: any number).
    """

    def __init__(self, database: Database, ttl_s: float = CACHE_TTL_S, requests_per_s: int = 0) -> None:
        self._database = database
        self._ttl_s = ttl_s
        self._requests_per_s = requests_per_s
        self._known: dict[str, _Known] = {}
        self._texts: dict[UUID, set[str]] = {}
        self._paces: dict[UUID, _Pace] = {}
        self._looks: dict[str, asyncio.Task[Caller]] = {}
        self._changes = 0
        self._watch = Watch(database, self.forget)

    async def start(self) -> None:
        """Begin to hear of changes, and so to remember."""
        await self._watch.start()

    async def stop(self) -> None:
        """Remember nobody any more."""
        await self._watch.stop()
        self.forget(None)

    def forget(self, principal: UUID | None) -> None:
        """Look a principal (None: everybody) up anew at the next request."""
        self._changes += 1
        if principal is None:
            self._known.clear()
            self._texts.clear()
            self._looks.clear()
        else:
            for text in self._texts.pop(principal, ()):
                self._known.pop(text, None)
            self._looks.clear()  # what is being looked at was perhaps read before the change

    def remembered(self, text: str) -> Caller | None:
        """The caller, when accepted moments ago.

        Raises InvalidToken when the token has expired since, RateLimited.
        """
        found = self._known.get(text)
        if found is None or found.until < time.monotonic() or not self._watch.hears:
            return None
        if found.expires_at is not None and found.expires_at <= now():
            raise InvalidToken("the token has expired")
        if self._requests_per_s:
            found.pace.step(self._requests_per_s)
        return found.caller

    async def authenticate(self, text: str) -> Caller:
        """Who a token stands for. Raises InvalidToken, PrincipalNotActive, RateLimited."""
        caller = self.remembered(text)
        if caller is not None:
            return caller
        _refuse_malformed(text)  # what cannot be a token does not reach the database
        look = self._looks.get(text)
        if look is None:
            look = self._looks[text] = asyncio.create_task(self._look(text))
            look.add_done_callback(lambda done: self._done(text, done))
        caller = await asyncio.shield(look)
        if self._requests_per_s:
            self._pace(caller.principal).step(self._requests_per_s)
        return caller

    def _done(self, text: str, look: asyncio.Task[Caller]) -> None:
        if self._looks.get(text) is look:
            del self._looks[text]

    async def _look(self, text: str) -> Caller:
        before = self._changes
        async with self._database.transaction() as tx:
            caller, expires_at = await _look_up(tx, text)
        if before == self._changes:  # else this was perhaps read before the change
            self._remember(text, caller, expires_at)
        return caller

    def _remember(self, text: str, caller: Caller, expires_at: datetime | None) -> None:
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
            self._texts.clear()
        until = time.monotonic() + min(self._ttl_s, caller.lasts_s)
        self._known[text] = _Known(caller, until, expires_at, self._pace(caller.principal))
        self._texts.setdefault(caller.principal, set()).add(text)

    def _pace(self, principal: UUID) -> _Pace:
        if len(self._paces) >= _CACHE_SIZE:
            self._paces.clear()
        return self._paces.setdefault(principal, _Pace())
