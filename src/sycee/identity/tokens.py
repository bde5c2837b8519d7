"""Bearer tokens of machines: issued once, stored as a hash, limited by scopes and time.

A token reads ``syc_<id>_<secret>``. The id finds the row; the secret is 256 random bits and is
never stored, only its SHA-256. A slow password hash (argon2) would add nothing: it exists to make
guessing a *human's* password expensive, and nobody can enumerate 2^256 secrets, whatever a guess
costs; a fast hash keeps authentication off the critical path of every request.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from sycee.database import Database, Transaction
from sycee.kernel.clock import now
from sycee.kernel.errors import Forbidden, InvalidInput, NotFound, Unauthenticated

CACHE_TTL_S = 5.0
"""How long an accepted token is remembered: a revocation takes effect within these seconds."""

_CACHE_SIZE = 4096
_PREFIX = "syc"
_ID_BYTES, _SECRET_BYTES = 6, 32
_LONGEST_TEXT = len(_PREFIX) + 2 + 2 * (_ID_BYTES + _SECRET_BYTES)
# Every query names the same columns, in the order of Token's fields.
_INSERT = """
    INSERT INTO tokens (id, name, scopes, secret_hash, last_digits, expires_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    RETURNING id, name, scopes, last_digits, created_at, expires_at, revoked_at
"""
_REVOKE = """
    UPDATE tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s
    RETURNING id, name, scopes, last_digits, created_at, expires_at, revoked_at
"""
_LIST = """
    SELECT id, name, scopes, last_digits, created_at, expires_at, revoked_at
    FROM tokens ORDER BY created_at, id
"""
_FIND = """
    SELECT id, name, scopes, last_digits, created_at, expires_at, revoked_at, secret_hash
    FROM tokens WHERE id = %s
"""


class Scope(StrEnum):
    """What a token may do."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    TRANSFERS_READ = "transfers:read"
    TRANSFERS_WRITE = "transfers:write"
    PAYMENTS_WRITE = "payments:write"
    BOOKS_READ = "books:read"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    PRODUCTS_READ = "products:read"
    PRODUCTS_PROPOSE = "products:propose"
    PRODUCTS_RELEASE = "products:release"
    AGREEMENTS_READ = "agreements:read"
    AGREEMENTS_WRITE = "agreements:write"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_RUN = "operations:run"
    ADMIN = "admin"


SCOPES: dict[Scope, str] = {
    Scope.ACCOUNTS_READ: "See accounts.",
    Scope.ACCOUNTS_WRITE: "Open accounts and change them.",
    Scope.TRANSFERS_READ: "See transfers.",
    Scope.TRANSFERS_WRITE: "Post, void and reverse transfers.",
    Scope.PAYMENTS_WRITE: "Send payment files and see what became of them.",
    Scope.BOOKS_READ: "See balances, entries, statements and the trial balance.",
    Scope.CUSTOMERS_READ: "See customers, their groups, owners and mandates.",
    Scope.CUSTOMERS_WRITE: "Register customers and change them.",
    Scope.PRODUCTS_READ: "See components, conditions, products, packages and rates.",
    Scope.PRODUCTS_PROPOSE: "Propose conditions, products, packages and rates.",
    Scope.PRODUCTS_RELEASE: "Release what somebody else proposed.",
    Scope.AGREEMENTS_READ: "See agreements, deposits and interest.",
    Scope.AGREEMENTS_WRITE: "Sign, change and end agreements; give notice, withdraw, renew.",
    Scope.OPERATIONS_READ: "See what the ends of days did and produced.",
    Scope.OPERATIONS_RUN: "Run the end of a day.",
    Scope.ADMIN: "Everything, cells and business dates included.",
}
"""Every scope and what it allows. ``admin`` includes all the others."""


class InvalidToken(Unauthenticated):
    """The bearer token is not valid"""

    code = "invalid_token"


class InsufficientScope(Forbidden):
    """The token lacks the scope that this needs"""

    code = "insufficient_scope"


class UnknownScope(InvalidInput):
    """There is no such scope"""

    code = "unknown_scope"


class TokenNotFound(NotFound):
    """There is no such token"""

    code = "token_not_found"


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a token; never its secret."""

    id: str
    name: str
    scopes: frozenset[str]
    last_digits: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def allows(self, scope: Scope) -> bool:
        """Whether the token may do what the scope names."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


class IssuedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A new token with its text, which can be shown this once and never again."""

    token: Token
    text: str


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _token(row: Sequence[Any]) -> Token:
    values = dict(zip(Token.__struct_fields__, row, strict=True))
    return Token(**{**values, "scopes": frozenset(values["scopes"])})


async def issue_token(
    tx: Transaction, name: str, scopes: Sequence[str], *, expires_at: datetime | None = None
) -> IssuedToken:
    """Make a token that may do what ``scopes`` name, until ``expires_at`` (None: until revoked).

    Raises UnknownScope; InvalidInput when no scope is named or the expiry has passed.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise UnknownScope(f"{', '.join(unknown)}: the scopes are {', '.join(SCOPES)}")
    if not scopes:
        raise InvalidInput("a token needs at least one scope")
    if expires_at is not None and expires_at <= now():
        raise InvalidInput(f"the token would expire in the past, at {expires_at.isoformat()}")
    token_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES)
    cursor = await tx.execute(
        _INSERT, (token_id, name, sorted(set(scopes)), _hash(secret), secret[-4:], expires_at)
    )
    row = await cursor.fetchone()
    assert row is not None
    return IssuedToken(token=_token(row), text=f"{_PREFIX}_{token_id}_{secret}")


async def revoke_token(tx: Transaction, token_id: str) -> Token:
    """Make a token useless, within CACHE_TTL_S seconds; again is harmless. Raises TokenNotFound."""
    row = await (await tx.execute(_REVOKE, (token_id,))).fetchone()
    if row is None:
        raise TokenNotFound(f"no token has the id {token_id[:40]!r}")
    return _token(row)


async def list_tokens(tx: Transaction) -> list[Token]:
    """Every token that was ever issued, oldest first."""
    return [_token(row) async for row in await tx.execute(_LIST)]


async def authenticate(tx: Transaction, text: str) -> Token:
    """The token that a text stands for. Raises InvalidToken when wrong, expired or revoked.

    The answer does not say which part is wrong, except that an expired or revoked token with the
    right secret is told so: its holder knew it anyway.
    """
    token_id, secret = _split(text)
    row = await (await tx.execute(_FIND, (token_id,))).fetchone()
    stored = bytes(row[-1]) if row is not None else bytes(32)
    if not hmac.compare_digest(stored, _hash(secret)) or row is None:
        raise InvalidToken("no such token, or its secret is wrong")
    token = _token(row[:-1])
    _refuse_if_over(token)
    return token


def _split(text: str) -> tuple[str, str]:
    parts = text.split("_")
    if len(text) > _LONGEST_TEXT or len(parts) != 3 or parts[0] != _PREFIX or not text.isascii():
        raise InvalidToken(f"a token reads {_PREFIX}_<id>_<secret>")
    if not (parts[1].isalnum() and parts[2].isalnum()):
        raise InvalidToken(f"a token reads {_PREFIX}_<id>_<secret>")
    return parts[1], parts[2]


def _refuse_if_over(token: Token) -> None:
    if token.revoked_at is not None:
        raise InvalidToken("the token was revoked")
    if token.expires_at is not None and token.expires_at <= now():
        raise InvalidToken("the token has expired")


class Authenticator:
    """Authenticates with a memory, so that a busy client costs the database one look every few seconds.

    Only accepted tokens are remembered, for CACHE_TTL_S seconds. Requests with the same token that come
    while it is being looked up wait for that one look.
    """

    def __init__(self, database: Database, ttl_s: float = CACHE_TTL_S) -> None:
        self._database = database
        self._ttl_s = ttl_s
        self._known: dict[str, tuple[Token, float]] = {}
        self._looks: dict[str, asyncio.Task[Token]] = {}

    def remembered(self, text: str) -> Token | None:
        """The token, when it was accepted moments ago. Raises InvalidToken when it has expired since."""
        found = self._known.get(text)
        if found is None or found[1] < time.monotonic():
            return None
        _refuse_if_over(found[0])
        return found[0]

    async def authenticate(self, text: str) -> Token:
        """The token that a text stands for. Raises InvalidToken."""
        token = self.remembered(text)
        if token is not None:
            return token
        _split(text)  # what cannot be a token does not reach the database
        look = self._looks.get(text)
        if look is None:
            look = self._looks[text] = asyncio.create_task(self._look_up(text))
            look.add_done_callback(lambda _: self._looks.pop(text, None))
        return await asyncio.shield(look)

    async def _look_up(self, text: str) -> Token:
        async with self._database.transaction() as tx:
            token = await authenticate(tx, text)
        if len(self._known) >= _CACHE_SIZE:
            self._known.clear()
        self._known[text] = (token, time.monotonic() + self._ttl_s)
        return token
