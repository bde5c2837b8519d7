"""Principals: make, find, suspend, resume, close; and what those in charge do to their credentials."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, identity, parties
from sycee.api import identity_conversions as conversions
from sycee.api import identity_examples as examples
from sycee.api.approval_examples import APPROVAL_ID
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.schemas.common import Cursor, Wire
from sycee.api.schemas.identity import (
    CredentialReset,
    CredentialsReset,
    EndedSessions,
    NewPrincipals,
    Principal,
    PrincipalPage,
    Principals,
    Reason,
    Sessions,
)
from sycee.database import Transaction, as_bank
from sycee.identity import InvalidPrincipal, PrincipalNotFound, Scope
from sycee.kernel.ids import uuid7
from sycee.ledger import InvalidCursor
from sycee.parties import CustomerNotFound, PersonNotFound

TAG = "Principals"
_NEW = msgspec.json.Decoder(NewPrincipals)
_REASON = msgspec.json.Decoder(Reason)
_RESET = msgspec.json.Decoder(CredentialReset)

Move = Callable[..., Awaitable[identity.Principal]]


class PrincipalQuery(Wire):
    """Which principals, and where to read on."""

    kind: Annotated[
        Literal["staff", "customer_user", "machine"] | None, Meta(description="Of this kind only.")
    ] = None
    login: Annotated[Annotated[str, Meta(max_length=100)] | None, Meta(description="With this login.")] = None
    customer: Annotated[UUID | None, Meta(description="Of this customer only.")] = None
    person: Annotated[UUID | None, Meta(description="Of this person only.")] = None
    state: Annotated[
        Literal["active", "suspended", "closed"] | None, Meta(description="In this state only.")
    ] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most principals of a page.")] = 100


@post(
    "/v1/principals",
    opt=describe(
        id="create_principals",
        summary="Make principals",
        description="Makes all principals of the list, or none. They have no credentials yet: a person gets "
        "a first password by a reset, a machine an OAuth client. Only who has `admin` may give it.",
        tag=TAG,
        scope=Scope.IDENTITY_WRITE,
        customers=True,
        request=NewPrincipals,
        request_example={"principals": [examples.NEW_PRINCIPAL]},
        response=Principals,
        status=201,
        example={"principals": [examples.PRINCIPAL]},
        errors=(
            InvalidPrincipal,
            identity.PrincipalExists,
            identity.UnknownScope,
            CustomerNotFound,
            PersonNotFound,
        ),
        idempotency_key=True,
    ),
)
async def create_principals(request: AnyRequest) -> ASGIApp:
    """Make principals."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = [conversions.new_principal(one) for one in decode_json(body, _NEW).principals]
    caller = caller_of(request)
    for one in wanted:
        conversions.need_right_to_give(caller, one.scopes, one.customer)

    async def work(tx: Transaction) -> Answer:
        async with as_bank(tx):
            for customer in {one.customer for one in wanted if one.customer is not None}:
                await parties.get_customer(tx, customer)
            for person in {one.person for one in wanted if one.person is not None}:
                await parties.get_person(tx, person)
            made = await identity.create_principals(tx, wanted, by=caller.id)
        shown = Principals(principals=[conversions.principal(one) for one in made])
        return Answer(body=msgspec.json.encode(shown), status=201)

    return await once(request, body, work)


@get(
    "/v1/principals",
    opt=describe(
        id="list_principals",
        summary="List principals",
        description="Principals, oldest first, a page at a time. A customer's caller sees its company's.",
        tag=TAG,
        scope=Scope.IDENTITY_READ,
        customers=True,
        query=PrincipalQuery,
        response=PrincipalPage,
        example={"principals": [examples.PRINCIPAL], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_principals(request: AnyRequest) -> ASGIApp:
    """List principals."""
    query = read_query(request, PrincipalQuery)
    after, own = read_id_cursor(query.cursor), caller_of(request).customer
    if own is not None and query.customer not in (None, own):
        return answer(PrincipalPage(principals=[], next=None))
    async with transaction(request) as tx, as_bank(tx):
        found = await identity.find_principals(
            tx,
            kind=identity.PrincipalKind(query.kind) if query.kind else None,
            login=query.login,
            customer=own or query.customer,
            person=query.person,
            state=identity.PrincipalState(query.state) if query.state else None,
            after=after,
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        PrincipalPage(
            principals=[conversions.principal(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/principals/{principal_id:str}",
    opt=describe(
        id="get_principal",
        summary="See a principal",
        description="The principal and its state.",
        tag=TAG,
        scope=Scope.IDENTITY_READ,
        customers=True,
        response=Principal,
        example=examples.PRINCIPAL,
        errors=(PrincipalNotFound, InvalidIdentifier),
    ),
)
async def get_principal(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
    """See a principal."""
    id, own = read_uuid(principal_id), caller_of(request).customer
    async with transaction(request) as tx, as_bank(tx):
        found = await identity.get_principal(tx, id)
    if own is not None and found.customer != own:
        raise PrincipalNotFound(f"no principal has the id {id}")
    return answer(conversions.principal(found))


def _moving(name: str, summary: str, description: str, move: Move) -> HTTPRouteHandler:
    @post(
        f"/v1/principals/{{principal_id:str}}/{name}",
        opt=describe(
            id=f"{name}_principal",
            summary=summary,
            description=description,
            tag=TAG,
            scope=Scope.IDENTITY_WRITE,
            customers=True,
            request=Reason,
            request_example={"reason": "Mandatory leave"},
            response=Principal,
            example=examples.PRINCIPAL,
            errors=(PrincipalNotFound, InvalidIdentifier, InvalidPrincipal, identity.PrincipalClosed),
        ),
    )
    async def moved(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
        id, caller, edge = read_uuid(principal_id), caller_of(request), edge_of(request)
        need_content_type(request, JSON)
        body = await read_body(request, edge.settings.max_body_bytes)
        reason = decode_json(body, _REASON).reason
        async with transaction(request) as tx, as_bank(tx):
            conversions.need_right_over(caller, await identity.get_principal(tx, id))
            found = await move(tx, id, by=caller.id, reason=reason)
        edge.authenticator.forget(id)
        return answer(conversions.principal(found))

    return moved


suspend_principal = _moving(
    "suspend",
    "Suspend a principal",
    "Refuses it everything from the next request on, whatever sessions and tokens it has; again is harmless.",
    identity.suspend_principal,
)
resume_principal = _moving(
    "resume",
    "Resume a principal",
    "Lets a suspended principal work again, with the credentials that it had.",
    identity.resume_principal,
)
close_principal = _moving(
    "close", "Close a principal", "Refuses it everything for good.", identity.close_principal
)


@post(
    "/v1/principals/{principal_id:str}/reset",
    opt=describe(
        id="reset_credentials",
        summary="Reset a person's credentials",
        description="Sets a first password, forgets a lost device, or lifts a lock-out. The first two end "
        "every session of the person. What a person asks to reset that is in use already, another "
        "person has to agree to (202): alone, one could sign in as anybody. A first password is answered "
        "this once; so that it is kept nowhere, an `Idempotency-Key` is not taken here.",
        tag=TAG,
        scope=Scope.IDENTITY_WRITE,
        customers=True,
        request=CredentialReset,
        request_example={"what": "password", "reason": "New on the desk, seen in person"},
        response=CredentialsReset,
        example={
            "principal": examples.PRINCIPAL_ID,
            "what": "password",
            "first_password": "kd7qm-2ruvx-hb9sn-4wepz",
        },
        alternatives={
            202: {
                "principal": examples.PRINCIPAL_ID,
                "what": "second_factor",
                "first_password": None,
                "approval": APPROVAL_ID,
            }
        },
        errors=(
            PrincipalNotFound,
            InvalidIdentifier,
            InvalidPrincipal,
            approvals.ActorNotActive,
            approvals.MakerNotEntitled,
            approvals.NoRuleCovers,
            approvals.DutiesSegregated,
        ),
    ),
)
async def reset_credentials(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
    """Reset a person's credentials."""
    id, caller, edge = read_uuid(principal_id), caller_of(request), edge_of(request)
    need_content_type(request, JSON)
    body = await read_body(request, edge.settings.max_body_bytes)
    order = decode_json(body, _RESET)
    first, hashed = await identity.new_first_password() if order.what == "password" else (None, "")
    async with transaction(request) as tx, as_bank(tx):
        conversions.need_right_over(caller, await identity.get_principal(tx, id))
        if order.what != "lock_out" and not caller.is_machine and await identity.has_credentials(tx, id):
            reset = approvals.CredentialReset(
                principal=id, what=order.what, reason=order.reason, hashed=hashed
            )
            asked = await _ask_for(tx, caller, reset)
            shown = CredentialsReset(principal=id, what=order.what, first_password=first, approval=asked)
            return answer(shown, status=202)
        if order.what == "password":
            await identity.set_first_password(tx, id, hashed, by=caller.id, reason=order.reason)
        elif order.what == "second_factor":
            await identity.reset_second_factor(tx, id, by=caller.id, reason=order.reason)
        else:
            await identity.unlock(tx, id, by=caller.id, reason=order.reason)
    edge.authenticator.forget(id)
    return answer(CredentialsReset(principal=id, what=order.what, first_password=first))


async def _ask_for(tx: Transaction, caller: identity.Caller, reset: approvals.CredentialReset) -> UUID:
    """Ask for a reset, which another has to agree to; the request."""
    asked = await approvals.request_approval(
        tx, approvals.RESET_CREDENTIALS, approvals.credential_reset(reset), by=caller, id=uuid7()
    )
    return asked.id


@get(
    "/v1/principals/{principal_id:str}/sessions",
    opt=describe(
        id="list_sessions_of_principal",
        summary="See somebody's sessions",
        description="The open sessions of a person.",
        tag=TAG,
        scope=Scope.IDENTITY_READ,
        customers=True,
        response=Sessions,
        example={"sessions": [examples.SESSION]},
        errors=(PrincipalNotFound, InvalidIdentifier),
    ),
)
async def list_sessions_of_principal(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
    """See somebody's sessions."""
    id, own = read_uuid(principal_id), caller_of(request).customer
    async with transaction(request) as tx, as_bank(tx):
        found = await identity.get_principal(tx, id)
        if own is not None and found.customer != own:
            raise PrincipalNotFound(f"no principal has the id {id}")
        sessions = await identity.sessions_of(tx, id)
    return answer(Sessions(sessions=[conversions.session(one) for one in sessions]))


@post(
    "/v1/principals/{principal_id:str}/sessions/end",
    opt=describe(
        id="end_sessions_of_principal",
        summary="End all of somebody's sessions",
        description="Refuses every session of a person from the next request on.",
        tag=TAG,
        scope=Scope.IDENTITY_WRITE,
        customers=True,
        request=Reason,
        request_example={"reason": "The laptop was stolen"},
        response=EndedSessions,
        example={"ended": 2},
        errors=(PrincipalNotFound, InvalidIdentifier),
    ),
)
async def end_sessions_of_principal(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
    """End all of somebody's sessions."""
    id, caller, edge = read_uuid(principal_id), caller_of(request), edge_of(request)
    need_content_type(request, JSON)
    body = await read_body(request, edge.settings.max_body_bytes)
    reason = decode_json(body, _REASON).reason
    async with transaction(request) as tx, as_bank(tx):
        conversions.need_right_over(caller, await identity.get_principal(tx, id))
        ended = await identity.end_sessions(tx, id, reason=reason)
        await identity.record_security_event(
            tx, "sessions_ended", principal=id, actor=caller.id, detail=f"{ended}: {reason}"
        )
    edge.authenticator.forget(id)
    return answer(EndedSessions(ended=ended))


HANDLERS = [
    create_principals,
    list_principals,
    get_principal,
    suspend_principal,
    resume_principal,
    close_principal,
    reset_credentials,
    list_sessions_of_principal,
    end_sessions_of_principal,
]
