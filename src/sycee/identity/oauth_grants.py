"""The token endpoint's work: a client proves itself and gets an access token, or is refused on record."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from sycee.database import Database, Transaction
from sycee.identity.access_tokens import AccessToken, issue_access_token
from sycee.identity.errors import InvalidClient, PrincipalNotActive
from sycee.identity.key_file import KeyFile
from sycee.identity.oauth_clients import OAuthClient, client_by_assertion, client_by_secret
from sycee.identity.security_log import record


class ClientProof(msgspec.Struct, frozen=True, kw_only=True):
    """What a client proves itself with: its id and secret, or an assertion that it signed."""

    client_id: str = ""
    secret: str | None = None
    assertion: str | None = None


async def grant_access_token(
    database: Database,
    keys: KeyFile,
    proof: ClientProof,
    *,
    audiences: Collection[str],
    scopes: Collection[str] | None,
    address: str,
) -> AccessToken:
    """An access token for a client that proves itself, for ``scopes`` (None: all it may have).

    Raises InvalidClient, InvalidTokenRequest, PrincipalNotActive. It opens its own transaction, because a
    refusal has to be on record although the answer is an error.
    """
    problem: Exception | None = None
    token: AccessToken | None = None
    async with database.transaction() as tx:
        try:
            client = await _prove(tx, proof, audiences)
            token = await issue_access_token(tx, keys, client, scopes)
            await record(
                tx,
                "access_token_issued",
                principal=client.principal,
                actor=str(client.principal),
                address=address,
                detail=f"{client.id}: {' '.join(token.scopes)}",
            )
        except (InvalidClient, PrincipalNotActive) as error:
            problem = error
            await record(
                tx,
                "client_refused",
                principal=None,
                actor="",
                address=address,
                detail=f"{proof.client_id[:60] or 'an assertion'}: {error.detail}",
            )
    if problem is not None:
        raise problem
    assert token is not None
    return token


async def _prove(tx: Transaction, proof: ClientProof, audiences: Collection[str]) -> OAuthClient:
    if proof.assertion is not None:
        return await client_by_assertion(tx, proof.assertion, audiences)
    return await client_by_secret(tx, proof.client_id, proof.secret or "")
