"""OAuth 2.0: machines' clients, the token endpoint (RFC 6749, 4.4), and the bank's public keys."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, identity
from sycee.api import approval_shapes
from sycee.api import identity_conversions as conversions
from sycee.api import identity_examples as examples
from sycee.api.approval_examples import APPROVAL_ID
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query
from sycee.api.edge import address_of, answer, caller_of, edge_of, transaction
from sycee.api.operations import JSON, describe
from sycee.api.schemas.common import Wire
from sycee.api.schemas.identity import Reason
from sycee.api.schemas.oauth import (
    AccessToken,
    AskedClient,
    Client,
    Clients,
    IssuedClient,
    KeyRotation,
    KeySet,
    NewClient,
    SigningKey,
)
from sycee.database import as_bank
from sycee.identity import InvalidClient, InvalidTokenRequest, PrincipalNotFound, Scope
from sycee.kernel.ids import uuid7

TAG = "OAuth"
TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - a path
FORM = "application/x-www-form-urlencoded"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NEW = msgspec.json.Decoder(NewClient)
_REASON = msgspec.json.Decoder(Reason)
_ROTATION = msgspec.json.Decoder(KeyRotation)
_LONGEST_FORM = 16_384
_ASKED = {"approval": APPROVAL_ID, "id": examples.CLIENT["id"], "secret": f"syk_{'5e' * 32}"}


class ClientQuery(Wire):
    """Whose clients."""

    principal: Annotated[UUID, Meta(description="The machine principal that they belong to.")]


@post(
    TOKEN_PATH,
    opt=describe(
        id="issue_access_token",
        summary="Get an access token",
        description="Client credentials (RFC 6749, 4.4). The client proves itself by HTTP Basic, by "
        "`client_id` and `client_secret` in the form, or by `client_assertion`, a JWT that it signed (RFC "
        f"7523: `aud` is `{identity.TOKEN_ISSUER}` or this endpoint's public URL; `iss` and `sub` its id; "
        "`jti` once; five minutes at most). `scope` narrows what the token may do. The member `error` "
        "of a refusal is that of RFC 6749, 5.2.",
        tag=TAG,
        request_media=FORM,
        request_example="grant_type=client_credentials&scope=payments%3Awrite"
        f"&client_id={examples.CLIENT_ID}&client_secret=syk_5e5e",
        response=AccessToken,
        example={
            "access_token": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTk5In0.c2lnbmF0dXJl",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "payments:write",
        },
        errors=(
            InvalidClient,
            InvalidTokenRequest,
            identity.PrincipalNotActive,
            identity.RateLimited,
        ),
    ),
)
async def issue_access_token(request: AnyRequest) -> ASGIApp:
    """Get an access token."""
    need_content_type(request, FORM)
    edge, address = edge_of(request), address_of(request)
    await edge.address_limits.need_room(address)
    form = _form(await read_body(request, _LONGEST_FORM))
    if form.get("grant_type") != "client_credentials":
        raise InvalidTokenRequest("grant_type is client_credentials", error="unsupported_grant_type")
    proof = _proof(request, form)
    scope = form.get("scope")
    try:
        token = await identity.grant_access_token(
            edge.database,
            edge.keys,
            proof,
            audiences=_audiences(request),
            scopes=scope.split() if scope is not None else None,
            address=address,
        )
    except InvalidClient:
        await edge.address_limits.count_refusal(address)
        raise
    return answer(
        AccessToken(
            access_token=token.text,
            token_type="Bearer",  # noqa: S106 - the name of a kind
            expires_in=token.expires_in_s,
            scope=" ".join(token.scopes),
        )
    )


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError as error:
        raise InvalidTokenRequest(f"the form cannot be read: {error}", error="invalid_request") from None
    form = dict(pairs)
    if len(form) != len(pairs) or "\x00" in "".join(form.values()):
        raise InvalidTokenRequest("a parameter is given twice, or holds U+0000", error="invalid_request")
    return form


def _proof(request: AnyRequest, form: dict[str, str]) -> identity.ClientProof:
    """By what the client proves itself: one way, not several (RFC 6749, 2.3)."""
    header = request.headers.get("authorization")
    ways = [header is not None, "client_secret" in form, "client_assertion" in form]
    if ways.count(True) != 1:
        raise InvalidTokenRequest("the client proves itself in exactly one way", error="invalid_request")
    if header is not None:
        return _basic(header)
    if "client_assertion" in form:
        if form.get("client_assertion_type") != _ASSERTION:
            raise InvalidTokenRequest(f"client_assertion_type is {_ASSERTION}", error="invalid_request")
        return identity.ClientProof(client_id=form.get("client_id", ""), assertion=form["client_assertion"])
    return identity.ClientProof(client_id=form.get("client_id", ""), secret=form["client_secret"])


def _basic(header: str) -> identity.ClientProof:
    kind, _, text = header.partition(" ")
    try:
        id, colon, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        id, colon, secret = "", "", ""
    if kind.lower() != "basic" or not colon or "\x00" in unquote_plus(id):
        raise InvalidClient(
            "the Authorization header is not of the form Basic <credentials>", error="invalid_client"
        )
    return identity.ClientProof(client_id=unquote_plus(id), secret=unquote_plus(secret))


def _audiences(request: AnyRequest) -> list[str]:
    """By which names an assertion may mean us; never by the Host header, which whoever replays one writes."""
    public = edge_of(request).settings.public_url.rstrip("/")
    return [identity.TOKEN_ISSUER, *([f"{public}/v1/oauth/token"] if public else [])]


@get(
    "/v1/oauth/jwks",
    opt=describe(
        id="list_public_keys",
        summary="See the bank's public keys",
        description="The keys that sign or still verify access tokens, as a JWK set (RFC 7517). A new key is "
        "shown ten minutes before it signs.",
        tag=TAG,
        response=KeySet,
        example={"keys": [examples.JWK]},
    ),
)
async def list_public_keys(request: AnyRequest) -> ASGIApp:
    """See the bank's public keys."""
    async with edge_of(request).database.transaction() as tx:
        found = await identity.key_set(tx)
    return answer(KeySet(keys=found["keys"]))


@post(
    "/v1/oauth/keys/rotate",
    opt=describe(
        id="rotate_signing_keys",
        summary="Make a new signing key",
        description="The new key signs after ten minutes, the old ones verify until what they signed has "
        "expired. When they are compromised it signs at once, and what they signed is refused. Keys are made "
        "anew by themselves every ninety days.",
        tag=TAG,
        scope=Scope.ADMIN,
        request=KeyRotation,
        request_example={"compromised": False},
        response=SigningKey,
        status=201,
        example=examples.SIGNING_KEY,
    ),
)
async def rotate_signing_keys(request: AnyRequest) -> ASGIApp:
    """Make a new signing key."""
    need_content_type(request, JSON)
    edge, caller = edge_of(request), caller_of(request)
    order = decode_json(await read_body(request, edge.settings.max_body_bytes), _ROTATION)
    async with edge.database.transaction() as tx:
        made = await identity.rotate_signing_keys(tx, edge.keys, by=caller.id, compromised=order.compromised)
    if order.compromised:
        edge.authenticator.forget(None)
    return answer(SigningKey(**msgspec.structs.asdict(made)), status=201)


@post(
    "/v1/oauth/clients",
    opt=describe(
        id="create_client",
        summary="Make an OAuth client",
        description="A client of a machine principal, which may do nothing that the principal may not. Its "
        "secret is answered this once; so that it is kept nowhere, an `Idempotency-Key` is not taken here. "
        "What a person of the bank makes waits for another (202), and its secret opens nothing until then.",
        tag=TAG,
        scope=Scope.IDENTITY_WRITE,
        command="identity.machines",
        customers=True,
        request=NewClient,
        request_example={
            "principal": examples.PRINCIPAL_ID,
            "name": "ERP of Silk Road Ltd",
            "scopes": ["payments:write"],
        },
        response=IssuedClient,
        status=201,
        example={"client": examples.CLIENT, "secret": f"syk_{'5e' * 32}"},
        errors=(
            PrincipalNotFound,
            identity.InvalidPrincipal,
            identity.UnknownScope,
            identity.InvalidClientKey,
            *approval_shapes.ASKING,
        ),
        others={
            202: (
                AskedClient,
                {"approval": APPROVAL_ID, "id": examples.CLIENT["id"], "secret": f"syk_{'5e' * 32}"},
            )
        },
    ),
)
async def create_client(request: AnyRequest) -> ASGIApp:
    """Make an OAuth client."""
    need_content_type(request, JSON)
    edge, caller = edge_of(request), caller_of(request)
    wanted = decode_json(await read_body(request, edge.settings.max_body_bytes), _NEW)
    key = msgspec.json.encode(wanted.public_key).decode() if wanted.public_key is not None else None
    async with transaction(request) as tx, as_bank(tx):
        machine = await identity.get_principal(tx, wanted.principal)
        conversions.need_right_over(caller, machine)
        conversions.need_right_to_give(caller, wanted.scopes, machine.customer)
        new, secret = await identity.draft_client(
            tx, machine.id, wanted.name, wanted.scopes, public_key=key, expires_at=wanted.expires_at
        )
        if caller.customer is None and not caller.is_machine:
            payload = approvals.machine_change(approvals.MakeClient(new))
            asked = await approvals.request_approval(
                tx, approvals.LET_MACHINES, payload, by=caller, id=uuid7()
            )
            return answer(AskedClient(approval=asked.id, id=new.id, secret=secret), status=202)
        made = await identity.keep_client(tx, new, by=caller.id)
    return answer(IssuedClient(client=conversions.client(made), secret=secret), status=201)


@get(
    "/v1/oauth/clients",
    opt=describe(
        id="list_clients",
        summary="See a machine's OAuth clients",
        description="Every client that a principal ever had, oldest first, without secrets.",
        tag=TAG,
        scope=Scope.IDENTITY_READ,
        customers=True,
        query=ClientQuery,
        response=Clients,
        example={"clients": [examples.CLIENT]},
        errors=(PrincipalNotFound,),
    ),
)
async def list_clients(request: AnyRequest) -> ASGIApp:
    """See a machine's OAuth clients."""
    query, own = read_query(request, ClientQuery), caller_of(request).customer
    async with transaction(request) as tx, as_bank(tx):
        machine = await identity.get_principal(tx, query.principal)
        if own is not None and machine.customer != own:
            raise PrincipalNotFound(f"no principal has the id {query.principal}")
        found = await identity.clients_of(tx, machine.id)
    return answer(Clients(clients=[conversions.client(one) for one in found]))


@post(
    "/v1/oauth/clients/{client_id:str}/revoke",
    opt=describe(
        id="revoke_client",
        summary="Revoke an OAuth client",
        description="Refuses the client and every access token that it has, from the next request on; again "
        "is harmless.",
        tag=TAG,
        scope=Scope.IDENTITY_WRITE,
        customers=True,
        request=Reason,
        request_example={"reason": "The ERP was replaced"},
        response=Client,
        example={**examples.CLIENT, "revoked_at": "2026-03-31T01:20:00Z"},
        errors=(identity.ClientNotFound,),
    ),
)
async def revoke_client(request: AnyRequest, client_id: FromPath[str]) -> ASGIApp:
    """Revoke an OAuth client."""
    need_content_type(request, JSON)
    edge, caller = edge_of(request), caller_of(request)
    reason = decode_json(await read_body(request, edge.settings.max_body_bytes), _REASON).reason
    async with transaction(request) as tx, as_bank(tx):
        found = await identity.revoke_client(tx, client_id, by=caller.id, reason=reason)
        owner = await identity.get_principal(tx, found.principal)
        try:
            conversions.need_right_over(caller, owner)
        except PrincipalNotFound:
            raise identity.ClientNotFound(f"no OAuth client has the id {client_id[:60]!r}") from None
    edge.authenticator.forget(found.principal)
    return answer(conversions.client(found))


HANDLERS = [
    issue_access_token,
    list_public_keys,
    rotate_signing_keys,
    create_client,
    list_clients,
    revoke_client,
]
