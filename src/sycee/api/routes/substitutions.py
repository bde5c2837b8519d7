"""Substitutions: whom somebody stands in for, for how long and for what."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, identity
from sycee.api import approval_examples as examples
from sycee.api import approval_shapes as shapes
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.schemas import approvals as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.database import Transaction, as_bank
from sycee.identity import PrincipalNotFound, Scope
from sycee.kernel.money import InvalidAmount, UnknownCurrency
from sycee.ledger import InvalidCursor

_NEW = msgspec.json.Decoder(wire.NewSubstitution)
_ASKED = msgspec.json.Decoder(wire.SubstitutionRequest)
_NOTHING = msgspec.json.Decoder(wire.ApprovalWithdrawal)
_ERRORS = (
    approvals.InvalidSubstitution,
    InvalidAmount,
    UnknownCurrency,
    DateOutOfRange,
    InvalidIdentifier,
)


class SubstitutionQuery(Wire):
    """Where to read on."""

    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=500, description="Most substitutions of a page.")] = 100


@get(
    "/v1/principals/{principal_id:str}/substitutions",
    opt=describe(
        id="list_substitutions",
        summary="List somebody's substitutions",
        description="In whose place somebody stands or stood, and who in theirs; newest first.",
        tag="Approvals",
        scope=Scope.APPROVALS_READ,
        customers=True,
        query=SubstitutionQuery,
        response=wire.SubstitutionPage,
        example={"substitutions": [examples.SUBSTITUTION], "next": None},
        errors=(InvalidCursor, InvalidIdentifier, approvals.SubstitutionNotFound),
    ),
)
async def list_substitutions(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
    """List somebody's substitutions."""
    query = read_query(request, SubstitutionQuery)
    before = read_id_cursor(query.cursor)
    of = read_uuid(principal_id)
    async with transaction(request) as tx:
        found = await approvals.list_substitutions(tx, of=of, before=before, limit=query.limit + 1)
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    if not page and caller_of(request).customer is not None and before is None:
        # Whether there is such a principal at another customer's is not told.
        raise approvals.SubstitutionNotFound(f"{of} stands in for nobody here, and nobody for them")
    return answer(
        wire.SubstitutionPage(
            substitutions=[shapes.substitution(one) for one in page],
            next=following,
        )
    )


@post(
    "/v1/principals/{principal_id:str}/substitutions",
    opt=describe(
        id="lend_authority",
        summary="Let somebody stand in for oneself",
        description="Lends one's own authority to somebody of the same house: what that person then says "
        "yes to "
        "counts as if oneself had. It holds at once. Signatures under a mandate are not lent.",
        tag="Approvals",
        scope=Scope.APPROVALS_DECIDE,
        customers=True,
        request=wire.NewSubstitution,
        request_example=examples.NEW_SUBSTITUTION,
        response=wire.Substitution,
        status=201,
        example=examples.SUBSTITUTION,
        errors=(*_ERRORS, PrincipalNotFound, approvals.NotASubstitute),
        idempotency_key=True,
    ),
)
async def lend_authority(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
    """Let somebody stand in for oneself."""
    caller, absent = caller_of(request), read_uuid(principal_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW)
    await _need_to_know(request, absent)
    if absent != caller.principal:
        raise approvals.NotASubstitute("one lends one's own authority; for others it has to be proposed")
    new = shapes.new_substitution(absent, wanted)

    async def work(tx: Transaction) -> Answer:
        made = await approvals.substitute(tx, new, by=caller.principal)
        return Answer(body=msgspec.json.encode(shapes.substitution(made)), status=201)

    return await once(request, body, work)


async def _need_to_know(request: AnyRequest, principal: UUID) -> None:
    """Whether there is somebody at another customer's is not told. Raises PrincipalNotFound."""
    own = caller_of(request).customer
    if own is None:
        return
    async with transaction(request) as tx, as_bank(tx):
        found = await identity.get_principal(tx, principal)
    if found.customer != own:
        raise PrincipalNotFound(f"no principal has the id {principal}")


@post(
    "/v1/principals/{principal_id:str}/substitution-proposals",
    opt=describe(
        id="propose_substitution",
        summary="Propose that somebody stands in for another",
        description="For who is away without having said so. It is a request like any other: somebody "
        "else who "
        "keeps the rules says yes to it.",
        tag="Approvals",
        scope=Scope.APPROVALS_RULES,
        customers=True,
        request=wire.SubstitutionRequest,
        request_example={"id": examples.APPROVAL_ID, **examples.NEW_SUBSTITUTION},
        response=wire.Approval,
        status=201,
        example=examples.SUBSTITUTION_ASKED,
        errors=(
            *_ERRORS,
            PrincipalNotFound,
            approvals.ForeignCustomer,
            approvals.ActorNotActive,
            approvals.MakerNotEntitled,
            approvals.DutiesSegregated,
            approvals.ApprovalIdReused,
        ),
        idempotency_key=True,
    ),
)
async def propose_substitution(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
    """Propose that somebody stands in for another."""
    absent = read_uuid(principal_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _ASKED)
    await _need_to_know(request, absent)
    payload = approvals.substitution_payload(shapes.new_substitution(absent, wanted))

    async def work(tx: Transaction) -> Answer:
        asked = await approvals.request_approval(
            tx, approvals.SUBSTITUTE, payload, by=caller_of(request), id=wanted.id
        )
        return Answer(body=msgspec.json.encode(shapes.approval(asked)), status=201)

    return await once(request, body, work)


@post(
    "/v1/substitutions/{substitution_id:str}/end",
    opt=describe(
        id="end_substitution",
        summary="End a substitution",
        description="Ends it at once, on what waits already, too. Either of the two may, and whoever "
        "keeps the "
        "rules of the house.",
        tag="Approvals",
        scope=Scope.APPROVALS_READ,
        customers=True,
        request=wire.ApprovalWithdrawal,
        request_example={},
        body_optional=True,
        response=wire.Substitution,
        example={**examples.SUBSTITUTION, "ended_by": examples.SUBSTITUTION["absent"]},
        errors=(approvals.SubstitutionNotFound, approvals.NotASubstitute, InvalidIdentifier),
        idempotency_key=True,
    ),
    status_code=200,
)
async def end_substitution(request: AnyRequest, substitution_id: FromPath[str]) -> ASGIApp:
    """End a substitution."""
    caller, id = caller_of(request), read_uuid(substitution_id)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    if body:
        need_content_type(request, JSON)
        decode_json(body, _NOTHING)
    keeper = caller.allows(Scope.APPROVALS_RULES)

    async def work(tx: Transaction) -> Answer:
        ended = await approvals.end_substitution(tx, id, by=caller, any_of_the_house=keeper)
        return Answer(body=msgspec.json.encode(shapes.substitution(ended)))

    return await once(request, body, work)


HANDLERS = [list_substitutions, lend_authority, propose_substitution, end_substitution]
