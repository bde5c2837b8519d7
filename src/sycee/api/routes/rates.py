"""Rates: those in force, and proposals of new ones by one person that another releases."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import products
from sycee.api import interest_shapes as shapes
from sycee.api import rate_examples as examples
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.cursors import page_of, read_id_cursor, read_rate_cursor, write_id_cursor, write_rate_cursor
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.schemas import rates as wire
from sycee.api.schemas.common import Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.ledger import InvalidCursor

_NEW = msgspec.json.Decoder(wire.NewRateProposal)
_RELEASE = msgspec.json.Decoder(wire.RateRelease)


class RateQuery(Wire):
    """Which rates, and where to read on."""

    key: Annotated[
        Annotated[str, Meta(max_length=100, pattern=wire.RATE_KEY)] | None,
        Meta(description="Of this key only, such as `CNY.demand`."),
    ] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most rates of a page.")] = 100


class RateProposalQuery(Wire):
    """Which proposals, and where to read on."""

    waiting: Annotated[bool, Meta(description="Only those that nobody has released.")] = False
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=100, description="Most proposals of a page.")] = 20


@get(
    "/v1/rates",
    opt=describe(
        id="list_rates",
        summary="List rates",
        description="Rates by key and start; each is in force until the next start of the same key.",
        tag="Rates",
        scope=Scope.PRODUCTS_READ,
        customers=True,
        query=RateQuery,
        response=wire.RatePage,
        example={"rates": [examples.RATE], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_rates(request: AnyRequest) -> ASGIApp:
    """List rates."""
    query = read_query(request, RateQuery)
    after = read_rate_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await products.rate_table(tx, query.key, after=after, limit=query.limit + 1)
    page, following = page_of(found, query.limit, lambda last: write_rate_cursor(last.key, last.start))
    return answer(
        wire.RatePage(
            rates=[shapes.rate(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/rate-proposals",
    opt=describe(
        id="list_rate_proposals",
        summary="List proposals of rates",
        description="Proposals of rates with who released them, the newest first: the history of every rate.",
        tag="Rates",
        scope=Scope.PRODUCTS_READ,
        query=RateProposalQuery,
        response=wire.RateProposalPage,
        example={"proposals": [examples.PROPOSAL], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_rate_proposals(request: AnyRequest) -> ASGIApp:
    """List proposals of rates."""
    query = read_query(request, RateProposalQuery)
    before = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await products.list_rate_proposals(
            tx, waiting=query.waiting, before=before, limit=query.limit + 1
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.RateProposalPage(
            proposals=[shapes.rate_proposal(one) for one in page],
            next=following,
        )
    )


@post(
    "/v1/rate-proposals",
    opt=describe(
        id="propose_rates",
        summary="Propose rates",
        description="Proposes rates; they do nothing until somebody else releases them. A rate for a key and "
        "start that has one corrects it.",
        tag="Rates",
        scope=Scope.PRODUCTS_PROPOSE,
        request=wire.NewRateProposal,
        request_example=examples.NEW_PROPOSAL,
        response=wire.RateProposal,
        status=201,
        example=examples.PROPOSAL,
        errors=(products.InvalidRate, products.RateProposalExists, DateOutOfRange),
        idempotency_key=True,
    ),
)
async def propose_rates(request: AnyRequest) -> ASGIApp:
    """Propose rates."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW)
    rates = shapes.new_rates(wanted.rates)

    async def work(tx: Transaction) -> Answer:
        made = await products.propose_rates(
            tx, rates, by=caller_of(request).id, note=wanted.note, id=wanted.id
        )
        return Answer(body=msgspec.json.encode(shapes.rate_proposal(made)), status=201)

    return await once(request, body, work)


@post(
    "/v1/rate-proposals/{proposal_id:str}/release",
    opt=describe(
        id="release_rates",
        summary="Release proposed rates",
        description="Puts rates in force that somebody else proposed. What was reckoned with other rates is "
        "reckoned again at the end of the day, and what was settled is corrected by the difference.",
        tag="Rates",
        scope=Scope.PRODUCTS_RELEASE,
        request=wire.RateRelease,
        request_example={},
        body_optional=True,
        response=wire.ReleasedRates,
        example=examples.RELEASED,
        errors=(
            products.RateProposalNotFound,
            products.RateProposalReleased,
            products.OwnRateProposal,
            InvalidIdentifier,
        ),
        idempotency_key=True,
    ),
    status_code=200,
)
async def release_rates(request: AnyRequest, proposal_id: FromPath[str]) -> ASGIApp:
    """Release proposed rates."""
    id = read_uuid(proposal_id)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    if body:
        need_content_type(request, JSON)
        decode_json(body, _RELEASE)

    async def work(tx: Transaction) -> Answer:
        accounts = await products.release_rates(tx, id, by=caller_of(request).id)
        made = shapes.rate_proposal(await products.get_rate_proposal(tx, id))
        return Answer(body=msgspec.json.encode(wire.ReleasedRates(proposal=made, accounts=accounts)))

    return await once(request, body, work)


HANDLERS = [list_rates, list_rate_proposals, propose_rates, release_rates]
