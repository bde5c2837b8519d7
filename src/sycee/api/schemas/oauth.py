"""OAuth 2.0 clients and keys on the wire. The token's names are those of RFC 6749, the keys' of RFC 7517."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import Wire
from sycee.api.schemas.identity import ScopeNames


class NewClient(Wire):
    """A client of a machine principal. With a public key it signs assertions; without, it has a secret."""

    principal: UUID
    name: Annotated[str, Meta(min_length=1, max_length=200, examples=["ERP of Silk Road Ltd"])]
    scopes: ScopeNames
    public_key: Annotated[
        dict[str, Any] | None,
        Meta(
            description="JWK: Ed25519, P-256, or RSA of 2,048 bits or more.",
            examples=[{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}],
        ),
    ] = None
    expires_at: datetime | None = None


class Client(Wire):
    """A client, without its secret."""

    id: str
    principal: UUID
    name: str
    scopes: ScopeNames
    public_key: dict[str, Any] | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None


class IssuedClient(Wire):
    """A new client. The secret is shown this once; null when it has a public key."""

    client: Client
    secret: str | None


class AskedClient(Wire):
    """A client that waits for another person's yes, and the secret that it will have, shown this once."""

    approval: UUID
    id: str
    secret: str | None


class Clients(Wire):
    """Every client that a principal ever had, oldest first."""

    clients: list[Client]


class AccessToken(Wire):
    """An access token (RFC 6749, 5.1): a JWT (RFC 9068) signed by EdDSA."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Meta(description="Seconds.")]
    scope: Annotated[str, Meta(description="What it may do, with spaces between.")]


class KeySet(Wire):
    """Public keys (RFC 7517) that sign or still verify access tokens."""

    keys: list[dict[str, Any]]


class KeyRotation(Wire):
    """Why keys are made anew."""

    compromised: Annotated[
        bool, Meta(description="What the old keys signed is refused from now on, at once.")
    ] = False


class SigningKey(Wire):
    """A key that signs access tokens, without its private half."""

    id: str
    created_at: datetime
    signs_from: datetime
    verifies_until: datetime | None
