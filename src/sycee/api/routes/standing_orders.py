"""Standing orders: make and preview, see, change, suspend, resume, end; what became of their dates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals
from sycee.api import approval_shapes
from sycee.api import standing_order_examples as examples
from sycee.api import standing_order_shapes as shapes
from sycee.api.approval_examples import APPROVAL
from sycee.api.bodies import (
    AnyRequest,
    decode_json,
    need_content_type,
    read_body,
    read_query,
    read_uuid,
)
from sycee.api.conversions import read_account
from sycee.api.cursors import page_of, read_cursor, read_id_cursor, write_cursor, write_id_cursor
from sycee.api.edge import answer, caller_of, edge_of, require, run, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.payment_conversions import instructor
from sycee.api.reach import Concern
from sycee.api.schemas import standing_orders as wire
from sycee.api.schemas.approvals import Approval
from sycee.api.schemas.common import AccountNumber, Cursor, Wire
from sycee.components import CalendarNotFound
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber, uuid7
from sycee.kernel.money import Amount, AmountOutOfRange, InvalidAmount, UnknownCurrency
from sycee.ledger import AccountNotFound, InvalidCursor
from sycee.payments import standing

_NEW = msgspec.json.Decoder(wire.NewStandingOrder)
_CHANGE = msgspec.json.Decoder(wire.StandingOrderChange)
_REASON = msgspec.json.Decoder(wire.StandingOrderReason)
_WRONG_TERMS = (
    standing.InvalidStandingOrder,
    CalendarNotFound,
    InvalidAmount,
    AmountOutOfRange,
    UnknownCurrency,
    DateOutOfRange,
)
_APPROVALS = (
    approvals.ActorNotActive,
    approvals.MakerNotEntitled,
    approvals.NoRuleCovers,
    approvals.DutiesSegregated,
    approvals.ForeignCustomer,
)
_ONE: dict[str, Any] = {"tag": "Standing orders", "customers": True}
_WAITS: dict[int, Any] = {202: (Approval, APPROVAL)}


class StandingOrderQuery(Wire):
    """Which standing orders, and where to read on."""

    customer: Annotated[UUID | None, Meta(description="From accounts of this customer.")] = None
    account: Annotated[AccountNumber | None, Meta(description="From this account.")] = None
    state: Annotated[wire.StandingOrderState | None, Meta(description="In this state only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most standing orders of a page.")] = 100


class OccurrenceQuery(Wire):
    """Where to read on."""

    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most occurrences of a page.")] = 100


@post(
    "/v1/standing-orders",
    opt=describe(
        id="make_standing_order",
        summary="Make a standing order",
        description="A payment that comes again: each date is paid once, on its business day. `dry_run` "
        "shows the order with its next dates and keeps nothing. Where rules ask for others' agreement, it "
        "waits for that (202).",
        scope=Scope.PAYMENTS_WRITE,
        concerns_body=True,
        request=wire.NewStandingOrder,
        request_example=examples.NEW_ORDER,
        response=wire.StandingOrder,
        example=examples.ORDER,
        others=_WAITS,
        idempotency_key=True,
        errors=(
            *_WRONG_TERMS,
            InvalidAccountNumber,
            AccountNotFound,
            standing.StandingOrderIdReused,
            *_APPROVALS,
        ),
        **_ONE,
    ),
    status_code=200,
)
async def make_standing_order(request: AnyRequest) -> ASGIApp:
    """Make a standing order, or show what it would be."""
    body = await _body(request)
    sent = decode_json(body, _NEW)
    new = shapes.read_new(sent)
    amount = Amount(new.terms.amount, new.terms.currency)
    await require(request, [Concern(account=new.debit_account, amount=amount)])
    if sent.dry_run:
        by = instructor(caller_of(request))
        shown = await run(request, lambda tx: standing.preview_standing_order(tx, new, by=by))
        return answer(shapes.standing_order(shown, sent.dates))
    return await _ask(request, body, standing.MakeStandingOrder(new), new.id, sent.dates)


@get(
    "/v1/standing-orders",
    opt=describe(
        id="list_standing_orders",
        summary="List standing orders",
        description="Standing orders, the greatest id (of UUIDs of version 7: the newest) first, each with "
        "its next date.",
        scope=Scope.PAYMENTS_READ,
        query=StandingOrderQuery,
        response=wire.StandingOrderPage,
        example={"standing_orders": [examples.ORDER], "next": None},
        errors=(InvalidCursor, InvalidAccountNumber),
        **_ONE,
    ),
)
async def list_standing_orders(request: AnyRequest) -> ASGIApp:
    """List standing orders."""
    query = read_query(request, StandingOrderQuery)
    async with transaction(request) as tx:
        found = await standing.list_standing_orders(
            tx,
            customer=query.customer,
            account=None if query.account is None else read_account(query.account),
            state=None if query.state is None else standing.StandingOrderStatus(query.state),
            before=read_id_cursor(query.cursor),
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_id_cursor(last.id))
    return answer(
        wire.StandingOrderPage(
            standing_orders=[shapes.standing_order(one) for one in page],
            next=following,
        )
    )


@get(
    "/v1/standing-orders/{standing_order_id:str}",
    opt=describe(
        id="get_standing_order",
        summary="See a standing order",
        description="The order as it stands, with its next twelve dates.",
        scope=Scope.PAYMENTS_READ,
        response=wire.StandingOrder,
        example=examples.ORDER,
        errors=(standing.StandingOrderNotFound, InvalidIdentifier),
        **_ONE,
    ),
)
async def get_standing_order(request: AnyRequest, standing_order_id: FromPath[str]) -> ASGIApp:
    """See a standing order."""
    id = read_uuid(standing_order_id)
    async with transaction(request) as tx:
        return answer(shapes.standing_order(await standing.get_standing_order(tx, id), 12))


@get(
    "/v1/standing-orders/{standing_order_id:str}/occurrences",
    opt=describe(
        id="list_occurrences",
        summary="See what became of its dates",
        description="Every date that has fallen due, the latest first, with its payment, or why there is "
        "none.",
        scope=Scope.PAYMENTS_READ,
        query=OccurrenceQuery,
        response=wire.OccurrencePage,
        example={"occurrences": [examples.OCCURRENCE], "next": None},
        errors=(standing.StandingOrderNotFound, InvalidIdentifier, InvalidCursor),
        **_ONE,
    ),
)
async def list_occurrences(request: AnyRequest, standing_order_id: FromPath[str]) -> ASGIApp:
    """See what became of the dates of a standing order."""
    query, id = read_query(request, OccurrenceQuery), read_uuid(standing_order_id)
    before = read_cursor(query.cursor)
    if before is not None and not date.min.toordinal() <= before <= date.max.toordinal():
        raise InvalidCursor("pass the value of `next` from the page before, unchanged")
    async with transaction(request) as tx:
        order = await standing.get_standing_order(tx, id)
        found = await standing.standing_order_occurrences(
            tx,
            order,
            before=None if before is None else date.fromordinal(before),
            limit=query.limit + 1,
        )
    page, following = page_of(found, query.limit, lambda last: write_cursor(last.scheduled_on.toordinal()))
    return answer(wire.OccurrencePage(occurrences=shapes.occurrences(page), next=following))


@get(
    "/v1/standing-orders/{standing_order_id:str}/events",
    opt=describe(
        id="list_standing_order_events",
        summary="See what happened to it",
        description="Everything that happened to the order, the first thing first: who made, changed and "
        "halted it, which dates were paid, missed and skipped.",
        scope=Scope.PAYMENTS_READ,
        response=wire.StandingOrderEvents,
        example={"events": [examples.EVENT]},
        errors=(standing.StandingOrderNotFound, InvalidIdentifier),
        **_ONE,
    ),
)
async def list_standing_order_events(request: AnyRequest, standing_order_id: FromPath[str]) -> ASGIApp:
    """See what happened to a standing order."""
    id = read_uuid(standing_order_id)
    async with transaction(request) as tx:
        found = await standing.standing_order_events(tx, await standing.get_standing_order(tx, id))
    return answer(wire.StandingOrderEvents(events=shapes.events(found)))


@post(
    "/v1/standing-orders/{standing_order_id:str}/change",
    opt=describe(
        id="change_standing_order",
        summary="Change a standing order",
        description="Agrees on other terms from the next occurrence on; what has fallen due is paid as it "
        "was agreed then. Where rhythm, first date and day stay, the dates go on; others begin with their "
        "own first date. Where rules ask for others' agreement, it waits for that (202).",
        scope=Scope.PAYMENTS_WRITE,
        concerns_body=True,
        request=wire.StandingOrderChange,
        request_example={"terms": examples.TERMS, "dates": 2},
        response=wire.StandingOrder,
        example=examples.ORDER,
        others=_WAITS,
        idempotency_key=True,
        errors=(
            *_WRONG_TERMS,
            InvalidIdentifier,
            standing.StandingOrderNotFound,
            AccountNotFound,
            standing.StandingOrderState,
            *_APPROVALS,
        ),
        **_ONE,
    ),
    status_code=200,
)
async def change_standing_order(request: AnyRequest, standing_order_id: FromPath[str]) -> ASGIApp:
    """Change a standing order."""
    id, body = read_uuid(standing_order_id), await _body(request)
    sent = decode_json(body, _CHANGE)
    terms = shapes.read_terms(sent.terms)
    async with transaction(request) as tx:
        order = await standing.get_standing_order(tx, id)
        amount = Amount(terms.amount, terms.currency)
        await require(request, [Concern(account=order.debit_account, amount=amount)], tx)
    return await _ask(request, body, standing.ChangeStandingOrder(id, terms), id, sent.dates)


@post(
    "/v1/standing-orders/{standing_order_id:str}/resume",
    opt=describe(
        id="resume_standing_order",
        summary="Resume a standing order",
        description="Lets a suspended order go on with what falls due from the present business date on. "
        "Where rules ask for others' agreement, it waits for that (202).",
        scope=Scope.PAYMENTS_WRITE,
        request=wire.StandingOrderReason,
        request_example={"reason": "The dispute is settled"},
        response=wire.StandingOrder,
        example=examples.ORDER,
        others=_WAITS,
        idempotency_key=True,
        errors=(
            InvalidIdentifier,
            standing.StandingOrderNotFound,
            standing.StandingOrderState,
            *_WRONG_TERMS,
            *_APPROVALS,
        ),
        **_ONE,
    ),
    status_code=200,
)
async def resume_standing_order(request: AnyRequest, standing_order_id: FromPath[str]) -> ASGIApp:
    """Resume a standing order."""
    id, body = read_uuid(standing_order_id), await _body(request)
    act = standing.ResumeStandingOrder(id, decode_json(body, _REASON).reason)
    return await _ask(request, body, act, id, shapes.SHOWN_IN_LISTS)


@post(
    "/v1/standing-orders/{standing_order_id:str}/suspend",
    opt=describe(
        id="suspend_standing_order",
        summary="Suspend a standing order",
        description="What falls due until it is resumed is skipped, and what waited for funds is too.",
        scope=Scope.PAYMENTS_WRITE,
        request=wire.StandingOrderReason,
        request_example={"reason": "The landlord does not repair the roof"},
        response=wire.StandingOrder,
        example={**examples.ORDER, "state": "suspended"},
        errors=(InvalidIdentifier, standing.StandingOrderNotFound, standing.StandingOrderState),
        **_ONE,
    ),
    status_code=200,
)
async def suspend_standing_order(request: AnyRequest, standing_order_id: FromPath[str]) -> ASGIApp:
    """Suspend a standing order."""
    return await _halt(request, standing_order_id, standing.suspend_standing_order)


@post(
    "/v1/standing-orders/{standing_order_id:str}/end",
    opt=describe(
        id="end_standing_order",
        summary="End a standing order",
        description="Ends it for good; what waited for funds is skipped. Ending it again changes nothing.",
        scope=Scope.PAYMENTS_WRITE,
        request=wire.StandingOrderReason,
        request_example={"reason": "Moved out"},
        response=wire.StandingOrder,
        example={**examples.ORDER, "state": "ended", "upcoming": []},
        errors=(InvalidIdentifier, standing.StandingOrderNotFound),
        **_ONE,
    ),
    status_code=200,
)
async def end_standing_order(request: AnyRequest, standing_order_id: FromPath[str]) -> ASGIApp:
    """End a standing order."""
    return await _halt(request, standing_order_id, standing.end_standing_order)


async def _halt(
    request: AnyRequest, text: str, act: Callable[..., Awaitable[standing.StandingOrder]]
) -> ASGIApp:
    """Suspend or end an order, at once."""
    id, reason = read_uuid(text), decode_json(await _body(request), _REASON).reason
    by = instructor(caller_of(request))
    found = await run(request, lambda tx: act(tx, id, by=by, reason=reason))
    return answer(shapes.standing_order(found))


async def _ask(
    request: AnyRequest, body: bytes, act: standing.StandingOrderAct, id: UUID, dates: int
) -> ASGIApp:
    """Ask for what others may have to agree to; what needs nobody else is done at once."""
    caller = caller_of(request)

    async def work(tx: Transaction) -> Answer:
        asked = await approvals.request_approval(
            tx, standing.STANDING_ORDER, standing.standing_order_act(act), by=caller, id=uuid7()
        )
        if asked.result is None:
            return Answer(body=msgspec.json.encode(approval_shapes.approval(asked)), status=202)
        found = await standing.get_standing_order(tx, id)
        return Answer(body=msgspec.json.encode(shapes.standing_order(found, dates)))

    return await once(request, body, work)


async def _body(request: AnyRequest) -> bytes:
    need_content_type(request, JSON)
    return await read_body(request, edge_of(request).settings.max_body_bytes)


HANDLERS = [
    make_standing_order,
    list_standing_orders,
    get_standing_order,
    list_occurrences,
    list_standing_order_events,
    change_standing_order,
    resume_standing_order,
    suspend_standing_order,
    end_standing_order,
]
