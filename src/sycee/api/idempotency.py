"""``Idempotency-Key``: a POST that is sent again is answered again, and done once.

The key is claimed, the work done and the answer stored in one database transaction. So there is no
moment at which the work is done and the answer lost, nothing is stored for a request that failed
(it may be corrected and sent again with the same key), and no sweep is needed after a crash. While
a first request is still being worked on, a second is told so at once instead of holding a connection.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar.response.base import ASGIResponse

from sycee.api.bodies import AnyRequest
from sycee.api.edge import caller_of, customer_of, edge_of
from sycee.api.errors import IdempotencyInProgress, IdempotencyKeyReused, InvalidParameter
from sycee.api.exchanges import exchange_of
from sycee.api.operations import JSON
from sycee.database import DatabaseUnavailable, Transaction, as_bank

HEADER = "Idempotency-Key"
KEPT = timedelta(days=7)
"""How long an answer can be had again."""

_OWN, _OWN_KEPT = "own ", timedelta(hours=1)  # with a space, which no key that is sent may have
_LONGEST_KEY = 255
_KEY = re.compile(rf"[!-~]{{1,{_LONGEST_KEY}}}", re.ASCII)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A response as it is stored."""

    body: bytes
    status: int = 200
    media: str = JSON
    location: str | None = None

    def response(self, *, replayed: bool = False) -> ASGIResponse:
        """The answer as it is sent."""
        headers: dict[str, str] = {}
        if self.location is not None:
            headers["Location"] = self.location
        if replayed:
            headers["Idempotency-Replayed"] = "true"
        return ASGIResponse(body=self.body, status_code=self.status, media_type=self.media, headers=headers)


async def once(
    request: AnyRequest, body: bytes, work: Callable[[Transaction], Awaitable[Answer]]
) -> ASGIResponse:
    """Do the work in a transaction, once for each idempotency key of a principal.

    A request without the header has a key of its own, which nobody else can send: when the connection is lost
    in mid-commit, that tells whether the work was done. Raises IdempotencyKeyReused when the key came with
    another request before, IdempotencyInProgress while the first one is still running.
    """
    sent = idempotency_key(request)
    exchange = exchange_of(request.scope)
    key = sent or f"{_OWN}{exchange.own_key()}"
    principal, fingerprint = caller_of(request).principal, _fingerprint(request, body)

    async def claimed(tx: Transaction) -> ASGIResponse:
        exchange.claims += 1
        if sent is not None or exchange.claims > 1:
            async with as_bank(tx):
                try:
                    await _lock(tx, principal, key)
                except IdempotencyInProgress:
                    if sent is not None:
                        raise
                    # Our own attempt before, on a connection that the server does not know is lost.
                    raise DatabaseUnavailable("the attempt before has not ended yet") from None
                stored = await _stored(tx, principal, key, fingerprint)
            if stored is not None:
                return stored.response(replayed=sent is not None)
        answer = await work(tx)
        async with as_bank(tx):
            await tx.execute(
                "INSERT INTO idempotency_keys (principal, key, fingerprint, status, media, location, body)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (principal, key, fingerprint, answer.status, answer.media, answer.location, answer.body),
            )
        return answer.response()

    return await edge_of(request).database.run(claimed, acting_for=customer_of(request))


async def forget_old_keys(tx: Transaction) -> int:
    """Delete the answers that nobody can ask for any more; returns how many."""
    cursor = await tx.execute(
        "DELETE FROM idempotency_keys"
        " WHERE created_at < now() - %s OR (created_at < now() - %s AND starts_with(key, %s))",
        (KEPT, _OWN_KEPT, _OWN),
    )
    return cursor.rowcount


def idempotency_key(request: AnyRequest) -> str | None:
    """The key that came with a request. Raises InvalidParameter for one that is none."""
    key = request.headers.get(HEADER.lower())
    if key is None:
        return None
    if not _KEY.fullmatch(key) or key == '""':
        raise InvalidParameter(f"{HEADER} is 1 to {_LONGEST_KEY} visible ASCII characters, without spaces")
    quoted = len(key) > 1 and key[0] == key[-1] == '"'  # as the IETF draft writes it
    return key[1:-1] if quoted else key


def _fingerprint(request: AnyRequest, body: bytes) -> bytes:
    scope: Any = request.scope
    about = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
    accept, media = request.headers.get("accept", ""), request.headers.get("content-type", "")
    head = msgspec.json.encode([*about, accept, media])
    return hashlib.sha256(head + b"\n" + body).digest()


async def _lock(tx: Transaction, principal: UUID, key: str) -> None:
    cursor = await tx.execute(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (f"idempotency {principal} {key}",)
    )
    row = await cursor.fetchone()
    if row is None or not row[0]:
        raise IdempotencyInProgress("the first request with this key is still being worked on; try again")


async def _stored(tx: Transaction, principal: UUID, key: str, fingerprint: bytes) -> Answer | None:
    cursor = await tx.execute(
        "SELECT fingerprint, status, media, location, body FROM idempotency_keys"
        " WHERE principal = %s AND key = %s",
        (principal, key),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    if bytes(row[0]) != fingerprint:
        raise IdempotencyKeyReused(f"the key {key!r} came with another request before")
    return Answer(status=row[1], media=row[2], location=row[3], body=bytes(row[4]))
