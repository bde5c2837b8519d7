"""Access tokens: JWTs (RFC 9068) signed by EdDSA, valid for five minutes.

Whoever has the bank's public keys can verify one without asking. The bank itself asks its database at the
first look, so that a suspended principal or a revoked client is refused at once, not in five minutes.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError

from sycee.database import Transaction
from sycee.identity.callers import Caller
from sycee.identity.errors import InvalidToken, InvalidTokenRequest, PrincipalNotActive
from sycee.identity.key_file import KeyFile
from sycee.identity.oauth_clients import OAuthClient
from sycee.identity.principals import PrincipalKind, PrincipalState, get_principal
from sycee.identity.scopes import SCOPES, narrowed
from sycee.identity.signatures import ACCESS_TOKENS
from sycee.identity.signing_keys import TOKEN_LASTS, current_key, verifying_key
from sycee.kernel.clock import now

TOKEN_ISSUER = "sycee"  # noqa: S105 - a name
"""``iss`` and ``aud`` of every access token."""

_TYPE = "at+jwt"
_LONGEST_TEXT = 4_096
_LEEWAY_S = 5


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """A new access token, for how many seconds it is valid, and what it may do."""

    text: str
    expires_in_s: int
    scopes: list[str]


async def issue_access_token(
    tx: Transaction, keys: KeyFile, client: OAuthClient, asked: Collection[str] | None = None
) -> AccessToken:
    """A token for a client that proved itself, for the scopes asked for (None: all it may have).

    Raises InvalidTokenRequest when it may not have one of them, PrincipalNotActive.
    """
    principal = await get_principal(tx, client.principal)
    if principal.state is not PrincipalState.ACTIVE:
        raise PrincipalNotActive(f"the principal that the client belongs to is {principal.state}")
    held = narrowed(principal.scopes, client.scopes)
    wanted = held if asked is None else frozenset(asked)
    beyond = sorted(wanted - narrowed(held, wanted) | (wanted - frozenset(SCOPES)))
    if beyond or not wanted:
        raise InvalidTokenRequest(
            f"the client may not have {' '.join(beyond)[:200] or 'no scope at all'}", error="invalid_scope"
        )
    key = await current_key(tx, keys)
    issued_at = int(now().timestamp())
    claims = {
        "iss": TOKEN_ISSUER,
        "aud": TOKEN_ISSUER,
        "sub": str(principal.id),
        "client_id": client.id,
        "scope": " ".join(sorted(wanted)),
        "iat": issued_at,
        "exp": issued_at + int(TOKEN_LASTS.total_seconds()),
        "jti": secrets.token_hex(16),
    }
    header = {"alg": "EdDSA", "typ": _TYPE, "kid": str(key.kid)}
    text = jwt.encode(header, claims, key, registry=ACCESS_TOKENS)
    return AccessToken(text=text, expires_in_s=int(TOKEN_LASTS.total_seconds()), scopes=sorted(wanted))


def looks_like_access_token(text: str) -> bool:
    """Whether a text has the form of a JWT, of a length that is read at all."""
    return text.count(".") == 2 and text.startswith("eyJ") and len(text) <= _LONGEST_TEXT


_FIND = """
    SELECT c.scopes, c.expires_at, c.revoked_at,
           p.id, p.kind, p.name, p.customer, p.person, p.scopes, p.state
    FROM oauth_clients c JOIN principals p ON p.id = c.principal
    WHERE c.id = %s AND p.id = %s
"""


async def caller_of_access_token(tx: Transaction, text: str) -> tuple[Caller, datetime]:
    """Who an access token stands for, and when it expires.

    Raises InvalidToken when it is forged, expired, not ours, or its client revoked; PrincipalNotActive.
    """
    key = await verifying_key(tx, _key_id(text))
    if key is None:
        raise InvalidToken("the access token is signed by a key that is not ours, or not any more")
    registry = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_S,
        iss={"essential": True, "value": TOKEN_ISSUER},
        aud={"essential": True, "value": TOKEN_ISSUER},
        sub={"essential": True},
        exp={"essential": True},
    )
    try:
        token = jwt.decode(text, key, registry=ACCESS_TOKENS)
        registry.validate(token.claims)
        principal, client = UUID(token.claims["sub"]), str(token.claims["client_id"])
        expires_at = datetime.fromtimestamp(token.claims["exp"], UTC)
        asked = str(token.claims["scope"]).split()
    except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise InvalidToken(f"the access token is not valid: {error}") from None
    if token.header.get("typ") != _TYPE:
        raise InvalidToken("that is a token, but not an access token")
    row = await (await tx.execute(_FIND, (client, principal))).fetchone()
    if row is None:
        raise InvalidToken("the client of the access token is not known")
    scopes, client_expires_at, revoked_at, _, kind, name, customer, person, held, state = row
    if revoked_at is not None or (client_expires_at is not None and client_expires_at <= now()):
        raise InvalidToken("the client of the access token was revoked or has expired")
    if state != PrincipalState.ACTIVE:
        raise PrincipalNotActive(f"the principal that the access token belongs to is {state}")
    caller = Caller(
        id=str(principal),
        principal=principal,
        kind=PrincipalKind(kind),
        name=name,
        customer=customer,
        person=person,
        scopes=narrowed(narrowed(held, scopes), asked),
    )
    return caller, expires_at


def _key_id(text: str) -> str:
    head = text.partition(".")[0]
    try:
        header = msgspec.json.decode(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        key_id = str(header["kid"])[:100]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error, msgspec.DecodeError):
        raise InvalidToken("the access token does not name its key") from None
    if "\x00" in key_id:  # which the database would not be asked about
        raise InvalidToken("the access token does not name its key")
    return key_id
