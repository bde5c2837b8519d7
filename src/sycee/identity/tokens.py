"""Bearer tokens of machines: issued once, stored as a hash, limited by scopes and time.

Each belongs to a principal, and allows nothing that its principal may not do.

A token reads ``syc_<id>_<secret>``. The id finds the row; the secret is 256 random bits and is
never stored, only its SHA-256. A slow password hash (argon2) would add nothing: it exists to make
guessing a *human's* password expensive, and nobody can enumerate 2^256 secrets, whatever a guess
costs; a fast hash keeps authentication off the critical path of every request.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.identity.callers import Caller
from sycee.identity.errors import InvalidToken, PrincipalNotActive, TokenNotFound
from sycee.identity.principals import (
    NewPrincipal,
    PrincipalKind,
    PrincipalState,
    create_principals,
    get_principal,
)
from sycee.identity.scopes import known_scopes, narrowed
from sycee.identity.security_log import record
from sycee.kernel.clock import now
from sycee.kernel.errors import InvalidInput

TOKEN_PREFIX = "syc"  # noqa: S105 - it opens nothing
"""What the text of a token begins with."""

_ID_BYTES, _SECRET_BYTES = 6, 32
_LONGEST_TEXT = len(TOKEN_PREFIX) + 2 + 2 * (_ID_BYTES + _SECRET_BYTES)
_LONGEST_NAME = 200
# Every query names the same columns, in the order of Token's fields.
_INSERT = """
    INSERT INTO tokens (id, name, scopes, secret_hash, last_digits, expires_at, principal)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    RETURNING id, name, scopes, last_digits, created_at, expires_at, revoked_at, principal
"""
_REVOKE = """
    UPDATE tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = %s
    RETURNING id, name, scopes, last_digits, created_at, expires_at, revoked_at, principal
"""
_LIST = """
    SELECT id, name, scopes, last_digits, created_at, expires_at, revoked_at, principal
    FROM tokens ORDER BY created_at, id
"""
_FIND = """
    SELECT t.secret_hash, t.scopes, t.expires_at, t.revoked_at,
           p.id, p.kind, p.name, p.customer, p.person, p.scopes, p.state
    FROM tokens t JOIN principals p ON p.id = t.principal WHERE t.id = %s
"""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a token; never its secret."""

    id: str
    name: str
    scopes: frozenset[str]
    last_digits: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    principal: UUID


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
    tx: Transaction,
    name: str,
    scopes: Sequence[str],
    *,
    expires_at: datetime | None = None,
    principal: UUID | None = None,
    by: str = "command line",
) -> IssuedToken:
    """Make a token that may do what ``scopes`` name, until ``expires_at`` (None: until revoked).

    It belongs to ``principal``; without one, to a machine principal that is made for it.
    Raises UnknownScope; InvalidInput when no scope is named or the expiry has passed; PrincipalNotFound.
    """
    asked = known_scopes(scopes)
    if not asked:
        raise InvalidInput("a token needs at least one scope")
    if expires_at is not None and expires_at <= now():
        raise InvalidInput(f"the token would expire in the past, at {expires_at.isoformat()}")
    token_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_hex(_SECRET_BYTES)
    if principal is None:
        machine = NewPrincipal(
            kind=PrincipalKind.MACHINE,
            login=f"token.{token_id}",
            name=name.strip()[:_LONGEST_NAME] or "nameless",
            scopes=asked,
        )
        principal = (await create_principals(tx, [machine], by=by))[0].id
    else:
        await get_principal(tx, principal)
    cursor = await tx.execute(
        _INSERT, (token_id, name, asked, _hash(secret), secret[-4:], expires_at, principal)
    )
    row = await cursor.fetchone()
    assert row is not None
    await record(tx, "token_issued", principal=principal, actor=by, detail=f"{token_id}: {' '.join(asked)}")
    return IssuedToken(token=_token(row), text=f"{TOKEN_PREFIX}_{token_id}_{secret}")


async def revoke_token(tx: Transaction, token_id: str, *, by: str = "command line") -> Token:
    """Make a token useless, from the next request on; again is harmless. Raises TokenNotFound."""
    row = await (await tx.execute(_REVOKE, (token_id,))).fetchone()
    if row is None:
        raise TokenNotFound(f"no token has the id {token_id[:40]!r}")
    await record(tx, "token_revoked", principal=row[-1], actor=by, detail=token_id)
    return _token(row)


async def list_tokens(tx: Transaction) -> list[Token]:
    """Every token that was ever issued, oldest first."""
    return [_token(row) async for row in await tx.execute(_LIST)]


async def caller_of_token(tx: Transaction, text: str) -> tuple[Caller, datetime | None]:
    """Who a token's text stands for, and when it expires.

    Raises InvalidToken when wrong, expired or revoked, PrincipalNotActive. The answer does not say which
    part is wrong, except that an expired or revoked token with the right secret is told so: its holder
    knew it anyway.
    """
    token_id, secret = refuse_malformed(text)
    row = await (await tx.execute(_FIND, (token_id,))).fetchone()
    stored = bytes(row[0]) if row is not None else bytes(32)
    if not hmac.compare_digest(stored, _hash(secret)) or row is None:
        raise InvalidToken("no such token, or its secret is wrong")
    _, scopes, expires_at, revoked_at, principal, kind, name, customer, person, held, state = row
    if revoked_at is not None:
        raise InvalidToken("the token was revoked")
    if expires_at is not None and expires_at <= now():
        raise InvalidToken("the token has expired")
    if state != PrincipalState.ACTIVE:
        raise PrincipalNotActive(f"the principal that the token belongs to is {state}")
    caller = Caller(
        id=str(principal),
        principal=principal,
        kind=PrincipalKind(kind),
        name=name,
        customer=customer,
        person=person,
        # what people may do is what they were given (callers.with_grants)
        scopes=narrowed(held, scopes) if kind == PrincipalKind.MACHINE else frozenset(scopes),
    )
    return caller, expires_at


def refuse_malformed(text: str) -> tuple[str, str]:
    """The id and the secret in a token's text. Raises InvalidToken when it cannot be a token."""
    parts = text.split("_")
    if len(text) > _LONGEST_TEXT or len(parts) != 3 or parts[0] != TOKEN_PREFIX or not text.isascii():
        raise InvalidToken(f"a token reads {TOKEN_PREFIX}_<id>_<secret>")
    if not (parts[1].isalnum() and parts[2].isalnum()):
        raise InvalidToken(f"a token reads {TOKEN_PREFIX}_<id>_<secret>")
    return parts[1], parts[2]
