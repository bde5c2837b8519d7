"""Proposals of components: made by one person, released or rejected by another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, components
from sycee.api import approval_shapes
from sycee.api import component_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.schemas import components as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.components import Fault, InvalidComponents, NewEnding, Proposal, ProposalState
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.ledger import InvalidCursor

_NEW = msgspec.json.Decoder(wire.NewComponentProposal)
_DECISION = msgspec.json.Decoder(wire.Decision)
_SENT = "proposal"


class ProposalQuery(Wire):
    """Which proposals, and where to read on."""

    state: Annotated[ProposalState | None, Meta(description="In this state only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=100, description="Most proposals of a page.")] = 20


def _shown(made: Proposal) -> wire.ComponentProposal:
    return wire.ComponentProposal(
        id=made.id,
        reason=made.reason,
        document=msgspec.json.decode(msgspec.json.encode(made.document)),
        endings=[
            wire.Ending(list=end.list, id=end.id, valid_from=end.valid_from, valid_to=end.valid_to)
            for end in made.endings
        ],
        state=made.state,
        proposed_by=made.proposed_by,
        proposed_at=made.proposed_at,
        decided_by=made.decided_by,
        decided_at=made.decided_at,
        remark=made.remark,
        release=made.release,
    )


def _in_body(error: InvalidComponents) -> InvalidComponents:
    """The same faults with places inside of the body that was sent; what stands elsewhere has none."""
    found: list[Fault] = []
    for fault in error.faults:
        field = ""
        if fault.file.startswith(_SENT):
            field = fault.field if fault.field.startswith("endings.") else f"document.{fault.field}"
        found.append(msgspec.structs.replace(fault, field=field.rstrip(".")))
    return InvalidComponents(found)


@post(
    "/v1/component-proposals",
    opt=describe(
        id="propose_components",
        summary="Propose components",
        description="Proposes conditions, products and packages, and ends of versions. They are checked "
        "against everything there is; `dry_run` only checks. A new version ends the one without an end "
        "that it follows. An approval with the same id is asked for: somebody else releases the proposal.",
        tag="Components",
        scope=Scope.PRODUCTS_PROPOSE,
        command="components.release",
        request=wire.NewComponentProposal,
        request_example=examples.NEW_PROPOSAL,
        response=wire.ComponentProposal,
        status=201,
        example=examples.PROPOSAL,
        alternatives={200: examples.PROPOSAL},
        errors=(
            InvalidComponents,
            components.NothingProposed,
            components.ReleasedComponentsInvalid,
            *approval_shapes.ASKING,
        ),
        idempotency_key=True,
    ),
)
async def propose_components(request: AnyRequest) -> ASGIApp:
    """Propose components."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW)
    endings = [
        NewEnding(list=end.list, id=end.id, valid_from=end.valid_from, valid_to=end.valid_to)
        for end in wanted.endings
    ]

    async def work(tx: Transaction) -> Answer:
        try:
            document = components.read_sent(_SENT, bytes(wanted.document))
            made = await components.request_components(
                tx,
                document,
                endings,
                by=caller_of(request),
                reason=wanted.reason,
                dry_run=wanted.dry_run,
            )
        except InvalidComponents as error:
            raise _in_body(error) from None
        return Answer(body=msgspec.json.encode(_shown(made)), status=200 if wanted.dry_run else 201)

    return await once(request, body, work)


@get(
    "/v1/component-proposals",
    opt=describe(
        id="list_component_proposals",
        summary="List proposals of components",
        description="Proposals of components with what became of them, the newest first.",
        tag="Components",
        scope=Scope.PRODUCTS_READ,
        query=ProposalQuery,
        response=wire.ComponentProposalPage,
        example={"proposals": [examples.PROPOSAL], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_component_proposals(request: AnyRequest) -> ASGIApp:
    """List proposals of components."""
    query = read_query(request, ProposalQuery)
    before = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await components.list_proposals(tx, state=query.state, before=before, limit=query.limit + 1)
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.ComponentProposalPage(
            proposals=[_shown(made) for made in page],
            next=following,
        )
    )


@get(
    "/v1/component-proposals/{proposal_id:str}",
    opt=describe(
        id="get_component_proposal",
        summary="See a proposal of components",
        description="A proposal of components, what it says and what became of it.",
        tag="Components",
        scope=Scope.PRODUCTS_READ,
        response=wire.ComponentProposal,
        example=examples.PROPOSAL,
        errors=(components.ProposalNotFound, InvalidIdentifier),
    ),
)
async def get_component_proposal(request: AnyRequest, proposal_id: FromPath[str]) -> ASGIApp:
    """See a proposal of components."""
    id = read_uuid(proposal_id)
    async with transaction(request) as tx:
        return answer(_shown(await components.get_proposal(tx, id)))


async def _decide(
    request: AnyRequest, proposal_id: str, decide: Callable[..., Awaitable[Proposal]]
) -> ASGIApp:
    id = read_uuid(proposal_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    decision = decode_json(body, _DECISION)

    async def work(tx: Transaction) -> Answer:
        made = await decide(tx, id, by=caller_of(request), remark=decision.remark)
        return Answer(body=msgspec.json.encode(_shown(made)), status=202 if made.state == "proposed" else 200)

    return await once(request, body, work)


def _deciding(action: str, done: str, scope: Scope, description: str, **further: Any) -> dict[str, Any]:
    """What is said about a decision on a proposal."""
    errors = (
        components.ProposalNotFound,
        components.ProposalDecided,
        InvalidIdentifier,
        *further.get("errors", ()),
    )
    decided = {
        "state": done,
        "decided_by": "b81d04e6f2aa",
        "decided_at": "2026-03-31T03:02:41.000001Z",
        "release": 5 if done == "released" else None,
    }
    return describe(
        id=f"{action}_component_proposal",
        summary=f"{action.capitalize()} a proposal of components",
        description=description,
        tag="Components",
        scope=scope,
        command="components.release",
        request=wire.Decision,
        request_example={"remark": "As agreed in the product committee"},
        response=wire.ComponentProposal,
        example={**examples.PROPOSAL, **decided},
        alternatives={202: examples.PROPOSAL} if action == "release" else {},
        errors=errors,
        idempotency_key=True,
    )


@post(
    "/v1/component-proposals/{proposal_id:str}/release",
    opt=_deciding(
        "release",
        "released",
        Scope.PRODUCTS_RELEASE,
        "Says yes to a proposal that somebody else made, as a decision on its approval (the same id) does. "
        "From the last yes on it counts, everywhere (202: others have to agree, too).",
        errors=(InvalidComponents, components.ReleasedComponentsInvalid, *approval_shapes.DECIDING),
    ),
    status_code=200,
)
async def release_component_proposal(request: AnyRequest, proposal_id: FromPath[str]) -> ASGIApp:
    """Release a proposal of components."""
    return await _decide(request, proposal_id, components.COMPONENT_PROPOSALS.approve)


@post(
    "/v1/component-proposals/{proposal_id:str}/reject",
    opt=_deciding(
        "reject",
        "rejected",
        Scope.PRODUCTS_RELEASE,
        "Turns down a proposal that somebody else made; the remark says why.",
        errors=(approvals.InvalidDecision, *approval_shapes.DECIDING),
    ),
    status_code=200,
)
async def reject_component_proposal(request: AnyRequest, proposal_id: FromPath[str]) -> ASGIApp:
    """Reject a proposal of components."""
    return await _decide(request, proposal_id, components.COMPONENT_PROPOSALS.reject)


@post(
    "/v1/component-proposals/{proposal_id:str}/withdraw",
    opt=_deciding(
        "withdraw",
        "withdrawn",
        Scope.PRODUCTS_PROPOSE,
        "Takes back a proposal of one's own.",
        errors=(*approval_shapes.ASKING, approvals.ApprovalEnded, approvals.NotTheMaker),
    ),
    status_code=200,
)
async def withdraw_component_proposal(request: AnyRequest, proposal_id: FromPath[str]) -> ASGIApp:
    """Withdraw a proposal of components."""
    return await _decide(request, proposal_id, components.COMPONENT_PROPOSALS.withdraw)


HANDLERS = [
    propose_components,
    list_component_proposals,
    get_component_proposal,
    release_component_proposal,
    reject_component_proposal,
    withdraw_component_proposal,
]
