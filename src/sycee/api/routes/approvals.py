"""Approvals: what was asked for, what waits for whom, and saying yes or no to it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals
from sycee.api import approval_examples as examples
from sycee.api import approval_shapes as shapes
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, require, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern
from sycee.api.schemas import approvals as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.ledger import InvalidCursor

_DECISIONS = msgspec.json.Decoder(wire.ApprovalDecisions)
_WITHDRAWAL = msgspec.json.Decoder(wire.ApprovalWithdrawal)


class ApprovalQuery(Wire):
    """Which requests, and where to read on."""

    state: Annotated[wire.State | None, Meta(description="In this state only.")] = None
    command: Annotated[
        Annotated[str, Meta(max_length=100)] | None, Meta(description="Of this command only.")
    ] = None
    customer: Annotated[UUID | None, Meta(description="Of this customer only.")] = None
    maker: Annotated[UUID | None, Meta(description="Asked for by this principal only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=500, description="Most requests of a page.")] = 100


class InboxQuery(Wire):
    """Where to read on."""

    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=500, description="Most requests of a page.")] = 100


@get(
    "/v1/approvals",
    opt=describe(
        id="list_approvals",
        summary="List approvals",
        description="What was asked for, newest first, with what became of it.",
        tag="Approvals",
        scope=Scope.APPROVALS_READ,
        customers=True,
        query=ApprovalQuery,
        response=wire.ApprovalPage,
        example={"approvals": [examples.APPROVAL], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_approvals(request: AnyRequest) -> ASGIApp:
    """List approvals."""
    query = read_query(request, ApprovalQuery)
    before = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await approvals.list_approvals(
            tx,
            customer=query.customer,
            state=None if query.state is None else approvals.ApprovalState(query.state),
            command=query.command,
            maker=query.maker,
            before=before,
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    shown = [shapes.approval(one) for one in page]
    return answer(wire.ApprovalPage(approvals=shown, next=following))


@get(
    "/v1/approval-inbox",
    opt=describe(
        id="list_approval_inbox",
        summary="See what waits for one's yes",
        description="Requests at which the caller's yes is asked for right now, in one's own right or for "
        "whom "
        "one stands in, by id.",
        tag="Approvals",
        scope=Scope.APPROVALS_READ,
        customers=True,
        query=InboxQuery,
        response=wire.InboxPage,
        example={"items": [examples.INBOX_ITEM], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_approval_inbox(request: AnyRequest) -> ASGIApp:
    """See what waits for one's yes."""
    query = read_query(request, InboxQuery)
    after = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await approvals.inbox(tx, by=caller_of(request), after=after, limit=query.limit + 1)
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.approval.id))
    return answer(
        wire.InboxPage(
            items=[shapes.inbox_item(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/approvals/{approval_id:str}",
    opt=describe(
        id="get_approval",
        summary="See an approval",
        description="What was asked for, byte for byte and for people to read, what was said on it, and "
        "how far "
        "it is as everything stands now.",
        tag="Approvals",
        scope=Scope.APPROVALS_READ,
        customers=True,
        response=wire.ApprovalDetail,
        example=examples.DETAIL,
        errors=(approvals.ApprovalNotFound, InvalidIdentifier),
    ),
)
async def get_approval(request: AnyRequest, approval_id: FromPath[str]) -> ASGIApp:
    """See an approval."""
    id = read_uuid(approval_id)
    caller = caller_of(request)
    async with transaction(request) as tx:
        found = await approvals.approval_detail(tx, id, by=caller)
    return answer(shapes.detail(found, payroll=caller.allows(Scope.PAYROLL_READ)))


@get(
    "/v1/approvals/{approval_id:str}/events",
    opt=describe(
        id="get_approval_trail",
        summary="See an approval's trail",
        description="Everything that happened to a request, in order: who, when, as what, why.",
        tag="Approvals",
        scope=Scope.APPROVALS_READ,
        customers=True,
        response=wire.ApprovalTrail,
        example=examples.TRAIL,
        errors=(approvals.ApprovalNotFound, InvalidIdentifier),
    ),
)
async def get_approval_trail(request: AnyRequest, approval_id: FromPath[str]) -> ASGIApp:
    """See an approval's trail."""
    id = read_uuid(approval_id)
    async with transaction(request) as tx:
        found = await approvals.approval_trail(tx, id, by=caller_of(request))
    events = [
        wire.ApprovalEvent(
            what=one.what,
            principal=one.principal,
            acting_for=one.acting_for,
            at=one.at,
            authority=one.authority,
            code=one.code,
            reason=one.reason,
        )
        for one in found
    ]
    return answer(wire.ApprovalTrail(events=events))


@post(
    "/v1/approval-decisions",
    opt=describe(
        id="decide_approvals",
        summary="Say yes or no",
        description="Decides on requests, each by itself: a refused decision changes nothing and leaves the "
        "others alone. Every decision carries the digest of what was shown. On the last yes the command "
        "is done "
        "in the same transaction; if it is refused then, the request has failed.",
        tag="Approvals",
        scope=Scope.APPROVALS_DECIDE,
        customers=True,
        concerns_body=True,
        request=wire.ApprovalDecisions,
        request_example=examples.DECISIONS,
        response=wire.ApprovalOutcomes,
        example=examples.OUTCOMES,
        errors=(approvals.InvalidDecision, approvals.ActorNotActive, approvals.ApprovalNotFound),
        idempotency_key=True,
    ),
    status_code=200,
)
async def decide_approvals(request: AnyRequest) -> ASGIApp:
    """Say yes or no."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    decisions = shapes.decisions(decode_json(body, _DECISIONS).decisions)

    async def work(tx: Transaction) -> Answer:
        ids = [one.approval for one in decisions]
        found = await approvals.get_approvals(tx, ids)
        concerns = [Concern(customer=one.customer, cell=one.cell) for one in found]
        await require(request, concerns, tx)
        outcomes = await approvals.decide(tx, decisions, by=caller_of(request))
        if all(one.code == approvals.ApprovalNotFound.code for one in outcomes):
            raise approvals.ApprovalNotFound("there is none of these approvals")
        shown = wire.ApprovalOutcomes(outcomes=[shapes.outcome(one) for one in outcomes])
        return Answer(body=msgspec.json.encode(shown))

    said = await once(request, body, work)
    edge_of(request).authenticator.forget(None)  # a command may have changed who may do what
    return said


@post(
    "/v1/approvals/{approval_id:str}/withdraw",
    opt=describe(
        id="withdraw_approval",
        summary="Withdraw a request",
        description="Takes back what one asked for, while it waits. Others turn it down instead.",
        tag="Approvals",
        scope=Scope.APPROVALS_READ,
        customers=True,
        request=wire.ApprovalWithdrawal,
        request_example={"reason": "Wrong account"},
        body_optional=True,
        response=wire.Approval,
        example=examples.WITHDRAWN,
        errors=(
            approvals.ApprovalNotFound,
            approvals.ApprovalEnded,
            approvals.NotTheMaker,
            approvals.ActorNotActive,
            InvalidIdentifier,
        ),
        idempotency_key=True,
    ),
    status_code=200,
)
async def withdraw_approval(request: AnyRequest, approval_id: FromPath[str]) -> ASGIApp:
    """Withdraw a request."""
    id = read_uuid(approval_id)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    reason = ""
    if body:
        need_content_type(request, JSON)
        reason = decode_json(body, _WITHDRAWAL).reason

    async def work(tx: Transaction) -> Answer:
        (found,) = await approvals.withdraw_approvals(tx, [id], by=caller_of(request), reason=reason)
        return Answer(body=msgspec.json.encode(shapes.approval(found)))

    return await once(request, body, work)


HANDLERS = [
    list_approvals,
    list_approval_inbox,
    get_approval,
    get_approval_trail,
    decide_approvals,
    withdraw_approval,
]
