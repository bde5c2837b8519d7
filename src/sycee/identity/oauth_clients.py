"""OAuth 2.0 clients: machines that exchange a secret or a signed assertion for short-lived access tokens.

Client credentials (RFC 6749, 4.4) and nothing else. A client belongs to a machine principal, and may do
nothing that its principal may not. The secret is 256 random bits and kept as SHA-256, like a token's; with a
public key instead, the client signs an assertion (RFC 7523) and the bank knows nothing worth stealing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from sycee.database import Transaction
from sycee.identity.errors import ClientNotFound, InvalidClient, InvalidClientKey, InvalidPrincipal
from sycee.identity.principals import PrincipalKind, PrincipalState, get_principal
from sycee.identity.scopes import known_scopes
from sycee.identity.security_log import record
from sycee.identity.signatures import ASSERTIONS
from sycee.kernel.clock import now
from sycee.kernel.errors import InvalidInput

ASSERTION_LASTS = timedelta(minutes=5)
"""An assertion that is valid for longer is refused."""

_LEEWAY_S = 30
_JTI = re.compile(r"[!-~]{8,200}", re.ASCII)
_SECRET_PREFIX = "syk"  # noqa: S105 - it opens nothing


class OAuthClient(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a client; never its secret."""

    id: str
    principal: UUID
    name: str
    scopes: frozenset[str]
    public_key: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def is_valid(self) -> bool:
        """Whether it can still have access tokens."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now())


class NewClient(msgspec.Struct, frozen=True, kw_only=True):
    """A client to be made: with the SHA-256 of its secret, or with a public key (a JWK as JSON)."""

    id: str
    principal: UUID
    name: str
    scopes: tuple[str, ...]
    secret_hash: bytes | None
    public_key: str | None
    expires_at: datetime | None


class IssuedClient(msgspec.Struct, frozen=True, kw_only=True):
    """A new client with its secret (None: it has a public key), which can be shown this once."""

    client: OAuthClient
    secret: str | None


_COLUMNS = ", ".join(OAuthClient.__struct_fields__)


def _client(row: Sequence[Any]) -> OAuthClient:
    values = dict(zip(OAuthClient.__struct_fields__, row, strict=True))
    return OAuthClient(**{**values, "scopes": frozenset(values["scopes"])})


async def create_client(
    tx: Transaction,
    principal: UUID,
    name: str,
    scopes: Collection[str],
    *,
    by: str,
    public_key: str | None = None,
    expires_at: datetime | None = None,
) -> IssuedClient:
    """Make a client of a machine, with a secret, or with ``public_key`` (a JWK as JSON) instead.

    Raises as ``draft_client`` does.
    """
    new, secret = await draft_client(
        tx, principal, name, scopes, public_key=public_key, expires_at=expires_at
    )
    return IssuedClient(client=await keep_client(tx, new, by=by), secret=secret)


async def draft_client(
    tx: Transaction,
    principal: UUID,
    name: str,
    scopes: Collection[str],
    *,
    public_key: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[NewClient, str | None]:
    """A client that could be made of a machine, and its secret, which is in the client as a hash.

    Raises PrincipalNotFound, InvalidPrincipal when it is no machine or closed, UnknownScope,
    InvalidClientKey; InvalidInput without a scope or when the expiry has passed.
    """
    await _need_machine(tx, principal)
    asked = known_scopes(scopes)
    if not asked:
        raise InvalidInput("a client needs at least one scope")
    if expires_at is not None and expires_at <= now():
        raise InvalidInput(f"the client would expire in the past, at {expires_at.isoformat()}")
    secret = None
    if public_key is None:
        secret = f"{_SECRET_PREFIX}_{secrets.token_hex(32)}"
    else:
        public_key = _public_key(public_key)
    new = NewClient(
        id=f"cli_{secrets.token_hex(8)}",
        principal=principal,
        name=name,
        scopes=tuple(asked),
        secret_hash=_hash(secret) if secret else None,
        public_key=public_key,
        expires_at=expires_at,
    )
    return new, secret


async def keep_client(tx: Transaction, new: NewClient, *, by: str) -> OAuthClient:
    """Make a client that was drafted. Raises PrincipalNotFound, InvalidPrincipal."""
    await _need_machine(tx, new.principal)
    cursor = await tx.execute(
        f"""
        INSERT INTO oauth_clients
            (id, principal, name, scopes, secret_hash, public_key, created_by, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}
        """,  # noqa: S608 - names of columns
        (
            new.id,
            new.principal,
            new.name,
            list(new.scopes),
            new.secret_hash,
            new.public_key,
            by,
            new.expires_at,
        ),
    )
    row = await cursor.fetchone()
    assert row is not None
    detail = f"{new.id}: {' '.join(new.scopes)}"
    await record(tx, "client_created", principal=new.principal, actor=by, detail=detail)
    return _client(row)


async def _need_machine(tx: Transaction, principal: UUID) -> None:
    machine = await get_principal(tx, principal)
    if machine.kind is not PrincipalKind.MACHINE or machine.state is PrincipalState.CLOSED:
        raise InvalidPrincipal(f"{machine.login} is no machine at work: OAuth clients belong to machines")


async def revoke_client(tx: Transaction, id: str, *, by: str, reason: str) -> OAuthClient:
    """Refuse a client and every access token it has, from the next request on; again is harmless.

    Raises ClientNotFound.
    """
    before = await _get(tx, id)
    if before.revoked_at is not None:
        return before
    cursor = await tx.execute(
        f"UPDATE oauth_clients SET revoked_at = now() WHERE id = %s RETURNING {_COLUMNS}",  # noqa: S608 - names of columns
        (id,),
    )
    row = await cursor.fetchone()
    assert row is not None
    await record(tx, "client_revoked", principal=before.principal, actor=by, detail=f"{id}: {reason}")
    return _client(row)


async def clients_of(tx: Transaction, principal: UUID) -> list[OAuthClient]:
    """Every client that a principal ever had, oldest first."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM oauth_clients WHERE principal = %s ORDER BY created_at, id",  # noqa: S608 - names of columns
        (principal,),
    )
    return [_client(row) for row in await cursor.fetchall()]


async def client_by_secret(tx: Transaction, id: str, secret: str) -> OAuthClient:
    """The client that knows the secret. Raises InvalidClient, not saying what was wrong."""
    cursor = await tx.execute(f"SELECT secret_hash, {_COLUMNS} FROM oauth_clients WHERE id = %s", (id[:60],))  # noqa: S608 - names of columns
    row = await cursor.fetchone()
    stored = bytes(row[0]) if row is not None and row[0] is not None else bytes(32)
    if not hmac.compare_digest(stored, _hash(secret)) or row is None:
        raise InvalidClient("no such client, or its secret is wrong", error="invalid_client")
    return _valid(_client(row[1:]))


async def client_by_assertion(tx: Transaction, assertion: str, audiences: Collection[str]) -> OAuthClient:
    """The client that signed an assertion, which is taken once (RFC 7523, 3).

    ``audiences`` are the names under which the bank may be meant. Raises InvalidClient.
    """
    id = _claimed_client(assertion)
    cursor = await tx.execute(f"SELECT {_COLUMNS} FROM oauth_clients WHERE id = %s", (id,))  # noqa: S608 - names of columns
    row = await cursor.fetchone()
    if row is None or (client := _client(row)).public_key is None:
        raise InvalidClient("no such client, or it has no public key", error="invalid_client")
    claims = _verified(assertion, client.public_key or "", id, audiences)
    cursor = await tx.execute(
        "INSERT INTO oauth_assertions (client, jti, expires_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (id, claims["jti"], datetime.fromtimestamp(claims["exp"], UTC)),
    )
    if not cursor.rowcount:
        raise InvalidClient("the assertion was taken before; make a new one", error="invalid_client")
    return _valid(client)


async def forget_old_assertions(tx: Transaction) -> int:
    """Delete the assertions that have expired anyway; how many."""
    cursor = await tx.execute(
        "DELETE FROM oauth_assertions WHERE expires_at < now() - %s", (timedelta(seconds=2 * _LEEWAY_S),)
    )
    return cursor.rowcount


def _claimed_client(assertion: str) -> str:
    """Whose assertion it says it is: looked at before the signature can be, for the key is the client's."""
    try:
        payload = assertion.split(".")[1]
        padded = payload + "=" * (-len(payload) % 4)
        claims = msgspec.json.decode(base64.urlsafe_b64decode(padded))
        client = str(claims["iss"])[:60]
        if "\x00" in client:
            raise ValueError("U+0000")
        return client
    except (IndexError, ValueError, KeyError, TypeError, RecursionError, msgspec.DecodeError):
        raise InvalidClient(
            "the assertion is not a JWT that names its issuer", error="invalid_client"
        ) from None


def _verified(assertion: str, public_key: str, id: str, audiences: Collection[str]) -> dict[str, Any]:
    registry = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_S,
        iss={"essential": True, "value": id},
        sub={"essential": True, "value": id},
        aud={"essential": True, "values": list(audiences)},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        token = jwt.decode(assertion, import_key(msgspec.json.decode(public_key)), registry=ASSERTIONS)
        registry.validate(token.claims)
    except (JoseError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidClient(f"the assertion is refused: {error}", error="invalid_client") from None
    claims: dict[str, Any] = dict(token.claims)
    left_s = claims["exp"] - now().timestamp()
    if left_s > ASSERTION_LASTS.total_seconds() + _LEEWAY_S:
        raise InvalidClient("the assertion is valid for more than five minutes", error="invalid_client")
    if not isinstance(claims["jti"], str) or _JTI.fullmatch(claims["jti"]) is None:
        raise InvalidClient(
            "the assertion's jti has 8 to 200 visible ASCII characters", error="invalid_client"
        )
    return claims


def _valid(client: OAuthClient) -> OAuthClient:
    if not client.is_valid:
        raise InvalidClient("the client was revoked or has expired", error="invalid_client")
    return client


async def _get(tx: Transaction, id: str) -> OAuthClient:
    cursor = await tx.execute(f"SELECT {_COLUMNS} FROM oauth_clients WHERE id = %s FOR UPDATE", (id[:60],))  # noqa: S608 - names of columns
    row = await cursor.fetchone()
    if row is None:
        raise ClientNotFound(f"no OAuth client has the id {id[:60]!r}")
    return _client(row)


def _public_key(text: str) -> str:
    """The public half of a JWK, of a kind that assertions may be signed with. Raises InvalidClientKey."""
    try:
        key = import_key(msgspec.json.decode(text))
    except (JoseError, ValueError, TypeError, KeyError, msgspec.DecodeError) as error:
        raise InvalidClientKey(f"that is not a JWK: {error}") from None
    fits = (
        (isinstance(key, OKPKey) and key.curve_name == "Ed25519")
        or (isinstance(key, ECKey) and key.curve_name == "P-256")
        or (isinstance(key, RSAKey) and key.raw_value.key_size >= 2048)
    )
    if not fits:
        raise InvalidClientKey("a client's key is Ed25519, P-256, or RSA of 2,048 bits or more")
    if key.is_private:
        raise InvalidClientKey("that is the private key: send the public one, and make a new pair")
    return msgspec.json.encode(key.as_dict(private=False)).decode()


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
