"""Rails and their terms: those in force, and changes, which one person proposes and another releases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, payments
from sycee.api import approval_shapes
from sycee.api import payment_examples as examples
from sycee.api.bodies import (
    AnyRequest,
    decode_json,
    need_content_type,
    read_body,
    read_query,
    read_uuid,
    sane_date,
)
from sycee.api.conversions import money
from sycee.api.cursors import page_of, read_id_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.schemas import rail_terms as wire
from sycee.api.schemas.common import CurrencyCode, Cursor, Money, Wire
from sycee.components import CalendarNotFound
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel import clock
from sycee.kernel.errors import SyceeError
from sycee.kernel.money import Amount, InvalidAmount, UnknownCurrency, exponent
from sycee.ledger import InvalidCursor
from sycee.payments import (
    FeeTier,
    InvalidRailTerms,
    ProposedTerms,
    Rail,
    RailNotFound,
    RailTerms,
    RailTermsDecided,
    RailTermsNotFound,
    Window,
)

_NEW = msgspec.json.Decoder(wire.NewRailTerms)
_DECISION = msgspec.json.Decoder(wire.TermsDecision)


class RailQuery(Wire):
    """Which rails, on which day."""

    on: Annotated[date | None, Meta(description="Terms in force on this day. Absent: today.")] = None
    currency: Annotated[CurrencyCode | None, Meta(description="Terms in this currency only.")] = None


class TermsQuery(Wire):
    """Which proposals, and where to read on."""

    rail: Annotated[wire.RailName | None, Meta(description="Of this rail only.")] = None
    state: Annotated[wire.TermsState | None, Meta(description="In this state only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=100, description="Most proposals of a page.")] = 20


def _minor(amount: Money | None, currency: str) -> int | None:
    if amount is None:
        return None
    if amount.currency != currency:
        raise InvalidRailTerms(f"an amount is in {amount.currency[:12]!r} where the terms are for {currency}")
    return Amount.parse(amount.value, amount.currency).minor


def _read_terms(sent: wire.RailTerms, currency: str) -> RailTerms:
    return RailTerms(
        cap=_minor(sent.cap, currency),
        urgent=sent.urgent,
        closed=sent.closed,
        calendar=sent.calendar,
        windows=tuple(
            Window(opens=one.opens, closes=one.closes, opens_day=one.opens_day) for one in sent.windows
        ),
        fees=tuple(
            FeeTier(
                up_to=_minor(one.up_to, currency),
                price=_minor(one.price, currency) or 0,
                parts_per_million=one.parts_per_million,
                least=_minor(one.least, currency) or 0,
                most=_minor(one.most, currency),
            )
            for one in sent.fees
        ),
    )


def _shown_terms(terms: RailTerms, currency: str) -> wire.RailTerms:
    def shown(minor: int | None) -> Money | None:
        return None if minor is None else money(minor, currency)

    return wire.RailTerms(
        cap=shown(terms.cap),
        urgent=terms.urgent,
        closed=terms.closed,
        calendar=terms.calendar,
        windows=[
            wire.RailWindow(opens=one.opens, closes=one.closes, opens_day=one.opens_day)
            for one in terms.windows
        ],
        fees=[
            wire.RailFee(
                up_to=shown(one.up_to),
                price=shown(one.price or None),
                parts_per_million=one.parts_per_million,
                least=shown(one.least or None),
                most=shown(one.most),
            )
            for one in terms.fees
        ],
    )


def _shown_rail(found: Rail) -> wire.Rail:
    return wire.Rail(
        rail=found.rail,
        name=found.name,
        local_name=found.local_name,
        currency=found.currency,
        valid_from=found.valid_from,
        terms=_shown_terms(found.terms, found.currency),
    )


def _shown(made: ProposedTerms) -> wire.ProposedRailTerms:
    return wire.ProposedRailTerms(
        id=made.id,
        rail=made.rail,
        currency=made.currency,
        valid_from=made.valid_from,
        terms=_shown_terms(made.terms, made.currency),
        reason=made.reason,
        state=made.state,
        proposed_by=made.proposed_by,
        proposed_at=made.proposed_at,
        decided_by=made.decided_by,
        decided_at=made.decided_at,
        remark=made.remark,
    )


@get(
    "/v1/rails",
    opt=describe(
        id="list_rails",
        summary="List rails",
        description="The rails to other banks with the terms in force on a day: caps, windows, fees.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        query=RailQuery,
        response=wire.Rails,
        example={"rails": [examples.RAIL]},
        errors=(DateOutOfRange, UnknownCurrency),
    ),
)
async def list_rails(request: AnyRequest) -> ASGIApp:
    """List rails."""
    query = read_query(request, RailQuery)
    sane_date(query.on, "on")
    if query.currency is not None:
        exponent(query.currency)  # there is such a currency
    on = query.on or payments.local_day(clock.now())
    async with transaction(request) as tx:
        found = await payments.rails_on(tx, on, query.currency)
    return answer(wire.Rails(rails=[_shown_rail(one) for one in found]))


@post(
    "/v1/rail-terms",
    opt=describe(
        id="propose_rail_terms",
        summary="Propose terms of a rail",
        description="Proposes caps, windows and fees of a rail in a currency from a day on, and asks for an "
        "approval with the same id: somebody else releases them.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        command="rails.change_terms",
        request=wire.NewRailTerms,
        request_example=examples.NEW_TERMS,
        response=wire.ProposedRailTerms,
        status=201,
        example=examples.PROPOSED_TERMS,
        errors=(
            RailNotFound,
            InvalidRailTerms,
            CalendarNotFound,
            UnknownCurrency,
            InvalidAmount,
            DateOutOfRange,
            *approval_shapes.ASKING,
        ),
        idempotency_key=True,
    ),
)
async def propose_rail_terms(request: AnyRequest) -> ASGIApp:
    """Propose terms of a rail."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW)
    sane_date(wanted.valid_from, "valid_from")
    terms = _read_terms(wanted.terms, wanted.currency)

    async def work(tx: Transaction) -> Answer:
        made = await payments.request_rail_terms(
            tx,
            wanted.rail,
            wanted.currency,
            terms,
            valid_from=wanted.valid_from,
            by=caller_of(request),
            reason=wanted.reason,
        )
        return Answer(body=msgspec.json.encode(_shown(made)), status=201)

    return await once(request, body, work)


@get(
    "/v1/rail-terms",
    opt=describe(
        id="list_rail_terms",
        summary="List terms of rails",
        description="Terms of rails with what became of them, the newest proposal first.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        query=TermsQuery,
        response=wire.RailTermsPage,
        example={"terms": [examples.PROPOSED_TERMS], "next": None},
        errors=(InvalidCursor,),
    ),
)
async def list_rail_terms(request: AnyRequest) -> ASGIApp:
    """List terms of rails."""
    query = read_query(request, TermsQuery)
    before = read_id_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await payments.list_terms(
            tx, rail=query.rail, state=query.state, before=before, limit=query.limit + 1
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(wire.RailTermsPage(terms=[_shown(made) for made in page], next=following))


@get(
    "/v1/rail-terms/{terms_id:str}",
    opt=describe(
        id="get_rail_terms",
        summary="See terms of a rail",
        description="Terms of a rail, and what became of them.",
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        response=wire.ProposedRailTerms,
        example=examples.PROPOSED_TERMS,
        errors=(RailTermsNotFound, InvalidIdentifier),
    ),
)
async def get_rail_terms(request: AnyRequest, terms_id: FromPath[str]) -> ASGIApp:
    """See terms of a rail."""
    id = read_uuid(terms_id)
    async with transaction(request) as tx:
        return answer(_shown(await payments.get_terms(tx, id)))


async def _decide(
    request: AnyRequest, terms_id: str, decide: Callable[..., Awaitable[ProposedTerms]]
) -> ASGIApp:
    id = read_uuid(terms_id)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    decision = decode_json(body, _DECISION)

    async def work(tx: Transaction) -> Answer:
        made = await decide(tx, id, by=caller_of(request), remark=decision.remark)
        return Answer(body=msgspec.json.encode(_shown(made)), status=202 if made.state == "proposed" else 200)

    return await once(request, body, work)


def _deciding(action: str, done: str, description: str, *errors: type[SyceeError]) -> dict[str, Any]:
    decided = {"state": done, "decided_by": "b81d04e6f2aa", "decided_at": "2026-03-31T03:02:41.000001Z"}
    return describe(
        id=f"{action}_rail_terms",
        summary=f"{action.capitalize()} terms of a rail",
        description=description,
        tag="Rails",
        scope=Scope.PAYMENTS_OPERATE,
        command="rails.change_terms",
        request=wire.TermsDecision,
        request_example={"remark": "As in the message of the central bank"},
        response=wire.ProposedRailTerms,
        example={**examples.PROPOSED_TERMS, **decided},
        alternatives={202: examples.PROPOSED_TERMS} if action == "release" else {},
        errors=(RailTermsNotFound, RailTermsDecided, InvalidIdentifier, *errors),
        idempotency_key=True,
    )


@post(
    "/v1/rail-terms/{terms_id:str}/release",
    opt=_deciding(
        "release",
        "released",
        "Says yes to terms that somebody else proposed, as a decision on the approval with the same id does. "
        "The last yes puts them in force (202: others have to agree, too).",
        *approval_shapes.DECIDING,
    ),
    status_code=200,
)
async def release_rail_terms(request: AnyRequest, terms_id: FromPath[str]) -> ASGIApp:
    """Release terms of a rail."""
    return await _decide(request, terms_id, payments.RAIL_TERMS_PROPOSALS.approve)


@post(
    "/v1/rail-terms/{terms_id:str}/reject",
    opt=_deciding(
        "reject",
        "rejected",
        "Turns down terms that somebody else proposed; the remark says why.",
        approvals.InvalidDecision,
        *approval_shapes.DECIDING,
    ),
    status_code=200,
)
async def reject_rail_terms(request: AnyRequest, terms_id: FromPath[str]) -> ASGIApp:
    """Reject terms of a rail."""
    return await _decide(request, terms_id, payments.RAIL_TERMS_PROPOSALS.reject)


@post(
    "/v1/rail-terms/{terms_id:str}/withdraw",
    opt=_deciding(
        "withdraw",
        "withdrawn",
        "Takes back terms of one's own proposal.",
        *approval_shapes.ASKING,
        approvals.ApprovalEnded,
        approvals.NotTheMaker,
    ),
    status_code=200,
)
async def withdraw_rail_terms(request: AnyRequest, terms_id: FromPath[str]) -> ASGIApp:
    """Withdraw terms of a rail."""
    return await _decide(request, terms_id, payments.RAIL_TERMS_PROPOSALS.withdraw)


HANDLERS = [
    list_rails,
    propose_rail_terms,
    list_rail_terms,
    get_rail_terms,
    release_rail_terms,
    reject_rail_terms,
    withdraw_rail_terms,
]
